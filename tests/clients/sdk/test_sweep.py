"""Every service of the SDK answers, and one of everything is made, read, changed and removed."""

import collections
import inspect

import ovirtsdk4 as sdk
import pytest
import rows
from ovirtsdk4 import services, types

# Services that nothing leads to in this lab, and why.
NOT_REACHED = {
    "AreaService": "an interface without a path of its own",
    "CopyableService": "an interface without a path of its own",
    "ExternalProviderService": "an interface without a path of its own",
    "FollowService": "an interface without a path of its own",
    "MeasurableService": "an interface without a path of its own",
    "MoveableService": "an interface without a path of its own",
}
# Beginnings of services whose objects the lab lacks: they are read where their stories are told.
NOT_IN_LAB = (
    "AffinityGroup",
    "AssignedAffinityLabel",
    "Balance",
    "External",
    "Gluster",
    "Katello",
    "Openstack",
    "SchedulingPolicyUnit",
    "StorageDomainVm",
    "VmBackup",
    "VmCheckpoint",
)


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
        if type(service).__name__ in reached:
            continue
        reached.add(type(service).__name__)
        try:
            waiting.extend(read(service))
        except Exception as error:  # pylint: disable=broad-except
            failed.append(f"{service}: {error}")
    machine.stop()
    assert failed == [], "\n".join(failed)
    known = {it for it, _ in inspect.getmembers(services, inspect.isclass) if it.endswith("Service")}
    missed = {it for it in known - reached - {"Service"} if not it.startswith(NOT_IN_LAB)}
    assert missed == set(NOT_REACHED)


def locate(collection, made):
    """The service of an object of a collection."""
    _, objects = locators(collection)
    return next(to(made.id) for to in objects)


def settled(service):
    """Whether an object is not busy."""
    status = getattr(service.get(), "status", None) or getattr(
        service.get(), "snapshot_status", None
    )
    return str(status) not in ("locked", "image_locked")


def live(row, wait):
    """Makes, reads, changes and removes what a row tells of."""
    collection, body, change = row
    made = collection.add(body)
    assert made.id
    service = locate(collection, made)
    wait.until(lambda: settled(service), f"{service}")
    assert made.id in [it.id for it in collection.list()]
    if change is not None:
        changed = service.update(change)
        wait.until(lambda: settled(service), f"{service}")
        for attribute, value in vars(change).items():
            if isinstance(value, str):
                assert getattr(changed, attribute.lstrip("_")) == value
    try:
        service.remove()
    except TypeError:
        service.remove(host="host-1")
    wait.gone(service)
    assert made.id not in [it.id for it in collection.list()]


SITE = (
    "affinity group,affinity label,bookmark,cluster,cpu profile,cpu profile of a cluster,"
    "data center,disk profile,disk profile of a storage domain,iSCSI bond,MAC pool,network,"
    "network of a data center,QoS,quota,storage connection,storage domain,vNIC profile,"
    "vNIC profile of a network"
).split(",")


@pytest.mark.parametrize("what", SITE)
def test_one_of_a_site(lab, name, wait, what):
    live(rows.site(lab, name)[what], wait)
