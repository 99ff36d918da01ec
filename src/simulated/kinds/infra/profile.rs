//! CPU and disk profiles: the same rules under different parents.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::infra::qos;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// What is special about CPU profiles.
pub const CPU_RULES: Rules = Rules::of("cpu_profiles")
    .add(|site, call| CPU.add(site, call))
    .update(|site, call, target| CPU.update(site, call, target))
    .remove(|site, call, target| CPU.remove(site, call, target));

/// What is special about disk profiles.
pub const DISK_RULES: Rules = Rules::of("disk_profiles")
    .add(|site, call| DISK.add(site, call))
    .update(|site, call, target| DISK.update(site, call, target))
    .remove(|site, call, target| DISK.remove(site, call, target));

/// What tells the two apart.
pub struct Profile {
    /// Their collection.
    pub kind: &'static str,
    /// The type, for texts about missing input.
    pub type_name: &'static str,
    /// The element that refers to the parent.
    pub owner: &'static str,
    /// The collection of the parents.
    pub owners: &'static str,
    what: &'static str,
    no_owner: &'static str,
    in_owner: &'static str,
    users: &'static [&'static str],
    /// The type of its QoS.
    qos: &'static str,
}

/// CPU profiles of clusters.
pub const CPU: Profile = Profile {
    kind: "cpu_profiles",
    type_name: "cpu_profile",
    owner: "cluster",
    owners: "clusters",
    what: "CPU Profile",
    no_owner: "The relevant Cluster doesn't exist.",
    in_owner: "CPU profile in Cluster",
    users: &["vms", "templates"],
    qos: "cpu",
};

/// Disk profiles of storage domains.
pub const DISK: Profile = Profile {
    kind: "disk_profiles",
    type_name: "disk_profile",
    owner: "storage_domain",
    owners: "storage_domains",
    what: "Disk Profile",
    no_owner: "Storage Domain doesn't exist.",
    in_owner: "Disk profile in Storage Domain",
    users: &["disks"],
    qos: "storage",
};

impl Profile {
    /// Adds a profile.
    pub fn add(&self, site: &mut Site, call: &Call) -> Result<Handle, Fault> {
        let name = common::name(call, self.type_name)?.to_owned();
        let body = generic::draft(site, call);
        let missing = || Fault::mandatory(&format!("{}.{}.id", self.type_name, self.owner));
        let owner = tree::id_at(&body, self.owner).ok_or_else(missing)?.to_owned();
        if site.top(self.owners, &owner).is_none() {
            return Err(Fault::bad(format!("Cannot add {}. {}", self.what, self.no_owner)));
        }
        self.check_name(site, &name, &owner, None, "add")?;
        qos::check(site, &body, self.qos, &format!("add {}", self.what))?;
        Ok(generic::put(site, call, None, body))
    }

    fn check_name(
        &self,
        site: &Site,
        name: &str,
        owner: &str,
        except: Option<Handle>,
        action: &str,
    ) -> Result<(), Fault> {
        let inside = |it: Handle| site.reference(it, self.owner) == Some(owner);
        if common::taken(site, self.kind, name, except, |it| inside(it) && site.name(it) == name) {
            return Err(Fault::bad(format!(
                "Cannot {action} {}. Profile name is in use.",
                self.what
            )));
        }
        Ok(())
    }

    /// Updates a profile.
    pub fn update(&self, site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
        if common::moves(site, call, target, self.owner) {
            return Err(Fault::bad(format!("Cannot edit {}. Cannot change profile.", self.what)));
        }
        let owner = site.reference(target, self.owner).unwrap_or_default();
        if let Some(name) = common::new_name(site, call, target) {
            self.check_name(site, name, owner, Some(target), "edit")?;
        }
        qos::check(site, &call.body, self.qos, &format!("edit {}", self.what))?;
        generic::update(site, call, target)
    }

    /// Removes a profile that is not the last and not in use.
    pub fn remove(&self, site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
        let owner = site.reference(target, self.owner).unwrap_or_default();
        if site.store.referring(self.kind, self.owner, owner).count() < 2 {
            return Err(Fault::bad(format!(
                "Cannot remove {}. Cannot remove last {}.",
                self.what, self.in_owner
            )));
        }
        for kind in self.users {
            let users = site.users(kind, self.type_name, target);
            if !users.is_empty() {
                return Err(Fault::bad(format!(
                    "Cannot remove {}. Several entities ({}) are using this Profile:\n{}\n - Please remove it from all entities that are using it and try again.",
                    self.what,
                    users.len(),
                    common::names(site, &users)
                )));
            }
        }
        generic::remove(site, call, target)
    }
}
