//! Steps of the jobs that others report.

use super::job::external;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// External steps are begun and ended.
pub const RULES: Rules = Rules::of("steps").add(add).actions(&[("end", end)]);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let job = call.owner()?;
    for needed in ["type", "description"] {
        if call.text(needed).is_none_or(str::is_empty) {
            return Err(Fault::incomplete("Step", needed, "add"));
        }
    }
    external(site, job, "add External Job")?;
    let mut body = Element::new("step");
    for element in ["type", "description"] {
        tree::set(&mut body, element, call.text(element).unwrap_or_default());
    }
    if let Some(parent) = call.id_at("parent_step") {
        site.store.find("steps", Some(job), parent).ok_or_else(Fault::nowhere)?;
        tree::refer(&mut body, "parent_step", parent);
    }
    tree::set(&mut body, "external", "true");
    let number = site.children(job, "steps").len() + 1;
    tree::set(&mut body, "number", number.to_string());
    Ok(journal::begin_step(site, job, body))
}

fn end(site: &mut Site, call: &Call, step: Handle) -> Result<Vec<Element>, Fault> {
    external(site, step, "end External Step")?;
    journal::finish(site, step, call.flag("succeeded") == Some(false));
    Ok(Vec::new())
}
