//! What single hosts log in to iSCSI targets with.

use crate::resources::{Kind, secret, text};

use super::HOST;

/// Storage connection extensions: the user and password of one host at one target, where targets
/// want each host to have its own.
pub static STORAGE_CONNECTION_EXTENSION: Kind = Kind::new(
    "storage_connection_extension",
    "storage_connection_extensions",
    "What a host logs in to an iSCSI target with.",
)
.segment("storageconnectionextensions")
.below(&HOST)
.identity(&["target"])
.attributes(&[
    text("target", "Name of the target; the key is it.").required().from_key().engine_default(),
    text("username", "User that the host logs in as.").required().engine_default(),
    secret("password", "Password of that user.").required(),
]);
