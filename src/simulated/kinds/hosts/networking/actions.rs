//! What can be done with all networks of a host at once.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{cluster_network, host};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

use super::request::Request;
use super::{Picture, change, checks, compliance, nic, saved, sync};

type Done = Result<Vec<Element>, Fault>;

/// Changes the networks of a host, all or nothing.
pub fn setup(site: &mut Site, call: &Call, target: Handle) -> Done {
    let timeout = call.text("connectivity_timeout").and_then(|it| it.parse::<u64>().ok());
    if timeout.is_some_and(|it| it > 120) {
        return Err(Fault::bad(
            "Cannot setup Networks. Connectivity timeout must be between 1 and 120.",
        ));
    }
    let checked = call.flag("check_connectivity") == Some(true);
    let saved = call.flag("commit_on_success") == Some(true);
    run(site, target, &call.body, checked, saved)?;
    Ok(Vec::new())
}

/// Does what a document asks of the networks of a host.
pub fn run(
    site: &mut Site,
    host: Handle,
    body: &Element,
    checked: bool,
    saved: bool,
) -> Result<(), Fault> {
    checks::free(site, host)?;
    let request = Request::read(site, host, body)?;
    let picture = change::picture(&request)?;
    write(site, host, &picture, checked, saved)
}

fn write(
    site: &mut Site,
    host: Handle,
    picture: &Picture,
    checked: bool,
    saved: bool,
) -> Result<(), Fault> {
    let reached = keeps_management(site, host, picture);
    if !reached && checked {
        return Err(Fault::bad("Network error during communication with the Host."));
    }
    if !saved {
        saved::remember(site, host);
    }
    picture.write(site, host);
    if !reached {
        host::lost(site, host);
        return Ok(());
    }
    if saved {
        save(site, host);
        Event::of("NETWORK_COMMINT_NETWORK_CHANGES").about(site, host).tell(site);
    }
    let cluster = site.refers(host, "cluster", "clusters");
    if let Some(cluster) = cluster {
        compliance::comply_soon(site, cluster);
    }
    Ok(())
}

/// Whether the engine still reaches a host whose networks are like a picture.
fn keeps_management(site: &Site, host: Handle, picture: &Picture) -> bool {
    let cluster = site.refers(host, "cluster", "clusters");
    let management = cluster.and_then(|it| cluster_network::management(site, it));
    let on = picture.attachments.iter().find(|it| Some(it.network) == management);
    let Some(used) = on.and_then(|it| picture.nic(&it.nic)) else { return true };
    let up = |name: &str| nic::named(site, host, name).is_some_and(|it| site.status(it) == "up");
    match &used.bond {
        Some(bond) => bond.slaves.iter().any(|it| up(it)),
        None => up(&used.name),
    }
}

fn save(site: &mut Site, host: Handle) {
    site.unhide(host, "saved");
}

/// Saves the networks of a host, so that they outlive its restart.
pub fn commit(site: &mut Site, _call: &Call, target: Handle) -> Done {
    checks::free(site, target)?;
    save(site, target);
    Ok(Vec::new())
}

/// Reads what a host is and has again.
pub fn refresh(site: &mut Site, _call: &Call, target: Handle) -> Done {
    checks::free(site, target).map_err(|_| {
        Fault::conflict(
            "Cannot refresh Host capabilities. Operation can be performed only when Host status is Up, Maintenance or Non operational.",
        )
    })?;
    compliance::comply(site, target);
    Ok(Vec::new())
}

/// Brings all networks of a host in line with what they say, in the background.
pub fn sync_all(site: &mut Site, _call: &Call, target: Handle) -> Done {
    checks::free(site, target)?;
    sync::sync_hosts(site, &[target]);
    Ok(Vec::new())
}

/// Gives a host the networks, bonds and labels of another, NIC by NIC.
pub fn copy(site: &mut Site, call: &Call, target: Handle) -> Done {
    const DOING: &str = "Cannot copy networks to Host.";
    let id = call
        .id_at("source_host")
        .ok_or_else(|| Fault::incomplete("Action", "sourceHost.id", "copyHostNetworks"))?;
    let source =
        site.top("hosts", id).ok_or_else(|| Fault::bad(format!("{DOING} Invalid Host Id.")))?;
    checks::free(site, target)?;
    if site.reference(source, "cluster") != site.reference(target, "cluster") {
        return Err(Fault::bad(format!(
            "{DOING} Source and destination hosts have to be in the same cluster."
        )));
    }
    let physical = |picture: &Picture| picture.nics.iter().filter(|it| it.bond.is_none()).count();
    let (theirs, own) = (Picture::of(site, source), Picture::of(site, target));
    if physical(&theirs) > physical(&own) {
        return Err(Fault::bad(format!(
            "{DOING} Interface count of destination host has to be at least as high as that of the source host."
        )));
    }
    let picture = copied(site, target, theirs, own);
    write(site, target, &picture, true, true)?;
    Ok(Vec::new())
}

/// A host's own NICs with the bonds, labels and networks of another's; the management network
/// stays as it is, and addresses are not copied.
fn copied(site: &Site, host: Handle, theirs: Picture, own: Picture) -> Picture {
    let cluster = site.refers(host, "cluster", "clusters");
    let management = cluster.and_then(|it| cluster_network::management(site, it));
    let mut picture = Picture { nics: Vec::new(), attachments: Vec::new() };
    for mut nic in theirs.nics {
        nic.handle = own.nic(&nic.name).and_then(|it| it.handle);
        if nic.bond.is_some() || nic.handle.is_some() {
            picture.nics.push(nic);
        }
    }
    for nic in own.nics {
        if nic.bond.is_none() && picture.nic(&nic.name).is_none() {
            picture.nics.push(nic);
        }
    }
    let old = |network| own.attachments.iter().find(move |it| it.network == network);
    for mut attachment in theirs.attachments {
        let known = old(attachment.network);
        attachment.handle = known.and_then(|it| it.handle);
        attachment.applied = true;
        if Some(attachment.network) == management {
            attachment.body = known.map_or(attachment.body, |it| it.body.clone());
        } else {
            crate::simulated::tree::drop_child(&mut attachment.body, "ip_address_assignments");
        }
        picture.attachments.push(attachment);
    }
    picture
}
