"""Actions and imports that need something of their own to work on."""

import pytest
from conftest import GIB, named
from ovirtsdk4 import Error
from ovirtsdk4 import types as t

UP, MAINTENANCE = t.HostStatus.UP, t.HostStatus.MAINTENANCE
RESTARTED = 41  # the code of the event USER_VDS_RESTART


@pytest.fixture
def host(lab, name, wait):
    """A host more than the lab has; it goes when the test ends."""
    hosts = lab.system.hosts_service()
    body = t.Host(
        name=name,
        address=f"{name}.example.com",
        root_password="secret",
        cluster=t.Cluster(id=lab.cluster.id),
    )
    host = hosts.host_service(hosts.add(body).id)
    wait.status(host, UP)
    yield host
    if host.get().status != MAINTENANCE:
        host.deactivate()
        wait.status(host, MAINTENANCE)
    wait.accepted(host.remove)
    wait.gone(host)


def test_a_host_is_changed(host):
    assert host.update(t.Host(comment="changed")).comment == "changed"
    assert host.get().comment == "changed"


def test_a_host_is_asked_for_its_power_and_restarted(system, host, wait):
    with pytest.raises(Error, match="fence is disabled"):
        host.fence(fence_type="status")
    agent = t.Agent(address="10.0.0.9", type="ipmilan", username="a", password="b", order=1)
    host.fence_agents_service().add(agent)
    host.update(t.Host(power_management=t.PowerManagement(enabled=True)))
    answer = host.fence(fence_type="status")
    assert answer.status == t.PowerManagementStatus.ON
    wait.accepted(host.fence, fence_type="restart")
    events = system.events_service().list(search=f"host.name={host.get().name}")
    assert RESTARTED in [it.code for it in events]
    wait.status(host, UP)
    host.deactivate()
    wait.status(host, MAINTENANCE)
    wait.accepted(host.fence, fence_type="stop")
    wait.status(host, t.HostStatus.DOWN)
    assert host.fence(fence_type="status").status == t.PowerManagementStatus.OFF
    wait.accepted(host.fence, fence_type="start")
    wait.status(host, UP)


def test_a_host_is_upgraded(host, wait):
    with pytest.raises(Error, match="no available updates"):
        host.upgrade()
    host.upgrade_check()
    wait.until(lambda: host.get().update_available, "the updates")
    host.upgrade()
    wait.until(lambda: not host.get().update_available, "the upgrade")
    wait.status(host, UP)


def test_a_machine_leaves_its_pool(lab, system, name, wait):
    pools = system.vm_pools_service()
    body = t.VmPool(
        name=name,
        size=2,
        cluster=t.Cluster(id=lab.cluster.id),
        template=t.Template(id=lab.template.id),
    )
    pool = pools.pool_service(wait.accepted(pools.add, pool=body).id)
    vms = system.vms_service()
    members = wait.until(
        lambda: len(found := vms.list(search=f"pool={name}")) == 2 and found, "the members"
    )
    services = [vms.vm_service(it.id) for it in members]
    for vm in services:
        wait.status(vm, t.VmStatus.DOWN)
    first = services[0]
    wait.accepted(first.detach)
    assert first.get().vm_pool is None
    assert pool.get().size == 1
    with pytest.raises(Error, match="not attached"):
        first.detach()
    pool.remove()
    wait.gone(pool)
    wait.gone(services[1])
    assert first.get().status == t.VmStatus.DOWN
    first.remove()


def test_a_migration_is_cancelled(lab, name, wait):
    vm = lab.running_vm(name)
    with pytest.raises(Error, match="non migrating"):
        vm.cancel_migration()

    def cancelled():
        start = vm.get().host.id
        vm.migrate()
        try:
            vm.cancel_migration()
        except Error:  # it was there already
            wait.status(vm, t.VmStatus.UP)
            return False
        wait.status(vm, t.VmStatus.UP)
        return vm.get().host.id == start

    wait.until(cancelled, "a migration that can be cancelled")
    vm.stop()
    wait.status(vm, t.VmStatus.DOWN)
    vm.remove()


def test_an_empty_cluster_forgets_its_emulated_machine(lab, system, name):
    clusters = system.clusters_service()
    with pytest.raises(Error, match="hosts must be down"):
        clusters.cluster_service(lab.cluster.id).reset_emulated_machine()
    body = t.Cluster(name=name, data_center=t.DataCenter(id=lab.data_center.id))
    cluster = clusters.cluster_service(clusters.add(body).id)
    cluster.reset_emulated_machine()
    cluster.remove()


def test_a_disk_is_converted(lab, name, wait):
    disk = lab.disk(name)
    image = disk.get().image_id
    disk.convert(disk=t.Disk(format=t.DiskFormat.RAW, sparse=False))
    wait.status(disk, t.DiskStatus.OK)
    seen = disk.get()
    assert (seen.format, seen.sparse) == (t.DiskFormat.RAW, False)
    assert seen.image_id != image
    assert seen.actual_size >= GIB
    disk.remove()
    wait.gone(disk)


def test_a_machine_and_a_template_come_from_elsewhere(lab, system, name, wait):
    place = {
        "cluster": t.Cluster(id=lab.cluster.id),
        "storage_domain": t.StorageDomain(id=lab.storage_domain.id),
        "host": t.Host(id=lab.host.id),
    }
    of_vm = t.ExternalVmImport(
        name="web",
        vm=t.Vm(name=name),
        provider=t.ExternalVmProviderType.VMWARE,
        url="vpx://vcenter.example.com/dc/cluster/esx?no_verify=1",
        username="admin",
        password="secret",
        sparse=True,
        **place,
    )
    system.external_vm_imports_service().add(of_vm)
    vms = system.vms_service()
    vm = vms.vm_service(vms.list(search=f"name={name}")[0].id)
    wait.status(vm, t.VmStatus.DOWN)
    assert len(vm.disk_attachments_service().list()) == 1
    of_template = t.ExternalTemplateImport(
        template=t.Template(name=name), url="ova:///tmp/appliance.ova", **place
    )
    system.external_template_imports_service().add(of_template)
    templates = system.templates_service()
    template = templates.template_service(templates.list(search=f"name={name}")[0].id)
    wait.status(template, t.TemplateStatus.OK)
    for each in (vm, template):
        wait.accepted(each.remove)
        wait.gone(each)


def test_a_provider_of_hosts_shows_what_it_has(system, name):
    providers = system.external_host_providers_service()
    body = t.ExternalHostProvider(name=name, url=f"https://{name}.example.com")
    provider = providers.provider_service(providers.add(body).id)
    for collection, to in (
        (provider.hosts_service(), "host_service"),
        (provider.discovered_hosts_service(), "host_service"),
        (provider.host_groups_service(), "group_service"),
        (provider.compute_resources_service(), "resource_service"),
    ):
        shown = collection.list()
        assert shown, collection
        for each in shown:
            assert getattr(collection, to)(each.id).get().name == each.name
    assert provider.certificates_service().list() is not None
    provider.remove()


def test_a_domain_shows_its_users_and_groups(system):
    domains = system.domains_service()
    domain = domains.domain_service(named(domains, "internal-authz").id)
    users, groups = domain.users_service(), domain.groups_service()
    assert "admin" in [it.user_name.split("@")[0] for it in users.list()]
    for each in users.list():
        assert users.user_service(each.id).get().user_name == each.user_name
    for each in groups.list():
        assert groups.group_service(each.id).get().name == each.name
