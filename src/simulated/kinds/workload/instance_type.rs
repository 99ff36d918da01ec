//! Instance types: the sizes that machines are bound to.

use super::vm;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about instance types.
pub const RULES: Rules = Rules::of(KIND).add(add).update(update).remove(remove).shown(shown);

const KIND: &str = "instance_types";

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("InstanceType", "name", "add"))?;
    check_name(site, name, None, "add")?;
    let mut body = generic::draft(site, call);
    fill(&mut body);
    Ok(generic::put(site, call, None, body))
}

fn fill(body: &mut Element) {
    vm::fill_defaults(body);
    for gone in ["bios", "time_zone", "status", "origin"] {
        tree::drop_child(body, gone);
    }
    let memory = tree::number(body, "memory").unwrap_or(1 << 30);
    tree::default(body, "memory_policy/guaranteed", memory.to_string());
    tree::default(body, "memory_policy/max", memory.saturating_mul(4).to_string());
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    if common::taken(site, KIND, name, except, |_| true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Instance Type. The Instance Type name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

/// Changes a size, and with it every machine that is bound to it.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    generic::update(site, call, target)?;
    for machine in site.users("vms", "instance_type", target) {
        let mut wanted = site.body(machine).clone();
        vm::follow_instance_type(site, &mut wanted);
        vm::change_by_engine(site, machine, |body| *body = wanted);
    }
    Ok(())
}

/// Machines keep the size that a type gave them.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    for machine in site.users("vms", "instance_type", target) {
        site.edit(machine, |body| tree::drop_child(body, "instance_type"));
    }
    generic::remove(site, call, target)
}

/// Hides what was not asked for.
fn shown(_site: &Site, _handle: Handle, view: &View, element: &mut Element) {
    if !view.all_content {
        vm::hide_gated(element);
    }
}
