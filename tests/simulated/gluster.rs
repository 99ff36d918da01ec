//! Gluster: volumes, bricks and hooks.

use crate::asking::{Asking, host_in, refused};

/// A cluster that serves Gluster, with its three hosts.
fn lab() -> (Asking, String, Vec<String>) {
    let mut it = Asking::lab();
    let cluster = it.add("/clusters", "<cluster><name>store</name><data_center><name>lab</name></data_center><gluster_service>true</gluster_service></cluster>");
    let hosts =
        (1..=3).map(|number| it.add("/hosts", &host_in("store", &format!("g{number}"), "")));
    let hosts = hosts.collect();
    it.pass(60);
    (it, format!("/clusters/{cluster}"), hosts)
}

fn bricks(hosts: &[&String], folder: &str) -> String {
    let brick = |host: &&String| {
        format!("<brick><server_id>{host}</server_id><brick_dir>{folder}</brick_dir></brick>")
    };
    format!("<bricks>{}</bricks>", hosts.iter().map(brick).collect::<String>())
}

fn volume(name: &str, kind: &str, more: &str, bricks: &str) -> String {
    format!(
        "<gluster_volume><name>{name}</name><volume_type>{kind}</volume_type>{more}{bricks}</gluster_volume>"
    )
}

const THREE: &str = "<replica_count>3</replica_count>";
const BOTH: &str = "<replica_count>2</replica_count><stripe_count>4</stripe_count>";

#[test]
fn a_volume_is_made_used_and_removed() {
    let (mut it, cluster, hosts) = lab();
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let volumes = format!("{cluster}/glustervolumes");
    let made = it.post(&volumes, &volume("data", "replicate", THREE, &bricks(&[a, b, c], "/b1")));
    assert_eq!(made.text_at("status"), Some("down"));
    assert_eq!(made.text_at("transport_types/transport_type"), Some("tcp"));
    let path = format!("{volumes}/{}", made.id().unwrap());
    let list = it.get(&format!("{path}/glusterbricks"));
    assert_eq!(list.children().len(), 3);
    assert_eq!(list.text_at("brick/name"), Some("g1.example.com:/b1"));
    it.act(&format!("{path}/start"));
    assert_eq!(it.text(&path, "status"), "up");
    assert_eq!(it.text(&format!("{path}/glusterbricks"), "brick/status"), "up");
    it.post(
        &format!("{path}/setoption"),
        "<action><option><name>nfs.disable</name><value>on</value></option></action>",
    );
    assert_eq!(it.text(&path, "options/option/value"), "on");
    it.post(
        &format!("{path}/resetoption"),
        "<action><force>true</force><option><name>nfs.disable</name></option></action>",
    );
    assert!(it.get(&path).child("options").is_none());
    it.act(&format!("{path}/resetalloptions"));
    it.act(&format!("{path}/startprofile"));
    let statistics = it.act(&format!("{path}/getprofilestatistics"));
    assert_eq!(statistics.at("details/brick_profile_details").unwrap().children().len(), 3);
    it.act(&format!("{path}/stopprofile"));
    it.maintain(&format!("/hosts/{a}"));
    refused(
        &mut it,
        "DELETE",
        &format!("/hosts/{a}"),
        "",
        409,
        "[Cannot remove Host. Server having Gluster volume.]",
    );
    let forced = format!("/hosts/{a}?force=true");
    let text = "[Cannot remove Host. Server having Gluster volume.]";
    refused(&mut it, "DELETE", &forced, "", 409, text);
    it.act(&format!("{path}/stop"));
    it.delete(&path);
    for host in [b, c] {
        it.maintain(&format!("/hosts/{host}"));
    }
    let alone = "[Cannot remove Host. No up server found in store.]";
    refused(&mut it, "DELETE", &format!("/hosts/{a}"), "", 409, alone);
    it.delete(&forced);
}

#[test]
fn hosts_rest_while_their_volumes_keep_a_quorum() {
    let (mut it, cluster, hosts) = lab();
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let volumes = format!("{cluster}/glustervolumes");
    let data = it.add(&volumes, &volume("data", "replicate", THREE, &bricks(&[a, b, c], "/b")));
    let data = format!("{volumes}/{data}");
    it.act(&format!("{data}/start"));
    let option = |it: &mut Asking, name: &str, value: &str| {
        it.post(
            &format!("{data}/setoption"),
            &format!("<action><option><name>{name}</name><value>{value}</value></option></action>"),
        );
    };
    let rest = |host: &str| format!("/hosts/{host}/deactivate?stop_gluster_service=true");
    let lost = |host: &str| {
        format!(
            "[Cannot switch the following Host(s) to Maintenance mode: {host}.\nGluster quorum will be lost for the following Volumes: data.]"
        )
    };
    option(&mut it, "cluster.quorum-type", "fixed");
    option(&mut it, "cluster.quorum-count", "3");
    refused(&mut it, "POST", &rest(a), "<action/>", 409, &lost("g1"));
    option(&mut it, "cluster.quorum-type", "auto");
    it.act(&rest(a));
    it.pass(10);
    assert_eq!(it.text(&format!("{data}/glusterbricks"), "brick/status"), "down");
    refused(&mut it, "POST", &rest(b), "<action/>", 409, &lost("g2"));
    it.act(&format!("/hosts/{a}/activate"));
    it.pass(10);
    it.act(&rest(b));
    it.act(&format!("/hosts/{c}/deactivate"));
    let elsewhere = it.host("host-1").rsplit('/').next().unwrap().to_owned();
    let text = "[Cannot maintenance Host. The selected cluster doesn't support stopping gluster services.]";
    refused(&mut it, "POST", &rest(&elsewhere), "<action/>", 400, text);
    refused(
        &mut it,
        "POST",
        &format!("/hosts/{elsewhere}/deactivate"),
        "<action><stop_gluster_service>true</stop_gluster_service></action>",
        400,
        "a real engine takes `stop_gluster_service` from the query, and ignores it silently in the action",
    );
}

#[test]
fn volumes_that_cannot_be() {
    let (mut it, cluster, hosts) = lab();
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let volumes = format!("{cluster}/glustervolumes");
    it.add(&volumes, &volume("data", "distribute", "", &bricks(&[a], "/b1")));
    let all = bricks(&[a, b, c], "/b2");
    let lab = it.id("clusters", "lab");
    let host = it.id("hosts", "host-1");
    let elsewhere = format!("/clusters/{lab}/glustervolumes");
    let create = "[Cannot create Gluster Volume. ";
    for (path, document, status, text) in [
        (
            &elsewhere,
            volume("x", "distribute", "", &bricks(&[&host], "/b")),
            409,
            "Cluster does not support Gluster service.]",
        ),
        (
            &volumes,
            volume("x", "disperse", "", &all),
            400,
            "Creation of disperse volume is not supported.]",
        ),
        (
            &volumes,
            volume("data", "distribute", "", &all),
            409,
            "Volume name data already exists.]",
        ),
        (
            &volumes,
            volume("x", "distribute", "", &bricks(&[&host], "/b")),
            400,
            "Invalid server id in brick.]",
        ),
        (
            &volumes,
            volume("x", "distribute", "", &bricks(&[a, a], "/b")),
            409,
            "Duplicate entries found for brick g1.example.com:/b.]",
        ),
        (
            &volumes,
            volume("x", "distribute", "", &bricks(&[a], "/b1")),
            409,
            "Brick g1.example.com:/b1 is already used by the volume data.]",
        ),
        (
            &volumes,
            volume("x", "replicate", "", &all),
            409,
            "Replica count must be > 2 for a REPLICATED volume.]",
        ),
        (
            &volumes,
            volume("x", "replicate", "<replica_count>2</replica_count>", &all),
            400,
            "Number of bricks must be equal to the replica count for a REPLICATED volume.]",
        ),
        (
            &volumes,
            volume("x", "distributed_replicate", "<replica_count>2</replica_count>", &all),
            400,
            "Number of bricks must be a multiple of replica count for a DISTRIBUTED REPLICATE volume.]",
        ),
        (
            &volumes,
            volume("x", "stripe", "", &all),
            400,
            "Stripe count must be > 4 for a STRIPED volume.]",
        ),
        (
            &volumes,
            volume("x", "stripe", "<stripe_count>4</stripe_count>", &all),
            400,
            "Number of bricks must be equal to stripe count for a STRIPE volume.]",
        ),
        (
            &volumes,
            volume("x", "distributed_stripe", "<stripe_count>4</stripe_count>", &all),
            400,
            "Number of bricks must be a multiple of stripe count for a DISTRIBUTED STRIPE volume.]",
        ),
        (
            &volumes,
            volume("x", "striped_replicate", BOTH, &all),
            400,
            "Number of bricks must be multiple of stripe count and replicate count for a STRIPED REPLICATE volume.]",
        ),
        (
            &volumes,
            volume("x", "distributed_striped_replicate", BOTH, &all),
            400,
            "Number of bricks must be a non-trivial multiple of stripe count and replicate count for a DISTRIBUTED STRIPED REPLICATE volume.]",
        ),
    ] {
        refused(&mut it, "POST", path, &document, status, &format!("{create}{text}"));
    }
    for host in &hosts {
        it.act(&format!("/hosts/{host}/deactivate"));
    }
    it.pass(10);
    let text = "[Cannot create Gluster Volume. No up server found in store.]";
    refused(&mut it, "POST", &volumes, &volume("x", "distribute", "", &all), 409, text);
}

#[test]
fn volumes_in_the_wrong_state() {
    let (mut it, cluster, hosts) = lab();
    let volumes = format!("{cluster}/glustervolumes");
    let one = bricks(&[&hosts[0]], "/one");
    let path = format!("{volumes}/{}", it.add(&volumes, &volume("one", "distribute", "", &one)));
    let refuse = |it: &mut Asking, method: &str, action: &str, status, text: &str| {
        let (path, document) = match method {
            "DELETE" => (path.clone(), ""),
            _ => (format!("{path}/{action}"), "<action/>"),
        };
        refused(it, method, &path, document, status, text);
    };
    refuse(
        &mut it,
        "POST",
        "stop",
        409,
        "[Cannot stop Gluster Volume. Gluster Volume one already stopped.]",
    );
    refuse(
        &mut it,
        "POST",
        "rebalance",
        409,
        "[Cannot rebalance Gluster Volume. Gluster Volume is down.]",
    );
    it.act(&format!("{path}/start"));
    refuse(
        &mut it,
        "POST",
        "start",
        409,
        "[Cannot start Gluster Volume. Gluster Volume one already started.]",
    );
    refuse(&mut it, "DELETE", "", 409, "[Cannot remove Gluster Volume. Gluster Volume one is up.]");
    refuse(
        &mut it,
        "POST",
        "rebalance",
        400,
        "[Cannot rebalance Gluster Volume. Gluster Volume has a single brick.]",
    );
    refuse(
        &mut it,
        "POST",
        "stoprebalance",
        409,
        "[Cannot stop rebalance Gluster Volume. Rebalance is not running on the volume one in cluster store.]",
    );
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let copies = it.add(&volumes, &volume("copies", "replicate", THREE, &bricks(&[a, b, c], "/c")));
    let copies = format!("{volumes}/{copies}");
    it.act(&format!("{copies}/start"));
    refused(
        &mut it,
        "POST",
        &format!("{copies}/rebalance"),
        "<action/>",
        400,
        "[Cannot rebalance Gluster Volume. Gluster Volume is not distributed.]",
    );
    it.post(&format!("{path}/glusterbricks"), &bricks(&[b], "/one"));
    it.act(&format!("{path}/rebalance"));
    refuse(
        &mut it,
        "POST",
        "stop",
        409,
        "[Cannot stop Gluster Volume. Rebalance is running on the volume one in cluster store.]",
    );
    it.act(&format!("{path}/stoprebalance"));
    it.act(&format!("{path}/rebalance"));
    it.pass(30);
    it.act(&format!("{path}/stop"));
}

#[test]
fn bricks_come_and_go_together() {
    let (mut it, cluster, hosts) = lab();
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let volumes = format!("{cluster}/glustervolumes");
    let path = it.add(&volumes, &volume("data", "distribute", "", &bricks(&[a], "/b")));
    let path = format!("{volumes}/{path}");
    let list = format!("{path}/glusterbricks");
    let made = it.post(&list, &bricks(&[b, c], "/b"));
    assert_eq!((made.name(), made.children().len()), ("bricks", 2));
    assert_eq!(it.text(&path, "volume_type"), "distribute");
    let named = |names: &[&str]| {
        let bricks: String =
            names.iter().map(|it| format!("<brick><name>{it}</name></brick>")).collect();
        format!("<action><bricks>{bricks}</bricks></action>")
    };
    let (one, two) = ("g2.example.com:/b", "g3.example.com:/b");
    for (method, action, document, status, text) in [
        (
            "POST",
            "/migrate",
            named(&["nowhere:/b"]),
            400,
            "[Cannot start removing Brick(s). Invalid gluster brick.]",
        ),
        (
            "POST",
            "/migrate",
            named(&[one, two, "g1.example.com:/b"]),
            409,
            "[Cannot start removing Brick(s). Cannot remove all the bricks from a Volume.]",
        ),
        (
            "POST",
            "/stopmigrate",
            named(&[one]),
            409,
            "[Cannot stop removing Brick(s). Remove brick not started.]",
        ),
        (
            "POST",
            "/migrate",
            named(&[]),
            400,
            "[Cannot start removing Brick(s). Bricks are required.]",
        ),
        ("POST", "", "<bricks/>".to_owned(), 400, "[Cannot add Brick(s). Bricks are required.]"),
        (
            "POST",
            "",
            "<bricks><brick><brick_dir>/b</brick_dir></brick></bricks>".to_owned(),
            400,
            "GlusterBrick [serverId, brickDir] required for add",
        ),
        (
            "POST",
            "",
            bricks(&[a], "/b"),
            409,
            "[Cannot add Brick(s). Brick g1.example.com:/b is already used by the volume data.]",
        ),
    ] {
        refused(&mut it, method, &format!("{list}{action}"), &document, status, text);
    }
    it.post(&format!("{list}/migrate"), &named(&[one]));
    it.act(&format!("{path}/start"));
    refused(
        &mut it,
        "POST",
        &format!("{path}/stop"),
        "<action/>",
        409,
        "[Cannot stop Gluster Volume. Remove brick operation is running on the volume data in cluster store.]",
    );
    it.post(&format!("{list}/stopmigrate"), &named(&[one]));
    assert_eq!(it.get(&list).children().len(), 3);
    it.post(&format!("{list}/migrate"), &named(&[one]));
    assert_eq!(it.ask("DELETE", &list, &named(&[one])).0, 200, "what moved away is given up");
    assert_eq!(it.get(&list).children().len(), 2);
    it.act(&format!("{path}/rebalance"));
    let text = "[Cannot stop removing Brick(s). Invalid task type.]";
    refused(&mut it, "POST", &format!("{list}/stopmigrate"), &named(&[two]), 400, text);
    it.act(&format!("{path}/stoprebalance"));
    let last = it.get(&list).children()[1].id().unwrap().to_owned();
    let text = "Replace brick is not supported. First migrate brick and add new brick instead.";
    refused(&mut it, "POST", &format!("{list}/{last}/replace"), "<action/>", 503, text);
    it.delete(&format!("{list}/{last}"));
    assert_eq!(it.get(&list).children().len(), 1);
    let copies = volume("copies", "replicate", THREE, &bricks(&[a, b, c], "/c"));
    let copies = format!("{volumes}/{}/glusterbricks", it.add(&volumes, &copies));
    let name = named(&["g1.example.com:/c"]);
    for (query, text) in [
        ("?replica_count=1", "Replica count cannot be reduced by more than one.]"),
        ("?replica_count=4", "Replica count cannot be increased when removing bricks.]"),
    ] {
        refused(
            &mut it,
            "DELETE",
            &format!("{copies}{query}"),
            &name,
            409,
            &format!("[Cannot remove Brick(s). {text}"),
        );
    }
    assert_eq!(it.ask("DELETE", &format!("{copies}?replica_count=2"), &name).0, 200);
}

#[test]
fn copies_are_added_in_whole_sets_or_one_at_a_time() {
    let (mut it, cluster, hosts) = lab();
    let [a, b, c] = [&hosts[0], &hosts[1], &hosts[2]];
    let volumes = format!("{cluster}/glustervolumes");
    let two = "<replica_count>2</replica_count>";
    let path = it.add(&volumes, &volume("data", "replicate", two, &bricks(&[a, b], "/b")));
    let path = format!("{volumes}/{path}");
    let list = format!("{path}/glusterbricks");
    for (query, added, text) in [
        (
            "",
            bricks(&[c], "/b"),
            "[Cannot add Brick(s). Replica count cannot be reduced when adding bricks.]",
        ),
        (
            "?replica_count=4",
            bricks(&[c], "/b"),
            "[Cannot add Brick(s). Replica count cannot be increased by more than one.]",
        ),
        (
            "?replica_count=2",
            bricks(&[c], "/b"),
            "[Failed to add bricks to the Gluster Volume: Incorrect number of bricks supplied 1 with count 2]",
        ),
        (
            "?replica_count=3",
            bricks(&[b, c], "/c"),
            "[Failed to add bricks to the Gluster Volume: Incorrect number of bricks supplied 2 with count 3]",
        ),
    ] {
        refused(&mut it, "POST", &format!("{list}{query}"), &added, 400, text);
    }
    it.post(&format!("{list}?replica_count=3"), &bricks(&[c], "/b"));
    assert_eq!(it.text(&path, "replica_count"), "3");
    assert_eq!(it.text(&path, "volume_type"), "replicate");
    it.post(&format!("{list}?replica_count=3"), &bricks(&[a, b, c], "/more"));
    assert_eq!(it.text(&path, "volume_type"), "distributed_replicate");
    assert_eq!(it.get(&list).children().len(), 6);
}

#[test]
fn some_options_are_set_unasked() {
    let (mut it, cluster, hosts) = lab();
    let volumes = format!("{cluster}/glustervolumes");
    let said = "<options><option><name>nfs.disable</name><value>off</value></option></options>";
    let path = it.add(&volumes, &volume("data", "distribute", said, &bricks(&[&hosts[0]], "/b")));
    assert_eq!(it.text(&format!("{volumes}/{path}"), "options/option/value"), "on");
}

#[test]
fn hooks_are_switched_on_and_off() {
    let (mut it, cluster, _) = lab();
    let hooks = it.get(&format!("{cluster}/glusterhooks"));
    assert!(hooks.children().len() > 3);
    let path = format!("{cluster}/glusterhooks/{}", hooks.children()[0].id().unwrap());
    it.act(&format!("{path}/disable"));
    assert_eq!(it.text(&path, "status"), "disabled");
    it.act(&format!("{path}/enable"));
    assert_eq!(it.text(&path, "status"), "enabled");
    let resolve = "<action><resolution_type>ADD</resolution_type></action>";
    let text = "[Cannot add Gluster Hook. There are no conflicting servers to add or update hook.]";
    refused(&mut it, "POST", &format!("{path}/resolve"), resolve, 409, text);
    refused(
        &mut it,
        "POST",
        &format!("{path}/resolve"),
        "<action><resolution_type>x</resolution_type></action>",
        400,
        "",
    );
    it.delete(&path);
}
