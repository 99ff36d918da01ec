//! The configuration that waits for a machine's next start.

use super::chipset;
use crate::simulated::durations;
use crate::simulated::kinds::graphics_console;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const NOTE: &str = "next_run";
/// Says that something waits for the next start.
pub const FLAG: &str = "next_run_configuration_exists";

/// What takes effect in any status.
const AT_ONCE: &[&str] = &[
    "name",
    "comment",
    "description",
    "os/type",
    "small_icon",
    "large_icon",
    "high_availability/priority",
    "high_availability/enabled",
    "delete_protected",
    "display/allow_override",
    "display/disconnect_action",
    "display/disconnect_action_delay",
    "quota",
    "placement_policy",
    "migration",
    "migration_downtime",
    "initialization",
    "cpu_profile",
    "tunnel_migration",
    "use_latest_template_version",
    "instance_type",
    "domain",
    "external_host_provider",
];

/// What a running machine may take over at once under conditions.
const LIVE: &[&str] = &["cpu/topology/sockets", "memory", "memory_policy/guaranteed", "lease"];

/// What the engine writes, not the client.
const RUNTIME: &[&str] = &[
    "status",
    "status_detail",
    "host",
    "start_time",
    "stop_time",
    "stop_reason",
    "fqdn",
    "run_once",
    FLAG,
    "creation_time",
    "template",
    "original_template",
    "cluster",
];

/// The devices of a machine that a configuration holds, too.
const DEVICES: &[(&str, &str)] = &[
    ("vm_watchdogs", "watchdog"),
    ("vm_numa_nodes", "vm_numa_node"),
    ("vm_graphics_consoles", "graphics_console"),
];

/// The configuration that waits.
pub fn pending(site: &Site, vm: Handle) -> Option<&Element> {
    site.hidden(vm, NOTE)?.children().first()
}

/// Lets a configuration wait.
pub fn store(site: &mut Site, vm: Handle, configuration: Element) {
    let mut note = Element::new(NOTE).with(configuration);
    for (kind, element) in DEVICES {
        for device in site.children(vm, kind) {
            let mut kept = Element::new(*kind).with_attribute("id", site.id(device).to_owned());
            let mut body = Element::new(*element);
            *body.children_mut() = site.body(device).children().to_vec();
            kept.push(body);
            note.push(kept);
        }
    }
    site.hide(vm, note);
    site.set(vm, FLAG, "true");
}

/// The waiting configuration as it is shown: with the machine's present state.
pub fn view(current: Vec<Element>, pending: &Element) -> Vec<Element> {
    let mut shown: Vec<Element> =
        current.into_iter().filter(|it| RUNTIME.contains(&it.name())).collect();
    let rest = pending.children().iter().filter(|it| !RUNTIME.contains(&it.name()));
    shown.extend(rest.cloned());
    shown
}

/// Takes over into a machine what takes effect at once.
pub fn take_at_once(into: &mut Element, from: &Element) {
    for path in AT_ONCE {
        copy(into, from, path);
    }
}

/// Copies what stands at a path, or that nothing does.
pub fn copy(into: &mut Element, from: &Element, path: &str) {
    match from.at(path) {
        None => tree::drop_at(into, path),
        Some(found) => {
            let found = found.clone();
            match path.rsplit_once('/') {
                None => tree::put(into, found),
                Some((outer, _)) => {
                    let mut at = into;
                    for step in outer.split('/') {
                        at = at.child_or_new(step);
                    }
                    tree::put(at, found);
                }
            }
        }
    }
}

/// Whether two configurations differ in what only a start can take over.
pub fn differs(current: &Element, wanted: &Element) -> bool {
    stripped(current, true) != stripped(wanted, true)
}

/// Whether two configurations differ in what a machine cannot take over at once by itself.
pub fn differs_at_all(current: &Element, wanted: &Element) -> bool {
    stripped(current, false) != stripped(wanted, false)
}

fn stripped(body: &Element, live_too: bool) -> String {
    let mut body = body.clone();
    body.children_mut().retain(|it| !RUNTIME.contains(&it.name()));
    for path in AT_ONCE {
        tree::drop_at(&mut body, path);
    }
    if live_too {
        for path in LIVE {
            tree::drop_at(&mut body, path);
        }
    }
    sort(&mut body);
    // An empty wrapper says as much as none.
    body.children_mut()
        .retain(|it| it.id().is_some() || !it.text().is_empty() || !it.children().is_empty());
    body.to_string()
}

/// Puts structs into one order, so that equal ones are equal; lists keep theirs.
fn sort(element: &mut Element) {
    for child in element.children_mut() {
        sort(child);
    }
    element.children_mut().sort_by(|one, other| one.name().cmp(other.name()));
}

/// A machine is down: what waited is applied shortly after.
pub fn down(site: &mut Site, vm: Handle) {
    if pending(site, vm).is_some() {
        site.later(durations::NEXT_RUN, vm, |site, vm, _| apply(site, vm));
    }
}

/// Applies what waits.
pub fn apply(site: &mut Site, vm: Handle) {
    let Some(note) = site.unhide(vm, NOTE) else { return };
    let Some(pending) = note.children().first().cloned() else { return };
    site.edit(vm, |body| {
        let current = std::mem::take(body.children_mut());
        *body.children_mut() = view(current, &pending);
        tree::set(body, FLAG, "false");
    });
    restore_devices(site, vm, &note);
    graphics_console::follow_display(site, vm);
    chipset::follow(site, vm);
}

/// What was changed about devices since is undone.
fn restore_devices(site: &mut Site, vm: Handle, note: &Element) {
    for (kind, _) in DEVICES {
        for device in site.children(vm, kind) {
            site.store.remove(device);
        }
        for kept in note.all(kind) {
            if let (Some(id), Some(body)) = (kept.id(), kept.children().first()) {
                site.add(kind, Some(vm), id.to_owned(), body.clone());
            }
        }
    }
}
