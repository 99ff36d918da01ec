"""What comes from elsewhere: from export domains, detached domains and OpenStack's providers."""

import ovirtsdk4 as sdk
import pytest
from conftest import GIB, named
from ovirtsdk4 import types as t

Status = t.StorageDomainStatus


class Domain:
    """A storage domain that goes in and out of the lab's data center."""

    def __init__(self, lab, wait, name, kind):
        self.lab, self.wait = lab, wait
        domains = lab.system.storage_domains_service()
        body = t.StorageDomain(
            name=name,
            type=kind,
            host=t.Host(id=lab.host.id),
            storage=t.HostStorage(
                type=t.StorageType.NFS, address="nas.example.com", path=f"/{name}"
            ),
        )
        self.id = domains.add(body).id
        self.service = domains.storage_domain_service(self.id)
        center = lab.system.data_centers_service().data_center_service(lab.data_center.id)
        self.center = center.storage_domains_service()
        self.attached = self.center.storage_domain_service(self.id)

    def attach(self):
        self.center.add(t.StorageDomain(id=self.id))
        self.wait.status(self.attached, Status.ACTIVE)

    def detach(self):
        self.wait.accepted(self.attached.deactivate)
        self.wait.status(self.attached, Status.MAINTENANCE)
        self.attached.remove()
        self.wait.gone(self.attached)

    def vms(self):
        return self.service.vms_service()

    def templates(self):
        return self.service.templates_service()


@pytest.fixture
def domain(lab, wait, name):
    """Makes storage domains that are active, and takes them away when a test is done."""
    made = []

    def domain(kind):
        it = Domain(lab, wait, f"{name}-sd", kind)
        made.append(it)
        it.attach()
        return it

    yield domain
    for it in made:
        it.detach()
        it.service.remove(host=lab.host.name, format=True)
        wait.gone(it.service)


@pytest.fixture
def export(domain):
    return domain(t.StorageDomainType.EXPORT)


@pytest.fixture
def data(domain):
    return domain(t.StorageDomainType.DATA)


def into(lab):
    """Where imports go."""
    return {
        "storage_domain": t.StorageDomain(id=lab.storage_domain.id),
        "cluster": t.Cluster(id=lab.cluster.id),
    }


def found(collection, name):
    """The service of what has a name."""
    return collection.service(named(collection, name).id)


def template_of(lab, vm, name, wait, **more):
    templates = lab.system.templates_service()
    body = t.Template(name=name, vm=t.Vm(id=vm.get().id), **more)
    template = templates.template_service(templates.add(body).id)
    wait.status(template, t.TemplateStatus.OK)
    return template


def vm_on(lab, domain, name, wait):
    """A machine without a template whose only disk is on a domain."""
    vm = lab.vm(name, template=t.Template(name="Blank"))
    disk = t.Disk(
        name=f"{name}-disk",
        format=t.DiskFormat.COW,
        provisioned_size=GIB,
        storage_domains=[t.StorageDomain(id=domain.id)],
    )
    interface = t.DiskInterface.VIRTIO
    body = t.DiskAttachment(disk=disk, interface=interface, bootable=True, active=True)
    made = vm.disk_attachments_service().add(body).disk
    disk = lab.system.disks_service().disk_service(made.id)
    wait.status(disk, t.DiskStatus.OK)
    return vm


def test_a_machine_is_exported_and_imported(lab, system, export, name, wait):
    vm = lab.vm(name)
    vm.export_to_export_domain(storage_domain=t.StorageDomain(id=export.id))
    assert vm.get().status == t.VmStatus.IMAGE_LOCKED
    wait.status(vm, t.VmStatus.DOWN)
    kept = wait.until(export.vms().list, "the export")
    assert [(it.id, it.name) for it in kept] == [(vm.get().id, name)]
    kept = export.vms().vm_service(kept[0].id)
    with pytest.raises(sdk.Error, match="VM ID already exists"):
        kept.import_(**into(lab))
    kept.import_(clone=True, vm=t.Vm(name=f"{name}-2"), **into(lab))
    copy = found(system.vms_service(), f"{name}-2")
    wait.status(copy, t.VmStatus.DOWN)
    assert copy.get().id != vm.get().id
    assert len(copy.disk_attachments_service().list()) == 1

    wait.accepted(vm.remove)
    wait.gone(vm)
    # Its disks go a little later than it.
    wait.accepted(kept.import_, **into(lab))
    wait.status(vm, t.VmStatus.DOWN)
    assert vm.get().name == name, "it is the same again"
    kept.remove()
    wait.until(lambda: export.vms().list() == [], "the export to go")
    for it in (vm, copy):
        wait.accepted(it.remove)
        wait.gone(it)


def test_a_template_is_exported_and_imported(lab, system, export, name, wait):
    vm = lab.vm(f"{name}-vm")
    template = template_of(lab, vm, name, wait)
    template.export_to_export_domain(storage_domain=t.StorageDomain(id=export.id))
    wait.status(template, t.TemplateStatus.OK)
    kept = wait.until(export.templates().list, "the export")
    assert [it.name for it in kept] == [name]
    kept = export.templates().template_service(kept[0].id)
    other = t.Template(name=f"{name}-2")
    kept.import_(clone=True, template=other, **into(lab))
    copy = found(system.templates_service(), other.name)
    wait.status(copy, t.TemplateStatus.OK)
    kept.remove()
    wait.until(lambda: export.templates().list() == [], "the export to go")
    for it in (copy, template, vm):
        wait.accepted(it.remove)
        wait.gone(it)


def test_a_domain_takes_along_what_lives_on_it(lab, system, data, name, wait):
    vm = vm_on(lab, data, name, wait)
    template = template_of(lab, vm, f"{name}-t", wait)
    disk = lab.disk(f"{name}-d", storage_domains=[t.StorageDomain(id=data.id)])
    ids = [it.get().id for it in (vm, template, disk)]
    kept = vm.get().name
    data.detach()
    for it in (vm, template, disk):
        wait.gone(it)

    data.attach()
    lists = (data.vms(), data.templates(), data.service.disks_service())
    for collection, wanted in zip(lists, ids, strict=True):
        assert wanted in [it.id for it in collection.list(unregistered=True)]
        assert collection.list() == []
    cluster = t.Cluster(id=lab.cluster.id)
    data.templates().template_service(ids[1]).register(cluster=cluster)
    wait.status(template, t.TemplateStatus.OK)
    data.vms().vm_service(ids[0]).register(
        cluster=cluster, vm=t.Vm(name=f"{name}-back"), reassign_bad_macs=True
    )
    wait.status(vm, t.VmStatus.DOWN)
    # The engine takes a name from the action itself, for which the SDK has no parameter.
    assert vm.get().name == kept
    data.service.disks_service().add(t.Disk(id=ids[2]), unregistered=True)
    wait.status(disk, t.DiskStatus.OK)
    assert all(it.list(unregistered=True) == [] for it in lists)
    attached = vm.disk_attachments_service().list()[0].disk
    assert system.disks_service().disk_service(attached.id).get().name == f"{name}-disk"
    for it in (vm, template, disk):
        wait.accepted(it.remove)
        wait.gone(it)


@pytest.fixture
def glance(system, name):
    """A provider of images, and the storage domain that stands for it."""
    providers = system.openstack_image_providers_service()
    body = t.OpenStackImageProvider(
        name=name, url=f"https://{name}.example.com:9292", requires_authentication=False
    )
    service = providers.provider_service(providers.add(body).id)
    domains = system.storage_domains_service()
    yield service, domains.storage_domain_service(named(domains, name).id)
    service.remove()
    assert name not in [it.name for it in domains.list()]


@pytest.mark.parametrize("side", ["provider", "domain"])
def test_an_image_becomes_a_disk(lab, system, glance, name, wait, side):
    provider, domain = glance
    assert domain.get().type == t.StorageDomainType.IMAGE
    images = (provider if side == "provider" else domain).images_service()
    image = images.image_service(images.list()[0].id)
    assert image.get().name
    image.import_(
        storage_domain=t.StorageDomain(id=lab.storage_domain.id), disk=t.Disk(alias=f"{name}-d")
    )
    disk = found(system.disks_service(), f"{name}-d")
    wait.status(disk, t.DiskStatus.OK)
    disk.remove()
    wait.gone(disk)


def test_a_disk_becomes_an_image(lab, glance, name, wait):
    provider, domain = glance
    disk = lab.disk(f"{name}-d")
    with pytest.raises(sdk.Error, match="Storage Domain type is illegal"):
        disk.export(storage_domain=t.StorageDomain(id=lab.storage_domain.id))
    disk.export(storage_domain=t.StorageDomain(id=domain.get().id))
    wait.status(disk, t.DiskStatus.OK)
    assert f"{name}-d" in [it.name for it in domain.images_service().list()]
    wait.accepted(disk.remove)
    wait.gone(disk)


@pytest.fixture
def neutron(system, name):
    """A provider of networks."""
    providers = system.openstack_network_providers_service()
    body = t.OpenStackNetworkProvider(
        name=name,
        url=f"https://{name}.example.com:9696",
        requires_authentication=False,
        type=t.OpenStackNetworkProviderType.NEUTRON,
        plugin_type=t.NetworkPluginType.OPEN_VSWITCH,
        read_only=False,
    )
    service = providers.provider_service(providers.add(body).id)
    yield service
    service.remove()


def test_a_network_of_a_provider_is_imported(lab, system, neutron, wait):
    networks = neutron.networks_service()
    first = networks.list()[0]
    network = networks.network_service(first.id)
    center = t.DataCenter(id=lab.data_center.id)
    network.import_(data_center=center)
    made = found(system.networks_service(), first.name)
    assert made.get().external_provider.id == neutron.get().id
    assert [it.name for it in made.vnic_profiles_service().list()] == [first.name]
    with pytest.raises(sdk.Error, match="already exists as"):
        network.import_(data_center=center)
    made.remove()
    wait.gone(made)


def test_subnets_of_a_network_come_and_go(neutron, name, wait):
    networks = neutron.networks_service()
    subnets = networks.network_service(networks.list()[0].id).subnets_service()
    before = [it.id for it in subnets.list()]
    new = {"cidr": "10.0.0.0/24", "gateway": "10.0.0.1", "dns_servers": ["10.0.0.2"]}
    subnet = subnets.subnet_service(subnets.add(t.OpenStackSubnet(name=name, **new)).id)
    seen = subnet.get()
    assert {it: getattr(seen, it) for it in new} == new
    assert seen.ip_version == "v4"
    neutron.update(t.OpenStackNetworkProvider(read_only=True))
    with pytest.raises(sdk.Error, match="is read only"):
        subnet.remove()
    neutron.update(t.OpenStackNetworkProvider(read_only=False))
    subnet.remove()
    wait.gone(subnet)
    assert [it.id for it in subnets.list()] == before
