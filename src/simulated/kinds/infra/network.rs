//! Logical networks.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{cluster_network, common, generic, nic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about networks.
pub const RULES: Rules = Rules::of("networks").add(add).update(update).remove(remove).by_name(&[(
    "data_center",
    "data_centers",
    "Datacenter",
)]);

/// Adds a network, with a vNIC profile of its name unless that is not wanted.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("Network", "name", "add"))?.to_owned();
    let mut body = generic::draft(site, call);
    // An empty list is a list without `vm`, unlike none at all.
    if let Some(usages) = call.body.child("usages") {
        tree::put(&mut body, usages.clone());
    }
    let data_center = tree::id_at(&body, "data_center")
        .ok_or_else(|| Fault::incomplete("Network", "dataCenter.name|id", "add"))?;
    let data_center = site
        .top("data_centers", data_center)
        .ok_or_else(|| Fault::bad("Data Center doesn't exist."))?;
    check_name(site, &name, data_center, None, "add")?;
    check_shape(&body, "add")?;
    check_qos(site, &body, data_center, "add")?;
    check_external(site, &body, data_center)?;
    let id = site.fresh_id();
    prepare(&id, &mut body);
    let external = body.child("external_provider").is_some();
    let made = generic::put(site, call, Some(id), body);
    kinds::network_provider::make_there(site, made);
    if is_for_vms(site, made) && call.flag("profile_required") != Some(false) {
        add_profile(site, made, None, !external);
    }
    Ok(made)
}

fn check_name(
    site: &Site,
    name: &str,
    data_center: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    if name.to_lowercase().starts_with("bond") {
        return Err(Fault::bad("Bad network name, network cannot start with 'bond'"));
    }
    let id = site.id(data_center);
    let inside = |it: Handle| site.reference(it, "data_center") == Some(id);
    let on_hosts = site.users("networks", "data_center", data_center).into_iter().find(|it| {
        Some(*it) != except && site.text(*it, "vdsm_name") == name && site.name(*it) != name
    });
    if let Some(other) = on_hosts {
        return Err(Fault::bad(format!(
            "Bad network name ({name}). The name is already used as an on-host identifier of the network: {}",
            site.name(other)
        )));
    }
    if common::taken(site, "networks", name, except, |it| inside(it) && site.name(it) == name) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Network. The name of the logical network '{name}' is already used by an existing logical network in the same data-center.\n-Please choose a different name."
        )));
    }
    Ok(())
}

fn check_shape(body: &Element, action: &str) -> Result<(), Fault> {
    let for_vms = body.child("usages").is_none_or(names_vm);
    if !for_vms && tree::flag(body, "stp") == Some(true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Network. STP can only be enabled on VM Networks."
        )));
    }
    if !for_vms && tree::flag(body, "port_isolation") == Some(true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Network. Port isolation can only be enabled on VM Networks."
        )));
    }
    check_vlan(body)
}

fn check_vlan(body: &Element) -> Result<(), Fault> {
    let tag = body.child("vlan").and_then(Element::id);
    match tag.map(|tag| tag.parse::<i64>()) {
        None | Some(Ok(0..=4094)) => Ok(()),
        Some(_) => Err(Fault::bad("VLAN ID must be a number between 0 and 4094.")),
    }
}

/// The QoS of a network is one for hosts, of its data center.
fn check_qos(site: &Site, body: &Element, owner: Handle, action: &str) -> Result<(), Fault> {
    let Some(id) = tree::id_at(body, "qos") else { return Ok(()) };
    let Some(qos) = site.store.find("qoss", Some(owner), id) else {
        return Err(Fault::bad(format!("Cannot {action} Network. QoS element not found.")));
    };
    if site.text(qos, "type") == "hostnetwork" {
        return Ok(());
    }
    Err(Fault::bad(format!("Cannot {action} Network. QoS element not found.")))
}

/// A network of a provider is for machines only, and is in a data center once.
fn check_external(site: &Site, body: &Element, data_center: Handle) -> Result<(), Fault> {
    let physical = body.child("external_provider_physical_network").and_then(Element::id);
    let Some(provider) = tree::id_at(body, "external_provider") else { return Ok(()) };
    let Some(known) = site.top("openstack_network_providers", provider) else {
        return Err(Fault::bad("Cannot add Network. The provider does not exist in the system."));
    };
    if site.text(known, "read_only") == "true" {
        return Err(Fault::bad(format!(
            "External network provider {} is read only.",
            site.name(known)
        )));
    }
    if !body.child("usages").is_none_or(names_vm) {
        return Err(Fault::bad(
            "Cannot add Network. An external network cannot be a non-VM network.",
        ));
    }
    if tree::flag(body, "port_isolation") == Some(true) {
        return Err(Fault::conflict(
            "Cannot add Network. Port isolation cannot be enabled on External Networks.",
        ));
    }
    let Some(physical) = physical else { return Ok(()) };
    let inside = site.users("networks", "data_center", data_center);
    if !inside.into_iter().any(|it| site.id(it) == physical) {
        return Err(Fault::bad(
            "Cannot add Network. Selected network does not exist on Datacenter.",
        ));
    }
    if body.child("vlan").is_some() {
        return Err(Fault::bad(
            "Cannot add Network. Label and VLAN must be set by an external network.",
        ));
    }
    Ok(())
}

fn names_vm(usages: &Element) -> bool {
    usages.children().iter().any(|it| it.text() == "vm")
}

/// What the engine fills in.
pub fn prepare(id: &str, body: &mut Element) {
    let for_vms = body.child("usages").is_none_or(names_vm);
    write_usages(body, for_vms);
    for (path, value) in [("mtu", "0"), ("stp", "false"), ("port_isolation", "false")] {
        tree::default(body, path, value);
    }
    for gone in ["cluster", "required", "display", "profile_required", "status"] {
        tree::drop_child(body, gone);
    }
    let name = body.text_at("name").unwrap_or_default();
    let plain = name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.'));
    let vdsm_name = if plain && name.len() <= 15 {
        name.to_owned()
    } else {
        format!("on{}", &id.replace('-', "")[..13.min(id.len())])
    };
    tree::set(body, "vdsm_name", vdsm_name);
}

fn write_usages(body: &mut Element, for_vms: bool) {
    tree::drop_child(body, "usages");
    if for_vms {
        body.push(Element::new("usages").with(Element::leaf("usage", "vm")));
    }
}

/// Whether machines can use a network.
pub fn is_for_vms(site: &Site, network: Handle) -> bool {
    site.body(network).child("usages").is_some_and(names_vm)
}

/// Adds the vNIC profile that comes with a network.
pub fn add_profile(site: &mut Site, network: Handle, id: Option<String>, filtered: bool) {
    let name = site.name(network).to_owned();
    let mut body = Element::new("vnic_profile").with(Element::leaf("name", name));
    tree::refer(&mut body, "network", site.id(network));
    kinds::vnic_profile::prepare(&mut body, filtered);
    let id = id.unwrap_or_else(|| site.fresh_id());
    site.add("vnic_profiles", None, id, body);
}

/// Updates a network; hosts that have it follow in the background.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let old_name = site.name(target).to_owned();
    let new_name = common::new_name(site, call, target).map(str::to_owned);
    let was_for_vms = is_for_vms(site, target);
    let for_vms = call.body.child("usages").map_or(was_for_vms, names_vm);
    check_update(site, call, target, for_vms)?;
    let profiles = site.users("vnic_profiles", "network", target);
    let frames = |site: &Site| ["mtu", "vlan"].map(|it| site.body(target).child(it).cloned());
    let before = frames(site);
    generic::update(site, call, target)?;
    let id = site.id(target).to_owned();
    site.edit(target, |body| {
        prepare(&id, body);
        write_usages(body, for_vms);
    });
    if for_vms && frames(site) != before {
        lose_sync(site, target, &profiles);
    }
    for profile in profiles {
        if !for_vms {
            site.store.remove(profile);
        } else if let Some(name) = &new_name
            && site.name(profile) == old_name
        {
            site.set(profile, "name", name.clone());
        }
    }
    networking::resync(site, &[target]);
    Ok(())
}

/// Machines that run keep the frames that they have.
fn lose_sync(site: &mut Site, network: Handle, profiles: &[Handle]) {
    let names = nic::lose_sync(site, profiles);
    if !names.is_empty() {
        Event::of("VNICS_OUT_OF_SYNC_ON_NETWORK_UPDATE")
            .with("NetworkName", site.name(network))
            .with("VnicNames", names.join(","))
            .tell(site);
    }
}

fn check_update(site: &Site, call: &Call, target: Handle, for_vms: bool) -> Result<(), Fault> {
    check_fixed(site, call, target)?;
    check_vlan(&call.body)?;
    let data_center =
        site.refers(target, "data_center", "data_centers").ok_or_else(Fault::nowhere)?;
    check_qos(site, &call.body, data_center, "edit")?;
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, data_center, Some(target), "edit")?;
        check_rename(site, target)?;
    }
    let users = vms_on(site, target);
    if is_for_vms(site, target) && !for_vms && !users.is_empty() {
        return Err(in_use("edit", site, &users));
    }
    let stp = call.flag("stp").unwrap_or(site.text(target, "stp") == "true");
    if stp && !for_vms {
        return Err(Fault::conflict(
            "Cannot edit Network. STP can only be enabled on VM Networks.",
        ));
    }
    Ok(())
}

/// What a network is born with stays.
fn check_fixed(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "data_center") {
        return Err(Fault::bad("Cannot edit Network. Change of Data Center ID is not allowed."));
    }
    let isolated = tree::flag(site.body(target), "port_isolation").unwrap_or(false);
    if call.flag("port_isolation").is_some_and(|it| it != isolated) {
        return Err(Fault::bad(
            "Cannot edit Network. Port isolation option cannot be updated after Network is defined.",
        ));
    }
    let external = site.body(target).child("external_provider").is_some();
    let fixed = ["vlan", "stp", "usages"];
    if external
        && fixed.iter().any(|it| {
            call.body
                .child(it)
                .is_some_and(|new| site.body(target).child(it).is_none_or(|old| old != new))
        })
    {
        return Err(Fault::bad(
            "Cannot edit Network. External network details (except name, description and MTU) cannot be changed.",
        ));
    }
    Ok(())
}

/// Hosts and templates know a network by its name.
fn check_rename(site: &Site, target: Handle) -> Result<(), Fault> {
    let mut hosts: Vec<Handle> = site
        .users("network_attachments", "network", target)
        .into_iter()
        .filter_map(|it| site.parent(it))
        .collect();
    hosts.dedup();
    let mut templates = vms_on(site, target);
    templates.retain(|it| site.kind(*it) == "templates");
    match [hosts, templates].into_iter().find(|it| !it.is_empty()) {
        Some(users) => Err(in_use("edit", site, &users)),
        None => Ok(()),
    }
}

/// The machines with a NIC on a network.
pub fn vms_on(site: &Site, network: Handle) -> Vec<Handle> {
    let profiles = site.users("vnic_profiles", "network", network);
    let nics = profiles.into_iter().flat_map(|it| kinds::vnic_profile::users(site, it));
    let mut owners: Vec<Handle> = nics.filter_map(|nic| site.parent(nic)).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// The refusal of a change to a network that hosts, machines or templates use.
pub fn in_use(action: &str, site: &Site, users: &[Handle]) -> Fault {
    let what = match site.kind(users[0]) {
        "vms" => "virtual machine",
        "hosts" => "host",
        _ => "template",
    };
    let names = common::names(site, users);
    if users.len() > 1 {
        return Fault::conflict(format!(
            "Cannot {action} Network. This logical network is used by {what}s: ({}): {names}\n - Please detach {what}s using this logical network and try again.",
            users.len(),
        ));
    }
    Fault::conflict(format!(
        "Cannot {action} Network. This logical network is used by {what}: {names}\n - Please remove it from this {what} and try again."
    ))
}

/// Removes a network that nothing uses.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if cluster_network::manages(site, target) {
        return Err(Fault::bad(format!(
            "The Management Network ('{}') is mandatory and cannot be removed.",
            site.name(target)
        )));
    }
    let bonds = site.users("iscsi_bonds", "network", target);
    if !bonds.is_empty() {
        return Err(Fault::bad(format!(
            "The Network ('{}') could not be removed since several iSCSI bonds ({}) are using this network:\n {}.\nPlease remove the network first from those iSCSI bonds, and try again.",
            site.name(target),
            bonds.len(),
            common::names(site, &bonds)
        )));
    }
    let users = vms_on(site, target);
    if !users.is_empty() {
        return Err(in_use("remove", site, &users));
    }
    let linked = site.users("networks", "external_provider_physical_network", target);
    if !linked.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove Network. Cannot remove physical network linked to external networks: {}.",
            common::names(site, &linked)
        )));
    }
    forget(site, target);
    Ok(())
}

/// Removes a network with its profiles and assignments.
pub fn forget(site: &mut Site, network: Handle) {
    networking::network_gone(site, network);
    cluster_network::forget(site, network);
    for profile in site.users("vnic_profiles", "network", network) {
        site.store.remove(profile);
    }
    site.store.remove(network);
}

/// The label of a network.
pub fn label(site: &Site, network: Handle) -> Option<&str> {
    let label = site.store.children(network, "network_labels").next()?;
    Some(site.id(label))
}

/// Labels a network; hosts follow in the background.
pub fn set_label(site: &mut Site, network: Handle, label: &str) -> Result<Handle, Fault> {
    if site.body(network).child("external_provider").is_some() {
        return Err(Fault::bad(
            "Cannot add Label. This operation is not supported for external networks.",
        ));
    }
    if self::label(site, network).is_some() {
        return Err(Fault::bad("Cannot add Label. The specified network is already labeled."));
    }
    let mut body = Element::new("network_label");
    tree::refer(&mut body, "network", site.id(network));
    let made = site.add("network_labels", Some(network), label, body);
    networking::follow_label(site, network);
    Ok(made)
}

/// Takes the label off a network; the NICs that it was drawn to lose it.
pub fn drop_label(site: &mut Site, network: Handle, label: Handle) {
    networking::unlabelled(site, network);
    site.store.remove(label);
}

/// The network of a name that is nearest to a cluster: its own, or one of its data center.
pub fn named_near(site: &Site, cluster: Handle, name: &str) -> Option<Handle> {
    let data_center = site.reference(cluster, "data_center");
    let all: Vec<Handle> = site.store.named("networks", name).collect();
    let inside = |it: &Handle| site.reference(*it, "data_center") == data_center;
    all.into_iter().find(|it| inside(it) && site.name(*it) == name)
}

/// The network that a document names by id or name, if the cluster of a host has it.
pub fn in_cluster_of(site: &Site, host: Handle, wanted: &Element) -> Result<Handle, Fault> {
    let cluster = site.refers(host, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let (id, name) = (wanted.id().filter(|it| !it.is_empty()), wanted.text_at("name"));
    let found = match (id, name) {
        (Some(id), _) => site
            .top("networks", id)
            .ok_or_else(|| Fault::bad(format!("Logical Network (id '{id}') doesn't exist.")))?,
        (None, Some(name)) => named_near(site, cluster, name)
            .ok_or_else(|| Fault::entity_not_found(format!("Network: name={name}")))?,
        (None, None) => return Err(Fault::incomplete("Network", "id|name", "add")),
    };
    if !cluster_network::networks(site, cluster).contains(&found) {
        return Err(Fault::conflict(
            "The specified Logical Network doesn't exist in the current Cluster.",
        ));
    }
    Ok(found)
}
