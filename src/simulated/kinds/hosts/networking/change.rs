//! Makes of what is asked the picture that a host's networks would be.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::{cluster_network, network};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

use super::checks;
use super::picture::{Attachment, Nic, Picture};
use super::request::Request;

/// The picture that a request asks for, if the rules allow it.
pub fn picture(request: &Request<'_>) -> Result<Picture, Fault> {
    checks::labels(request)?;
    checks::attachments(request)?;
    checks::removed_attachments(request)?;
    checks::bonds(request)?;
    let picture = apply(request);
    checks::whole(request, &picture)?;
    Ok(picture)
}

fn apply(request: &Request<'_>) -> Picture {
    let mut picture = request.now.clone();
    picture
        .attachments
        .retain(|it| it.handle.is_none_or(|it| !request.removed_attachments.contains(&it)));
    picture.nics.retain(|it| !request.removed_bonds.contains(&it.name));
    for (name, bond) in &request.bonds {
        match picture.nics.iter_mut().find(|it| it.name == *name) {
            Some(nic) => nic.bond = Some(bond.clone()),
            None => picture.nics.push(Nic {
                handle: None,
                name: name.clone(),
                bond: Some(bond.clone()),
                labels: std::collections::BTreeSet::new(),
            }),
        }
    }
    for label in &request.removed_labels {
        unlabel(request.site, &mut picture, label);
    }
    for (label, name) in &request.labels {
        give_label(request, &mut picture, label, name);
    }
    for wish in &request.attachments {
        let old = picture
            .attachments
            .iter()
            .position(|it| it.handle.is_some() && it.handle == wish.known);
        let new = Attachment {
            handle: wish.known,
            network: wish.network,
            nic: wish.nic.clone(),
            body: wish.body.clone(),
            applied: true,
        };
        match old {
            Some(at) => picture.attachments[at] = new,
            None => picture.attachments.push(new),
        }
    }
    for attachment in &mut picture.attachments {
        attachment.applied |=
            attachment.handle.is_some_and(|it| request.synchronized.contains(&it));
    }
    follow_labels(request.site, request.host, &mut picture);
    picture
}

/// A label is on one NIC of a host: it leaves the other, and its networks go along.
fn give_label(request: &Request<'_>, picture: &mut Picture, label: &str, name: &str) {
    for nic in &mut picture.nics {
        match nic.name == name {
            true => drop(nic.labels.insert(label.to_owned())),
            false => drop(nic.labels.remove(label)),
        }
    }
    for attachment in &mut picture.attachments {
        let is_its = network::label(request.site, attachment.network) == Some(label);
        if is_its && attachment.nic != name {
            name.clone_into(&mut attachment.nic);
            attachment.applied = true;
        }
    }
}

/// With a label, the networks go that it brought.
fn unlabel(site: &Site, picture: &mut Picture, label: &str) {
    for nic in &mut picture.nics {
        if nic.labels.remove(label) {
            let name = nic.name.clone();
            picture
                .attachments
                .retain(|it| it.nic != name || network::label(site, it.network) != Some(label));
        }
    }
}

/// Brings the networks of the cluster to the NICs that have their labels.
pub fn follow_labels(site: &Site, host: Handle, picture: &mut Picture) {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    for network in cluster_network::networks(site, cluster) {
        if picture.attachments.iter().any(|it| it.network == network) {
            continue;
        }
        let Some(label) = network::label(site, network) else { continue };
        let nic = picture.nics.iter().find(|it| it.labels.contains(label));
        if let Some(nic) = nic.map(|it| it.name.clone()) {
            picture.attach(network, &nic, Element::new("network_attachment"));
        }
    }
}
