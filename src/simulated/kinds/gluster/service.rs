//! What Gluster asks of the hosts that serve it, when they rest or leave.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

const STOP: &str = "stop_gluster_service";

/// Whether a volume of the cluster has a brick on a host.
pub fn has_bricks(site: &Site, cluster: Handle, host: Handle) -> bool {
    site.children(cluster, "gluster_volumes")
        .into_iter()
        .any(|volume| bricks(site, volume).any(|it| is_on(site, it, host)))
}

fn bricks(site: &Site, volume: Handle) -> impl Iterator<Item = Handle> {
    site.children(volume, "gluster_bricks").into_iter()
}

fn is_on(site: &Site, brick: Handle, host: Handle) -> bool {
    site.text(brick, "server_id") == site.id(host)
}

/// Refuses the removal of a host whose bricks would be lost, or that nobody could tell the others
/// about.
pub fn check_removal(site: &Site, call: &Call, host: Handle) -> Result<(), Fault> {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return Ok(()) };
    if site.text(cluster, "gluster_service") != "true" {
        return Ok(());
    }
    let hosts = site.users("hosts", "cluster", cluster);
    let has_server = hosts.iter().any(|it| site.status(*it) == "up");
    let forced = call.query.flag("force") == Some(true);
    if has_bricks(site, cluster, host) && (has_server || !forced) {
        return Err(Fault::conflict("Cannot remove Host. Server having Gluster volume."));
    }
    if !has_server && !forced && hosts.len() > 1 {
        let name = site.name(cluster);
        return Err(Fault::conflict(format!("Cannot remove Host. No up server found in {name}.")));
    }
    Ok(())
}

/// Whether Gluster is to be stopped on a host that goes to maintenance; the engine reads that from
/// the query alone.
pub fn is_to_stop(site: &Site, call: &Call) -> Result<bool, Fault> {
    if site.strict && call.flag(STOP).is_some() {
        return Err(Fault::ignored(format!(
            "a real engine takes `{STOP}` from the query, and ignores it silently in the action"
        )));
    }
    Ok(call.query.flag(STOP) == Some(true))
}

/// Refuses to stop Gluster on a host without which volumes lose their quorum.
pub fn check_stop(site: &Site, host: Handle) -> Result<(), Fault> {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return Ok(()) };
    if site.text(cluster, "gluster_service") != "true" {
        return Err(Fault::bad(
            "Cannot maintenance Host. The selected cluster doesn't support stopping gluster services.",
        ));
    }
    let volumes = site.children(cluster, "gluster_volumes").into_iter();
    let lost: Vec<&str> = volumes
        .filter(|it| site.status(*it) == "up" && !keeps_quorum(site, *it, host))
        .map(|it| site.name(it))
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot switch the following Host(s) to Maintenance mode: {}.\nGluster quorum will be lost for the following Volumes: {}.",
        site.name(host),
        lost.join(",")
    )))
}

/// Whether each set of copies has enough bricks left without those of a host.
fn keeps_quorum(site: &Site, volume: Handle, host: Handle) -> bool {
    if !site.text(volume, "volume_type").contains("replicate") {
        return true;
    }
    let copies = site.text(volume, "replica_count").parse().unwrap_or(1_usize).max(1);
    let needed = match option(site, volume, "cluster.quorum-type") {
        Some("fixed") => {
            option(site, volume, "cluster.quorum-count").and_then(|it| it.parse().ok()).unwrap_or(0)
        }
        Some("auto") => copies.div_ceil(2),
        _ => return true,
    };
    let up: Vec<Handle> = bricks(site, volume).collect();
    up.chunks(copies).all(|set| {
        let works = |it: &&Handle| site.status(**it) == "up";
        let (going, staying): (Vec<Handle>, Vec<Handle>) =
            set.iter().filter(works).partition(|it| is_on(site, **it, host));
        going.is_empty() || staying.len() >= needed
    })
}

fn option<'a>(site: &'a Site, volume: Handle, name: &str) -> Option<&'a str> {
    let options = site.body(volume).child("options").map(Element::children).unwrap_or_default();
    options.iter().find(|it| it.text_at("name") == Some(name))?.text_at("value")
}

/// The bricks of a host stop with its Gluster, and start with it where their volumes are up.
pub fn follow(site: &mut Site, host: Handle, runs: bool) {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    for volume in site.children(cluster, "gluster_volumes") {
        let status = if runs { site.status(volume).to_owned() } else { "down".to_owned() };
        let own: Vec<Handle> = bricks(site, volume).filter(|it| is_on(site, *it, host)).collect();
        for brick in own {
            site.set(brick, "status", status.clone());
        }
    }
}
