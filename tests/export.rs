//! Exporting as a pure function: what was found goes in, manifests come out.

mod support;

use support::views::{desired, ledger, observed, outline};
use virtuform::export::{Export, LeftOut, export};
use virtuform::plan::{Limits, plan};

const SITE: &str = r#"
    <data_center id="d1"><name>east</name><local>false</local></data_center>
    <data_center id="d2"><name>west</name><local>false</local></data_center>
    <cluster id="c1"><name>east-1</name><data_center id="d1"/></cluster>
    <template id="t0"><name>Blank</name></template>"#;

/// Manifests of the site with some more objects; planning with them has to find nothing to do.
fn exported(objects: &str) -> Export {
    let observed = observed(&format!("{SITE}{objects}"));
    let export = export(&observed, &[]);
    let text = export.text();
    let plan = plan(&desired(&text), &observed, &ledger(&[]), &Limits::default());
    let plan = plan.unwrap_or_else(|problems| panic!("{problems}\nof\n{text}"));
    assert_eq!(outline(&plan), "", "of\n{text}");
    export
}

/// One section of them.
fn section(objects: &str, name: &str) -> String {
    let sections = exported(objects).sections;
    let found = sections.into_iter().find(|(section, _)| *section == name);
    found.map(|(_, text)| text).unwrap_or_default()
}

fn vm(name: &str, rest: &str) -> String {
    let name = name.replace('<', "&lt;");
    format!(
        "<vm id=\"{name}\"><name>{name}</name><cluster id=\"c1\"/><template id=\"t0\"/>{rest}</vm>"
    )
}

#[test]
fn a_name_that_is_no_key_is_written_beside_it() {
    let told = section(&vm("a/b {1..2}", "<comment>${x}: 'y'\ttab</comment>"), "vms");
    let expected = "vms:\n  a-b -1..2-: { name: 'a/b {1..2}', cluster: east-1, \
                    comment: \"$${x}: 'y'\\ttab\" }\n";
    assert_eq!(told, expected);
}

#[test]
fn what_has_the_same_name_in_two_data_centers_is_told_apart() {
    let networks = r#"
        <network id="n1"><name>web</name><data_center id="d1"/></network>
        <network id="n2"><name>web</name><data_center id="d2"/></network>
        <vnic_profile id="p1"><name>slow</name><network id="n2"/></vnic_profile>"#;
    let told = section(networks, "networks");
    let expected = "networks:\n  east-web: { name: web, data_center: east }\n  \
                    west-web: { name: web, data_center: west }\n";
    assert_eq!(told, expected);
    let told = section(networks, "vnic_profiles");
    assert_eq!(told, "vnic_profiles:\n  slow: { network: west-web, network_filter: null }\n");
}

#[test]
fn what_others_keep_is_left_out_with_the_reason() {
    let pool = "<vm_pool id=\"pool\"/>";
    let objects = [
        vm("desk-1", pool),
        vm("desk-2", pool),
        vm("engine", "<origin>managed_hosted_engine</origin>"),
        "<disk id=\"k0\"><alias>OVF_STORE</alias><content_type>ovf_store</content_type></disk>"
            .to_owned(),
    ];
    let export = exported(&objects.concat());
    assert!(!export.text().contains("vms:"), "{}", export.text());
    let left_out = |section, names: &[&str], why: &str| LeftOut {
        section,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        why: why.to_owned(),
    };
    let expected = [
        left_out("disks", &["OVF_STORE"], "the engine keeps them for itself"),
        left_out("vms", &["desk-1", "desk-2"], "its pool makes and removes it"),
        left_out("vms", &["engine"], "the engine itself runs in it"),
    ];
    assert_eq!(export.left_out, expected);
}

#[test]
fn nothing_tells_floating_disks_of_one_name_apart() {
    let disk = |id| format!("<disk id=\"{id}\"><alias>same</alias><format>raw</format></disk>");
    let export = exported(&(disk("k1") + &disk("k2")));
    assert!(!export.text().contains("disks:"));
    assert_eq!(export.left_out[0].names, ["same", "same"]);
}

#[test]
fn a_disk_of_one_machine_is_written_there_and_a_shared_one_by_itself() {
    let disk = |id| {
        format!(
            "<disk id=\"{id}\"><alias>{id}</alias><provisioned_size>1073741824</provisioned_size></disk>"
        )
    };
    let attached = |id: &str| {
        format!(
            "<disk_attachment id=\"{id}\"><interface>virtio</interface><active>true</active>\
             <disk id=\"{id}\"><alias>{id}</alias>\
             <provisioned_size>1073741824</provisioned_size></disk></disk_attachment>"
        )
    };
    let with = |name, disks: &[&str]| {
        let all: String = disks.iter().map(|id| attached(id)).collect();
        vm(name, &format!("<disk_attachments>{all}</disk_attachments>"))
    };
    let objects =
        disk("a_root") + &disk("share") + &with("a", &["a_root", "share"]) + &with("b", &["share"]);
    let told = section(&objects, "disks");
    assert_eq!(told, "disks:\n  share: { provisioned_size: 1 GiB }\n");
    let told = section(&objects, "vms");
    let expected = "vms:
  a:
    cluster: east-1
    disk_attachments:
      root: { interface: virtio, disk: { provisioned_size: 1 GiB } }
      share: { disk: { id: share }, interface: virtio }
  b:
    cluster: east-1
    disk_attachments: { share: { disk: { id: share }, interface: virtio } }
";
    assert_eq!(told, expected);
}

#[test]
fn what_a_manifest_cannot_ask_for_is_a_comment() {
    let told = section(&vm("a", "<status>suspended</status>"), "vms");
    let expected = "vms:\n  a:\n    # status: is suspended, which a manifest cannot say\n    \
                    cluster: east-1\n";
    assert_eq!(told, expected);
}

#[test]
fn the_boot_order_of_one_run_is_not_that_of_the_machine() {
    let boot = "<os><boot><devices><device>cdrom</device></devices></boot></os>";
    let told =
        section(&vm("a", &format!("<status>up</status><run_once>true</run_once>{boot}")), "vms");
    let comment = "# os.boot.devices: is shown as [cdrom], which need not be what it is";
    assert!(told.contains(comment), "{told}");
    let told = section(&vm("a", &format!("<status>up</status>{boot}")), "vms");
    assert!(told.contains("os: { boot: { devices: [cdrom] } }"), "{told}");
}

#[test]
fn what_waits_for_the_next_start_is_what_is_wanted() {
    let told = section(
        &vm("a", "<comment>old</comment><next_run><comment>new</comment></next_run>"),
        "vms",
    );
    assert!(told.contains("comment: new"), "{told}");
}

#[test]
fn a_machine_says_what_its_template_does_not() {
    let template = r#"<template id="t1"><name>base</name><cluster id="c1"/>
        <memory>1073741824</memory><tpm_enabled>true</tpm_enabled></template>"#;
    let vm = r#"<vm id="v"><name>v</name><cluster id="c1"/><template id="t1"/>
        <memory>1073741824</memory><tpm_enabled>false</tpm_enabled></vm>"#;
    let told = section(&format!("{template}{vm}"), "vms");
    assert_eq!(told, "vms:\n  v: { cluster: east-1, template: base, tpm_enabled: false }\n");
}

#[test]
fn a_host_says_which_of_its_cards_carries_a_network() {
    let host = r#"<network id="n"><name>store</name><data_center id="d1"/></network>
        <host id="h"><name>kvm</name><cluster id="c1"/><address>kvm.test</address>
        <nics><host_nic id="e"><name>eth0</name></host_nic></nics>
        <network_attachments><network_attachment id="a"><network id="n"/><host_nic id="e"/>
        <in_sync>true</in_sync></network_attachment></network_attachments></host>"#;
    let told = section(host, "hosts");
    assert!(told.contains("network_attachments: { store: { host_nic: eth0 } }"), "{told}");
}

#[test]
fn what_any_manifest_would_change_is_left_out() {
    let host = r#"<network id="n"><name>store</name><data_center id="d1"/></network>
        <host id="h"><name>kvm</name><cluster id="c1"/><address>kvm.test</address>
        <network_attachments><network_attachment id="a"><network id="n"/>
        <in_sync>false</in_sync></network_attachment></network_attachments></host>"#;
    let left_out = exported(host).left_out;
    assert_eq!(left_out[0].why, "`in_sync` is false, which any manifest would change");
}
