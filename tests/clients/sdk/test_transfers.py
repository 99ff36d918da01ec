"""Images go in and out, and backups are taken."""

import http.client
import os
import ssl
import urllib.parse

import pytest
from conftest import LOGIN
from ovirtsdk4 import types

IMAGE = os.urandom(64 * 1024)
Phase = types.ImageTransferPhase


def talk(transfer, method, body=None, headers=None):
    """Speaks with the data endpoint of a transfer."""
    url = urllib.parse.urlparse(transfer.transfer_url)
    context = ssl.create_default_context(cafile=LOGIN["ca_file"])
    client = http.client.HTTPSConnection(url.hostname, url.port, context=context)
    client.request(method, url.path, body=body, headers=headers or {})
    answer = client.getresponse()
    content = answer.read()
    client.close()
    return answer, content


@pytest.fixture
def transfers(system, wait):
    """Starts transfers and waits until their data may flow."""
    collection = system.image_transfers_service()

    def start(**what):
        service = collection.image_transfer_service(collection.add(types.ImageTransfer(**what)).id)
        wait.until(lambda: service.get().phase == Phase.TRANSFERRING, "the ticket")
        return service

    return start


def finish(service, wait):
    service.finalize()
    done = {Phase.FINISHED_SUCCESS, Phase.FINISHED_FAILURE}
    phase = wait.until(lambda: service.get().phase in done and service.get().phase)
    assert phase == Phase.FINISHED_SUCCESS


def raw_disk(lab, name):
    return lab.disk(name, len(IMAGE), format=types.DiskFormat.RAW, sparse=True)


def test_what_goes_in_comes_out(lab, transfers, name, wait):
    disk = raw_disk(lab, name)
    target = types.Disk(id=disk.get().id)
    upload = transfers(disk=target, direction=types.ImageTransferDirection.UPLOAD)
    assert disk.get().status == types.DiskStatus.LOCKED
    answer, _ = talk(upload.get(), "PUT", IMAGE)
    assert answer.status == 200
    finish(upload, wait)
    wait.status(disk, types.DiskStatus.OK)

    download = transfers(disk=target, direction=types.ImageTransferDirection.DOWNLOAD)
    answer, content = talk(download.get(), "GET")
    assert (answer.status, content) == (200, IMAGE)
    answer, content = talk(download.get(), "GET", headers={"Range": "bytes=10-19"})
    assert (answer.status, content) == (206, IMAGE[10:20])
    finish(download, wait)
    wait.status(disk, types.DiskStatus.OK)
    disk.remove()


def test_pieces_can_be_uploaded_one_by_one(lab, transfers, name, wait):
    disk = raw_disk(lab, name)
    upload = transfers(disk=types.Disk(id=disk.get().id))
    half = len(IMAGE) // 2
    for start in (0, half):
        ranges = f"bytes {start}-{start + half - 1}/{len(IMAGE)}"
        answer, _ = talk(
            upload.get(), "PUT", IMAGE[start : start + half], {"Content-Range": ranges}
        )
        assert answer.status == 200
    finish(upload, wait)
    wait.status(disk, types.DiskStatus.OK)
    disk.remove()


def test_a_transfer_is_paused_resumed_and_cancelled(lab, transfers, name, wait):
    disk = raw_disk(lab, name)
    upload = transfers(disk=types.Disk(id=disk.get().id))
    upload.pause()
    wait.until(lambda: upload.get().phase == Phase.PAUSED_USER, "the pause")
    upload.resume()
    wait.until(lambda: upload.get().phase == Phase.TRANSFERRING, "the ticket")
    upload.extend()
    upload.cancel()
    wait.until(lambda: upload.get().phase == Phase.FINISHED_FAILURE, "the end")
    wait.gone(disk)


def test_a_backup_is_taken_of_a_running_machine(lab, system, transfers, name, wait):
    vm = lab.running_vm(name)
    disk = vm.disk_attachments_service().list()[0].disk
    backups = vm.backups_service()
    backup = backups.backup_service(backups.add(types.Backup(disks=[disk])).id)
    ready = types.BackupPhase.READY
    wait.until(lambda: backup.get().phase == ready, "the backup to be ready")
    assert [it.id for it in backup.disks_service().list()] == [disk.id]
    download = transfers(
        disk=types.Disk(id=disk.id),
        backup=types.Backup(id=backup.get().id),
        direction=types.ImageTransferDirection.DOWNLOAD,
    )
    answer, _ = talk(download.get(), "GET", headers={"Range": "bytes=0-511"})
    assert answer.status == 206
    finish(download, wait)
    backup.finalize()
    done = types.BackupPhase.SUCCEEDED
    wait.until(lambda: backup.get().phase == done, "the backup to end")
    vm.stop()
    wait.status(vm, types.VmStatus.DOWN)
    vm.remove()
    assert system.vms_service().list(search=f"name={name}") == []
