//! MAC pools, and the addresses that NICs get from them.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about MAC pools.
pub const RULES: Rules = Rules::of("mac_pools").add(add).update(update).remove(remove);

/// Adds a pool.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "mac_pool")?;
    if common::taken(site, "mac_pools", name, None, |it| site.name(it) == name) {
        return Err(Fault::conflict(
            "Cannot add MAC Pool. The MAC Pool name is already in use, please choose a unique name and try again.",
        ));
    }
    if call.flag("default_pool") == Some(true) {
        return Err(Fault::bad("Cannot add MAC Pool. Setting default MAC Pool is not supported."));
    }
    let mut body = generic::draft(site, call);
    check_ranges(site, &body, None, "add")?;
    tree::default(&mut body, "allow_duplicates", "false");
    tree::set(&mut body, "default_pool", "false");
    Ok(generic::put(site, call, None, body))
}

/// Updates a pool.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let default = site.text(target, "default_pool") == "true";
    if call.flag("default_pool").is_some_and(|wanted| wanted != default) {
        return Err(Fault::bad("Cannot edit MAC Pool. Setting default MAC Pool is not supported."));
    }
    if let Some(name) = common::new_name(site, call, target)
        && common::taken(site, "mac_pools", name, Some(target), |it| site.name(it) == name)
    {
        return Err(Fault::conflict(
            "Cannot edit MAC Pool. The MAC Pool name is already in use, please choose a unique name and try again.",
        ));
    }
    let strict = call.flag("allow_duplicates") == Some(false);
    let users = site.users("clusters", "mac_pool", target);
    if strict && !repeated(site, &nics(site, &users)).is_empty() {
        return Err(Fault::conflict(
            "Cannot edit MAC Pool. Cannot unset 'Allow Duplicates' when mac pool contains duplicate macs.",
        ));
    }
    if call.body.child("ranges").is_some() {
        check_ranges(site, &call.body, Some(target), "edit")?;
    }
    generic::update(site, call, target)
}

/// Removes a pool that no cluster uses.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.text(target, "default_pool") == "true" {
        return Err(Fault::conflict("Cannot remove MAC Pool. Default MAC Pool cannot be removed."));
    }
    let users = site.users("clusters", "mac_pool", target);
    if !users.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove MAC Pool. Several clusters ({}) are using this MAC Pool:\n{}\n - Please remove it from all clusters that are using it and try again.",
            users.len(),
            common::names(site, &users)
        )));
    }
    generic::remove(site, call, target)
}

fn check_ranges(
    site: &Site,
    body: &Element,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let ranges = ranges(body);
    if ranges.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot {action} MAC Pool. MAC Pool must contain at least one MAC address range."
        )));
    }
    for (at, range) in ranges.iter().enumerate() {
        if ranges[..at].iter().any(|other| overlap(*other, *range)) {
            return Err(Fault::conflict(format!(
                "Cannot {action} MAC Pool. MAC pool cannot contain overlapping ranges."
            )));
        }
    }
    let clashing: Vec<Handle> = site
        .store
        .all("mac_pools")
        .filter(|it| Some(*it) != except)
        .filter(|it| {
            let theirs = self::ranges(site.body(*it));
            theirs.iter().any(|it| ranges.iter().any(|range| overlap(*it, *range)))
        })
        .collect();
    if !clashing.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot {action} MAC Pool. MAC pool cannot contain ranges which overlap with ranges in MAC pools: {}",
            common::names(site, &clashing)
        )));
    }
    Ok(())
}

fn overlap((from, to): (u64, u64), (other_from, other_to): (u64, u64)) -> bool {
    from <= other_to && other_from <= to
}

fn ranges(body: &Element) -> Vec<(u64, u64)> {
    let ranges = body.child("ranges").map(Element::children).unwrap_or_default();
    ranges
        .iter()
        .filter_map(|it| Some((number(it.text_at("from")?)?, number(it.text_at("to")?)?)))
        .collect()
}

fn number(mac: &str) -> Option<u64> {
    u64::from_str_radix(&mac.replace(':', ""), 16).ok()
}

fn text(mac: u64) -> String {
    let bytes: Vec<String> =
        mac.to_be_bytes()[2..].iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

/// The NIC of a machine or a snapshot that has an address of a pool.
pub fn is_used(site: &Site, pool: Handle, mac: &str, except: Option<Handle>) -> Option<Handle> {
    // A snapshot keeps the addresses of the NICs that it would bring back.
    let kept = site.store.referring("snapshot_nics", "mac", mac);
    let own = except.map(|it| site.id(it));
    let others = kept.filter(|it| Some(site.id(*it)) != own);
    let mut all = site.store.referring("vm_nics", "mac", mac).chain(others);
    all.find(|it| Some(*it) != except && pool_of(site, *it) == Some(pool))
}

/// The pool that a NIC's address belongs to.
fn pool_of(site: &Site, nic: Handle) -> Option<Handle> {
    let owner = site.parent(nic)?;
    let vm = if site.kind(owner) == "snapshots" { site.parent(owner)? } else { owner };
    of_cluster(site, site.refers(vm, "cluster", "clusters")?)
}

/// The NICs of the machines of some clusters.
fn nics(site: &Site, clusters: &[Handle]) -> Vec<Handle> {
    let vms = clusters.iter().flat_map(|it| site.users("vms", "cluster", *it));
    vms.flat_map(|vm| site.children(vm, "vm_nics")).collect()
}

/// Addresses that some NICs have in common.
fn repeated(site: &Site, nics: &[Handle]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let mut twice = std::collections::BTreeSet::new();
    for nic in nics {
        let mac = site.text(*nic, "mac/address");
        if !mac.is_empty() && !seen.insert(mac) {
            twice.insert(mac.to_owned());
        }
    }
    twice.into_iter().collect()
}

/// Addresses that clusters bring along must be free in the pool that they change to.
pub fn check_migration(site: &Site, clusters: &[Handle], pool: Handle) -> Result<(), Fault> {
    if site.text(pool, "allow_duplicates") == "true" {
        return Ok(());
    }
    let mut all = site.users("clusters", "mac_pool", pool);
    all.extend(clusters);
    all.sort_unstable();
    all.dedup();
    let twice = repeated(site, &nics(site, &all));
    if twice.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot migrate MACs to another MAC pool, because that action would create duplicates in target MAC pool, which are not allowed. Problematic MACs are {}",
        twice.join(", ")
    )))
}

/// The pool of a cluster.
pub fn of_cluster(site: &Site, cluster: Handle) -> Option<Handle> {
    site.refers(cluster, "mac_pool", "mac_pools")
}

/// Draws a free address from the pool of a cluster.
pub fn draw(site: &mut Site, cluster: Handle, action: &str) -> Result<String, Fault> {
    let empty = || {
        Fault::conflict(format!(
            "Cannot {action}. Not enough MAC addresses left in MAC Address Pool."
        ))
    };
    let pool = of_cluster(site, cluster).ok_or_else(empty)?;
    let ranges = ranges(site.body(pool));
    let total: u64 = ranges.iter().map(|(from, to)| to - from + 1).sum();
    // The last address given is remembered, so that a draw does not search the used ones again.
    let mut at = site.hidden(pool, "next").and_then(|it| it.text().parse().ok()).unwrap_or(0_u64);
    for _ in 0..total {
        let mac = text(pick(&ranges, at % total));
        at += 1;
        if is_used(site, pool, &mac, None).is_none() {
            site.hide(pool, Element::leaf("next", at.to_string()));
            return Ok(mac);
        }
    }
    Err(empty())
}

fn pick(ranges: &[(u64, u64)], mut at: u64) -> u64 {
    for (from, to) in ranges {
        let length = to - from + 1;
        if at < length {
            return from + at;
        }
        at -= length;
    }
    0
}
