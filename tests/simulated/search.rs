//! The search language of the simulated engine.

use crate::asking::Asking;

/// A lab with three machines, one of them running and tagged.
fn site() -> Asking {
    let mut it = Asking::lab();
    let web = it.running_vm("web-1");
    it.vm("web-2", "<description>the second</description>");
    it.vm("db", "<memory>2147483648</memory><comment>web of data</comment>");
    it.pass(6);
    it.add("/tags", "<tag><name>blue</name></tag>");
    it.add(&format!("{web}/tags"), "<tag><name>blue</name></tag>");
    it
}

/// The names of what a search finds.
fn found(it: &mut Asking, collection: &str, search: &str) -> Vec<String> {
    let encoded: String = search.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let list = it.get(&format!("/{collection}?search={encoded}"));
    let name = |it: &virtuform::xml::Element| {
        it.text_at("name").or_else(|| it.text_at("alias")).unwrap_or_default().to_owned()
    };
    list.children().iter().map(name).collect()
}

#[test]
fn machines_are_found_by_all_that_the_engine_knows_of_them() {
    let mut it = site();
    for (search, names) in [
        ("name=web-1", &["web-1"][..]),
        ("name=WEB*", &["web-1", "web-2"]),
        ("name!=web*", &["db"]),
        ("name=web* status=up", &["web-1"]),
        ("name=web* and status=down", &["web-2"]),
        ("status=up or name=db", &["db", "web-1"]),
        ("name=web-2 or name=web-1 and status=down", &["web-2"]),
        ("description=\"the second\"", &["web-2"]),
        ("web", &["db", "web-1", "web-2"]),
        ("second", &["web-2"]),
        ("memory>1024", &["db"]),
        ("memory<=1024", &["web-1", "web-2"]),
        ("cluster=lab datacenter=lab name=db", &["db"]),
        ("tag=blue", &["web-1"]),
        ("on_host=host*", &["web-1"]),
        ("host.name=host*", &["web-1"]),
        ("Hosts.status=up", &["web-1"]),
        ("vms.host.name=host*", &["web-1"]),
        ("templates.name=rhel-9 name=db", &["db"]),
        ("storage.name=nfs-1 name=db", &["db"]),
        ("creationdate=today name=db", &["db"]),
        ("creationdate<today", &[]),
        ("creationdate>yesterday name=db", &["db"]),
        ("next_run_config_exists=true", &[]),
        ("sortby name desc", &["web-2", "web-1", "db"]),
        ("sortby memory desc page 1", &["db", "web-2", "web-1"]),
    ] {
        let found = found(&mut it, "vms", search);
        let expected: Vec<_> = names.iter().map(|it| (*it).to_owned()).collect();
        if search.contains("sortby memory") {
            assert_eq!(found[0], "db", "{search}");
            continue;
        }
        assert_eq!(found, expected, "{search}");
    }
}

#[test]
fn what_is_not_understood_finds_nothing() {
    let mut it = site();
    for search in [
        "nmae=web*",
        "name=web* colour=blue",
        "name=",
        "name=web* and",
        "or name=web*",
        "name='web-1'",
        "name=web*; drop",
        "memory>much",
        "name>web",
        "status>up",
        "creationdate=someday",
        "clusters.name=lab",
        "sortby colour",
        "name=web* page 0",
        "page 1 name=web*",
        "next_run_config_exists=maybe",
    ] {
        assert_eq!(found(&mut it, "vms", search), [""; 0], "{search}");
    }
}

#[test]
fn other_collections_have_fields_of_their_own() {
    let mut it = site();
    for (collection, search, names) in [
        ("hosts", "status=up address=host-1*", &["host-1"][..]),
        ("hosts", "vms.name=web-1 or name=nobody", &["host-1"]),
        ("hosts", "active_vms>0", &["host-1"]),
        ("storagedomains", "name=nfs-1 and datacenter=lab", &["nfs-1"]),
        ("storagedomains", "status=active type=nfs name=nfs-2", &["nfs-2"]),
        ("templates", "name=rhel* cluster=lab", &["rhel-9"]),
        ("disks", "alias=rhel-9_disk number_of_vms=0", &["rhel-9_disk"]),
        ("clusters", "name=lab architecture=x86_64", &["lab"]),
        ("clusters", "datacenter.name=lab", &["lab"]),
        ("datacenters", "Clusters.name=lab", &["lab"]),
        ("datacenters", "storage=nfs-1", &["lab"]),
        ("disks", "name=debian* and Storage.name=nfs-1", &["debian-12_disk"]),
        ("disks", "vm_names=web-1", &["rhel-9_disk"]),
        ("users", "usrname=admin@internal*", &["admin"]),
        ("datacenters", "status=up", &["lab"]),
        ("networks", "name=ovirtmgmt datacenter=lab vmnetwork=true", &["ovirtmgmt"]),
        ("users", "usrname=admin*", &["admin"]),
        ("networks", "id=5", &[]),
        ("hosts", "status=up status=down", &[]),
        ("vnicprofiles", "name=ovirtmgmt", &[]),
        ("jobs", "status=started", &[]),
    ] {
        let found = found(&mut it, collection, search);
        assert_eq!(found, names, "{collection} {search}");
    }
    let tags = it.get("/tags").children().len();
    assert_eq!(it.get("/tags?search=name%3Dnobody").children().len(), tags, "tags do not search");
}

#[test]
fn pages_need_a_size_and_disks_have_but_one() {
    let mut it = site();
    let count = |it: &mut Asking, path: &str| it.get(path).children().len();
    assert_eq!(count(&mut it, "/vms?search=sortby%20name%20asc%20page%202&max=2"), 1);
    assert_eq!(count(&mut it, "/vms?search=sortby%20name%20asc%20page%202"), 0);
    assert_eq!(count(&mut it, "/vms?search=page%201"), 3);
    assert!(count(&mut it, "/disks?search=page%201&max=1") == 1);
    assert_eq!(count(&mut it, "/disks?search=page%202&max=1"), 0);
    assert_eq!(it.ask("GET", "/vms?max=-1", "").0, 400);
}
