//! What a machine has that nobody asked for.

use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Shown only to those who ask for all.
const GATED: &[&str] =
    &["console", "virtio_scsi", "soundcard_enabled", "rng_device", "tpm_enabled"];

/// Not inherited from a template.
const OWN: &[&str] = &[
    "usb",
    "lease",
    "storage_error_resume_behaviour",
    "custom_compatibility_version",
    "comment",
    "description",
    "name",
    "status",
    "creation_time",
    "version",
    "cluster",
    "quota",
    "cpu_profile",
    "storage_domain",
    "vm",
    "delete_protected",
];

/// Fills in what neither document nor template say.
pub fn fill(body: &mut Element) {
    for (path, value) in [
        ("type", "server"),
        ("memory", "1073741824"),
        ("memory_policy/ballooning", "true"),
        ("cpu/topology/sockets", "1"),
        ("cpu/topology/cores", "1"),
        ("cpu/topology/threads", "1"),
        ("cpu_shares", "0"),
        ("cpu_pinning_policy", "none"),
        ("auto_pinning_policy", "disabled"),
        ("os/type", "other"),
        ("os/boot/devices/device", "hd"),
        ("bios/boot_menu/enabled", "false"),
        ("time_zone/name", "Etc/GMT"),
        ("display/type", "vnc"),
        ("display/video_type", "vga"),
        ("display/monitors", "1"),
        ("display/smartcard_enabled", "false"),
        ("display/allow_override", "false"),
        ("display/file_transfer_enabled", "true"),
        ("display/copy_paste_enabled", "true"),
        ("display/disconnect_action", "LOCK_SCREEN"),
        ("display/disconnect_action_delay", "0"),
        ("high_availability/enabled", "false"),
        ("high_availability/priority", "1"),
        ("io/threads", "1"),
        ("migration/auto_converge", "inherit"),
        ("migration/compressed", "inherit"),
        ("migration/encrypted", "inherit"),
        ("migration_downtime", "-1"),
        ("multi_queues_enabled", "true"),
        ("virtio_scsi_multi_queues_enabled", "false"),
        ("origin", "ovirt"),
        ("placement_policy/affinity", "migratable"),
        ("stateless", "false"),
        ("start_paused", "false"),
        ("delete_protected", "false"),
        ("storage_error_resume_behaviour", "auto_resume"),
        ("usb/enabled", "false"),
        ("console/enabled", "false"),
        ("virtio_scsi/enabled", "true"),
        ("soundcard_enabled", "false"),
        ("tpm_enabled", "false"),
    ] {
        tree::default(body, path, value);
    }
    if body.child("rng_device").is_none() {
        tree::set(body, "rng_device/source", "urandom");
    }
    if body.child("sso").is_none() {
        let method = Element::link("method", "guest_agent");
        body.push(Element::new("sso").with(Element::new("methods").with(method)));
    }
}

/// What a machine takes over from a template.
pub fn from_template(site: &Site, template: Handle, name: &'static str) -> Element {
    let mut body = Element::new(name);
    *body.children_mut() = site.body(template).children().to_vec();
    body.children_mut().retain(|it| !OWN.contains(&it.name()));
    for path in ["migration/policy", "migration/encrypted", "memory_policy/ballooning"] {
        tree::drop_at(&mut body, path);
    }
    body
}

/// Hides what was not asked for.
pub fn hide_gated(element: &mut Element) {
    element.children_mut().retain(|it| !GATED.contains(&it.name()));
}

/// Hides the password that a guest gets.
pub fn mask(element: &mut Element) {
    if element.at("initialization/root_password").is_some() {
        tree::set(element, "initialization/root_password", "******");
    }
}
