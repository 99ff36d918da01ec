//! Adding a machine: from a template, with copies of its disks and NICs.

use std::time::Duration;

use super::{checks, defaults, disks, source, state};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::{
    authority, device, disk, graphics_console, mac_pool, mediated_device, nic, permission, quota,
    snapshot, template,
};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const ADD: &str = "Cannot add VM";

/// Of a document for a new machine, what the engine does not read.
const NOT_NOW: &[&str] =
    &["cdroms", "snapshots", "nics", "tags", "permissions", "host", "disk_attachments"];

/// What a new machine is made of.
pub struct Plan {
    /// Its id, if the client chose it.
    pub id: Option<String>,
    /// What it says.
    pub body: Element,
    /// Its cluster.
    pub cluster: Handle,
    /// The disks to be copied, with where they are attached.
    pub copies: Vec<disks::Copy>,
    /// The NICs to be copied.
    pub nics: Vec<Handle>,
    /// The watchdogs and mediated devices to be copied.
    pub devices: Vec<Handle>,
    /// How long copying takes.
    pub time: Duration,
    /// Whether it follows the newest version of its template.
    pub follows: bool,
}

/// Adds a machine: from a template, from a snapshot, or from a configuration.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("Vm", what, "add");
    let cluster = call.id_at("cluster").ok_or_else(|| incomplete("cluster.id|name"))?;
    let cluster =
        site.top("clusters", cluster).ok_or_else(|| Fault::entity_not_found("GetClusterById"))?;
    if call.body.at("initialization/configuration").is_some() {
        return source::register(site, call, cluster);
    }
    let name = call.name().ok_or_else(|| incomplete("name"))?.to_owned();
    quota::check_consumer(site, &call.body, ADD)?;
    check_profile(site, call)?;
    let snapshot = call.body.child("snapshots").and_then(|it| it.children().first());
    let mut plan = match snapshot.and_then(Element::id) {
        Some(snapshot) => source::plan(site, call, &name, cluster, snapshot)?,
        None => {
            let template = call.id_at("template").ok_or_else(|| incomplete("template.id|name"))?;
            let template = site.top("templates", template);
            let template = template.ok_or_else(|| Fault::entity_not_found("GetVmTemplate"))?;
            plan(site, call, &name, cluster, template)?
        }
    };
    let graphics = mediated_device::take_property(&mut plan.body);
    let made = make(site, plan)?;
    if let Some(graphics) = graphics {
        mediated_device::replace(site, made, &graphics);
    }
    if call.query.flag("clone_permissions") == Some(true)
        && let Some(template) = call.id_at("template").and_then(|id| site.top("templates", id))
    {
        permission::copy(site, template, made);
    }
    Ok(made)
}

fn plan(
    site: &mut Site,
    call: &Call,
    name: &str,
    cluster: Handle,
    asked: Handle,
) -> Result<Plan, Fault> {
    checks::check_name(site, name, cluster, None, "add")?;
    let id = chosen_id(site, call)?;
    let newest = call.flag("use_latest_template_version") == Some(true);
    let template = if newest { template::latest(site, asked) } else { asked };
    check_template(site, template, cluster)?;
    let clone = call.query.flag("clone") == Some(true);
    let nothing = Element::new("vm");
    let document = if template == asked { &call.body } else { &nothing };
    let copies = disks::plan(site, document, template, clone)?;
    let body = draft(site, &call.body, template, cluster, clone)?;
    checks::check_new(site, &body, cluster)?;
    let copying = if clone { durations::VM_CLONE } else { durations::VM_THIN };
    let time = copying + sealing(site, template, &body, call.query.flag("seal"));
    let instance_type = tree::id_at(&body, "instance_type");
    let instance_type = instance_type.and_then(|id| site.top("instance_types", id));
    let typed = instance_type.map(|it| site.children(it, "instance_type_nics")).unwrap_or_default();
    let nics = if typed.is_empty() { site.children(template, "template_nics") } else { typed };
    if !copies.is_empty() {
        let says = format!("This template is currently in use to create VM {name}.");
        let id = site.id(template).to_owned();
        site.hold_lock_saying(("TEMPLATE", &id), Mode::Shared, time, &says);
    }
    let devices = device::of_template(site, template);
    Ok(Plan { id, body, cluster, copies, nics, devices, time, follows: newest })
}

/// A plan for a machine from a template that nobody wrote a document for.
pub fn plan_plain(
    site: &mut Site,
    document: &Element,
    cluster: Handle,
    template: Handle,
) -> Result<Plan, Fault> {
    let copies = disks::plan(site, &Element::new("vm"), template, false)?;
    let body = draft(site, document, template, cluster, false)?;
    let nics = site.children(template, "template_nics");
    let follows = tree::flag(document, "use_latest_template_version") == Some(true);
    let time = durations::VM_THIN + sealing(site, template, &body, None);
    let devices = device::of_template(site, template);
    Ok(Plan { id: None, body, cluster, copies, nics, devices, time, follows })
}

/// How long it takes to seal a new machine: as it is asked for, or if its template is sealed.
fn sealing(site: &Site, template: Handle, body: &Element, asked: Option<bool>) -> Duration {
    let windows = body.text_at("os/type").is_some_and(|it| it.starts_with("windows"));
    let inherited = || site.hidden(template, template::SEALED).is_some() && !windows;
    if asked.unwrap_or_else(inherited) { durations::SEAL } else { Duration::ZERO }
}

/// Says of a machine that it follows the newest version of its template.
pub const FOLLOWS_LATEST: &str = "follows_latest";

/// Makes a machine; it is locked until its disks are copied.
pub fn make(site: &mut Site, plan: Plan) -> Result<Handle, Fault> {
    let id = plan.id.unwrap_or_else(|| site.fresh_id());
    let vm = site.add("vms", None, id, plan.body);
    for copy in &plan.copies {
        disks::copy(site, vm, copy, plan.time);
    }
    if let Err(fault) = copy_nics(site, vm, &plan.nics, plan.cluster) {
        for (_, disk) in state::disks(site, vm) {
            site.store.remove(disk);
        }
        site.store.remove(vm);
        return Err(fault);
    }
    device::copy(site, vm, "vm", &plan.devices);
    equip(site, vm);
    if plan.follows {
        site.hide(vm, Element::new(FOLLOWS_LATEST));
    }
    if plan.copies.is_empty() {
        site.set(vm, "status", "down");
    } else {
        site.set(vm, "status", "image_locked");
        site.hide(vm, Element::new("creating"));
        site.later(plan.time, vm, created);
    }
    site.edit(vm, |_| ());
    Ok(vm)
}

fn chosen_id(site: &Site, call: &Call) -> Result<Option<String>, Fault> {
    let Some(id) = call.body.id().filter(|id| !id.is_empty()) else { return Ok(None) };
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Fault::bad_uuid(id));
    }
    if site.top("vms", id).is_some() {
        return Err(Fault::bad(
            "Cannot add VM. VM with the given Id already exists in the system.",
        ));
    }
    Ok(Some(id.to_owned()))
}

fn check_template(site: &mut Site, template: Handle, cluster: Handle) -> Result<(), Fault> {
    let id = site.id(template).to_owned();
    site.check_lock(ADD, ("TEMPLATE", &id), Mode::Shared)?;
    if site.status(template) == "locked" {
        return Err(Fault::conflict("Template's Image is locked (temporarily)."));
    }
    if site.status(template) == "illegal" {
        return Err(Fault::conflict("Template's Image is invalid (temporarily)."));
    }
    let home = site.refers(template, "cluster", "clusters");
    let home = home.and_then(|it| site.reference(it, "data_center"));
    if home.is_some() && home != site.reference(cluster, "data_center") {
        return Err(Fault::bad("The specified Template doesn't exist in the current Data Center."));
    }
    Ok(())
}

fn draft(
    site: &Site,
    document: &Element,
    template: Handle,
    cluster: Handle,
    clone: bool,
) -> Result<Element, Fault> {
    let mut body = defaults::from_template(site, template, "vm");
    let sent = merge::kept(document, "vm");
    if document.child("memory").is_some() {
        tree::drop_at(&mut body, "memory_policy/max");
        tree::drop_at(&mut body, "memory_policy/guaranteed");
    }
    merge::merge(&mut body, &sent, "vm", true);
    for gone in NOT_NOW {
        tree::drop_child(&mut body, gone);
    }
    if document.at("display/type").is_some() && document.at("display/video_type").is_none() {
        // The protocol discards the video device of the template.
        tree::drop_at(&mut body, "display/video_type");
        tree::set(&mut body, "display/video_type", video_of(document));
    }
    let is_headless = body.child("display").is_none() && template_is_headless(site, template);
    defaults::fill(&mut body);
    if is_headless {
        tree::drop_child(&mut body, "display");
    }
    if document.child("sso").is_some() && document.at("sso/methods/method").is_none() {
        tree::drop_child(&mut body, "sso");
    }
    complete(site, &mut body, cluster);
    let source = site.id(template).to_owned();
    tree::refer(&mut body, "original_template", source.clone());
    tree::refer(&mut body, "template", if clone { ZERO.to_owned() } else { source });
    Ok(body)
}

/// Whether machines from a template have no console unless they ask for one.
fn template_is_headless(site: &Site, template: Handle) -> bool {
    site.children(template, graphics_console::OF_TEMPLATES).is_empty()
}

/// The video device that goes with a protocol.
fn video_of(document: &Element) -> &'static str {
    if document.text_at("display/type") == Some("spice") { "qxl" } else { "vga" }
}

/// What the engine itself says of every new machine.
pub fn complete(site: &Site, body: &mut Element, cluster: Handle) {
    checks::follow_instance_type(site, body);
    checks::truncate(body);
    size_memory(site, body, cluster);
    tree::refer(body, "cluster", site.id(cluster));
    place_in_cluster(site, body, cluster);
    for (path, value) in [
        ("next_run_configuration_exists", "false"),
        ("run_once", "false"),
        ("has_illegal_images", "false"),
    ] {
        tree::set(body, path, value);
    }
    tree::set(body, "creation_time", site.date());
    checks::harmonize(body);
    checks::settle_display(body);
}

/// Limits of memory that were not sent follow from its size.
fn size_memory(site: &Site, body: &mut Element, cluster: Handle) {
    let memory = tree::number(body, "memory").unwrap_or(1 << 30);
    let percent = tree::number(site.body(cluster), "memory_policy/over_commit/percent");
    let percent = percent.unwrap_or(100).max(1);
    tree::default(body, "memory_policy/max", (memory * 4).to_string());
    let guaranteed = memory * 100 / percent;
    tree::default(body, "memory_policy/guaranteed", guaranteed.min(memory).to_string());
    checks::truncate(body);
}

fn check_profile(site: &Site, call: &Call) -> Result<(), Fault> {
    let profile = call.id_at("cpu_profile").and_then(|id| site.top("cpu_profiles", id));
    let barred = |it: &Handle| !authority::may(site, "assign_cpu_profile", Some(*it));
    let Some(profile) = profile.filter(barred) else { return Ok(()) };
    Err(Fault::refused(
        403,
        format!(
            "User doesn't have permissions to assign the cpu profile {} with id {} to VMs.",
            site.name(profile),
            site.id(profile)
        ),
    ))
}

fn place_in_cluster(site: &Site, body: &mut Element, cluster: Handle) {
    let own = tree::id_at(body, "cpu_profile")
        .and_then(|id| site.top("cpu_profiles", id))
        .filter(|it| site.reference(*it, "cluster") == Some(site.id(cluster)));
    if own.is_none() {
        let profile = site.users("cpu_profiles", "cluster", cluster).first().copied();
        if let Some(profile) = profile {
            tree::refer(body, "cpu_profile", site.id(profile));
        }
    }
    let architecture = site.text(cluster, "cpu/architecture").to_owned();
    tree::set(body, "cpu/architecture", architecture);
    let firmware = site.text(cluster, "bios_type").to_owned();
    let given = body.text_at("bios/type").is_some_and(|it| it != "cluster_default");
    if !given && !firmware.is_empty() {
        tree::set(body, "bios/type", firmware);
    }
    if tree::id_at(body, "quota").is_none()
        && let Some(data_center) = common::data_center_of(site, cluster)
        && let Some(quota) = site.children(data_center, "quotas").first()
    {
        tree::refer(body, "quota", site.id(*quota));
    }
}

fn copy_nics(site: &mut Site, vm: Handle, nics: &[Handle], cluster: Handle) -> Result<(), Fault> {
    for source in nics.iter().copied() {
        let mut body = site.body(source).clone();
        for gone in ["template", "instance_type", "vm"] {
            tree::drop_child(&mut body, gone);
        }
        if !is_in_cluster(site, source, cluster) {
            tree::drop_child(&mut body, "vnic_profile");
        }
        let mac = mac_pool::draw(site, cluster, "add VM")?;
        tree::set(&mut body, "mac/address", mac);
        nic::prepare(&mut body);
        tree::refer(&mut body, "vm", site.id(vm));
        site.add_fresh("vm_nics", Some(vm), body);
    }
    Ok(())
}

fn is_in_cluster(site: &Site, nic: Handle, cluster: Handle) -> bool {
    let profile = site.refers(nic, "vnic_profile", "vnic_profiles");
    let network = profile.and_then(|it| site.reference(it, "network"));
    network.is_some_and(|id| site.store.find("cluster_networks", Some(cluster), id).is_some())
}

/// Adds what every machine has: a CD drive, a console, a snapshot that is its present state.
pub fn equip(site: &mut Site, vm: Handle) {
    let mut drive = Element::new("cdrom");
    tree::refer(&mut drive, "vm", site.id(vm));
    site.add("vm_cdroms", Some(vm), ZERO, drive);
    for protocol in protocols(site, vm) {
        graphics_console::add_to(site, vm, "vm_graphics_consoles", &protocol);
    }
    snapshot::add_active(site, vm);
}

/// The consoles of its template, or the one of its display if that is another.
fn protocols(site: &Site, vm: Handle) -> Vec<String> {
    let shown = site.text(vm, "display/type").to_owned();
    let template = site.refers(vm, "original_template", "templates");
    let consoles = template.map(|it| site.children(it, graphics_console::OF_TEMPLATES));
    let copied = consoles.unwrap_or_default().into_iter();
    let copied: Vec<String> = copied.map(|it| site.text(it, "protocol").to_owned()).collect();
    match copied.contains(&shown) {
        true => copied,
        false => Some(shown).filter(|it| !it.is_empty()).into_iter().collect(),
    }
}

pub(super) fn created(site: &mut Site, vm: Handle, failed: bool) {
    site.unhide(vm, "creating");
    if failed {
        for attachment in site.children(vm, disk::ATTACHMENTS[0]) {
            if let Some(disk) = site.top("disks", site.id(attachment)) {
                site.store.remove(disk);
            }
        }
        site.store.remove(vm);
    } else {
        site.set(vm, "status", "down");
    }
}
