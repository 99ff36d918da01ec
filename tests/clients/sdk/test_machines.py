"""The life of machines, their disks, NICs and snapshots."""

import ovirtsdk4 as sdk
import pytest
from conftest import GIB, named
from ovirtsdk4 import types

UP, DOWN = types.VmStatus.UP, types.VmStatus.DOWN


def stop_and_remove(vm, wait):
    vm.stop()
    wait.status(vm, DOWN)
    vm.remove()
    wait.gone(vm)


def test_a_machine_is_made_started_and_removed(lab, name, wait):
    vm = lab.vm(
        name,
        memory=2 * GIB,
        cpu=types.Cpu(topology=types.CpuTopology(sockets=2, cores=1, threads=1)),
        initialization=types.Initialization(host_name="web", user_name="root", root_password="x"),
    )
    assert vm.get().memory == 2 * GIB
    assert vm.get().initialization.root_password == "******"
    vm.start(use_cloud_init=True)
    wait.status(vm, UP)
    assert vm.get().host.id in [it.id for it in lab.hosts]
    vm.reboot()
    wait.status(vm, UP)
    vm.suspend()
    wait.status(vm, types.VmStatus.SUSPENDED)
    vm.start()
    wait.status(vm, UP)
    vm.shutdown()
    wait.status(vm, DOWN)
    vm.remove()
    wait.gone(vm)


def test_a_machine_runs_once_as_told(lab, name, wait):
    vm = lab.vm(name)
    vm.start(
        pause=True,
        vm=types.Vm(
            os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.NETWORK])),
            placement_policy=types.VmPlacementPolicy(hosts=[types.Host(id=lab.hosts[1].id)]),
        ),
    )
    wait.status(vm, types.VmStatus.PAUSED)
    assert vm.get().run_once
    vm.start()
    wait.status(vm, UP)
    assert vm.get().host.id == lab.hosts[1].id
    stop_and_remove(vm, wait)


def test_memory_grows_and_cores_wait_for_the_next_start(lab, name, wait):
    vm = lab.running_vm(name, memory=GIB, memory_policy=types.MemoryPolicy(max=4 * GIB))
    assert vm.update(types.Vm(memory=2 * GIB)).memory == 2 * GIB
    vm.update(types.Vm(cpu=types.Cpu(topology=types.CpuTopology(sockets=1, cores=2, threads=1))))
    assert vm.get().next_run_configuration_exists
    assert vm.get().cpu.topology.cores == 1
    assert vm.get(next_run=True).cpu.topology.cores == 2
    vm.stop()
    wait.status(vm, DOWN)
    wait.until(lambda: vm.get().cpu.topology.cores == 2, "the next run to be applied")
    vm.remove()


def test_a_machine_moves_to_another_host(lab, name, wait):
    vm = lab.running_vm(name)
    start = vm.get().host.id
    vm.migrate()
    wait.until(lambda: vm.get().status == UP and vm.get().host.id != start, "the migration")
    stop_and_remove(vm, wait)


def test_nics_come_change_and_go(lab, name, wait):
    vm = lab.running_vm(name)
    nics = vm.nics_service()
    before = len(nics.list())
    made = nics.add(
        types.Nic(
            name="extra",
            interface=types.NicInterface.VIRTIO,
            vnic_profile=types.VnicProfile(id=lab.vnic_profile.id),
        )
    )
    nic = nics.nic_service(made.id)
    assert made.mac.address and made.plugged and made.linked
    assert not nic.update(types.Nic(linked=False)).linked
    with pytest.raises(sdk.Error) as refused:
        nic.update(types.Nic(mac=types.Mac(address="56:6f:00:00:00:01")))
    assert refused.value.code == 409
    nic.deactivate()
    assert not nic.get().plugged
    assert nic.update(types.Nic(mac=types.Mac(address="00:1a:4a:16:01:51"))).mac.address
    nic.activate()
    assert nic.get().plugged
    with pytest.raises(sdk.Error):
        nic.remove()
    nic.deactivate()
    nic.remove()
    assert len(nics.list()) == before
    stop_and_remove(vm, wait)


def test_disks_are_added_grown_unplugged_and_removed(lab, system, name, wait):
    vm = lab.vm(name)
    attachments = vm.disk_attachments_service()
    made = attachments.add(
        types.DiskAttachment(
            interface=types.DiskInterface.VIRTIO_SCSI,
            bootable=False,
            active=True,
            disk=types.Disk(
                name=f"{name}-data",
                format=types.DiskFormat.COW,
                provisioned_size=GIB,
                storage_domains=[types.StorageDomain(id=lab.storage_domain.id)],
            ),
        )
    )
    disk = system.disks_service().disk_service(made.disk.id)
    wait.status(disk, types.DiskStatus.OK)
    attachment = attachments.attachment_service(made.id)
    attachment.update(types.DiskAttachment(disk=types.Disk(provisioned_size=2 * GIB)))
    wait.until(lambda: disk.get().provisioned_size == 2 * GIB, "the disk to grow")
    wait.status(disk, types.DiskStatus.OK)
    vm.start()
    wait.status(vm, UP)
    attachment.update(types.DiskAttachment(active=False))
    assert not attachment.get().active
    attachment.remove(detach_only=True)
    assert disk.get().id not in [it.id for it in attachments.list()]
    stop_and_remove(vm, wait)
    disk.remove()
    wait.gone(disk)


def test_a_disk_is_moved_copied_and_shrunk(lab, system, name, wait):
    disk = lab.disk(name)
    target = lab.storage_domains[1]
    disk.move(storage_domain=types.StorageDomain(id=target.id))
    wait.until(lambda: disk.get().storage_domains[0].id == target.id, "the disk to move")
    wait.status(disk, types.DiskStatus.OK)
    disk.copy(
        disk=types.Disk(name=f"{name}-copy"),
        storage_domain=types.StorageDomain(id=lab.storage_domain.id),
    )

    def copies():
        found = system.disks_service().list(search=f"alias={name}-copy")
        return found and found[0].status == types.DiskStatus.OK and found

    copy = system.disks_service().disk_service(wait.until(copies, "the copy")[0].id)
    wait.status(disk, types.DiskStatus.OK)
    copy.sparsify()
    wait.status(copy, types.DiskStatus.OK)
    for service in (disk, copy):
        service.remove()
        wait.gone(service)


def test_a_snapshot_is_taken_previewed_and_restored(lab, name, wait):
    vm = lab.vm(name, comment="before")
    snapshots = vm.snapshots_service()
    made = snapshots.add(types.Snapshot(description="safe", persist_memorystate=False))
    snapshot = snapshots.snapshot_service(made.id)

    def status(wanted):
        wait.until(lambda: snapshot.get().snapshot_status == wanted, f"the snapshot to be {wanted}")

    status(types.SnapshotStatus.OK)
    assert snapshot.disks_service().list()
    vm.preview_snapshot(snapshot=types.Snapshot(id=made.id), restore_memory=False)
    status(types.SnapshotStatus.IN_PREVIEW)
    wait.status(vm, DOWN)
    vm.undo_snapshot()
    status(types.SnapshotStatus.OK)
    wait.status(vm, DOWN)
    vm.preview_snapshot(snapshot=types.Snapshot(id=made.id), restore_memory=False)
    status(types.SnapshotStatus.IN_PREVIEW)
    wait.status(vm, DOWN)
    vm.commit_snapshot()
    wait.status(vm, DOWN)
    status(types.SnapshotStatus.OK)
    snapshot.restore(restore_memory=False)
    wait.status(vm, DOWN)
    status(types.SnapshotStatus.OK)
    snapshot.remove()
    wait.gone(snapshot)
    vm.remove()


def test_a_machine_is_cloned(lab, system, name, wait):
    vm = lab.vm(name)
    vm.clone(vm=types.Vm(name=f"{name}-2"))
    wait.status(vm, DOWN)
    vms = system.vms_service()
    clone = vms.vm_service(wait.until(lambda: vms.list(search=f"name={name}-2"))[0].id)
    wait.status(clone, DOWN)
    assert clone.disk_attachments_service().list()
    for service in (vm, clone):
        service.remove()
        wait.gone(service)


def test_a_template_is_made_versioned_and_used(lab, system, name, wait):
    templates = system.templates_service()
    vm = lab.vm(name)
    first = templates.add(types.Template(name=f"{name}-t", vm=types.Vm(id=vm.get().id)))
    base = templates.template_service(first.id)
    wait.status(base, types.TemplateStatus.OK)
    wait.status(vm, DOWN)
    second = templates.add(
        types.Template(
            name=f"{name}-t",
            vm=types.Vm(id=vm.get().id),
            version=types.TemplateVersion(
                base_template=types.Template(id=first.id), version_name="second"
            ),
        )
    )
    version = templates.template_service(second.id)
    wait.status(version, types.TemplateStatus.OK)
    assert version.get().version.version_number == 2
    wait.status(vm, DOWN)
    child = lab.vm(f"{name}-child", template=types.Template(id=second.id))
    with pytest.raises(sdk.Error) as refused:
        version.remove()
    assert refused.value.code == 409
    for service in (child, version, base, vm):
        # A machine's disks go after it, and a template only goes after those.
        wait.accepted(service.remove)
        wait.gone(service)


def test_a_pool_lends_machines(lab, system, name, wait):
    pools = system.vm_pools_service()
    made = pools.add(
        types.VmPool(
            name=name,
            cluster=types.Cluster(id=lab.cluster.id),
            template=types.Template(id=lab.template.id),
            size=2,
            max_user_vms=1,
        )
    )
    pool = pools.pool_service(made.id)
    members = f"pool={name}"

    def ready(count):
        found = system.vms_service().list(search=members)
        return len(found) == count and all(it.status == DOWN for it in found)

    wait.until(lambda: ready(2), "the members")
    wait.accepted(lambda: pool.update(types.VmPool(size=3)))
    wait.until(lambda: ready(3), "the third member")
    with pytest.raises(sdk.Error, match="decrease"):
        pool.update(types.VmPool(size=1))
    wait.accepted(pool.remove)
    wait.gone(pool)


def test_small_devices_of_a_machine(lab, name, wait):
    vm = lab.vm(name)
    watchdogs = vm.watchdogs_service()
    watchdog = watchdogs.add(
        types.Watchdog(model=types.WatchdogModel.I6300ESB, action=types.WatchdogAction.RESET)
    )
    watchdogs.watchdog_service(watchdog.id).remove()
    consoles = vm.graphics_consoles_service()
    for console in consoles.list():
        consoles.console_service(console.id).remove()
    consoles.add(types.GraphicsConsole(protocol=types.GraphicsType.VNC))
    vm.start()
    wait.status(vm, UP)
    console = consoles.list(current=True)[0]
    ticket = consoles.console_service(console.id).ticket(ticket=types.Ticket(expiry=120))
    assert ticket.value
    assert consoles.console_service(console.id).remote_viewer_connection_file()
    cdrom = vm.cdroms_service().list()[0]
    assert cdrom.id == "00000000-0000-0000-0000-000000000000"
    stop_and_remove(vm, wait)


def test_what_guards_a_machine_is_respected(lab, name, wait):
    vm = lab.vm(name, delete_protected=True)
    with pytest.raises(sdk.Error, match="[Dd]elete protect"):
        vm.remove()
    vm.update(types.Vm(delete_protected=False))
    vm.start()
    wait.status(vm, UP)
    with pytest.raises(sdk.Error, match="running"):
        vm.remove()
    stop_and_remove(vm, wait)


def test_a_machine_keeps_the_id_it_is_given(lab, system, name):
    chosen = "7c0ffee0-0000-4000-8000-00000000c0de"
    vm = lab.vm(name, id=chosen)
    assert vm.get().id == chosen
    vm.remove()
    assert named(system.templates_service(), "rhel-9").id == lab.template.id
