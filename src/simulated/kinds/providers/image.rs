//! Providers of images: each has a storage domain of its own, and both list the same images.

use super::provider;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic, template};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about providers of images.
pub const RULES: Rules = Rules::of(KIND).add(add).update(update).remove(remove).actions(&[
    ("test_connectivity", provider::test_connectivity),
    ("import_certificates", provider::import_certificates),
]);
/// What is special about the images of a provider.
pub const IMAGE_RULES: Rules = Rules::of(OF_PROVIDER).actions(&[("import", import)]);
/// What is special about the images of its storage domain.
pub const DOMAIN_IMAGE_RULES: Rules = Rules::of(OF_DOMAIN).actions(&[("import", import)]);

const KIND: &str = "openstack_image_providers";
const OF_PROVIDER: &str = "openstack_images";
const OF_DOMAIN: &str = "images";
const WHAT: &str = "import Virtual Disk";
const IMAGES: &[&str] = &["CirrOS 0.6.2 for x86_64", "CentOS Stream 9 Generic Cloud Image"];
const SIZE: u64 = 10 << 30;

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    provider::check(site, call, None, "add")?;
    let tenant = |it: &Element| it.text_at("tenant_name").unwrap_or_default().to_owned();
    let known = |it: Handle| {
        Some(site.text(it, "url")) == call.text("url")
            && tenant(site.body(it)) == tenant(&call.body)
    };
    if site.store.all(KIND).any(known) {
        return Err(Fault::bad(
            "Cannot add provider. A provider with the same provider URL and tenant already exists.",
        ));
    }
    let mut body = generic::draft(site, call);
    provider::prepare(&mut body);
    let made = generic::put(site, call, None, body);
    let domain = add_domain(site, made);
    for name in IMAGES {
        let id = site.fresh_id();
        add_image(site, domain, id, name, SIZE);
    }
    Ok(made)
}

/// Adds the storage domain that stands for a provider.
fn add_domain(site: &mut Site, of: Handle) -> Handle {
    let mut body = Element::new("storage_domain").with(Element::leaf("name", site.name(of)));
    for (path, text) in [
        ("type", "image"),
        ("status", "unattached"),
        ("master", "false"),
        ("storage/type", "glance"),
        ("storage_format", "v1"),
        ("external_status", "ok"),
    ] {
        tree::set(&mut body, path, text);
    }
    let domain = site.add_fresh("storage_domains", None, body);
    let id = site.id(domain).to_owned();
    site.hide(of, Element::link("storage_domain", id));
    domain
}

/// Adds an image to what a provider has: its storage domain lists it too, under the same id.
pub fn add_image(site: &mut Site, domain: Handle, id: String, name: &str, size: u64) {
    let mut body = Element::new("image");
    tree::set(&mut body, "name", name);
    tree::set(&mut body, "type", "disk");
    tree::set(&mut body, "size", size.to_string());
    tree::refer(&mut body, "storage_domain", site.id(domain));
    site.add(OF_DOMAIN, Some(domain), id.clone(), body);
    let of = site.store.all(KIND).find(|it| domain_of(site, *it) == Some(domain));
    if let Some(of) = of {
        let mut body = Element::new("openstack_image").with(Element::leaf("name", name));
        tree::refer(&mut body, "openstack_image_provider", site.id(of));
        site.add(OF_PROVIDER, Some(of), id, body);
    }
}

fn domain_of(site: &Site, of: Handle) -> Option<Handle> {
    site.top("storage_domains", site.hidden(of, "storage_domain")?.id()?)
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    provider::check(site, call, Some(target), "edit")?;
    generic::update(site, call, target)?;
    site.edit(target, provider::prepare);
    Ok(())
}

fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(domain) = domain_of(site, target) {
        site.store.remove(domain);
    }
    site.store.remove(target);
    Ok(())
}

/// Imports an image as a disk, or as a template with that disk.
fn import(site: &mut Site, call: &Call, image: Handle) -> Result<Vec<Element>, Fault> {
    let template = template_of(site, call)?;
    let domain = destination(site, call)?;
    disk::check_active(site, domain, WHAT)?;
    let size = tree::number(site.body(image), "size").map_or(SIZE, i64::unsigned_abs);
    disk::check_room(site, domain, size, WHAT)?;
    let alias = call.text("disk/alias").or(call.text("disk/name")).filter(|it| !it.is_empty());
    let alias = alias.map_or_else(|| short("GlanceDisk", site.id(image)), str::to_owned);
    let mut body = Element::new("disk");
    tree::set(&mut body, "provisioned_size", size.to_string());
    tree::set(&mut body, "format", "cow");
    tree::set(&mut body, "sparse", "true");
    disk::place(site, &mut body, domain);
    disk::prepare(site, &mut body, Some(alias));
    let made = site.add_fresh("disks", None, body);
    if let Some(template) = template {
        site.hide(made, template);
    }
    site.later(durations::DISK, made, imported);
    Ok(Vec::new())
}

/// The storage domain that an image goes to.
fn destination(site: &Site, call: &Call) -> Result<Handle, Fault> {
    let mut wanted = call.body.child("storage_domain").cloned().unwrap_or_default();
    call::resolve_one(site, &mut wanted, "storage_domains", "StorageDomain")?;
    let id = wanted.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "doImport"))?;
    let domain = site.top("storage_domains", id);
    domain.ok_or_else(|| Fault::bad(format!("Cannot {WHAT}. Storage Domain doesn't exist.")))
}

/// The template to be made of an image, with its name and its cluster, if one is wanted.
fn template_of(site: &mut Site, call: &Call) -> Result<Option<Element>, Fault> {
    if call.flag("import_as_template") != Some(true) {
        return Ok(None);
    }
    let mut cluster = call.body.child("cluster").cloned().unwrap_or_default();
    call::resolve_one(site, &mut cluster, "clusters", "Cluster")?;
    let id = cluster.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "cluster.id|name", "doImport"))?;
    let found = site.top("clusters", id);
    let found =
        found.ok_or_else(|| Fault::bad(format!("Cannot {WHAT}. Cluster ID is not valid.")))?;
    let mut wanted = Element::new("template");
    tree::refer(&mut wanted, "cluster", site.id(found));
    let name = call.text("template/name").filter(|it| !it.is_empty()).map(str::to_owned);
    let name = name.unwrap_or_else(|| short("GlanceTemplate", &site.fresh_id()));
    tree::set(&mut wanted, "name", name);
    Ok(Some(wanted))
}

/// What the engine calls something of a provider that nobody gave a name.
fn short(what: &str, id: &str) -> String {
    format!("{what}-{}", id.get(..7).unwrap_or(id))
}

/// The end of an import: a disk that failed is removed again.
fn imported(site: &mut Site, made: Handle, failed: bool) {
    let wanted = site.unhide(made, "template");
    if failed {
        return disk::begin_removal(site, made);
    }
    disk::disengage(site, made, "ok");
    if let Some(wanted) = wanted {
        template::of_disk(site, &wanted, made);
    }
}
