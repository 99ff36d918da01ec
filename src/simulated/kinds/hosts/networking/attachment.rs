//! Networks on the NICs of hosts, one by one: each call is a small setup of networks that is not
//! saved on the host.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{actions, sync};

/// What is special about network attachments.
pub const RULES: Rules =
    Rules::of("network_attachments").add(add).update(update).remove(remove).shown(shown);

/// The host whose networks a collection holds: that of the path, or that of the NIC in it.
fn host_of(site: &Site, owner: Handle) -> Handle {
    match site.kind(owner) {
        "host_nics" => site.parent(owner).unwrap_or(owner),
        _ => owner,
    }
}

/// Attaches a network.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let host = host_of(site, owner);
    let mut wanted = call.body.clone();
    if owner != host {
        tree::refer(&mut wanted, "host_nic", site.id(owner));
    }
    let named = |it: &Element| it.id().is_some() || it.text_at("name").is_some();
    if !call.body.child("network").is_some_and(named) {
        return Err(Fault::incomplete("NetworkAttachment", "network.id|name", "add"));
    }
    let before = site.children(host, "network_attachments");
    check_new(site, host, &wanted)?;
    let action = list("modified_network_attachments", wanted);
    actions::run(site, host, &action, false, false)?;
    let after = site.children(host, "network_attachments");
    after.into_iter().find(|it| !before.contains(it)).ok_or_else(Fault::nowhere)
}

fn list(name: &'static str, item: Element) -> Element {
    Element::new("action").with(Element::new(name).with(item))
}

/// A network that is on the host already is not attached once more.
fn check_new(site: &Site, host: Handle, wanted: &Element) -> Result<(), Fault> {
    let Some(network) = wanted.child("network") else { return Ok(()) };
    let same = |attachment: &Handle| {
        let Some(known) = site.refers(*attachment, "network", "networks") else { return false };
        network.id() == Some(site.id(known)) || network.text_at("name") == Some(site.name(known))
    };
    match site.children(host, "network_attachments").into_iter().find(same) {
        Some(attachment) => Err(Fault::conflict(format!(
            "Cannot setup Networks. Given network '{}' is already attached to given host '{}'.",
            site.refers(attachment, "network", "networks").map_or("", |it| site.name(it)),
            site.name(host)
        ))),
        None => Ok(()),
    }
}

/// Changes an attachment; `override_configuration` brings it in line with its network.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let host = site.parent(target).ok_or_else(Fault::nowhere)?;
    let id = site.id(target).to_owned();
    let mut wanted = call.body.clone();
    wanted.set_attribute("id", id.clone());
    let mut action = list("modified_network_attachments", wanted);
    if call.query.flag("override_configuration") == Some(true) {
        let same = Element::link("network_attachment", id);
        action.push(Element::new("synchronized_network_attachments").with(same));
    }
    actions::run(site, host, &action, false, false)
}

/// Takes a network off a host.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let host = site.parent(target).ok_or_else(Fault::nowhere)?;
    let gone = Element::link("network_attachment", site.id(target));
    let action = list("removed_network_attachments", gone);
    actions::run(site, host, &action, false, false)
}

fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    tree::set(element, "in_sync", sync::in_sync(site, handle).to_string());
    tree::put(element, sync::report(site, handle));
}
