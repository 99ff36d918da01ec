//! Mediated devices, such as virtual GPUs.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the mediated devices of machines.
pub const RULES: Rules = Rules::of(KIND).add(add);

const KIND: &str = "vm_mediated_devices";
/// The custom property that stood for them once; the engine still takes it, and makes devices of it.
const PROPERTY: &str = "mdev_type";

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

/// Takes the old custom property out of a machine's document.
pub fn take_property(body: &mut Element) -> Option<String> {
    let properties = body.children_mut().iter_mut().find(|it| it.name() == "custom_properties")?;
    let is_old = |it: &Element| it.text_at("name") == Some(PROPERTY);
    let at = properties.children().iter().position(is_old)?;
    let taken = properties.children_mut().remove(at);
    if properties.children().is_empty() {
        tree::drop_child(body, "custom_properties");
    }
    Some(taken.text_at("value").unwrap_or_default().to_owned())
}

/// Gives a machine the devices that the old property names instead of those that it has:
/// `nodisplay,nvidia-11,nvidia-22`.
pub fn replace(site: &mut Site, vm: Handle, property: &str) {
    for device in site.children(vm, KIND) {
        site.store.remove(device);
    }
    let mut hidden = false;
    for name in property.split(',').filter(|it| !it.is_empty()) {
        if name == "nodisplay" {
            hidden = true;
            continue;
        }
        let parameters = Element::new("spec_params")
            .with(parameter("mdevType", name))
            .with(parameter("nodisplay", &hidden.to_string()));
        site.add_fresh(KIND, Some(vm), Element::new("vm_mediated_device").with(parameters));
    }
}

fn parameter(name: &str, value: &str) -> Element {
    Element::new("property").with(Element::leaf("name", name)).with(Element::leaf("value", value))
}
