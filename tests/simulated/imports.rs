//! Machines and templates that leave with their storage, and come back.

use virtuform::xml::Element;

use crate::asking::{Asking, refused};

fn domain(it: &mut Asking, name: &str, sort: &str) -> String {
    let document = format!(
        "<storage_domain><name>{name}</name><type>{sort}</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/{name}</path></storage></storage_domain>"
    );
    let id = it.add("/storagedomains", &document);
    attach(it, &id);
    id
}

fn attach(it: &mut Asking, id: &str) -> String {
    let center = it.id("datacenters", "lab");
    let all = format!("/datacenters/{center}/storagedomains");
    it.add(&all, &format!("<storage_domain id=\"{id}\"/>"));
    it.pass(12);
    format!("{all}/{id}")
}

/// Takes a domain out of its data center.
fn detach(it: &mut Asking, attached: &str) {
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    it.delete(attached);
}

/// A machine with its only disk on a domain.
fn machine(it: &mut Asking, domain: &str) -> String {
    let vm = it.add("/vms", "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    let disk = crate::asking::disk("root", 1).replace("nfs-1", domain);
    it.post(
        &format!("/vms/{vm}/diskattachments"),
        &format!("<disk_attachment><interface>virtio_scsi</interface><bootable>true</bootable>{disk}</disk_attachment>"),
    );
    it.pass(4);
    it.add(&format!("/vms/{vm}/nics"), "<nic><name>nic1</name></nic>");
    vm
}

#[test]
fn a_machine_leaves_with_its_domain_and_is_registered_again() {
    let mut it = Asking::lab();
    let data = domain(&mut it, "data", "data");
    let vm = machine(&mut it, "data");
    let mac =
        it.get(&format!("/vms/{vm}/nics")).children()[0].text_at("mac/address").unwrap().to_owned();
    let center = it.id("datacenters", "lab");
    detach(&mut it, &format!("/datacenters/{center}/storagedomains/{data}"));
    assert_eq!(it.ask("GET", &format!("/vms/{vm}"), "").0, 404);
    attach(&mut it, &data);
    let vms = format!("/storagedomains/{data}/vms");
    assert_eq!(it.get(&vms).children().len(), 0);
    let lost = it.get(&format!("{vms}?unregistered=true"));
    assert_eq!(lost.children()[0].id(), Some(vm.as_str()));
    let register = format!("{vms}/{vm}/register");
    let other = it.add("/vms", "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    refused(
        &mut it,
        "POST",
        &register,
        "<action/>",
        409,
        "[Import VM failed - VM Name already exists in the Data Center.",
    );
    it.put(&format!("/vms/{other}"), "<vm><name>db</name></vm>");
    it.add(
        &format!("/vms/{other}/nics"),
        &format!("<nic><name>nic1</name><mac><address>{mac}</address></mac></nic>"),
    );
    refused(&mut it, "POST", &register, "<action/>", 409, "[MAC Address is already in use");
    let cluster = "<cluster><name>Default</name></cluster>";
    refused(
        &mut it,
        "POST",
        &register,
        &format!("<action>{cluster}</action>"),
        400,
        "[Cannot import VM. Storage Domain and Cluster must be in the same Storage Pool.]",
    );
    it.post(&register, "<action><cluster><name>lab</name></cluster><reassign_bad_macs>true</reassign_bad_macs></action>");
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "down");
    let attached = it.get(&format!("/vms/{vm}/diskattachments"));
    let disk = attached.children()[0].id().unwrap();
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "ok");
    assert_eq!(it.get(&vms).children().len(), 1, "now it is one of the domain's own");
}

#[test]
fn what_is_registered_is_tied_to_what_has_the_names() {
    let mut it = Asking::lab();
    let data = domain(&mut it, "data", "data");
    let vm = machine(&mut it, "data");
    let groups = format!("/clusters/{}/affinitygroups", it.id("clusters", "lab"));
    let group = |name: &str| format!("<affinity_group><name>{name}</name></affinity_group>");
    let (apart, other) = (it.add(&groups, &group("apart")), it.add(&groups, &group("other")));
    it.post(&format!("{groups}/{apart}/vms"), &format!("<vm id=\"{vm}\"/>"));
    let label = |name: &str| format!("<affinity_label><name>{name}</name></affinity_label>");
    let (gold, silver) =
        (it.add("/affinitylabels", &label("gold")), it.add("/affinitylabels", &label("silver")));
    it.post(&format!("/affinitylabels/{gold}/vms"), &format!("<vm id=\"{vm}\"/>"));
    let user = it.get("/users").children()[0].id().unwrap().to_owned();
    it.post(
        &format!("/vms/{vm}/permissions"),
        &format!(
            "<permission><role><name>UserRole</name></role><user id=\"{user}\"/></permission>"
        ),
    );
    let center = it.id("datacenters", "lab");
    let attached = format!("/datacenters/{center}/storagedomains/{data}");
    let members = |it: &mut Asking, path: String| it.get(&format!("{path}/vms")).children().len();
    let register = |it: &mut Asking, mappings: &str| {
        detach(it, &attached);
        assert_eq!(members(it, format!("{groups}/{apart}")), 0);
        assert_eq!(members(it, format!("/affinitylabels/{gold}")), 0);
        attach(it, &data);
        it.post(
            &format!("/storagedomains/{data}/vms/{vm}/register"),
            &format!(
                "<action><registration_configuration>{mappings}</registration_configuration>\
                 </action>"
            ),
        );
    };
    let roles = |it: &mut Asking| {
        let found = it.get(&format!("/vms/{vm}/permissions"));
        let roles = found.children().iter().filter_map(|it| it.child("role")?.id());
        roles.map(str::to_owned).collect::<Vec<_>>()
    };
    let (role, manager) = (it.id("roles", "UserRole"), it.id("roles", "UserVmManager"));
    register(&mut it, "");
    assert_eq!(members(&mut it, format!("{groups}/{apart}")), 1);
    assert_eq!(members(&mut it, format!("/affinitylabels/{gold}")), 1);
    assert!(roles(&mut it).contains(&role));
    let map = |sort: &str, from: &str, to: &str| {
        format!(
            "<{sort}_mappings><registration_{sort}_mapping><from><name>{from}</name></from>\
             <to><name>{to}</name></to></registration_{sort}_mapping></{sort}_mappings>"
        )
    };
    let mappings = map("affinity_group", "apart", "other")
        + &map("affinity_label", "gold", "silver")
        + &map("role", "UserRole", "UserVmManager")
        + &map("domain", "admin", "nowhere");
    register(&mut it, &mappings);
    assert_eq!(members(&mut it, format!("{groups}/{apart}")), 0);
    assert_eq!(members(&mut it, format!("{groups}/{other}")), 1);
    assert_eq!(members(&mut it, format!("/affinitylabels/{silver}")), 1);
    let roles = roles(&mut it);
    assert!(roles.contains(&manager) && !roles.contains(&role), "{roles:?}");
    // What it is mapped to may be missing: then the old name counts.
    register(&mut it, &map("affinity_group", "other", "gone"));
    assert_eq!(members(&mut it, format!("{groups}/{other}")), 1);
}

#[test]
fn an_export_domain_keeps_what_is_imported() {
    let mut it = Asking::lab();
    let export = domain(&mut it, "export", "export");
    let vm = machine(&mut it, "nfs-1");
    let action = format!("/vms/{vm}/export");
    refused(
        &mut it,
        "POST",
        &action,
        "<action><storage_domain><name>nfs-2</name></storage_domain></action>",
        400,
        "[Cannot export VM. The specified domain 'nfs-2' is not an export domain.]",
    );
    it.post(&action, "<action><storage_domain><name>export</name></storage_domain></action>");
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "image_locked");
    it.pass(10);
    let kept = format!("/storagedomains/{export}/vms");
    assert_eq!(it.get(&kept).children()[0].id(), Some(vm.as_str()));
    let import = format!("{kept}/{vm}/import");
    let to = |more: &str| {
        format!(
            "<action><storage_domain><name>nfs-2</name></storage_domain><cluster><name>lab</name></cluster>{more}</action>"
        )
    };
    refused(
        &mut it,
        "POST",
        &import,
        &to(""),
        409,
        "[Import VM failed - VM ID already exists in the system. Please remove the VM (web) from the system first]",
    );
    it.post(&import, &to("<clone>true</clone><vm><name>copy</name></vm>"));
    let copy = it.id("vms", "copy");
    assert_eq!(it.text(&format!("/vms/{copy}"), "status"), "image_locked");
    it.pass(8);
    assert_eq!(it.text(&format!("/vms/{copy}"), "status"), "down");
    it.delete(&format!("{kept}/{vm}"));
    assert_eq!(it.get(&kept).children().len(), 0);
    refused(
        &mut it,
        "POST",
        &action,
        "<action><host><name>host-1</name></host></action>",
        400,
        "No matching signature found",
    );
    it.post(&action, "<action><host><name>host-1</name></host><directory>/tmp</directory><filename>web.ova</filename></action>");
}

#[test]
fn machines_come_from_other_hypervisors() {
    let mut it = Asking::lab();
    let document = "<external_vm_import><name>old</name><provider>kvm</provider><url>qemu:///system</url><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain><vm><name>new</name></vm></external_vm_import>";
    it.post("/externalvmimports", document);
    let vm = it.id("vms", "new");
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "image_locked");
    it.pass(60);
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "down");
    refused(
        &mut it,
        "POST",
        "/externalvmimports",
        document,
        409,
        "[Import VM failed - VM Name already exists in the Data Center.",
    );
    let template = "<external_template_import><url>ova:///tmp/rocky.ova</url><host><name>host-1</name></host><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain></external_template_import>";
    it.post("/externaltemplateimports", template);
    it.pass(60);
    let made = it.id("templates", "rocky");
    assert_eq!(it.text(&format!("/templates/{made}"), "status"), "ok");
    assert_eq!(it.text(&format!("/templates/{made}"), "bios/type"), "q35_sea_bios");
}

/// The numbers of all events that a search finds, from the earliest.
fn told(it: &mut Asking, search: &str) -> Vec<String> {
    let events = it.get(&format!("/events?search={search}"));
    let code = |it: &Element| it.text_at("code").unwrap_or_default().to_owned();
    events.children().iter().rev().map(code).collect()
}

#[test]
fn the_journal_tells_when_an_import_begins_and_ends() {
    let mut it = Asking::lab();
    it.post("/externalvmimports", "<external_vm_import><name>old</name><provider>kvm</provider><url>qemu:///system</url><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain></external_vm_import>");
    let vm = it.id("vms", "old");
    let about = format!("vm.id={vm}");
    assert_eq!(told(&mut it, &about), ["1165"]);
    it.pass(60);
    assert_eq!(told(&mut it, &about), ["1165", "1152"]);
    it.post("/externaltemplateimports", "<external_template_import><url>ova:///tmp/rocky.ova</url><host><name>host-1</name></host><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain></external_template_import>");
    it.pass(60);
    assert_eq!(told(&mut it, "type=1158%20and%20message=*rocky*"), ["1158"]);
}

#[test]
fn an_iso_domain_lists_its_files() {
    let mut it = Asking::lab();
    let iso = domain(&mut it, "iso", "iso");
    let files = it.get(&format!("/storagedomains/{iso}/files"));
    assert!(files.children().iter().any(|it| it.text_at("name") == Some("virtio-win.iso")));
    assert_eq!(it.get(&format!("/storagedomains/{iso}/images")).children().len(), 2);
}

#[test]
fn what_lies_on_a_domain_shows_its_disks() {
    let mut it = Asking::lab();
    let export = domain(&mut it, "export", "export");
    let vm = machine(&mut it, "nfs-1");
    let own = it.get(&format!("/vms/{vm}/diskattachments"));
    let own = own.children()[0].id().unwrap().to_owned();
    it.post(
        &format!("/vms/{vm}/export"),
        "<action><storage_domain><name>export</name></storage_domain></action>",
    );
    it.pass(10);
    let kept = format!("/storagedomains/{export}/vms/{vm}");
    let attached = it.get(&format!("{kept}/diskattachments"));
    assert_eq!(attached.text_at("disk_attachment/interface"), Some("virtio_scsi"));
    assert_eq!(attached.children()[0].id(), Some(own.as_str()));
    assert_eq!(it.text(&format!("{kept}/disks/{own}"), "alias"), "root");
    let all = it.get(&format!("{kept}?follow=disk_attachments"));
    assert_eq!(all.child("disk_attachments").unwrap().children().len(), 1);
    let template = it.id("templates", "rhel-9");
    it.post(
        &format!("/templates/{template}/export"),
        "<action><storage_domain><name>export</name></storage_domain></action>",
    );
    it.pass(10);
    let kept = format!("/storagedomains/{export}/templates/{template}/disks");
    assert_eq!(it.text(&kept, "disk/alias"), "rhel-9_disk");
    let registered = it.id("storagedomains", "nfs-1");
    let registered = format!("/storagedomains/{registered}/vms/{vm}/diskattachments");
    assert_eq!(it.get(&registered).children()[0].id(), Some(own.as_str()));
}

#[test]
fn what_cannot_be_registered_or_imported() {
    let mut it = Asking::lab();
    let export = domain(&mut it, "export", "export");
    let (vm, template) = (machine(&mut it, "nfs-1"), it.id("templates", "rhel-9"));
    let to_export = "<action><storage_domain><name>export</name></storage_domain></action>";
    for path in [format!("/vms/{vm}"), format!("/templates/{template}")] {
        it.post(&format!("{path}/export"), to_export);
        it.pass(10);
    }
    let again = "[Cannot export VM. VM already exists in the target Storage Domain.]";
    refused(&mut it, "POST", &format!("/vms/{vm}/export"), to_export, 409, again);
    let again = "[Cannot export Template. Template already exists in the target Storage Domain.]";
    refused(&mut it, "POST", &format!("/templates/{template}/export"), to_export, 409, again);
    let to = |domain: &str, more: &str| {
        format!(
            "<action><storage_domain>{domain}</storage_domain><cluster><name>lab</name></cluster>{more}</action>"
        )
    };
    let (second, nowhere) = ("<name>nfs-2</name>", crate::asking::ZERO);
    let unknown =
        to("", "").replace("<storage_domain>", &format!("<storage_domain id=\"{nowhere}\">"));
    let cluster = to(second, "").replace("<cluster>", &format!("<cluster id=\"{nowhere}\">"));
    let import = format!("/storagedomains/{export}/vms/{vm}/import");
    let of_template = format!("/storagedomains/{export}/templates/{template}/import");
    let mut disks_exist = it.get(&format!("/vms/{vm}/diskattachments"));
    let disk = disks_exist.children_mut().remove(0).id().unwrap().to_owned();
    for (path, document, status, text) in [
        (&import, unknown, 400, "[Cannot import VM. Storage Domain doesn't exist.]"),
        (&import, cluster, 400, "[Cannot import VM. Cluster ID is not valid.]"),
        (
            &import,
            to("<name>export</name>", ""),
            409,
            "[Import VM failed - VM ID already exists in the system.",
        ),
        (
            &of_template,
            to(second, ""),
            409,
            "[Cannot import Template. Template or VM with the same ID already exists in the system.",
        ),
        (
            &of_template,
            to(second, "<clone>true</clone>"),
            409,
            "[Import Template failed - Template Name already exists in the system.",
        ),
    ] {
        refused(&mut it, "POST", path, &document, status, text);
    }
    it.delete(&format!("/vms/{vm}/diskattachments/{disk}"));
    it.delete(&format!("/vms/{vm}"));
    it.pass(4);
    let known =
        "[Cannot import VM. The following disks already exist: root. Please import as a clone.]";
    refused(&mut it, "POST", &import, &to(second, ""), 409, known);
}

#[test]
fn imports_from_elsewhere_need_to_know_where_to() {
    let mut it = Asking::lab();
    let nowhere = crate::asking::ZERO;
    let vm = "<external_vm_import><name>old</name><provider>kvm</provider><url>qemu:///system</url><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain><vm><name>new</name></vm></external_vm_import>";
    let template = "<external_template_import><url>ova:///tmp/rhel-9.ova</url><host><name>host-1</name></host><cluster><name>lab</name></cluster><storage_domain><name>nfs-1</name></storage_domain></external_template_import>";
    let other = |document: &str, element: &str, name: &str| {
        document.replace(
            &format!("<{element}><name>{name}</name></{element}>"),
            &format!("<{element} id=\"{nowhere}\"/>"),
        )
    };
    for (path, document, status, text) in [
        (
            "/externalvmimports",
            other(vm, "cluster", "lab"),
            400,
            "[Cannot import VM. Cluster ID is not valid.]",
        ),
        (
            "/externalvmimports",
            other(vm, "storage_domain", "nfs-1"),
            400,
            "[Cannot import VM. Storage Domain doesn't exist.]",
        ),
        (
            "/externaltemplateimports",
            template.replace("ova://", "file://"),
            400,
            "[Only 'ova://' URLs are supported]",
        ),
        (
            "/externaltemplateimports",
            template.to_owned(),
            409,
            "[Import Template failed - Template Name already exists in the system.",
        ),
    ] {
        refused(&mut it, "POST", path, &document, status, text);
    }
    for host in ["host-1", "host-2"] {
        let host = it.id("hosts", host);
        it.act(&format!("/hosts/{host}/deactivate"));
        it.pass(5);
    }
    let nobody = "[Cannot import VM. No Host in Data Center lab can serve as proxy.]";
    refused(&mut it, "POST", "/externalvmimports", vm, 409, nobody);
}

#[test]
fn snapshots_leave_and_come_back_with_their_machine() {
    let mut it = Asking::lab();
    let data = domain(&mut it, "data", "data");
    let export = domain(&mut it, "export", "export");
    let vm = machine(&mut it, "data");
    let path = format!("/vms/{vm}");
    let disk = it.get(&format!("{path}/diskattachments"));
    let disk = disk.children()[0].id().unwrap().to_owned();
    let snapshots = format!("{path}/snapshots");
    let taken = it.add(&snapshots, "<snapshot><description>before</description></snapshot>");
    it.pass(6);
    it.post(
        &format!("{path}/export"),
        "<action><storage_domain><name>export</name></storage_domain></action>",
    );
    it.pass(10);
    let center = it.id("datacenters", "lab");
    detach(&mut it, &format!("/datacenters/{center}/storagedomains/{data}"));
    attach(&mut it, &data);
    it.act(&format!("/storagedomains/{data}/vms/{vm}/register"));
    let kept = format!("{snapshots}/{taken}");
    assert_eq!(it.text(&kept, "description"), "before");
    assert_eq!(it.get(&format!("{kept}/disks")).children()[0].id(), Some(disk.as_str()));
    assert_eq!(it.get(&format!("{kept}/nics")).children().len(), 1);
    assert_eq!(it.get(&format!("/disks/{disk}/disksnapshots")).children().len(), 1);
    it.put(&path, "<vm><cpu><topology><cores>4</cores></topology></cpu></vm>");
    it.act(&format!("{kept}/restore"));
    it.pass(8);
    assert_eq!(it.text(&path, "cpu/topology/cores"), "1", "it can still be returned to");

    it.delete(&path);
    it.pass(4);
    let import = format!("/storagedomains/{export}/vms/{vm}/import");
    let to = |more: &str| {
        format!(
            "<action><storage_domain><name>nfs-2</name></storage_domain><cluster><name>lab</name></cluster>{more}</action>"
        )
    };
    it.post(&import, &to(""));
    it.pass(8);
    assert_eq!(it.text(&kept, "description"), "before");
    let images = it.get(&format!("/disks/{disk}/disksnapshots"));
    let second = it.id("storagedomains", "nfs-2");
    let domains = images.children()[0].child("storage_domains").unwrap();
    assert_eq!(domains.children()[0].id(), Some(second.as_str()), "they move along");
    it.delete(&path);
    it.pass(4);
    it.post(&format!("{import}?collapse_snapshots=true"), &to(""));
    it.pass(8);
    assert_eq!(it.get(&snapshots).children().len(), 1, "the present state alone");
}
