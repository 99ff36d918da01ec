//! Mediated devices, such as virtual GPUs.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// What is special about the mediated devices of machines.
pub const RULES: Rules = Rules::of("vm_mediated_devices").add(add);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let properties = call.body.child("spec_params").map(|it| it.children()).unwrap_or_default();
    if !properties.iter().any(|it| it.text_at("name") == Some("mdevType")) {
        return Err(Fault::bad(
            "Cannot add VM. Invalid device specification: mdevType is missing.",
        ));
    }
    let body = generic::draft(site, call);
    Ok(generic::put(site, call, None, body))
}
