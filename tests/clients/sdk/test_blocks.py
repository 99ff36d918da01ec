"""Storage on blocks: LUNs over iSCSI and Fibre Channel, domains on them and direct LUNs."""

import uuid

import ovirtsdk4 as sdk
import pytest
from conftest import GIB
from ovirtsdk4 import types as t

ISCSI, FCP = t.StorageType.ISCSI, t.StorageType.FCP
RAW, COW = t.DiskFormat.RAW, t.DiskFormat.COW


class Fabric:
    """The LUNs that the lab's hosts see of one target, or on Fibre Channel."""

    def __init__(self, lab, technology, target=None):
        self.lab, self.technology, self.target = lab, technology, target

    def units(self, host):
        """The LUNs as a host sees them."""
        storage = self.lab.system.hosts_service().host_service(host.id).storage_service()
        units = [it.logical_units[0] for it in storage.list() if it.type == self.technology]
        return [it for it in units if it.target == self.target]

    def unit(self, number):
        return self.units(self.lab.host)[number]

    def storage(self, *numbers):
        """What a storage domain is made of or extended by."""
        units = [t.LogicalUnit(id=self.unit(it).id) for it in numbers]
        return t.HostStorage(type=self.technology, logical_units=units)


@pytest.fixture(scope="module")
def targets(lab):
    """Two targets of an array that all hosts of the lab are logged in to."""
    address = f"san-{uuid.uuid4().hex[:6]}.example.com"
    for each in lab.hosts:
        host = lab.system.hosts_service().host_service(each.id)
        portal = t.IscsiDetails(address=address)
        details = host.discover_iscsi(iscsi=portal)
        assert {it.portal for it in details} == {f"{address}:3260,1"}
        found = [it.target for it in details]
        assert found == host.iscsi_discover(iscsi=portal)
        for target in found:
            host.iscsi_login(iscsi=t.IscsiDetails(address=address, port=3260, target=target))
    return found


@pytest.fixture(params=[ISCSI, FCP], ids=str)
def fabric(request, lab, targets):
    target = targets[0] if request.param == ISCSI else None
    return Fabric(lab, request.param, target)


@pytest.fixture
def domain(lab, system, fabric, name, wait):
    """A storage domain on two LUNs that is active; what is on it is wiped afterwards."""
    domains = system.storage_domains_service()
    body = described(lab, name, storage=fabric.storage(0, 1))
    service = domains.storage_domain_service(domains.add(body).id)
    attached = attach(lab, service, wait)
    yield service
    if attached.get().status == t.StorageDomainStatus.ACTIVE:
        maintain(attached, wait)
    wait.accepted(attached.remove)
    wait.gone(attached)
    wait.accepted(service.remove, host=lab.host.name, format=True)
    wait.gone(service)
    assert fabric.unit(0).status == t.LunStatus.FREE


def described(lab, name, **more):
    """A domain as clients describe it."""
    host, kind = t.Host(id=lab.host.id), t.StorageDomainType.DATA
    return t.StorageDomain(name=name, type=kind, host=host, **more)


def in_center(lab):
    center = lab.system.data_centers_service().data_center_service(lab.data_center.id)
    return center.storage_domains_service()


def attach(lab, service, wait):
    domain = in_center(lab).add(t.StorageDomain(id=service.get().id))
    attached = in_center(lab).storage_domain_service(domain.id)
    wait.status(attached, t.StorageDomainStatus.ACTIVE)
    return attached


def maintain(attached, wait):
    wait.accepted(attached.deactivate)
    wait.status(attached, t.StorageDomainStatus.MAINTENANCE)


def luns(service):
    return {it.id for it in service.get().storage.volume_group.logical_units}


def disk_on(lab, service, name, **more):
    here = [t.StorageDomain(id=service.get().id)]
    return lab.disk(name, storage_domains=here, **more)


def test_all_hosts_see_the_same_luns(lab, fabric):
    seen = [{it.id: it.size for it in fabric.units(host)} for host in lab.hosts]
    assert len(seen[0]) == 4
    assert all(it == seen[0] for it in seen)
    assert min(seen[0].values()) >= GIB


def test_a_login_needs_a_target_and_a_host(lab):
    host = lab.system.hosts_service().host_service(lab.host.id)
    with pytest.raises(sdk.Error, match="target"):
        host.iscsi_login(iscsi=t.IscsiDetails(address="san.example.com"))
    with pytest.raises(sdk.Error, match="Failed to login to iSCSI node"):
        host.iscsi_login(iscsi=t.IscsiDetails(address="san.example.com", target="none"))


def test_a_domain_on_luns_grows_and_shrinks(lab, fabric, domain, wait):
    unit = fabric.unit(0)
    assert unit.status == t.LunStatus.USED
    assert unit.storage_domain_id == domain.get().id
    before = domain.get().available
    domain.update(t.StorageDomain(storage=fabric.storage(2)))
    wait.until(lambda: luns(domain) == {fabric.unit(it).id for it in range(3)}, "the LUN")
    assert domain.get().available > before
    more = [t.LogicalUnit(id=fabric.unit(2).id)]
    domain.refresh_luns(logical_units=more)
    with pytest.raises(sdk.Error, match="status is Active"):
        domain.reduce_luns(logical_units=more)

    attached = in_center(lab).storage_domain_service(domain.get().id)
    maintain(attached, wait)
    domain.reduce_luns(logical_units=more)
    wait.until(lambda: fabric.unit(2).id not in luns(domain), "the LUN to leave")
    assert fabric.unit(2).status == t.LunStatus.FREE
    wait.accepted(attached.activate)
    wait.status(attached, t.StorageDomainStatus.ACTIVE)
    assert domain.get().available == before


def test_a_lun_belongs_to_one_domain(lab, system, fabric, domain, name):
    again = described(lab, f"{name}-2", storage=fabric.storage(1))
    with pytest.raises(sdk.Error, match="already part of existing storage domains"):
        system.storage_domains_service().add(again)


def test_a_domain_that_was_left_behind_is_found(lab, system, fabric, name, wait):
    domains = system.storage_domains_service()
    made = domains.add(described(lab, name, storage=fabric.storage(0, 1)))
    domains.storage_domain_service(made.id).remove(host=lab.host.name, format=False)
    assert fabric.unit(0).status == t.LunStatus.USED, "it still lies there"

    host = system.hosts_service().host_service(lab.host.id)
    found = host.unregistered_storage_domains_discover(
        iscsi=t.IscsiDetails(address=fabric.unit(0).address)
    )
    assert made.id in [it.id for it in found]
    # It knows its LUNs by itself.
    storage = t.HostStorage(type=fabric.technology)
    domains.add(described(lab, name, id=made.id, import_=True, storage=storage))
    domain = domains.storage_domain_service(made.id)
    assert luns(domain) == {fabric.unit(it).id for it in range(2)}
    domain.remove(host=lab.host.name, format=True)
    wait.gone(domain)
    assert fabric.unit(0).status == t.LunStatus.FREE


def test_disks_on_blocks_are_reduced_and_converted(lab, domain, name, wait):
    raw = disk_on(lab, domain, f"{name}-raw", format=RAW, sparse=False)
    assert raw.get().actual_size >= GIB, "all of it is there from the start"
    raw.convert(disk=t.Disk(format=COW, sparse=True))
    assert wait.status(raw, t.DiskStatus.OK).format == COW
    raw.reduce()
    assert wait.status(raw, t.DiskStatus.OK).provisioned_size == GIB
    raw.convert(disk=t.Disk(format=RAW, sparse=False))
    seen = wait.status(raw, t.DiskStatus.OK)
    assert (seen.format, seen.sparse) == (RAW, False)
    with pytest.raises(sdk.Error):
        raw.convert(disk=t.Disk(sparse=True))
    wait.accepted(raw.remove)
    wait.gone(raw)


def test_a_disk_moves_from_files_to_blocks(lab, domain, name, wait):
    disk = lab.disk(name)
    disk.move(storage_domain=t.StorageDomain(id=domain.get().id))
    wait.status(disk, t.DiskStatus.OK)
    assert [it.id for it in disk.get().storage_domains] == [domain.get().id]
    wait.accepted(disk.remove)
    wait.gone(disk)


def test_a_direct_lun_is_a_disk(lab, system, fabric, name, wait):
    unit = fabric.unit(3)
    where = {"address": unit.address, "port": unit.port, "target": unit.target}
    host = t.Host(id=lab.host.id)
    body = t.Disk(
        name=name,
        lun_storage=t.HostStorage(
            type=fabric.technology,
            host=host,
            logical_units=[t.LogicalUnit(id=unit.id, **where)],
        ),
    )
    disks = system.disks_service()
    disk = disks.disk_service(disks.add(body).id)
    seen = wait.status(disk, t.DiskStatus.OK)
    assert seen.storage_type == t.DiskStorageType.LUN
    assert seen.lun_storage.logical_units[0].size == unit.size
    assert fabric.unit(3).disk_id == seen.id
    disk.refresh_lun(host=host)
    with pytest.raises(sdk.Error, match="used by another disk"):
        disks.add(body)
    with pytest.raises(sdk.Error, match=r"\(LUN\)"):
        disk.move(storage_domain=t.StorageDomain(id=lab.storage_domain.id))

    vm = lab.vm(f"{name}-vm")
    attachments = vm.disk_attachments_service()
    attachment = attachments.add(
        t.DiskAttachment(
            disk=t.Disk(id=seen.id), interface=t.DiskInterface.VIRTIO_SCSI, active=True
        )
    )
    attachments.attachment_service(attachment.id).remove(detach_only=True)
    vm.remove()
    wait.accepted(disk.remove)
    wait.gone(disk)
    assert fabric.unit(3).status == t.LunStatus.FREE
