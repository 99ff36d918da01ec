//! The small devices of machines.

use virtuform::xml::Element;

use crate::asking::{Asking, ZERO, disk, refused};

fn down(it: &mut Asking, name: &str) -> String {
    let path = format!("/vms/{}", it.vm(name, ""));
    it.pass(6);
    path
}

#[test]
fn a_drive_holds_one_disc_now_and_one_for_the_next_start() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let iso = disk("iso", 1).replace("<format>cow", "<content_type>iso</content_type><format>raw");
    let iso = it.add("/disks", &iso);
    it.pass(4);
    let drive = format!("{vm}/cdroms/{ZERO}");
    let disc = format!("<cdrom><file id=\"{iso}\"/></cdrom>");
    let change = format!("{drive}?current=true");
    let off = "[Cannot Change CD VM because the VM is in Down status.]";
    refused(&mut it, "PUT", &change, &disc, 409, off);
    it.act(&format!("{vm}/start"));
    it.pass(6);
    it.put(&change, &disc);
    let file = |it: &mut Asking, path: &str| {
        it.get(path).child("file").and_then(|it| it.id()).map(str::to_owned)
    };
    assert_eq!(file(&mut it, &change), Some(iso.clone()));
    assert_eq!(file(&mut it, &drive), None, "not for the next start");
    let nothing = "<cdrom><file id=\"no.iso\"/></cdrom>";
    refused(&mut it, "PUT", &change, nothing, 400, "[Invalid ISO image path]");
    it.put(&drive, &disc);
    it.put(&change, "<cdrom><file id=\"\"/></cdrom>");
    assert_eq!(file(&mut it, &change), None, "ejected");
    assert_eq!(file(&mut it, &drive), Some(iso));
    assert_eq!(it.get(&format!("{vm}/cdroms")).children().len(), 1, "there is exactly one");
}

#[test]
fn consoles_let_in_who_has_a_ticket() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let all = format!("{vm}/graphicsconsoles");
    it.post(&all, "<graphics_console><protocol>spice</protocol></graphics_console>");
    assert_eq!(it.text(&vm, "display/type"), "spice", "spice is shown if there are both");
    let again = "<graphics_console><protocol>vnc</protocol></graphics_console>";
    let one = "[Cannot add Graphics Device. One VM can not contain more than one device with the same graphics type.]";
    refused(&mut it, "POST", &all, again, 400, one);
    let console = format!("{all}/766e63");
    let off = "[Cannot set Virtual Machine Ticket because the VM is in Down status.]";
    for action in ["ticket", "remoteviewerconnectionfile", "proxyticket"] {
        refused(&mut it, "POST", &format!("{console}/{action}"), "<action/>", 409, off);
    }
    assert_eq!(it.get(&format!("{all}?current=true")).children().len(), 0);
    it.act(&format!("{vm}/start"));
    it.pass(6);
    assert_eq!(it.get(&format!("{all}?current=true")).children().len(), 2);
    let ticket = "<action><ticket><expiry>60</expiry></ticket></action>";
    let ticket = it.post(&format!("{console}/ticket"), ticket);
    assert_eq!(ticket.text_at("ticket/expiry"), Some("60"));
    assert!(!ticket.text_at("ticket/value").unwrap().is_empty());
    let file = it.act(&format!("{console}/remoteviewerconnectionfile"));
    let file = file.text_at("remote_viewer_connection_file").unwrap();
    assert!(file.starts_with("[virt-viewer]\ntype=vnc\n"), "{file}");
    assert!(it.act(&format!("{console}/proxyticket")).at("proxy_ticket/value").is_some());
    it.delete(&console);
    it.delete(&format!("{all}/7370696365"));
    assert!(it.get(&vm).child("display").is_none(), "headless");
    let headless = "[Cannot screenshot VM.";
    refused(&mut it, "POST", &format!("{vm}/screenshot"), "<action/>", 409, headless);
}

#[test]
fn the_display_rules_the_console() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    it.put(&vm, "<vm><display><type>spice</type></display></vm>");
    assert_eq!(it.text(&vm, "display/video_type"), "qxl");
    let consoles = it.get(&format!("{vm}/graphicsconsoles"));
    assert_eq!(consoles.children().len(), 1);
    assert_eq!(consoles.text_at("graphics_console/protocol"), Some("spice"));
    it.put(&vm, "<vm><display><type>spice</type><video_type>vga</video_type></display></vm>");
    assert_eq!(it.text(&vm, "display/type"), "vnc", "the video device wins");
}

#[test]
fn there_is_at_most_one_watchdog() {
    let mut it = Asking::lab();
    let all = format!("{}/watchdogs", down(&mut it, "web"));
    let new = "<watchdog><model>i6300esb</model><action>reset</action></watchdog>";
    let id = it.add(&all, new);
    refused(&mut it, "POST", &all, new, 409, "[Watchdog already exists]");
    it.put(&format!("{all}/{id}"), "<watchdog><action>poweroff</action></watchdog>");
    assert_eq!(it.text(&format!("{all}/{id}"), "action"), "poweroff");
    it.delete(&format!("{all}/{id}"));
    assert_eq!(it.refusal("POST", &all, "<watchdog><action>reset</action></watchdog>").0, 400);
}

#[test]
fn numa_nodes_fit_together() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    it.put(&vm, "<vm><cpu><topology><sockets>2</sockets><cores>2</cores></topology></cpu></vm>");
    let all = format!("{vm}/numanodes");
    let node = |index: u32, memory: u32, core: u32| {
        format!(
            "<vm_numa_node><index>{index}</index><memory>{memory}</memory><cpu><cores><core><index>{core}</index></core></cores></cpu></vm_numa_node>"
        )
    };
    let pinned = node(0, 256, 0).replace("</vm_numa_node>", "<numa_node_pins><numa_node_pin><index>0</index></numa_node_pin></numa_node_pins></vm_numa_node>");
    for (document, text) in [
        (
            node(1, 256, 0),
            "[Expected a continuous sequence of 0-0 for 1 numa nodes. Missing indices [0].",
        ),
        (
            node(0, 4096, 0),
            "[The NUMA nodes' total memory of 4096 exceeds the VM's total memory of 1024.]",
        ),
        (
            node(0, 256, 4),
            "[A NUMA node has an invalid CPU index: 4. Indexes must be between 0 and 3.]",
        ),
    ] {
        refused(&mut it, "POST", &all, &document, 400, text);
    }
    let free = "[Cannot edit VM. VM must be pinned to at least one host.]";
    refused(&mut it, "POST", &all, &pinned, 409, free);
    it.post(&all, &node(0, 512, 0));
    for (document, text) in [
        (node(0, 256, 1), "[NUMA node with index 0 exists at least twice.]"),
        (
            node(1, 256, 0),
            "[CPUs with the following indexes are assigned to two or more NUMA nodes: 0.]",
        ),
    ] {
        refused(&mut it, "POST", &all, &document, 400, text);
    }
    it.post(&all, &node(1, 512, 1));
    assert_eq!(it.get(&all).children().len(), 2);
    let small = format!(
        "<vm><memory>{}</memory><memory_policy><guaranteed>{}</guaranteed></memory_policy></vm>",
        512_u64 << 20,
        512_u64 << 20
    );
    let memory = "[The NUMA nodes' total memory of 1024 exceeds the VM's total memory of 512.]";
    refused(&mut it, "PUT", &vm, &small, 400, memory);
    let one = "<vm><cpu><topology><sockets>1</sockets><cores>1</cores></topology></cpu></vm>";
    let many = "[Cannot edit VM. Assigned 2 NUMA nodes for 1 CPU cores.";
    refused(&mut it, "PUT", &vm, one, 400, many);
}

#[test]
fn host_devices_need_one_host() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let all = format!("{vm}/hostdevices");
    let new = "<host_device><name>pci_nowhere</name></host_device>";
    let none = "[Cannot add Host devices. VM must be pinned to a host.]";
    refused(&mut it, "POST", &all, new, 409, none);
    let (first, second) = (it.id("hosts", "host-1"), it.id("hosts", "host-2"));
    let pin = |hosts: &str| {
        format!(
            "<vm><placement_policy><affinity>pinned</affinity><hosts>{hosts}</hosts></placement_policy></vm>"
        )
    };
    it.put(&vm, &pin(&format!("<host id=\"{first}\"/><host id=\"{second}\"/>")));
    let many = "[Cannot add Host devices. VM must be pinned to a single host.]";
    refused(&mut it, "POST", &all, new, 409, many);
    it.put(&vm, &pin(&format!("<host id=\"{first}\"/>")));
    let unknown = "[Cannot add Host devices. One or more of specified host devices not found.]";
    refused(&mut it, "POST", &all, new, 400, unknown);
    let nic = "<host_device><name>pci_0000_3b_00_0</name></host_device>";
    let made = it.post(&all, nic);
    assert_eq!(made.text_at("placeholder"), Some("false"));
    let rival = down(&mut it, "rival");
    it.put(&rival, &pin(&format!("<host id=\"{first}\"/>")));
    it.post(&format!("{rival}/hostdevices"), nic);
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let busy = "[Cannot run VM. One or more configured host devices are already used by a VM or a Storage Domain.]";
    refused(&mut it, "POST", &format!("{rival}/start"), "<action/>", 409, busy);
    let up = "[Cannot add Host devices because the VM is in Up status.]";
    refused(&mut it, "POST", &all, new, 409, up);
}

#[test]
fn a_running_machine_keeps_its_host_devices() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let host = it.id("hosts", "host-1");
    it.put(&vm, &format!("<vm><placement_policy><affinity>pinned</affinity><hosts><host id=\"{host}\"/></hosts></placement_policy></vm>"));
    let all = format!("{vm}/hostdevices");
    let id = it.add(&all, "<host_device><name>pci_0000_3b_00_0</name></host_device>");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let up = "[Cannot remove Host devices because the VM is in Up status.]";
    refused(&mut it, "DELETE", &format!("{all}/{id}"), "", 409, up);
    let snapshot = "<snapshot><description>s</description></snapshot>";
    let memory = "[Cannot create Snapshot. VM has PCI host devices attached.]";
    refused(&mut it, "POST", &format!("{vm}/snapshots"), snapshot, 409, memory);
}

#[test]
fn mediated_devices_say_their_type() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let all = format!("{vm}/mediateddevices");
    let device = |name: &str| {
        format!(
            "<vm_mediated_device><spec_params><property><name>{name}</name><value>nvidia-11</value></property></spec_params></vm_mediated_device>"
        )
    };
    let missing = "[Cannot add VM. Invalid device specification: mdevType is missing.]";
    refused(&mut it, "POST", &all, &device("nodisplay"), 400, missing);
    it.post(&all, &device("mdevType"));
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let snapshot = "<snapshot><description>s</description></snapshot>";
    let memory = "[Cannot create Snapshot. VM has mediated devices attached.]";
    refused(&mut it, "POST", &format!("{vm}/snapshots"), snapshot, 409, memory);
}

#[test]
fn numa_nodes_are_no_more_than_processors() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let host = it.id("hosts", "host-1");
    it.put(&vm, &format!("<vm><placement_policy><affinity>pinned</affinity><hosts><host id=\"{host}\"/></hosts></placement_policy></vm>"));
    let all = format!("{vm}/numanodes");
    let node = |index: u32, more: &str| {
        format!(
            "<vm_numa_node><index>{index}</index><memory>256</memory><cpu><cores><core><index>0</index></core></cores></cpu>{more}</vm_numa_node>"
        )
    };
    let pins = "<numa_node_pins><numa_node_pin><index>0</index></numa_node_pin><numa_node_pin><index>1</index></numa_node_pin></numa_node_pins>";
    let preferred = format!("<numa_tune_mode>preferred</numa_tune_mode>{pins}");
    let single = "[Preferred NUMA tune mode is allowed for a single pinned Virtual NUMA Node.]";
    refused(&mut it, "POST", &all, &node(0, &preferred), 400, single);
    it.post(&all, &node(0, ""));
    let many = "[Cannot edit VM. Assigned 2 NUMA nodes for 1 CPU cores. Cannot assign more NUMA nodes than CPU cores.]";
    refused(&mut it, "POST", &all, &node(1, ""), 400, many);
}

#[test]
fn numa_nodes_are_made_of_whole_pages() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    it.put(&vm, "<vm><custom_properties><custom_property><name>hugepages</name><value>1048576</value></custom_property></custom_properties></vm>");
    let node = "<vm_numa_node><index>0</index><memory>512</memory><cpu><cores><core><index>0</index></core></cores></cpu></vm_numa_node>";
    let torn = "[Memory size of each numa node must be a multiple of hugepage size.]";
    refused(&mut it, "POST", &format!("{vm}/numanodes"), node, 400, torn);
}

#[test]
fn the_old_custom_property_for_graphics_becomes_devices() {
    let mut it = Asking::lab();
    let property = |value: &str| {
        format!(
            "<custom_properties><custom_property><name>sap_agent</name><value>true</value></custom_property><custom_property><name>mdev_type</name><value>{value}</value></custom_property></custom_properties>"
        )
    };
    let vm = format!("/vms/{}", it.vm("web", &property("nvidia-11,nodisplay,nvidia-22")));
    it.pass(6);
    let devices = |it: &mut Asking| -> Vec<(String, String)> {
        let list = it.get(&format!("{vm}/mediateddevices"));
        let of = |device: &Element, name: &str| {
            let parameters = device.child("spec_params").unwrap();
            let found = parameters.all("property").find(|it| it.text_at("name") == Some(name));
            found.unwrap().text_at("value").unwrap().to_owned()
        };
        list.children().iter().map(|it| (of(it, "mdevType"), of(it, "nodisplay"))).collect()
    };
    let pair = |kind: &str, hidden: &str| (kind.to_owned(), hidden.to_owned());
    assert_eq!(devices(&mut it), [pair("nvidia-11", "false"), pair("nvidia-22", "true")]);
    let kept = it.get(&vm);
    let kept = kept.child("custom_properties").unwrap();
    assert_eq!(kept.children().len(), 1);
    assert_eq!(kept.text_at("custom_property/name"), Some("sap_agent"));
    it.put(&vm, &format!("<vm>{}</vm>", property("nvidia-33")));
    assert_eq!(devices(&mut it), [pair("nvidia-33", "false")]);
    it.put(&vm, "<vm><comment>c</comment></vm>");
    assert_eq!(devices(&mut it).len(), 1, "nobody spoke of them");
    it.put(&vm, &format!("<vm>{}</vm>", property("")));
    assert_eq!(devices(&mut it), []);
}

#[test]
fn templates_and_their_machines_get_copies_of_devices() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let watchdog = "<watchdog><model>i6300esb</model><action>reset</action></watchdog>";
    it.post(&format!("{vm}/watchdogs"), watchdog);
    let spice = "<graphics_console><protocol>spice</protocol></graphics_console>";
    it.post(&format!("{vm}/graphicsconsoles"), spice);
    let device = "<vm_mediated_device><spec_params><property><name>mdevType</name>\
                  <value>nvidia-11</value></property></spec_params></vm_mediated_device>";
    it.post(&format!("{vm}/mediateddevices"), device);
    let id = vm.trim_start_matches("/vms/").to_owned();
    let template =
        it.add("/templates", &format!("<template><name>t</name><vm id=\"{id}\"/></template>"));
    it.pass(600);
    let cluster = it.get(&vm).child("cluster").and_then(Element::id).map(str::to_owned);
    let cluster = cluster.expect("every machine has one");
    let copy = format!(
        "<vm><name>copy</name><cluster id=\"{cluster}\"/><template id=\"{template}\"/></vm>"
    );
    let copy = it.add("/vms", &copy);
    for owner in [format!("/templates/{template}"), format!("/vms/{copy}")] {
        let count = |it: &mut Asking, what| it.get(&format!("{owner}/{what}")).children().len();
        assert_eq!(count(&mut it, "watchdogs"), 1, "{owner}");
        assert_eq!(count(&mut it, "graphicsconsoles"), 2, "{owner}");
        assert_eq!(count(&mut it, "mediateddevices"), 1, "{owner}");
    }
}
