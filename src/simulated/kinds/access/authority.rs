//! Who may do what, and see what.
//!
//! A permission gives a role to a user or a group, on one object or on the whole system. It holds
//! for the object and for all that belongs to it.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::predefined::{self, LOGIN, SUPER_USER};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::people::{self, EVERYONE};
use crate::simulated::places;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What belongs to what: a kind, the element that refers to what it belongs to, and its kind.
const BELONGS: &[(&str, &str, &str)] = &[
    ("vms", "cluster", "clusters"),
    ("vms", "vm_pool", "vm_pools"),
    ("templates", "cluster", "clusters"),
    ("hosts", "cluster", "clusters"),
    ("vm_pools", "cluster", "clusters"),
    ("cpu_profiles", "cluster", "clusters"),
    ("clusters", "data_center", "data_centers"),
    ("networks", "data_center", "data_centers"),
    ("vnic_profiles", "network", "networks"),
    ("disk_profiles", "storage_domain", "storage_domains"),
    ("image_transfers", "disk", "disks"),
];

/// An object and all that it belongs to, but the system.
pub fn lineage(site: &Site, object: Handle) -> Vec<Handle> {
    let mut line = vec![object];
    let mut at = 0;
    while let Some(next) = line.get(at).copied() {
        for above in above(site, next) {
            if !line.contains(&above) {
                line.push(above);
            }
        }
        at += 1;
    }
    line
}

fn above(site: &Site, object: Handle) -> Vec<Handle> {
    let kind = site.kind(object);
    let mut above: Vec<Handle> = site.parent(object).into_iter().collect();
    for (_, element, of) in BELONGS.iter().filter(|(it, ..)| *it == kind) {
        above.extend(site.refers(object, element, of));
    }
    match kind {
        "storage_domains" => {
            let id = site.id(object);
            let attached =
                |it: &Handle| site.store.find("attached_storage_domains", Some(*it), id).is_some();
            above.extend(site.store.all("data_centers").filter(attached));
        }
        "disks" => {
            let domains = site.body(object).child("storage_domains").map(Element::children);
            let ids = domains.unwrap_or_default().iter().filter_map(Element::id);
            above.extend(ids.filter_map(|id| site.top("storage_domains", id)));
            let attachments = site.users("disk_attachments", "disk", object);
            above.extend(attachments.into_iter().filter_map(|it| site.parent(it)));
        }
        _ => {}
    }
    above
}

/// The permissions of one user or group.
pub fn granted_to(site: &Site, element: &str, id: &str) -> Vec<Handle> {
    let kinds = ["system_permissions", "assigned_permissions"];
    kinds.into_iter().flat_map(|kind| site.store.referring(kind, element, id)).collect()
}

/// The permissions of a user and its groups.
pub fn granted(site: &Site, user: Handle) -> Vec<Handle> {
    let mut all = granted_to(site, "user", site.id(user));
    for group in people::groups_of(site, user) {
        all.extend(granted_to(site, "group", site.id(group)));
    }
    all
}

fn role_of(site: &Site, permission: Handle) -> Option<Handle> {
    site.refers(permission, "role", "roles")
}

fn permits(site: &Site, permission: Handle, number: &str) -> bool {
    role_of(site, permission)
        .is_some_and(|it| site.store.find("permits", Some(it), number).is_some())
}

/// Whether the role of a permission is one for administrators.
pub fn is_administrative(site: &Site, role: Handle) -> bool {
    site.text(role, "administrative") == "true"
}

/// Whether a user may do everything.
pub fn is_super_user(site: &Site, user: Handle) -> bool {
    let all_powerful = |it: Handle| site.reference(it, "role") == Some(SUPER_USER);
    if site.store.referring("system_permissions", "user", site.id(user)).any(all_powerful) {
        return true;
    }
    people::groups_of(site, user).into_iter().any(|group| {
        site.store.referring("system_permissions", "group", site.id(group)).any(all_powerful)
    })
}

/// Whether whoever asks may do everything; the engine itself may.
pub fn asked_by_super_user(site: &Site) -> bool {
    site.caller.user.is_none_or(|user| is_super_user(site, user))
}

/// Whether a user may log in: what everyone holds does not count.
pub fn may_log_in(site: &Site, user: Handle) -> bool {
    let own = |it: &Handle| site.reference(*it, "group") != Some(EVERYONE);
    is_super_user(site, user)
        || granted(site, user).into_iter().filter(own).any(|it| permits(site, it, LOGIN))
}

/// Whether whoever asks holds a permit on an object, or on the whole system.
pub fn may(site: &Site, permit: &str, object: Option<Handle>) -> bool {
    let Some(user) = site.caller.user else { return true };
    if is_super_user(site, user) {
        return true;
    }
    let Some(number) = predefined::number(permit) else { return false };
    let line = object.map(|it| lineage(site, it)).unwrap_or_default();
    granted(site, user).into_iter().any(|permission| {
        let reaches = site.parent(permission).is_none_or(|it| line.contains(&it));
        reaches && permits(site, permission, number)
    })
}

/// Which permit a command needs, and where it is looked for.
struct Demand {
    kind: &'static str,
    method: &'static str,
    permit: &'static str,
    place: &'static str,
}

static DEMANDS: LazyLock<Vec<Demand>> = LazyLock::new(|| {
    let read = |line: &'static str| {
        let mut columns = line.split('\t');
        Some(Demand {
            kind: columns.next()?,
            method: columns.next()?,
            permit: columns.next()?,
            place: columns.next()?,
        })
    };
    include_str!("demands.tsv").lines().filter_map(read).collect()
});

/// Refuses a command that whoever asks may not give.
pub fn check(site: &Site, call: &Call, target: Option<Handle>, method: &str) -> Result<(), Fault> {
    if asked_by_super_user(site) {
        return Ok(());
    }
    let collection = places::place(call.collection.name, call.parent.is_some()).kind();
    let kind = target.map_or(collection, |it| site.kind(it));
    let demand = DEMANDS
        .iter()
        .find(|it| it.kind == kind && (it.method == method || it.method == "*"))
        .ok_or_else(unauthorized)?;
    let object = match demand.place {
        "itself" => target,
        "owner" => call.parent.or_else(|| target.and_then(|it| site.parent(it))),
        "system" => None,
        // The command itself knows better.
        "object" => return Ok(()),
        "self" => {
            let own = call.parent == site.caller.user;
            return if own { Ok(()) } else { Err(unauthorized()) };
        }
        element => named(site, call, element).or(call.parent),
    };
    if may(site, demand.permit, object) { Ok(()) } else { Err(unauthorized()) }
}

/// The object that a document refers to in an element, the first of many.
fn named(site: &Site, call: &Call, element: &str) -> Option<Handle> {
    let kind = match element {
        "cluster" => "clusters",
        "data_center" => "data_centers",
        "network" => "networks",
        "vm" => "vms",
        "disk" => "disks",
        _ => "storage_domains",
    };
    if let Some(id) = tree::id_at(&call.body, element) {
        return site.top(kind, id);
    }
    let first = call.body.child(element)?.children().first()?;
    match first.id().filter(|id| !id.is_empty()) {
        Some(id) => site.top(kind, id),
        None => site.store.named(kind, first.text_at("name")?).next(),
    }
}

fn unauthorized() -> Fault {
    Fault::refused(403, "User is not authorized to perform this action.")
}

/// What only administrators may ask for.
const ADMINISTRATORS_ONLY: &[&str] = &[
    "affinity_labels",
    "assigned_tags",
    "bookmarks",
    "cpu_profiles",
    "disk_profiles",
    "external_host_providers",
    "jobs",
    "mac_pools",
    "openstack_image_providers",
    "openstack_network_providers",
    "openstack_volume_providers",
    "scheduling_policy_units",
    "storage_server_connections",
    "system_permissions",
    "tags",
];

/// What users see of only as far as they hold permissions.
const SEEN_BY_PERMISSION: &[&str] = &[
    "clusters",
    "data_centers",
    "disks",
    "hosts",
    "instance_types",
    "networks",
    "quotas",
    "storage_domains",
    "templates",
    "vm_pools",
    "vms",
    "vnic_profiles",
];

/// Decides whether an answer is filtered, by what the request says.
pub fn level(site: &Site, wish: Option<bool>) -> Result<bool, Fault> {
    let Some(user) = site.caller.user else { return Ok(false) };
    let is_admin = is_super_user(site, user)
        || granted(site, user)
            .into_iter()
            .filter_map(|it| role_of(site, it))
            .any(|role| is_administrative(site, role));
    match wish {
        Some(false) if !is_admin => Err(insufficient()),
        wish => Ok(wish.unwrap_or(!is_admin)),
    }
}

fn insufficient() -> Fault {
    Fault::query("Query execution failed due to insufficient permissions.")
}

/// What a user sees.
#[derive(Debug)]
pub struct Sight {
    all: bool,
    granted: HashSet<Handle>,
    opened: HashSet<Handle>,
    above: HashSet<Handle>,
}

impl Sight {
    /// What whoever asks sees, if that is filtered.
    pub fn of_caller(site: &Site) -> Option<Self> {
        let user = site.caller.user.filter(|_| site.caller.filtered)?;
        let mut sight = Self {
            all: false,
            granted: HashSet::new(),
            opened: HashSet::new(),
            above: HashSet::new(),
        };
        for permission in granted(site, user) {
            let opens = role_of(site, permission)
                .is_some_and(|role| site.hidden(role, "children").is_some());
            let Some(object) = site.parent(permission) else {
                sight.all |= opens;
                continue;
            };
            sight.granted.insert(object);
            // Whoever may use a machine sees where it is.
            if matches!(site.kind(object), "vms" | "templates" | "vm_pools") {
                sight.above.extend(lineage(site, object));
            }
            if opens {
                sight.opened.insert(object);
            }
        }
        Some(sight)
    }

    /// Whether an object is seen; what belongs to another object is seen with it.
    pub fn sees(&self, site: &Site, object: Handle) -> bool {
        if !SEEN_BY_PERMISSION.contains(&site.kind(object)) {
            return site.parent(object).is_none_or(|parent| self.sees(site, parent));
        }
        self.all
            || self.granted.contains(&object)
            || self.above.contains(&object)
            || lineage(site, object).iter().any(|it| self.opened.contains(it))
    }
}

/// Refuses what users may not ask for, and hides from them what they do not see.
pub fn check_sight(
    site: &Site,
    kind: &str,
    adds: bool,
    objects: impl IntoIterator<Item = Handle>,
) -> Result<(), Fault> {
    let Some(sight) = Sight::of_caller(site) else { return Ok(()) };
    if !adds && ADMINISTRATORS_ONLY.contains(&kind) {
        return Err(insufficient());
    }
    let seen = objects.into_iter().all(|it| sight.sees(site, it));
    if seen { Ok(()) } else { Err(Fault::nowhere()) }
}
