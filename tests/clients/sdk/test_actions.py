"""Every action of the API is run here or in a story, or there is a reason why not."""

import inspect

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services
from ovirtsdk4 import types as t

CRUD = {"list", "get", "add", "update", "remove", "service"}

# Actions that other files run.
IN_STORIES = {
    "ClusterService": "reset_emulated_machine",
    "DiskService": "convert copy export move reduce refresh_lun sparsify",
    "GlusterBricksService": "activate migrate stop_migrate",
    "GlusterHookService": "disable enable resolve",
    "GlusterVolumeService": (
        "get_profile_statistics rebalance reset_all_options reset_option set_option start"
        " start_profile stop stop_profile stop_rebalance"
    ),
    "HostNicService": "update_virtual_functions_configuration",
    "HostService": "discover_iscsi fence iscsi_discover iscsi_login upgrade",
    "ImageService": "import_",
    "ImageTransferService": "cancel extend finalize pause resume",
    "JobService": "clear end",
    "OpenstackImageService": "import_",
    "OpenstackNetworkService": "import_",
    "SnapshotService": "restore",
    "StepService": "end",
    "StorageDomainService": "reduce_luns refresh_luns",
    "StorageDomainTemplateService": "import_ register",
    "StorageDomainVmService": "import_ register",
    "VmBackupService": "finalize",
    "VmGraphicsConsoleService": "remote_viewer_connection_file ticket",
    "VmNicService": "activate deactivate",
    "VmService": (
        "cancel_migration clone commit_snapshot detach migrate preview_snapshot reboot"
        " shutdown start stop suspend undo_snapshot"
    ),
}
# Why an action is not run; a service without a name of an action: all of its actions.
LEFT_OUT = {
    "AttachedStorageDomainDiskService": "old ways to the actions of a disk",
    "CopyableService": "an interface without a path of its own",
    "ExternalProviderService": "an interface without a path of its own",
    "GlusterBrickService": "an engine refuses it always",
    "HostService.approve": "needs a host that registers itself",
    "HostService.copy_host_networks": "told by the playbooks' site",
    "HostService.setup_networks": "told by the playbooks' site",
    "MoveableService": "an interface without a path of its own",
    "OpenstackVolumeProviderService": "Cinder is gone from the engine",
    "StorageDomainDiskService": "old ways to the actions of a disk",
    "TemplateDiskService": "an old way to the actions of a disk",
    "VmDiskService": "an old way to the actions of a disk",
    "VmGraphicsConsoleService.proxy_ticket": "needs a proxy for SPICE",
    "VmService.auto_pin_cpu_and_numa_nodes": "deprecated for the CPU pinning policy",
    "VmService.maintenance": "needs a hosted engine",
}


def site(lab):
    """Actions on what stands in a data center, in an order in which each is allowed."""
    system = lab.system
    center = system.data_centers_service().service(lab.data_center.id)
    cluster = system.clusters_service().service(lab.cluster.id)
    domain = system.storage_domains_service().service(lab.storage_domain.id)
    second = lab.storage_domains[1]
    attached = center.storage_domains_service().service(second.id)
    host = system.hosts_service().service(lab.hosts[1].id)
    by_id = {"storage_domain": t.StorageDomain(id=second.id)}
    events = system.events_service()
    return [
        (system, "reload_configurations", {}),
        (events, "undelete", {}),
        (cluster, "sync_all_networks", {}),
        (cluster, "refresh_gluster_heal_status", {}),
        (cluster, "upgrade", {"upgrade_action": t.ClusterUpgradeAction.START}),
        (cluster, "upgrade", {"upgrade_action": t.ClusterUpgradeAction.FINISH}),
        (center, "clean_finished_tasks", {}),
        (center, "set_master", by_id),
        (center, "set_master", {"storage_domain": t.StorageDomain(id=lab.storage_domain.id)}),
        (domain, "is_attached", {"host": t.Host(id=lab.host.id)}),
        (domain, "update_ovf_store", {}),
        (attached, "deactivate", {}),
        (attached, "activate", {}),
        (host, "refresh", {}),
        (host, "sync_all_networks", {}),
        (host, "commit_net_config", {}),
        (host, "upgrade_check", {}),
        (host, "unregistered_storage_domains_discover", {}),
        (host, "force_select_spm", {}),
        (host, "deactivate", {}),
        (host, "enroll_certificate", {}),
        (host, "install", {"root_password": "secret", "activate": False}),
        (host, "activate", {}),
    ]


def machine(lab, vm):
    """Actions on a machine that runs."""
    return [
        (vm, "ticket", {"ticket": t.Ticket(expiry=120)}),
        (vm, "logon", {}),
        (vm, "freeze_filesystems", {}),
        (vm, "thaw_filesystems", {}),
        (vm, "screenshot", {}),
        (vm, "reset", {}),
        (vm, "stop", {}),
        (vm, "reorder_mac_addresses", {}),
        (
            vm,
            "export_to_path_on_host",
            {"host": t.Host(id=lab.host.id), "directory": "/tmp", "filename": "a.ova"},
        ),
    ]


def run_all(steps, wait):
    failed = []
    for service, action, arguments in steps:
        try:
            wait.accepted(getattr(service, action), **arguments)
        except sdk.Error as error:
            failed.append(f"{service} {action}: {error}")
    assert failed == [], "\n".join(failed)


def test_actions_of_a_site(lab, wait):
    run_all(site(lab), wait)
    host = lab.system.hosts_service().service(lab.hosts[1].id)
    wait.status(host, t.HostStatus.UP)


def test_actions_of_a_machine(lab, name, wait):
    vm = lab.running_vm(name)
    run_all(machine(lab, vm), wait)
    wait.accepted(vm.remove)


def test_actions_of_a_template_and_a_pool(lab, system, name, wait):
    template = system.templates_service().service(lab.template.id)
    host = t.Host(id=lab.host.id)
    template.export_to_path_on_host(host=host, directory="/tmp", filename="t.ova")
    pools = system.vm_pools_service()
    body = t.VmPool(
        name=name, size=1, cluster=t.Cluster(id=lab.cluster.id), template=template.get()
    )
    wait.status(template, t.TemplateStatus.OK)
    pool = pools.pool_service(wait.accepted(pools.add, pool=body).id)
    members = system.vms_service()
    down = t.VmStatus.DOWN
    wait.until(
        lambda: [it.status for it in members.list(search=f"name={name}-1")] == [down],
        "the member",
    )
    pool.allocate_vm()
    pool.remove()
    wait.gone(pool)


@pytest.mark.parametrize("kind", ["external_host", "openstack_image", "openstack_network"])
def test_actions_of_providers(system, name, kind):
    types = {
        "external_host": t.ExternalHostProvider,
        "openstack_image": t.OpenStackImageProvider,
        "openstack_network": t.OpenStackNetworkProvider,
    }
    providers = getattr(system, f"{kind}_providers_service")()
    body = types[kind](name=name, url="https://p.example.com", requires_authentication=False)
    provider = providers.provider_service(providers.add(body).id)
    provider.test_connectivity()
    provider.import_certificates(certificates=[t.Certificate(content="of the provider")])
    provider.remove()


def actions():
    """All actions of the SDK's services, by service; variants of one count as that one."""
    for name, service in inspect.getmembers(services, inspect.isclass):
        own = {it for it, made in vars(service).items() if inspect.isfunction(made)}
        own = {it for it in own if not it.startswith(("_", "add_")) and not it.endswith("_service")}
        own -= CRUD | {it for it in own if "_using_" in it}
        own -= {f"update_{it}" for it in ("glusterfs", "iscsi", "local", "nfs", "vfs")}
        yield name, own


def test_no_action_is_forgotten(lab):
    """Holds the actions that are run against those that the SDK has."""
    here = {(type(service).__name__, action) for service, action, _ in site(lab)}
    here |= {("VmService", action) for _, action, _ in machine(lab, None)}
    here |= {("VmService", "export"), ("VmService", "export_to_export_domain")}
    here |= {("TemplateService", "export_to_path_on_host"), ("VmPoolService", "allocate_vm")}
    here |= {("TemplateService", "export"), ("TemplateService", "export_to_export_domain")}
    for provider in ("ExternalHost", "OpenstackImage", "OpenstackNetwork"):
        here |= {(f"{provider}ProviderService", "test_connectivity")}
        here |= {(f"{provider}ProviderService", "import_certificates")}
    here |= {(service, it) for service, told in IN_STORIES.items() for it in told.split()}
    forgotten = {
        f"{service}.{action}"
        for service, own in actions()
        for action in own
        if (service, action) not in here
        and service not in LEFT_OUT
        and f"{service}.{action}" not in LEFT_OUT
    }
    assert forgotten == set()
