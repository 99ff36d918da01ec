//! NICs of machines and templates.

use super::vm;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic, mac_pool};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the NICs of machines.
pub const RULES: Rules = Rules::of("vm_nics")
    .add(add)
    .update(update)
    .remove(remove)
    .actions(&[("activate", activate), ("deactivate", deactivate)]);

/// What is special about the NICs of templates.
pub const TEMPLATE_RULES: Rules =
    Rules::of("template_nics").add(add_to_template).update(update).remove(remove);

/// What is special about the NICs of instance types.
pub const INSTANCE_TYPE_RULES: Rules =
    Rules::of("instance_type_nics").add(add_to_template).update(update).remove(remove);

const KIND: &str = "vm_nics";
const PCI_SLOTS: usize = 26;

/// Adds a NIC to a machine.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    let name = common::name(call, "nic")?;
    check_name(site, vm, name, None)?;
    if !matches!(site.status(vm), "up" | "down" | "image_locked") {
        return Err(Fault::conflict(
            "Cannot add a Network Interface when VM is not Down, Up or Image-Locked.",
        ));
    }
    let mut body = generic::draft(site, call);
    check_profile(site, &body)?;
    let disks = site.children(vm, "disk_attachments");
    let disks = disks.into_iter().filter(|it| site.text(*it, "interface") == "virtio").count();
    if disks + site.store.children(vm, KIND).count() >= PCI_SLOTS {
        return Err(Fault::conflict("Cannot add Interface. Maximum PCI devices exceeded."));
    }
    let cluster = site.refers(vm, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    settle_mac(site, &mut body, cluster, None, "add Interface")?;
    prepare(&mut body);
    if is_hot(site, vm) && body.text_at("plugged") == Some("true") {
        check_carried(site, vm, &body)?;
    }
    tree::refer(&mut body, "vm", site.id(vm));
    Ok(generic::put(site, call, None, body))
}

/// Adds a NIC to a template or an instance type: the same without an address.
pub fn add_to_template(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let name = common::name(call, "nic")?;
    let taken = site.children(owner, call.collection.name).into_iter();
    if taken.into_iter().any(|it| site.name(it) == name) {
        return Err(Fault::conflict("Network interface name is already in use"));
    }
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "mac");
    prepare(&mut body);
    let element = if site.kind(owner) == "templates" { "template" } else { "instance_type" };
    tree::refer(&mut body, element, site.id(owner));
    Ok(generic::put(site, call, None, body))
}

/// What the engine fills in.
pub fn prepare(body: &mut Element) {
    for (path, value) in
        [("interface", "virtio"), ("plugged", "true"), ("linked", "true"), ("synced", "true")]
    {
        tree::default(body, path, value);
    }
    tree::drop_child(body, "network");
}

fn check_name(site: &Site, vm: Handle, name: &str, except: Option<Handle>) -> Result<(), Fault> {
    let others = site.children(vm, KIND);
    if others.into_iter().any(|it| Some(it) != except && site.name(it) == name) {
        return Err(Fault::conflict("Network interface name is already in use"));
    }
    Ok(())
}

fn check_profile(site: &Site, body: &Element) -> Result<(), Fault> {
    let Some(id) = tree::id_at(body, "vnic_profile") else { return Ok(()) };
    let Some(profile) = site.top("vnic_profiles", id) else {
        return Err(Fault::bad(
            "Cannot add Interface. The specified VM network interface profile doesn't exist.",
        ));
    };
    let passes = site.text(profile, "pass_through/mode") == "enabled";
    let interface = body.text_at("interface").unwrap_or("virtio");
    if passes != (interface == "pci_passthrough") {
        return Err(Fault::conflict(
            "Cannot add Interface. The network interface type doesn't match the profile. Virtual machine interface of type 'PCI Passthrough' should have 'Passthrough' profile and vice versa.",
        ));
    }
    Ok(())
}

/// Checks the address of a NIC, or draws one from the pool.
fn settle_mac(
    site: &mut Site,
    body: &mut Element,
    cluster: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let Some(mac) = body.text_at("mac/address").filter(|it| !it.is_empty()) else {
        let mac = mac_pool::draw(site, cluster, action)?;
        tree::set(body, "mac/address", mac);
        return Ok(());
    };
    let mac = mac.to_lowercase();
    check_mac(&mac)?;
    let pool = mac_pool::of_cluster(site, cluster);
    let duplicates = pool.is_some_and(|it| site.text(it, "allow_duplicates") == "true");
    if !duplicates && let Some(user) = pool.and_then(|it| mac_pool::is_used(site, it, &mac, except))
    {
        let owner = site.parent(user);
        let owner = owner.map(|it| match site.kind(it) {
            "snapshots" => site.parent(it).unwrap_or(it),
            _ => it,
        });
        let owner = owner.map_or("", |it| site.name(it));
        return Err(Fault::conflict(format!(
            "MAC Address {mac} is already in use by VM or snapshot: {owner}."
        )));
    }
    tree::set(body, "mac/address", mac);
    Ok(())
}

fn check_mac(mac: &str) -> Result<(), Fault> {
    let bytes: Vec<Option<u8>> = mac
        .split(':')
        .map(|it| u8::from_str_radix(it, 16).ok().filter(|_| it.len() == 2))
        .collect();
    match bytes.as_slice() {
        [Some(first), rest @ ..] if rest.len() == 5 && rest.iter().all(Option::is_some) => {
            if first & 1 == 1 {
                return Err(Fault::bad("Multi-cast MAC address is not allowed."));
            }
            Ok(())
        }
        _ => Err(Fault::bad(
            "MAC address must be in format \"HH:HH:HH:HH:HH:HH\" where H is a hexadecimal character (either a digit or A-F, case is insignificant).",
        )),
    }
}

/// Updates a NIC; what a running machine cannot take is refused.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    if site.kind(vm) != "vms" {
        generic::update(site, call, target)?;
        site.edit(target, |body| {
            tree::drop_child(body, "mac");
            prepare(body);
        });
        return Ok(());
    }
    if !matches!(site.status(vm), "up" | "down" | "image_locked") {
        return Err(Fault::conflict(
            "Cannot edit a Network Interface when VM is not Down, Up or Image-Locked.",
        ));
    }
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, vm, name, Some(target))?;
    }
    check_hot(site, call, vm, target)?;
    let mut trial = site.body(target).clone();
    crate::simulated::merge::merge(&mut trial, &call.body, "nic", true);
    check_profile(site, &trial)?;
    let cluster = site.refers(vm, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    settle_mac(site, &mut trial, cluster, Some(target), "edit Interface")?;
    let plugged = |body: &Element| body.text_at("plugged") == Some("true");
    if is_hot(site, vm)
        && (plugged(&trial) != plugged(site.body(target)) || rewires(site, call, target))
    {
        check_carried(site, vm, &trial)?;
    }
    let mac = trial.child("mac").cloned();
    let synced = unplugs(site, call, vm, target) || site.text(target, "synced") != "false";
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        if let Some(mac) = mac {
            tree::put(body, mac);
        }
        tree::set(body, "synced", synced.to_string());
        prepare(body);
    });
    Ok(())
}

/// Whether NICs of a machine are plugged and unplugged by its host.
fn is_hot(site: &Site, vm: Handle) -> bool {
    matches!(site.status(vm), "up" | "powering_up")
}

/// The network that the host of a machine has to carry for a NIC.
///
/// What a provider runs is the provider's affair, and a virtual function needs no bridge.
pub fn needed_network(site: &Site, nic: &Element) -> Option<Handle> {
    if nic.text_at("interface") == Some("pci_passthrough") {
        return None;
    }
    let profile = site.top("vnic_profiles", tree::id_at(nic, "vnic_profile")?)?;
    let network = site.refers(profile, "network", "networks")?;
    site.body(network).child("external_provider").is_none().then_some(network)
}

/// A NIC is plugged where its network is.
fn check_carried(site: &Site, vm: Handle, nic: &Element) -> Result<(), Fault> {
    let host = site.refers(vm, "host", "hosts");
    let carried = |network| host.is_none_or(|host| networking::carries(site, host, network));
    if needed_network(site, nic).is_none_or(carried) {
        return Ok(());
    }
    Err(Fault::conflict(
        "The Network does not exist on the host the VM is running on.\n Either add the Network to the Host, migrate the VM to a Host that has this Network, or add the vNic as unplugged.",
    ))
}

/// Whether a call changes where the link of a NIC goes, or whether there is one.
fn rewires(site: &Site, call: &Call, nic: Handle) -> bool {
    let linked = call.text("linked").is_some_and(|it| it != site.text(nic, "linked"));
    linked || common::moves(site, call, nic, "vnic_profile")
}

/// Whether a call takes a NIC from a running machine.
fn unplugs(site: &Site, call: &Call, vm: Handle, nic: Handle) -> bool {
    let plugged = site.text(nic, "plugged") == "true";
    site.status(vm) == "up" && plugged && call.flag("plugged") == Some(false)
}

/// Notes that what was changed about profiles has not reached the NICs that are plugged into
/// machines; returns their names.
pub fn lose_sync(site: &mut Site, profiles: &[Handle]) -> Vec<String> {
    let on = |it: &Handle| site.users("vm_nics", "vnic_profile", *it);
    let nics: Vec<Handle> =
        profiles.iter().flat_map(on).filter(|it| is_in_use(site, *it)).collect();
    for nic in &nics {
        site.set(*nic, "synced", "false");
    }
    nics.into_iter().map(|it| site.name(it).to_owned()).collect()
}

fn is_in_use(site: &Site, nic: Handle) -> bool {
    let running = site.parent(nic).is_some_and(|vm| site.status(vm) != "down");
    running && site.text(nic, "plugged") == "true"
}

/// A machine that is down will start with its NICs as they are kept.
pub fn regain_sync(site: &mut Site, vm: Handle) {
    for nic in site.children(vm, KIND) {
        site.set(nic, "synced", "true");
    }
}

/// Whether a machine has NICs that are not what their profiles say.
pub fn is_out_of_sync(site: &Site, vm: Handle) -> bool {
    site.store.children(vm, KIND).any(|it| site.text(it, "synced") == "false")
}

fn check_hot(site: &Site, call: &Call, vm: Handle, target: Handle) -> Result<(), Fault> {
    let plugged = site.text(target, "plugged") == "true";
    if site.status(vm) != "up" || !plugged || unplugs(site, call, vm, target) {
        return Ok(());
    }
    let differs = |path: &str| {
        call.text(path).is_some_and(|it| !it.eq_ignore_ascii_case(site.text(target, path)))
    };
    if differs("mac/address") || differs("interface") {
        return Err(Fault::conflict(
            "Cannot edit Interface. Updating some of the properties is not supported while the interface is plugged into a running virtual machine. Please un-plug the interface, update the properties, and then plug it back.",
        ));
    }
    let rewires = rewires(site, call, target);
    let profile = site.refers(target, "vnic_profile", "vnic_profiles");
    let network = profile.and_then(|it| site.refers(it, "network", "networks"));
    if rewires && network.is_some_and(|it| site.reference(it, "external_provider").is_some()) {
        return Err(Fault::bad(
            "Cannot edit Interface. External network cannot be changed while plugged into a running virtual machine. Stop the VM or unplug the vNIC before editing.",
        ));
    }
    let mirrors = site
        .refers(target, "vnic_profile", "vnic_profiles")
        .is_some_and(|it| site.text(it, "port_mirroring") == "true");
    if mirrors && rewires {
        return Err(Fault::conflict(
            "Cannot edit Interface. Update is not possible when 'Port Mirroring' is set on the interface of a running virtual machine.",
        ));
    }
    Ok(())
}

/// Plugs a NIC in.
fn activate(site: &mut Site, _call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    plug(site, target, true, "Cannot activate Interface")
}

/// Unplugs a NIC.
fn deactivate(site: &mut Site, _call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    plug(site, target, false, "Cannot deactivate Interface")
}

fn plug(site: &mut Site, nic: Handle, plugged: bool, doing: &str) -> Result<Vec<Element>, Fault> {
    let vm = site.parent(nic).ok_or_else(Fault::nowhere)?;
    let allowed = ["up", "down", "image_locked", "powering_up", "powering_down"];
    if !allowed.contains(&site.status(vm)) {
        return Err(vm::state::illegal(site, vm, doing));
    }
    if is_hot(site, vm) {
        check_carried(site, vm, site.body(nic))?;
    }
    site.set(nic, "plugged", plugged.to_string());
    Ok(Vec::new())
}

/// Removes a NIC that is not plugged into a running machine.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let owner = site.parent(target).ok_or_else(Fault::nowhere)?;
    let running =
        site.kind(owner) == "vms" && !matches!(site.status(owner), "down" | "image_locked");
    if running && site.text(target, "plugged") == "true" {
        return Err(Fault::conflict(
            "Cannot remove Interface. The VM Network Interface is plugged to a running VM.",
        ));
    }
    generic::remove(site, call, target)
}
