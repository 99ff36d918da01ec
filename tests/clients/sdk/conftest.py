"""What the SDK's tests share: a connection to the engine, its lab and patience."""

import os
import time
import uuid

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import types
from ovirtsdk4.service import Service

URL = os.environ.get("ENGINE_URL", "https://127.0.0.1:8443/ovirt-engine/api")
LOGIN = {
    "url": URL,
    "username": os.environ.get("ENGINE_USERNAME", "admin@internal"),
    "password": os.environ.get("ENGINE_PASSWORD", "secret"),
    "ca_file": os.environ.get("ENGINE_CA_FILE", "simulated-ca.pem"),
}
GIB = 2**30


@pytest.fixture(scope="session", autouse=True)
def visited():
    """The names of all services that were asked something."""
    names = set()

    def noting(ask):
        def noted(service, *arguments, **named):
            names.add(type(service).__name__)
            return ask(service, *arguments, **named)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for ask in ("add", "get", "update", "remove", "action"):
            ask = f"_internal_{ask}"
            patch.setattr(Service, ask, noting(getattr(Service, ask)))
        yield names


@pytest.fixture(scope="session")
def connection():
    """A connection as the SDK's examples make it."""
    connection = sdk.Connection(**LOGIN)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def connect():
    """Makes connections that differ from the usual one in the given arguments."""
    made = []

    def connect(**different):
        made.append(sdk.Connection(**{**LOGIN, **different}))
        return made[-1]

    yield connect
    for connection in made:
        connection.close(logout=False)


@pytest.fixture(scope="session")
def system(connection):
    return connection.system_service()


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    test = "".join(it if it.isalnum() else "-" for it in request.node.name)
    return f"{test[:30].strip('-')}-{uuid.uuid4().hex[:6]}"


class Patience:
    """Waits for what takes time."""

    def until(self, condition, what="it", seconds=20):
        """Asks until there is an answer that is true, and returns it."""
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
            time.sleep(0.05)
        return answer

    def status(self, service, wanted, seconds=20):
        """Waits until an object has a status, and returns the object."""

        def reached():
            seen = service.get()
            return seen.status == wanted and seen

        return self.until(reached, f"{service} to be {wanted}", seconds)

    def gone(self, service, seconds=20):
        """Waits until an object is no more."""

        def missing():
            try:
                service.get()
            except sdk.NotFoundError:
                return True
            return False

        self.until(missing, f"{service} to go", seconds)

    def accepted(self, call, **arguments):
        """Calls until what is in the way is done, and returns what it returns."""
        refused = []

        def tried():
            try:
                return [call(**arguments)]
            except sdk.Error as error:
                if error.code != 409:
                    raise
                refused[:] = [error]
                return None

        try:
            return self.until(tried, seconds=10)[0]
        except AssertionError:
            raise refused[0] from None


@pytest.fixture(scope="session")
def wait():
    return Patience()


class Lab:
    """What the lab has: looked up once, by name."""

    def __init__(self, system):
        self.system = system
        self.data_center = named(system.data_centers_service(), "lab")
        self.cluster = named(system.clusters_service(), "lab")
        self.hosts = system.hosts_service().list(search="cluster=lab")
        self.host = self.hosts[0]
        self.storage_domains = [
            named(system.storage_domains_service(), name) for name in ("nfs-1", "nfs-2")
        ]
        self.storage_domain = self.storage_domains[0]
        self.template = named(system.templates_service(), "rhel-9")
        networks = system.data_centers_service().service(self.data_center.id).networks_service()
        self.network = named(networks, "ovirtmgmt")
        profiles = system.networks_service().service(self.network.id).vnic_profiles_service()
        self.vnic_profile = profiles.list()[0]

    def vm(self, name, **more):
        """Adds a machine of the lab's template and returns its service once it is down."""
        vm = types.Vm(
            **{
                "name": name,
                "cluster": types.Cluster(id=self.cluster.id),
                "template": types.Template(id=self.template.id),
                **more,
            }
        )
        vms = self.system.vms_service()
        # What makes a pool locks the template for a while.
        service = vms.vm_service(Patience().accepted(vms.add, vm=vm).id)
        Patience().status(service, types.VmStatus.DOWN)
        return service

    def running_vm(self, name, **more):
        """Adds a machine, starts it and returns its service once it is up."""
        service = self.vm(name, **more)
        service.start()
        Patience().status(service, types.VmStatus.UP)
        return service

    def disk(self, name, size=GIB, **more):
        """Adds a floating disk and returns its service once it is usable."""
        disks = self.system.disks_service()
        disk = disks.add(
            types.Disk(
                **{
                    "name": name,
                    "format": types.DiskFormat.COW,
                    "provisioned_size": size,
                    "storage_domains": [types.StorageDomain(id=self.storage_domain.id)],
                    **more,
                }
            )
        )
        service = disks.disk_service(disk.id)
        Patience().status(service, types.DiskStatus.OK)
        return service


def named(collection, name):
    """The object of a collection that has a name."""
    return next(it for it in collection.list() if it.name == name)


@pytest.fixture(scope="session")
def lab(system):
    return Lab(system)
