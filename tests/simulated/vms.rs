//! Making and removing machines.

use crate::asking::{Asking, GIB, ZERO, disk, refused};

fn document(more: &str) -> String {
    format!(
        "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template>{more}</vm>"
    )
}

#[test]
fn what_a_new_machine_lacks() {
    let mut it = Asking::lab();
    for (document, status, text) in [
        ("<vm><name>w</name></vm>", 400, "Vm [cluster.id|name] required for add"),
        (
            "<vm><name>w</name><cluster><name>lab</name></cluster></vm>",
            400,
            "Vm [template.id|name] required for add",
        ),
        (
            "<vm><name>w</name><cluster><name>nowhere</name></cluster><template><name>Blank</name></template></vm>",
            404,
            "Entity not found: Cluster: name=nowhere",
        ),
    ] {
        refused(&mut it, "POST", "/vms", document, status, text);
    }
    let unknown = "11111111-2222-4333-8444-555555555555";
    for (document, text) in [
        (
            format!(
                "<vm><name>w</name><cluster id=\"{unknown}\"/><template><name>Blank</name></template></vm>"
            ),
            "Entity not found: GetClusterById",
        ),
        (
            format!(
                "<vm><name>w</name><cluster><name>lab</name></cluster><template id=\"{unknown}\"/></vm>"
            ),
            "Entity not found: GetVmTemplate",
        ),
    ] {
        refused(&mut it, "POST", "/vms", &document, 404, text);
    }
}

#[test]
fn what_does_not_fit_a_new_machine() {
    let mut it = Asking::lab();
    let long = "n".repeat(65);
    let names = [
        (document("").replace("web", &long), "[Cannot add VM. The given name is too long.]"),
        (
            document("").replace("web", "w b"),
            "[Can not add VM. The given name contains special characters.",
        ),
    ];
    for (document, text) in names {
        refused(&mut it, "POST", "/vms", &document, 400, text);
    }
    let topology = |sockets: u32, cores: u32, threads: u32| {
        format!(
            "<cpu><topology><sockets>{sockets}</sockets><cores>{cores}</cores><threads>{threads}</threads></topology></cpu>"
        )
    };
    for (more, status, text) in [
        (topology(800, 1, 1), 409, "[Cannot add VM. Maximum number of CPUs exceeded.]"),
        (topology(1, 255, 1), 409, "[Cannot add VM. Maximum number of CPUs per socket exceeded.]"),
        (topology(1, 1, 9), 409, "[Cannot add VM. Maximum number of threads per cpu exceeded"),
        (
            format!("<custom_compatibility_version><major>4</major><minor>5</minor></custom_compatibility_version>{}", topology(17, 1, 1)),
            409,
            "[Cannot add VM. Maximum number of sockets exceeded.]",
        ),
        (
            format!("<memory>{GIB}</memory><memory_policy><guaranteed>{}</guaranteed></memory_policy>", 2 * GIB),
            400,
            "[Cannot add VM. Physical Memory Guaranteed cannot exceed Memory Size.]",
        ),
        (
            format!("<memory>{}</memory><memory_policy><max>{GIB}</max></memory_policy>", 2 * GIB),
            409,
            "[Cannot add VM. Memory size (2048MB) cannot exceed maximum memory size (1024MB).]",
        ),
        (
            "<display><monitors>3</monitors></display>".to_owned(),
            400,
            "[Cannot add VM. Illegal number of monitors is provided",
        ),
        (
            "<high_availability><priority>101</priority></high_availability>".to_owned(),
            400,
            "[VM priority value passed the permitted max value, value should be between 0 and 100.]",
        ),
        (
            format!("<lease><storage_domain id=\"{}\"/></lease>", it.id("storagedomains", "nfs-1")),
            409,
            "[Cannot add VM. A VM lease was defined but high availability option is set to false.]",
        ),
        (
            "<os><type>windows_11</type></os>".to_owned(),
            409,
            "[Cannot add VM. TPM device is required by the guest OS.]",
        ),
        (
            "<custom_properties><custom_property><name>nonsense</name><value>1</value></custom_property></custom_properties>".to_owned(),
            400,
            "[Cannot add VM if some of the specified custom properties are not configured by the system. The keys are: nonsense]",
        ),
    ] {
        refused(&mut it, "POST", "/vms", &document(&more), status, text);
    }
    assert!(it.get("/vms").children().is_empty(), "nothing was left behind");
}

#[test]
fn what_does_not_fit_the_disks_of_a_template() {
    let mut it = Asking::lab();
    let rhel = it.id("templates", "rhel-9");
    let own = it.get(&format!("/templates/{rhel}/diskattachments"));
    let own = own.children()[0].id().unwrap().to_owned();
    let with = |disk: &str| {
        document(&format!(
            "<disk_attachments><disk_attachment>{disk}</disk_attachment></disk_attachments>"
        ))
    };
    let elsewhere =
        "<storage_domains><storage_domain><name>nfs-2</name></storage_domain></storage_domains>";
    for (disk, status, text) in [
        (
            format!("<disk id=\"{own}\">{elsewhere}</disk>"),
            400,
            "[Cannot add VM. The selected Storage Domain does not contain the VM Template.]",
        ),
        (
            format!("<disk id=\"{own}\"><format>raw</format></disk>"),
            400,
            "[Cannot add VM. Thin provisioned template disks can not be defined as Raw.]",
        ),
        (format!("<disk id=\"{ZERO}\"/>"), 404, "Entity not found: Disk:"),
    ] {
        refused(&mut it, "POST", "/vms", &with(&disk), status, text);
    }
    let cloned = with(&format!(
        "<disk id=\"{own}\"><format>raw</format><alias>root</alias>{elsewhere}</disk>"
    ));
    let made = it.post("/vms?clone=true", &cloned);
    it.pass(15);
    let disks = it.get(&format!("/vms/{}?follow=disk_attachments.disk", made.id().unwrap()));
    let made = disks.at("disk_attachments/disk_attachment/disk").unwrap();
    assert_eq!((made.text_at("alias"), made.text_at("format")), (Some("root"), Some("raw")));
}

#[test]
fn not_everything_is_inherited() {
    let mut it = Asking::lab();
    let rhel = it.id("templates", "rhel-9");
    it.put(&format!("/templates/{rhel}"), "<template><usb><enabled>true</enabled></usb><memory_policy><ballooning>false</ballooning></memory_policy><comment>c</comment><type>desktop</type><high_availability><priority>50</priority></high_availability></template>");
    let made = it.post("/vms", &document(""));
    assert_eq!(made.text_at("usb/enabled"), Some("false"));
    assert_eq!(made.text_at("memory_policy/ballooning"), Some("true"));
    assert_eq!(made.text_at("comment"), None);
    assert_eq!(made.text_at("type"), Some("desktop"));
    assert_eq!(made.text_at("high_availability/priority"), Some("50"));
}

#[test]
fn permissions_come_along_if_that_is_asked_for() {
    let mut it = Asking::lab();
    let rhel = it.id("templates", "rhel-9");
    let (role, group) = (it.id("roles", "UserRole"), it.id("groups", "Everyone"));
    let grant = format!("<permission><role id=\"{role}\"/><group id=\"{group}\"/></permission>");
    it.post(&format!("/templates/{rhel}/permissions"), &grant);
    let has = |it: &mut Asking, vm: &str| {
        let all = it.get(&format!("/vms/{vm}/permissions"));
        let mut roles = all.children().iter().filter_map(|it| it.child("role")?.id());
        roles.any(|it| it == role)
    };
    let plain = it.add("/vms", &document(""));
    assert!(!has(&mut it, &plain));
    let other = document("").replace("web", "db");
    let same = it.add("/vms?clone_permissions=true", &other);
    assert!(has(&mut it, &same));
}

#[test]
fn a_machine_is_registered_from_its_description() {
    let mut it = Asking::lab();
    let data = it.add("/disks", &disk("data", 1));
    it.pass(4);
    let id = "7d3b1c55-8a1e-4a0f-9f9d-0a6b1f2c3d4e";
    let ovf = format!("<ovf:Envelope xmlns:ovf=\"o\" xmlns:rasd=\"r\"><DiskSection><Disk ovf:fileRef=\"{data}/image\"/></DiskSection><Content ovf:id=\"out\"><Name>old</Name><Section><Item><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item></Section></Content></ovf:Envelope>").replace("ovf:id=\"out\"", &format!("ovf:id=\"{id}\""));
    let escaped = ovf.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let document = |data: &str| {
        format!(
            "<vm><cluster><name>lab</name></cluster><initialization><configuration><type>ovf</type><data>{data}</data></configuration></initialization></vm>"
        )
    };
    let made = it.post("/vms", &document(&escaped));
    assert_eq!(made.id(), Some(id));
    assert_eq!(made.text_at("name"), Some("old"));
    assert_eq!(made.text_at("memory"), Some((2 * GIB).to_string().as_str()));
    assert_eq!(made.text_at("status"), Some("down"));
    let disks = it.get(&format!("/vms/{id}/diskattachments"));
    assert_eq!(disks.children()[0].id(), Some(data.as_str()));
    let exists = "[Import VM failed - VM ID already exists in the system. Please remove the VM (old) from the system first]";
    refused(&mut it, "POST", "/vms", &document(&escaped), 409, exists);
    assert_eq!(it.refusal("POST", "/vms", &document("no xml")).0, 400);
}

#[test]
fn what_keeps_a_machine_from_being_removed() {
    let mut it = Asking::lab();
    let made = it.post("/vms", "<vm><name>own</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    let path = format!("/vms/{}", made.id().unwrap());
    let new =
        format!("<disk_attachment><interface>virtio</interface>{}</disk_attachment>", disk("d", 1));
    let kept = it.add(&format!("{path}/diskattachments"), &new);
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot remove VM: The following disks are locked: d.",
    );
    it.pass(4);
    it.add(&format!("{path}/snapshots"), "<snapshot><description>s</description></snapshot>");
    let taking = "[Cannot remove VM. Snapshot is currently being created for VM own.]";
    refused(&mut it, "DELETE", &path, "", 409, taking);
    it.pass(6);
    let snapshots = "[Cannot remove VM with detaching disks, snapshots exist.]";
    refused(&mut it, "DELETE", &format!("{path}?detach_only=true"), "", 409, snapshots);
    let all = it.get(&format!("{path}/snapshots"));
    let last = all.children().iter().find(|it| it.text_at("snapshot_type") == Some("regular"));
    let last = format!("{path}/snapshots/{}", last.unwrap().id().unwrap());
    it.delete(&last);
    let merging = "[Cannot remove VM. The VM is performing an operation on a Snapshot.";
    refused(&mut it, "DELETE", &path, "", 409, merging);
    it.pass(6);
    it.delete(&format!("{path}?detach_only=true"));
    assert_eq!(it.text(&format!("/disks/{kept}"), "status"), "ok", "kept");
    let locked = format!("/vms/{}", it.vm("web", ""));
    let tasks = "[Cannot force remove VM when there are running tasks.]";
    refused(&mut it, "DELETE", &format!("{locked}?force=true"), "", 409, tasks);
}

#[test]
fn machines_are_exported() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let export = format!("{path}/export");
    let host = it.id("hosts", "host-1");
    let to = |directory: &str| {
        format!(
            "<action><host id=\"{host}\"/><directory>{directory}</directory><filename>web.ova</filename></action>"
        )
    };
    let folder = "[Cannot export VM. Invalid target folder: tmp on Host host-1.";
    refused(&mut it, "POST", &export, &to("tmp"), 400, folder);
    let data = "<action><storage_domain><name>nfs-1</name></storage_domain></action>";
    let domain = "[Cannot export VM. The specified domain 'nfs-1' is not an export domain.]";
    refused(&mut it, "POST", &export, data, 400, domain);
    it.post(&export, &to("/tmp"));
    let busy = "[Cannot run VM. VM web is being exported.]";
    refused(&mut it, "POST", &format!("{path}/start"), "<action/>", 409, busy);
    it.pass(11);
    it.act(&format!("{path}/start"));
}

#[test]
fn a_template_serves_its_data_center_alone() {
    let mut it = Asking::lab();
    let elsewhere = document("").replace("<cluster><name>lab", "<cluster><name>Default");
    let text = "[The specified Template doesn't exist in the current Data Center.]";
    let rhel = it.id("templates", "rhel-9");
    let by_id = elsewhere
        .replace("<template><name>rhel-9</name></template>", &format!("<template id=\"{rhel}\"/>"));
    refused(&mut it, "POST", "/vms", &by_id, 400, text);
}

#[test]
fn a_pool_of_addresses_runs_dry() {
    let mut it = Asking::lab();
    let pool = it.add("/macpools", "<mac_pool><name>tiny</name><ranges><range><from>02:00:00:00:00:01</from><to>02:00:00:00:00:01</to></range></ranges></mac_pool>");
    let lab = it.id("clusters", "lab");
    it.put(&format!("/clusters/{lab}"), &format!("<cluster><mac_pool id=\"{pool}\"/></cluster>"));
    let first = it.post("/vms", &document(""));
    let nics = it.get(&format!("/vms/{}/nics", first.id().unwrap()));
    assert_eq!(nics.text_at("nic/mac/address"), Some("02:00:00:00:00:01"));
    let other = document("").replace("web", "db");
    let dry = "[Cannot add VM. Not enough MAC addresses left in MAC Address Pool.]";
    refused(&mut it, "POST", "/vms", &other, 409, dry);
    assert_eq!(it.get("/vms").children().len(), 1, "nothing is left of the other");
}

#[test]
fn memory_on_power_comes_in_steps_of_256_mebibytes() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let power = it.add("/clusters", &format!("<cluster><name>power</name><cpu><architecture>ppc64</architecture><type>IBM POWER9</type></cpu><data_center id=\"{center}\"/></cluster>"));
    let new = |mebibytes: u64| {
        format!(
            "<vm><name>p</name><cluster id=\"{power}\"/><template><name>Blank</name></template><memory>{}</memory></vm>",
            mebibytes << 20
        )
    };
    let text = "[Cannot add VM. Memory size must be multiple of 256 on 'ppc64' architecture.]";
    refused(&mut it, "POST", "/vms", &new(1152), 400, text);
    let path = format!("/vms/{}", it.add("/vms", &new(1280)));
    let odd = format!("<vm><memory>{}</memory></vm>", 1408_u64 << 20);
    refused(&mut it, "PUT", &path, &odd, 400, &text.replace("add", "edit"));
}
