//! Registering and importing machines and templates that lie on a storage domain.

use super::unregistered::KINDS;
use super::unregistered_parts as parts;
use super::unregistered_snapshots as snapshots;
use super::unregistered_ties as ties;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, mac_pool, storage_domain, template, vm};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about machines on a storage domain.
pub const VM_RULES: Rules = Rules::of(KINDS[0]).actions(&ACTIONS).remove(remove);
/// What is special about templates on a storage domain.
pub const TEMPLATE_RULES: Rules = Rules::of(KINDS[1]).actions(&ACTIONS).remove(remove);

const ACTIONS: [(&str, crate::simulated::kinds::rules::Act); 2] =
    [("import", import), ("register", register)];

/// What an entity is to become.
struct Plan {
    target: Handle,
    is_vm: bool,
    cluster: Handle,
    name: String,
    clone: bool,
    domain: Option<Handle>,
    reassign: bool,
    keeps_snapshots: bool,
}

impl Plan {
    fn doing(&self) -> &'static str {
        if self.is_vm { "Cannot import VM" } else { "Cannot import Template" }
    }

    fn kind(&self) -> &'static str {
        if self.is_vm { "vms" } else { "templates" }
    }
}

/// Registers what lies on a data domain: at once, under its own id unless it is cloned.
fn register(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    // A template keeps its name, and a machine gets one by the action's own.
    let name = call.text("name").filter(|_| site.kind(target) == KINDS[0]);
    let plan = plan(site, call, target, name, None)?;
    check(site, &plan)?;
    let made = unpack(site, call, &plan)?;
    let notes = site.hidden(target, "parts").cloned().unwrap_or_default();
    ties::restore(site, call, made, &notes);
    site.store.remove(target);
    site.set(made, "status", if plan.is_vm { "down" } else { "ok" });
    Ok(vec![Element::link(if plan.is_vm { "vm" } else { "template" }, site.id(made))])
}

/// Imports what lies on an export domain: its disks are copied, which takes time.
fn import(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let mut wanted = call
        .body
        .child("storage_domain")
        .cloned()
        .unwrap_or_else(|| Element::new("storage_domain"));
    call::resolve_one(site, &mut wanted, "storage_domains", "Storage")?;
    let id = wanted.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "import"))?;
    let domain = site.top("storage_domains", id);
    // The engine looks for a name only where it is said whether this is to be a copy.
    let path = if site.kind(target) == KINDS[0] { "vm/name" } else { "template/name" };
    let name = call.text(path).filter(|_| call.flag("clone").is_some());
    let plan = plan(site, call, target, name, domain)?;
    let domain = domain
        .ok_or_else(|| Fault::bad(format!("{}. Storage Domain doesn't exist.", plan.doing())))?;
    let what = if plan.is_vm { "import VM" } else { "import Template" };
    disk::check_active(site, domain, what)?;
    check(site, &plan)?;
    let made = unpack(site, call, &plan)?;
    site.set(made, "status", if plan.is_vm { "image_locked" } else { "locked" });
    let disks = parts::disks_of(site, made);
    for each in disks {
        site.set(each, "status", "locked");
        site.later(durations::IMPORT, each, |site, it, failed| {
            site.set(it, "status", if failed { "illegal" } else { "ok" });
        });
    }
    site.later(durations::IMPORT, made, |site, made, failed| match site.kind(made) {
        _ if failed => site.store.remove(made),
        "vms" => site.set(made, "status", "down"),
        _ => site.set(made, "status", "ok"),
    });
    Ok(vec![Element::link(if plan.is_vm { "vm" } else { "template" }, site.id(made))])
}

fn plan(
    site: &Site,
    call: &Call,
    target: Handle,
    given: Option<&str>,
    domain: Option<Handle>,
) -> Result<Plan, Fault> {
    let is_vm = site.kind(target) == KINDS[0];
    let name = given.filter(|it| !it.is_empty()).unwrap_or(site.name(target)).to_owned();
    let doing = if is_vm { "Cannot import VM" } else { "Cannot import Template" };
    let cluster = cluster(site, call, target)?
        .ok_or_else(|| Fault::bad(format!("{doing}. Cluster ID is not valid.")))?;
    let clone = call.flag("clone") == Some(true);
    let reassign = call.flag("reassign_bad_macs") == Some(true);
    // A clone is made of the present state alone.
    let keeps_snapshots = !clone && call.query.flag("collapse_snapshots") != Some(true);
    Ok(Plan { target, is_vm, cluster, name, clone, domain, reassign, keeps_snapshots })
}

/// The cluster: the one named, the one that the old one is mapped to, or the old one.
fn cluster(site: &Site, call: &Call, target: Handle) -> Result<Option<Handle>, Fault> {
    if let Some(mut named) = call.body.child("cluster").cloned() {
        call::resolve_one(site, &mut named, "clusters", "Cluster")?;
        return Ok(site.top("clusters", named.id().unwrap_or_default()));
    }
    let old = site.reference(target, "cluster");
    let mappings = call.body.at("registration_configuration/cluster_mappings");
    for mapping in mappings.map(Element::children).unwrap_or_default() {
        let mut ends = [mapping.child("from").cloned(), mapping.child("to").cloned()];
        if let [Some(from), Some(to)] = &mut ends {
            // The cluster that an entity comes from may not exist here any more.
            let _ = call::resolve_one(site, from, "clusters", "Cluster");
            call::resolve_one(site, to, "clusters", "Cluster")?;
            if from.id() == old {
                return Ok(site.top("clusters", to.id().unwrap_or_default()));
            }
        }
    }
    Ok(old.and_then(|id| site.top("clusters", id)))
}

fn check(site: &Site, plan: &Plan) -> Result<(), Fault> {
    let doing = plan.doing();
    let domain = site.parent(plan.target).ok_or_else(Fault::nowhere)?;
    disk::check_active(site, domain, doing.trim_start_matches("Cannot "))?;
    let center = common::data_center_of(site, plan.cluster);
    let home = storage_domain::attachment(site, plan.domain.unwrap_or(domain));
    if home.and_then(|it| site.parent(it)) != center {
        return Err(Fault::bad(format!(
            "{doing}. Storage Domain and Cluster must be in the same Storage Pool."
        )));
    }
    check_identity(site, plan, center)?;
    if plan.is_vm {
        check_template(site, plan)?;
        check_macs(site, plan)?;
    }
    if plan.clone {
        return Ok(());
    }
    let notes = site.hidden(plan.target, "parts").cloned().unwrap_or_default();
    let known: Vec<&str> = notes
        .all("disk")
        .filter(|it| it.id().is_some_and(|id| site.top("disks", id).is_some()))
        .filter_map(|it| it.text_at("alias"))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "{doing}. The following disks already exist: {}. Please import as a clone.",
        known.join(", ")
    )))
}

fn check_identity(site: &Site, plan: &Plan, center: Option<Handle>) -> Result<(), Fault> {
    let known = site.top(plan.kind(), site.id(plan.target)).filter(|_| !plan.clone);
    if let Some(known) = known {
        let name = site.name(known);
        return Err(Fault::conflict(if plan.is_vm {
            format!(
                "Import VM failed - VM ID already exists in the system. Please remove the VM ({name}) from the system first"
            )
        } else {
            format!(
                "Cannot import Template. Template or VM with the same ID already exists in the system. Please remove the Template or VM ({name}) from the system first"
            )
        }));
    }
    let near = |it: Handle| {
        let cluster = site.refers(it, "cluster", "clusters");
        cluster.and_then(|it| common::data_center_of(site, it)) == center
    };
    if common::taken(site, plan.kind(), &plan.name, None, near) {
        return Err(Fault::conflict(if plan.is_vm {
            "Import VM failed - VM Name already exists in the Data Center. Please rename the VM in the Data Center first"
        } else {
            "Import Template failed - Template Name already exists in the system. Please rename the Template in the system first"
        }));
    }
    Ok(())
}

fn check_template(site: &Site, plan: &Plan) -> Result<(), Fault> {
    let template = site.reference(plan.target, "template").unwrap_or(ZERO);
    if plan.clone || site.top("templates", template).is_some() {
        return Ok(());
    }
    Err(Fault::bad("Cannot import VM. The relevant Template doesn't exist."))
}

fn check_macs(site: &Site, plan: &Plan) -> Result<(), Fault> {
    if plan.reassign || plan.clone {
        return Ok(());
    }
    let notes = site.hidden(plan.target, "parts").cloned().unwrap_or_default();
    let used: Vec<&str> = notes
        .all("nic")
        .filter_map(|it| it.text_at("mac/address"))
        .filter(|mac| is_taken(site, plan, mac))
        .collect();
    if used.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!("MAC Address is already in use: {}.", used.join(", "))))
}

/// Whether another machine has an address of the pool that the machine will use.
fn is_taken(site: &Site, plan: &Plan, mac: &str) -> bool {
    let pool = mac_pool::of_cluster(site, plan.cluster);
    pool.is_some_and(|pool| mac_pool::is_used(site, pool, mac, None).is_some())
}

/// Makes a machine or template of what lies on storage.
fn unpack(site: &mut Site, call: &Call, plan: &Plan) -> Result<Handle, Fault> {
    let source = site.parent(plan.target).ok_or_else(Fault::nowhere)?;
    let domain = plan.domain.unwrap_or(source);
    let mut body = site.body(plan.target).clone();
    tree::set(&mut body, "name", plan.name.clone());
    tree::refer(&mut body, "cluster", site.id(plan.cluster));
    for gone in ["cpu_profile", "quota"] {
        tree::drop_child(&mut body, gone);
    }
    if let Some(profile) = site.users("cpu_profiles", "cluster", plan.cluster).first() {
        tree::refer(&mut body, "cpu_profile", site.id(*profile));
    }
    if plan.is_vm && plan.clone {
        tree::refer(&mut body, "template", ZERO);
        tree::refer(&mut body, "original_template", ZERO);
    }
    let id = if plan.clone { site.fresh_id() } else { site.id(plan.target).to_owned() };
    let made = site.add(plan.kind(), None, id, body);
    if plan.is_vm {
        vm::equip(site, made);
    } else if plan.clone {
        let own = site.id(made).to_owned();
        site.edit(made, |body| {
            template::write_version(body, 1, "", &own);
        });
    }
    let notes = site.hidden(plan.target, "parts").cloned().unwrap_or_default();
    for part in notes.children() {
        match part.name() {
            "nic" => add_nic(site, call, plan, made, part)?,
            "disk" => add_disk(site, plan, made, domain, part, &notes),
            _ => {}
        }
    }
    if plan.keeps_snapshots {
        snapshots::unpack(site, made, domain, &notes);
    }
    Ok(made)
}

fn add_nic(
    site: &mut Site,
    call: &Call,
    plan: &Plan,
    made: Handle,
    part: &Element,
) -> Result<(), Fault> {
    let kinds = parts::of(plan.kind());
    let mut body = part.clone();
    let mac = part.text_at("mac/address").unwrap_or_default();
    if plan.is_vm && (plan.clone || is_taken(site, plan, mac)) {
        let mac = mac_pool::draw(site, plan.cluster, "import VM")?;
        tree::set(&mut body, "mac/address", mac);
    }
    map_profile(site, call, &mut body);
    tree::refer(&mut body, kinds.owner, site.id(made));
    let id = part.id().filter(|_| !plan.clone).map(str::to_owned);
    let id = id.unwrap_or_else(|| site.fresh_id());
    site.add(kinds.nics, Some(made), id, body);
    Ok(())
}

/// Gives a NIC the profile that its own is mapped to; one that does not exist here is cleared.
fn map_profile(site: &Site, call: &Call, body: &mut Element) {
    let old = tree::id_at(body, "vnic_profile").unwrap_or_default().to_owned();
    let mappings = call.body.at("registration_configuration/vnic_profile_mappings");
    for mapping in mappings.map(Element::children).unwrap_or_default() {
        if is_from(mapping, body, &old) {
            match tree::id_at(mapping, "to") {
                Some(to) => tree::refer(body, "vnic_profile", to),
                None => drop(tree::take(body, "vnic_profile")),
            }
            return;
        }
    }
    match site.top("vnic_profiles", &old) {
        Some(_) => tree::refer(body, "vnic_profile", old),
        None => drop(tree::take(body, "vnic_profile")),
    }
}

/// Whether a mapping is that of a NIC's profile, which it names by id or as the NIC's owner does.
fn is_from(mapping: &Element, nic: &Element, old: &str) -> bool {
    let is_same = |path: &str| {
        let wanted = mapping.text_at(&format!("from/{path}"));
        wanted.is_some() && wanted == nic.text_at(&format!("vnic_profile/{path}"))
    };
    tree::id_at(mapping, "from") == Some(old) || (is_same("name") && is_same("network/name"))
}

fn add_disk(
    site: &mut Site,
    plan: &Plan,
    made: Handle,
    domain: Handle,
    part: &Element,
    notes: &Element,
) {
    let kinds = parts::of(plan.kind());
    let old = part.id().unwrap_or_default();
    let mut body = part.clone();
    parts::settle(site, &mut body, domain);
    let id = if plan.clone { site.fresh_id() } else { old.to_owned() };
    if id != old {
        let image = site.fresh_id();
        tree::set(&mut body, "image_id", image);
        site.volumes.copy(old, &id);
    }
    site.add("disks", None, id.clone(), body);
    let like = notes.all("disk_attachment").find(|it| it.id() == Some(old));
    let mut body = like.cloned().unwrap_or_else(|| Element::new("disk_attachment"));
    tree::refer(&mut body, "disk", id.clone());
    tree::refer(&mut body, kinds.owner, site.id(made));
    site.add(kinds.attachments, Some(made), id, body);
}

/// Deletes what lies on a storage domain, with its data.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let domain = site.parent(target).ok_or_else(Fault::nowhere)?;
    let what = if site.kind(target) == KINDS[0] { "remove VM" } else { "remove Template" };
    disk::check_active(site, domain, what)?;
    parts::drop_data(site, target);
    site.store.remove(target);
    Ok(())
}

/// Begins to write a machine or template onto an export domain.
pub fn begin_export(
    site: &mut Site,
    call: &Call,
    source: Handle,
    domain: Handle,
) -> Result<(), Fault> {
    let is_vm = site.kind(source) == "vms";
    let kind = KINDS[usize::from(!is_vm)];
    let known = site.store.find(kind, Some(domain), site.id(source)).is_some();
    if known && call.flag("exclusive") != Some(true) {
        let what = if is_vm { "VM" } else { "Template" };
        return Err(Fault::conflict(format!(
            "Cannot export {what}. {what} already exists in the target Storage Domain."
        )));
    }
    site.hide(source, Element::link("export", site.id(domain)));
    site.later(durations::EXPORT, source, |site, source, failed| {
        let domain = site.unhide(source, "export");
        let domain = domain.and_then(|it| site.top("storage_domains", it.id()?));
        if let (Some(domain), false) = (domain, failed) {
            export(site, source, domain);
        }
    });
    Ok(())
}

/// Writes a machine or template onto an export domain; what was there of it is replaced.
fn export(site: &mut Site, source: Handle, domain: Handle) {
    let (mut body, notes) = parts::pack(site, source);
    let is_vm = site.kind(source) == "vms";
    tree::set(&mut body, "status", if is_vm { "down" } else { "ok" });
    let (kind, id) = (KINDS[usize::from(!is_vm)], site.id(source).to_owned());
    if let Some(old) = site.store.find(kind, Some(domain), &id) {
        site.store.remove(old);
    }
    parts::lay(site, domain, kind, id, body, notes);
}
