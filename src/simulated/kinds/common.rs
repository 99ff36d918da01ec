//! Checks that several kinds make.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// The all-zero id: Blank, the root tag, nothing.
pub const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// Whether another object of a kind has a name, in any case, among those that `within` accepts.
pub fn taken(
    site: &Site,
    kind: &'static str,
    name: &str,
    except: Option<Handle>,
    within: impl Fn(Handle) -> bool,
) -> bool {
    site.store.named(kind, name).any(|it| Some(it) != except && within(it))
}

/// The name in a document that the model insists on.
pub fn name<'a>(call: &'a Call, type_name: &str) -> Result<&'a str, Fault> {
    call.name().ok_or_else(|| Fault::mandatory(&format!("{type_name}.name")))
}

/// The name that an update would give, if it changes it.
pub fn new_name<'a>(site: &Site, call: &'a Call, target: Handle) -> Option<&'a str> {
    call.name().filter(|name| *name != site.name(target))
}

/// Whether an update would change a reference.
pub fn moves(site: &Site, call: &Call, target: Handle, element: &str) -> bool {
    let wanted = call.id_at(element);
    wanted.is_some() && wanted != site.reference(target, element)
}

/// The data center of a cluster.
pub fn data_center_of(site: &Site, cluster: Handle) -> Option<Handle> {
    site.refers(cluster, "data_center", "data_centers")
}

/// Whether a data center has a host that is up.
pub fn has_up_host(site: &Site, data_center: Handle) -> bool {
    up_host(site, data_center).is_some()
}

/// A host of a data center that is up.
pub fn up_host(site: &Site, data_center: Handle) -> Option<Handle> {
    hosts_of(site, data_center).into_iter().find(|host| site.status(*host) == "up")
}

/// The hosts of a data center.
pub fn hosts_of(site: &Site, data_center: Handle) -> Vec<Handle> {
    let clusters = site.users("clusters", "data_center", data_center);
    clusters.into_iter().flat_map(|it| site.users("hosts", "cluster", it)).collect()
}

/// The version at a path, for comparing.
pub fn version(element: &Element, path: &str) -> Option<(i64, i64)> {
    let version = element.at(path)?;
    Some((tree::number(version, "major")?, tree::number(version, "minor")?))
}

/// A version as the API writes it.
pub fn version_element(name: &'static str, (major, minor): (i64, i64)) -> Element {
    Element::new(name)
        .with(Element::leaf("major", major.to_string()))
        .with(Element::leaf("minor", minor.to_string()))
}

/// Names in a list for a text.
pub fn names(site: &Site, objects: &[Handle]) -> String {
    objects.iter().map(|it| site.name(*it)).collect::<Vec<_>>().join(", ")
}

/// A word as a status is written in texts: `PreparingForMaintenance`.
pub fn words(status: &str) -> String {
    status
        .split('_')
        .flat_map(|part| {
            let (head, tail) = part.split_at(part.len().min(1));
            [head.to_uppercase(), tail.to_owned()]
        })
        .collect()
}
