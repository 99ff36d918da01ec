//! What is refused of storage domains and their connections, beside who uses them.

use crate::asking::{Asking, ZERO, refused};
use crate::storage_domains::{attach, block, login, nfs};

#[test]
fn what_a_domain_may_not_say_of_itself() {
    let mut it = Asking::lab();
    let id = it.id("storagedomains", "nfs-1");
    let luns = login(&mut it, "host-1");
    let all = "/storagedomains";
    let lost = block("lost", &[], "").replace(
        "<storage_domain>",
        &format!("<storage_domain id=\"{ZERO}\"><import>true</import>"),
    );
    for (document, status, text) in [
        (lost, 400, "[Storage domain does not exist]"),
        (
            nfs("a", "<storage_format>v2</storage_format>"),
            409,
            "[Cannot add Storage. Storage Domain format v2 is illegal.]",
        ),
        (
            nfs("a", "<critical_space_action_blocker>-1</critical_space_action_blocker>"),
            400,
            "[Storage Domain's \"Critical Space Action Blocker\" must be a non-negative integer.]",
        ),
        (
            nfs("a", "").replace(">data<", ">image<"),
            400,
            "[Cannot add Storage. Storage Domain type is illegal.]",
        ),
        (
            nfs("a", "").replace("<path>/a</path>", ""),
            400,
            "StorageDomain [storage.path] required for add",
        ),
        (
            nfs("a", "").replace("<type>data</type>", ""),
            400,
            "StorageDomain [type] required for add",
        ),
    ] {
        refused(&mut it, "POST", all, &document, status, text);
    }
    let path = format!("{all}/{id}");
    let fields = "[Cannot edit Storage. Can only update the following fields: name, description,";
    for change in [
        "<type>iso</type>",
        "<storage_format>v4</storage_format>",
        "<storage><path>/other</path></storage>",
    ] {
        let change = format!("<storage_domain>{change}</storage_domain>");
        refused(&mut it, "PUT", &path, &change, 400, fields);
    }
    for (change, status, text) in [
        (
            "<discard_after_delete>true</discard_after_delete>",
            400,
            "[Cannot edit Storage. Discard after delete is supported only by block domains.]",
        ),
        (
            "<name>nfs-2</name>",
            409,
            "[Cannot edit Storage. The Storage Domain name is already in use.]",
        ),
    ] {
        let change = format!("<storage_domain>{change}</storage_domain>");
        refused(&mut it, "PUT", &path, &change, status, text);
    }
    let iso = it.add(all, &nfs("iso", "").replace(">data<", ">iso<"));
    let backup = "<storage_domain><backup>true</backup></storage_domain>";
    let kinds =
        "[Cannot edit Storage. ISO and Export storage domains do not support the backup property.]";
    refused(&mut it, "PUT", &format!("{all}/{iso}"), backup, 400, kinds);
    let san = it.add(all, &block("san", &[&luns[0]], ""));
    let attached = attach(&mut it, &san);
    let foreign = "<storage_domain><storage><logical_units><logical_unit id=\"360\"/></logical_units></storage></storage_domain>";
    let unreachable =
        "[Cannot extend Storage Domain. Storage device 360 is unreachable from host-1.]";
    refused(&mut it, "PUT", &format!("{all}/{san}"), foreign, 409, unreachable);
    let all_luns = format!(
        "<action><logical_units><logical_unit id=\"{}\"/></logical_units></action>",
        luns[0]
    );
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    let none = "[Cannot reduce Storage. A Block Storage Domain cannot remain without any LUNs.]";
    refused(&mut it, "POST", &format!("{all}/{san}/reduceluns"), &all_luns, 400, none);
    let resting = "[Cannot refresh Storage. The relevant Storage Domain's status is Maintenance.]";
    refused(&mut it, "POST", &format!("{all}/{san}/refreshluns"), &all_luns, 409, resting);
    for action in ["reduce", "refresh"] {
        let sort = format!("[Cannot {action} Storage. Storage Domain type is illegal.]");
        refused(&mut it, "POST", &format!("{path}/{action}luns"), &all_luns, 400, &sort);
    }
    it.act(&format!("{path}/updateovfstore"));
    let twice =
        "[Cannot update OVFs for Storage. Storage Domain OVF data is currently being updated.]";
    refused(&mut it, "POST", &format!("{path}/updateovfstore"), "<action/>", 409, twice);
    let host = format!("<action><host id=\"{ZERO}\"/></action>");
    let nobody = "[The selected Host does not exist.]";
    refused(&mut it, "POST", &format!("{path}/isattached"), &host, 400, nobody);
}

#[test]
fn a_domain_on_iscsi_has_several_connections() {
    let mut it = Asking::lab();
    let luns = login(&mut it, "host-1");
    let id = it.add("/storagedomains", &block("san", &[&luns[0]], ""));
    let attached = attach(&mut it, &id);
    let all = format!("/storagedomains/{id}/storageconnections");
    let own = it.get(&all).children()[0].id().unwrap().to_owned();
    let add = |document: &str| format!("<storage_connection>{document}</storage_connection>");
    let second = it.add(
        "/storageconnections",
        &add("<type>iscsi</type><address>b</address><port>3260</port><target>iqn.b</target>"),
    );
    let other = it
        .add("/storageconnections", &add("<type>nfs</type><address>nas</address><path>/x</path>"));
    let link = |id: &str| format!("<storage_connection id=\"{id}\"/>");
    let nfs = it.id("storagedomains", "nfs-1");
    let of_nfs = format!("/storagedomains/{nfs}/storageconnections");
    let only =
        "[Cannot attach Storage Connection. Action is supported only for iSCSI storage domains.]";
    refused(&mut it, "POST", &of_nfs, &link(&second), 400, only);
    let active =
        "[Cannot attach Storage Connection. The relevant Storage Domain's status is Active.]";
    refused(&mut it, "POST", &all, &link(&second), 409, active);
    let active =
        "[Cannot detach Storage Connection. The relevant Storage Domain's status is Active.]";
    refused(&mut it, "DELETE", &format!("{all}/{own}"), "", 409, active);
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    for (id, status, text) in [
        (ZERO, 400, "[Cannot attach Storage Connection. Storage connection doesn't exist.]"),
        (
            other.as_str(),
            400,
            "[Cannot attach Storage Connection. Storage connection and domain type don't match.]",
        ),
        (
            own.as_str(),
            409,
            "[Cannot attach Storage Connection. Storage connection is already attached to the specified domain.]",
        ),
    ] {
        refused(&mut it, "POST", &all, &link(id), status, text);
    }
    it.post(&all, &link(&second));
    assert_eq!(it.get(&all).children().len(), 2);
    it.delete(&format!("{all}/{second}"));
    assert_eq!(it.get(&all).children().len(), 1);
}

#[test]
fn machines_on_luns_hold_their_connection() {
    let mut it = Asking::lab();
    let luns = login(&mut it, "host-1");
    let host = it.id("hosts", "host-1");
    let unit = it.get(&format!("/hosts/{host}/storage/{}", luns[0]));
    let target = unit.at("logical_units/logical_unit").unwrap().text_at("target").unwrap();
    let connection = format!(
        "/storageconnections/{}",
        it.add("/storageconnections", &format!("<storage_connection><type>iscsi</type><address>san.example.com</address><port>3260</port><target>{target}</target></storage_connection>"))
    );
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    it.post(
        &format!("{vm}/diskattachments"),
        &format!("<disk_attachment><interface>virtio</interface><active>true</active><disk><alias>l</alias><lun_storage><type>iscsi</type><logical_units><logical_unit id=\"{}\"><address>san.example.com</address><port>3260</port><target>{target}</target></logical_unit></logical_units></lun_storage></disk></disk_attachment>", luns[0]),
    );
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let change = "<storage_connection><port>3261</port></storage_connection>";
    let running = "[Cannot edit Storage Connection. VMs web should be down.]";
    refused(&mut it, "PUT", &connection, change, 400, running);
    let used = "[Cannot remove Storage Connection. Storage connection parameters are used by the following disks : l.]";
    refused(&mut it, "DELETE", &connection, "", 409, used);
    let disks = it.get("/disks?search=alias%3Dl");
    let lun = format!("/disks/{}", disks.children()[0].id().unwrap());
    it.act(&format!("{vm}/stop"));
    it.pass(2);
    let whole = "[Cannot sparsify Virtual Disk. Sparsifying disk l is not supported by disk storage type LUN.]";
    refused(&mut it, "POST", &format!("{lun}/sparsify"), "<action/>", 400, whole);
    let retries = "<storage_connection><type>nfs</type><address>a</address><path>/x</path><nfs_retrans>40000</nfs_retrans></storage_connection>";
    let most = "[NFS Retransmissions should be between 0 and 32767]";
    refused(&mut it, "POST", "/storageconnections", retries, 400, most);
    let fabric = "<storage_connection><type>fcp</type></storage_connection>";
    let sorts =
        "[Cannot add Storage Connection. Storage connection parameters can be edited only for NFS,";
    refused(&mut it, "POST", "/storageconnections", fabric, 400, sorts);
}

#[test]
fn a_domain_that_is_found_has_the_id_that_was_sent() {
    let mut it = Asking::lab();
    let host = it.id("hosts", "host-1");
    let id = it.add("/storagedomains", &nfs("vault", ""));
    it.delete(&format!("/storagedomains/{id}?host={host}"));
    let with = |id: &str, name: &str| {
        let document = nfs("vault", "").replace("<name>vault</name>", name);
        document.replace("<storage_domain>", &format!("<storage_domain id=\"{id}\">"))
    };
    let name = "<name>vault</name>";
    let another = "[General command validation failure.]";
    refused(&mut it, "POST", "/storagedomains", &with(ZERO, name), 500, another);
    assert_eq!(it.add("/storagedomains", &with(&id, "")), id);
    assert_eq!(it.text(&format!("/storagedomains/{id}"), "name"), "vault");
    it.delete(&format!("/storagedomains/{id}?host={host}&format=true"));
    // Where none is, a name is asked for, and the engine chooses the id.
    let nameless = "StorageDomain [name] required for add";
    refused(&mut it, "POST", "/storagedomains", &with(&id, ""), 400, nameless);
    assert_ne!(it.add("/storagedomains", &with(&id, name)), id);
}
