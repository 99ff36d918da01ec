//! Making templates: of machines, of their snapshots, as versions of others.

use std::time::Duration;

use super::version::{number, versions, write_version};
use super::{attach, check_name};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::ZERO;
use crate::simulated::kinds::vm::{self, state};
use crate::simulated::kinds::{device, disk, generic, graphics_console, nic, permission, snapshot};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const ADD: &str = "Cannot add Template";

/// Makes a template of a machine that is down, or of what a snapshot of a machine kept.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    if call.body.at("initialization/configuration").is_some() {
        return register(site, call);
    }
    let incomplete = |what| Fault::incomplete("Template", what, "add");
    let name = call.name().ok_or_else(|| incomplete("name"))?.to_owned();
    let snapshot = snapshot_of(site, call)?;
    let source = match snapshot {
        Some(snapshot) => site.parent(snapshot).ok_or_else(Fault::nowhere)?,
        None => {
            let id = call.id_at("vm").ok_or_else(|| incomplete("vm.id|name"))?;
            site.top("vms", id).ok_or_else(|| Fault::bad(format!("{ADD}. VM is not found.")))?
        }
    };
    state::check_lock(site, source, ADD, Mode::Shared)?;
    if snapshot.is_none() {
        check_source(site, source)?;
    }
    let windows = site.text(source, "os/type").starts_with("windows");
    if call.query.flag("seal") == Some(true) && windows {
        return Err(Fault::bad(format!(
            "{ADD}. Sealing of Windows systems is currently not supported."
        )));
    }
    let base = base(site, call)?;
    if base.is_none() {
        check_name(site, &name, source, None, "add")?;
    }
    let body = draft(site, call, source, snapshot, base);
    let made = generic::put(site, call, None, body);
    copy_parts(site, call, source, snapshot, made);
    let sealing = call.query.flag("seal") == Some(true);
    if sealing {
        site.hide(made, Element::new(SEALED));
    }
    lock(site, source, snapshot, made, sealing);
    if call.query.flag("clone_permissions") == Some(true) {
        permission::copy(site, source, made);
    }
    site.edit(made, |_| ());
    Ok(made)
}

/// Takes a template in from its configuration, without disks.
fn register(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("Template", what, "add");
    let cluster = call.id_at("cluster").ok_or_else(|| incomplete("cluster.id|name"))?;
    let cluster = site
        .top("clusters", cluster)
        .ok_or_else(|| Fault::bad("Cannot import Template. Cluster ID is not valid."))?;
    let ovf = vm::Ovf::read(call.text("initialization/configuration/data").unwrap_or_default())?;
    let name = call.name().map(str::to_owned).unwrap_or(ovf.name);
    let id = ovf.id.unwrap_or_else(|| site.fresh_id());
    if let Some(known) = site.top("templates", &id).or_else(|| site.top("vms", &id)) {
        return Err(Fault::conflict(format!(
            "Cannot import Template. Template or VM with the same ID already exists in the system. Please remove the Template or VM ({}) from the system first",
            site.name(known)
        )));
    }
    let mut body = generic::draft(site, call);
    tree::drop_at(&mut body, "initialization/configuration");
    tree::set(&mut body, "name", name);
    if let Some(mebibytes) = ovf.memory {
        tree::set(&mut body, "memory", (mebibytes << 20).to_string());
    }
    vm::fill_defaults(&mut body);
    tree::refer(&mut body, "cluster", site.id(cluster));
    tree::set(&mut body, "status", "ok");
    tree::set(&mut body, "creation_time", site.date());
    write_version(&mut body, 1, "", &id);
    Ok(generic::put(site, call, Some(id), body))
}

/// Makes a template of a disk that was imported, which it starts from.
pub fn of_disk(site: &mut Site, wanted: &Element, imported: Handle) {
    let mut body = wanted.clone();
    vm::fill_defaults(&mut body);
    tree::set(&mut body, "status", "ok");
    tree::set(&mut body, "creation_time", site.date());
    let id = site.fresh_id();
    write_version(&mut body, 1, "", &id);
    let made = site.add("templates", None, id, body);
    attach(site, made, imported, None);
    for attachment in site.children(made, disk::ATTACHMENTS[1]) {
        site.set(attachment, "bootable", "true");
        site.set(attachment, "interface", "virtio");
    }
}

fn snapshot_of(site: &Site, call: &Call) -> Result<Option<Handle>, Fault> {
    let named = call.body.at("vm/snapshots").and_then(|it| it.children().first());
    let Some(id) = named.and_then(Element::id) else { return Ok(None) };
    let found = site.store.all("snapshots").find(|it| site.id(*it) == id);
    let found = found.ok_or_else(|| Fault::bad(format!("{ADD}. VM's Snapshot does not exist.")))?;
    let vm = site.parent(found).ok_or_else(Fault::nowhere)?;
    state::check_snapshots(site, vm, ADD)?;
    Ok(Some(found))
}

fn check_source(site: &Site, source: Handle) -> Result<(), Fault> {
    if site.status(source) != "down" {
        return Err(Fault::conflict(format!(
            "{ADD}. VM is locked or still running, try again once VM is in the Down state."
        )));
    }
    state::check_snapshots(site, source, ADD)?;
    state::check_no_preview(site, source, ADD)?;
    let disks: Vec<Handle> = state::disks(site, source).into_iter().map(|(_, disk)| disk).collect();
    for each in &disks {
        disk::check_free(site, *each, "add Template")?;
    }
    disk::check_unlocked(site, &disks, "add Template")
}

fn base(site: &Site, call: &Call) -> Result<Option<Handle>, Fault> {
    let Some(id) = call.id_at("version/base_template") else { return Ok(None) };
    if id == ZERO {
        return Err(Fault::bad("Blank template can't have sub-templates."));
    }
    let base = site.top("templates", id);
    let base = base.ok_or_else(|| {
        Fault::bad(format!("{ADD}. Base Template does not exist for this Template Version."))
    })?;
    if tree::id_at(site.body(base), "version/base_template").is_some_and(|it| it != id) {
        return Err(Fault::bad(format!(
            "{ADD}. Only the first template version can be selected as the base template."
        )));
    }
    Ok(Some(base))
}

fn draft(
    site: &Site,
    call: &Call,
    source: Handle,
    snapshot: Option<Handle>,
    base: Option<Handle>,
) -> Element {
    let mut body = match snapshot {
        Some(snapshot) => snapshot::restored_body(site, snapshot),
        None => site.body(source).clone(),
    };
    for gone in [
        "name",
        "description",
        "comment",
        "status",
        "template",
        "original_template",
        "host",
        "next_run_configuration_exists",
        "run_once",
        "has_illegal_images",
        "start_time",
        "stop_time",
        "status_detail",
        "fqdn",
        "instance_type",
        "delete_protected",
        "stop_reason",
        "use_latest_template_version",
        "vm_pool",
    ] {
        tree::drop_child(&mut body, gone);
    }
    let mut template = Element::new("template");
    std::mem::swap(template.children_mut(), body.children_mut());
    merge::merge(&mut template, &merge::kept(&call.body, "template"), "template", true);
    tree::default(&mut template, "delete_protected", "false");
    tree::set(&mut template, "status", "locked");
    tree::set(&mut template, "creation_time", site.date());
    if let Some(cluster) = site.reference(source, "cluster")
        && tree::id_at(&template, "cluster").is_none()
    {
        tree::refer(&mut template, "cluster", cluster);
    }
    for gone in ["vm", "storage_domain", "version"] {
        tree::drop_child(&mut template, gone);
    }
    if let Some(base) = base {
        let id = site.id(base).to_owned();
        let last = versions(site, &id).into_iter().map(|it| number(site, it)).max().unwrap_or(1);
        let version_name = call.text("version/version_name").unwrap_or_default().to_owned();
        tree::set(&mut template, "name", site.name(base));
        write_version(&mut template, last + 1, &version_name, &id);
    }
    template
}

fn copy_parts(
    site: &mut Site,
    call: &Call,
    source: Handle,
    snapshot: Option<Handle>,
    made: Handle,
) {
    if site.body(made).child("version").is_none() {
        let id = site.id(made).to_owned();
        site.edit(made, |body| write_version(body, 1, "", &id));
    }
    let storage = call.id_at("storage_domain").and_then(|id| site.top("storage_domains", id));
    let wanted = call.body.at("vm/disk_attachments").map(Element::children).unwrap_or_default();
    let is_kept = |from: Handle| {
        let of_snapshot = |it| site.store.find("snapshot_disks", Some(it), site.id(from));
        snapshot.is_none_or(|snapshot| of_snapshot(snapshot).is_some())
    };
    let attached = site.children(source, disk::ATTACHMENTS[0]).into_iter();
    for from in attached.filter(|from| is_kept(*from)).collect::<Vec<_>>() {
        let Some(original) = site.top("disks", site.id(from)) else { continue };
        let document = wanted
            .iter()
            .filter_map(|it| it.child("disk"))
            .find(|it| it.id() == Some(site.id(original)));
        let alias = document.and_then(|it| it.text_at("alias").or(it.text_at("name")));
        let domain = document
            .and_then(|it| it.child("storage_domains")?.children().first()?.id())
            .and_then(|id| site.top("storage_domains", id))
            .or(storage);
        let alias = alias.map(str::to_owned);
        let copied = disk::copy(site, original, alias, domain, durations::TEMPLATE);
        attach(site, made, copied, Some(from));
    }
    for console in site.children(source, graphics_console::OF_VMS) {
        let protocol = site.text(console, "protocol").to_owned();
        graphics_console::add_to(site, made, graphics_console::OF_TEMPLATES, &protocol);
    }
    let devices = device::of_machine(site, source);
    device::copy(site, made, "template", &devices);
    let nics = match snapshot {
        Some(snapshot) => site.children(snapshot, "snapshot_nics"),
        None => site.children(source, "vm_nics"),
    };
    for from in nics {
        let mut body = site.body(from).clone();
        tree::drop_child(&mut body, "mac");
        tree::drop_child(&mut body, "vm");
        nic::prepare(&mut body);
        tree::refer(&mut body, "template", site.id(made));
        site.add_fresh("template_nics", Some(made), body);
    }
}

/// The snapshot that a template is made from, until it is.
const SNAPSHOT: &str = "snapshot";

/// Says that no guest has left its marks on the disks of a template.
pub const SEALED: &str = "sealed";

/// Both are locked until the disks are copied, and sealed if that is asked for. Of a machine one of
/// whose snapshots is copied, only that snapshot is (`AddVmTemplateFromSnapshotCommand`).
fn lock(site: &mut Site, source: Handle, snapshot: Option<Handle>, made: Handle, sealing: bool) {
    let has_disks = site.store.children(made, disk::ATTACHMENTS[1]).next().is_some();
    let seal = if sealing && has_disks { durations::SEAL } else { Duration::ZERO };
    let time = durations::TEMPLATE + seal;
    let (id, name) = (site.id(made).to_owned(), site.name(made).to_owned());
    let says = format!("Template {name} is being created.");
    site.hold_lock_saying(("TEMPLATE", &id), Mode::Exclusive, time, &says);
    let vm = site.id(source).to_owned();
    let says = "Template is being created from this VM.";
    site.hold_lock_saying(("VM", &vm), Mode::Shared, time, says);
    match snapshot {
        Some(snapshot) if has_disks => {
            site.set(snapshot, "snapshot_status", "locked");
            site.hide(made, Element::leaf(SNAPSHOT, site.id(snapshot)));
        }
        None if site.status(source) == "down" => {
            site.set(source, "status", "image_locked");
            site.hide(made, Element::leaf("source", vm));
        }
        _ => {}
    }
    site.later(time, made, created);
}

fn created(site: &mut Site, template: Handle, failed: bool) {
    let source = site.unhide(template, "source").map(|it| it.text().to_owned());
    let source = source.and_then(|id| site.top("vms", &id));
    if let Some(source) = source.filter(|it| site.status(*it) == "image_locked") {
        site.set(source, "status", "down");
    }
    let snapshot = site.unhide(template, SNAPSHOT).map(|it| it.text().to_owned());
    let is_it = |site: &Site, it: Handle| Some(site.id(it)) == snapshot.as_deref();
    let found = site.store.all("snapshots").find(|it| is_it(site, *it));
    if let Some(snapshot) = found {
        site.set(snapshot, "snapshot_status", "ok");
    }
    site.set(template, "status", if failed { "illegal" } else { "ok" });
    if !failed {
        super::follow::recreate_members(site, template);
    }
}
