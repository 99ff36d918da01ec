//! How long background work takes. Shorter than on a real engine, in the same proportions.

use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Making or growing a disk.
pub const DISK: Duration = seconds(3);
/// Changing a disk's other attributes.
pub const DISK_UPDATE: Duration = seconds(1);
/// Deleting a disk's volumes.
pub const DISK_REMOVAL: Duration = seconds(2);
/// Making a machine from a template, thin.
pub const VM_THIN: Duration = seconds(5);
/// Making a machine from a template, copying its disks.
pub const VM_CLONE: Duration = seconds(12);
/// From the call to the host's first word.
pub const VM_LAUNCH: Duration = seconds(1);
/// Powering up until the guest's agent answers.
pub const VM_POWER_UP: Duration = seconds(3);
/// A guest's orderly shutdown.
pub const VM_SHUTDOWN: Duration = seconds(4);
/// Cutting the power.
pub const VM_STOP: Duration = seconds(1);
/// A reboot.
pub const VM_REBOOT: Duration = seconds(4);
/// Saving or restoring a machine's memory.
pub const VM_SUSPEND: Duration = seconds(4);
/// Moving a machine to another host.
pub const VM_MIGRATION: Duration = seconds(6);
/// From power-off until the engine starts a machine again by itself.
pub const VM_RESTART: Duration = seconds(1);
/// Exporting a machine or a template.
pub const EXPORT: Duration = seconds(10);
/// A command that nobody waits for.
pub const COMMAND: Duration = seconds(1);
/// Cleaning up after a machine that ran without keeping its state.
pub const STATELESS: Duration = seconds(2);
/// Between two looks at a pool's machines that run before anybody asks; longer than what counts
/// as work.
pub const PRESTART: Duration = seconds(301);
/// Stopping and removing the machines of a pool.
pub const POOL_REMOVAL: Duration = seconds(3);
/// From `down` until a waiting configuration is applied.
pub const NEXT_RUN: Duration = Duration::from_millis(500);
/// Making a template.
pub const TEMPLATE: Duration = seconds(8);
/// Taking out of disks what belongs to one guest alone, as `virt-sysprep` does.
pub const SEAL: Duration = seconds(6);
/// Removing a template with disks.
pub const TEMPLATE_REMOVAL: Duration = seconds(2);
/// Deploying a host.
pub const HOST_INSTALL: Duration = seconds(14);
/// A host's restart.
pub const HOST_REBOOT: Duration = seconds(4);
/// From a host's first word until all is known of it.
pub const HOST_INITIALIZING: Duration = seconds(1);
/// How long a silent host may be silent.
pub const HOST_GRACE: Duration = seconds(10);
/// Looking for updates of a host.
pub const HOST_UPGRADE_CHECK: Duration = seconds(3);
/// Upgrading a host.
pub const HOST_UPGRADE: Duration = seconds(15);
/// Giving a host a new certificate.
pub const HOST_CERTIFICATE: Duration = seconds(5);
/// Switching a host's power.
pub const HOST_POWER: Duration = seconds(5);
/// For how long a host's power is left alone after it was switched.
pub const FENCE_QUIET: Duration = seconds(60);
/// How often the engine tries to activate what is out of order.
pub const AUTO_RECOVERY: Duration = seconds(301);
/// From a change until the hosts were looked at.
pub const HOST_REFRESH: Duration = seconds(2);
/// Setting up the networks of one host in the background.
pub const NETWORK_SYNC: Duration = seconds(5);
/// Activating a host.
pub const HOST_ACTIVATION: Duration = seconds(3);
/// Bringing a host to maintenance.
pub const HOST_MAINTENANCE: Duration = seconds(3);
/// Attaching a storage domain.
pub const DOMAIN_ATTACH: Duration = seconds(8);
/// Activating a storage domain.
pub const DOMAIN_ACTIVATION: Duration = seconds(3);
/// Bringing a storage domain to maintenance.
pub const DOMAIN_MAINTENANCE: Duration = seconds(5);
/// From a master that is active until the data center is up.
pub const SPM_ELECTION: Duration = seconds(2);
/// Moving the content of a volume's bricks.
pub const GLUSTER_TASK: Duration = seconds(20);
/// Taking or removing a snapshot.
pub const SNAPSHOT: Duration = seconds(5);
/// Copying or moving a disk.
pub const DISK_COPY: Duration = seconds(6);
/// A snapshot that the engine takes or drops by itself.
pub const AUTO_SNAPSHOT: Duration = seconds(2);
/// From one phase of an image transfer to the next.
pub const TRANSFER_PHASE: Duration = seconds(1);
/// From one phase of a backup to the next.
pub const BACKUP_PHASE: Duration = seconds(2);
/// Importing a machine or template.
pub const IMPORT: Duration = seconds(8);
/// Converting a machine or template of another hypervisor, or of a file.
pub const CONVERSION: Duration = seconds(60);
/// Moving what is on LUNs away from them.
pub const DOMAIN_REDUCTION: Duration = seconds(5);
/// Giving a storage domain another connection.
pub const CONNECTION_UPDATE: Duration = seconds(1);
