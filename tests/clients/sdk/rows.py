"""One of everything: where it is added, what with, and what of it is changed.

Each row is `name: (collection, body, change)`, made from the lab, the thing it belongs to and a name. `change` is `None`
where the API has no update.
"""

from conftest import GIB
from ovirtsdk4 import types as t


def site(lab, name):
    """What belongs to data centers, clusters and networks."""
    system = lab.system
    center = system.data_centers_service().service(lab.data_center.id)
    cluster = system.clusters_service().service(lab.cluster.id)
    domain = system.storage_domains_service().service(lab.storage_domain.id)
    network = system.networks_service().service(lab.network.id)
    in_center = {"data_center": t.DataCenter(id=lab.data_center.id)}
    of_network = {"network": t.Network(id=lab.network.id)}
    of_cluster = {"cluster": t.Cluster(id=lab.cluster.id)}
    of_domain = {"storage_domain": t.StorageDomain(id=lab.storage_domain.id)}
    rule = t.AffinityRule(enabled=True, positive=True, enforcing=False)
    ranges = [t.Range(from_="02:00:00:00:00:01", to="02:00:00:00:00:09")]
    say = {"description": "changed"}
    remark = {"comment": "changed"}
    return {
        "affinity group": (
            cluster.affinity_groups_service(),
            t.AffinityGroup(name=name, vms_rule=rule),
            t.AffinityGroup(**say),
        ),
        "affinity label": (
            system.affinity_labels_service(),
            t.AffinityLabel(name=name),
            t.AffinityLabel(name=f"{name}-2"),
        ),
        "bookmark": (
            system.bookmarks_service(),
            t.Bookmark(name=name, value="Vms: status=up"),
            t.Bookmark(value="Vms: status=down"),
        ),
        "cluster": (
            system.clusters_service(),
            t.Cluster(name=name, **in_center),
            t.Cluster(**remark),
        ),
        "cpu profile": (
            system.cpu_profiles_service(),
            t.CpuProfile(name=name, **of_cluster),
            t.CpuProfile(**say),
        ),
        "cpu profile of a cluster": (
            cluster.cpu_profiles_service(),
            t.CpuProfile(name=name),
            None,
        ),
        "data center": (
            system.data_centers_service(),
            t.DataCenter(name=name, local=False),
            t.DataCenter(**say),
        ),
        "disk profile": (
            system.disk_profiles_service(),
            t.DiskProfile(name=name, **of_domain),
            t.DiskProfile(**say),
        ),
        "disk profile of a storage domain": (
            domain.disk_profiles_service(),
            t.DiskProfile(name=name),
            None,
        ),
        "iSCSI bond": (
            center.iscsi_bonds_service(),
            t.IscsiBond(name=name),
            t.IscsiBond(**say),
        ),
        "MAC pool": (
            system.mac_pools_service(),
            t.MacPool(name=name, ranges=ranges),
            t.MacPool(**say),
        ),
        "network": (
            system.networks_service(),
            t.Network(name=name[-12:], **in_center),
            t.Network(**say),
        ),
        "network of a data center": (
            center.networks_service(),
            t.Network(name=name[-12:]),
            t.Network(**say),
        ),
        "QoS": (
            center.qoss_service(),
            t.Qos(name=name, type=t.QosType.STORAGE, max_iops=100),
            t.Qos(max_iops=200),
        ),
        "quota": (center.quotas_service(), t.Quota(name=name), t.Quota(**say)),
        "storage connection": (
            system.storage_connections_service(),
            t.StorageConnection(type=t.StorageType.NFS, address="nas.example.com", path=f"/{name}"),
            t.StorageConnection(path=f"/{name}-2"),
        ),
        "storage domain": (
            system.storage_domains_service(),
            t.StorageDomain(
                name=name,
                type=t.StorageDomainType.DATA,
                host=t.Host(id=lab.host.id),
                storage=t.HostStorage(
                    type=t.StorageType.NFS, address="nas.example.com", path=f"/{name}"
                ),
            ),
            None,  # only an active one can be changed
        ),
        "vNIC profile": (
            system.vnic_profiles_service(),
            t.VnicProfile(name=name, **of_network),
            t.VnicProfile(**say),
        ),
        "vNIC profile of a network": (
            network.vnic_profiles_service(),
            t.VnicProfile(name=name),
            None,
        ),
    }


def people(lab, name):
    """Users, roles, policies, providers and what else stands for itself."""
    system = lab.system
    admin = system.users_service().list(search="name=admin")[0]
    user = system.users_service().service(admin.id)
    level = system.cluster_levels_service().level_service("4.7").get()
    permits = [t.Permit(id=it.id) for it in level.permits if it.name in ("login", "run_vm")]
    domain = {"domain": t.Domain(name="internal-authz")}
    url = {"url": f"https://{name}.example.com"}
    subscription = t.EventSubscription(
        event=t.NotifiableEvent.HOST_HIGH_CPU_USE,
        notification_method=t.NotificationMethod.SMTP,
        user=t.User(id=admin.id),
        address="admin@example.com",
    )
    say = {"description": "changed"}
    return {
        "event subscription": (user.event_subscriptions_service(), subscription, None),
        "external host provider": (
            system.external_host_providers_service(),
            t.ExternalHostProvider(name=name, **url),
            t.ExternalHostProvider(**say),
        ),
        "group": (system.groups_service(), t.Group(name="group1", **domain), None),
        "instance type": (
            system.instance_types_service(),
            t.InstanceType(name=name, memory=GIB),
            t.InstanceType(**say),
        ),
        "OpenStack image provider": (
            system.openstack_image_providers_service(),
            t.OpenStackImageProvider(name=name, requires_authentication=False, **url),
            t.OpenStackImageProvider(**say),
        ),
        "OpenStack network provider": (
            system.openstack_network_providers_service(),
            t.OpenStackNetworkProvider(
                name=name,
                requires_authentication=False,
                type=t.OpenStackNetworkProviderType.EXTERNAL,
                **url,
            ),
            t.OpenStackNetworkProvider(**say),
        ),
        "permission": (
            system.permissions_service(),
            t.Permission(role=t.Role(name="ReadOnlyAdmin"), user=t.User(id=admin.id)),
            None,
        ),
        "role": (
            system.roles_service(),
            t.Role(name=name, administrative=False, permits=permits),
            t.Role(**say),
        ),
        "scheduling policy": (
            system.scheduling_policies_service(),
            t.SchedulingPolicy(name=name),
            t.SchedulingPolicy(**say),
        ),
        "SSH public key": (
            user.ssh_public_keys_service(),
            t.SshPublicKey(content="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5sImulated a@b"),
            t.SshPublicKey(content="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5sImulatef a@b"),
        ),
        "tag": (system.tags_service(), t.Tag(name=name), t.Tag(**say)),
        "user": (system.users_service(), t.User(user_name="user1@internal-authz", **domain), None),
        "user option": (user.options_service(), t.UserOption(name=name, content='"x"'), None),
    }


def workload(lab, name):
    """Machines, disks, templates, pools."""
    system = lab.system
    of_template = {
        "cluster": t.Cluster(id=lab.cluster.id),
        "template": t.Template(id=lab.template.id),
    }
    disk = {
        "format": t.DiskFormat.COW,
        "provisioned_size": GIB,
        "storage_domains": [t.StorageDomain(id=lab.storage_domain.id)],
    }
    return {
        "disk": (system.disks_service(), t.Disk(name=name, **disk), t.Disk(description="changed")),
        "disk of a storage domain": (
            system.storage_domains_service().service(lab.storage_domain.id).disks_service(),
            t.Disk(name=name, **disk),
            None,
        ),
        "virtual machine": (
            system.vms_service(),
            t.Vm(name=name, **of_template),
            t.Vm(description="changed"),
        ),
        "virtual machine pool": (
            system.vm_pools_service(),
            t.VmPool(name=name, size=1, **of_template),
            t.VmPool(description="changed"),
        ),
    }


def parts(lab, name, vm):
    """What belongs to a machine that is down, to a template or to an instance type."""
    system = lab.system
    template = system.templates_service().service(lab.template.id)
    instance = system.instance_types_service().list()[0]
    instance = system.instance_types_service().service(instance.id)
    host = system.hosts_service().service(lab.host.id)
    admin = system.users_service().list(search="name=admin")[0]
    watchdog = t.Watchdog(model=t.WatchdogModel.I6300ESB, action=t.WatchdogAction.RESET)
    pause = t.Watchdog(action=t.WatchdogAction.PAUSE)
    nic = t.Nic(name=name[-12:], interface=t.NicInterface.VIRTIO)
    renamed = t.Nic(name=name[-11:])
    device = t.VmMediatedDevice(spec_params=[t.Property(name="mdevType", value="nvidia-11")])
    other = t.VmMediatedDevice(spec_params=[t.Property(name="mdevType", value="nvidia-12")])
    may = t.Permission(role=t.Role(name="UserVmManager"), user=t.User(id=admin.id))
    attachment = t.DiskAttachment(
        interface=t.DiskInterface.VIRTIO_SCSI,
        bootable=False,
        disk=t.Disk(
            name=name,
            format=t.DiskFormat.COW,
            provisioned_size=GIB,
            storage_domains=[t.StorageDomain(id=lab.storage_domain.id)],
        ),
    )
    return {
        "NIC": (vm.nics_service(), nic, renamed),
        "NIC of a template": (template.nics_service(), nic, renamed),
        "NIC of an instance type": (instance.nics_service(), nic, renamed),
        "watchdog": (vm.watchdogs_service(), watchdog, pause),
        "watchdog of a template": (template.watchdogs_service(), watchdog, pause),
        "watchdog of an instance type": (instance.watchdogs_service(), watchdog, pause),
        "mediated device": (vm.mediated_devices_service(), device, other),
        "mediated device of a template": (template.mediated_devices_service(), device, other),
        "NUMA node": (
            vm.numa_nodes_service(),
            t.VirtualNumaNode(
                index=0, memory=512, cpu=t.Cpu(cores=[t.Core(index=0)])
            ),
            t.VirtualNumaNode(index=0, memory=256),
        ),
        "disk attachment": (
            vm.disk_attachments_service(),
            attachment,
            t.DiskAttachment(pass_discard=True),
        ),
        "snapshot": (
            vm.snapshots_service(),
            t.Snapshot(description=name, persist_memorystate=False),
            None,
        ),
        "permission of a machine": (vm.permissions_service(), may, None),
        "permission of a template": (template.permissions_service(), may, None),
        "fence agent": (
            host.fence_agents_service(),
            t.Agent(
                address="10.0.0.9", type="ipmilan", username="a", password="b", order=1
            ),
            t.Agent(username="c"),
        ),
        "iSCSI login of a host": (
            host.storage_connection_extensions_service(),
            t.StorageConnectionExtension(target=f"iqn:{name}", username="a", password="b"),
            t.StorageConnectionExtension(username="c"),
        ),
    }
