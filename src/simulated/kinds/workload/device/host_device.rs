//! Devices of a host that a machine has for itself.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::vm;
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
    let device = site.children(host, "host_devices").into_iter().find(|it| {
        let named = call.name().is_some_and(|name| name == site.name(*it));
        named || call.body.id() == Some(site.id(*it))
    });
    let device = device.ok_or_else(|| {
        Fault::bad(format!("{DOING}. One or more of specified host devices not found."))
    })?;
    let id = site.id(device).to_owned();
    if let Some(known) = site.store.find(KIND, Some(vm), &id) {
        return Ok(known);
    }
    for sibling in siblings(site, host, device) {
        attach(site, vm, sibling, true);
    }
    Ok(attach(site, vm, device, false))
}

fn check_down(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    if site.status(vm) == "down" { Ok(()) } else { Err(vm::state::illegal(site, vm, doing)) }
}

/// What the hardware cannot tell apart from a device has to go with it.
fn siblings(site: &Site, host: Handle, device: Handle) -> Vec<Handle> {
    let group = site.text(device, "iommu_group");
    if group.is_empty() {
        return Vec::new();
    }
    let all = site.children(host, "host_devices").into_iter();
    all.filter(|it| *it != device && site.text(*it, "iommu_group") == group).collect()
}

fn attach(site: &mut Site, vm: Handle, device: Handle, placeholder: bool) -> Handle {
    let id = site.id(device).to_owned();
    if let Some(known) = site.store.find(KIND, Some(vm), &id) {
        return known;
    }
    let mut body = Element::new("host_device");
    *body.children_mut() = site.body(device).children().to_vec();
    tree::set(&mut body, "placeholder", placeholder.to_string());
    tree::refer(&mut body, "vm", site.id(vm));
    site.add(KIND, Some(vm), id, body)
}

fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    check_down(site, vm, "Cannot remove Host devices")?;
    generic::remove(site, call, target)
}
