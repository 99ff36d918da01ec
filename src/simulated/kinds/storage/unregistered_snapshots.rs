//! Snapshots of machines as they lie on storage: whole, with the images and NICs that they keep.

use super::unregistered_parts as parts;
use crate::simulated::places;
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const SNAPSHOTS: &str = "snapshots";
const IMAGES: &str = "disk_snapshots";

/// What is written of a machine's snapshots; a template has none.
pub fn pack(site: &Site, owner: Handle) -> Vec<Element> {
    let snapshots = site.children(owner, SNAPSHOTS).into_iter();
    let regular = snapshots.filter(|it| site.text(*it, "snapshot_type") == "regular");
    let disks = parts::disks_of(site, owner).into_iter();
    let images = disks.flat_map(|it| site.children(it, IMAGES));
    regular.chain(images).map(|it| whole(site, it)).collect()
}

/// All that the engine knows of an object and of what it owns.
fn whole(site: &Site, object: Handle) -> Element {
    let named = |name: &'static str, of: &Element| {
        let mut element = Element::new(name);
        *element.children_mut() = of.children().to_vec();
        element
    };
    let kind = site.kind(object);
    let mut whole = Element::link(kind, site.id(object)).with(named("body", site.body(object)));
    if let Some(hidden) = site.store.get(object).and_then(|it| it.hidden.as_ref()) {
        whole.push(named("notes", hidden));
    }
    for owned in places::owned_by(kind) {
        for child in site.children(object, owned) {
            whole.push(self::whole(site, child));
        }
    }
    whole
}

/// Gives a machine its snapshots back, whose images lie on a domain now.
pub fn unpack(site: &mut Site, vm: Handle, domain: Handle, notes: &Element) {
    for part in notes.children() {
        let disk = part.at("body").and_then(|it| tree::id_at(it, "disk"));
        let owner = match part.name() {
            SNAPSHOTS => Some(vm),
            IMAGES => disk.and_then(|id| site.top("disks", id)),
            _ => None,
        };
        let made = owner.and_then(|owner| revive(site, owner, part));
        if let (Some(image), IMAGES) = (made, part.name()) {
            let link = Element::link("storage_domain", site.id(domain));
            let domains = Element::new("storage_domains").with(link);
            site.edit(image, |body| tree::put(body, domains));
        }
    }
}

fn revive(site: &mut Site, owner: Handle, part: &Element) -> Option<Handle> {
    let kind = SCHEMA.known_service(part.name())?;
    let body = part.child("body").cloned().unwrap_or_default();
    let made = site.add(kind, Some(owner), part.id().unwrap_or_default(), body);
    for note in part.child("notes").map(Element::children).unwrap_or_default() {
        site.hide(made, note.clone());
    }
    for child in part.children() {
        revive(site, made, child);
    }
    Some(made)
}
