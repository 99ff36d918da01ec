//! Providers of hosts, such as Foreman: what they know can be looked at.

use super::provider::{self, add_child};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// What is special about providers of hosts.
pub const RULES: Rules = Rules::of("external_host_providers").add(add).update(update).actions(&[
    ("test_connectivity", provider::test_connectivity),
    ("import_certificates", provider::import_certificates),
]);

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    provider::check(site, call, None, "add")?;
    let mut body = generic::draft(site, call);
    provider::prepare(&mut body);
    let made = generic::put(site, call, None, body);
    for number in 1..=2 {
        let (name, address) = (format!("host-{number}"), format!("192.0.2.{number}"));
        let says = [("name", name.as_str()), ("address", &address)];
        add_child(site, made, "external_hosts", "external_host", &says);
        let (name, mac) =
            (format!("mac5254000000{number:02}"), format!("52:54:00:00:00:{number:02}"));
        let says = [
            ("name", name.as_str()),
            ("ip", &address),
            ("mac", &mac),
            ("subnet_name", "provisioning"),
            ("last_report", "2026-01-01 00:00:00 UTC"),
        ];
        add_child(site, made, "external_discovered_hosts", "external_discovered_host", &says);
    }
    let says = [
        ("name", "ovirt-hosts"),
        ("architecture_name", "x86_64"),
        ("domain_name", "example.com"),
        ("operating_system_name", "oVirt Node 4.5"),
        ("subnet_name", "provisioning"),
    ];
    add_child(site, made, "external_host_groups", "external_host_group", &says);
    let says = [
        ("name", "this engine"),
        ("provider", "oVirt"),
        ("url", "https://localhost/ovirt-engine/api"),
        ("user", "admin@internal"),
    ];
    add_child(site, made, "external_compute_resources", "external_compute_resource", &says);
    Ok(made)
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    provider::check(site, call, Some(target), "edit")?;
    generic::update(site, call, target)?;
    site.edit(target, provider::prepare);
    Ok(())
}
