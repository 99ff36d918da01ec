//! Graphics consoles of VMs, templates and instance types.

use crate::resources::{Attribute, Complaint, Kind, Transition, Update, one_of};

use super::{INSTANCE_TYPE, TEMPLATE, VM, complaint, device};

/// The graphics consoles of a VM: one for each protocol, none for a headless one.
pub static GRAPHICS_CONSOLE: Kind =
    console("graphics_console", "A way to see the screen of a VM.", &VM)
        .copied_from(&[&TEMPLATE_GRAPHICS_CONSOLE])
        .effect(device::effect)
        .check(check);

/// The graphics consoles of a template.
pub static TEMPLATE_GRAPHICS_CONSOLE: Kind =
    console("template_graphics_console", "A console that VMs made from it get.", &TEMPLATE)
        .unasked(|console| console.is(&PROTOCOL, "vnc"))
        .check(check);

/// The graphics consoles of an instance type.
pub static INSTANCE_TYPE_GRAPHICS_CONSOLE: Kind =
    console("instance_type_graphics_console", "A console of VMs of that size.", &INSTANCE_TYPE)
        .check(check);

const fn console(name: &'static str, summary: &'static str, of: &'static Kind) -> Kind {
    Kind::new(name, "graphics_consoles", summary)
        .below(of)
        .segment("graphicsconsoles")
        .element("graphics_console")
        .identity(&["protocol"])
        .attributes(ATTRIBUTES)
}

static ATTRIBUTES: &[Attribute] = &[PROTOCOL];

pub(super) static PROTOCOL: Attribute =
    one_of("protocol", "Protocol; the key, if it is one.", &["vnc", "spice"])
        .required()
        .from_key()
        .update(Update::Replace);

/// A new protocol of the display takes all other consoles away; one that is there has outlived the
/// present one.
fn check(transition: &Transition) -> Vec<Complaint> {
    let undone = device::would_be_undone(transition, &PROTOCOL);
    undone.into_iter().chain(taken_away(transition)).collect()
}

fn taken_away(transition: &Transition) -> Option<Complaint> {
    transition.to?;
    let (kind, holder) = transition.kind.parent.zip(transition.within)?;
    let holder = transition.around.wanted(kind, holder)?;
    let only = holder.named("display.type")?.as_text()?;
    let has = transition.parent.and_then(|found| found.named("display.type")?.as_text());
    if transition.from.is_some() && has == Some(only) {
        return None;
    }
    let own = transition.after(&PROTOCOL)?.as_text()?;
    (only != own).then(|| {
        let message = format!("`display.type` is `{only}`, which leaves no other console");
        complaint(&PROTOCOL, message, "take `display: { type: … }` out, and name all consoles here")
    })
}
