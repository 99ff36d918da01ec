"""What lives below or between other objects is made, read, changed and removed, too."""

import pytest
from conftest import GIB, named
from ovirtsdk4 import Error
from ovirtsdk4 import types as t
from rows import Row
from test_sweep import live, locate


@pytest.fixture
def network(lab, name):
    """A network of the lab's data center and cluster."""
    networks = lab.system.networks_service()
    body = t.Network(name=name[-12:], data_center=t.DataCenter(id=lab.data_center.id))
    made = networks.add(body)
    cluster = lab.system.clusters_service().service(lab.cluster.id)
    cluster.networks_service().add(t.Network(id=made.id, required=False))
    yield made
    networks.service(made.id).remove()


def assigned(row):
    """Assigns and takes away what cannot be read by itself."""
    made = row.collection.add(row.body)
    assert made.id in [it.id for it in row.collection.list()]
    locate(row.collection, made).remove()
    assert made.id not in [it.id for it in row.collection.list()]


def live_all(table, lab, wait):
    failed = []
    for what, row in table.items():
        try:
            live(row, lab, wait)
        except (AssertionError, Error) as error:
            failed.append(f"{what}: {error}")
    assert failed == [], "\n".join(failed)


def test_templates_and_their_versions(lab, name, wait):
    vm = lab.vm(name)
    templates = lab.system.templates_service()
    source = {"name": name, "vm": t.Vm(id=vm.get().id)}
    base = wait.accepted(templates.add, template=t.Template(**source))
    wait.status(templates.service(base.id), t.TemplateStatus.OK)
    version = t.TemplateVersion(base_template=t.Template(id=base.id), version_name="second")
    changed = t.Template(description="changed")
    table = {
        "template": Row(templates, t.Template(**{**source, "name": f"{name}-2"}), changed),
        "version": Row(templates, t.Template(**source, version=version), changed),
    }
    live_all(table, lab, wait)
    second = wait.accepted(templates.add, template=t.Template(**source, version=version))
    wait.status(templates.service(second.id), t.TemplateStatus.OK)
    assert second.version.version_number == 2
    assert second.version.base_template.id == base.id
    for each in (second, base):
        wait.accepted(templates.service(each.id).remove)
        wait.gone(templates.service(each.id))
    vm.remove()


def test_tags_and_labels_are_assigned(lab, name, wait):
    system = lab.system
    vm = lab.vm(name)
    host = system.hosts_service().service(lab.host.id)
    template = system.templates_service().service(lab.template.id)
    tag = system.tags_service().add(t.Tag(name=name))
    label = system.affinity_labels_service().add(t.AffinityLabel(name=name))
    labelled = system.affinity_labels_service().service(label.id)
    tagged, by_label = t.Tag(name=name), t.AffinityLabel(id=label.id)
    table = {
        "tag of a machine": Row(vm.tags_service(), tagged),
        "tag of a host": Row(host.tags_service(), tagged),
        "tag of a template": Row(template.tags_service(), tagged),
        "label of a machine": Row(vm.affinity_labels_service(), by_label),
        "label of a host": Row(host.affinity_labels_service(), by_label),
        "machine of a label": Row(labelled.vms_service(), t.Vm(id=vm.get().id)),
        "host of a label": Row(labelled.hosts_service(), t.Host(id=lab.host.id)),
    }
    live_all(table, lab, wait)
    labelled.remove()
    system.tags_service().service(tag.id).remove()
    vm.remove()


def test_an_affinity_group_gets_members(lab, name):
    system = lab.system
    vm = lab.vm(name)
    label = system.affinity_labels_service().add(t.AffinityLabel(name=name))
    groups = system.clusters_service().service(lab.cluster.id).affinity_groups_service()
    rule = t.AffinityRule(enabled=True, positive=True, enforcing=False)
    body = t.AffinityGroup(name=name, vms_rule=rule, hosts_rule=rule)
    group = groups.service(groups.add(body).id)
    for row in (
        Row(group.vms_service(), t.Vm(id=vm.get().id)),
        Row(group.hosts_service(), t.Host(id=lab.host.id)),
        Row(group.vm_labels_service(), t.AffinityLabel(id=label.id)),
        Row(group.host_labels_service(), t.AffinityLabel(id=label.id)),
    ):
        assigned(row)
    group.remove()
    system.affinity_labels_service().service(label.id).remove()
    vm.remove()


def test_networks_get_labels_clusters_and_nics(lab, name, network, wait):
    system = lab.system
    host = system.hosts_service().service(lab.hosts[1].id)
    nic = host.nics_service().service(named(host.nics_service(), "eth1").id)
    label = t.NetworkLabel(id=name[-6:])
    attachment = t.NetworkAttachment(
        network=t.Network(id=network.id), host_nic=t.HostNic(id=nic.get().id)
    )
    of_nic = t.NetworkAttachment(network=t.Network(id=network.id))
    table = {
        "label of a network": Row(
            system.networks_service().service(network.id).network_labels_service(), label
        ),
        "label of a host's NIC": Row(nic.network_labels_service(), label),
        "attachment of a host": Row(host.network_attachments_service(), attachment),
        "attachment of a NIC": Row(nic.network_attachments_service(), of_nic),
    }
    live_all(table, lab, wait)


def test_an_attachment_gets_an_address(lab, network, wait):
    host = lab.system.hosts_service().service(lab.hosts[1].id)
    nic = named(host.nics_service(), "eth1")
    attachments = host.network_attachments_service()
    body = t.NetworkAttachment(network=t.Network(id=network.id), host_nic=t.HostNic(id=nic.id))
    attachment = attachments.service(wait.accepted(attachments.add, attachment=body).id)
    ip = t.Ip(address="10.9.8.7", netmask="255.255.255.0", version=t.IpVersion.V4)
    static = t.IpAddressAssignment(assignment_method=t.BootProtocol.STATIC, ip=ip)
    changed = t.NetworkAttachment(ip_address_assignments=[static])
    wait.accepted(attachment.update, attachment=changed)
    assert attachment.get().ip_address_assignments[0].ip.address == "10.9.8.7"
    assert attachment.get().in_sync
    wait.accepted(attachment.remove)
    wait.gone(attachment)


def test_virtual_functions_carry_what_is_allowed(lab, name, network, wait):
    nics = lab.system.hosts_service().service(lab.hosts[1].id).nics_service()
    physical = next(it for it in nics.list() if it.virtual_functions_configuration)
    nic = nics.nic_service(physical.id)
    config = t.HostNicVirtualFunctionsConfiguration

    def functions():
        return [it for it in nics.list() if it.physical_function]

    nic.update_virtual_functions_configuration(
        virtual_functions_configuration=config(
            number_of_virtual_functions=2, all_networks_allowed=False
        )
    )
    wait.until(lambda: len(functions()) == 2, "the functions")
    assert {it.physical_function.id for it in functions()} == {physical.id}
    table = {
        "network": Row(nic.virtual_function_allowed_networks_service(), t.Network(id=network.id)),
        "label": Row(nic.virtual_function_allowed_labels_service(), t.NetworkLabel(id=name[-6:])),
    }
    live_all(table, lab, wait)
    nic.update_virtual_functions_configuration(
        virtual_functions_configuration=config(
            number_of_virtual_functions=0, all_networks_allowed=True
        )
    )
    wait.until(lambda: not functions(), "the functions to go")


def test_a_network_serves_a_cluster(lab, name):
    networks = lab.system.networks_service()
    center = t.DataCenter(id=lab.data_center.id)
    made = networks.add(t.Network(name=name[-12:], data_center=center))
    assignments = lab.system.clusters_service().service(lab.cluster.id).networks_service()
    assert assignments.add(t.Network(id=made.id, required=False)).id == made.id
    assignment, management = assignments.service(made.id), assignments.service(lab.network.id)
    before = management.get().usages
    migration = [t.NetworkUsage.VM, t.NetworkUsage.MIGRATION]
    assignment.update(t.Network(usages=migration))
    assert set(migration) <= set(assignment.get().usages)
    assert t.NetworkUsage.MIGRATION not in management.get().usages
    management.update(t.Network(usages=before))
    assert t.NetworkUsage.MIGRATION not in assignment.get().usages
    assert set(management.get().usages) == set(before)
    assignment.remove()
    assert made.id not in [it.id for it in assignments.list()]
    networks.service(made.id).remove()


def test_a_cluster_enables_a_feature(lab, name, wait):
    system = lab.system
    clusters = system.clusters_service()
    center = t.DataCenter(id=lab.data_center.id)
    cluster = clusters.service(clusters.add(t.Cluster(name=name, data_center=center)).id)
    version = cluster.get().version
    level = system.cluster_levels_service().level_service(f"{version.major}.{version.minor}")
    feature = level.cluster_features_service().list()[0]
    enabled = cluster.enabled_features_service()
    live(Row(enabled, t.ClusterFeature(id=feature.id)), lab, wait)
    cluster.remove()


def test_a_quota_limits_everything_or_nothing(lab, name):
    """The limit for all is always there, so that none for a single one can be added."""
    quotas = lab.system.data_centers_service().service(lab.data_center.id).quotas_service()
    quota = quotas.service(quotas.add(t.Quota(name=name)).id)
    clusters, storage = quota.quota_cluster_limits_service(), quota.quota_storage_limits_service()
    clusters.add(t.QuotaClusterLimit(memory_limit=64.0, vcpu_limit=8))
    storage.add(t.QuotaStorageLimit(limit=100))
    (of_clusters,), (of_storage,) = clusters.list(), storage.list()
    assert (of_clusters.memory_limit, of_clusters.vcpu_limit, of_storage.limit) == (64, 8, 100)
    domain = t.StorageDomain(id=lab.storage_domain.id)
    for limits, single in (
        (clusters, t.QuotaClusterLimit(cluster=t.Cluster(id=lab.cluster.id), vcpu_limit=4)),
        (storage, t.QuotaStorageLimit(storage_domain=domain, limit=50)),
    ):
        with pytest.raises(Error, match="specific and general"):
            limits.add(single)
    clusters.limit_service(of_clusters.id).remove()
    storage.limit_service(of_storage.id).remove()
    assert (clusters.list()[0].vcpu_limit, storage.list()[0].limit) == (-1, -1)
    quota.remove()


def test_a_scheduling_policy_gets_units(lab, name, wait):
    system = lab.system
    policies = system.scheduling_policies_service()
    policy = policies.service(policies.add(t.SchedulingPolicy(name=name)).id)
    units = system.scheduling_policy_units_service().list()

    def by(kind, name):
        unit = next(it for it in units if it.type == kind and it.name == name)
        return {"scheduling_policy_unit": t.SchedulingPolicyUnit(id=unit.id)}

    kinds = t.PolicyUnitType
    table = {
        "filter": Row(policy.filters_service(), t.Filter(**by(kinds.FILTER, "HugePages"))),
        "weight": Row(policy.weights_service(), t.Weight(factor=2, **by(kinds.WEIGHT, "HA"))),
        "balance": Row(
            policy.balances_service(),
            t.Balance(**by(kinds.LOAD_BALANCING, "OptimalForPowerSaving")),
        ),
    }
    live_all(table, lab, wait)
    policy.remove()


def test_a_role_gets_a_permit(lab, name, wait):
    system = lab.system
    level = system.cluster_levels_service().level_service("4.7").get()
    permits = {it.name: t.Permit(id=it.id) for it in level.permits}
    roles = system.roles_service()
    body = t.Role(name=name, administrative=False, permits=[permits["login"]])
    role = roles.service(roles.add(body).id)
    live(Row(role.permits_service(), permits["run_vm"]), lab, wait)
    role.remove()


def test_consoles_and_filter_parameters(lab, name, wait):
    system = lab.system
    vm = lab.vm(name)
    templates, instances = system.templates_service(), system.instance_types_service()
    body = t.Template(name=name, vm=t.Vm(id=vm.get().id))
    template = templates.service(wait.accepted(templates.add, template=body).id)
    wait.status(template, t.TemplateStatus.OK)
    instance = instances.service(instances.add(t.InstanceType(name=name, memory=GIB)).id)
    for each in (vm, template, instance):
        consoles = each.graphics_consoles_service()
        for old in consoles.list():
            wait.accepted(consoles.console_service(old.id).remove)
    body = t.Nic(name=name[-12:], vnic_profile=t.VnicProfile(id=lab.vnic_profile.id))
    nic = vm.nics_service().nic_service(wait.accepted(vm.nics_service().add, nic=body).id)
    vnc = t.GraphicsConsole(protocol=t.GraphicsType.VNC)
    table = {
        "console of a template": Row(template.graphics_consoles_service(), vnc),
        "console of an instance type": Row(instance.graphics_consoles_service(), vnc),
        "console of a machine": Row(vm.graphics_consoles_service(), vnc),
        "filter parameter": Row(
            nic.network_filter_parameters_service(),
            t.NetworkFilterParameter(name="IP", value="10.0.0.1"),
            t.NetworkFilterParameter(name="IP", value="10.0.0.2"),
        ),
    }
    live_all(table, lab, wait)
    instance.remove()
    template.remove()
    wait.gone(template)
    vm.remove()


def inside(drive):
    """The id of the disc in a drive."""
    return drive.file and drive.file.id


def test_a_disc_is_put_in_and_out(lab, name, wait):
    disc = lab.disk(name, format=t.DiskFormat.RAW, content_type=t.DiskContentType.ISO)
    file = disc.get().id
    vm = lab.running_vm(f"{name}-vm")
    drives = vm.cdroms_service()
    drive = drives.cdrom_service(drives.list()[0].id)
    drive.update(t.Cdrom(file=t.File(id=file)), current=True)
    assert drive.get(current=True).file.id == file
    assert not inside(drive.get())
    drive.update(t.Cdrom(file=t.File(id="")), current=True)
    assert not inside(drive.get(current=True))
    vm.stop()
    wait.status(vm, t.VmStatus.DOWN)
    drive.update(t.Cdrom(file=t.File(id=file)))
    assert drive.get().file.id == file
    drive.update(t.Cdrom(file=t.File(id="")))
    assert not inside(drive.get())
    drives.add(t.Cdrom(file=t.File(id=file)))
    assert [inside(it) for it in drives.list()] == [file]
    vm.remove()
    wait.gone(vm)
    disc.remove()
    wait.gone(disc)


def test_a_pinned_machine_gets_a_device(lab, name, wait):
    pinned = t.VmPlacementPolicy(affinity=t.VmAffinity.PINNED, hosts=[t.Host(id=lab.host.id)])
    vm = lab.vm(name, placement_policy=pinned)
    host = lab.system.hosts_service().service(lab.host.id)
    device = next(it for it in host.devices_service().list() if it.iommu_group)
    live(Row(vm.host_devices_service(), t.HostDevice(name=device.name)), lab, wait)
    vm.remove()
