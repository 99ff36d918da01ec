//! Jobs that others report to the engine.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// External jobs are begun, ended and cleared; the engine's own are its business.
pub const RULES: Rules = Rules::of("jobs").add(add).actions(&[("end", end), ("clear", clear)]);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let description = call.text("description").filter(|it| !it.is_empty());
    let description = description.ok_or_else(|| Fault::incomplete("Job", "description", "add"))?;
    let mut body = Element::new("job");
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "external", "true");
    let cleared = call.flag("auto_cleared").unwrap_or(false);
    tree::set(&mut body, "auto_cleared", cleared.to_string());
    Ok(journal::begin(site, body))
}

/// Refuses to touch what the engine itself does.
pub fn external(site: &Site, object: Handle, doing: &str) -> Result<(), Fault> {
    if tree::flag(site.body(object), "external") == Some(true) {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Cannot {doing}. External steps can be added only to external jobs or steps."
    )))
}

fn end(site: &mut Site, call: &Call, job: Handle) -> Result<Vec<Element>, Fault> {
    external(site, job, "clear External Job")?;
    let failed = call.flag("succeeded") == Some(false);
    for step in site.children(job, "steps") {
        if site.status(step) == "started" {
            journal::finish(site, step, failed);
        }
    }
    journal::finish_job(site, job, failed);
    Ok(Vec::new())
}

fn clear(site: &mut Site, _call: &Call, job: Handle) -> Result<Vec<Element>, Fault> {
    external(site, job, "clear External Job")?;
    // A cleared job is one that the engine may forget.
    site.set(job, "auto_cleared", "true");
    site.store.remove(job);
    Ok(Vec::new())
}
