//! What machines and disks use of their quotas, and what is refused when that is too much.

use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{authority, common};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const GIB: u64 = 1 << 30;

/// What running machines use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Bytes of memory.
    pub memory: u64,
    /// Virtual CPUs.
    pub cpus: u64,
}

/// A number of bytes as limits count them.
pub fn gibibytes(bytes: u64) -> String {
    let whole = bytes / GIB;
    let hundredths = (bytes % GIB) * 100 / GIB;
    format!("{whole}.{hundredths:02}")
}

fn of_machine(site: &Site, vm: Handle) -> Used {
    let body = site.body(vm);
    let number = |path: &str| tree::number(body, path).map_or(0, i64::unsigned_abs);
    let part = |name: &str| number(&format!("cpu/topology/{name}")).max(1);
    Used { memory: number("memory"), cpus: part("sockets") * part("cores") * part("threads") }
}

/// What the machines of a quota use that run, in one cluster or in all; one more may be counted.
pub fn of_clusters(
    site: &Site,
    quota: Handle,
    cluster: Option<&str>,
    more: Option<Handle>,
) -> Used {
    let all = site.users("vms", "quota", quota).into_iter();
    let here = all.filter(|vm| cluster.is_none_or(|it| site.reference(*vm, "cluster") == Some(it)));
    let stopped = ["down", "suspended", "image_locked"];
    let counted = here.filter(|vm| Some(*vm) == more || !stopped.contains(&site.status(*vm)));
    counted.map(|vm| of_machine(site, vm)).fold(Used::default(), |sum, it| Used {
        memory: sum.memory + it.memory,
        cpus: sum.cpus + it.cpus,
    })
}

/// What the disks of a quota use, on one storage domain or on all.
pub fn of_storage(site: &Site, quota: Handle, domain: Option<&str>) -> u64 {
    let all = site.users("disks", "quota", quota).into_iter();
    let here = all.filter(|disk| {
        domain.is_none_or(|id| {
            site.store.referring("disks", "storage_domain", id).any(|it| it == *disk)
        })
    });
    here.map(|disk| tree::number(site.body(disk), "provisioned_size").map_or(0, i64::unsigned_abs))
        .sum()
}

/// How a data center holds its users to their quotas.
fn mode(site: &Site, quota: Handle) -> &str {
    site.parent(quota).map_or("disabled", |it| site.text(it, "quota_mode"))
}

/// A limit with what is allowed beyond it, in percent.
fn ceiling(site: &Site, quota: Handle, limit: &Element, amount: &str, grace: &str) -> Option<f64> {
    let limit = limit.text_at(amount)?.parse::<f64>().ok().filter(|it| *it >= 0.0)?;
    let grace = site.text(quota, grace).parse::<f64>().unwrap_or(0.0);
    Some(limit * (100.0 + grace) / 100.0)
}

/// The quota that an object says, if its data center counts.
fn quota_of(site: &Site, body: &Element) -> Option<Handle> {
    let id = tree::id_at(body, "quota")?;
    let quota = site.store.all("quotas").find(|it| site.id(*it) == id)?;
    (mode(site, quota) != "disabled").then_some(quota)
}

/// Refuses what would use a quota that is enforced and that whoever asks may not use.
pub fn check_consumer(site: &Site, body: &Element, doing: &str) -> Result<(), Fault> {
    let Some(quota) = quota_of(site, body).filter(|it| mode(site, *it) == "enabled") else {
        return Ok(());
    };
    if authority::may(site, "consume_quota", Some(quota)) {
        return Ok(());
    }
    Err(Fault::refused(
        403,
        format!("{doing}. The user is not a consumer of the Quota assigned to the resource."),
    ))
}

/// Refuses the start of a machine that its quota has no room for.
pub fn check_run(site: &mut Site, vm: Handle) -> Result<(), Fault> {
    let cluster = site.refers(vm, "cluster", "clusters");
    let enforced = cluster
        .and_then(|it| common::data_center_of(site, it))
        .is_some_and(|it| site.text(it, "quota_mode") == "enabled");
    if enforced && site.reference(vm, "quota").is_none() {
        return Err(Fault::bad("Cannot run VM. Quota is not valid."));
    }
    let Some(quota) = quota_of(site, site.body(vm)) else { return Ok(()) };
    let exceeded = site.children(quota, "quota_cluster_limits").into_iter().any(|limit| {
        let one = site.reference(limit, "cluster");
        if one.is_some() && one != site.reference(vm, "cluster") {
            return false;
        }
        let used = of_clusters(site, quota, one, Some(vm));
        let most =
            |amount| ceiling(site, quota, site.body(limit), amount, "cluster_hard_limit_pct");
        let memory =
            most("memory_limit").is_some_and(|most| used.memory as f64 > most * GIB as f64);
        memory || most("vcpu_limit").is_some_and(|most| used.cpus as f64 > most)
    });
    if !exceeded {
        return Ok(());
    }
    let refusal = "Cannot run VM. Quota has insufficient cluster resources.";
    exceed(site, quota, refusal, "USER_EXCEEDED_QUOTA_CLUSTER_GRACE_LIMIT_PERMISSIVE_MODE")
}

/// Refuses a disk that its quota has no room for.
pub fn check_disk(site: &mut Site, body: &Element) -> Result<(), Fault> {
    let Some(quota) = quota_of(site, body) else { return Ok(()) };
    let domain = body.child("storage_domains").and_then(|it| it.children().first());
    let domain = domain.and_then(Element::id);
    let more = tree::number(body, "provisioned_size").map_or(0, i64::unsigned_abs);
    let exceeded = site.children(quota, "quota_storage_limits").into_iter().any(|limit| {
        let one = site.reference(limit, "storage_domain");
        if one.is_some() && one != domain {
            return false;
        }
        let used = of_storage(site, quota, one) + more;
        ceiling(site, quota, site.body(limit), "limit", "storage_hard_limit_pct")
            .is_some_and(|most| used as f64 > most * GIB as f64)
    });
    if !exceeded {
        return Ok(());
    }
    let refusal = "Cannot add Virtual Disk. Quota has insufficient storage resources.";
    exceed(site, quota, refusal, "USER_EXCEEDED_QUOTA_STORAGE_GRACE_LIMIT_PERMISSIVE_MODE")
}

/// What is too much is refused, or only told where quotas are audited.
fn exceed(
    site: &mut Site,
    quota: Handle,
    refusal: &str,
    audited: &'static str,
) -> Result<(), Fault> {
    if mode(site, quota) == "enabled" {
        return Err(Fault::conflict(refusal));
    }
    let event = Event::of(audited).with("QuotaName", site.name(quota));
    match site.parent(quota) {
        Some(data_center) => event.about(site, data_center).tell(site),
        None => event.tell(site),
    }
    Ok(())
}
