//! Devices of a host that a machine has for itself.

use crate::simulated::call::Call;
use crate::simulated::content::{self, Owner};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::vm;
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the host devices of machines.
pub const RULES: Rules = Rules::of(KIND).add(add).remove(remove);

const KIND: &str = "vm_host_devices";

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    const DOING: &str = "Cannot add Host devices";
    let vm = call.owner()?;
    if !call.names_itself() {
        return Err(Fault::incomplete("HostDevice", "id|name", "add"));
    }
    check_down(site, vm, DOING)?;
    let host = match vm::pins(site, vm).as_slice() {
        [] => return Err(Fault::conflict(format!("{DOING}. VM must be pinned to a host."))),
        [one] => site.top("hosts", one).ok_or_else(Fault::nowhere)?,
        _ => {
            return Err(Fault::conflict(format!("{DOING}. VM must be pinned to a single host.")));
        }
    };
    let all = devices(site, host);
    let wanted = |it: &&Element| {
        call.name().is_some_and(|name| it.text_at("name") == Some(name))
            || it.id().is_some_and(|id| call.body.id() == Some(id))
    };
    let device = all.iter().find(wanted).ok_or_else(|| {
        Fault::bad(format!("{DOING}. One or more of specified host devices not found."))
    })?;
    for sibling in siblings(&all, device) {
        attach(site, vm, sibling, true);
    }
    Ok(attach(site, vm, device, false))
}

/// What a host has.
fn devices(site: &Site, host: Handle) -> Vec<Element> {
    let owner = Owner { object: Some(host), member: None };
    let all = content::members(site, SCHEMA.service("host_devices"), &owner);
    all.unwrap_or_default().into_iter().map(|it| it.element).collect()
}

fn check_down(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    if site.status(vm) == "down" { Ok(()) } else { Err(vm::state::illegal(site, vm, doing)) }
}

/// What the hardware cannot tell apart from a device has to go with it.
fn siblings<'a>(all: &'a [Element], device: &Element) -> Vec<&'a Element> {
    let Some(group) = device.text_at("iommu_group") else { return Vec::new() };
    let same = |it: &&Element| it.text_at("iommu_group") == Some(group) && it.id() != device.id();
    all.iter().filter(same).collect()
}

/// Gives a device to a machine; one that only went along before is meant now.
fn attach(site: &mut Site, vm: Handle, device: &Element, placeholder: bool) -> Handle {
    let id = device.id().unwrap_or_default();
    if let Some(known) = site.store.find(KIND, Some(vm), id) {
        if !placeholder {
            site.set(known, "placeholder", "false");
        }
        return known;
    }
    let mut body = Element::new("host_device");
    *body.children_mut() = device.children().to_vec();
    tree::set(&mut body, "placeholder", placeholder.to_string());
    tree::refer(&mut body, "vm", site.id(vm));
    site.add(KIND, Some(vm), id, body)
}

fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    check_down(site, vm, "Cannot remove Host devices")?;
    generic::remove(site, call, target)
}
