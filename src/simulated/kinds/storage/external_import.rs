//! Machines and templates that come from elsewhere: other hypervisors, or files on hosts.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic, template, vm};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about imports of machines.
pub const VM_RULES: Rules = Rules::of("external_vm_imports").add(add_vm).by_name(NAMED);
/// What is special about imports of templates.
pub const TEMPLATE_RULES: Rules =
    Rules::of("external_template_imports").add(add_template).by_name(NAMED);

const NAMED: &[(&str, &str, &str)] = &[
    ("cluster", "clusters", "Cluster"),
    ("storage_domain", "storage_domains", "Storage"),
    ("host", "hosts", "Host"),
];

/// Begins to import a machine; it exists at once and is locked until its disks are converted.
fn add_vm(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("ExternalVmImport", what, "add");
    for what in ["provider", "name", "url"] {
        call.text(what).filter(|it| !it.is_empty()).ok_or_else(|| incomplete(what))?;
    }
    let (cluster, domain) = places(site, call, "ExternalVmImport", "import VM")?;
    let original = call.text("name").unwrap_or_default();
    let name = call.text("vm/name").filter(|it| !it.is_empty()).unwrap_or(original).to_owned();
    let center = common::data_center_of(site, cluster);
    let near = |it: Handle| {
        let cluster = site.refers(it, "cluster", "clusters");
        cluster.and_then(|it| common::data_center_of(site, it)) == center
    };
    if common::taken(site, "vms", &name, None, near) {
        return Err(Fault::conflict(
            "Import VM failed - VM Name already exists in the Data Center. Please rename the VM in the Data Center first",
        ));
    }
    let mut body = Element::new("vm");
    tree::set(&mut body, "name", name.clone());
    describe(&mut body);
    tree::set(&mut body, "status", "image_locked");
    tree::set(&mut body, "creation_time", site.date());
    tree::refer(&mut body, "cluster", site.id(cluster));
    for reference in ["template", "original_template"] {
        tree::refer(&mut body, reference, ZERO);
    }
    if let Some(profile) = site.users("cpu_profiles", "cluster", cluster).first() {
        tree::refer(&mut body, "cpu_profile", site.id(*profile));
    }
    let made = site.add_fresh("vms", None, body);
    vm::equip(site, made);
    let sparse = call.flag("sparse").unwrap_or(true);
    let converted = add_disk(site, domain, &name, sparse)?;
    let id = site.id(converted).to_owned();
    let mut attachment = Element::new("disk_attachment");
    for (path, value) in [
        ("bootable", "true"),
        ("interface", "virtio_scsi"),
        ("active", "true"),
        ("read_only", "false"),
        ("pass_discard", "false"),
        ("uses_scsi_reservation", "false"),
    ] {
        tree::set(&mut attachment, path, value);
    }
    tree::refer(&mut attachment, "disk", id.clone());
    tree::refer(&mut attachment, "vm", site.id(made));
    site.add(disk::ATTACHMENTS[0], Some(made), id, attachment);
    site.later(durations::CONVERSION, made, |site, made, failed| {
        if failed {
            discard(site, made);
        } else {
            site.set(made, "status", "down");
        }
    });
    Ok(note(site, call, "vm", made))
}

/// A machine whose conversion failed goes, with its disks.
fn discard(site: &mut Site, made: Handle) {
    let disks: Vec<Handle> = site
        .children(made, disk::ATTACHMENTS[0])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    site.store.remove(made);
    for each in disks {
        disk::begin_removal(site, each);
    }
}

fn add_template(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let url = call.text("url").unwrap_or_default();
    if url.is_empty() {
        return Err(Fault::incomplete("ExternalTemplateImport", "url", "add"));
    }
    if call.id_at("host").is_none() {
        return Err(Fault::incomplete("ExternalTemplateImport", "host.id|name", "add"));
    }
    if !url.starts_with("ova://") {
        return Err(Fault::bad("Only 'ova://' URLs are supported"));
    }
    let (cluster, domain) = places(site, call, "ExternalTemplateImport", "import Template")?;
    let file = url.rsplit('/').next().unwrap_or_default().trim_end_matches(".ova");
    let name = call.text("template/name").filter(|it| !it.is_empty()).unwrap_or(file).to_owned();
    if common::taken(site, "templates", &name, None, |_| true) {
        return Err(Fault::conflict(
            "Import Template failed - Template Name already exists in the system. Please rename the Template in the system first",
        ));
    }
    let mut body = Element::new("template");
    tree::set(&mut body, "name", name.clone());
    describe(&mut body);
    tree::set(&mut body, "status", "locked");
    tree::set(&mut body, "creation_time", site.date());
    tree::refer(&mut body, "cluster", site.id(cluster));
    let id = site.fresh_id();
    template::write_version(&mut body, 1, "", &id);
    let made = site.add("templates", None, id, body);
    let converted = add_disk(site, domain, &name, true)?;
    template::attach(site, made, converted, None);
    site.later(durations::CONVERSION, made, |site, made, failed| {
        site.set(made, "status", if failed { "illegal" } else { "ok" });
    });
    Ok(note(site, call, "template", made))
}

/// Says what is known of the hardware: there is no description to read it from.
fn describe(body: &mut Element) {
    tree::set(body, "memory", (2_u64 << 30).to_string());
    tree::set(body, "bios/type", "q35_sea_bios");
    vm::fill_defaults(body);
}

/// The cluster and the storage domain that an import goes to.
fn places(site: &Site, call: &Call, sort: &str, what: &str) -> Result<(Handle, Handle), Fault> {
    let incomplete = |path| Fault::incomplete(sort, path, "add");
    let cluster = call.id_at("cluster").ok_or_else(|| incomplete("cluster.id|name"))?;
    let domain = call.id_at("storage_domain").ok_or_else(|| incomplete("storageDomain.id|name"))?;
    let cluster = site.top("clusters", cluster);
    let cluster =
        cluster.ok_or_else(|| Fault::bad(format!("Cannot {what}. Cluster ID is not valid.")))?;
    let domain = site.top("storage_domains", domain);
    let domain = domain
        .ok_or_else(|| Fault::bad(format!("Cannot {what}. Storage Domain doesn't exist.")))?;
    disk::check_active(site, domain, what)?;
    let center = common::data_center_of(site, cluster);
    let proxy = match call.id_at("host").and_then(|id| site.top("hosts", id)) {
        Some(host) => site.status(host) == "up",
        None => center.is_some_and(|it| common::has_up_host(site, it)),
    };
    if !proxy {
        return Err(Fault::conflict(format!(
            "Cannot {what}. No Host in Data Center {} can serve as proxy.",
            center.map_or("", |it| site.name(it))
        )));
    }
    Ok((cluster, domain))
}

fn add_disk(site: &mut Site, domain: Handle, name: &str, sparse: bool) -> Result<Handle, Fault> {
    let mut document = Element::new("disk");
    tree::set(&mut document, "alias", format!("{name}_disk"));
    tree::set(&mut document, "provisioned_size", (10_u64 << 30).to_string());
    tree::set(&mut document, "format", if sparse { "cow" } else { "raw" });
    tree::set(&mut document, "sparse", sparse.to_string());
    let place = site.id(domain).to_owned();
    disk::create(site, &document, Some(place), None)
}

/// What is told of an import: where it went, and what it makes.
fn note(site: &mut Site, call: &Call, made_as: &'static str, made: Handle) -> Handle {
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "password");
    tree::refer(&mut body, made_as, site.id(made));
    generic::put(site, call, None, body)
}
