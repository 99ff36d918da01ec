"""A cluster that serves Gluster: its hosts, volumes, bricks and hooks."""

from types import SimpleNamespace

import ovirtsdk4 as sdk
import pytest
from conftest import named
from ovirtsdk4 import http, reader, writer
from ovirtsdk4 import types as t

HOSTS = 3


@pytest.fixture(scope="module")
def store(lab, system, wait):
    """A cluster for Gluster with hosts that are up; it goes when the tests are done."""
    clusters, hosts = system.clusters_service(), system.hosts_service()
    cluster = clusters.add(
        t.Cluster(
            name="gluster",
            data_center=t.DataCenter(id=lab.data_center.id),
            gluster_service=True,
        )
    )
    servers = [
        hosts.add(
            t.Host(
                name=f"gluster-{number}",
                address=f"gluster-{number}.example.com",
                root_password="secret",
                cluster=t.Cluster(id=cluster.id),
            )
        )
        for number in range(1, HOSTS + 1)
    ]
    for server in servers:
        wait.status(hosts.host_service(server.id), t.HostStatus.UP)
    service = clusters.cluster_service(cluster.id)
    yield SimpleNamespace(service=service, servers=servers)
    for server in servers:
        host = hosts.host_service(server.id)
        wait.accepted(host.deactivate)
        wait.status(host, t.HostStatus.MAINTENANCE)
        host.remove()
    service.remove()


@pytest.fixture
def make(store, name):
    """Makes volumes, which are stopped and removed when a test is done."""
    volumes = store.service.gluster_volumes_service()
    made = []

    def make(servers, **more):
        bricks = [brick(it, f"/bricks/{name}") for it in servers]
        kind = t.GlusterVolumeType.DISTRIBUTE
        body = t.GlusterVolume(**{"name": name, "volume_type": kind, "bricks": bricks, **more})
        service = volumes.volume_service(volumes.add(body).id)
        made.append(service)
        return service

    yield make
    for service in made:
        if service.get().status == t.GlusterVolumeStatus.UP:
            service.stop()
        service.remove()
    assert volumes.list() == []


def brick(server, folder):
    return t.GlusterBrick(server_id=server.id, brick_dir=folder)


@pytest.fixture
def add_bricks(connection):
    """Adds bricks to a volume: the SDK's own `add` cannot write a list of them."""

    def add(volume, bricks, **query):
        path = volume.get().href.partition("/api")[2] + "/glusterbricks"
        request = http.Request(method="POST", path=path, query=query)
        request.body = writer.Writer.write(bricks, root="bricks")
        answer = connection.wait(connection.send(request))
        assert answer.code in (200, 201), answer.body
        return reader.Reader.read(answer.body)

    return add


def by_name(bricks, *numbers):
    """What names bricks to the actions on many of them."""
    return [t.GlusterBrick(name=bricks[number].name) for number in numbers]


def test_a_volume_of_copies_is_added_and_read(store, make, name):
    kind = t.GlusterVolumeType.REPLICATE
    volume = make(store.servers, volume_type=kind, replica_count=HOSTS)
    seen = volume.get()
    assert (seen.name, seen.volume_type, seen.replica_count) == (name, kind, HOSTS)
    assert seen.status == t.GlusterVolumeStatus.DOWN
    assert seen.transport_types == [t.TransportType.TCP]
    bricks = volume.gluster_bricks_service().list()
    assert [it.server_id for it in bricks] == [it.id for it in store.servers]
    assert {it.brick_dir for it in bricks} == {f"/bricks/{name}"}
    with pytest.raises(sdk.Error, match="already used by the volume"):
        make(store.servers, name=f"{name}-2")


def test_options_of_a_volume_are_set_and_reset(store, make):
    volume = make(store.servers)

    def options():
        return {it.name: it.value for it in volume.get().options or []}

    wanted = {"nfs.disable": "on", "performance.quick-read": "off", "auth.allow": "*"}
    for option, value in wanted.items():
        volume.set_option(option=t.Option(name=option, value=value))
    assert options() == wanted
    volume.set_option(option=t.Option(name="nfs.disable", value="off"))
    assert options()["nfs.disable"] == "off"
    volume.reset_option(option=t.Option(name="nfs.disable"), force=True)
    assert "nfs.disable" not in options() and len(options()) == 2
    volume.reset_all_options()
    assert options() == {}


def test_a_volume_runs_and_is_rebalanced(store, make):
    volume = make(store.servers)
    with pytest.raises(sdk.Error, match="Gluster Volume is down"):
        volume.rebalance()
    volume.start()
    assert volume.get().status == t.GlusterVolumeStatus.UP
    bricks = volume.gluster_bricks_service().list()
    assert {it.status for it in bricks} == {t.GlusterBrickStatus.UP}
    volume.rebalance(fix_layout=True)
    with pytest.raises(sdk.Error, match="Rebalance is running"):
        volume.stop()
    volume.stop_rebalance()
    with pytest.raises(sdk.Error, match="Rebalance is not running"):
        volume.stop_rebalance()


def test_a_volume_is_measured(store, make, name):
    volume = make(store.servers)
    volume.start()
    volume.start_profile()
    statistics = volume.get_profile_statistics()
    assert statistics.name == name
    assert len(statistics.brick_profile_details) == HOSTS
    volume.stop_profile()


def test_bricks_come_and_go(store, make, add_bricks, name):
    first, *others = store.servers
    volume = make([first])
    service = volume.gluster_bricks_service()
    added = add_bricks(volume, [brick(it, f"/bricks/{name}") for it in others])
    assert [it.server_id for it in added] == [it.id for it in others]
    volume.start()
    bricks = service.list()
    one = service.brick_service(bricks[2].id)
    assert one.get().name == f"{others[1].address}:/bricks/{name}"

    with pytest.raises(sdk.Error, match="Cannot remove all the bricks"):
        service.migrate(bricks=by_name(bricks, 0, 1, 2))
    service.migrate(bricks=by_name(bricks, 2))
    with pytest.raises(sdk.Error, match="Remove brick operation is running"):
        volume.stop()
    service.stop_migrate(bricks=by_name(bricks, 2))
    service.migrate(bricks=by_name(bricks, 2))
    service.activate(bricks=by_name(bricks, 2))
    assert len(service.list()) == HOSTS, "nothing has gone yet"

    service.migrate(bricks=by_name(bricks, 2))
    one.remove()
    assert [it.id for it in service.list()] == [bricks[0].id, bricks[1].id]


def test_a_volume_gets_a_copy_more(store, make, add_bricks, name):
    *pair, third = store.servers
    volume = make(pair, volume_type=t.GlusterVolumeType.REPLICATE, replica_count=2)
    add_bricks(volume, [brick(third, f"/bricks/{name}")], replica_count="3")
    assert volume.get().replica_count == 3
    assert len(volume.gluster_bricks_service().list()) == 3


def test_hooks_are_switched(store):
    service = store.service.gluster_hooks_service()
    hook = service.hook_service(named(service, "30samba-start.sh").id)
    seen = hook.get()
    assert seen.stage == t.HookStage.POST
    assert seen.gluster_command == "start"
    hook.disable()
    assert hook.get().status == t.GlusterHookStatus.DISABLED
    hook.enable()
    assert hook.get().status == t.GlusterHookStatus.ENABLED
    with pytest.raises(sdk.Error, match="no conflicting servers"):
        hook.resolve(resolution_type="ADD")
    with pytest.raises(sdk.Error, match="no conflicting servers"):
        hook.resolve(resolution_type="COPY", host=t.Host(id=store.servers[0].id))
