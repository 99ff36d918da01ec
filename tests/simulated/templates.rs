//! Templates, their versions, and instance types.

use crate::asking::{Asking, ZERO, refused};

/// Makes a template of a machine and waits for it; returns its id.
fn template(it: &mut Asking, document: &str) -> String {
    let id = it.add("/templates", document);
    it.pass(9);
    id
}

fn machine(it: &mut Asking, name: &str) -> String {
    let id = it.vm(name, "");
    it.pass(6);
    id
}

#[test]
fn a_template_in_the_making_holds_its_source() {
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    let document = format!("<template><name>gold</name><vm id=\"{vm}\"/></template>");
    let id = it.add("/templates", &document);
    let path = format!("/templates/{id}");
    let start = format!("/vms/{vm}/start");
    let from = "[Cannot run VM. Template is being created from this VM.]";
    refused(&mut it, "POST", &start, "<action/>", 409, from);
    let new = format!(
        "<vm><name>n</name><cluster><name>lab</name></cluster><template id=\"{id}\"/></vm>"
    );
    refused(&mut it, "POST", "/vms", &new, 409, "[Cannot add VM. Template gold is being created.]");
    let locked = "[Template is currently locked (temporarily).]";
    refused(&mut it, "PUT", &path, "<template><comment>c</comment></template>", 409, locked);
    refused(&mut it, "DELETE", &path, "", 409, locked);
    it.pass(9);
    it.post("/vms", &new);
    let used = "[Cannot remove Template. This template is currently in use to create VM n.]";
    refused(&mut it, "DELETE", &path, "", 409, used);
    it.pass(6);
    let derived = "[Cannot delete Template. Template is being used by the following VMs: n.]";
    refused(&mut it, "DELETE", &path, "", 409, derived);
    let again = format!("<template><name>gold</name><vm id=\"{vm}\"/></template>");
    let taken = "[Cannot add Template. The Template name is already in use, please choose a unique name and try again.]";
    refused(&mut it, "POST", "/templates", &again, 409, taken);
}

#[test]
fn versions_are_numbered_and_called_alike() {
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    let base =
        template(&mut it, &format!("<template><name>gold</name><vm id=\"{vm}\"/></template>"));
    let version = |base: &str| {
        format!(
            "<template><name>other</name><vm id=\"{vm}\"/><version><base_template id=\"{base}\"/><version_name>v</version_name></version></template>"
        )
    };
    let second = template(&mut it, &version(&base));
    let path = format!("/templates/{second}");
    assert_eq!(it.text(&path, "name"), "gold");
    let made = it.add(
        "/vms",
        &format!(
            "<vm><name>n</name><cluster><name>lab</name></cluster><template id=\"{base}\"/></vm>"
        ),
    );
    it.pass(6);
    let other = format!("<vm><template id=\"{second}\"/></vm>");
    let pools = "[Cannot edit VM. The Template can be changed for pool VMs only.]";
    refused(&mut it, "PUT", &format!("/vms/{made}"), &other, 400, pools);
    it.delete(&format!("/vms/{made}"));
    // Its disks go later.
    it.pass(10);
    assert_eq!(it.text(&path, "version/version_number"), "2");
    let name = "[Cannot update the name of Sub-Templates, Only the Version name can be updated.]";
    refused(&mut it, "PUT", &path, "<template><name>x</name></template>", 400, name);
    it.put(&path, "<template><version><version_name>two</version_name></version></template>");
    assert_eq!(it.text(&path, "version/version_name"), "two");
    let first = "[Cannot add Template. Only the first template version can be selected as the base template.]";
    refused(&mut it, "POST", "/templates", &version(&second), 400, first);
    let blank = "[Blank template can't have sub-templates.]";
    refused(&mut it, "POST", "/templates", &version(ZERO), 400, blank);
    it.put(&format!("/templates/{base}"), "<template><name>silver</name></template>");
    assert_eq!(it.text(&path, "name"), "silver");
    it.delete(&format!("/templates/{base}"));
    it.pass(3);
    let heir = it.get(&path);
    assert_eq!(heir.at("version/base_template").unwrap().id(), Some(second.as_str()));
}

#[test]
fn who_follows_the_latest_version_is_made_anew() {
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    let base =
        template(&mut it, &format!("<template><name>gold</name><vm id=\"{vm}\"/></template>"));
    let new = format!(
        "<vm><name>n</name><cluster><name>lab</name></cluster><template id=\"{base}\"/><use_latest_template_version>true</use_latest_template_version><stateless>true</stateless></vm>"
    );
    let follower = format!("/vms/{}", it.add("/vms", &new));
    it.pass(6);
    let disk = |it: &mut Asking| {
        it.get(&format!("{follower}/diskattachments")).children()[0].id().unwrap().to_owned()
    };
    let old = disk(&mut it);
    let second = template(
        &mut it,
        &format!(
            "<template><name>x</name><vm id=\"{vm}\"/><version><base_template id=\"{base}\"/></version></template>"
        ),
    );
    it.pass(6);
    assert_eq!(it.get(&follower).child("template").unwrap().id(), Some(second.as_str()));
    assert_ne!(disk(&mut it), old, "new disks");
    assert_eq!(it.text(&follower, "status"), "down");
}

#[test]
fn what_is_not_made_a_template() {
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    it.put(&format!("/vms/{vm}"), "<vm><os><type>windows_2022</type></os></vm>");
    let document = format!("<template><name>w</name><vm id=\"{vm}\"/></template>");
    let windows = "[Cannot add Template. Sealing of Windows systems is currently not supported.]";
    refused(&mut it, "POST", "/templates?seal=true", &document, 400, windows);
    for document in
        ["<template><vm><name>gold</name></vm></template>", "<template><name>t</name></template>"]
    {
        assert_eq!(it.refusal("POST", "/templates", document).0, 400, "{document}");
    }
    let blank = format!("/templates/{ZERO}");
    refused(
        &mut it,
        "DELETE",
        &blank,
        "",
        409,
        "[Cannot remove Template. Removing Blank Template is not allowed.]",
    );
    let host = it.id("hosts", "host-1");
    let ova = format!("<action><host id=\"{host}\"/><directory>/tmp</directory></action>");
    refused(
        &mut it,
        "POST",
        &format!("{blank}/export"),
        &ova,
        409,
        "[Cannot export Blank Template.]",
    );
    let rhel = it.id("templates", "rhel-9");
    let path = format!("/templates/{rhel}");
    it.put(&path, "<template><delete_protected>true</delete_protected></template>");
    it.delete(&format!("/vms/{vm}"));
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot remove Template. Delete protection is enabled.",
    );
    let disk = it.get(&format!("{path}/diskattachments")).children()[0].id().unwrap().to_owned();
    let copy = format!("{path}/diskattachments/{disk}");
    refused(
        &mut it,
        "DELETE",
        &copy,
        "",
        400,
        "[Cannot remove Virtual Disk. A storage domain must be specified when deleting one of a template's disk's copies.]",
    );
    let domain = it.id("storagedomains", "nfs-1");
    let last =
        "[Cannot remove Virtual Disk. The image is the only remaining copy of a Template disk.]";
    refused(&mut it, "DELETE", &format!("{copy}?storage_domain={domain}"), "", 409, last);
}

#[test]
fn machines_are_thin_where_a_copy_is_and_keep_it_there() {
    let mut it = Asking::lab();
    let path = format!("/templates/{}", it.id("templates", "rhel-9"));
    let disk = it.get(&format!("{path}/diskattachments")).children()[0].id().unwrap().to_owned();
    let domain = it.id("storagedomains", "nfs-2");
    let new = format!(
        "<vm><name>thin</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template><storage_domain id=\"{domain}\"/></vm>"
    );
    let far = "[Cannot add VM. The selected Storage Domain does not contain the VM Template.]";
    refused(&mut it, "POST", "/vms", &new, 400, far);
    it.post(
        &format!("/disks/{disk}/copy"),
        &format!("<action><storage_domain id=\"{domain}\"/></action>"),
    );
    it.pass(60);
    let vm = it.add("/vms", &new);
    it.pass(60);
    let made = it.get(&format!("/vms/{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    let places = it.get(&format!("/disks/{made}")).child("storage_domains").cloned().unwrap();
    assert_eq!(places.children()[0].id(), Some(&*domain));
    let copy = format!("{path}/diskattachments/{disk}?storage_domain={domain}");
    let used = "[Cannot delete Template. Template is being used by the following VMs: thin.]";
    refused(&mut it, "DELETE", &copy, "", 409, used);
}

#[test]
fn an_instance_type_rules_its_machines() {
    let mut it = Asking::lab();
    let kind = it.add("/instancetypes", "<instance_type><name>own</name><memory>2147483648</memory><cpu><topology><sockets>2</sockets></topology></cpu></instance_type>");
    let path = format!("/instancetypes/{kind}");
    let vm = it.vm("web", &format!("<memory>1073741824</memory><instance_type id=\"{kind}\"/>"));
    let vm = format!("/vms/{vm}");
    it.pass(6);
    assert_eq!(it.text(&vm, "memory"), "2147483648", "what was sent is lost");
    it.put(&vm, "<vm><memory>1073741824</memory></vm>");
    assert_eq!(it.text(&vm, "memory"), "2147483648", "on every update");
    it.put(
        &path,
        "<instance_type><cpu><topology><sockets>4</sockets></topology></cpu></instance_type>",
    );
    assert_eq!(it.text(&vm, "cpu/topology/sockets"), "4");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    it.put(
        &path,
        "<instance_type><cpu><topology><sockets>8</sockets></topology></cpu></instance_type>",
    );
    assert_eq!(it.text(&vm, "cpu/topology/sockets"), "4");
    assert_eq!(it.text(&format!("{vm}?next_run=true"), "cpu/topology/sockets"), "8");
    let again = "<instance_type><name>own</name></instance_type>";
    let taken = "[Cannot add Instance Type. The Instance Type name is already in use, please choose a unique name and try again.]";
    refused(&mut it, "POST", "/instancetypes", again, 409, taken);
    it.delete(&path);
    assert!(it.get(&vm).child("instance_type").is_none());
}

#[test]
fn a_follower_keeps_to_its_chain() {
    let mut it = Asking::lab();
    let new = "<vm><name>n</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template><use_latest_template_version>true</use_latest_template_version><stateless>true</stateless></vm>";
    let path = format!("/vms/{}", it.add("/vms", new));
    it.pass(6);
    let other = it.id("templates", "debian-12");
    let document = format!("<vm><template id=\"{other}\"/></vm>");
    let chain = "[Cannot edit VM. The requested template doesn't belong to the same base template as the original template.]";
    refused(&mut it, "PUT", &path, &document, 400, chain);
    let origin = "[Failed updating the properties of the VM template.]";
    let change = "<template><origin>vmware</origin></template>";
    refused(&mut it, "PUT", &format!("/templates/{other}"), change, 400, origin);
}

#[test]
fn what_templates_refuse_while_others_need_them() {
    let mut it = Asking::lab();
    let unknown = "11111111-2222-4333-8444-555555555555";
    let vm = machine(&mut it, "gold");
    let orphan = format!(
        "<template><name>g</name><vm id=\"{vm}\"/><version><base_template id=\"{unknown}\"/></version></template>"
    );
    let base = "[Cannot add Template. Base Template does not exist for this Template Version.]";
    refused(&mut it, "POST", "/templates", &orphan, 400, base);
    let id = it.add("/templates", &format!("<template><name>g</name><vm id=\"{vm}\"/></template>"));
    let path = format!("/templates/{id}");
    let host = it.id("hosts", "host-1");
    let ova = format!("<action><host id=\"{host}\"/><directory>/tmp</directory></action>");
    let locked = "[Template's Image is locked (temporarily).]";
    refused(&mut it, "POST", &format!("{path}/export"), &ova, 409, locked);
    it.pass(9);
    let gone = format!("<action><host id=\"{unknown}\"/><directory>/tmp</directory></action>");
    let text = "[The selected Host does not exist.]";
    refused(&mut it, "POST", &format!("{path}/export"), &gone, 400, text);
    let gone = format!("<action><storage_domain id=\"{unknown}\"/></action>");
    let text = "[Cannot export Template. Storage Domain doesn't exist.]";
    refused(&mut it, "POST", &format!("{path}/export"), &gone, 409, text);
    it.add("/vmpools", &format!("<vm_pool><name>p</name><cluster><name>lab</name></cluster><template id=\"{id}\"/></vm_pool>"));
    it.pass(20);
    let used = "[Cannot remove Template. The Template is in use by a VM-Pool.]";
    refused(&mut it, "DELETE", &path, "", 409, used);
}

#[test]
fn what_failed_to_become_a_template_is_none() {
    use virtuform::simulated::{Effect, Trouble};
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    it.engine.trouble(Trouble::on("POST", "/templates", Effect::FailWork));
    it.login();
    let document = format!("<template><name>g</name><vm id=\"{vm}\"/></template>");
    it.over_http("POST", "/templates", &document);
    it.pass(9);
    let id = it.id("templates", "g");
    assert_eq!(it.text(&format!("/templates/{id}"), "status"), "illegal");
    let new = format!(
        "<vm><name>n</name><cluster><name>lab</name></cluster><template id=\"{id}\"/></vm>"
    );
    let invalid = "[Template's Image is invalid (temporarily).]";
    refused(&mut it, "POST", "/vms", &new, 409, invalid);
}

#[test]
fn sealing_takes_its_time_for_the_template_and_for_what_is_made_of_it() {
    let mut it = Asking::lab();
    let vm = machine(&mut it, "gold");
    let document = format!("<template><name>sealed</name><vm id=\"{vm}\"/></template>");
    let id = it.add("/templates?seal=true", &document);
    let path = format!("/templates/{id}");
    it.pass(9);
    assert_eq!(it.text(&path, "status"), "locked", "copied, and not sealed yet");
    it.pass(6);
    assert_eq!(it.text(&path, "status"), "ok");
    let new = |name: &str| {
        format!(
            "<vm><name>{name}</name><cluster><name>lab</name></cluster><template id=\"{id}\"/></vm>"
        )
    };
    let sealed = it.add("/vms", &new("sealed"));
    let plain = it.add("/vms?seal=false", &new("plain"));
    it.pass(6);
    assert_eq!(it.text(&format!("/vms/{plain}"), "status"), "down");
    assert_eq!(it.text(&format!("/vms/{sealed}"), "status"), "image_locked");
    it.pass(6);
    assert_eq!(it.text(&format!("/vms/{sealed}"), "status"), "down");
}

#[test]
fn what_a_described_template_lacks() {
    let mut it = Asking::lab();
    let id = "7d3b1c55-8a1e-4a0f-9f9d-0a6b1f2c3d4e";
    let ovf = format!(
        "<ovf:Envelope xmlns:ovf=\"o\" xmlns:rasd=\"r\"><Content ovf:id=\"{id}\"><Name>old</Name></Content></ovf:Envelope>"
    );
    let escaped = ovf.replace('<', "&lt;").replace('>', "&gt;");
    let document = |cluster: &str, data: &str| {
        format!(
            "<template>{cluster}<initialization><configuration><type>ovf</type><data>{data}</data></configuration></initialization></template>"
        )
    };
    let nowhere = "<cluster id=\"11111111-2222-4333-8444-555555555555\"/>";
    let text = "[Cannot import Template. Cluster ID is not valid.]";
    refused(&mut it, "POST", "/templates", &document(nowhere, &escaped), 400, text);
    let lab = "<cluster><name>lab</name></cluster>";
    assert_eq!(it.add("/templates", &document(lab, &escaped)), id);
    let text = "[Cannot import Template. Template or VM with the same ID already exists in the system. Please remove the Template or VM (old) from the system first]";
    refused(&mut it, "POST", "/templates", &document(lab, &escaped), 409, text);
}
