//! Templates and their versions.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{attachment, disk, generic, nic, vm};
use crate::simulated::merge;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about templates.
pub const RULES: Rules = Rules::of("templates")
    .add(add)
    .update(update)
    .remove(remove)
    .shown(|_, _, view, element| shown(view, element))
    .by_name(&[("cluster", "clusters", "Cluster"), ("vm", "vms", "VM")]);

/// Makes a template of a machine that is down.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("Template", what, "add");
    let name = call.name().ok_or_else(|| incomplete("name"))?.to_owned();
    let source = call.id_at("vm").ok_or_else(|| incomplete("vm.id|name"))?;
    let source = site
        .top("vms", source)
        .ok_or_else(|| Fault::bad("Cannot add Template. VM is not found."))?;
    if site.status(source) != "down" {
        return Err(Fault::conflict(
            "Cannot add Template. VM is locked or still running, try again once VM is in the Down state.",
        ));
    }
    let base = call.id_at("version/base_template").and_then(|id| site.top("templates", id));
    if base.is_none() {
        check_name(site, &name, source, None, "add")?;
    }
    let body = draft(site, call, source, base)?;
    let made = generic::put(site, call, None, body);
    site.set(source, "status", "image_locked");
    copy_parts(site, call, source, made);
    site.hide(made, Element::leaf("source", site.id(source)));
    site.later(durations::TEMPLATE, made, created);
    site.edit(made, |_| ());
    Ok(made)
}

fn check_name(
    site: &Site,
    name: &str,
    near: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let center = |it: Handle| {
        let cluster = site.refers(it, "cluster", "clusters");
        cluster.and_then(|it| site.reference(it, "data_center"))
    };
    let here = center(near);
    let base = except.and_then(|it| tree::id_at(site.body(it), "version/base_template"));
    let inside = |it: Handle| {
        let other = tree::id_at(site.body(it), "version/base_template");
        center(it) == here && (base.is_none() || other != base)
    };
    if common::taken(site, "templates", name, except, |it| inside(it) && site.name(it) == name) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Template. The Template name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

fn draft(
    site: &mut Site,
    call: &Call,
    source: Handle,
    base: Option<Handle>,
) -> Result<Element, Fault> {
    let mut body = site.body(source).clone();
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
    Ok(template)
}

/// All versions of a base template.
fn versions(site: &Site, base: &str) -> Vec<Handle> {
    let of = |it: &Handle| tree::id_at(site.body(*it), "version/base_template") == Some(base);
    site.store.all("templates").filter(of).collect()
}

fn number(site: &Site, template: Handle) -> i64 {
    tree::number(site.body(template), "version/version_number").unwrap_or(1)
}

/// Writes a version.
pub fn write_version(body: &mut Element, number: i64, name: &str, base: &str) {
    let mut version = Element::new("version");
    if !name.is_empty() {
        version.push(Element::leaf("version_name", name));
    }
    version.push(Element::leaf("version_number", number.to_string()));
    version.push(Element::link("base_template", base));
    tree::put(body, version);
}

fn copy_parts(site: &mut Site, call: &Call, source: Handle, made: Handle) {
    if site.body(made).child("version").is_none() {
        let id = site.id(made).to_owned();
        site.edit(made, |body| write_version(body, 1, "", &id));
    }
    let storage = call.id_at("storage_domain").and_then(|id| site.top("storage_domains", id));
    let wanted = call.body.at("vm/disk_attachments").map(Element::children).unwrap_or_default();
    for from in site.children(source, disk::ATTACHMENTS[0]) {
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
    for from in site.children(source, "vm_nics") {
        let mut body = site.body(from).clone();
        tree::drop_child(&mut body, "mac");
        tree::drop_child(&mut body, "vm");
        nic::prepare(&mut body);
        tree::refer(&mut body, "template", site.id(made));
        site.add_fresh("template_nics", Some(made), body);
    }
}

/// Attaches a disk to a template, like another attachment if one is given.
pub fn attach(site: &mut Site, template: Handle, copied: Handle, like: Option<Handle>) {
    let mut body = Element::new("disk_attachment");
    for name in ["bootable", "interface", "pass_discard", "read_only"] {
        let text = like.map_or("", |it| site.text(it, name)).to_owned();
        if !text.is_empty() {
            tree::set(&mut body, name, text);
        }
    }
    tree::set(&mut body, "active", "true");
    tree::default(&mut body, "interface", "virtio_scsi");
    attachment::prepare(&mut body);
    let id = site.id(copied).to_owned();
    tree::refer(&mut body, "disk", id.clone());
    tree::refer(&mut body, "template", site.id(template));
    site.add(disk::ATTACHMENTS[1], Some(template), id, body);
}

fn created(site: &mut Site, template: Handle, failed: bool) {
    let source = site.unhide(template, "source").map(|it| it.text().to_owned());
    if let Some(source) = source.and_then(|id| site.top("vms", &id)) {
        site.set(source, "status", "down");
    }
    site.set(template, "status", if failed { "illegal" } else { "ok" });
    if failed {
        let name = site.name(template).to_owned();
        let text = format!("Failed to complete creation of Template {name}.");
        journal::event(site, "error", 57, text, &[("template", template)]);
    }
}

/// Updates a template; only machines made later are affected.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.status(target) == "locked" {
        return Err(Fault::conflict("Template is currently locked (temporarily)."));
    }
    if let Some(name) = common::new_name(site, call, target) {
        if number(site, target) > 1 {
            return Err(Fault::bad(
                "Cannot update the name of Sub-Templates, Only the Version name can be updated.",
            ));
        }
        check_name(site, name, target, Some(target), "edit")?;
    }
    let version = site.body(target).child("version").cloned();
    let version_name = call.text("version/version_name").map(str::to_owned);
    let renamed = common::new_name(site, call, target).map(str::to_owned);
    let mut sent = call.body.clone();
    for gone in ["version", "vm", "storage_domain", "cluster"] {
        tree::drop_child(&mut sent, gone);
    }
    site.edit(target, |body| {
        merge::merge(body, &sent, "template", true);
        if let Some(version) = version {
            tree::put(body, version);
        }
        if let Some(name) = version_name {
            tree::set(body, "version/version_name", name);
        }
    });
    if let Some(name) = renamed {
        let id = site.id(target).to_owned();
        for version in versions(site, &id) {
            site.set(version, "name", name.clone());
        }
    }
    Ok(())
}

/// Removes a template that nothing is based on.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.id(target) == ZERO {
        return Err(Fault::conflict(
            "Cannot remove Template. Removing Blank Template is not allowed.",
        ));
    }
    if site.status(target) == "locked" {
        return Err(Fault::conflict("Template is currently locked (temporarily)."));
    }
    if site.text(target, "delete_protected") == "true" {
        return Err(Fault::conflict(
            "Cannot remove Template. Delete protection is enabled. In order to delete, disable Delete protection first.",
        ));
    }
    let derived = site.users("vms", "template", target);
    if !derived.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot delete Template. Template is being used by the following VMs: {}.",
            common::names(site, &derived)
        )));
    }
    promote(site, target);
    let disks: Vec<Handle> = site
        .children(target, disk::ATTACHMENTS[1])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    if disks.is_empty() {
        site.store.remove(target);
        return Ok(());
    }
    site.set(target, "status", "locked");
    for each in disks {
        site.set(each, "status", "locked");
    }
    site.later(durations::TEMPLATE_REMOVAL, target, removed);
    Ok(())
}

fn removed(site: &mut Site, target: Handle, failed: bool) {
    let disks: Vec<Handle> = site
        .children(target, disk::ATTACHMENTS[1])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    for each in disks {
        if failed {
            site.set(each, "status", "illegal");
        } else {
            site.store.remove(each);
        }
    }
    if failed {
        site.set(target, "status", "illegal");
    } else {
        site.store.remove(target);
    }
}

/// The next version takes the place of a base that goes.
fn promote(site: &mut Site, target: Handle) {
    let id = site.id(target).to_owned();
    let mut others: Vec<Handle> =
        versions(site, &id).into_iter().filter(|it| *it != target).collect();
    others.sort_by_key(|it| number(site, *it));
    let Some(heir) = others.first().copied() else { return };
    let heir_id = site.id(heir).to_owned();
    for version in others {
        site.edit(version, |body| {
            let number = tree::number(body, "version/version_number").unwrap_or(1);
            let name = body.text_at("version/version_name").unwrap_or_default().to_owned();
            write_version(body, number, &name, &heir_id);
        });
    }
}

/// Hides what was not asked for.
pub fn shown(view: &View, element: &mut Element) {
    if !view.all_content {
        vm::hide_gated(element);
    }
}
