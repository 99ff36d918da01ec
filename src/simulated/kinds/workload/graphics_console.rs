//! Graphics consoles: one per protocol, named by it.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the consoles of machines.
pub const RULES: Rules = Rules::of("vm_graphics_consoles").add(add);

/// What is special about the consoles of templates.
pub const TEMPLATE_RULES: Rules = Rules::of("template_graphics_consoles").add(add);

/// Adds a console for a protocol that has none yet.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let protocol =
        call.text("protocol").ok_or_else(|| Fault::mandatory("graphics_console.protocol"))?;
    let id = id_of(protocol);
    if site.store.find(call.collection.name, Some(owner), &id).is_some() {
        return Err(Fault::bad(
            "Cannot add Graphics Device. One VM can not contain more than one device with the same graphics type.",
        ));
    }
    let body = generic::draft(site, call);
    Ok(generic::put(site, call, Some(id), body))
}

/// Adds the console for a protocol.
pub fn add_to(site: &mut Site, owner: Handle, kind: &'static str, protocol: &str) {
    let mut body = Element::new("graphics_console");
    tree::set(&mut body, "protocol", protocol);
    site.add(kind, Some(owner), id_of(protocol), body);
}

/// The id of a console is its protocol, in hexadecimal.
fn id_of(protocol: &str) -> String {
    protocol.bytes().map(|byte| format!("{byte:02x}")).collect()
}
