//! Nothing that the schema names is left unanswered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::asking::{Asking, ZERO};

/// Methods that have an answer neither here nor on a real engine: the model has kept them.
const GONE: &[&str] = &["vm auto_pin_cpu_and_numa_nodes 500"];

/// Members of these take more than a request to come about, or nobody has some: the tests of their
/// kinds make those that can be.
const EMPTY: &[&str] = &[
    "attached_storage_domain_disk",
    "disk_snapshot",
    "external_network_provider_configuration",
    "external_provider_certificate",
    "file",
    "gluster_hook",
    "gluster_volume",
    "image",
    "image_transfer",
    "katello_erratum",
    "openstack_network",
    "openstack_volume_provider",
    "storage_domain_content_disk",
    "storage_domain_vm_disk_attachment",
    "template_cdrom",
    "unmanaged_network",
    "virtual_function_allowed_network",
    "vm_backup",
    "vm_checkpoint",
    "vm_host_device",
    "vm_session",
];

/// A lab with one of everything that a request makes.
fn site() -> Asking {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let (host, domain) = (it.id("hosts", "host-1"), it.id("storagedomains", "nfs-1"));
    let template = it.id("templates", "rhel-9");
    let admin = it.get("/users").child("user").unwrap().id().unwrap().to_owned();
    let network = it.get("/networks").children()[0].id().unwrap().to_owned();
    let nic =
        it.get(&format!("{vm}/nics")).children().first().map(|it| it.id().unwrap().to_owned());
    let some: Vec<(String, String)> = vec![
        ("/tags".into(), "<tag><name>blue</name></tag>".into()),
        (format!("{vm}/tags"), "<tag><name>blue</name></tag>".into()),
        (format!("/hosts/{host}/tags"), "<tag><name>blue</name></tag>".into()),
        (format!("/templates/{template}/tags"), "<tag><name>blue</name></tag>".into()),
        (format!("/users/{admin}/tags"), "<tag><name>blue</name></tag>".into()),
        ("/bookmarks".into(), "<bookmark><name>b</name><value>vms:</value></bookmark>".into()),
        ("/affinitylabels".into(), "<affinity_label><name>l</name></affinity_label>".into()),
        (format!("/clusters/{cluster}/affinitygroups"), "<affinity_group><name>g</name></affinity_group>".into()),
        (format!("/clusters/{cluster}/networks/"), format!("<network id=\"{network}\"/>")),
        (format!("/networks/{network}/networklabels"), "<network_label id=\"label\"/>".into()),
        (format!("/datacenters/{center}/qoss"), "<qos><name>q</name><type>cpu</type><cpu_limit>50</cpu_limit></qos>".into()),
        (format!("/datacenters/{center}/iscsibonds"), "<iscsi_bond><name>i</name></iscsi_bond>".into()),
        (format!("{vm}/snapshots"), "<snapshot><description>s</description></snapshot>".into()),
        (format!("{vm}/permissions"), format!("<permission><role><name>UserRole</name></role><user id=\"{admin}\"/></permission>")),
        (format!("/hosts/{host}/fenceagents"), "<agent><address>1.2.3.4</address><order>1</order><type>ipmilan</type><username>u</username><password>p</password></agent>".into()),
        (format!("/users/{admin}/eventsubscriptions"), "<event_subscription><event>host_failure</event><address>a@b.c</address></event_subscription>".into()),
        (format!("/users/{admin}/sshpublickeys"), "<ssh_public_key><content>ssh-rsa AAAA</content></ssh_public_key>".into()),
        (format!("/users/{admin}/options"), "<user_option><name>o</name><content>1</content></user_option>".into()),
        ("/externalhostproviders".into(), "<external_host_provider><name>f</name><url>https://f</url></external_host_provider>".into()),
        ("/openstackimageproviders".into(), "<openstack_image_provider><name>i</name><url>https://f</url><requires_authentication>false</requires_authentication></openstack_image_provider>".into()),
        ("/openstacknetworkproviders".into(), "<openstack_network_provider><name>n</name><url>https://f</url><requires_authentication>false</requires_authentication><external_plugin_type>ovirt-provider-ovn</external_plugin_type></openstack_network_provider>".into()),
        ("/vmpools".into(), format!("<vm_pool><name>p</name><size>1</size><cluster id=\"{cluster}\"/><template id=\"{template}\"/></vm_pool>")),
        ("/jobs".into(), "<job><description>d</description></job>".into()),
        ("/vnicprofiles".into(), format!("<vnic_profile><name>v</name><network id=\"{network}\"/></vnic_profile>")),
        (format!("/storagedomains/{domain}/permissions"), format!("<permission><role><name>UserRole</name></role><user id=\"{admin}\"/></permission>")),
    ];
    let small = it.id("instancetypes", "Small");
    let down = it.vm("down", "");
    it.pass(6);
    let mut some = some;
    let devices = [
        ("nics", "<nic><name>n</name></nic>"),
        ("watchdogs", "<watchdog><action>reset</action><model>i6300esb</model></watchdog>"),
        ("graphicsconsoles", "<graphics_console><protocol>vnc</protocol></graphics_console>"),
        (
            "mediateddevices",
            "<vm_mediated_device><spec_params><property><name>mdevType</name><value>nvidia-11</value></property></spec_params></vm_mediated_device>",
        ),
        (
            "numanodes",
            "<vm_numa_node><index>0</index><memory>1024</memory><cpu><cores><core><index>0</index></core></cores></cpu></vm_numa_node>",
        ),
    ];
    for owner in [
        format!("/vms/{down}"),
        format!("/templates/{template}"),
        format!("/instancetypes/{small}"),
    ] {
        for (segment, document) in devices {
            some.push((format!("{owner}/{segment}"), document.to_owned()));
        }
    }
    let feature = "00000018-0018-0018-0018-000000000093";
    some.push((
        format!("/clusters/{cluster}/enabledfeatures"),
        format!("<cluster_feature id=\"{feature}\"/>"),
    ));
    some.push((
        format!("/hosts/{host}/storageconnectionextensions"),
        "<storage_connection_extension><target>iqn.x</target><username>u</username><password>p</password></storage_connection_extension>".to_owned(),
    ));
    for (path, document) in &some {
        it.ask("POST", path, document);
        it.pass(6);
    }
    let label = it.id("affinitylabels", "l");
    it.ask("POST", &format!("/affinitylabels/{label}/vms"), &format!("<vm id=\"{down}\"/>"));
    it.ask("POST", &format!("/affinitylabels/{label}/hosts"), &format!("<host id=\"{host}\"/>"));
    if let Some(nic) = nic {
        let document = "<network_filter_parameter><name>IP</name><value>1.2.3.4</value></network_filter_parameter>";
        it.ask("POST", &format!("{vm}/nics/{nic}/networkfilterparameters"), document);
    }
    if let Some(job) =
        it.get("/jobs").children().iter().find(|it| it.text_at("external") == Some("true"))
    {
        let job = job.id().unwrap().to_owned();
        it.ask(
            "POST",
            &format!("/jobs/{job}/steps"),
            "<step><type>executing</type><description>s</description></step>",
        );
    }
    it
}

struct Schema(Value);

impl Schema {
    fn read() -> Self {
        let text = include_str!("../../data/ovirt-api.json");
        Self(serde_json::from_str(text).unwrap())
    }

    fn service(&self, name: &str) -> &Value {
        &self.0["services"][name]
    }

    /// Sub-services: segment, or none for members, and service.
    fn locators(&self, name: &str) -> Vec<(Option<String>, String)> {
        let locators = self.service(name)["locators"].as_object().unwrap();
        let read = |it: &Value| {
            let segment = it["segment"].as_str().map(str::to_owned);
            (segment, it["service"].as_str().unwrap().to_owned())
        };
        let mut all: Vec<_> = locators.values().map(read).collect();
        if let Some(item) = self.service(name)["item"].as_str()
            && !all.iter().any(|(segment, _)| segment.is_none())
        {
            all.push((None, item.to_owned()));
        }
        all
    }

    /// Methods of a service: name, verb, action's path, and whether the real engine has them.
    fn methods(&self, name: &str) -> Vec<(String, String, Option<String>, bool)> {
        let methods = self.service(name)["methods"].as_object().unwrap();
        let read = |(name, it): (&String, &Value)| {
            let text = |key: &str| it[key].as_str().map(str::to_owned);
            let stub = it["implemented"] == "stub";
            (name.clone(), text("verb").unwrap(), text("path"), !stub)
        };
        methods.iter().map(read).collect()
    }

    fn element(&self, service: &str) -> String {
        let name = self.service(service)["element"].as_str().unwrap_or("action");
        self.0["types"][name]["element"].as_str().unwrap_or(name).to_owned()
    }
}

/// A path for each service, as far as the site has objects on the way.
fn paths(it: &mut Asking, schema: &Schema) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let mut found = BTreeMap::from([("system".to_owned(), String::new())]);
    let mut empty = BTreeSet::new();
    let mut next = vec![("system".to_owned(), String::new())];
    while let Some((service, path)) = next.pop() {
        let members: Vec<String> = match it.ask("GET", &path, "") {
            (200, Some(list)) => {
                let mut all: Vec<_> = list.children().iter().filter_map(|it| it.id()).collect();
                // What is built in is refused more often than what somebody made.
                all.sort_by_key(|id| *id == ZERO);
                all.into_iter().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        for (segment, sub) in schema.locators(&service) {
            let segments = match &segment {
                Some(segment) => vec![segment.clone()],
                None if service == "system_options" => vec!["MaxVmNameLength".to_owned()],
                None => members.clone(),
            };
            if segments.is_empty() {
                empty.insert(sub.clone());
            }
            // A later member may own more than the first, so all are looked at, not only one.
            for segment in segments.into_iter().take(12) {
                let below = format!("{path}/{segment}");
                let is_new = !found.contains_key(&sub);
                let worth = is_new || (below.matches('/').count() < 5 && next.len() < 400);
                found.entry(sub.clone()).or_insert_with(|| below.clone());
                if worth && below.matches('/').count() < 7 {
                    next.push((sub.clone(), below));
                }
            }
        }
    }
    empty.retain(|it| !found.contains_key(it));
    (found, empty)
}

/// Why a reply is none, if it is none.
fn unanswered(status: u16, body: Option<&str>) -> Option<String> {
    let empty = body.is_none_or(|it| !it.contains("fault"));
    match status {
        404 if empty => Some("404".to_owned()),
        405 | 500.. => Some(status.to_string()),
        _ => None,
    }
}

fn asked(it: &mut Asking, verb: &str, path: &str, document: &str) -> Option<String> {
    let (status, reply) = it.ask(verb, path, document);
    unanswered(status, reply.map(|it| it.to_string()).as_deref())
}

#[test]
fn whatever_the_schema_names_is_answered() {
    let schema = Schema::read();
    let (paths, empty) = paths(&mut site(), &schema);
    let mut missing = BTreeSet::new();
    let mut it = site();
    for (service, path) in &paths {
        let element = schema.element(service);
        // What was done before may have taken it away.
        if it.ask("GET", path, "").0 == 404 {
            it = site();
        }
        let mut methods = schema.methods(service);
        methods.sort_by_key(|(name, ..)| (name == "remove", name == "clear", name.clone()));
        for (name, verb, action, exists) in methods {
            let (path, document) = match (&action, verb.as_str()) {
                (Some(action), _) => (format!("{path}/{action}"), "<action/>".to_owned()),
                (None, "POST" | "PUT") => (path.clone(), format!("<{element}/>")),
                _ => (path.clone(), String::new()),
            };
            let mut why = asked(&mut it, &verb, &path, &document);
            if why.is_some() {
                it = site();
                why = asked(&mut it, &verb, &path, &document);
            }
            match why {
                Some(why) if exists => {
                    missing.insert(format!("{service} {name} {why}"));
                }
                None if !exists => {
                    missing.insert(format!("{service} {name} is answered, but only modelled"));
                }
                _ => {}
            }
        }
    }
    let expected: BTreeSet<String> = GONE.iter().map(|it| (*it).to_owned()).collect();
    let new: Vec<_> = missing.difference(&expected).collect();
    let done: Vec<_> = expected.difference(&missing).collect();
    assert!(new.is_empty() && done.is_empty(), "unanswered: {new:#?}\nanswered now: {done:#?}");
    let expected: BTreeSet<String> = EMPTY.iter().map(|it| (*it).to_owned()).collect();
    let new: Vec<_> = empty.difference(&expected).collect();
    assert!(new.is_empty(), "without a member: {new:#?}");
}
