//! After an apply there is nothing to do: from an empty engine to a whole site and back.

mod support;

use support::site::Site;

/// A site with one or more of everything.
pub const SITE: &str = "
mac_pools:
  blue: { ranges: [{ from: '02:00:00:00:00:00', to: '02:00:00:00:ff:ff' }] }
tags:
  site: { description: all of ours }
  web: { parent: site }
data_centers:
  east: { local: false, description: the first }
networks:
  ovirtmgmt: { data_center: east, description: of the engine }
  front: { data_center: east, vlan: { id: 100 } }
  store: { data_center: east, mtu: 9000, usages: [] }
vnic_profiles:
  gold: { network: front, port_mirroring: false }
clusters:
  east-1:
    data_center: east
    mac_pool: blue
    cpu: { type: Intel Cascadelake Server Family }
    networks:
      front: { required: false }
      store: { required: false, usages: [migration] }
hosts:
  kvm-01: { cluster: east-1, address: kvm-01.test, root_password: { env: PASSWORD }, tags: [site] }
  kvm-02: { cluster: east-1, address: kvm-02.test, root_password: { env: PASSWORD } }
storage_domains:
  fast:
    data_center: east
    host: kvm-01
    type: data
    storage: { type: nfs, address: nas.test, path: /fast }
  slow:
    data_center: east
    host: kvm-01
    type: data
    storage: { type: nfs, address: nas.test, path: /slow }
disks:
  shared: { provisioned_size: 1 GiB, format: raw, sparse: true, storage_domains: [slow] }
templates:
  base: { vm: builder, cluster: east-1, description: small, tags: [site] }
vms:
  builder:
    cluster: east-1
    nics: { nic1: { vnic_profile: front/front } }
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
    nics:
      nic1: { vnic_profile: front/front, linked: true }
      nic2: { vnic_profile: gold }
    disk_attachments:
      data: { interface: virtio, disk: { provisioned_size: 1 GiB, format: cow, storage_domains: [slow] } }
";

#[tokio::test(start_paused = true)]
async fn a_site_is_made_stays_and_goes() {
    let mut site = Site::new(1);
    site.apply(SITE).await;
    site.is_settled(SITE).await;
    site.apply("").await;
    site.is_settled("").await;
}
