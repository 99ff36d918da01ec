//! After an apply there is nothing to do: from an empty engine to a whole site and back.

#[path = "convergence/base.rs"]
mod base;
#[path = "convergence/bring_up.rs"]
mod bring_up;
#[path = "convergence/carried.rs"]
mod carried;
#[path = "convergence/exports.rs"]
mod exports;
#[path = "convergence/interruption.rs"]
mod interruption;
#[path = "convergence/random.rs"]
mod random;
#[path = "convergence/sequences.rs"]
mod sequences;
#[path = "convergence/specials.rs"]
mod specials;
#[path = "convergence/storage.rs"]
mod storage;
#[path = "convergence/subjects.rs"]
mod subjects;
mod support;
#[path = "convergence/sweep.rs"]
mod sweep;
#[path = "convergence/values.rs"]
mod values;

use support::site::Site;
use virtuform::resources::Kind;
use virtuform::resources::kinds::KINDS;

/// A site with one or more of everything.
pub const SITE: &str = "
roles:
  starter: { description: of machines, permits: [login, run_vm, stop_vm] }
  watcher: { administrative: true, permits: [login] }
users:
  user-00@internal-authz:
    tags: [site]
    ssh_public_keys: { laptop: { content: ssh-ed25519 AAAA user } }
    options: { reconnect: { content: 'true' } }
    event_subscriptions: { vm_failure: { address: user@example.com }, host_failure: {} }
groups:
  group-01: { domain: internal-authz, tags: [web] }
permissions:
  watchers: { role: watcher, group: group-01 }
mac_pools:
  blue:
    ranges: [{ from: '02:00:00:00:00:00', to: '02:00:00:00:ff:ff' }]
    permissions: { users: { role: MacPoolUser, user: user-00@internal-authz } }
external_host_providers:
  foreman: { url: 'https://foreman.test', requires_authentication: true, username: admin, password: { env: PASSWORD } }
openstack_image_providers:
  glance: { url: 'http://glance.test:9292', tenant_name: ours }
openstack_network_providers:
  ovn:
    url: 'http://ovn.test:9696'
    read_only: false
    external_plugin_type: OVIRT_PROVIDER_OVN
    networks:
      overlay: { subnets: { overlay: { cidr: 192.0.2.0/24, gateway: 192.0.2.1, dns_servers: [192.0.2.53] } } }
scheduling_policies:
  calm:
    description: with room to spare
    properties: { HighUtilization: '70', ScaleDown: '2' }
    filters:
      CPUOverloaded: { position: -1 }
      HA: {}
      Memory: { position: 1 }
    weights: { HA: {}, OptimalForHaReservation: { factor: 2 } }
    balances: [OptimalForEvenDistribution]
tags:
  site: { description: all of ours }
  web: { parent: site }
data_centers:
  east:
    local: false
    description: the first
    quotas:
      small:
        cluster_soft_limit_pct: 70
        quota_cluster_limits: { all: { memory_limit: 64, vcpu_limit: 32 } }
        quota_storage_limits: { all: { limit: 1024 } }
        permissions: { consumers: { role: QuotaConsumer, group: group-01 } }
    iscsi_bonds:
      paths: { networks: [san], storage_connections: [san] }
    qoss: { half: { type: cpu, cpu_limit: 50 } }
    permissions: { starters: { role: starter, group: group-01 } }
instance_types:
  roomy:
    memory: 2 GiB
    memory_policy: { max: 8 GiB }
    cpu: { topology: { sockets: 2, cores: 1, threads: 1 } }
    nics: { nic1: {} }
    watchdogs: { i6300esb: { action: reset } }
    graphics_consoles: { vnc: {} }
networks:
  ovirtmgmt: { data_center: east, description: of the engine }
  front: { data_center: east, vlan: { id: 100 }, permissions: { admin: { role: NetworkAdmin, group: group-01 } } }
  store: { data_center: east, mtu: 9000, usages: [], network_labels: [store] }
  san: { data_center: east, vlan: { id: 300 }, usages: [] }
  overlay: { data_center: east, external_provider: ovn, external_provider_physical_network: front }
vnic_profiles:
  gold: { network: front, port_mirroring: false, permissions: { all: { role: VnicProfileUser, group: Everyone } } }
clusters:
  east-1:
    data_center: east
    mac_pool: blue
    scheduling_policy: calm
    gluster_service: true
    enabled_features: [GLUSTER_GEO_REPLICATION]
    external_network_providers: [ovn]
    cpu: { type: Intel Cascadelake Server Family }
    networks:
      front: {}
      store: { usages: [migration] }
      overlay: { required: false }
    permissions:
      starters: { role: starter, group: group-01 }
    gluster_volumes:
      data:
        volume_type: replicate
        replica_count: 2
        bricks: [{ server_id: kvm-01, brick_dir: /data }, { server_id: kvm-02, brick_dir: /data }]
        status: up
    affinity_groups:
      apart: { vms: [web-1, builder], vms_rule: { positive: false, enforcing: false } }
      near: { vms: [web-1], hosts: [kvm-01], hosts_rule: { enabled: true }, vm_labels: [ssd] }
affinity_labels:
  ssd: { vms: [builder], hosts: [kvm-02] }
bookmarks:
  down: { value: 'vms: status=down' }
cpu_profiles:
  east-1: { cluster: east-1, description: of all, qos: half }
  share: { cluster: east-1, permissions: { user: { role: CpuProfileOperator, user: user-00@internal-authz } } }
disk_profiles:
  fast: { storage_domain: fast, permissions: { user: { role: DiskProfileUser, user: user-00@internal-authz } } }
hosts:
  kvm-01:
    cluster: east-1
    address: kvm-01.test
    root_password: { env: PASSWORD }
    force: true
    tags: [site]
    external_host_provider: foreman
    permissions: { admin: { role: HostAdmin, user: user-00@internal-authz } }
    power_management: { enabled: true }
    agents:
      10.0.0.1: { type: ipmilan, order: 1, username: root, password: { env: PASSWORD } }
    nics:
      bond0: { bonding: { slaves: [eth1, eth2], options: { mode: '4', miimon: '100' } } }
      eth4: { network_labels: [spare] }
      eth3:
        virtual_functions_configuration: { number_of_virtual_functions: 2, all_networks_allowed: false }
        virtual_function_allowed_networks: { front: {} }
        virtual_function_allowed_labels: { spare: {} }
    network_attachments:
      front: { host_nic: bond0 }
      store:
        host_nic: eth3
        ip_address_assignments:
        - { assignment_method: static, ip: { address: 192.0.2.11, netmask: 255.255.255.0 } }
  kvm-02:
    cluster: east-1
    address: kvm-02.test
    root_password: { env: PASSWORD }
    force: true
    network_attachments:
      front: { host_nic: eth1 }
      store: { host_nic: eth2, ip_address_assignments: [{ assignment_method: dhcp }] }
storage_connections:
  spare: { type: posixfs, path: /dev/sdb1, vfs_type: xfs }
  san: { type: iscsi, address: san.test, port: 3260, target: 'iqn.2003-01.org.linux-iscsi.san.test:data1' }
storage_domains:
  fast:
    data_center: east
    host: kvm-01
    type: data
    storage: { type: nfs, address: nas.test, path: /fast }
    permissions: { creator: { role: DiskCreator, user: user-00@internal-authz } }
  slow:
    data_center: east
    host: kvm-01
    type: data
    storage: { type: nfs, address: nas.test, path: /slow }
  blocks:
    data_center: east
    host: kvm-01
    type: data
    storage:
      type: iscsi
      logical_units:
      - { id: 36001405b5b363cc1d380fdb6f155e1b4, address: san.test, port: 3260, target: 'iqn.2003-01.org.linux-iscsi.san.test:data1' }
  spare: { data_center: east, host: kvm-01, type: data, storage: { type: posixfs, id: spare } }
disks:
  shared: { provisioned_size: 1 GiB, format: raw, sparse: true, storage_domains: [slow], permissions: { user: { role: DiskOperator, user: user-00@internal-authz } } }
  install: { provisioned_size: 1 GiB, format: raw, content_type: iso, storage_domains: [slow] }
templates:
  base:
    vm: builder
    cluster: east-1
    description: small
    tags: [site]
    permissions: { user: { role: UserTemplateBasedVm, user: user-00@internal-authz } }
    nics: { nic1: { linked: false } }
    watchdogs: { i6300esb: { action: poweroff } }
    graphics_consoles: [vnc, spice]
    mediated_devices: { gpu: { spec_params: { mdevType: nvidia-11 } } }
vm_pools:
  desk: { cluster: east-1, template: base, size: 2, max_user_vms: 2, vm: { memory: 1 GiB }, permissions: { starters: { role: starter, group: group-01 } } }
vms:
  builder:
    cluster: east-1
    memory: 2 GiB
    placement_policy: { affinity: pinned, hosts: [kvm-01] }
    nics: { nic1: { vnic_profile: front/front }, nic9: { vnic_profile: ovirtmgmt/ovirtmgmt } }
    watchdogs: { i6300esb: { action: reset } }
    graphics_consoles: [vnc, spice]
    host_devices: [pci_0000_00_1f_2]
    numa_nodes:
      '0': { memory: 1 GiB, cpu: { cores: [{ index: 0 }] } }
    disk_attachments:
      root: { interface: virtio_scsi, bootable: true, disk: { provisioned_size: 8 GiB, format: cow, storage_domains: [fast] } }
  'web-{1..3}':
    cluster: east-1
    template: base
    memory: 2 GiB
    memory_policy: { max: 8 GiB, guaranteed: 1 GiB }
    cpu: { topology: { sockets: 2, cores: 1, threads: 1 } }
    status: up
    initialization: { host_name: 'web-${each}', root_password: { env: PASSWORD } }
    tags: [web]
    permissions: { user: { role: UserVmManager, user: user-00@internal-authz }, starters: { role: starter, group: group-01 } }
    nics:
      nic1: { vnic_profile: front/front, linked: true }
      nic2: { vnic_profile: gold, network_filter_parameters: { IP: { value: 192.0.2.1 }, second: { name: IP, value: 192.0.2.2 } } }
    watchdogs: { i6300esb: { action: reset } }
    cdroms: { drive: { file: { id: install } } }
    snapshots: { before: { persist_memorystate: false, disk_attachments: ['web-${each}_data'] } }
    disk_attachments:
      data: { interface: virtio, disk: { provisioned_size: 1 GiB, format: cow, storage_domains: [slow] } }
";

#[tokio::test(start_paused = true)]
async fn a_site_is_made_stays_and_goes() {
    let mut site = Site::new(1);
    site.apply(SITE).await;
    site.is_settled(SITE).await;
    site.exports_cleanly().await;
    site.imports_cleanly().await;
    site.apply("").await;
    site.is_settled("").await;
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_removes_is_made_again() {
    let mut site = Site::new(3);
    site.apply(SITE).await;
    let vm = site.id("/vms", "web-2");
    let nics = site.list(&format!("/vms/{vm}/nics"));
    let nic = nics.iter().find(|nic| nic.text_at("name") == Some("nic2")).and_then(|nic| nic.id());
    let nic = nic.expect("web-2 has it").to_owned();
    site.meddle("PUT", &format!("/vms/{vm}/nics/{nic}"), "<nic><plugged>false</plugged></nic>");
    site.meddle("DELETE", &format!("/vms/{vm}/nics/{nic}"), "");
    let gone = site.id("/vms", "web-3");
    site.meddle("POST", &format!("/vms/{gone}/stop"), "<action/>");
    site.wait(60).await;
    site.meddle("DELETE", &format!("/vms/{gone}"), "");
    let tag = site.id("/tags", "web");
    site.meddle("DELETE", &format!("/vms/{vm}/tags/{tag}"), "");
    site.wait(60).await;
    let plan = site.apply(SITE).await;
    let told = support::views::outline(&plan);
    for made in ["vms/web-2/nics/nic2", "vms/web-2/tags/web", "vms/web-3"] {
        assert!(told.contains(&format!("create {made}")), "{made} is not made again:\n{told}");
    }
    let others = plan.steps.iter().filter(|step| !step.address.as_str().starts_with("vms/web-"));
    assert_eq!(others.count(), 0, "{told}");
    site.is_settled(SITE).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_manages_is_left_alone() {
    let mut site = Site::new(3);
    site.apply(SITE).await;
    // The last machine of the pool is still copied from its template.
    site.wait(60).await;
    let put = |section: &str, name: &str, document: &str| {
        site.meddle(
            "PUT",
            &format!("/{section}/{}", site.id(&format!("/{section}"), name)),
            document,
        );
    };
    put("vms", "web-1", "<vm><comment>mine</comment><cpu_shares>512</cpu_shares></vm>");
    put("clusters", "east-1", "<cluster><ksm><enabled>false</enabled></ksm></cluster>");
    put("networks", "front", "<network><mtu>9000</mtu><comment>mine</comment></network>");
    put("hosts", "kvm-02", "<host><comment>mine</comment></host>");
    put("storagedomains", "fast", "<storage_domain><comment>mine</comment></storage_domain>");
    put("templates", "base", "<template><comment>mine</comment></template>");
    site.meddle("POST", "/tags", "<tag><name>another</name></tag>");
    // The engine brings the other frames to the hosts by itself.
    site.wait(120).await;
    site.is_settled(SITE).await;
}

#[test]
fn every_kind_is_tried_and_every_exception_has_a_reason() {
    let is_tried = |kind: &&&Kind| subjects::SUBJECTS.iter().any(|subject| subject.kind == **kind);
    // Assigned tags and permissions have nothing that changes.
    let is_assigned = |kind: &Kind| matches!(kind.element, "tag" | "permission");
    // Volumes are made of hosts of their own cluster: the whole site has one.
    let is_of_site = |kind: &Kind| kind.name == "gluster_volume";
    for kind in KINDS.iter().filter(|kind| kind.managed && !is_tried(kind)) {
        assert!(is_assigned(kind) || is_of_site(kind), "{} is not tried", kind.name);
    }
    let has = |kinds: &str, attribute: &str| {
        let is_it = |subject: &subjects::Subject| {
            let names = [subject.label, subject.kind.name, "*"];
            kinds.split(' ').any(|kind| names.contains(&kind))
                && subject.kind.attributes.iter().any(|it| it.is_in(attribute))
        };
        subjects::SUBJECTS.iter().any(is_it)
    };
    for special in specials::SPECIAL {
        assert!(has(special.kinds, special.attribute), "nothing has `{}`", special.attribute);
        assert!(!special.why.is_empty(), "{} is special for a reason", special.attribute);
    }
    for skipped in specials::SKIPPED {
        assert!(has(skipped.kind, skipped.attribute), "nothing has `{}`", skipped.attribute);
        assert!(!skipped.why.is_empty(), "{} is skipped for a reason", skipped.attribute);
    }
}

/// One test for each of the [subjects].
macro_rules! every_attribute_of {
    ($($label:ident)*) => {
        mod every_attribute_of {$(
            #[tokio::test(start_paused = true)]
            async fn $label() {
                crate::sweep::sweep(stringify!($label)).await;
            }
        )*}

        #[test]
        fn every_subject_has_a_test() {
            let tested = [$(stringify!($label)),*];
            let subjects = subjects::SUBJECTS.iter().map(|subject| subject.label);
            assert_eq!(subjects.collect::<Vec<_>>(), tested);
        }
    };
}

every_attribute_of! {
    data_center
    cluster
    cluster_network
    mac_pool
    scheduling_policy
    scheduling_policy_filter
    scheduling_policy_weight
    scheduling_policy_balance
    external_host_provider
    openstack_image_provider
    openstack_network_provider
    openstack_network
    openstack_subnet
    network
    vnic_profile
    host
    fence_agent
    host_nic
    virtual_function_allowed_network
    virtual_function_allowed_label
    network_attachment
    storage_connection
    storage_domain
    disk
    template
    vm
    running
    nic
    plugged_nic
    template_nic
    template_disk
    network_filter_parameter
    disk_attachment
    plugged
    cdrom
    drive
    watchdog
    watched
    template_watchdog
    instance_type_watchdog
    graphics_console
    template_graphics_console
    instance_type_graphics_console
    numa_node
    host_device
    mediated_device
    template_mediated_device
    snapshot
    live_snapshot
    vm_pool
    instance_type
    instance_type_nic
    tag
    role
    user
    ssh_public_key
    user_option
    event_subscription
    group
    permission
    vm_permission
    affinity_label
    affinity_group
    bookmark
    quota
    quota_cluster_limit
    quota_storage_limit
    iscsi_bond
    storage_connection_extension
    qos
    cpu_profile
    disk_profile
}

/// Tells a story on the site that the others have, with one VM more.
async fn settles(vms: &str, seed: u64) {
    let mut site = Site::new(seed);
    site.apply(SITE).await;
    let manifest = format!("{SITE}{vms}");
    site.apply(&manifest).await;
    site.is_settled(&manifest).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_copy_of_a_template_stays_what_it_is() {
    settles("  copy: { cluster: east-1, template: base, clone: true, memory: 1 GiB }", 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_vm_that_follows_its_template_stays_what_it_is() {
    let vm = "  last: { cluster: east-1, template: base, use_latest_template_version: true }";
    settles(vm, 3).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_writes_in_its_own_way_is_no_difference() {
    let vm = "
  odd:
    cluster: east-1
    migration_downtime: -1
    initialization:
      regenerate_ssh_keys: false
      nic_configurations: [{ name: eth0, boot_protocol: dhcp }]
    nics: { nic1: { vnic_profile: gold, mac: { address: '02:00:00:00:0A:0B' } } }";
    settles(vm, 4).await;
}

#[tokio::test(start_paused = true)]
async fn a_role_goes_from_the_management_network_to_another() {
    let mut site = Site::new(5);
    let manifest = SITE.replace(
        "      front: {}\n",
        "      front: {}\n      ovirtmgmt: { usages: [display, management, default_route] }\n",
    );
    assert_ne!(manifest, SITE);
    site.apply(&manifest).await;
    site.is_settled(&manifest).await;
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_template_means_its_first_version() {
    let mut site = Site::new(6);
    site.apply(SITE).await;
    let (vm, base) = (site.id("vms", "builder"), site.id("templates", "base"));
    let version = format!(
        "<template><name>base</name><vm id=\"{vm}\"/>\
         <version><base_template id=\"{base}\"/></version></template>"
    );
    site.meddle("POST", "templates", &version);
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    site.is_settled(SITE).await;
    let manifest = format!("{SITE}  later: {{ cluster: east-1, template: 'base:2' }}");
    site.apply(&manifest).await;
    site.is_settled(&manifest).await;
}
