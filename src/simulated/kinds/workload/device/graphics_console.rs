//! Graphics consoles: one per protocol, named by it.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{generic, vm};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the consoles of machines.
pub const RULES: Rules = Rules::of(OF_VMS)
    .add(add)
    .remove(remove)
    .actions(&[
        ("remote_viewer_connection_file", connection_file),
        ("ticket", ticket),
        ("proxy_ticket", proxy_ticket),
    ])
    .shown(shown);

/// What is special about the consoles of templates.
pub const TEMPLATE_RULES: Rules = Rules::of(OF_TEMPLATES).add(add).remove(remove);

/// What is special about the consoles of instance types.
pub const INSTANCE_TYPE_RULES: Rules =
    Rules::of("instance_type_graphics_consoles").add(add).remove(remove);

/// The consoles of machines.
pub const OF_VMS: &str = "vm_graphics_consoles";
/// The consoles of templates.
pub const OF_TEMPLATES: &str = "template_graphics_consoles";
const PORT: &str = "5900";
const TLS_PORT: &str = "5901";

/// Adds a console for a protocol that has none yet.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    let protocol = call
        .text("protocol")
        .ok_or_else(|| Fault::incomplete("GraphicsConsole", "protocol", "add"))?
        .to_owned();
    let id = id_of(&protocol);
    if site.store.find(call.collection.name, Some(owner), &id).is_some() {
        return Err(Fault::bad(
            "Cannot add Graphics Device. One VM can not contain more than one device with the same graphics type.",
        ));
    }
    let body = generic::draft(site, call);
    let made = generic::put(site, call, Some(id), body);
    show_in_display(site, owner, call.collection.name);
    Ok(made)
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

/// Removes a console; without the last one there is no display.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let owner = site.parent(target).ok_or_else(Fault::nowhere)?;
    let kind = site.kind(target);
    generic::remove(site, call, target)?;
    show_in_display(site, owner, kind);
    Ok(())
}

/// The display shows spice if there is a choice, and is gone with the last console.
fn show_in_display(site: &mut Site, owner: Handle, kind: &'static str) {
    let consoles = site.children(owner, kind);
    let has = |protocol: &str| consoles.iter().any(|it| site.text(*it, "protocol") == protocol);
    let shown = ["spice", "vnc"].into_iter().find(|it| has(it));
    site.edit(owner, |body| match shown {
        Some(protocol) => {
            tree::set(body, "display/type", protocol);
            let video = if protocol == "spice" { "qxl" } else { "vga" };
            tree::default(body, "display/video_type", video);
        }
        None => {
            tree::drop_child(body, "display");
        }
    });
}

/// Leaves a machine the console of its display alone, if that is another one now.
pub fn follow_display(site: &mut Site, vm: Handle) {
    let protocol = site.text(vm, "display/type").to_owned();
    let consoles = site.children(vm, OF_VMS);
    if protocol.is_empty() || consoles.iter().any(|it| site.text(*it, "protocol") == protocol) {
        return;
    }
    for console in consoles {
        site.store.remove(console);
    }
    add_to(site, vm, OF_VMS, &protocol);
}

/// A console of a running machine has an address.
fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(vm) = site.parent(handle) else { return };
    let Some(host) = site.refers(vm, "host", "hosts") else { return };
    tree::set(element, "address", site.text(host, "address"));
    tree::set(element, "port", PORT);
    if element.text_at("protocol") == Some("spice") {
        tree::set(element, "tls_port", TLS_PORT);
    }
}

/// The machine of a console, which has to run.
fn machine(site: &Site, console: Handle) -> Result<Handle, Fault> {
    let vm = site.parent(console).ok_or_else(Fault::nowhere)?;
    if !vm::is_running(site.status(vm)) || site.status(vm) == "wait_for_launch" {
        return Err(vm::state::illegal(site, vm, "Cannot set Virtual Machine Ticket"));
    }
    Ok(vm)
}

/// What a viewer needs to reach a console.
fn connection_file(site: &mut Site, _call: &Call, console: Handle) -> Result<Vec<Element>, Fault> {
    let vm = machine(site, console)?;
    let password = vm::password(site);
    let address = site.refers(vm, "host", "hosts").map_or("", |it| site.text(it, "address"));
    let (protocol, name) = (site.text(console, "protocol"), site.name(vm));
    let tls = if protocol == "spice" { format!("tls-port={TLS_PORT}\n") } else { String::new() };
    let file = format!(
        "[virt-viewer]\ntype={protocol}\nhost={address}\nport={PORT}\npassword={password}\n# Password is valid for 120 seconds.\ndelete-this-file=1\nfullscreen=0\ntitle={name}:%d\ntoggle-fullscreen=shift+f11\nrelease-cursor=shift+f12\nsecure-attention=ctrl+alt+end\n{tls}versions=rhev-win64:2.0-160;rhev-win32:2.0-160\n"
    );
    Ok(vec![Element::leaf("remote_viewer_connection_file", file)])
}

fn ticket(site: &mut Site, call: &Call, console: Handle) -> Result<Vec<Element>, Fault> {
    let vm = site.parent(console).ok_or_else(Fault::nowhere)?;
    vm::ticket(site, call, vm)
}

fn proxy_ticket(site: &mut Site, _call: &Call, console: Handle) -> Result<Vec<Element>, Fault> {
    machine(site, console)?;
    let value = vm::password(site);
    Ok(vec![Element::new("proxy_ticket").with(Element::leaf("value", value))])
}
