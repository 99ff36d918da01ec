//! Bookmarks.

use crate::resources::{Kind, text};

use super::name;

/// Bookmarks: searches with a name.
pub static BOOKMARK: Kind = Kind::new("bookmark", "bookmarks", "A search that has a name.")
    .attributes(&[
        name("Name, unique in the engine."),
        text("value", "The search: `vms: status=up`.").required().engine_default(),
    ]);
