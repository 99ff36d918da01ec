//! Events that others send, and events that are hidden.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Events may be sent and hidden, never changed.
pub const RULES: Rules = Rules::of("events").add(add).remove(hide);

const NEEDED: &[(&str, &str)] = &[
    ("origin", "origin"),
    ("severity", "severity"),
    ("custom_id", "customId"),
    ("description", "description"),
];

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(element, _)| call.text(element).is_none_or(str::is_empty))
        .map(|(_, name)| *name)
        .collect();
    if !missing.is_empty() {
        return Err(Fault::incomplete("Event", &missing.join(", "), "add"));
    }
    let text = |element| call.text(element).unwrap_or_default().to_owned();
    let (origin, number) = (text("origin"), text("custom_id"));
    if origin.eq_ignore_ascii_case("oVirt") {
        return Err(Fault::bad(
            "Cannot add External Event. Illegal Origin for External Event : oVirt",
        ));
    }
    let same =
        |it: &Handle| site.text(*it, "origin") == origin && site.text(*it, "custom_id") == number;
    if site.store.all("events").any(|it| same(&it)) {
        return Err(Fault::bad(
            "Cannot add External Event. External Event with this custom id already exists.",
        ));
    }
    let mut body = Element::new("event");
    for name in SAID {
        body.children_mut().extend(call.body.child(name).cloned());
    }
    let description: String = text("description").chars().take(LONGEST).collect();
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "code", code(&text("severity")));
    for (name, kind) in ABOUT {
        let Some(id) = call.id_at(name) else { continue };
        match site.top(kind, id) {
            Some(object) => {
                set_external_status(site, call, name, object);
                body.push(journal::reference(site, name, object));
            }
            None => body.push(Element::link(*name, id)),
        }
    }
    Ok(journal::write(site, body))
}

/// What others say of an event; the rest is the engine's.
const SAID: &[&str] =
    &["severity", "time", "correlation_id", "origin", "custom_id", "custom_data", "flood_rate"];

/// What an event of others may be about, and where that lives.
const ABOUT: &[(&str, &str)] = &[
    ("user", "users"),
    ("vm", "vms"),
    ("storage_domain", "storage_domains"),
    ("host", "hosts"),
    ("template", "templates"),
    ("cluster", "clusters"),
    ("data_center", "data_centers"),
];

/// How much is kept of a text.
const LONGEST: usize = 10_000;

/// Hosts and storage domains show how they are in the eyes of others, which an event may tell.
fn set_external_status(site: &mut Site, call: &Call, name: &str, object: Handle) {
    let status = call.text(&format!("{name}/external_status"));
    if let Some(status) = status.filter(|_| ["host", "storage_domain"].contains(&name)) {
        site.set(object, "external_status", status);
    }
}

/// The number of an external event of a severity.
fn code(severity: &str) -> &'static str {
    match severity {
        "warning" => "9802",
        "error" => "9803",
        "alert" => "9804",
        _ => "9801",
    }
}

/// Removing an event hides it from lists.
fn hide(site: &mut Site, _call: &Call, event: Handle) -> Result<(), Fault> {
    site.hide(event, Element::new("deleted"));
    Ok(())
}

/// Shows again the alerts that were hidden; nothing else comes back.
pub fn undelete(site: &mut Site) {
    let events: Vec<Handle> = site.store.all("events").collect();
    for event in events {
        if site.text(event, "severity") == "alert" && site.hidden(event, "deleted").is_some() {
            site.unhide(event, "deleted");
        }
    }
}
