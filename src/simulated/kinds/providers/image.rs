//! Providers of images: each has a storage domain of its own.

use super::provider;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{self, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about providers of images.
pub const RULES: Rules =
    Rules::of("openstack_image_providers").add(add).update(update).remove(remove).actions(&[
        ("test_connectivity", provider::test_connectivity),
        ("import_certificates", provider::import_certificates),
    ]);
/// What is special about the images of a provider.
pub const IMAGE_RULES: Rules = Rules::of("openstack_images").actions(&[("import", import)]);

const KIND: &str = "openstack_image_providers";
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
    for name in IMAGES {
        provider::add_child(site, made, "openstack_images", "openstack_image", &[("name", name)]);
    }
    add_domain(site, made);
    Ok(made)
}

/// Adds the storage domain that stands for a provider.
fn add_domain(site: &mut Site, of: Handle) {
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

/// Imports an image as a disk.
fn import(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let mut wanted = call.body.child("storage_domain").cloned().unwrap_or_default();
    call::resolve_one(site, &mut wanted, "storage_domains", "StorageDomain")?;
    let id = wanted.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "doImport"))?;
    if site.top("storage_domains", id).is_none() {
        return Err(Fault::bad("Cannot import Virtual Disk. Storage Domain doesn't exist."));
    }
    let alias = call.text("disk/alias").or(call.text("disk/name")).filter(|it| !it.is_empty());
    let alias = alias.unwrap_or(site.name(target)).to_owned();
    let mut body = Element::new("disk");
    tree::set(&mut body, "provisioned_size", SIZE.to_string());
    tree::set(&mut body, "format", "cow");
    tree::set(&mut body, "sparse", "true");
    let domains = Element::new("storage_domains").with(Element::link("storage_domain", id));
    tree::put(&mut body, domains);
    kinds::disk::prepare(site, &mut body, Some(alias));
    tree::set(&mut body, "status", "locked");
    let disk = site.add_fresh("disks", None, body);
    site.later(durations::DISK, disk, |site, disk, fails| {
        site.set(disk, "status", if fails { "illegal" } else { "ok" });
    });
    Ok(Vec::new())
}
