//! QoS, and the profiles of networks, CPUs and disks.

use crate::asking::{Asking, refused};

fn qos(name: &str, kind: &str, more: &str) -> String {
    format!("<qos><name>{name}</name><type>{kind}</type>{more}</qos>")
}

#[test]
fn qos_that_makes_no_sense() {
    let mut it = Asking::lab();
    let path = format!("/datacenters/{}/qoss", it.id("datacenters", "lab"));
    it.add(&path, &qos("q", "storage", "<max_iops>10</max_iops>"));
    it.add(&path, &qos("q", "cpu", "<cpu_limit>50</cpu_limit>"));
    let faults = [
        (
            qos("q", "storage", "<max_iops>10</max_iops>"),
            "[Cannot add QoS. QoS element name already exists.]",
        ),
        (
            qos("s", "storage", "<max_iops>10</max_iops><max_read_iops>5</max_read_iops>"),
            "[Cannot add QoS.\nQoS have non-zero total value with non-zero read/write for either throughput or IOps or both.]",
        ),
        (
            qos("s", "storage", "<max_iops>-2</max_iops>"),
            "[Cannot add QoS. QoS element cannot have negative values.]",
        ),
        (qos("s", "storage", ""), "[Cannot add QoS. QoS element has missing values.]"),
        (qos("c", "cpu", ""), "[Cannot add QoS. QoS element has missing values.]"),
        (
            qos("c", "cpu", "<cpu_limit>101</cpu_limit>"),
            "[Cannot add QoS. Values are out of range\n(Legal range is: 1-100).]",
        ),
        (
            qos("n", "network", "<inbound_average>10</inbound_average>"),
            "[Cannot add QoS. All three values are needed in order to define QoS on each network directions.]",
        ),
        (
            qos(
                "n",
                "network",
                "<inbound_average>10</inbound_average><inbound_peak>5</inbound_peak><inbound_burst>5</inbound_burst>",
            ),
            "[Cannot add QoS. Peak cannot be set lower than Average.]",
        ),
        (
            qos("h", "hostnetwork", "<outbound_average_upperlimit>5</outbound_average_upperlimit>"),
            "[Cannot add QoS. Weighted share must be specified to complete QoS configuration.]",
        ),
        (
            qos(
                "h",
                "hostnetwork",
                "<outbound_average_linkshare>1</outbound_average_linkshare><outbound_average_upperlimit>5</outbound_average_upperlimit><outbound_average_realtime>6</outbound_average_realtime>",
            ),
            "[Cannot add QoS. If both are provided, rate limit must not be lower than committed rate.]",
        ),
    ];
    for (document, text) in faults {
        refused(&mut it, "POST", &path, &document, 400, text);
    }
    let own = format!("{path}/{}", it.add(&path, &qos("own", "cpu", "<cpu_limit>50</cpu_limit>")));
    let both = "<max_iops>10</max_iops><max_throughput>-1</max_throughput>";
    let made = it.add(&path, &qos("limits", "storage", both));
    let shown = it.get(&format!("{path}/{made}"));
    assert_eq!(shown.text_at("max_throughput"), None, "-1 is no limit");
    let elsewhere = it.id("datacenters", "Default");
    let moved = format!("<qos><data_center id=\"{elsewhere}\"/></qos>");
    let text = "[Cannot edit QoS. Cannot change QoS data center.]";
    refused(&mut it, "PUT", &own, &moved, 400, text);
}

#[test]
fn removed_qos_leaves_who_used_it() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let path = format!("/datacenters/{center}/qoss");
    let storage = it.add(&path, &qos("s", "storage", "<max_iops>10</max_iops>"));
    let cpu = it.add(&path, &qos("c", "cpu", "<cpu_limit>50</cpu_limit>"));
    let cluster = it.id("clusters", "lab");
    let profile = |name: &str, qos: &str| {
        format!(
            "<cpu_profile><name>{name}</name><cluster id=\"{cluster}\"/><qos id=\"{qos}\"/></cpu_profile>"
        )
    };
    refused(
        &mut it,
        "POST",
        "/cpuprofiles",
        &profile("p", &storage),
        400,
        "[Cannot add CPU Profile. QoS element not found.]",
    );
    let made = format!("/cpuprofiles/{}", it.add("/cpuprofiles", &profile("p", &cpu)));
    refused(
        &mut it,
        "POST",
        "/cpuprofiles",
        &profile("p", &cpu),
        400,
        "[Cannot add CPU Profile. Profile name is in use.]",
    );
    let other = it.id("clusters", "Default");
    refused(
        &mut it,
        "PUT",
        &made,
        &format!("<cpu_profile><cluster id=\"{other}\"/></cpu_profile>"),
        400,
        "[Cannot edit CPU Profile. Cannot change profile.]",
    );
    it.delete(&format!("{path}/{cpu}"));
    assert!(it.get(&made).child("qos").is_none());
}

#[test]
fn hosts_follow_the_qos_of_their_networks() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let path = format!("/datacenters/{center}/qoss");
    let share =
        |number: u32| format!("<outbound_average_linkshare>{number}</outbound_average_linkshare>");
    let made = it.add(&path, &qos("h", "hostnetwork", &share(10)));
    let network = it.add("/networks", &format!("<network><name>n</name><data_center id=\"{center}\"/><vlan id=\"9\"/><qos id=\"{made}\"/></network>"));
    let cluster = it.id("clusters", "lab");
    it.add(
        &format!("/clusters/{cluster}/networks"),
        &format!("<network id=\"{network}\"><required>false</required></network>"),
    );
    let host = it.host("host-1");
    let attachment = it.add(&format!("{host}/networkattachments"), "<network_attachment><network><name>n</name></network><host_nic><name>eth1</name></host_nic></network_attachment>");
    let attachment = format!("{host}/networkattachments/{attachment}");
    it.put(&format!("{path}/{made}"), &format!("<qos>{}</qos>", share(20)));
    assert_eq!(it.text(&attachment, "in_sync"), "false");
    it.pass(6);
    assert_eq!(it.text(&attachment, "in_sync"), "true");
}

#[test]
fn vnic_profiles_that_cannot_be() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let network = it.add(
        "/networks",
        &format!("<network><name>n</name><data_center id=\"{center}\"/></network>"),
    );
    let isolated = it.add("/networks", &format!("<network><name>i</name><data_center id=\"{center}\"/><port_isolation>true</port_isolation></network>"));
    let profile = |name: &str, network: &str, more: &str| {
        format!("<vnic_profile><name>{name}</name><network id=\"{network}\"/>{more}</vnic_profile>")
    };
    let passes = "<pass_through><mode>enabled</mode></pass_through>";
    let plain = it.add("/vnicprofiles", &profile("plain", &network, ""));
    let through = it.add("/vnicprofiles", &profile("through", &network, passes));
    let fails_over = format!("<failover id=\"{plain}\"/>");
    const TO: &str = "Cannot add VM network interface profile.";
    let faults = [
        (
            profile("plain", &network, ""),
            409,
            "The VM network interface profile's name is already used by an existing profile for the same network.",
        ),
        (
            profile("x", &network, &format!("{passes}<port_mirroring>true</port_mirroring>")),
            400,
            "'Port Mirroring,'Qos' and 'Network Filter' are not supported on passthrough profiles.",
        ),
        (
            profile("x", &isolated, passes),
            400,
            "Networks with Port Isolation enabled are not supported on passthrough profiles.",
        ),
        (
            profile("x", &network, &fails_over),
            400,
            "Failover vNIC profile is supported only for migratable passthrough vNIC profiles.",
        ),
        (
            profile("x", &network, &format!("{passes}<failover id=\"{through}\"/>")),
            400,
            "Failover must be valid non-passthrough vNIC profile.",
        ),
        (
            profile("x", &network, "<network_filter id=\"00000000-0000-0000-0000-00000000dead\"/>"),
            400,
            "vNIC profile 'x' has an invalid network filter id",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "POST", "/vnicprofiles", &document, status, &format!("[{TO} {text}"));
    }
    let standby =
        it.add("/vnicprofiles", &profile("standby", &network, &format!("{passes}{fails_over}")));
    let faults = [
        (
            plain.as_str(),
            "<vnic_profile><name>x</name></vnic_profile>".to_owned(),
            "Profile is selected as failover for: standby.]",
        ),
        (
            standby.as_str(),
            format!("<vnic_profile><failover id=\"{standby}\"/></vnic_profile>"),
            "Failover vNIC profile cannot point to itself.]",
        ),
        (
            through.as_str(),
            format!("<vnic_profile><network id=\"{isolated}\"/></vnic_profile>"),
            "VM network interface profile's network cannot be changed.]",
        ),
    ];
    for (id, document, text) in faults {
        let path = format!("/vnicprofiles/{id}");
        refused(
            &mut it,
            "PUT",
            &path,
            &document,
            400,
            &format!("[Cannot edit VM network interface profile. {text}"),
        );
    }
}
