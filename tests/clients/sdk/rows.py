"""One of everything: where it is added, what with, and what of it is changed.

Each function makes a table of rows from the lab and a name that nobody else uses.
"""

from typing import NamedTuple

from conftest import GIB
from ovirtsdk4 import types as t
from ovirtsdk4.service import Service


class Row(NamedTuple):
    """One kind of object."""

    collection: Service
    body: object
    change: object = None  # where the API has an update
    removal: dict = {}  # what its removal has to be told


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
        "affinity group": Row(
            cluster.affinity_groups_service(),
            t.AffinityGroup(name=name, vms_rule=rule),
            t.AffinityGroup(**say),
        ),
        "affinity label": Row(
            system.affinity_labels_service(),
            t.AffinityLabel(name=name),
            t.AffinityLabel(name=f"{name}-2"),
        ),
        "bookmark": Row(
            system.bookmarks_service(),
            t.Bookmark(name=name, value="Vms: status=up"),
            t.Bookmark(value="Vms: status=down"),
        ),
        "cluster": Row(
            system.clusters_service(),
            t.Cluster(name=name, **in_center),
            t.Cluster(**remark),
        ),
        "cpu profile": Row(
            system.cpu_profiles_service(),
            t.CpuProfile(name=name, **of_cluster),
            t.CpuProfile(**say),
        ),
        "cpu profile of a cluster": Row(
            cluster.cpu_profiles_service(),
            t.CpuProfile(name=name),
        ),
        "data center": Row(
            system.data_centers_service(),
            t.DataCenter(name=name, local=False),
            t.DataCenter(**say),
        ),
        "disk profile": Row(
            system.disk_profiles_service(),
            t.DiskProfile(name=name, **of_domain),
            t.DiskProfile(**say),
        ),
        "disk profile of a storage domain": Row(
            domain.disk_profiles_service(),
            t.DiskProfile(name=name),
        ),
        "iSCSI bond": Row(
            center.iscsi_bonds_service(),
            t.IscsiBond(name=name),
            t.IscsiBond(**say),
        ),
        "MAC pool": Row(
            system.mac_pools_service(),
            t.MacPool(name=name, ranges=ranges),
            t.MacPool(**say),
        ),
        "network": Row(
            system.networks_service(),
            t.Network(name=name[-12:], **in_center),
            t.Network(**say),
        ),
        "network of a data center": Row(
            center.networks_service(),
            t.Network(name=name[-12:]),
            t.Network(**say),
        ),
        "QoS": Row(
            center.qoss_service(),
            t.Qos(name=name, type=t.QosType.STORAGE, max_iops=100),
            t.Qos(max_iops=200),
        ),
        "quota": Row(center.quotas_service(), t.Quota(name=name), t.Quota(**say)),
        "storage connection": Row(
            system.storage_connections_service(),
            t.StorageConnection(type=t.StorageType.NFS, address="nas.example.com", path=f"/{name}"),
            t.StorageConnection(path=f"/{name}-2"),
        ),
        "storage domain": Row(
            system.storage_domains_service(),
            t.StorageDomain(
                name=name,
                type=t.StorageDomainType.DATA,
                host=t.Host(id=lab.host.id),
                storage=t.HostStorage(
                    type=t.StorageType.NFS, address="nas.example.com", path=f"/{name}"
                ),
            ),
            removal={"host": lab.host.name, "format": True},
        ),
        "vNIC profile": Row(
            system.vnic_profiles_service(),
            t.VnicProfile(name=name, **of_network),
            t.VnicProfile(**say),
        ),
        "vNIC profile of a network": Row(
            network.vnic_profiles_service(),
            t.VnicProfile(name=name),
        ),
    }


def people(lab, name):
    """Users, roles, policies, providers and what else stands for itself."""
    system = lab.system
    admin = system.users_service().list(search="name=admin")[0]
    user = system.users_service().service(admin.id)
    level = system.cluster_levels_service().level_service("4.7").get()
    permits = [t.Permit(id=it.id) for it in level.permits or [] if it.name in ("login", "run_vm")]
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
        "event subscription": Row(user.event_subscriptions_service(), subscription),
        "external host provider": Row(
            system.external_host_providers_service(),
            t.ExternalHostProvider(name=name, **url),
            t.ExternalHostProvider(**say),
        ),
        "group": Row(system.groups_service(), t.Group(name="group1", **domain)),
        "instance type": Row(
            system.instance_types_service(),
            t.InstanceType(name=name, memory=GIB),
            t.InstanceType(**say),
        ),
        "OpenStack image provider": Row(
            system.openstack_image_providers_service(),
            t.OpenStackImageProvider(name=name, requires_authentication=False, **url),
            t.OpenStackImageProvider(**say),
        ),
        "OpenStack network provider": Row(
            system.openstack_network_providers_service(),
            t.OpenStackNetworkProvider(
                name=name,
                requires_authentication=False,
                type=t.OpenStackNetworkProviderType.EXTERNAL,
                **url,
            ),
            t.OpenStackNetworkProvider(**say),
        ),
        "permission": Row(
            system.permissions_service(),
            t.Permission(role=t.Role(name="ReadOnlyAdmin"), user=t.User(id=admin.id)),
        ),
        "role": Row(
            system.roles_service(),
            t.Role(name=name, administrative=False, permits=permits),
            t.Role(**say),
        ),
        "scheduling policy": Row(
            system.scheduling_policies_service(),
            t.SchedulingPolicy(name=name),
            t.SchedulingPolicy(**say),
        ),
        "SSH public key": Row(
            user.ssh_public_keys_service(),
            t.SshPublicKey(content="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5sImulated a@b"),
            t.SshPublicKey(content="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5sImulatef a@b"),
        ),
        "tag": Row(system.tags_service(), t.Tag(name=name), t.Tag(**say)),
        "user": Row(system.users_service(), t.User(user_name="user1@internal-authz", **domain)),
        "user option": Row(user.options_service(), t.UserOption(name=name, content='"x"')),
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
        "disk": Row(
            system.disks_service(), t.Disk(name=name, **disk), t.Disk(description="changed")
        ),
        "disk of a storage domain": Row(
            system.storage_domains_service().service(lab.storage_domain.id).disks_service(),
            t.Disk(name=name, **disk),
        ),
        "virtual machine": Row(
            system.vms_service(),
            t.Vm(name=name, **of_template),
            t.Vm(description="changed"),
        ),
        "virtual machine pool": Row(
            system.vm_pools_service(),
            t.VmPool(name=name, size=1, **of_template),
            t.VmPool(description="changed"),
        ),
    }


def parts(lab, name):
    """What belongs to a machine that is down, to a template or to an instance type."""
    vm = lab.vm(name)
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
        "NIC": Row(vm.nics_service(), nic, renamed),
        "NIC of a template": Row(template.nics_service(), nic, renamed),
        "NIC of an instance type": Row(instance.nics_service(), nic, renamed),
        "watchdog": Row(vm.watchdogs_service(), watchdog, pause),
        "watchdog of a template": Row(template.watchdogs_service(), watchdog, pause),
        "watchdog of an instance type": Row(instance.watchdogs_service(), watchdog, pause),
        "mediated device": Row(vm.mediated_devices_service(), device, other),
        "mediated device of a template": Row(template.mediated_devices_service(), device, other),
        "NUMA node": Row(
            vm.numa_nodes_service(),
            t.VirtualNumaNode(index=0, memory=512, cpu=t.Cpu(cores=[t.Core(index=0)])),
            t.VirtualNumaNode(index=0, memory=256),
        ),
        "disk attachment": Row(
            vm.disk_attachments_service(),
            attachment,
            t.DiskAttachment(pass_discard=True),
            {"detach_only": False},
        ),
        "snapshot": Row(
            vm.snapshots_service(),
            t.Snapshot(description=name, persist_memorystate=False),
        ),
        "permission of a machine": Row(vm.permissions_service(), may),
        "permission of a template": Row(template.permissions_service(), may),
        "fence agent": Row(
            host.fence_agents_service(),
            t.Agent(address="10.0.0.9", type="ipmilan", username="a", password="b", order=1),
            t.Agent(username="c"),
        ),
        "iSCSI login of a host": Row(
            host.storage_connection_extensions_service(),
            t.StorageConnectionExtension(target=f"iqn:{name}", username="a", password="b"),
            t.StorageConnectionExtension(username="c"),
        ),
    }
