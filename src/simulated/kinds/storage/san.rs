//! The storage arrays of the site, and what its hosts see of them.
//!
//! Each address has two iSCSI targets with four LUNs each; hosts see them once they have logged
//! in. Some LUNs more come over Fibre Channel, to all hosts alike. What a host sees are objects of
//! its own, so that they are listed, shown and kept like everything else.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{connection, disk, unregistered};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the LUNs that hosts see.
pub const RULES: Rules = Rules::of(KIND).shown(shown);

const KIND: &str = "host_storage";
const GIB: u64 = 1 << 30;
const LUNS: u64 = 4;
const TARGETS: [&str; 2] = ["data1", "data2"];

/// Lets a host see the LUNs on Fibre Channel.
pub fn zone(site: &mut Site, host: Handle) {
    for number in 0..LUNS {
        show_unit(site, host, "fcp", number, Element::new("logical_unit"), "fabric");
    }
}

fn required(call: &Call, what: &str, action: &str) -> Result<String, Fault> {
    let text = call.text(&format!("iscsi/{what}")).filter(|it| !it.is_empty());
    let missing = || Fault::incomplete("Action", &format!("iscsi.{what}"), action);
    text.map(str::to_owned).ok_or_else(missing)
}

fn check_up(site: &Site, host: Handle) -> Result<(), Fault> {
    if site.status(host) == "up" { Ok(()) } else { Err(connection::host_not_up()) }
}

fn targets(address: &str) -> impl Iterator<Item = String> {
    TARGETS.iter().map(move |it| format!("iqn.2003-01.org.linux-iscsi.{address}:{it}"))
}

/// Finds the targets at an address.
pub fn discover(site: &mut Site, call: &Call, host: Handle) -> Result<Vec<Element>, Fault> {
    let address = required(call, "address", "discoverIscsi")?;
    check_up(site, host)?;
    let port = call.text("iscsi/port").unwrap_or("3260").to_owned();
    let mut found = Element::new("discovered_targets");
    for target in targets(&address) {
        let mut details = Element::new("iscsi_details");
        tree::set(&mut details, "address", address.clone());
        tree::set(&mut details, "port", port.clone());
        tree::set(&mut details, "portal", format!("{address}:{port},1"));
        tree::set(&mut details, "target", target);
        found.push(details);
    }
    Ok(vec![found])
}

/// Finds the names of the targets at an address.
pub fn discover_names(site: &mut Site, call: &Call, host: Handle) -> Result<Vec<Element>, Fault> {
    let address = required(call, "address", "iscsiDiscover")?;
    check_up(site, host)?;
    let mut found = Element::new("iscsi_targets");
    for target in targets(&address) {
        found.push(Element::leaf("iscsi_target", target));
    }
    Ok(vec![found])
}

/// Lets a host see the LUNs of a target.
pub fn login(site: &mut Site, call: &Call, host: Handle) -> Result<Vec<Element>, Fault> {
    let address = required(call, "address", "iscsiLogin")?;
    let target = required(call, "target", "iscsiLogin")?;
    check_up(site, host)?;
    if !target.starts_with("iqn.") && !target.starts_with("eui.") {
        return Err(Fault::bad("Failed to login to iSCSI node due to authorization failure"));
    }
    let port = call.text("iscsi/port").unwrap_or("3260").to_owned();
    for number in 0..LUNS {
        let mut unit = Element::new("logical_unit");
        for (name, value) in [("address", &address), ("port", &port), ("target", &target)] {
            tree::set(&mut unit, name, value);
        }
        tree::set(&mut unit, "portal", format!("{address}:{port},1"));
        show_unit(site, host, "iscsi", number, unit, &target);
    }
    Ok(Vec::new())
}

/// Lets a host see a LUN, whose id is that of its place in the world.
fn show_unit(
    site: &mut Site,
    host: Handle,
    technology: &str,
    number: u64,
    mut unit: Element,
    target: &str,
) {
    let hash = blake3::hash(format!("{target}/{number}").as_bytes()).to_hex();
    let id = format!("36001405{}", hash.get(..25).unwrap_or_default());
    if site.store.find(KIND, Some(host), &id).is_some() {
        return;
    }
    for (name, value) in [
        ("lun_mapping", number.to_string()),
        ("paths", "1".to_owned()),
        ("active_paths", "1".to_owned()),
        ("product_id", format!("lun{number}")),
        ("vendor_id", "LIO-ORG".to_owned()),
        ("serial", format!("SLIO-ORG_lun{number}_{}", hash.get(..8).unwrap_or_default())),
        ("size", ((number + 1) * 100 * GIB).to_string()),
        ("discard_max_size", "8388608".to_owned()),
        ("discard_zeroes_data", "false".to_owned()),
    ] {
        tree::set(&mut unit, name, value);
    }
    unit.set_attribute("id", id.clone());
    let mut body = Element::new("host_storage");
    tree::set(&mut body, "type", technology);
    body.push(Element::new("logical_units").with(unit));
    tree::refer(&mut body, "host", site.id(host));
    site.add(KIND, Some(host), id, body);
}

/// A LUN as a host sees it.
pub fn visible(site: &Site, host: Handle, lun: &str) -> Option<Handle> {
    site.store.find(KIND, Some(host), lun)
}

/// A LUN as any host sees it.
pub fn find(site: &Site, lun: &str) -> Option<Handle> {
    site.store.all("hosts").find_map(|host| visible(site, host, lun))
}

/// What is known of a LUN.
pub fn unit(site: &Site, seen: Handle) -> Option<Element> {
    site.body(seen).child("logical_units")?.children().first().cloned()
}

/// The storage domain that lies on a LUN.
pub fn domain_of(site: &Site, lun: &str) -> Option<Handle> {
    use crate::simulated::kinds::storage_domain::luns;
    site.store.all("storage_domains").find(|it| luns(site, *it).contains(&lun))
}

/// Shows who uses a LUN.
fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let lun = site.id(handle);
    let Some(units) = element.children_mut().iter_mut().find(|it| it.name() == "logical_units")
    else {
        return;
    };
    let Some(unit) = units.children_mut().first_mut() else { return };
    let domain = domain_of(site, lun);
    let user = disk::users_of_lun(site, lun);
    let free = domain.is_none() && user.is_empty() && !unregistered::lies_on(site, lun);
    tree::set(unit, "status", if free { "free" } else { "used" });
    if let Some(domain) = domain {
        tree::set(unit, "storage_domain_id", site.id(domain));
        if let Some(group) = tree::id_at(site.body(domain), "storage/volume_group") {
            tree::set(unit, "volume_group_id", group);
        }
    }
    if let Some(user) = user.first() {
        tree::set(unit, "disk_id", site.id(*user));
    }
}

/// The domains on the LUNs that a host sees which the engine does not know.
pub fn discover_domains(
    site: &mut Site,
    _call: &Call,
    host: Handle,
) -> Result<Vec<Element>, Fault> {
    check_up(site, host)?;
    let seen = site.children(host, KIND);
    let seen: Vec<&str> = seen.iter().map(|it| site.id(*it)).collect();
    let mut found = Element::new("storage_domains");
    for lost in unregistered::on_blocks(site, &seen) {
        found.push(lost);
    }
    Ok(vec![found])
}
