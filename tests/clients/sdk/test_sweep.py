"""Every service of the SDK answers, and one of everything is made, read, changed and removed."""

import collections
import inspect

import ovirtsdk4 as sdk
import pytest
import rows
from ovirtsdk4 import services, types

# Beginnings of collections whose parents this lab lacks; the stories that make them read them.
NOT_IN_LAB = (
    "AffinityGroup",
    "AffinityLabel",
    "DiskAttachmentsService",  # only a base of those of machines and templates
    "External",
    "GlusterBricks",
    "Openstack",
    "StorageDomainContentDisks",
    "StorageDomainVmDiskAttachments",
    "TemplateDisksService",  # no service leads to it any more
    "VmBackup",
    "VmCheckpoint",
    "VmDisksService",  # no service leads to it any more
)
# The engine lists no volume providers: it has the interface and no code behind it.
WITHOUT_CODE = services.OpenstackVolumeProvidersService


def locators(service):
    """The methods that lead on: to a part of a service, and to one object of a collection."""
    parts, objects = [], []
    for name, method in inspect.getmembers(type(service), inspect.isfunction):
        if name.endswith("_service") and not name.startswith("_"):
            needs = len(inspect.signature(method).parameters) - 1
            (objects if needs else parts).append(getattr(service, name))
    return parts, objects


def read(service):
    """Reads a service; returns the services that it leads to."""
    parts, objects = locators(service)
    found = [part() for part in parts]
    if hasattr(service, "get"):
        service.get()
    if hasattr(service, "list"):
        some = [it for it in service.list() if it is not None and it.id]
        found += [to(some[-1].id) for to in objects if some]
    return found


def test_every_service_can_be_read(system, lab, name):
    """Walks from the root through one service of each class."""
    machine = lab.running_vm(name)
    waiting = collections.deque([machine, system])
    reached, failed = set(), []
    while waiting:
        service = waiting.popleft()
        if type(service).__name__ in reached or isinstance(service, WITHOUT_CODE):
            continue
        reached.add(type(service).__name__)
        try:
            waiting.extend(read(service))
        except Exception as error:  # pylint: disable=broad-except
            failed.append(f"{service}: {error}")
    machine.stop()
    collections_known = {
        name
        for name, service in inspect.getmembers(services, inspect.isclass)
        if hasattr(service, "list") and not name.startswith(NOT_IN_LAB)
    }
    assert failed == [], "\n".join(failed)
    assert collections_known - reached == set()


def locate(collection, made):
    """The service of an object of a collection."""
    _, objects = locators(collection)
    return next(to(made.id) for to in objects)


def settled(service, lab):
    """Whether an object is not busy."""
    seen = service.get()
    if isinstance(seen, types.DiskAttachment):
        seen = lab.system.disks_service().service(seen.id).get()
    status = getattr(seen, "snapshot_status", getattr(seen, "status", None))
    return str(status) not in ("locked", "image_locked")


def live(row, lab, wait):
    """Makes, reads, changes and removes what a row tells of."""
    made = wait.accepted(lambda: row.collection.add(row.body))
    assert made.id
    service = locate(row.collection, made)
    wait.until(lambda: settled(service, lab), f"{service}")
    assert made.id in [it.id for it in row.collection.list()]
    if row.change is not None:
        wait.accepted(lambda: service.update(row.change))
        wait.until(lambda: settled(service, lab), f"{service}")
        seen = service.get()
        for attribute, value in vars(row.change).items():
            if isinstance(value, (str, int)):
                assert getattr(seen, attribute.lstrip("_")) == value
    wait.accepted(service.remove, **row.removal)
    wait.gone(service)
    assert made.id not in [it.id for it in row.collection.list()]


@pytest.mark.parametrize("table", [rows.site, rows.people, rows.workload, rows.parts])
def test_one_of_everything_is_made_changed_and_removed(lab, name, wait, table):
    failed = []
    for what, row in table(lab, name).items():
        try:
            live(row, lab, wait)
        except (AssertionError, sdk.Error) as error:
            failed.append(f"{what}: {error}")
    assert failed == [], "\n".join(failed)
