//! What users have of their own: keys, options, and the events that they are told of.

use crate::resources::{Kind, Update, one_of, text};

use super::{USER, name};

/// Public keys, with which users open the serial consoles of their VMs.
///
/// A changed key gets another id: the engine keeps the old one as little as we do.
pub static SSH_PUBLIC_KEY: Kind =
    Kind::new("ssh_public_key", "ssh_public_keys", "A key that opens serial consoles.")
        .segment("sshpublickeys")
        .below(&USER)
        .identity(&["content"])
        .attributes(&[text("content", "The key, as in `authorized_keys`.")
            .required()
            .engine_default()
            .update(Update::Replace)]);

/// Options, which the engine keeps for its portals and never reads itself.
///
/// To set one again makes another of the same name in its place.
pub static USER_OPTION: Kind =
    Kind::new("user_option", "options", "A setting of the portals for a user.")
        .below(&USER)
        .attributes(&[
            name("Name, unique to the user.").update(Update::Replace),
            text("content", "What is set, as JSON.")
                .required()
                .engine_default()
                .update(Update::Replace),
        ]);

/// Event subscriptions: the event's name is their id, and nothing of them changes (infrastructure
/// handbook, section 19).
pub static EVENT_SUBSCRIPTION: Kind =
    Kind::new("event_subscription", "event_subscriptions", "An event that mail is sent about.")
        .segment("eventsubscriptions")
        .below(&USER)
        .by_parent()
        .identity(&["event"])
        .attributes(&[
            one_of("event", "Which event; the key names it.", EVENT)
                .required()
                .from_key()
                .update(Update::Replace),
            text("address", "Where mail goes; the user's own address if it is left out.")
                .engine_default()
                .update(Update::Replace),
            one_of("notification_method", "How: the engine knows mail only.", &["smtp"])
                .default("smtp")
                .update(Update::Replace),
        ]);

const EVENT: &[&str] = &[
    "engine_stop",
    "engine_backup_started",
    "engine_backup_completed",
    "engine_backup_failed",
    "engine_ca_certification_is_about_to_expire",
    "engine_ca_certification_has_expired",
    "engine_certification_is_about_to_expire",
    "engine_certification_has_expired",
    "cluster_alert_ha_reservation",
    "network_update_display_for_cluster_with_active_vm",
    "cluster_alert_ha_reservation_down",
    "host_failure",
    "host_updates_are_available",
    "host_updates_are_available_with_packages",
    "user_host_maintenance",
    "user_host_maintenance_manual_ha",
    "user_host_maintenance_migration_failed",
    "host_activate_manual_ha",
    "host_activate_failed",
    "host_recover_failed",
    "host_approve_failed",
    "host_install_failed",
    "host_time_drift_alert",
    "host_set_nonoperational",
    "host_set_nonoperational_iface_down",
    "host_low_mem",
    "host_high_mem_use",
    "host_interface_high_network_use",
    "host_high_cpu_use",
    "host_high_swap_use",
    "host_low_swap",
    "host_interface_state_down",
    "host_bond_slave_state_down",
    "network_update_display_for_host_with_active_vm",
    "host_certification_is_about_to_expire",
    "host_certification_has_expired",
    "host_certificate_has_invalid_san",
    "host_set_nonoperational_domain",
    "system_change_storage_pool_status_no_host_for_spm",
    "system_deactivated_storage_domain",
    "vm_failure",
    "vm_migration_start",
    "vm_migration_failed",
    "vm_migration_to_server_failed",
    "vm_not_responding",
    "vm_status_restored",
    "ha_vm_restart_failed",
    "ha_vm_failed",
    "vm_console_connected",
    "vm_console_disconnected",
    "vm_set_ticket",
    "vm_down_error",
    "host_initiated_run_vm_failed",
    "vm_paused",
    "vm_paused_eio",
    "vm_paused_enospc",
    "vm_paused_eperm",
    "vm_paused_error",
    "vm_recovered_from_pause_error",
    "mac_address_is_external",
    "host_slow_storage_response_time",
    "irs_failure",
    "irs_disk_space_low",
    "irs_confirmed_disk_space_low",
    "irs_disk_space_low_error",
    "number_of_lvs_on_storage_domain_exceeded_threshold",
    "gluster_volume_create",
    "gluster_volume_create_failed",
    "gluster_volume_option_added",
    "gluster_volume_option_modified",
    "gluster_volume_option_set_failed",
    "gluster_volume_start",
    "gluster_volume_start_failed",
    "gluster_volume_stop",
    "gluster_volume_stop_failed",
    "gluster_volume_options_reset",
    "gluster_volume_options_reset_all",
    "gluster_volume_options_reset_failed",
    "gluster_volume_delete",
    "gluster_volume_delete_failed",
    "gluster_volume_add_brick",
    "gluster_volume_add_brick_failed",
    "gluster_volume_remove_bricks",
    "gluster_volume_remove_bricks_failed",
    "start_removing_gluster_volume_bricks",
    "start_removing_gluster_volume_bricks_failed",
    "gluster_volume_remove_bricks_stop",
    "gluster_volume_remove_bricks_stop_failed",
    "gluster_volume_rebalance_start",
    "gluster_volume_rebalance_start_failed",
    "gluster_volume_rebalance_stop",
    "gluster_volume_rebalance_stop_failed",
    "gluster_volume_replace_brick_failed",
    "gluster_volume_replace_brick_start",
    "gluster_volume_replace_brick_start_failed",
    "gluster_volume_brick_replaced",
    "gluster_volume_rebalance_start_detected_from_cli",
    "start_removing_gluster_volume_bricks_detected_from_cli",
    "gluster_volume_rebalance_not_found_from_cli",
    "remove_gluster_volume_bricks_not_found_from_cli",
    "gluster_volume_snapshot_created",
    "gluster_volume_snapshot_create_failed",
    "gluster_server_add_failed",
    "gluster_server_remove",
    "gluster_server_remove_failed",
    "gluster_volume_profile_start",
    "gluster_volume_profile_start_failed",
    "gluster_volume_profile_stop",
    "gluster_volume_profile_stop_failed",
    "gluster_hook_enable",
    "gluster_hook_enable_failed",
    "gluster_hook_disable",
    "gluster_hook_disable_failed",
    "gluster_hook_detected_new",
    "gluster_hook_conflict_detected",
    "gluster_hook_detected_delete",
    "gluster_hook_added",
    "gluster_hook_add_failed",
    "gluster_hook_removed",
    "gluster_hook_remove_failed",
    "gluster_service_started",
    "gluster_service_start_failed",
    "gluster_service_stopped",
    "gluster_service_stop_failed",
    "gluster_service_restarted",
    "gluster_service_restart_failed",
    "gluster_brick_status_changed",
    "gluster_volume_snapshot_deleted",
    "gluster_volume_snapshot_delete_failed",
    "gluster_volume_all_snapshots_deleted",
    "gluster_volume_all_snapshots_delete_failed",
    "gluster_volume_snapshot_activated",
    "gluster_volume_snapshot_activate_failed",
    "gluster_volume_snapshot_deactivated",
    "gluster_volume_snapshot_deactivate_failed",
    "gluster_volume_snapshot_restored",
    "gluster_volume_snapshot_restore_failed",
    "gluster_volume_confirmed_space_low",
    "dwh_stopped",
    "dwh_error",
    "gluster_volume_rebalance_finished",
    "gluster_volume_migrate_brick_data_finished",
    "host_untrusted",
    "user_update_vm_from_trusted_to_untrusted",
    "user_update_vm_from_untrusted_to_trusted",
    "importexport_import_vm_from_trusted_to_untrusted",
    "importexport_import_vm_from_untrusted_to_trusted",
    "user_add_vm_from_trusted_to_untrusted",
    "user_add_vm_from_untrusted_to_trusted",
    "importexport_import_template_from_trusted_to_untrusted",
    "importexport_import_template_from_untrusted_to_trusted",
    "user_add_vm_template_from_trusted_to_untrusted",
    "user_add_vm_template_from_untrusted_to_trusted",
    "user_update_vm_template_from_trusted_to_untrusted",
    "user_update_vm_template_from_untrusted_to_trusted",
    "faulty_multipaths_on_host",
    "no_faulty_multipaths_on_host",
    "multipath_devices_without_valid_paths_on_host",
];
