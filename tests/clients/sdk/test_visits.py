"""Comes last: every service that the SDK has was asked something by a test, or there is a reason."""

import inspect

import pytest
from ovirtsdk4 import services
from ovirtsdk4.service import Service

# Why a service is not asked.
LEFT_OUT = {
    "AreaService": "an interface without a path of its own",
    "AttachedStorageDomainDiskService": "an old way to a disk",
    "CopyableService": "an interface without a path of its own",
    "DiskSnapshotService": "the lab has none, and no other test makes one",
    "ExternalNetworkProviderConfigurationService": "the lab has none, and no other test makes one",
    "ExternalProviderCertificateService": "the lab has none, and no other test makes one",
    "ExternalProviderService": "an interface without a path of its own",
    "FileService": "needs an ISO domain, which is deprecated",
    "FollowService": "an interface without a path of its own",
    "KatelloErratumService": "needs a Foreman",
    "MeasurableService": "an interface without a path of its own",
    "MoveableService": "an interface without a path of its own",
    "OpenstackVolumeAuthenticationKeyService": "Cinder is gone from the engine",
    "OpenstackVolumeAuthenticationKeysService": "Cinder is gone from the engine",
    "OpenstackVolumeProviderService": "Cinder is gone from the engine",
    "OpenstackVolumeProvidersService": "Cinder is gone from the engine",
    "OpenstackVolumeTypeService": "Cinder is gone from the engine",
    "OpenstackVolumeTypesService": "Cinder is gone from the engine",
    "SnapshotCdromService": "the lab has none, and no other test makes one",
    "StorageDomainContentDiskService": "the lab has none, and no other test makes one",
    "StorageDomainContentDisksService": "the lab has none, and no other test makes one",
    "StorageDomainVmDiskAttachmentService": "the lab has none, and no other test makes one",
    "StorageDomainVmDiskAttachmentsService": "the lab has none, and no other test makes one",
    "SystemOptionsService": "leads on, but cannot be listed",
    "TemplateCdromService": "the lab has none, and no other test makes one",
    "TemplateDiskService": "no service leads to it any more",
    "TemplateDisksService": "no service leads to it any more",
    "UnmanagedNetworkService": "the lab has none, and no other test makes one",
    "VmBackupDiskService": "the lab has none, and no other test makes one",
    "VmCheckpointDiskService": "the lab has none, and no other test makes one",
    "VmCheckpointDisksService": "the lab has none, and no other test makes one",
    "VmCheckpointService": "the lab has none, and no other test makes one",
    "VmDiskService": "no service leads to it any more",
    "VmDisksService": "no service leads to it any more",
    "VmSessionService": "the lab has none, and no other test makes one",
}


def test_no_service_is_forgotten(request, visited):
    if request.config.option.keyword:
        pytest.skip("only some of the tests ran")
    known = {it for it, of in inspect.getmembers(services, inspect.isclass) if issubclass(of, Service)}
    known -= {"Service"}
    assert len(known) > 200
    forgotten = sorted(known - visited - set(LEFT_OUT))
    assert forgotten == [], "asked by no test:\n" + "\n".join(forgotten)
    assert sorted(set(LEFT_OUT) - known) == [], "there is no such service"
    assert sorted(set(LEFT_OUT) & visited) == [], "asked, though there is a reason why not"
