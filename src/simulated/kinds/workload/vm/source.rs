//! Making a machine of what is no template: a snapshot of another one, or a configuration.

use super::create::{self, Plan};
use super::disks::{self, Copy};
use super::ovf::Ovf;
use super::{checks, defaults};
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::ZERO;
use crate::simulated::kinds::{disk, snapshot};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const ADD: &str = "Cannot add VM";

/// Plans a machine from a snapshot of another one, whose disks are copied.
pub fn plan(
    site: &mut Site,
    call: &Call,
    name: &str,
    cluster: Handle,
    id: &str,
) -> Result<Plan, Fault> {
    checks::check_name(site, name, cluster, None, "add")?;
    let snapshot = site.store.all("snapshots").find(|it| site.id(*it) == id);
    let snapshot =
        snapshot.ok_or_else(|| Fault::bad(format!("{ADD}. VM's Snapshot does not exist.")))?;
    let owner = site.parent(snapshot).ok_or_else(Fault::nowhere)?;
    super::state::check_lock(site, owner, ADD, Mode::Exclusive)?;
    if site.text(snapshot, "snapshot_status") == "locked" {
        super::state::check_snapshots(site, owner, ADD)?;
    }
    let is_active = site.text(snapshot, "snapshot_type") == "active";
    let source =
        if is_active { site.body(owner).clone() } else { snapshot::restored_body(site, snapshot) };
    let copies = copies(site, call, owner)?;
    let mut body = Element::new("vm");
    body.children_mut().extend(source.children().iter().cloned());
    for gone in ["host", "status", "vm_pool", "delete_protected", "status_detail", "fqdn"] {
        tree::drop_child(&mut body, gone);
    }
    merge::merge(&mut body, &merge::kept(&call.body, "vm"), "vm", true);
    for gone in ["snapshots", "disk_attachments", "nics", "cdroms"] {
        tree::drop_child(&mut body, gone);
    }
    defaults::fill(&mut body);
    create::complete(site, &mut body, cluster);
    tree::refer(&mut body, "template", ZERO);
    tree::refer(&mut body, "original_template", ZERO);
    checks::check_new(site, &body, cluster)?;
    let nics = match is_active {
        true => site.children(owner, "vm_nics"),
        false => site.children(snapshot, "snapshot_nics"),
    };
    super::state::hold(site, owner, durations::VM_CLONE, "VM is being cloned.");
    let id = call.body.id().filter(|it| !it.is_empty()).map(str::to_owned);
    let (devices, time) = (Vec::new(), durations::VM_CLONE);
    Ok(Plan { id, body, cluster, copies, nics, devices, time, follows: false })
}

/// The disks to copy; wishes for them name their images.
fn copies(site: &Site, call: &Call, owner: Handle) -> Result<Vec<Copy>, Fault> {
    let wanted = call.body.child("disk_attachments").map(Element::children).unwrap_or_default();
    let mut copies = Vec::new();
    for (attachment, source) in super::state::disks(site, owner) {
        let document = wanted
            .iter()
            .filter_map(|it| it.child("disk"))
            .find(|it| {
                it.text_at("image_id") == Some(site.text(source, "image_id"))
                    || it.id() == Some(site.id(source))
            })
            .cloned();
        let domain = disks::place(site, source, document.as_ref(), true)?;
        copies.push(Copy { source, attachment, document, domain, thin: false });
    }
    let whole: Vec<Handle> = copies.iter().map(|it| it.source).collect();
    disk::check_unlocked(site, &whole, "add VM")?;
    Ok(copies)
}

/// Takes a machine in from its configuration, with the disks that exist already.
pub fn register(site: &mut Site, call: &Call, cluster: Handle) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("Vm", what, "add");
    let sent = |path: &str| call.text(path).filter(|it| !it.is_empty());
    sent("initialization/configuration/type")
        .ok_or_else(|| incomplete("initialization.configuration.type"))?;
    let data = sent("initialization/configuration/data")
        .ok_or_else(|| incomplete("initialization.configuration.data"))?;
    let ovf = Ovf::read(data)?;
    let name = call.name().map(str::to_owned).unwrap_or(ovf.name);
    if let Some(id) = &ovf.id
        && let Some(known) = site.top("vms", id)
    {
        return Err(Fault::conflict(format!(
            "Import VM failed - VM ID already exists in the system. Please remove the VM ({}) from the system first",
            site.name(known)
        )));
    }
    checks::check_name(site, &name, cluster, None, "import")?;
    let mut body = Element::new("vm");
    tree::set(&mut body, "name", name);
    if let Some(mebibytes) = ovf.memory {
        tree::set(&mut body, "memory", (mebibytes << 20).to_string());
    }
    let mut own = merge::kept(&call.body, "vm");
    // What is described goes before whatever else is said of it.
    tree::drop_child(&mut own, "initialization");
    merge::merge(&mut body, &own, "vm", true);
    defaults::fill(&mut body);
    create::complete(site, &mut body, cluster);
    tree::refer(&mut body, "template", ZERO);
    tree::refer(&mut body, "original_template", ZERO);
    let plan = Plan {
        id: ovf.id,
        body,
        cluster,
        copies: Vec::new(),
        nics: Vec::new(),
        devices: Vec::new(),
        time: durations::VM_THIN,
        follows: false,
    };
    let vm = create::make(site, plan)?;
    for id in ovf.disks {
        adopt(site, vm, &id);
    }
    Ok(vm)
}

fn adopt(site: &mut Site, vm: Handle, id: &str) {
    let Some(found) = site.top("disks", id) else { return };
    if !disk::attachments(site, found).is_empty() {
        return;
    }
    let mut body = Element::new("disk_attachment");
    for (name, value) in [("interface", "virtio_scsi"), ("active", "true")] {
        tree::set(&mut body, name, value);
    }
    crate::simulated::kinds::attachment::prepare(&mut body);
    tree::refer(&mut body, "disk", id);
    tree::refer(&mut body, "vm", site.id(vm));
    site.add(disk::ATTACHMENTS[0], Some(vm), id, body);
}

/// Resolves the storage domain in a wish.
pub fn domain(site: &Site, call: &Call, element: &str) -> Result<Option<Handle>, Fault> {
    let Some(mut named) = call.body.child(element).cloned() else { return Ok(None) };
    call::resolve_one(site, &mut named, "storage_domains", "Storage")?;
    Ok(named.id().and_then(|id| site.top("storage_domains", id)))
}
