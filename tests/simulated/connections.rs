//! Connections to storage, and the bonds over which hosts reach it.

use crate::asking::{Asking, refused};

const NFS: &str = "<storage_connection><type>nfs</type><address>nas</address><path>/data</path></storage_connection>";

#[test]
fn connections_that_cannot_be_made() {
    let mut it = Asking::lab();
    let all = "/storageconnections";
    let known = it.add(all, NFS);
    let same =
        format!("[Cannot add Storage Connection. Storage connection {known} already exists for");
    refused(&mut it, "POST", all, NFS, 409, &same);
    for (document, text) in [
        ("<storage_connection/>", "StorageConnection [type] required for add"),
        (
            "<storage_connection><type>nfs</type><address>a</address></storage_connection>",
            "StorageConnection [path] required for add",
        ),
        (
            "<storage_connection><type>iscsi</type><address>a</address><target>iqn.x</target></storage_connection>",
            "StorageConnection [port] required for add",
        ),
        (
            "<storage_connection><type>posixfs</type><path>/dev/x</path></storage_connection>",
            "StorageConnection [vfsType] required for add",
        ),
        (
            "<storage_connection><type>nfs</type><address>a</address><path>data</path></storage_connection>",
            "[Mount path is illegal",
        ),
        (
            "<storage_connection><type>nfs</type><address>a</address><path>/missing</path></storage_connection>",
            "[Problem while trying to mount target]",
        ),
        (
            "<storage_connection><type>nfs</type><address>a</address><path>/x</path><nfs_timeo>0</nfs_timeo></storage_connection>",
            "[NFS Timeout should be between 1 and 6000]",
        ),
    ] {
        refused(&mut it, "POST", all, document, 400, text);
    }
    let host = it.id("hosts", "host-1");
    it.act(&format!("/hosts/{host}/deactivate"));
    it.pass(4);
    let tested =
        NFS.replace("/data", "/x").replace("<type>", "<host><name>host-1</name></host><type>");
    refused(
        &mut it,
        "POST",
        all,
        &tested,
        409,
        "[Cannot add storage server connection when Host status is not up]",
    );
    it.add(all, &tested.replace("host-1", "host-2"));
}

#[test]
fn a_connection_in_use_changes_only_with_its_domain_at_rest() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let domain = it.id("storagedomains", "nfs-2");
    let used = it.get(&format!("/storagedomains/{domain}/storageconnections"));
    let used = format!("/storageconnections/{}", used.children()[0].id().unwrap());
    let moved = "<storage_connection><path>/elsewhere</path></storage_connection>";
    refused(
        &mut it,
        "PUT",
        &used,
        moved,
        400,
        "[Cannot edit Storage Connection. The data domains nfs-2 should be in maintenance or unattached.]",
    );
    refused(
        &mut it,
        "PUT",
        &used,
        "<storage_connection><type>localfs</type></storage_connection>",
        400,
        "[Cannot edit Storage Connection. Storage type cannot be edited.]",
    );
    refused(
        &mut it,
        "DELETE",
        &used,
        "",
        409,
        "[Cannot remove Storage Connection. Storage connection parameters are used by the following storage domains : nfs-2.]",
    );
    let attached = format!("/datacenters/{center}/storagedomains/{domain}");
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    it.put(&used, moved);
    assert_eq!(it.text(&attached, "status"), "locked");
    it.pass(1);
    assert_eq!(it.text(&attached, "status"), "maintenance");
    assert_eq!(it.text(&attached, "storage/path"), "/elsewhere");
}

#[test]
fn bonds_join_networks_and_targets_of_one_data_center() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let bonds = format!("/datacenters/{center}/iscsibonds");
    let network = it.add(
        "/networks",
        "<network><name>san</name><data_center><name>lab</name></data_center></network>",
    );
    let bond = format!(
        "<iscsi_bond><name>b</name><networks><network id=\"{network}\"/></networks></iscsi_bond>"
    );
    refused(
        &mut it,
        "POST",
        &bonds,
        "<iscsi_bond/>",
        400,
        "Parameter 'bond.name' is mandatory but was not provided.",
    );
    refused(
        &mut it,
        "POST",
        &bonds,
        "<iscsi_bond><name>a b</name></iscsi_bond>",
        400,
        "[iSCSI bond name must be formed from",
    );
    let made = it.add(&bonds, &bond);
    refused(
        &mut it,
        "POST",
        &bonds,
        &bond,
        409,
        "[Cannot add iSCSI Bond. iSCSI bond with the same name already exists in the Data Center.]",
    );
    let management = it.get(&format!("/datacenters/{center}/networks"));
    let management =
        management.children().iter().find(|it| it.text_at("name") == Some("ovirtmgmt"));
    let required =
        bond.replace(&network, management.unwrap().id().unwrap()).replace("<name>b", "<name>c");
    refused(
        &mut it,
        "POST",
        &bonds,
        &required,
        400,
        "[Cannot add iSCSI Bond. Required network cannot be a part of an iSCSI bond.]",
    );
    let nfs = it.add("/storageconnections", NFS);
    let wrong = format!(
        "<iscsi_bond><name>c</name><storage_connections><storage_connection id=\"{nfs}\"/></storage_connections></iscsi_bond>"
    );
    refused(
        &mut it,
        "POST",
        &bonds,
        &wrong,
        409,
        &format!("[Cannot add iSCSI Bond. The following storage connections {nfs} cannot be added"),
    );
    it.delete(&format!("{bonds}/{made}"));
}
