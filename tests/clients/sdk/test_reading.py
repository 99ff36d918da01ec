"""Searching, paging, following links and what else a reader asks for."""

import json

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import http, types


@pytest.fixture(scope="module", autouse=True)
def machines(lab):
    """Seven machines to look for; they stay until the end of this file."""
    made = [
        lab.vm(f"reading-{number}", description=f"number {number % 2}", comment="Reading")
        for number in range(7)
    ]
    yield made
    for vm in made:
        vm.remove()


@pytest.fixture
def vms(system):
    return system.vms_service()


def names(found):
    return [it.name for it in found]


@pytest.mark.parametrize(
    "search, expected",
    [
        ("name=reading-3", ["3"]),
        ("name=READING-3", ["3"]),
        ("name=reading-*", "0123456"),
        ("reading-*", "0123456"),
        ('name=reading-* and description = "number 1"', "135"),
        ("name=reading-1 or name=reading-2", "12"),
        ("name=reading-1 or name=reading-2 and status=up", "1"),
        ("name=reading-* and name!=reading-0", "123456"),
        ("name=reading-* sortby name desc", "6543210"),
        ("name=reading-* and cluster=lab", "0123456"),
        ("name=reading-* and status=up", ""),
        ("name=reading-* and memory>1", "0123456"),
        ("name=reading-* and templates.name=rhel-9", "0123456"),
        ("name=no-such-machine", ""),
        ("unheard=of", ""),
        ("name='reading-1'", ""),
    ],
)
def test_searches(vms, search, expected):
    assert names(vms.list(search=search)) == [f"reading-{it}" for it in expected]


def test_a_search_may_mind_the_case(vms):
    assert len(vms.list(search="name=reading-3", case_sensitive=True)) == 1
    assert len(vms.list(search="name=Reading-3", case_sensitive=False)) == 1


def test_pages_are_read_until_one_is_empty(vms):
    seen, page = [], 1
    while found := vms.list(search=f"name=reading-* sortby name asc page {page}", max=3):
        assert len(found) <= 3
        seen += names(found)
        page += 1
    assert seen == [f"reading-{it}" for it in range(7)]


def test_max_alone_cuts_the_list(vms):
    assert len(vms.list(max=2)) == 2
    assert len(vms.list()) > 2


def test_a_negative_max_is_refused(vms):
    with pytest.raises(sdk.Error) as refused:
        vms.list(max=-1)
    assert refused.value.code == 400


def test_follow_puts_in_what_links_lead_to(vms):
    vm = vms.list(search="name=reading-0", follow="nics,disk_attachments.disk,tags,permissions")[0]
    assert vm.disk_attachments[0].disk.provisioned_size
    assert vm.nics[0].mac.address
    assert vm.permissions[0].role.id


def test_follow_works_on_one_object_too(vms, machines):
    vm = machines[0].get(follow="cluster,template,snapshots")
    assert (vm.cluster.name, vm.template.name) == ("lab", "rhel-9")
    assert names(vm.snapshots) == names(machines[0].snapshots_service().list())


def test_links_are_followed_by_the_connection(connection, machines):
    vm = machines[0].get()
    assert connection.follow_link(vm.cluster).name == "lab"
    attachments = connection.follow_link(vm.disk_attachments)
    assert connection.follow_link(attachments[0].disk).status == types.DiskStatus.OK
    assert vm.nics.href.startswith("/ovirt-engine/api/vms/")


def test_some_attributes_are_only_shown_when_asked_for(machines):
    assert machines[0].get().virtio_scsi is None
    assert machines[0].get(all_content=True).virtio_scsi.enabled is not None
    assert machines[0].get(headers={"All-Content": "true"}).virtio_scsi is not None


def test_a_next_run_is_there_to_be_read(machines):
    assert machines[0].get(next_run=True).name == "reading-0"


def test_an_unknown_object_is_not_found(vms):
    service = vms.vm_service("00000000-0000-0000-0000-00000000dead")
    with pytest.raises(sdk.Error):
        service.get()


def test_a_refusal_has_its_reason_and_detail(vms, lab):
    with pytest.raises(sdk.Error) as refused:
        vms.add(types.Vm(name="reading-0", cluster=lab.cluster, template=lab.template))
    assert refused.value.code == 409
    assert refused.value.fault.reason == "Operation Failed"
    assert refused.value.fault.detail.startswith("[Cannot add VM. The VM name is already in use")


def test_an_incomplete_body_is_refused(vms):
    with pytest.raises(sdk.Error, match=r"Vm \[name\] required for add") as refused:
        vms.add(types.Vm(cluster=types.Cluster(name="lab")))
    assert refused.value.fault.reason == "Incomplete parameters"


def test_a_reference_to_nothing_is_not_found(vms):
    with pytest.raises(sdk.NotFoundError, match="Entity not found"):
        vms.add(
            types.Vm(
                name="of-nowhere",
                cluster=types.Cluster(name="nowhere"),
                template=types.Template(name="Blank"),
            )
        )


def test_a_failed_action_tells_why(machines):
    with pytest.raises(sdk.Error) as refused:
        machines[0].migrate()
    assert refused.value.code == 409
    assert "Cannot migrate VM" in refused.value.fault.detail


def test_an_update_may_be_sent_without_waiting(machines):
    future = machines[1].update(types.Vm(comment="Later"), wait=False)
    assert future.wait().comment == "Later"


def test_a_whole_document_can_be_sent_back(machines):
    vm = machines[2].get()
    assert machines[2].update(vm).name == vm.name


def test_documents_are_json_for_who_wants_it(connection):
    request = http.Request(method="GET", path="/clusters", headers={"Accept": "application/json"})
    answer = connection.wait(connection.send(request))
    assert answer.code == 200
    assert "lab" in [it["name"] for it in json.loads(answer.body)["cluster"]]


def test_the_root_leads_everywhere(system):
    api = system.get()
    assert api.product_info.version.major == 4
    assert api.special_objects.blank_template.id == "00000000-0000-0000-0000-000000000000"
    assert api.summary.hosts.total == 2
    assert api.time
    assert api.authenticated_user.id


@pytest.mark.parametrize(
    "collection, search",
    [
        ("clusters", "name=lab"),
        ("data_centers", "name=lab"),
        ("disks", "alias=rhel-9_disk"),
        ("events", "severity=normal"),
        ("groups", "name=Everyone"),
        ("hosts", "name=host-1 and status=up"),
        ("networks", "name=ovirtmgmt and datacenter=lab"),
        ("storage_domains", "name=nfs-1 and datacenter=lab"),
        ("templates", "name=rhel-9"),
        ("users", "name=admin"),
        ("vms", "name=reading-1"),
    ],
)
def test_what_can_be_searched_is_found(system, collection, search):
    assert getattr(system, f"{collection}_service")().list(search=search)


def test_an_option_of_the_engine_is_read(system):
    option = system.options_service().option_service("MigrationPolicies").get()
    assert option.values


def test_what_a_snapshot_holds_is_read_one_by_one(lab, name, wait):
    vm = lab.vm(name)
    snapshots = vm.snapshots_service()
    snapshot = snapshots.snapshot_service(snapshots.add(types.Snapshot(description=name)).id)
    wait.until(lambda: snapshot.get().snapshot_status == types.SnapshotStatus.OK, "the snapshot")
    for held, to in (
        (snapshot.disks_service(), "disk_service"),
        (snapshot.nics_service(), "nic_service"),
    ):
        for each in held.list():
            assert getattr(held, to)(each.id).get().id == each.id
    vm.remove()
