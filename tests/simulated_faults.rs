//! What the simulated engine refuses, with the status and the words of a real one.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "simulated/asking.rs"]
mod asking;

use asking::{Asking, GIB, ZERO, disk};
use std::time::Duration;
use virtuform::simulated::{Effect, Options, Simulated, Trouble};

/// Asks, and compares status and the beginning of the text.
#[track_caller]
fn refused(it: &mut Asking, method: &str, path: &str, document: &str, status: u16, text: &str) {
    let (found, detail) = it.refusal(method, path, document);
    assert!(
        found == status && detail.starts_with(text),
        "{method} {path} {document}\n expected {status} {text}\n found    {found} {detail}"
    );
}

#[test]
fn documents_that_cannot_be_read() {
    let mut it = Asking::lab();
    let usage =
        "For correct usage, see: https://localhost/ovirt-engine/apidoc#services/vms/methods/add";
    for document in [
        "",
        "<vm>",
        "<strange/>",
        "<vm>text</vm>",
        "<vm><nmae>x</nmae></vm>",
        "<vm><memory>much</memory></vm>",
    ] {
        refused(&mut it, "POST", "/vms", document, 400, usage);
    }
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><type>x</type></vm>",
        400,
        "The string 'x' isn't a valid value for the 'VmType' enumerated type. Valid values are: 'desktop', ",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><stateless>perhaps</stateless></vm>",
        400,
        "Value \"perhaps\" isn't a valid boolean, ",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><memory>99999999999999999999</memory></vm>",
        400,
        "Value 99999999999999999999 is greater than maximum ",
    );
    refused(&mut it, "POST", "/vms", "<disk/>", 500, "");
    let mut lenient = Asking::of(Simulated::new(Options { strict: false, ..Options::default() }));
    lenient.add("/tags", "<tag><name>t</name><colour>red</colour></tag>");
}

#[test]
fn what_is_missing_or_unknown() {
    let mut it = Asking::lab();
    refused(&mut it, "POST", "/vms", "<vm/>", 400, "Vm [name] required for add");
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><name>x</name></vm>",
        400,
        "Vm [cluster.id|name] required for add",
    );
    refused(
        &mut it,
        "POST",
        "/clusters",
        "<cluster/>",
        400,
        "Parameter 'cluster.name' is mandatory but was not provided.",
    );
    refused(
        &mut it,
        "POST",
        "/clusters",
        "<cluster><name>x</name></cluster>",
        400,
        "Parameters 'cluster.data_center.id' or 'cluster.data_center.name' are mandatory but both were not provided.",
    );
    refused(
        &mut it,
        "POST",
        "/datacenters",
        "<data_center><name>x</name></data_center>",
        400,
        "Parameter 'data_center.local' is mandatory",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><name>x</name><cluster><name>foo</name></cluster></vm>",
        404,
        "Entity not found: Cluster: name=foo",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        &format!("<vm><name>x</name><cluster id=\"{ZERO}\"/><template id=\"{ZERO}\"/></vm>"),
        400,
        "[Cannot add VM. The relevant Cluster doesn't exist.]",
    );
    assert_eq!(it.ask("GET", "/vms/not-an-id", ""), (404, None));
    assert_eq!(it.ask("GET", "/no/such/path", ""), (404, None));
    assert_eq!(it.ask("DELETE", "/vms", "").0, 405);
    assert_eq!(it.ask("POST", "/operatingsystems", "<operating_system/>").0, 405);
}

#[test]
fn names_and_ids_that_are_taken() {
    let mut it = Asking::lab();
    let vm = it.vm("web", "");
    let again = "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>";
    refused(
        &mut it,
        "POST",
        "/vms",
        again,
        409,
        "[Cannot add VM. Related operation is currently in progress. Please try again later.]",
    );
    it.pass(6);
    refused(
        &mut it,
        "POST",
        "/vms",
        again,
        409,
        "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]",
    );
    let same = again.replace("<vm>", &format!("<vm id=\"{vm}\">")).replace("web", "other");
    refused(
        &mut it,
        "POST",
        "/vms",
        &same,
        400,
        "[Cannot add VM. VM with the given Id already exists in the system.]",
    );
    let bad = again.replace("<vm>", "<vm id=\"x\">").replace("web", "other");
    refused(&mut it, "POST", "/vms", &bad, 400, "Invalid UUID string: x");
    let one = it.add("/disks", &disk("d", 1));
    let same = disk("e", 1).replace("<disk>", &format!("<disk id=\"{one}\">"));
    refused(
        &mut it,
        "POST",
        "/disks",
        &same,
        409,
        &format!(
            "[Cannot add Virtual Disk. The selected disk ID: {one} is already used by the following existing disk: d.]"
        ),
    );
    refused(
        &mut it,
        "PUT",
        &format!("/vms/{vm}"),
        &format!("<vm id=\"{ZERO}\"/>"),
        409,
        "Attempt to set immutable field: id",
    );
    refused(
        &mut it,
        "POST",
        "/clusters",
        "<cluster><name>LAB</name><data_center><name>lab</name></data_center></cluster>",
        409,
        "[Cannot add Cluster. Cluster name is already in use.]",
    );
    refused(
        &mut it,
        "POST",
        "/datacenters",
        "<data_center><name>lab</name><local>false</local></data_center>",
        409,
        "[Cannot add Data Center. The Data Center name is already in use.]",
    );
    it.add("/datacenters", "<data_center><name>LAB</name><local>false</local></data_center>");
    let network =
        "<network><name>ovirtmgmt</name><data_center><name>lab</name></data_center></network>";
    refused(
        &mut it,
        "POST",
        "/networks",
        network,
        409,
        "[Cannot add Network. The name of the logical network 'ovirtmgmt' is already used by an existing logical network in the same data-center.",
    );
    it.add("/tags", "<tag><name>t</name></tag>");
    refused(
        &mut it,
        "POST",
        "/tags",
        "<tag><name>t</name></tag>",
        409,
        "[The specified Tag name already exists.]",
    );
}

#[test]
fn machines_in_the_wrong_state() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Cannot run VM: VM is locked. Please try again in a few minutes.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/stop"),
        "<action/>",
        409,
        "[Cannot stop VM. VM is not running.]",
    );
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM: VM is locked.");
    it.pass(6);
    it.act(&format!("{path}/start"));
    it.pass(6);
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Cannot run VM because the VM is in Up status.]",
    );
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM. VM is running.]");
    let default = it.id("clusters", "Default");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><cluster id=\"{default}\"/></vm>"),
        409,
        "[Cannot update a VM in this status. Try stopping the VM first.]",
    );
    let vm = path.rsplit('/').next().unwrap().to_owned();
    refused(
        &mut it,
        "POST",
        "/templates",
        &format!("<template><name>t</name><vm id=\"{vm}\"/></template>"),
        409,
        "[Cannot add Template. VM is locked or still running, try again once VM is in the Down state.]",
    );
    it.act(&format!("{path}/suspend"));
    it.pass(5);
    assert_eq!(it.text(&path, "status"), "suspended");
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM that its state is not down.");
    it.act(&format!("{path}/stop"));
    it.put(&path, "<vm><delete_protected>true</delete_protected></vm>");
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.]",
    );
    it.put(&path, "<vm><delete_protected>false</delete_protected></vm>");
    refused(
        &mut it,
        "DELETE",
        &format!("{path}?detach_only=true"),
        "",
        409,
        "[Cannot remove VM with detaching disks, VM is based from template.]",
    );
    let template = it.id("templates", "rhel-9");
    refused(
        &mut it,
        "DELETE",
        &format!("/templates/{template}"),
        "",
        409,
        "[Cannot delete Template. Template is being used by the following VMs: web.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/templates/{ZERO}"),
        "",
        409,
        "[Cannot remove Template. Removing Blank Template is not allowed.]",
    );
    let blank = it.add("/vms", "<vm><name>empty</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    refused(
        &mut it,
        "POST",
        &format!("/vms/{blank}/start"),
        "<action/>",
        409,
        "[Cannot run VM without at least one bootable disk.",
    );
}

#[test]
fn sizes_that_do_not_fit() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", 1100_u64 << 20),
        400,
        "[Cannot hot set memory VM. Amount of added memory (76MiB) is not dividable by 128MiB.]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", 8 * GIB),
        409,
        "[Cannot edit VM. Memory size (8192MB) cannot exceed maximum memory size (4096MB).]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", GIB / 2),
        400,
        "[Cannot edit VM. Physical Memory Guaranteed cannot exceed Memory Size.]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        "<vm><cpu><topology><sockets>65</sockets></topology></cpu></vm>",
        400,
        "[The requested number of vCPUs is not available on the host the VM is running on]",
    );
    let template = it.id("templates", "debian-12");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><template id=\"{template}\"/></vm>"),
        400,
        "[Cannot edit VM. The Template can be changed for pool VMs only.]",
    );
    let one = it.add("/disks", &disk("d", 2));
    it.pass(3);
    refused(
        &mut it,
        "PUT",
        &format!("/disks/{one}"),
        "<disk><provisioned_size>1</provisioned_size></disk>",
        400,
        "[Cannot edit Virtual Disk. New disk size must be larger than the current disk size.]",
    );
    refused(
        &mut it,
        "POST",
        "/disks",
        "<disk><provisioned_size>1</provisioned_size><format>cow</format></disk>",
        400,
        "[Cannot add Virtual Disk. Storage Domain hasn't been specified.]",
    );
    let full = disk("d", 1).replace("</disk>", "<sparse>false</sparse></disk>");
    refused(
        &mut it,
        "POST",
        "/disks",
        &full,
        409,
        "[Cannot add Virtual Disk. Disk configuration (COW Preallocated backup-None) is incompatible with the storage domain type.]",
    );
}

#[test]
fn disks_that_cannot_be_attached() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let attachments = format!("{path}/diskattachments");
    let one = it.add("/disks", &disk("d", 1));
    refused(
        &mut it,
        "POST",
        &attachments,
        &format!("<disk_attachment><disk id=\"{one}\"/></disk_attachment>"),
        400,
        "[Interface is required]",
    );
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{one}\"/></disk_attachment>"
    );
    refused(
        &mut it,
        "POST",
        &attachments,
        &attach,
        409,
        "[Cannot attach Virtual Disk: The following disks are locked: d.",
    );
    it.pass(3);
    it.post(&attachments, &attach);
    refused(
        &mut it,
        "POST",
        &attachments,
        &attach,
        409,
        "[Cannot attach Virtual Disk. The disk is already attached to VM.]",
    );
    let other = it.running_vm("db");
    refused(
        &mut it,
        "POST",
        &format!("{other}/diskattachments"),
        &attach,
        409,
        "[Cannot attach Virtual Disk. The disk is not shareable and is already attached to a VM.]",
    );
    let boot = format!(
        "<disk_attachment><interface>virtio</interface><bootable>true</bootable>{}</disk_attachment>",
        disk("x", 1)
    );
    refused(
        &mut it,
        "POST",
        &attachments,
        &boot,
        409,
        "[Cannot add Virtual Disk. Disk rhel-9_disk in VM web is already marked as boot.]",
    );
    let root = it.get(&attachments);
    let root = root
        .children()
        .iter()
        .find(|it| it.text_at("bootable") == Some("true"))
        .unwrap()
        .id()
        .unwrap()
        .to_owned();
    refused(
        &mut it,
        "PUT",
        &format!("{attachments}/{root}"),
        "<disk_attachment><interface>virtio</interface></disk_attachment>",
        409,
        "[Cannot edit Virtual Disk. At least one of the VMs is not down.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/disks/{root}"),
        "",
        409,
        "[Cannot remove Virtual Disk. At least one of the VMs is not down.]",
    );
}

#[test]
fn nics_of_running_machines() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let nics = it.get(&format!("{path}/nics"));
    let nic = format!("{path}/nics/{}", nics.children()[0].id().unwrap());
    let mac = nics.text_at("nic/mac/address").unwrap().to_owned();
    refused(
        &mut it,
        "POST",
        &format!("{path}/nics"),
        "<nic><name>nic1</name></nic>",
        409,
        "[Network interface name is already in use]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/nics"),
        &format!("<nic><name>nic2</name><mac><address>{mac}</address></mac></nic>"),
        409,
        &format!("[MAC Address {mac} is already in use by VM or snapshot: web.]"),
    );
    refused(
        &mut it,
        "PUT",
        &nic,
        "<nic><mac><address>02:00:00:00:00:01</address></mac></nic>",
        409,
        "[Cannot edit Interface. Updating some of the properties is not supported while the interface is plugged into a running virtual machine.",
    );
    refused(
        &mut it,
        "DELETE",
        &nic,
        "",
        409,
        "[Cannot remove Interface. The VM Network Interface is plugged to a running VM.]",
    );
    it.put(
        &nic,
        "<nic><plugged>false</plugged><mac><address>02:00:00:00:00:01</address></mac></nic>",
    );
    it.delete(&nic);
    let free = it.post(
        &format!("{path}/nics"),
        "<nic><name>nic9</name><vnic_profile><name>ovirtmgmt</name></vnic_profile></nic>",
    );
    assert!(free.child("vnic_profile").is_none(), "a profile named by name is none");
}

#[test]
fn networks_in_use() {
    let mut it = Asking::lab();
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let mut networks = it.get(&format!("/datacenters/{center}/networks"));
    let management = networks.children_mut().remove(0).id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/networks/{management}"),
        "",
        400,
        "[The Management Network ('ovirtmgmt') is mandatory and cannot be removed.]",
    );
    let assigned = format!("/clusters/{cluster}/networks");
    refused(
        &mut it,
        "POST",
        &assigned,
        &format!("<network id=\"{management}\"/>"),
        409,
        "[Logical Network is already attached to Cluster.]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("{assigned}/{management}"),
        "<network><usages/></network>",
        400,
        "[Cannot edit Network. Unsetting management network property is not allowed.",
    );
    refused(
        &mut it,
        "POST",
        "/networks",
        &format!("<network><name>bond0</name><data_center id=\"{center}\"/></network>"),
        400,
        "[Cannot add Network. Network names starting with 'bond' are not allowed.]",
    );
    let network = it.add(
        "/networks",
        &format!("<network><name>n</name><data_center id=\"{center}\"/></network>"),
    );
    let other = it.id("datacenters", "Default");
    refused(
        &mut it,
        "PUT",
        &format!("/networks/{network}"),
        &format!("<network><data_center id=\"{other}\"/></network>"),
        400,
        "[Cannot edit Network. Change of Data Center ID is not allowed.]",
    );
    let profile =
        it.get(&format!("/networks/{network}/vnicprofiles")).children()[0].id().unwrap().to_owned();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.post(
        &format!("{path}/nics"),
        &format!("<nic><name>nic2</name><vnic_profile id=\"{profile}\"/></nic>"),
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/networks/{network}"),
        "",
        409,
        "[Cannot remove Network. This logical network is used by VM: web\n",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/vnicprofiles/{profile}"),
        "",
        409,
        "[Cannot remove VM network interface profile. This VM network interface profile is used by VM:  web.",
    );
    it.pass(6);
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Failed run VM. The following networks (n) are not defined in the cluster.]",
    );
    let plain = it.add("/networks", &format!("<network><name>s</name><data_center id=\"{center}\"/><usages><usage>migration</usage></usages></network>"));
    assert_eq!(it.get(&format!("/networks/{plain}/vnicprofiles")).children().len(), 0);
    refused(
        &mut it,
        "POST",
        "/vnicprofiles",
        &format!("<vnic_profile><name>p</name><network id=\"{plain}\"/></vnic_profile>"),
        400,
        "[Cannot add VM network interface profile. VM network interface profiles cannot be added to a non-VM network.",
    );
    let open = it.post("/vnicprofiles", &format!("<vnic_profile><name>p</name><network id=\"{network}\"/><network_filter/></vnic_profile>"));
    assert!(open.child("network_filter").is_none());
}

#[test]
fn hosts_and_storage_in_the_wrong_state() {
    let mut it = Asking::lab();
    let host = "<host><name>h</name><address>h</address><cluster><name>lab</name></cluster>";
    refused(
        &mut it,
        "POST",
        "/hosts",
        &format!("{host}</host>"),
        400,
        "[Cannot install Host with empty password.]",
    );
    refused(
        &mut it,
        "POST",
        "/hosts",
        &format!("{host}<root_password>wrong</root_password></host>"),
        409,
        "[Cannot add Host. SSH authentication failed",
    );
    let first = format!("/hosts/{}", it.id("hosts", "host-1"));
    refused(
        &mut it,
        "POST",
        &format!("{first}/activate"),
        "<action/>",
        409,
        "[Cannot activate Host. Host in Up status.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{first}/install"),
        "<action><root_password>x</root_password></action>",
        409,
        "[Cannot install Host. Please move Host to Maintenance mode first.]",
    );
    refused(
        &mut it,
        "PUT",
        &first,
        "<host><address>elsewhere</address></host>",
        400,
        "[Host Address can not be modified",
    );
    refused(
        &mut it,
        "DELETE",
        &first,
        "",
        409,
        "[Cannot remove Host. Host is operational. Please switch Host to Maintenance mode first.]",
    );
    it.act(&format!("{first}/deactivate"));
    it.pass(5);
    refused(
        &mut it,
        "POST",
        &format!("{first}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode. Host is already in Maintenance mode.]",
    );
    let domain = "<storage_domain><name>s</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/s</path></storage></storage_domain>";
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        domain,
        409,
        "[Cannot add storage server connection when Host status is not up]",
    );
    let domain = domain.replace("host-1", "host-2");
    let made = it.add("/storagedomains", &domain);
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain.replace("<name>s<", "<name>t<"),
        409,
        "[Cannot add Storage Connection. Storage connection ",
    );
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain,
        409,
        "[Cannot add Storage. The Storage Domain name is already in use.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/storagedomains/{made}"),
        "",
        400,
        "StorageDomain [host] required for remove",
    );
    let center = it.id("datacenters", "lab");
    let first = it.id("storagedomains", "nfs-1");
    refused(
        &mut it,
        "DELETE",
        &format!("/storagedomains/{first}?host=host-2"),
        "",
        409,
        "[Cannot remove Storage. The relevant Storage Domain's status is Active.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}/storagedomains/{first}"),
        "",
        409,
        "[Cannot detach Storage. The relevant Storage Domain's status is Active.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}"),
        "",
        409,
        "[Cannot remove an active Data Center.]",
    );
    let default = it.id("clusters", "Default");
    refused(
        &mut it,
        "DELETE",
        &format!("/clusters/{default}"),
        "",
        409,
        "[Cannot remove default Host Cluster.]",
    );
    let lab = it.id("clusters", "lab");
    refused(
        &mut it,
        "DELETE",
        &format!("/clusters/{lab}"),
        "",
        409,
        "[Cannot remove Cluster. Cluster contains one or more Hosts]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{lab}"),
        "<cluster><version><major>4</major><minor>7</minor></version></cluster>",
        400,
        "[Cluster compatibility version can't be decreased",
    );
}

#[test]
fn the_first_storage_domain_is_attached_alone() {
    let mut it = Asking::lab();
    let center =
        it.add("/datacenters", "<data_center><name>e</name><local>false</local></data_center>");
    it.add(
        "/clusters",
        "<cluster><name>e</name><data_center><name>e</name></data_center></cluster>",
    );
    let new = |name: &str| {
        format!(
            "<storage_domain><name>{name}</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/{name}</path></storage></storage_domain>"
        )
    };
    it.add("/storagedomains", &new("a"));
    it.add("/storagedomains", &new("b"));
    let attached = format!("/datacenters/{center}/storagedomains");
    let attach = |name: &str| format!("<storage_domain><name>{name}</name></storage_domain>");
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("a"),
        409,
        "[Cannot attach Storage. There is no active Host in the Data Center.]",
    );
    it.add("/hosts", "<host><name>h</name><address>h</address><root_password>x</root_password><cluster><name>e</name></cluster></host>");
    it.pass(25);
    it.add(&attached, &attach("a"));
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("b"),
        409,
        "[Cannot attach Storage. Related operation is currently in progress. Please try again later.]",
    );
    it.pass(9);
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("b"),
        409,
        "[Failed to attach Storage due to an error on the Data Center master Storage Domain.",
    );
    it.pass(10);
    it.add(&attached, &attach("b"));
}

#[test]
fn pools_profiles_and_quotas() {
    let mut it = Asking::lab();
    let range = |from: &str, to: &str| format!("<range><from>{from}</from><to>{to}</to></range>");
    let pool = |name: &str, ranges: &str| {
        format!("<mac_pool><name>{name}</name><ranges>{ranges}</ranges></mac_pool>")
    };
    refused(
        &mut it,
        "POST",
        "/macpools",
        "<mac_pool><name>p</name></mac_pool>",
        400,
        "[Cannot add MAC Pool. MAC Pool must contain at least one MAC address range.]",
    );
    it.add("/macpools", &pool("p", &range("02:00:00:00:00:00", "02:00:00:00:00:ff")));
    refused(
        &mut it,
        "POST",
        "/macpools",
        &pool("q", &range("02:00:00:00:00:80", "02:00:00:00:01:00")),
        409,
        "[Cannot add MAC Pool. MAC pool cannot contain ranges which overlap with ranges in MAC pools: p]",
    );
    let twice = range("04:00:00:00:00:00", "04:00:00:00:00:ff").repeat(2);
    refused(
        &mut it,
        "POST",
        "/macpools",
        &pool("q", &twice),
        409,
        "[Cannot add MAC Pool. MAC pool cannot contain overlapping ranges.]",
    );
    let default = it.id("macpools", "Default");
    refused(
        &mut it,
        "DELETE",
        &format!("/macpools/{default}"),
        "",
        409,
        "[Cannot remove MAC Pool.",
    );
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let profile =
        it.get(&format!("/clusters/{cluster}/cpuprofiles")).children()[0].id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/cpuprofiles/{profile}"),
        "",
        400,
        "[Cannot remove CPU Profile. Cannot remove last CPU profile in Cluster.]",
    );
    let quota =
        it.get(&format!("/datacenters/{center}/quotas")).children()[0].id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}/quotas/{quota}"),
        "",
        400,
        "[Cannot remove Quota. Default quota cannot be changed.]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("/tags/{ZERO}"),
        "<tag><name>x</name></tag>",
        409,
        "[Cannot edit readonly tag]",
    );
}

#[test]
fn tags_form_a_tree_and_go_with_their_branch() {
    let mut it = Asking::lab();
    let trunk = it.add("/tags", "<tag><name>trunk</name></tag>");
    let leaf = it.add("/tags", "<tag><name>leaf</name><parent><name>trunk</name></parent></tag>");
    refused(
        &mut it,
        "PUT",
        &format!("/tags/{trunk}"),
        &format!("<tag><parent id=\"{leaf}\"/></tag>"),
        400,
        "[Cannot move a tag",
    );
    let tags = format!("/vms/{}/tags", it.vm("web", ""));
    assert_eq!(it.add(&tags, "<tag><name>leaf</name></tag>"), leaf);
    assert_eq!(it.add(&tags, &format!("<tag id=\"{leaf}\"/>")), leaf, "twice does no harm");
    assert_eq!(it.get("/vms?search=tag%3Dleaf").children().len(), 1);
    it.delete(&format!("/tags/{trunk}"));
    assert_eq!(it.get(&tags).children().len(), 0);
    assert_eq!(it.get("/tags").children().len(), 1);
}

#[test]
fn logins_that_fail() {
    let mut it = Asking::fresh();
    let mut login = |form: &str, accept: &str| {
        let request = http::Request::post("/ovirt-engine/sso/oauth/token")
            .header("Accept", accept)
            .body(bytes::Bytes::from(form.to_owned()))
            .unwrap();
        let reply = it.send(request);
        let json: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        (reply.status().as_u16(), json)
    };
    let good = "grant_type=password&username=admin@internal&password=secret&scope=ovirt-app-api";
    let (status, json) = login(&good.replace("secret", "guess"), "application/json");
    assert_eq!((status, json["error_code"].as_str()), (400, Some("access_denied")));
    assert!(
        json["error"].as_str().unwrap().starts_with("Cannot authenticate user 'admin@internal': ")
    );
    let (status, json) = login(
        &good.replace("api", "api ovirt-app-admin").replace("secret", "x"),
        "application/json",
    );
    assert_eq!((status, json["error"].as_str()), (400, Some("access_denied")));
    assert!(json["error_description"].is_string());
    let (_, json) = login(good, "*/*");
    assert_eq!(json["error"], "Missing parameter: 'Accept Header'");
    let (_, json) = login(&good.replace("=password&u", "=other&u"), "application/json");
    assert_eq!(json["error_code"], "unsupported_grant_type");
}

#[test]
fn tokens_end() {
    let mut it = Asking::lab();
    it.login();
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.pass(29 * 60);
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.pass(31 * 60);
    let request = it.request("GET", "/vms", "");
    let reply = it.send(request);
    assert_eq!(reply.status(), 401);
    assert!(String::from_utf8_lossy(reply.body()).contains(
        "invalid_grant: The provided authorization grant for the auth code has expired."
    ));
    it.login();
    it.engine.token_idle(Duration::from_secs(1));
    it.pass(2);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401);
}

#[test]
fn headers_that_do_not_fit() {
    let mut it = Asking::lab();
    it.login();
    let mut with = |method: &str, header: &'static str, value: &'static str| {
        let mut request = it.request(method, "/tags", "<tag/>");
        request.headers_mut().insert(header, http::HeaderValue::from_static(value));
        it.send(request).status().as_u16()
    };
    assert_eq!(with("POST", "Content-Type", "text/plain"), 415);
    assert_eq!(with("GET", "Accept", "text/html"), 406);
    assert_eq!(with("GET", "Version", "5"), 400);
    assert_eq!(with("GET", "Version", "3"), 405);
    assert_eq!(with("GET", "Authorization", "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0"), 200);
    assert_eq!(with("GET", "Authorization", "Basic YWRtaW46YQ=="), 401);
}

#[test]
fn trouble_on_demand() {
    let mut it = Asking::lab();
    it.login();
    it.engine.forget_requests();
    it.engine.trouble(Trouble::on("POST", "/tags", Effect::Locked));
    it.engine.trouble(Trouble::on("GET", "/tags", Effect::Status(503)).nth(2));
    it.engine.trouble(Trouble::on("GET", "/hosts/*", Effect::ExpireTokens));
    let tag = "<tag><name>t</name></tag>";
    let (status, fault) = it.over_http("POST", "/tags", tag);
    assert_eq!(status, 409);
    assert!(
        fault
            .unwrap()
            .text_at("detail")
            .unwrap()
            .contains("Related operation is currently in progress.")
    );
    assert_eq!(it.over_http("POST", "/tags", tag).0, 201);
    assert_eq!(it.over_http("GET", "/tags", "").0, 200);
    assert_eq!(it.over_http("GET", "/tags", "").0, 503);
    assert_eq!(it.over_http("GET", "/hosts/x", "").0, 401);
    assert_eq!(it.engine.writes(), 2);
    let statuses: Vec<u16> = it.engine.requests().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [409, 201, 200, 503, 401]);
    assert_eq!(it.engine.requests()[0].correlation_id.as_deref(), Some("test-1"));
}
