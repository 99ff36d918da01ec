//! Mediated devices, such as virtual GPUs, of VMs and templates.

use crate::resources::{Attribute, Complaint, Kind, Transition, Value, map};

use super::{TEMPLATE, VM, complaint, device};

/// The mediated devices of a VM.
pub static MEDIATED_DEVICE: Kind =
    mediated("mediated_device", "A share of a device of the host, such as a virtual GPU.", &VM)
        .copied_from(&[&TEMPLATE_MEDIATED_DEVICE])
        .effect(device::effect)
        .check(check);

/// The mediated devices of a template.
pub static TEMPLATE_MEDIATED_DEVICE: Kind =
    mediated("template_mediated_device", "A share of a device that its VMs get.", &TEMPLATE)
        .check(check);

/// They have no names: the ledger knows which is which.
const fn mediated(name: &'static str, summary: &'static str, of: &'static Kind) -> Kind {
    Kind::new(name, "mediated_devices", summary)
        .below(of)
        .segment("mediateddevices")
        .element("vm_mediated_device")
        .identity(&["spec_params"])
        .attributes(ATTRIBUTES)
}

static ATTRIBUTES: &[Attribute] = &[PARAMETERS];

static PARAMETERS: Attribute =
    map("spec_params", "`mdevType`, and what else its driver takes.", "property").required();

fn check(transition: &Transition) -> Vec<Complaint> {
    let undone = device::would_be_undone(transition, &PARAMETERS);
    undone.into_iter().chain(without_type(transition)).collect()
}

fn without_type(transition: &Transition) -> Option<Complaint> {
    let Value::Map(parameters) = transition.to?.get(&PARAMETERS)? else { return None };
    (!parameters.contains_key("mdevType")).then(|| {
        let message = "`spec_params` has no `mdevType`, which says what it is";
        complaint(&PARAMETERS, message, "name a type that the host offers, such as `nvidia-11`")
    })
}
