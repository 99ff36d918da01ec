//! Storage domains on files and on LUNs, from their making to their removal.

use virtuform::xml::Element;

use crate::asking::{Asking, GIB, disk, refused};

/// A domain on NFS as clients write it.
pub fn nfs(name: &str, more: &str) -> String {
    format!(
        "<storage_domain><name>{name}</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/{name}</path></storage>{more}</storage_domain>"
    )
}

/// A domain on LUNs as clients write it.
pub fn block(name: &str, luns: &[&str], more: &str) -> String {
    let units: String = luns.iter().map(|it| format!("<logical_unit id=\"{it}\"/>")).collect();
    format!(
        "<storage_domain><name>{name}</name><type>data</type><host><name>host-1</name></host><storage><type>iscsi</type>{more}<logical_units>{units}</logical_units></storage></storage_domain>"
    )
}

/// Logs the host in to a target and returns its LUNs.
pub fn login(it: &mut Asking, host: &str) -> Vec<String> {
    let host = it.id("hosts", host);
    let found = it.post(
        &format!("/hosts/{host}/iscsidiscover"),
        "<action><iscsi><address>san.example.com</address></iscsi></action>",
    );
    let target = found.at("iscsi_targets").unwrap().children()[0].text().to_owned();
    it.post(
        &format!("/hosts/{host}/iscsilogin"),
        &format!("<action><iscsi><address>san.example.com</address><target>{target}</target></iscsi></action>"),
    );
    let seen = it.get(&format!("/hosts/{host}/storage"));
    let of_target = |it: &&Element| it.text_at("type") == Some("iscsi");
    seen.children().iter().filter(of_target).map(|it| it.id().unwrap().to_owned()).collect()
}

/// Attaches a domain to the lab's data center, and returns its path there.
pub fn attach(it: &mut Asking, domain: &str) -> String {
    let center = it.id("datacenters", "lab");
    it.add(
        &format!("/datacenters/{center}/storagedomains"),
        &format!("<storage_domain id=\"{domain}\"/>"),
    );
    it.pass(12);
    let path = format!("/datacenters/{center}/storagedomains/{domain}");
    assert_eq!(it.text(&path, "status"), "active");
    path
}

#[test]
fn a_domain_on_luns_grows_and_shrinks() {
    let mut it = Asking::lab();
    let luns = login(&mut it, "host-1");
    assert_eq!(luns.len(), 4);
    let id = it.add("/storagedomains", &block("san", &[&luns[0], &luns[1]], ""));
    let domain = format!("/storagedomains/{id}");
    assert_eq!(
        it.get(&domain).at("storage/volume_group/logical_units").unwrap().children().len(),
        2
    );
    let connections = it.get(&format!("{domain}/storageconnections"));
    assert_eq!(connections.children()[0].text_at("address"), Some("san.example.com"));
    let host = it.id("hosts", "host-1");
    let unit = it.get(&format!("/hosts/{host}/storage/{}", luns[0]));
    let unit = &unit.at("logical_units").unwrap().children()[0];
    assert_eq!(unit.text_at("status"), Some("used"));
    assert_eq!(unit.text_at("storage_domain_id"), Some(id.as_str()));
    let again = block("other", &[&luns[1]], "");
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &again,
        409,
        &format!(
            "[Cannot add Storage. The following LUNs are already part of existing storage domains: {}.]",
            luns[1]
        ),
    );
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &block("other", &["360"], ""),
        400,
        "[Physical device initialization failed.",
    );
    let more = format!(
        "<storage_domain><storage><logical_units><logical_unit id=\"{}\"/></logical_units></storage></storage_domain>",
        luns[2]
    );
    refused(
        &mut it,
        "PUT",
        &domain,
        &more,
        409,
        "[Cannot extend Storage. The relevant Storage Domain's status is Unattached.]",
    );
    let attached = attach(&mut it, &id);
    let before: u64 = it.text(&domain, "available").parse().unwrap();
    it.put(&domain, &more);
    let after: u64 = it.text(&domain, "available").parse().unwrap();
    assert_eq!(after - before, 300 * GIB);
    let reduce = |lun: &str| {
        format!("<action><logical_units><logical_unit id=\"{lun}\"/></logical_units></action>")
    };
    let action = format!("{domain}/reduceluns");
    refused(
        &mut it,
        "POST",
        &action,
        &reduce(&luns[2]),
        409,
        "[Cannot reduce Storage. The relevant Storage Domain's status is Active.]",
    );
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    refused(
        &mut it,
        "POST",
        &action,
        &reduce(&luns[0]),
        400,
        &format!(
            "[Cannot reduce Storage. The following LUNs {} are part of the Storage Domain san metadata devices.]",
            luns[0]
        ),
    );
    refused(
        &mut it,
        "POST",
        &action,
        &reduce(&luns[3]),
        400,
        &format!(
            "[Cannot reduce Storage. The following LUNs {} are not a part of the Storage Domain san.]",
            luns[3]
        ),
    );
    it.post(&action, &reduce(&luns[2]));
    refused(
        &mut it,
        "POST",
        &format!("{attached}/activate"),
        "<action/>",
        409,
        "[Cannot activate Storage. The Storage Domain is being reduced.]",
    );
    it.pass(5);
    assert_eq!(
        it.get(&domain).at("storage/volume_group/logical_units").unwrap().children().len(),
        2
    );
}

#[test]
fn a_direct_lun_is_one_disk_and_nothing_else() {
    let mut it = Asking::lab();
    let luns = login(&mut it, "host-1");
    let lun = |id: &str| {
        format!(
            "<disk><alias>l</alias><lun_storage><type>iscsi</type><host><name>host-1</name></host><logical_units><logical_unit id=\"{id}\"><address>san.example.com</address><port>3260</port><target>iqn.x</target></logical_unit></logical_units></lun_storage></disk>"
        )
    };
    let made = it.add("/disks", &lun(&luns[0]));
    let path = format!("/disks/{made}");
    assert_eq!(it.text(&path, "status"), "ok", "there is nothing to make");
    assert_eq!(it.text(&path, "storage_type"), "lun");
    assert_eq!(it.get(&path).child("lun_storage").unwrap().id(), Some(luns[0].as_str()));
    refused(
        &mut it,
        "POST",
        "/disks",
        &lun(&luns[0]),
        409,
        "[Cannot add Virtual Disk. The provided lun is used by another disk.]",
    );
    refused(
        &mut it,
        "POST",
        "/disks",
        &lun("360"),
        400,
        "[Cannot add Virtual Disk. The provided LUN is not visible by the specified host",
    );
    refused(
        &mut it,
        "POST",
        "/disks",
        &lun("360").replace("<port>3260</port>", ""),
        400,
        "Disk [lunStorage.logicalUnits.port] required for add",
    );
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &block("san", &[&luns[0]], ""),
        409,
        "[Cannot add Storage. The following LUNs are already used by DirectLUN disks",
    );
    it.post(&format!("{path}/refreshlun"), "<action><host><name>host-1</name></host></action>");
    refused(
        &mut it,
        "POST",
        &format!("{path}/refreshlun"),
        "<action/>",
        400,
        "Parameters 'host.id' or 'host.name' are mandatory but both were not provided.",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/move"),
        "<action><storage_domain><name>nfs-1</name></storage_domain></action>",
        400,
        "[Cannot move Virtual Disk. Action is unsupported for the specified disk type (LUN).]",
    );
    it.delete(&path);
    assert_eq!(it.ask("GET", &path, "").0, 404, "its data stays, so it goes at once");
}

#[test]
fn what_was_not_formatted_is_found_again() {
    let mut it = Asking::lab();
    let id = it.add("/storagedomains", &nfs("old", ""));
    let attached = attach(&mut it, &id);
    let document = disk("kept", 1).replace("nfs-1", "old");
    let kept = it.add("/disks", &document);
    it.pass(3);
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    it.delete(&attached);
    assert_eq!(it.ask("GET", &format!("/disks/{kept}"), "").0, 404);
    it.delete(&format!("/storagedomains/{id}?host=host-1"));
    let again = nfs("old", "").replace("<name>old<", "<name>new<");
    assert_eq!(it.add("/storagedomains", &again), id, "the same domain, found on its path");
    attach(&mut it, &id);
    let disks = format!("/storagedomains/{id}/disks");
    assert_eq!(it.get(&disks).children().len(), 0);
    let lost = it.get(&format!("{disks}?unregistered=true"));
    assert_eq!(lost.children()[0].id(), Some(kept.as_str()));
    it.post(&format!("{disks}?unregistered=true"), &format!("<disk id=\"{kept}\"/>"));
    assert_eq!(it.text(&format!("/disks/{kept}"), "status"), "ok");
    refused(
        &mut it,
        "POST",
        &format!("{disks}?unregistered=true"),
        &format!("<disk id=\"{kept}\"/>"),
        409,
        "[Cannot register Virtual Disk. The selected disk ID",
    );
}

#[test]
fn domains_that_cannot_be_made() {
    let mut it = Asking::lab();
    let long = "x".repeat(51);
    for (document, status, text) in [
        (nfs("nfs-1", ""), 409, "[Cannot add Storage. The Storage Domain name is already in use.]"),
        (nfs("a b", ""), 400, "[Storage Domain name must be formed of"),
        (nfs(&long, ""), 400, "[Cannot add Storage. The given name is too long.]"),
        (nfs("missing", ""), 400, "[Problem while trying to mount target]"),
        (
            nfs("a", "<discard_after_delete>true</discard_after_delete>"),
            400,
            "[Cannot add Storage. Discard after delete is supported only by block domains.]",
        ),
        (
            nfs("a", "<warning_low_space_indicator>101</warning_low_space_indicator>"),
            400,
            "[Storage Domain's \"Warning Low Space Indicator\" must be an integer between 0 and 100.]",
        ),
        (
            nfs("a", "<backup>true</backup>").replace("data</type>", "iso</type>"),
            400,
            "[Cannot add Storage. ISO and Export storage domains do not support the backup property.]",
        ),
        (block("a", &[], ""), 400, "StorageDomain [storage.logicalUnits.id] required for add"),
        (
            block("a", &["1"], "").replace(">data<", ">iso<"),
            400,
            "[Cannot add Storage. ISO Storage Domain can only be created on the following storage types",
        ),
        (
            nfs("a", "").replace("nfs</type>", "localfs</type>"),
            400,
            "[Data Center must be \"Local Storage\"]",
        ),
        (nfs("a", "").replace("host-1", "nobody"), 404, "Entity not found: Host: name=nobody"),
        (
            nfs("a", "").replace("<host><name>host-1</name></host>", ""),
            400,
            "StorageDomain [host.id|name] required for add",
        ),
    ] {
        refused(&mut it, "POST", "/storagedomains", &document, status, text);
    }
}

#[test]
fn the_master_moves_when_it_is_told_to() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let (first, second) = (it.id("storagedomains", "nfs-1"), it.id("storagedomains", "nfs-2"));
    let set = |id: &str| format!("<action><storage_domain id=\"{id}\"/></action>");
    let action = format!("/datacenters/{center}/setmaster");
    refused(
        &mut it,
        "POST",
        &action,
        "<action/>",
        400,
        "Parameters 'storage_domain.id' or 'storage_domain.name' are mandatory but both were not provided.",
    );
    refused(
        &mut it,
        "POST",
        &action,
        &set(&first),
        409,
        "[Cannot switch master storage domain. The storage domain is already the master storage domain.]",
    );
    it.post(&action, &set(&second));
    refused(
        &mut it,
        "POST",
        &action,
        &set(&second),
        409,
        "[Cannot switch master storage domain. The master role is being switched from storage domain nfs-1 to nfs-2.]",
    );
    it.pass(3);
    let master = |it: &mut Asking, id: &str| it.text(&format!("/storagedomains/{id}"), "master");
    assert_eq!(
        (master(&mut it, &first).as_str(), master(&mut it, &second).as_str()),
        ("false", "true")
    );
    let unattached = it.add("/storagedomains", &nfs("c", ""));
    refused(
        &mut it,
        "POST",
        &action,
        &set(&unattached),
        409,
        "[Cannot switch master storage domain. The selected Storage Domain is not part of the Data Center.]",
    );
}

#[test]
fn what_keeps_a_domain_in_use() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let domain = it.id("storagedomains", "nfs-1");
    let attached = format!("/datacenters/{center}/storagedomains/{domain}");
    let deactivate = format!("{attached}/deactivate");
    it.add("/disks", &disk("d", 1));
    refused(
        &mut it,
        "POST",
        &deactivate,
        "<action/>",
        409,
        "[Cannot deactivate Storage while there are running tasks on this Storage.",
    );
    it.pass(3);
    let vm = it.running_vm("web");
    refused(
        &mut it,
        "POST",
        &deactivate,
        "<action/>",
        409,
        "[Cannot deactivate Storage. VMs in a state other than \"Down\" or \"Suspended\" were detected.",
    );
    it.act(&format!("{vm}/stop"));
    it.pass(2);
    it.put(&vm, "<vm><delete_protected>true</delete_protected></vm>");
    it.act(&deactivate);
    assert_eq!(it.text(&attached, "master"), "false", "the role has moved on");
    it.pass(5);
    refused(
        &mut it,
        "DELETE",
        &attached,
        "",
        409,
        "[Cannot detach Storage. The following VMs/Templates are delete protected: web.]",
    );
    let host = it.id("hosts", "host-1");
    let seen = it.post(
        &format!("/storagedomains/{domain}/isattached"),
        &format!("<action><host id=\"{host}\"/></action>"),
    );
    assert_eq!(seen.text_at("is_attached"), Some("true"));
    refused(
        &mut it,
        "PUT",
        &format!("/storagedomains/{domain}"),
        "<storage_domain><name>x</name></storage_domain>",
        409,
        "[Cannot edit Storage. The relevant Storage Domain's status is Maintenance.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("/storagedomains/{domain}/updateovfstore"),
        "<action/>",
        409,
        "[Cannot update OVFs for Storage. The relevant Storage Domain's status is Maintenance.]",
    );
}

#[test]
fn a_domain_that_runs_short_of_room_says_so_once() {
    let mut it = Asking::lab();
    let domain = format!("/storagedomains/{}", it.id("storagedomains", "nfs-1"));
    let events = |it: &mut Asking, code: &str| {
        let all = it.get("/events");
        all.children().iter().filter(|it| it.text_at("code") == Some(code)).count()
    };
    let full = |alias: &str, gibibytes: u64| {
        disk(alias, gibibytes)
            .replace("cow", "raw")
            .replace("</disk>", "<sparse>false</sparse></disk>")
    };
    let most = it.text(&domain, "available").parse::<u64>().unwrap() / GIB * 95 / 100;
    let large = it.add("/disks", &full("large", most));
    assert_eq!(events(&mut it, "26"), 0);
    it.pass(4);
    assert_eq!(events(&mut it, "26"), 1, "a twentieth is left");
    it.add("/disks", &full("small", 1));
    it.pass(4);
    assert_eq!(events(&mut it, "26"), 1, "that is known already");
    let more = "<storage_domain><critical_space_action_blocker>10000</critical_space_action_blocker></storage_domain>";
    it.put(&domain, more);
    assert_eq!(events(&mut it, "201"), 1);
    let low = "[Cannot add Virtual Disk. Low disk space on Storage Domain nfs-1.]";
    refused(&mut it, "POST", "/disks", &disk("none", 1), 409, low);
    // What is there may grow into what is kept free.
    let larger =
        |by| format!("<disk><provisioned_size>{}</provisioned_size></disk>", (most + by) * GIB);
    it.put(&format!("/disks/{large}"), &larger(1));
    it.pass(4);
    let low = "[Cannot edit Virtual Disk. Low disk space on Storage Domain nfs-1.]";
    refused(&mut it, "PUT", &format!("/disks/{large}"), &larger(1 << 20), 409, low);
    it.delete(&format!("/disks/{large}"));
    it.pass(4);
    it.put(&domain, &more.replace("10000", "5"));
    it.add("/disks", &full("again", 1));
    it.pass(4);
    assert_eq!(events(&mut it, "26"), 1, "there is room again");
    it.add("/disks", &full("large", most));
    it.pass(4);
    assert_eq!(events(&mut it, "26"), 2, "and once more there is little");
}
