//! What a real engine drops without a word: a strict one says so, a lenient one drops it too.

use virtuform::simulated::{Lab, Options, Simulated};

use crate::asking::{Asking, refused};

fn lenient() -> Asking {
    let mut engine = Simulated::new(Options { strict: false, ..Options::default() });
    engine.lab(&Lab::default());
    Asking::of(engine)
}

#[test]
fn a_strict_engine_says_what_a_real_one_ignores() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    let host = it.host("host-1");
    let nics = format!("{vm}/nics");
    for (method, path, document, text) in [
        (
            "POST",
            "/vms",
            "<vm><name>x</name><nics><nic><name>n</name></nic></nics></vm>",
            "a real engine ignores `vm.nics` silently",
        ),
        (
            "PUT",
            &host,
            "<host><power_management><address>10.0.0.1</address></power_management></host>",
            "a real engine ignores `host.power_management.address` silently",
        ),
        (
            "POST",
            &nics,
            "<nic><name>n</name><vnic_profile><name>ovirtmgmt</name></vnic_profile></nic>",
            "a real engine takes `nic.vnic_profile` by id only: it ignores the name and clears",
        ),
        (
            "PUT",
            &vm,
            "<vm><cpu_profile/></vm>",
            "a real engine takes `vm.cpu_profile` by id only, and ignores it silently",
        ),
    ] {
        refused(&mut it, method, path, document, 400, text);
    }
    let (_, text) = it.refusal("PUT", &vm, "<vm><os><kind>x</kind></os></vm>");
    assert!(
        text.starts_with("For correct usage, see: ") && text.contains("`vm.os.kind` is unknown")
    );
}

#[test]
fn a_lenient_engine_does_what_a_real_one_does() {
    let mut it = lenient();
    let web = it.vm("web", "<nics><nic><name>n</name></nic></nics><cpu_profile/>");
    it.pass(6);
    let vm = it.get(&format!("/vms/{web}?follow=nics"));
    assert_eq!(vm.at("nics").unwrap().children().len(), 1, "that of the template");
    assert!(vm.at("cpu_profile").unwrap().id().is_some());
    let nic = "<nic><name>n</name><vnic_profile><name>ovirtmgmt</name></vnic_profile></nic>";
    let nic = it.post(&format!("/vms/{web}/nics"), nic);
    assert!(nic.child("vnic_profile").is_none(), "an empty profile");
}

#[test]
fn numbers_dates_and_ids_have_their_limits() {
    let mut it = Asking::lab();
    for (document, text) in [
        (
            "<vm><memory>9223372036854775808</memory></vm>",
            "Value 9223372036854775808 is greater than maximum long 9223372036854775807",
        ),
        (
            "<vm><cpu_shares>2147483648</cpu_shares></vm>",
            "Value 2147483648 is greater than maximum integer 2147483647",
        ),
        ("<vm><cluster id='lab'/></vm>", "Invalid UUID string: lab"),
        ("<vm><creation_time>yesterday</creation_time></vm>", "For correct usage"),
        ("<vm><memory>1.5</memory></vm>", "For correct usage"),
        ("<vm><memory>-</memory></vm>", "For correct usage"),
    ] {
        refused(&mut it, "POST", "/vms", document, 400, text);
    }
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><stateless/></vm>",
        400,
        "Value \"\" isn't a valid boolean, it should be \"true\" , \"false\", \"0\" or \"1\"",
    );
}
