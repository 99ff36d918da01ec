//! What makes a lab with machines look lived in. All of it is asked for as its users would, so the
//! rules of each kind, its events and its jobs come with it.

use crate::simulated::Simulated;

/// Requests in their order: path and document. `{kind/name}` is the id of that object.
const REQUESTS: &[(&str, &str)] = &[
    (
        "/clusters",
        "<cluster><name>lab-spare</name><description>For tests of upgrades</description><data_center><name>lab</name></data_center><cpu><type>Intel Cascadelake Server Family</type></cpu></cluster>",
    ),
    (
        "/macpools",
        "<mac_pool><name>lab-macs</name><ranges><range><from>02:2a:00:00:00:00</from><to>02:2a:00:00:ff:ff</to></range></ranges></mac_pool>",
    ),
    (
        "/datacenters/{data_centers/lab}/qoss",
        "<qos><name>bronze</name><type>storage</type><max_iops>500</max_iops></qos>",
    ),
    (
        "/networks/{networks/vlan-100}/vnicprofiles",
        "<vnic_profile><name>vlan-100-passthrough</name><pass_through><mode>enabled</mode></pass_through></vnic_profile>",
    ),
    (
        "/tags",
        "<tag><name>production</name><description>Served around the clock</description></tag>",
    ),
    ("/tags", "<tag><name>databases</name></tag>"),
    ("/vms/{vms/vm-00000}/tags", "<tag><name>production</name></tag>"),
    ("/vms/{vms/vm-00001}/tags", "<tag><name>production</name></tag>"),
    ("/hosts/{hosts/host-1}/tags", "<tag><name>production</name></tag>"),
    (
        "/clusters/{clusters/lab}/affinitygroups",
        "<affinity_group><name>apart</name><vms_rule><enabled>true</enabled><enforcing>false</enforcing><positive>false</positive></vms_rule></affinity_group>",
    ),
    ("/affinitylabels", "<affinity_label><name>gpu</name></affinity_label>"),
    ("/bookmarks", "<bookmark><name>Stopped</name><value>Vms: status=down</value></bookmark>"),
    (
        "/roles",
        "<role><name>Restarter</name><description>May restart machines</description><administrative>false</administrative><permits><permit id=\"1300\"/></permits></role>",
    ),
    (
        "/vms/{vms/vm-00000}/permissions",
        "<permission><role><name>UserVmManager</name></role><user id=\"{users/John}\"/><vm id=\"{vms/vm-00000}\"/></permission>",
    ),
    (
        "/vms/{vms/vm-00000}/snapshots",
        "<snapshot><description>Before the update</description><persist_memorystate>false</persist_memorystate></snapshot>",
    ),
    ("/vms/{vms/vm-00000}/start", "<action/>"),
    (
        "/vms/{vms/vm-00003}/snapshots",
        "<snapshot><description>Weekly</description><persist_memorystate>false</persist_memorystate></snapshot>",
    ),
    (
        "/templates",
        "<template><name>rhel-9</name><vm id=\"{vms/vm-00003}\"/><version><base_template id=\"{templates/rhel-9}\"/><version_name>hardened</version_name></version></template>",
    ),
    (
        "/vmpools",
        "<vm_pool><name>desktops</name><size>2</size><cluster><name>lab</name></cluster><template id=\"{templates/debian-12}\"/></vm_pool>",
    ),
    (
        "/storagedomains",
        "<storage_domain><name>iso</name><type>iso</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas.lab.example.com</address><path>/export/iso</path></storage></storage_domain>",
    ),
    (
        "/datacenters/{data_centers/lab}/storagedomains",
        "<storage_domain><name>iso</name></storage_domain>",
    ),
    (
        "/disks",
        "<disk><alias>debian-12-netinst.iso</alias><content_type>iso</content_type><provisioned_size>671088640</provisioned_size><format>raw</format><storage_domains><storage_domain><name>nfs-2</name></storage_domain></storage_domains></disk>",
    ),
];

/// Furnishes a lab that has machines.
pub fn furnish(engine: &mut Simulated) {
    for (path, document) in REQUESTS {
        if let (Some(path), Some(document)) = (filled(engine, path), filled(engine, document)) {
            engine.direct("POST", &path, &document);
            engine.settle();
        }
    }
}

/// The text with ids for what it names; nothing if that does not exist, as in a very small lab.
fn filled(engine: &Simulated, text: &str) -> Option<String> {
    let mut filled = text.to_owned();
    while let Some((before, rest)) = filled.split_once('{') {
        let (named, after) = rest.split_once('}')?;
        let (kind, name) = named.split_once('/')?;
        let kind = crate::simulated::schema::SCHEMA.known_service(kind)?;
        let object = engine.site.store.named(kind, name).next()?;
        filled = format!("{before}{}{after}", engine.site.id(object));
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Lab, Options};

    #[test]
    fn nothing_of_the_scenery_is_refused() {
        let mut engine = Simulated::new(Options::default());
        super::super::build(&mut engine.site, &Lab::large(12));
        for (path, document) in REQUESTS {
            let to = filled(&engine, path).unwrap_or_else(|| panic!("what is in {path}?"));
            let sent = filled(&engine, document).unwrap_or_else(|| panic!("who is in {document}?"));
            let (status, reply) = engine.direct("POST", &to, &sent);
            let reply = reply.map(|it| it.to_string()).unwrap_or_default();
            assert!(status < 300, "{path} {document}\n{status} {reply}");
            engine.settle();
        }
    }
}
