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
/// From `down` until a waiting configuration is applied.
pub const NEXT_RUN: Duration = Duration::from_millis(500);
/// Making a template.
pub const TEMPLATE: Duration = seconds(8);
/// Removing a template with disks.
pub const TEMPLATE_REMOVAL: Duration = seconds(2);
/// Deploying a host.
pub const HOST_INSTALL: Duration = seconds(20);
/// Activating a host.
pub const HOST_ACTIVATION: Duration = seconds(4);
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
/// Taking or removing a snapshot.
pub const SNAPSHOT: Duration = seconds(5);
