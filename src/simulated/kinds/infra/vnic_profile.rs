//! vNIC profiles.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::infra::qos;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic, network, nic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about vNIC profiles.
pub const RULES: Rules = Rules::of("vnic_profiles").add(add).update(update).remove(remove);

/// The network filter that a profile gets when none is named.
pub const NO_MAC_SPOOFING: &str = "d2370ab4-fee3-11e9-a310-8c1645ce738e";
const WHAT: &str = "VM network interface profile";

/// Adds a profile to a network for machines.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "vnic_profile")?.to_owned();
    let mut body = generic::draft(site, call);
    let wanted =
        tree::id_at(&body, "network").ok_or_else(|| Fault::mandatory("vnic_profile.network.id"))?;
    let owner = site
        .top("networks", wanted)
        .ok_or_else(|| Fault::bad("The specified Logical Network doesn't exist."))?;
    if !network::is_for_vms(site, owner) {
        return Err(Fault::bad(format!(
            "Cannot add {WHAT}. VM network interface profiles cannot be added to a non-VM network. Please make sure the network is a VM network."
        )));
    }
    check_name(site, &name, owner, None, "add")?;
    prepare(&mut body, call.body.child("network_filter").is_none());
    check(site, &body, owner, None, "add")?;
    Ok(generic::put(site, call, None, body))
}

fn check_name(
    site: &Site,
    name: &str,
    owner: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let id = site.id(owner);
    let inside = |it: Handle| site.reference(it, "network") == Some(id) && site.name(it) == name;
    if common::taken(site, "vnic_profiles", name, except, inside) {
        return Err(Fault::conflict(format!(
            "Cannot {action} {WHAT}. The VM network interface profile's name is already used by an existing profile for the same network.\n-Please choose a different name."
        )));
    }
    Ok(())
}

/// Checks a profile as it would be.
fn check(
    site: &Site,
    body: &Element,
    owner: Handle,
    itself: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    check_pass_through(body, action)?;
    check_failover(site, body, itself, action)?;
    let bad = |text: &str| Err(Fault::bad(format!("Cannot {action} {WHAT}. {text}")));
    if passes_through(body) && site.text(owner, "port_isolation") == "true" {
        return bad(
            "Networks with Port Isolation enabled are not supported on passthrough profiles.",
        );
    }
    let mirrors = tree::flag(body, "port_mirroring") == Some(true);
    if mirrors && site.body(owner).child("external_provider").is_some() {
        return bad("External network cannot be used when port mirroring is set.");
    }
    if let Some(filter) = tree::id_at(body, "network_filter")
        && site.top("network_filters", filter).is_none()
    {
        let name = body.text_at("name").unwrap_or_default();
        return bad(&format!("vNIC profile '{name}' has an invalid network filter id '{filter}'."));
    }
    qos::check(site, body, "network", &format!("{action} {WHAT}"))
}

/// A migratable device may fail over to a profile that is none.
fn check_failover(
    site: &Site,
    body: &Element,
    itself: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let Some(id) = tree::id_at(body, "failover") else { return Ok(()) };
    let bad = |text: &str| Err(Fault::bad(format!("Cannot {action} {WHAT}. {text}")));
    if !passes_through(body) || tree::flag(body, "migratable") == Some(false) {
        return bad(
            "Failover vNIC profile is supported only for migratable passthrough vNIC profiles.",
        );
    }
    let found = site.top("vnic_profiles", id);
    if found.is_some() && found == itself {
        return bad("Failover vNIC profile cannot point to itself.");
    }
    let Some(found) = found.filter(|it| !passes_through(site.body(*it))) else {
        return bad("Failover must be valid non-passthrough vNIC profile.");
    };
    let network = site.refers(found, "network", "networks");
    if network.is_some_and(|it| site.body(it).child("external_provider").is_some()) {
        return bad("Failover vNIC profile based on external network is not supported.");
    }
    Ok(())
}

fn passes_through(body: &Element) -> bool {
    body.text_at("pass_through/mode") == Some("enabled")
}

fn check_pass_through(body: &Element, action: &str) -> Result<(), Fault> {
    let has = |name| tree::id_at(body, name).is_some();
    let mirrors = tree::flag(body, "port_mirroring") == Some(true);
    if passes_through(body) && (mirrors || has("qos") || has("network_filter")) {
        return Err(Fault::bad(format!(
            "Cannot {action} {WHAT}. 'Port Mirroring,'Qos' and 'Network Filter' are not supported on passthrough profiles."
        )));
    }
    Ok(())
}

/// What the engine fills in.
pub fn prepare(body: &mut Element, default_filter: bool) {
    tree::default(body, "pass_through/mode", "disabled");
    tree::default(body, "port_mirroring", "false");
    if passes_through(body) {
        tree::default(body, "migratable", "true");
    } else {
        tree::drop_child(body, "migratable");
        if default_filter && tree::id_at(body, "network_filter").is_none() {
            tree::refer(body, "network_filter", NO_MAC_SPOOFING);
        }
    }
}

/// The NICs on a profile.
pub fn users(site: &Site, profile: Handle) -> Vec<Handle> {
    let mut users = site.users("vm_nics", "vnic_profile", profile);
    users.extend(site.users("template_nics", "vnic_profile", profile));
    users
}

/// Updates a profile.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "network") {
        return Err(Fault::bad(format!(
            "Cannot edit {WHAT}. VM network interface profile's network cannot be changed."
        )));
    }
    let failing = site.users("vnic_profiles", "failover", target);
    if !failing.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot edit {WHAT}. Profile is selected as failover for: {}.",
            common::names(site, &failing)
        )));
    }
    let owner = site.refers(target, "network", "networks").ok_or_else(Fault::nowhere)?;
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, owner, Some(target), "edit")?;
    }
    check_use(site, call, target)?;
    let mut trial = site.body(target).clone();
    crate::simulated::merge::merge(&mut trial, &call.body, "vnic_profile", true);
    check(site, &trial, owner, Some(target), "edit")?;
    let before = NOT_LIVE.map(|it| site.body(target).child(it).cloned());
    generic::update(site, call, target)?;
    site.edit(target, |body| prepare(body, false));
    if NOT_LIVE.map(|it| site.body(target).child(it).cloned()) != before {
        lose_sync(site, target);
    }
    Ok(())
}

/// What does not reach NICs that are plugged into machines that run.
const NOT_LIVE: [&str; 2] = ["custom_properties", "network_filter"];

fn lose_sync(site: &mut Site, profile: Handle) {
    let names = nic::lose_sync(site, &[profile]);
    if !names.is_empty() {
        Event::of("VNICS_OUT_OF_SYNC_ON_PROFILE_UPDATE")
            .with("ProfileName", site.name(profile))
            .with("VnicNames", names.join(","))
            .tell(site);
    }
}

/// While machines use a profile, some of it must not change.
fn check_use(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    let users: Vec<Handle> = site.users("vm_nics", "vnic_profile", target);
    let fails_over = common::moves(site, call, target, "failover");
    let changes = differs("port_mirroring") || differs("pass_through/mode") || fails_over;
    if !users.is_empty() && changes {
        return Err(in_use(site, "edit", &users));
    }
    Ok(())
}

fn in_use(site: &Site, action: &str, nics: &[Handle]) -> Fault {
    let mut owners: Vec<Handle> = nics.iter().filter_map(|nic| site.parent(*nic)).collect();
    owners.dedup();
    let what = if site.kind(nics[0]) == "vm_nics" { "virtual machine" } else { "template" };
    let names = common::names(site, &owners);
    if owners.len() > 1 {
        return Fault::conflict(format!(
            "Cannot {action} {WHAT}. This VM network interface profile is used by {what}s ({}): {names}\n - Please detach {what}s using this profile and try again.",
            owners.len(),
        ));
    }
    Fault::conflict(format!(
        "Cannot {action} {WHAT}. This VM network interface profile is used by {what}:  {names}.\n - Please remove it from this {what} and try again."
    ))
}

/// Removes a profile that nothing uses.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let users = users(site, target);
    if !users.is_empty() {
        return Err(in_use(site, "remove", &users));
    }
    generic::remove(site, call, target)
}
