//! The shapes of refusals: which status, which reason and which words belong together.

use crate::asking::{Asking, ZERO, disk};

const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

/// Asks, and compares status, reason and the beginning of the detail.
#[track_caller]
fn told(
    it: &mut Asking,
    (method, path, document): (&str, &str, &str),
    (status, reason, detail): (u16, &str, &str),
) {
    let (found, reply) = it.ask(method, path, document);
    let reply = reply.unwrap_or_default();
    let fault = if reply.name() == "action" { reply.child("fault").unwrap() } else { &reply };
    let names: Vec<&str> = fault.children().iter().map(|it| it.name()).collect();
    assert_eq!(names, ["detail", "reason"], "{method} {path} {document}: {found} {reply}");
    let text = |name| fault.text_at(name).unwrap();
    assert_eq!((found, text("reason")), (status, reason), "{method} {path} {document}: {reply}");
    assert!(text("detail").starts_with(detail), "{method} {path} {document}: {reply}");
}

#[test]
fn documents_are_refused_by_who_reads_them() {
    let mut it = Asking::lab();
    let host = it.id("hosts", "host-1");
    let nfs = |more: &str| {
        format!(
            "<storage_domain><name>d</name><type>data</type><host id=\"{host}\"/><storage><type>nfs</type><address>a</address><path>/d</path>{more}</storage></storage_domain>"
        )
    };
    let syntax = "For correct usage, see: https://localhost/ovirt-engine/apidoc#services/";
    for (path, document, reason, detail) in [
        ("/vms", "<vm/>", "Incomplete parameters", "Vm [cluster.id|name] required for add"),
        (
            "/clusters",
            "<cluster/>",
            "Input validation failed.",
            "Parameter 'cluster.name' is mandatory but was not provided.",
        ),
        (
            "/templates",
            "<template><name>x</name></template>",
            "Input validation failed.",
            "No matching signature found",
        ),
        ("/vms", "<vm><memory>much</memory></vm>", "Request syntactically incorrect.", syntax),
        (
            "/vms",
            "<vm><type>x</type></vm>",
            "Invalid value",
            "The string 'x' isn't a valid value for the 'VmType' enumerated type.",
        ),
        (
            "/vms",
            "<vm><stateless>x</stateless></vm>",
            "Invalid value",
            "Value \"x\" isn't a valid boolean,",
        ),
        (
            "/vms",
            "<vm><cpu><topology><cores>99999999999</cores></topology></cpu></vm>",
            "Invalid value",
            "Value 99999999999 is greater than maximum",
        ),
        (
            "/storagedomains",
            &nfs("<nfs_timeo>65536</nfs_timeo>"),
            "Value out of range",
            "The value 65536 of attribute 'nfs_timeio' is outside of range 0 to 65535.",
        ),
        (
            "/storagedomains",
            &nfs("<nfs_retrans>70000</nfs_retrans>"),
            "Value out of range",
            "The value 70000 of attribute 'nfs_retrans' is outside of range 0 to 65535.",
        ),
        (
            "/vms",
            "<vm><name>x</name><cluster id=\"x\"/></vm>",
            "Operation failed",
            "Invalid UUID string: x",
        ),
    ] {
        told(&mut it, ("POST", path, document), (400, reason, detail));
    }
}

#[test]
fn what_a_document_names_is_looked_up_in_many_words() {
    let mut it = Asking::lab();
    let vm = |cluster: &str, template: &str| {
        format!(
            "<vm><name>x</name><cluster {cluster}</cluster><template {template}</template></vm>"
        )
    };
    let (lab, gone) = ("><name>lab</name>", "><name>gone</name>");
    let unknown = format!("id=\"{UNKNOWN}\">");
    for (path, document, label) in [
        ("/vms", vm(gone, gone), "Cluster: name=gone"),
        ("/vms", vm(&unknown, "><name>Blank</name>"), "GetClusterById"),
        ("/vms", vm(lab, gone), "GetVmTemplate"),
        ("/vms", vm(lab, &unknown), "GetVmTemplate"),
        (
            "/clusters",
            "<cluster><name>c</name><data_center><name>gone</name></data_center></cluster>"
                .to_owned(),
            "Datacenter: name=gone",
        ),
        ("/disks", disk("d", 1).replace("nfs-1", "gone"), "Storage: name=gone"),
    ] {
        let detail = format!("Entity not found: {label}");
        told(&mut it, ("POST", path, &document), (404, "Operation Failed", &detail));
        assert_eq!(it.refusal("POST", path, &document).1, detail);
    }
}

#[test]
fn commands_put_their_words_in_brackets() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let other = format!("<vm id=\"{ZERO}\"/>");
    let host = format!("/hosts/{}/activate", it.id("hosts", "host-1"));
    let lost = format!("/vms/{UNKNOWN}/start");
    for (method, path, document, status, reason, detail) in [
        (
            "PUT",
            path.as_str(),
            other.as_str(),
            409,
            "Broken immutability constraint",
            "Attempt to set immutable field: id",
        ),
        (
            "POST",
            &lost,
            "<action/>",
            400,
            "Operation Failed",
            "[Cannot start VM. VM is not found.]",
        ),
        (
            "POST",
            &format!("{path}/start"),
            "<action/>",
            409,
            "Operation Failed",
            "[Cannot run VM because the VM is in Up status.]",
        ),
        ("DELETE", &path, "", 409, "Operation Failed", "[Cannot remove VM. VM is running.]"),
        ("POST", &host, "<action/>", 409, "Operation Failed", "[Cannot activate Host."),
        (
            "GET",
            "/vms?max=-1",
            "",
            400,
            "Operation Failed",
            "Query execution failed due to invalid parameters.",
        ),
    ] {
        told(&mut it, (method, path, document), (status, reason, detail));
    }
}

#[test]
fn what_a_put_clears_and_what_it_leaves() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", "<description>d</description><comment>c</comment>"));
    it.pass(6);
    it.put(&vm, "<vm><description/></vm>");
    assert_eq!(it.text(&vm, "description"), "");
    assert_eq!(it.text(&vm, "comment"), "c", "nobody spoke of it");
    it.put(&vm, "<vm><custom_compatibility_version><major>4</major><minor>6</minor></custom_compatibility_version></vm>");
    assert_eq!(it.text(&vm, "custom_compatibility_version/minor"), "6");
    it.put(&vm, "<vm><custom_compatibility_version/></vm>");
    assert!(it.get(&vm).child("custom_compatibility_version").is_none());
    let property = "<vm><custom_properties><custom_property><name>sap_agent</name><value>true</value></custom_property></custom_properties></vm>";
    it.put(&vm, property);
    it.put(&vm, "<vm><custom_properties/></vm>");
    assert!(it.get(&vm).at("custom_properties/custom_property").is_none());
    let center = it.id("datacenters", "lab");
    let network = it.add(
        "/networks",
        &format!("<network><name>n</name><data_center id=\"{center}\"/><vlan id=\"7\"/></network>"),
    );
    let network = format!("/networks/{network}");
    it.put(&network, "<network><vlan/></network>");
    assert!(it.get(&network).at("vlan").is_none_or(|it| it.id().is_none()));
    let flag = "<vm><stateless/></vm>";
    told(&mut it, ("PUT", &vm, flag), (400, "Invalid value", "Value \"\" isn't a valid boolean,"));
    let word = "<vm><type/></vm>";
    told(&mut it, ("PUT", &vm, word), (400, "Invalid value", "The string '' isn't a valid value"));
    let back = it.get(&vm).to_string();
    it.put(&vm, &back);
}

#[test]
fn a_disk_that_goes_says_so_to_whoever_touches_it() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}/diskattachments", it.vm("web", ""));
    let id = it.add("/disks", &disk("d", 1));
    it.pass(60);
    let path = format!("/disks/{id}");
    it.delete(&path);
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><bootable>false</bootable><disk id=\"{id}\"/></disk_attachment>"
    );
    for (method, path, document, what) in [
        ("DELETE", path.as_str(), "", "remove"),
        ("PUT", &path, "<disk><description>x</description></disk>", "edit"),
        ("POST", &vm, attach.as_str(), "attach"),
    ] {
        let detail = format!("[Cannot {what} Virtual Disk. Disk d is being removed.]");
        told(&mut it, (method, path, document), (409, "Operation Failed", &detail));
    }
    it.pass(60);
    assert_eq!(it.ask("GET", &path, ""), (404, None));
}
