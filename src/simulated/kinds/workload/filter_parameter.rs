//! Parameters for the network filter of a NIC.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// What is special about the parameters of filters.
pub const RULES: Rules = Rules::of("nic_network_filter_parameters").add(add);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    for what in ["name", "value"] {
        if call.text(what).is_none_or(str::is_empty) {
            return Err(Fault::incomplete("NetworkFilterParameter", what, "add"));
        }
    }
    let body = generic::draft(site, call);
    Ok(generic::put(site, call, None, body))
}
