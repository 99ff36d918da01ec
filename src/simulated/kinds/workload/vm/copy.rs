//! Cloning a machine: its configuration, copies of its disks, NICs with new addresses.

use super::create::{self, Plan};
use super::disks::Copy;
use super::{checks, source, state};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{device, disk};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const CLONE: &str = "Cannot add VM";

/// Clones a machine under the name in the call; it is locked until its disks are copied.
pub fn clone(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let name = call.text("vm/name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::incomplete("Action", "vm.name", "clone"))?.to_owned();
    state::check_lock(site, vm, CLONE, Mode::Exclusive)?;
    if site.status(vm) == "image_locked" {
        return Err(state::locked(CLONE));
    }
    if state::is_running(site.status(vm)) && state::runs_stateless(site, vm) {
        return Err(Fault::conflict(format!(
            "{CLONE}. The VM is running as Stateless. Please try again when VM is not running as Stateless."
        )));
    }
    state::check_snapshots(site, vm, CLONE)?;
    let cluster = site.refers(vm, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    checks::check_name(site, &name, cluster, None, "add")?;
    let domain = source::domain(site, call, "storage_domain")?;
    let disks = state::disks(site, vm);
    let whole: Vec<Handle> = disks.iter().map(|(_, disk)| *disk).collect();
    disk::check_unlocked(site, &whole, "add VM")?;
    let copies = disks
        .into_iter()
        .filter(|(_, disk)| site.text(*disk, "shareable") != "true")
        .map(|(attachment, source)| Copy {
            source,
            attachment,
            document: None,
            domain,
            thin: false,
        })
        .collect();
    let body = body(site, vm, &name);
    let nics = site.children(vm, "vm_nics");
    let time = durations::VM_CLONE;
    let devices = device::of_machine(site, vm);
    let plan = Plan { id: None, body, cluster, copies, nics, devices, time, follows: false };
    create::make(site, plan)?;
    state::hold(site, vm, durations::VM_CLONE, "VM is being cloned.");
    Ok(Vec::new())
}

fn body(site: &Site, vm: Handle, name: &str) -> Element {
    let mut body = site.body(vm).clone();
    for gone in ["host", "vm_pool", "status_detail", "start_time", "stop_time", "fqdn"] {
        tree::drop_child(&mut body, gone);
    }
    for (path, value) in [
        ("name", name),
        ("run_once", "false"),
        ("next_run_configuration_exists", "false"),
        ("delete_protected", "false"),
    ] {
        tree::set(&mut body, path, value);
    }
    tree::set(&mut body, "creation_time", site.date());
    body
}
