//! Bricks: folders of hosts that make up volumes.

use super::volume::{self, begin_task, end_task};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about bricks.
pub const RULES: Rules = Rules::of("gluster_bricks")
    .remove(remove)
    .actions(&[("replace", replace)])
    .act_on_many(act_on_many);

/// The task of a volume whose bricks are about to go.
const LEAVING: &str = "remove_brick";
/// The first port of a host that bricks use.
const FIRST_PORT: usize = 49152;

/// A brick that a document describes.
pub struct Wanted {
    server: String,
    folder: String,
    name: String,
}

/// Reads the bricks of a document; `doing` is like `create Gluster Volume`.
pub fn wanted(
    site: &Site,
    bricks: &[Element],
    cluster: Handle,
    doing: &str,
) -> Result<Vec<Wanted>, Fault> {
    if bricks.is_empty() {
        return Err(Fault::bad(format!("Cannot {doing}. Bricks are required.")));
    }
    let mut all: Vec<Wanted> = Vec::new();
    for brick in bricks {
        let (Some(server), Some(folder)) = (brick.text_at("server_id"), brick.text_at("brick_dir"))
        else {
            return Err(Fault::incomplete("GlusterBrick", "serverId, brickDir", "add"));
        };
        let host = site.top("hosts", server);
        let host = host.filter(|it| site.reference(*it, "cluster") == Some(site.id(cluster)));
        let host =
            host.ok_or_else(|| Fault::bad(format!("Cannot {doing}. Invalid server id in brick.")))?;
        let name = format!("{}:{folder}", site.text(host, "address"));
        if all.iter().any(|it| it.name == name) {
            return Err(Fault::conflict(format!(
                "Cannot {doing}. Duplicate entries found for brick {name}."
            )));
        }
        check_free(site, &name, doing)?;
        all.push(Wanted { server: server.to_owned(), folder: folder.to_owned(), name });
    }
    Ok(all)
}

fn check_free(site: &Site, name: &str, doing: &str) -> Result<(), Fault> {
    let Some(used) = site.store.named("gluster_bricks", name).next() else { return Ok(()) };
    let volume = site.parent(used).map(|it| site.name(it)).unwrap_or_default();
    Err(Fault::conflict(format!(
        "Cannot {doing}. Brick {name} is already used by the volume {volume}."
    )))
}

/// Adds a brick to a volume.
pub fn put(site: &mut Site, volume: Handle, wanted: &Wanted) -> Handle {
    let number = site.store.count("gluster_bricks");
    let mut body = Element::new("brick").with(Element::leaf("name", wanted.name.as_str()));
    tree::set(&mut body, "server_id", wanted.server.as_str());
    tree::set(&mut body, "brick_dir", wanted.folder.as_str());
    tree::set(&mut body, "status", site.status(volume));
    tree::set(&mut body, "device", "/dev/mapper/gluster-bricks");
    tree::set(&mut body, "fs_name", "xfs");
    tree::set(&mut body, "mnt_options", "rw,noatime");
    tree::set(&mut body, "pid", (2000 + number).to_string());
    tree::set(&mut body, "port", (FIRST_PORT + number).to_string());
    tree::refer(&mut body, "gluster_volume", site.id(volume));
    site.add_fresh("gluster_bricks", Some(volume), body)
}

/// Adds the bricks of a document to a volume, all or none.
pub fn add_all(site: &mut Site, call: &Call) -> Result<Vec<Handle>, Fault> {
    const DOING: &str = "add Brick(s)";
    let volume = call.owner()?;
    let cluster = site.parent(volume).ok_or_else(Fault::nowhere)?;
    volume::check_up_server(site, cluster, DOING)?;
    let wanted = wanted(site, call.body.children(), cluster, DOING)?;
    let kind = site.text(volume, "volume_type").to_owned();
    let had = site.children(volume, "gluster_bricks").len();
    let count = |name: &str| tree::number(site.body(volume), name).unwrap_or(0);
    // A count that is not given is none, and that is less than any.
    let asked = |name: &str| call.query.get(name).and_then(|it| it.parse().ok()).unwrap_or(0_i64);
    let refuse = |text: &str| Err(Fault::bad(format!("Cannot {DOING}. {text}")));
    let (replicas, copies) = (count("replica_count"), asked("replica_count"));
    let (stripes, pieces) = (count("stripe_count"), asked("stripe_count"));
    if kind.contains("replicate") {
        if copies > replicas + 1 {
            return refuse("Replica count cannot be increased by more than one.");
        }
        if copies < replicas {
            return refuse("Replica count cannot be reduced when adding bricks.");
        }
    }
    if kind.contains("stripe") {
        if pieces > stripes + 1 {
            return refuse("Stripe count cannot be increased by more than one.");
        }
        if pieces < stripes {
            return refuse("Stripe count can not be reduced.");
        }
    }
    check_added(&kind, had, wanted.len(), (replicas, copies))?;
    let made: Vec<Handle> = wanted.iter().map(|it| put(site, volume, it)).collect();
    let all = i64::try_from(had + made.len()).unwrap_or(i64::MAX);
    if kind.contains("replicate") {
        site.set(volume, "replica_count", copies.to_string());
    }
    match kind.as_str() {
        "replicate" if copies < all => site.set(volume, "volume_type", "distributed_replicate"),
        "stripe" if pieces < all => site.set(volume, "volume_type", "distributed_stripe"),
        _ => {}
    }
    Ok(made)
}

/// Gluster itself takes whole sets of copies only, or for one copy more a brick for each set.
fn check_added(
    kind: &str,
    had: usize,
    added: usize,
    (replicas, copies): (i64, i64),
) -> Result<(), Fault> {
    let set = usize::try_from(replicas).unwrap_or(0).max(1);
    let fits = match kind.contains("replicate") {
        true if copies > replicas => added == had / set,
        true => added.is_multiple_of(set),
        false => true,
    };
    if fits {
        return Ok(());
    }
    let text = format!("Incorrect number of bricks supplied {added} with count {copies}");
    Err(Fault::bad(format!("Failed to add bricks to the Gluster Volume: {text}")))
}

/// Does something to the bricks that a document names.
fn act_on_many(site: &mut Site, call: &Call, action: &str) -> Result<Vec<Element>, Fault> {
    let volume = call.owner()?;
    let named = call.body.child("bricks").map(Element::children).unwrap_or_default();
    match action {
        "migrate" => {
            check_removal(site, volume, named, "start removing", None)?;
            begin_task(site, volume, LEAVING);
        }
        "stop_migrate" | "activate" => {
            find_all(site, volume, named, "stop removing")?;
            check_leaving(site, volume, "stop removing", "Remove brick not started.")?;
            end_task(site, volume);
        }
        _ => remove_named(site, call, volume, named)?,
    }
    Ok(Vec::new())
}

fn check_leaving(site: &Site, volume: Handle, verb: &str, text: &str) -> Result<(), Fault> {
    match volume::task(site, volume) {
        Some(LEAVING) => Ok(()),
        Some(_) => Err(refused(400, verb, "Invalid task type.")),
        None => Err(refused(409, verb, text)),
    }
}

fn refused(status: u16, verb: &str, text: &str) -> Fault {
    Fault::refused(status, format!("Cannot {verb} Brick(s). {text}"))
}

/// The bricks of a volume that a document names.
fn find_all(
    site: &Site,
    volume: Handle,
    named: &[Element],
    verb: &str,
) -> Result<Vec<Handle>, Fault> {
    if named.is_empty() {
        return Err(refused(400, verb, "Bricks are required."));
    }
    let own = site.children(volume, "gluster_bricks");
    let find = |it: &Element| {
        let (id, name) = (it.id().unwrap_or_default(), it.text_at("name"));
        let found =
            own.iter().find(|brick| site.id(**brick) == id || Some(site.name(**brick)) == name);
        found.copied().ok_or_else(|| refused(400, verb, "Invalid gluster brick."))
    };
    named.iter().map(find).collect()
}

/// Checks that a volume can do without some of its bricks.
fn check_removal(
    site: &Site,
    volume: Handle,
    named: &[Element],
    verb: &str,
    replicas: Option<i64>,
) -> Result<Vec<Handle>, Fault> {
    let bricks = find_all(site, volume, named, verb)?;
    if site.children(volume, "gluster_bricks").len() <= bricks.len() {
        return Err(refused(409, verb, "Cannot remove all the bricks from a Volume."));
    }
    if !site.text(volume, "volume_type").contains("replicate") {
        return Ok(bricks);
    }
    let now = tree::number(site.body(volume), "replica_count").unwrap_or(0);
    let wanted = replicas.filter(|it| *it > 0).unwrap_or(now);
    let text = if wanted < now - 1 {
        "Replica count cannot be reduced by more than one."
    } else if wanted > now {
        "Replica count cannot be increased when removing bricks."
    } else {
        return Ok(bricks);
    };
    Err(refused(409, verb, text))
}

fn remove_named(
    site: &mut Site,
    call: &Call,
    volume: Handle,
    named: &[Element],
) -> Result<(), Fault> {
    let replicas = call.query.get("replica_count").and_then(|it| it.parse().ok());
    let bricks = match volume::task(site, volume) {
        Some(LEAVING) => find_all(site, volume, named, "commit removing")?,
        _ => check_removal(site, volume, named, "remove", replicas)?,
    };
    for brick in bricks {
        site.store.remove(brick);
    }
    if let Some(replicas) = replicas.filter(|it| *it > 0) {
        site.set(volume, "replica_count", replicas.to_string());
    }
    end_task(site, volume);
    Ok(())
}

/// Bricks are not replaced: the engine says what to do instead.
fn replace(_site: &mut Site, _call: &Call, _brick: Handle) -> Result<Vec<Element>, Fault> {
    Err(Fault::unavailable(
        "Replace brick is not supported. First migrate brick and add new brick instead.",
    ))
}

/// Removes one brick.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let named = [Element::link("brick", site.id(target).to_owned())];
    let volume = call.owner()?;
    remove_named(site, call, volume, &named)
}
