//! iSCSI bonds: the networks over which a data center's hosts reach their targets.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, connection, generic, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about iSCSI bonds; nothing is in the way of their removal.
pub const RULES: Rules = Rules::of(KIND).add(add).update(update);

const KIND: &str = "iscsi_bonds";

/// Adds a bond to a data center.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let center = call.owner()?;
    let name = call.name().ok_or_else(|| Fault::incomplete("IscsiBond", "name", "add"))?;
    check_name(name)?;
    if common::taken(site, KIND, name, None, |it| site.parent(it) == Some(center)) {
        return Err(taken("add"));
    }
    check_members(site, call, center, None, "add")?;
    let mut body = generic::draft(site, call);
    tree::refer(&mut body, "data_center", site.id(center));
    Ok(generic::put(site, call, None, body))
}

fn taken(action: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot {action} iSCSI Bond. iSCSI bond with the same name already exists in the Data Center."
    ))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.chars().count() > 50 {
        return Err(Fault::bad("iSCSI bond name must not exceed 50 characters"));
    }
    if !name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_')) {
        return Err(Fault::bad(
            "iSCSI bond name must be formed from alpha-numeric characters, periods (.), hyphens (-), and underscores (_).",
        ));
    }
    Ok(())
}

fn ids<'a>(body: &'a Element, list: &str) -> Vec<&'a str> {
    let items = body.child(list).map(Element::children).unwrap_or_default();
    items.iter().filter_map(Element::id).collect()
}

/// Checks the networks and connections in a document.
fn check_members(
    site: &Site,
    call: &Call,
    center: Handle,
    bond: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    for id in ids(&call.body, "networks") {
        let network = site.top("networks", id);
        let here = network
            .filter(|it| site.reference(*it, "data_center") == Some(site.id(center)))
            .ok_or_else(|| {
                Fault::bad(format!(
                    "Cannot {action} iSCSI Bond. The specified Logical Network doesn't exist."
                ))
            })?;
        if is_required(site, here) {
            return Err(Fault::bad(format!(
                "Cannot {action} iSCSI Bond. Required network cannot be a part of an iSCSI bond."
            )));
        }
    }
    let known = bond.map(|it| ids(site.body(it), "storage_connections")).unwrap_or_default();
    let strangers: Vec<&str> = ids(&call.body, "storage_connections")
        .into_iter()
        .filter(|id| !known.contains(id) && !fits(site, center, id))
        .collect();
    if strangers.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot {action} iSCSI Bond. The following storage connections {} cannot be added to the specified iSCSI bond. \nPossible reasons:\n- They are not of type iSCSI.\n- Their status is not one of the following: Unknown, Active. Inactive.\n- They already exist in the iSCSI bond.\n- They do not belong to the same Data Center as the specified iSCSI bond.",
        strangers.join(",")
    )))
}

/// Whether some cluster requires a network.
fn is_required(site: &Site, network: Handle) -> bool {
    let id = site.id(network);
    let mut assigned = site.store.all("cluster_networks").filter(|it| site.id(*it) == id);
    assigned.any(|it| site.text(it, "required") == "true")
}

/// Whether a connection leads to a domain of a data center.
fn fits(site: &Site, center: Handle, id: &str) -> bool {
    let Some(found) = site.top(connection::KIND, id) else { return false };
    let here = |domain: Handle| {
        storage_domain::attachment(site, domain).and_then(|it| site.parent(it)) == Some(center)
            && matches!(storage_domain::status(site, domain), "active" | "inactive" | "unknown")
    };
    site.text(found, "type") == "iscsi" && connection::users_of(site, found).into_iter().any(here)
}

/// Updates a bond; its data center stays.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let center = site.parent(target).ok_or_else(Fault::nowhere)?;
    if let Some(name) = common::new_name(site, call, target) {
        check_name(name)?;
        if common::taken(site, KIND, name, Some(target), |it| site.parent(it) == Some(center)) {
            return Err(taken("edit"));
        }
    }
    check_members(site, call, center, Some(target), "edit")?;
    generic::update(site, call, target)?;
    let id = site.id(center).to_owned();
    site.edit(target, |body| tree::refer(body, "data_center", id));
    Ok(())
}
