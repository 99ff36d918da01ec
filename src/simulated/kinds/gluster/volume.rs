//! Volumes of bricks.

use super::brick;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about volumes.
pub const RULES: Rules = Rules::of("gluster_volumes").add(add).remove(remove).actions(&[
    ("start", start),
    ("stop", stop),
    ("rebalance", rebalance),
    ("stop_rebalance", stop_rebalance),
    ("set_option", set_option),
    ("reset_option", reset_option),
    ("reset_all_options", reset_all_options),
    ("start_profile", start_profile),
    ("stop_profile", stop_profile),
    ("get_profile_statistics", profile_statistics),
]);

/// What a volume is busy with.
const TASK: &str = "task";

/// The refusal of something that is done to volumes.
pub fn refused(status: u16, verb: &str, reason: &str) -> Fault {
    Fault::refused(status, format!("Cannot {verb} Gluster Volume. {reason}"))
}

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let cluster = call.owner()?;
    let name = call.name().ok_or_else(|| Fault::mandatory("volume.name"))?;
    check_up_server(site, cluster, "create Gluster Volume")?;
    if site.text(cluster, "gluster_service") != "true" {
        return Err(refused(409, "create", "Cluster does not support Gluster service."));
    }
    let kind = call.text("volume_type").unwrap_or_default();
    if kind.contains("disperse") {
        return Err(refused(400, "create", "Creation of disperse volume is not supported."));
    }
    if site.children(cluster, "gluster_volumes").iter().any(|it| site.name(*it) == name) {
        return Err(refused(409, "create", &format!("Volume name {name} already exists.")));
    }
    let bricks = call.body.child("bricks").map(Element::children).unwrap_or_default();
    let bricks = brick::wanted(site, bricks, cluster, "create Gluster Volume")?;
    check_counts(&call.body, kind, bricks.len())?;
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "bricks");
    for (path, text) in [("replica_count", "0"), ("stripe_count", "0"), ("status", "down")] {
        tree::default(&mut body, path, text);
    }
    if body.child("transport_types").is_none() {
        let tcp = Element::leaf("transport_type", "tcp");
        tree::put(&mut body, Element::new("transport_types").with(tcp));
    }
    tree::refer(&mut body, "cluster", site.id(cluster));
    let made = generic::put(site, call, None, body);
    for wanted in bricks {
        brick::put(site, made, &wanted);
    }
    // Nobody can ask for NFS in the API, and without it the engine sets this, whatever was said.
    put_option(site, made, "nfs.disable", "on");
    Ok(made)
}

/// Some host of the cluster has to be there to do it.
pub fn check_up_server(site: &Site, cluster: Handle, doing: &str) -> Result<(), Fault> {
    let hosts = site.users("hosts", "cluster", cluster);
    if hosts.into_iter().any(|it| site.status(it) == "up") {
        return Ok(());
    }
    let name = site.name(cluster);
    Err(Fault::conflict(format!("Cannot {doing}. No up server found in {name}.")))
}

/// The number of bricks has to fit the copies and stripes of a volume.
fn check_counts(body: &Element, kind: &str, bricks: usize) -> Result<(), Fault> {
    let count =
        |path| tree::number(body, path).and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let (replicas, stripes) = (count("replica_count"), count("stripe_count"));
    let both = stripes.saturating_mul(replicas);
    if kind.contains("replicate") && replicas < 2 {
        return Err(refused(409, "create", "Replica count must be > 2 for a REPLICATED volume."));
    }
    if kind.contains("stripe") && stripes < 4 {
        return Err(refused(400, "create", "Stripe count must be > 4 for a STRIPED volume."));
    }
    let (fits, text) = match kind {
        "replicate" => (
            bricks == replicas,
            "Number of bricks must be equal to the replica count for a REPLICATED volume.",
        ),
        "distributed_replicate" => (
            bricks.is_multiple_of(replicas),
            "Number of bricks must be a multiple of replica count for a DISTRIBUTED REPLICATE volume.",
        ),
        "stripe" => (
            bricks == stripes,
            "Number of bricks must be equal to stripe count for a STRIPE volume.",
        ),
        "distributed_stripe" => (
            bricks.is_multiple_of(stripes),
            "Number of bricks must be a multiple of stripe count for a DISTRIBUTED STRIPE volume.",
        ),
        "striped_replicate" => (
            bricks.is_multiple_of(both),
            "Number of bricks must be multiple of stripe count and replicate count for a STRIPED REPLICATE volume.",
        ),
        "distributed_striped_replicate" => (
            bricks.is_multiple_of(both) && bricks > both,
            "Number of bricks must be a non-trivial multiple of stripe count and replicate count for a DISTRIBUTED STRIPED REPLICATE volume.",
        ),
        _ => (bricks > 0, "Bricks are required."),
    };
    if fits { Ok(()) } else { Err(refused(400, "create", text)) }
}

/// What a volume is busy with, if anything.
pub fn task(site: &Site, volume: Handle) -> Option<&str> {
    site.hidden(volume, TASK).map(|it| it.text())
}

/// Keeps a volume busy, until it is done or somebody stops it.
pub fn begin_task(site: &mut Site, volume: Handle, task: &'static str) {
    site.hide(volume, Element::leaf(TASK, task));
    site.later(durations::GLUSTER_TASK, volume, |site, volume, _| {
        if task_is_over(site, volume) {
            site.unhide(volume, TASK);
        }
    });
}

/// Rebalancing ends by itself; what removes bricks waits to be committed.
fn task_is_over(site: &Site, volume: Handle) -> bool {
    task(site, volume) == Some("rebalance")
}

/// Lets a volume rest.
pub fn end_task(site: &mut Site, volume: Handle) {
    site.unhide(volume, TASK);
}

fn cluster_name(site: &Site, volume: Handle) -> String {
    site.parent(volume).map(|it| site.name(it).to_owned()).unwrap_or_default()
}

fn check_server_of(site: &Site, volume: Handle, doing: &str) -> Result<(), Fault> {
    check_up_server(site, site.parent(volume).ok_or_else(Fault::nowhere)?, doing)
}

fn set_status(site: &mut Site, volume: Handle, status: &str) {
    site.set(volume, "status", status);
    for brick in site.children(volume, "gluster_bricks") {
        site.set(brick, "status", status);
    }
}

fn start(site: &mut Site, call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "start Gluster Volume")?;
    if site.status(volume) == "up" && call.flag("force") != Some(true) {
        let name = site.name(volume);
        return Err(refused(409, "start", &format!("Gluster Volume {name} already started.")));
    }
    set_status(site, volume, "up");
    Ok(Vec::new())
}

fn stop(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "stop Gluster Volume")?;
    let (name, cluster) = (site.name(volume), cluster_name(site, volume));
    if site.status(volume) != "up" {
        return Err(refused(409, "stop", &format!("Gluster Volume {name} already stopped.")));
    }
    let busy = match task(site, volume) {
        Some("rebalance") => Some("Rebalance is"),
        Some(_) => Some("Remove brick operation is"),
        None => None,
    };
    if let Some(busy) = busy {
        let text = format!("{busy} running on the volume {name} in cluster {cluster}.");
        return Err(refused(409, "stop", &text));
    }
    set_status(site, volume, "down");
    Ok(Vec::new())
}

fn remove(site: &mut Site, _call: &Call, volume: Handle) -> Result<(), Fault> {
    check_server_of(site, volume, "remove Gluster Volume")?;
    if site.status(volume) == "up" {
        let name = site.name(volume);
        return Err(refused(409, "remove", &format!("Gluster Volume {name} is up.")));
    }
    site.store.remove(volume);
    Ok(())
}

fn rebalance(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    const VERB: &str = "rebalance";
    check_server_of(site, volume, "rebalance Gluster Volume")?;
    if site.status(volume) != "up" {
        return Err(refused(409, VERB, "Gluster Volume is down."));
    }
    let bricks = site.children(volume, "gluster_bricks").len();
    if !site.text(volume, "volume_type").starts_with("distribute") {
        return Err(refused(400, VERB, "Gluster Volume is not distributed."));
    }
    if bricks == 1 {
        return Err(refused(400, VERB, "Gluster Volume has a single brick."));
    }
    begin_task(site, volume, "rebalance");
    Ok(Vec::new())
}

fn stop_rebalance(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    if task(site, volume) != Some("rebalance") {
        let (name, cluster) = (site.name(volume), cluster_name(site, volume));
        let text = format!("Rebalance is not running on the volume {name} in cluster {cluster}.");
        return Err(refused(409, "stop rebalance", &text));
    }
    end_task(site, volume);
    Ok(Vec::new())
}

fn option_name(call: &Call, method: &str) -> Result<String, Fault> {
    let name = call.text("option/name").filter(|it| !it.is_empty());
    name.map(str::to_owned).ok_or_else(|| Fault::incomplete("Action", "option.name", method))
}

/// Changes the options of a volume.
fn edit_options(site: &mut Site, volume: Handle, change: impl FnOnce(&mut Element)) {
    site.edit(volume, |body| {
        let mut options = body.child("options").cloned().unwrap_or_else(|| Element::new("options"));
        change(&mut options);
        tree::drop_child(body, "options");
        if !options.children().is_empty() {
            body.push(options);
        }
    });
}

fn set_option(site: &mut Site, call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "set Gluster Volume Option")?;
    let name = option_name(call, "setOption")?;
    let value = call.text("option/value").filter(|it| !it.is_empty());
    let missing = || Fault::incomplete("Action", "option.value", "setOption");
    let value = value.ok_or_else(missing)?.to_owned();
    put_option(site, volume, &name, &value);
    Ok(Vec::new())
}

fn put_option(site: &mut Site, volume: Handle, name: &str, value: &str) {
    edit_options(site, volume, |options| {
        options.children_mut().retain(|it| it.text_at("name") != Some(name));
        options.push(
            Element::new("option")
                .with(Element::leaf("name", name))
                .with(Element::leaf("value", value)),
        );
    });
}

fn reset_option(site: &mut Site, call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "reset Gluster Volume Option")?;
    let name = option_name(call, "resetOption")?;
    edit_options(site, volume, |options| {
        options.children_mut().retain(|it| it.text_at("name") != Some(name.as_str()));
    });
    Ok(Vec::new())
}

fn reset_all_options(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    edit_options(site, volume, |options| options.children_mut().clear());
    Ok(Vec::new())
}

fn start_profile(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "start profiling Gluster Volume")?;
    site.hide(volume, Element::new("profile"));
    Ok(Vec::new())
}

fn stop_profile(site: &mut Site, _call: &Call, volume: Handle) -> Result<Vec<Element>, Fault> {
    check_server_of(site, volume, "stop profiling Gluster Volume")?;
    site.unhide(volume, "profile");
    Ok(Vec::new())
}

/// What was measured of each brick, while that is wanted.
fn profile_statistics(
    site: &mut Site,
    _call: &Call,
    volume: Handle,
) -> Result<Vec<Element>, Fault> {
    let mut list = Element::new("brick_profile_details");
    if site.hidden(volume, "profile").is_some() {
        for brick in site.children(volume, "gluster_bricks") {
            let measured = Element::new("profile_detail")
                .with(Element::leaf("duration", site.now.as_secs().to_string()))
                .with(Element::leaf("profile_type", "cumulative"));
            list.push(
                Element::new("brick_profile_detail")
                    .with(Element::new("profile_details").with(measured))
                    .with(Element::link("brick", site.id(brick))),
            );
        }
    }
    let name = Element::leaf("name", site.name(volume));
    Ok(vec![Element::new("details").with(name).with(list)])
}
