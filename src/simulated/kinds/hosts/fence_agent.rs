//! Fence agents: how the engine gets at the power of a host.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about fence agents.
pub const RULES: Rules = Rules::of("fence_agents").add(add).update(update).remove(remove);

/// The types that clusters of all levels know.
const TYPES: &[&str] = &[
    "amt_ws",
    "apc",
    "apc_snmp",
    "bladecenter",
    "cisco_ucs",
    "drac5",
    "drac7",
    "eps",
    "hpblade",
    "ilo",
    "ilo2",
    "ilo3",
    "ilo4",
    "ilo_ssh",
    "ipmilan",
    "redfish",
    "rsa",
    "rsb",
    "wti",
];

const MANDATORY: &[&str] = &["address", "order", "password", "type", "username"];

/// Adds an agent; this does not turn power management on.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let given = |name: &&&str| call.text(name).is_some_and(|it| !it.is_empty());
    let missing: Vec<&str> = MANDATORY.iter().filter(|it| !given(it)).copied().collect();
    if !missing.is_empty() {
        return Err(Fault::incomplete("Agent", &missing.join(", "), "add"));
    }
    check(&call.body, "add")?;
    let mut body = generic::draft(site, call);
    prepare(&mut body);
    tree::refer(&mut body, "host", site.id(call.owner()?));
    Ok(generic::put(site, call, None, body))
}

fn check(body: &Element, action: &str) -> Result<(), Fault> {
    if body.text_at("type").is_some_and(|it| !TYPES.contains(&it)) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Fence Agent. Selected Power Management Agent is not supported."
        )));
    }
    if tree::number(body, "port").is_some_and(|port| !(1..=65_535).contains(&port)) {
        return Err(Fault::bad(
            "Cannot add/modify Power Management Agent. Power Management Agent port value must be numeric between 1 and 65535.",
        ));
    }
    Ok(())
}

/// The way into the agent is not told again.
fn prepare(body: &mut Element) {
    tree::drop_child(body, "password");
    tree::default(body, "encrypt_options", "false");
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check(&call.body, "edit")?;
    generic::update(site, call, target)?;
    site.edit(target, prepare);
    Ok(())
}

/// Removes an agent that is not the last one of a host whose power is managed.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let host = site.parent(target).ok_or_else(Fault::nowhere)?;
    let managed = site.text(host, "power_management/enabled") == "true";
    if managed && site.store.children(host, "fence_agents").count() == 1 {
        return Err(Fault::bad(
            "Cannot Remove last Fence-Agent when Power Management is enabled for the Host.",
        ));
    }
    generic::remove(site, call, target)
}
