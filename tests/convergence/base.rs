//! The site that attributes are tried in: one or two of everything that can be referred to.

use crate::support::site::Site;

/// What is there before anything is tried.
pub const BASE: &str = "
users:
  user-1e@internal-authz: {}
  user-1f@internal-authz: {}
groups:
  group-1e: { domain: internal-authz }
  group-1f: { domain: internal-authz }
mac_pools:
  blue: { ranges: [{ from: '06:00:00:00:00:00', to: '06:00:00:00:ff:ff' }] }
  green: { ranges: [{ from: '06:00:00:01:00:00', to: '06:00:00:01:ff:ff' }] }
external_host_providers:
  foreman: { url: 'https://foreman.test' }
  katello: { url: 'https://katello.test' }
openstack_network_providers:
  ovn: { url: 'http://ovn.test:9696', read_only: false }
  nuage: { url: 'http://nuage.test:9696', read_only: false }
tags:
  one: {}
  two: {}
data_centers:
  dc:
    local: false
    qoss:
      wire: { type: hostnetwork, outbound_average_linkshare: 10 }
      line: { type: hostnetwork, outbound_average_linkshare: 10 }
      some: { type: network }
      more: { type: network }
      shares: { type: cpu, cpu_limit: 10 }
      halves: { type: cpu, cpu_limit: 50 }
      slowly: { type: storage, max_iops: 10 }
      swiftly: { type: storage, max_iops: 1000 }
  dc2: { local: false }
  old: { local: false, version: '4.6' }
networks:
  ovirtmgmt: { data_center: dc }
  front: { data_center: dc, vlan: { id: 100 } }
  store: { data_center: dc }
vnic_profiles:
  gold: { network: front, pass_through: { mode: disabled } }
  silver: { network: front }
clusters:
  c: { data_center: dc, mac_pool: blue, cpu: { type: Intel Cascadelake Server Family }, networks: { front: { required: false }, store: { required: false } } }
  c2: { data_center: dc, mac_pool: blue, cpu: { type: Intel Cascadelake Server Family }, networks: { front: { required: false } } }
hosts:
  kvm-1: { cluster: c, address: kvm-1.test, root_password: secret, network_attachments: { front: { host_nic: eth1 }, store: { host_nic: eth2 } } }
  kvm-2: { cluster: c, address: kvm-2.test, root_password: secret, network_attachments: { front: { host_nic: eth1 }, store: { host_nic: eth2 } } }
  kvm-3: { cluster: c2, address: kvm-3.test, root_password: secret, network_attachments: { front: { host_nic: eth1 } } }
cpu_profiles:
  fair: { cluster: c }
  free: { cluster: c }
storage_domains:
  fast: { data_center: dc, host: kvm-1, type: data, storage: { type: nfs, address: nas.test, path: /fast } }
  slow: { data_center: dc, host: kvm-1, type: data, storage: { type: nfs, address: nas.test, path: /slow } }
disk_profiles:
  fair: { storage_domain: fast }
  free: { storage_domain: fast }
affinity_labels:
  ssd: {}
  hdd: {}
disks:
  share: { provisioned_size: 1 GiB, format: raw, shareable: true, storage_domains: [fast] }
  disc: { provisioned_size: 1 GiB, format: raw, content_type: iso, storage_domains: [fast] }
  other-disc: { provisioned_size: 1 GiB, format: raw, content_type: iso, storage_domains: [fast] }
templates:
  base: { vm: builder, cluster: c }
  other: { vm: builder, cluster: c }
vms:
  empty: { cluster: c }
  builder:
    cluster: c
    disk_attachments:
      root: { interface: virtio_scsi, bootable: true, disk: { provisioned_size: 8 GiB, format: cow, storage_domains: [fast] } }
";

/// A site with the base, and with what can be referred to and not be managed.
pub async fn site(seed: u64) -> Site {
    let mut site = Site::new(seed);
    site.apply(BASE).await;
    let center = site.id("/datacenters", "dc");
    for name in ["small", "large"] {
        let document = format!("<quota><name>{name}</name></quota>");
        site.meddle("POST", &format!("/datacenters/{center}/quotas"), &document);
    }
    site
}
