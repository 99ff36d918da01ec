"""Events, jobs and steps: what the engine tells about what was done."""

import uuid

import pytest
from ovirtsdk4 import types


@pytest.fixture
def correlation():
    return f"journal-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def vm(lab, name, wait):
    service = lab.vm(name)
    yield service
    service.stop()
    wait.status(service, types.VmStatus.DOWN)
    service.remove()


def test_events_are_found_by_correlation(system, lab, wait, vm, correlation):
    vm.start(query={"correlation_id": correlation})
    wait.status(vm, types.VmStatus.UP)
    events = system.events_service().list(search=f"correlation_id={correlation}")
    assert {it.correlation_id for it in events} == {correlation}
    assert vm.get().name in events[-1].description
    assert all(it.code and it.severity and it.time and it.origin for it in events)


def test_events_after_one_are_read_by_its_number(system, vm):
    events = system.events_service()
    last = int(events.list(max=1)[0].id)
    vm.update(types.Vm(comment="seen"))
    newer = [int(it.id) for it in events.list(from_=last)]
    assert newer and min(newer) > last
    assert newer == sorted(newer, reverse=True)


def test_events_are_paged(system):
    events = system.events_service()
    first = events.list(search="sortby time asc page 1", max=2)
    second = events.list(search="sortby time asc page 2", max=2)
    assert len(first) == len(second) == 2
    assert not {it.id for it in first} & {it.id for it in second}


def test_an_event_of_ones_own(system, lab):
    events = system.events_service()
    made = events.add(
        types.Event(
            description="The backup is done",
            severity=types.LogSeverity.WARNING,
            origin="the backup",
            custom_id=4711,
            cluster=types.Cluster(id=lab.cluster.id),
        )
    )
    assert made.severity == types.LogSeverity.WARNING
    found = events.list(search='origin="the backup" and severity=warning')
    assert [it.description for it in found] == ["The backup is done"]
    event = events.event_service(made.id)
    assert event.get().custom_id == 4711
    event.remove()


def test_a_job_has_steps_and_an_end(system, wait, vm, correlation):
    vm.start(query={"correlation_id": correlation})
    jobs = system.jobs_service()

    def job():
        return jobs.list(search=f"correlation_id={correlation}")

    assert job()[0].description.startswith("Launching VM")
    wait.status(vm, types.VmStatus.UP)
    wait.until(lambda: job()[0].status == types.JobStatus.FINISHED, "the job to end")
    ended = job()[0]
    assert ended.start_time <= ended.end_time
    steps = jobs.job_service(ended.id).steps_service()
    kinds = {it.type for it in steps.list()}
    assert {types.StepEnum.VALIDATING, types.StepEnum.EXECUTING} <= kinds
    step = steps.step_service(steps.list()[0].id).get()
    assert step.status == types.StepStatus.FINISHED


def test_a_refused_command_leaves_a_failed_job(system, vm, correlation):
    with pytest.raises(Exception, match="Cannot"):
        vm.migrate(query={"correlation_id": correlation})
    job = system.jobs_service().list(search=f"correlation_id={correlation}")
    assert [it.status for it in job] == [types.JobStatus.FAILED]


def test_a_job_of_ones_own(system):
    jobs = system.jobs_service()
    job = jobs.job_service(jobs.add(types.Job(description="Copying")).id)
    assert job.get().external
    steps = job.steps_service()
    made = steps.add(types.Step(description="The first half", type=types.StepEnum.EXECUTING))
    step = steps.step_service(made.id)
    assert step.get().status == types.StepStatus.STARTED
    step.end(succeeded=True)
    assert step.get().status == types.StepStatus.FINISHED
    job.end()
    assert job.get().status == types.JobStatus.FINISHED
    job.clear()


def test_an_event_goes_to_who_asked_for_it(system):
    users = system.users_service()
    admin = users.list(search="name=admin")[0]
    subscriptions = users.user_service(admin.id).event_subscriptions_service()
    made = subscriptions.add(
        types.EventSubscription(
            event=types.NotifiableEvent.HOST_HIGH_CPU_USE,
            notification_method=types.NotificationMethod.SMTP,
            user=types.User(id=admin.id),
            address="a@b.com",
        )
    )
    service = subscriptions.event_subscription_service(made.id)
    assert service.get().address == "a@b.com"
    service.remove()
    assert subscriptions.list() == []
