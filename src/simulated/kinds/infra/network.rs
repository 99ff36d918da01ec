//! Logical networks.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{cluster_network, common, generic};
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
    check_shape(&body)?;
    let id = site.fresh_id();
    prepare(&id, &mut body);
    let made = generic::put(site, call, Some(id), body);
    if is_for_vms(site, made) && call.flag("profile_required") != Some(false) {
        add_profile(site, made, None);
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
        return Err(Fault::bad(format!(
            "Cannot {action} Network. Network names starting with 'bond' are not allowed."
        )));
    }
    let id = site.id(data_center);
    let inside = |it: Handle| site.reference(it, "data_center") == Some(id);
    if common::taken(site, "networks", name, except, |it| inside(it) && site.name(it) == name) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Network. The name of the logical network '{name}' is already used by an existing logical network in the same data-center.\n-Please choose a different name."
        )));
    }
    Ok(())
}

fn check_shape(body: &Element) -> Result<(), Fault> {
    let for_vms = body.child("usages").is_none_or(names_vm);
    if !for_vms && tree::flag(body, "stp") == Some(true) {
        return Err(Fault::bad("Cannot add Network. STP can only be enabled on VM Networks."));
    }
    if !for_vms && tree::flag(body, "port_isolation") == Some(true) {
        return Err(Fault::bad(
            "Cannot add Network. Port isolation can only be enabled on VM Networks.",
        ));
    }
    check_vlan(body)
}

fn check_vlan(body: &Element) -> Result<(), Fault> {
    let tag = body.child("vlan").and_then(Element::id);
    match tag.map(|tag| tag.parse::<i64>()) {
        None | Some(Ok(0..=4094)) => Ok(()),
        Some(_) => Err(Fault::bad("VLAN ID must be a number between 0 and 4094")),
    }
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
pub fn add_profile(site: &mut Site, network: Handle, id: Option<String>) {
    let name = site.name(network).to_owned();
    let mut body = Element::new("vnic_profile").with(Element::leaf("name", name));
    tree::refer(&mut body, "network", site.id(network));
    kinds::vnic_profile::prepare(&mut body, true);
    let id = id.unwrap_or_else(|| site.fresh_id());
    site.add("vnic_profiles", None, id, body);
}

/// Updates a network.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "data_center") {
        return Err(Fault::bad("Cannot edit Network. Change of Data Center ID is not allowed."));
    }
    let isolated = tree::flag(site.body(target), "port_isolation").unwrap_or(false);
    if call.flag("port_isolation").is_some_and(|it| it != isolated) {
        return Err(Fault::bad(
            "Cannot edit Network. Port isolation option cannot be updated after Network is defined.",
        ));
    }
    check_vlan(&call.body)?;
    let data_center =
        site.refers(target, "data_center", "data_centers").ok_or_else(Fault::nowhere)?;
    let old_name = site.name(target).to_owned();
    let new_name = common::new_name(site, call, target).map(str::to_owned);
    if let Some(name) = &new_name {
        check_name(site, name, data_center, Some(target), "edit")?;
    }
    let was_for_vms = is_for_vms(site, target);
    let for_vms = call.body.child("usages").map_or(was_for_vms, names_vm);
    let profiles = site.users("vnic_profiles", "network", target);
    let users = vms_on(site, target);
    if was_for_vms && !for_vms && !users.is_empty() {
        return Err(in_use("edit", site, &users));
    }
    let stp = call.flag("stp").unwrap_or(site.text(target, "stp") == "true");
    if stp && !for_vms {
        return Err(Fault::bad("Cannot edit Network. STP can only be enabled on VM Networks."));
    }
    generic::update(site, call, target)?;
    let id = site.id(target).to_owned();
    site.edit(target, |body| {
        prepare(&id, body);
        write_usages(body, for_vms);
    });
    for profile in profiles {
        if !for_vms {
            site.store.remove(profile);
        } else if let Some(name) = &new_name
            && site.name(profile) == old_name
        {
            site.set(profile, "name", name.clone());
        }
    }
    Ok(())
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

/// The refusal of a change to a network that machines or templates use.
pub fn in_use(action: &str, site: &Site, users: &[Handle]) -> Fault {
    let what = if site.kind(users[0]) == "vms" { "VM" } else { "Template" };
    if users.len() > 1 {
        return Fault::conflict(format!(
            "Cannot {action} Network. Several {what}s ({}) are using this logical network:\n{}\n - Please remove it from all {what}s that are using it and try again.",
            users.len(),
            common::names(site, users)
        ));
    }
    Fault::conflict(format!(
        "Cannot {action} Network. This logical network is used by {what}: {}\n - Please remove it from this {what} and try again.",
        common::names(site, users)
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
    let users = vms_on(site, target);
    if !users.is_empty() {
        return Err(in_use("remove", site, &users));
    }
    forget(site, target);
    Ok(())
}

/// Removes a network with its profiles and assignments.
pub fn forget(site: &mut Site, network: Handle) {
    cluster_network::forget(site, network);
    for profile in site.users("vnic_profiles", "network", network) {
        site.store.remove(profile);
    }
    site.store.remove(network);
}
