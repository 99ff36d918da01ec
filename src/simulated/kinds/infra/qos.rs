//! Quality of service: what storage, CPUs, networks of machines and networks of hosts may use.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about QoS.
pub const RULES: Rules = Rules::of("qoss").add(add).update(update).remove(remove);

/// Adds a QoS to a data center.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let name = call.name().ok_or_else(|| Fault::incomplete("QoS", "name", "add"))?.to_owned();
    let mut body = generic::draft(site, call);
    drop_unlimited(&mut body);
    if body.text_at("type").is_none() {
        return Err(Fault::incomplete("QoS", "type", "add"));
    }
    check_name(site, &name, owner, kind_of(&body), None, "add")?;
    check_values(&body, "add")?;
    tree::refer(&mut body, "data_center", site.id(owner));
    Ok(generic::put(site, call, None, body))
}

/// What is -1 has no limit, and is not shown then.
fn drop_unlimited(body: &mut Element) {
    body.children_mut().retain(|limit| limit.text() != "-1");
}

fn kind_of(body: &Element) -> &str {
    body.text_at("type").unwrap_or_default()
}

/// Names are unique among the QoS of a type in a data center.
fn check_name(
    site: &Site,
    name: &str,
    owner: Handle,
    kind: &str,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let same = |it: Handle| site.parent(it) == Some(owner) && site.text(it, "type") == kind;
    if common::taken(site, "qoss", name, except, |it| same(it) && site.name(it) == name) {
        return Err(Fault::bad(format!("Cannot {action} QoS. QoS element name already exists.")));
    }
    Ok(())
}

fn check_values(body: &Element, action: &str) -> Result<(), Fault> {
    let bad = |text: &str| Err(Fault::bad(format!("Cannot {action} QoS.{text}")));
    let negative =
        body.children().iter().any(|it| it.text().parse::<f64>().is_ok_and(|number| number < 0.0));
    if negative {
        return bad(" QoS element cannot have negative values.");
    }
    let number = |path: &str| tree::number(body, path).filter(|it| *it > 0);
    match kind_of(body) {
        "storage" => check_storage(body, action),
        "cpu" => match number("cpu_limit") {
            None => bad(" QoS element has missing values."),
            Some(1..=100) => Ok(()),
            Some(_) => bad(" Values are out of range\n(Legal range is: 1-100)."),
        },
        "network" => ["inbound", "outbound"].iter().try_for_each(|direction| {
            let part = |name: &str| number(&format!("{direction}_{name}"));
            let all = [part("average"), part("peak"), part("burst")];
            let given = all.iter().flatten().count();
            if given != 0 && given != all.len() {
                return bad(" All three values are needed in order to define QoS on each network directions.");
            }
            if all[0].zip(all[1]).is_some_and(|(average, peak)| peak < average) {
                return bad(" Peak cannot be set lower than Average.");
            }
            Ok(())
        }),
        _ => check_host(body, action),
    }
}

fn check_storage(body: &Element, action: &str) -> Result<(), Fault> {
    let number = |path: &str| tree::number(body, path).filter(|it| *it > 0);
    let mut any = false;
    for what in ["throughput", "iops"] {
        let total = number(&format!("max_{what}")).is_some();
        let parts =
            ["read", "write"].iter().any(|it| number(&format!("max_{it}_{what}")).is_some());
        if total && parts {
            return Err(Fault::bad(format!(
                "Cannot {action} QoS.\nQoS have non-zero total value with non-zero read/write for either throughput or IOps or both."
            )));
        }
        any |= total || parts;
    }
    if any {
        return Ok(());
    }
    Err(Fault::bad(format!("Cannot {action} QoS. QoS element has missing values.")))
}

fn check_host(body: &Element, action: &str) -> Result<(), Fault> {
    let number = |name: &str| tree::number(body, &format!("outbound_average_{name}"));
    if number("linkshare").is_none() {
        return Err(Fault::bad(format!(
            "Cannot {action} QoS. Weighted share must be specified to complete QoS configuration."
        )));
    }
    let (upper, real) = (number("upperlimit"), number("realtime"));
    if upper.zip(real).is_some_and(|(upper, real)| upper < real) {
        return Err(Fault::bad(format!(
            "Cannot {action} QoS. If both are provided, rate limit must not be lower than committed rate."
        )));
    }
    Ok(())
}

/// Changes a QoS; hosts whose networks have it follow in the background.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let owner = site.parent(target).ok_or_else(Fault::nowhere)?;
    if call.id_at("data_center").is_some_and(|it| it != site.id(owner)) {
        return Err(Fault::bad("Cannot edit QoS. Cannot change QoS data center."));
    }
    let kind = site.text(target, "type").to_owned();
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, owner, &kind, Some(target), "edit")?;
    }
    let mut after = site.body(target).clone();
    merge::merge(&mut after, &call.body, "qos", true);
    tree::set(&mut after, "type", &kind);
    drop_unlimited(&mut after);
    check_values(&after, "edit")?;
    generic::update(site, call, target)?;
    site.set(target, "type", kind);
    site.edit(target, drop_unlimited);
    let networks = site.users("networks", "qos", target);
    networking::resync(site, &networks);
    Ok(())
}

/// Removes a QoS; who used it has none any more.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let networks = site.users("networks", "qos", target);
    for kind in ["disk_profiles", "cpu_profiles", "vnic_profiles", "networks"] {
        for user in site.users(kind, "qos", target) {
            site.edit(user, |body| tree::drop_child(body, "qos"));
        }
    }
    generic::remove(site, call, target)?;
    networking::resync(site, &networks);
    Ok(())
}

/// Refuses a QoS that is not there, or not of the type that is wanted; `what` is refused then.
pub fn check(site: &Site, body: &Element, kind: &str, what: &str) -> Result<(), Fault> {
    let Some(id) = tree::id_at(body, "qos") else { return Ok(()) };
    let found = site.store.all("qoss").find(|it| site.id(*it) == id);
    if found.is_some_and(|it| site.text(it, "type") == kind) {
        return Ok(());
    }
    Err(Fault::bad(format!("Cannot {what}. QoS element not found.")))
}
