//! Watchdogs: at most one.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// What is special about the watchdogs of machines.
pub const RULES: Rules = Rules::of("vm_watchdogs").add(add);

/// What is special about the watchdogs of templates.
pub const TEMPLATE_RULES: Rules = Rules::of("template_watchdogs").add(add);

/// What is special about the watchdogs of instance types.
pub const INSTANCE_TYPE_RULES: Rules = Rules::of("instance_type_watchdogs").add(add);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    for what in ["action", "model"] {
        if call.text(what).is_none_or(str::is_empty) {
            return Err(Fault::incomplete("Watchdog", what, "add"));
        }
    }
    if site.store.children(owner, call.collection.name).next().is_some() {
        return Err(Fault::conflict("Watchdog already exists"));
    }
    let body = generic::draft(site, call);
    Ok(generic::put(site, call, None, body))
}
