//! What a document has to hold, and who says so: the model first, then the engine's resources.

use crate::asking::{Asking, refused};

#[test]
fn the_model_insists_on_what_its_documentation_calls_mandatory() {
    let mut it = Asking::lab();
    let vm = it.vm("web", "");
    for (path, document, missing) in [
        ("/clusters", "<cluster/>", "cluster.name"),
        ("/datacenters", "<data_center><name>x</name></data_center>", "data_center.local"),
        ("/bookmarks", "<bookmark><name>x</name></bookmark>", "bookmark.value"),
        ("/tags", "<tag/>", "tag.name"),
        ("/macpools", "<mac_pool><name>x</name></mac_pool>", "pool.ranges.from"),
        ("/vnicprofiles", "<vnic_profile><name>x</name></vnic_profile>", "profile.network.id"),
        (&format!("/vms/{vm}/nics"), "<nic/>", "nic.name"),
        (&format!("/vms/{vm}/snapshots"), "<snapshot/>", "snapshot.description"),
        (&format!("/vms/{vm}/clone"), "<action/>", "vm.name"),
        (&format!("/vms/{vm}/previewsnapshot"), "<action/>", "snapshot.id"),
    ] {
        let text = format!("Parameter '{missing}' is mandatory but was not provided.");
        refused(&mut it, "POST", path, document, 400, &text);
    }
    for (path, document, one, other) in [
        (
            "/clusters",
            "<cluster><name>x</name></cluster>",
            "cluster.data_center.id",
            "cluster.data_center.name",
        ),
        ("/networks", "<network/>", "network.id", "network.name"),
        ("/vmpools", "<vm_pool><name>x</name></vm_pool>", "pool.cluster.id", "pool.cluster.name"),
    ] {
        let text =
            format!("Parameters '{one}' or '{other}' are mandatory but both were not provided.");
        refused(&mut it, "POST", path, document, 400, &text);
    }
}

#[test]
fn resources_insist_on_more() {
    let mut it = Asking::lab();
    for (path, document, text) in [
        ("/vms", "<vm/>", "Vm [cluster.id|name] required for add"),
        ("/vms", "<vm><cluster><name>lab</name></cluster></vm>", "Vm [name] required for add"),
        (
            "/networks",
            "<network><name>x</name></network>",
            "Network [dataCenter.name|id] required for add",
        ),
        ("/hosts", "<host/>", "Host [address, name] required for add"),
        (
            "/storageconnections",
            "<storage_connection/>",
            "StorageConnection [type] required for add",
        ),
        (
            "/permissions",
            "<permission><role><name>SuperUser</name></role></permission>",
            "Permission [user|group.id] required for add",
        ),
    ] {
        refused(&mut it, "POST", path, document, 400, text);
    }
}

#[test]
fn one_of_several_signatures_has_to_fit() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}/export", it.vm("web", ""));
    for (path, document) in [
        ("/templates", "<template><name>x</name></template>"),
        ("/imagetransfers", "<image_transfer/>"),
        (&vm, "<action/>"),
    ] {
        refused(&mut it, "POST", path, document, 400, "No matching signature found");
    }
}

#[test]
fn what_has_no_code_fails_as_uncaught() {
    let mut it = Asking::lab();
    let (status, page) = it.ask("GET", "/openstackvolumeproviders", "");
    assert_eq!((status, page.unwrap().name()), (500, "html"));
}
