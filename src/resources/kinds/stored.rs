//! What lies on a storage domain and is no object of the engine, or not yet one.

use crate::resources::{Attribute, Fields, Kind, Value, text};

use super::{STORAGE_DOMAIN, name};

/// VMs on a data domain that came with it.
pub static UNREGISTERED_VM: Kind =
    stored("unregistered_vm", "unregistered_vms", "A VM that came with a data domain.")
        .element("vm")
        .segment("vms")
        .asked_with(UNREGISTERED);

/// Templates on a data domain that came with it.
pub static UNREGISTERED_TEMPLATE: Kind = stored(
    "unregistered_template",
    "unregistered_templates",
    "A template that came with a data domain.",
)
.element("template")
.segment("templates")
.asked_with(UNREGISTERED);

/// Disks on a data domain that came with it.
pub static UNREGISTERED_DISK: Kind = Kind::only_referred(
    "unregistered_disk",
    "unregistered_disks",
    "A disk that came with a data domain.",
    DISK,
)
.below(&STORAGE_DOMAIN)
.by_parent()
.identity(&["alias"])
.element("disk")
.segment("disks")
.asked_with(UNREGISTERED);

/// VMs on an export domain.
pub static EXPORTED_VM: Kind =
    stored("exported_vm", "exported_vms", "A VM on an export domain.").element("vm").segment("vms");

/// Templates on an export domain.
pub static EXPORTED_TEMPLATE: Kind =
    stored("exported_template", "exported_templates", "A template on an export domain.")
        .element("template")
        .segment("templates");

/// Files on an ISO domain, which shows them while it is active.
pub static FILE: Kind = stored("file", "files", "A disc on an ISO domain.").asked_of(has_files);

fn has_files(domain: &Fields) -> bool {
    let is = |name: &str, word| domain.named(name).and_then(Value::as_text) == Some(word);
    is("type", "iso") && is("status", "active")
}

const UNREGISTERED: (&str, &str) = ("unregistered", "true");

/// Asked for where manifests speak of a domain beside it.
const fn stored(name: &'static str, section: &'static str, summary: &'static str) -> Kind {
    Kind::only_referred(name, section, summary, ATTRIBUTES).below(&STORAGE_DOMAIN).by_parent()
}

static ATTRIBUTES: &[Attribute] = &[name("Name.")];

static DISK: &[Attribute] = &[text("alias", "Name.").from_key().engine_default()];
