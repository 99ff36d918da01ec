//! What an engine shows without being told: catalogues that its setup brings, and what it computes
//! when it is asked, from the state of the site and the time.
//!
//! The members of computed collections are in no store. They have ids that stay the same, so they
//! can be listed, read one by one and followed like any other.

mod catalog;
mod errata;
mod guest;
mod hardware;
mod options;
mod statistics;

pub use catalog::fill;
pub use guest::{guest, searched};

use super::query::Query;
use super::schema::{SCHEMA, Service};
use super::show;
use super::site::Site;
use super::store::Handle;
use crate::xml::Element;

/// To whom a computed collection belongs.
pub struct Owner<'a> {
    /// The nearest object of the store, if there is one.
    pub object: Option<Handle>,
    /// The computed member in between: a NUMA node, whose statistics are asked for.
    pub member: Option<&'a Member>,
}

/// A member of a computed collection.
#[derive(Clone)]
pub struct Member {
    /// The service of the collection.
    pub service: &'static Service,
    /// What it says, with id and address.
    pub element: Element,
}

/// How the members of a collection are computed.
type Compute = fn(&Site, &Owner<'_>) -> Vec<Element>;

/// The collections whose members are computed.
const COMPUTED: &[(&str, Compute)] = &[
    ("statistics", statistics::of),
    ("host_devices", hardware::devices),
    ("host_numa_nodes", hardware::numa_nodes),
    ("host_hooks", hardware::hooks),
    ("host_cpu_units", hardware::cpu_units),
    ("link_layer_discovery_protocol", hardware::neighbours),
    ("vm_applications", guest::applications),
    ("vm_sessions", guest::sessions),
    ("vm_reported_devices", guest::devices),
    ("system_options", options::all),
    ("katello_errata", errata::of_object),
    ("engine_katello_errata", errata::of_engine),
];

/// The members of a collection, if they are computed.
pub fn members(site: &Site, service: &'static Service, owner: &Owner<'_>) -> Option<Vec<Member>> {
    let (_, compute) = COMPUTED.iter().find(|(name, _)| *name == service.name)?;
    let base = address(site, service, owner);
    let members = compute(site, owner).into_iter().map(|mut element| {
        // Some cannot be asked for one by one, and so have no address.
        let id = element.id().filter(|_| service.member.is_some());
        if let Some(address) = id.map(|id| format!("{base}/{id}")) {
            element.set_attribute("href", address);
        }
        Member { service, element }
    });
    Some(members.collect())
}

/// The address of a computed collection.
fn address(site: &Site, service: &Service, owner: &Owner<'_>) -> String {
    let (base, above) = match (owner.member, owner.object) {
        (Some(member), _) => {
            let address = member.element.attribute("href").unwrap_or_default();
            (address.to_owned(), member.service.member)
        }
        (None, Some(object)) => {
            (show::href(site, object), SCHEMA.service(site.kind(object)).member)
        }
        (None, None) => (show::ROOT.to_owned(), Some("system")),
    };
    let segments = above.map(|above| &SCHEMA.service(above).segments);
    let segment = segments.and_then(|segments| {
        segments.iter().find(|(_, (name, _))| *name == service.name).map(|(segment, _)| *segment)
    });
    format!("{base}/{}", segment.unwrap_or_default())
}

/// Keeps of a member what its own parameters ask for; nothing may be left.
pub fn narrow(member: &mut Member, query: &Query) -> bool {
    match member.service.name {
        "system_options" => options::of_version(&mut member.element, query.get("version")),
        _ => true,
    }
}

/// An id that is always the same for the same words.
fn id_of(words: &[&str]) -> String {
    // Two runs of FNV-1a from different starts make the 128 bits of an id.
    let hash = |start: u64| {
        words
            .iter()
            .flat_map(|word| word.bytes().chain([0]))
            .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4));
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// An element with a name.
fn named(element: &'static str, name: &str) -> Element {
    Element::new(element).with(Element::leaf("name", name))
}
