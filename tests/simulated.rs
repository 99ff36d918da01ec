//! The simulated engine, asked directly.

use virtuform::simulated::{Lab, Options, Simulated};
use virtuform::xml::Element;

/// An engine with a lab.
fn lab() -> Simulated {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::default());
    engine
}

fn ok(engine: &mut Simulated, method: &str, path: &str, document: &str) -> Element {
    let (status, reply) = engine.direct(method, path, document);
    assert!(
        (200..300).contains(&status),
        "{method} {path} {document}: {status} {}",
        reply.map(|it| it.to_string()).unwrap_or_default()
    );
    reply.unwrap_or_default()
}

#[test]
fn a_machine_is_made_from_a_template() {
    let mut engine = lab();
    let vm = ok(
        &mut engine,
        "POST",
        "/vms",
        "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>",
    );
    assert_eq!(vm.text_at("status"), Some("image_locked"));
    engine.settle();
    let path = format!("/vms/{}?follow=nics,disk_attachments.disk", vm.id().unwrap());
    let vm = ok(&mut engine, "GET", &path, "");
    assert_eq!(vm.text_at("status"), Some("down"), "{vm}");
    assert_eq!(vm.text_at("disk_attachments/disk_attachment/disk/status"), Some("ok"));
    assert_eq!(vm.text_at("disk_attachments/disk_attachment/disk/alias"), Some("rhel-9_disk"));
    assert_eq!(vm.text_at("nics/nic/name"), Some("nic1"));
    let path = format!("/vms/{}/start", vm.id().unwrap());
    let action = ok(&mut engine, "POST", &path, "<action/>");
    assert_eq!(action.text_at("vm/status"), Some("wait_for_launch"), "{action}");
}
