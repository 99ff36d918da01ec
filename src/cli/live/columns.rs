//! What a table shows of objects of each type: what people look for first.

use crate::api::{SCHEMA, Shape, Type};
use crate::engine::printable;
use crate::resources::format_size;
use crate::xml::Element;

use super::names;
use super::read::Names;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// Where its value is: names separated by `/`, `@` before an XML attribute.
    path: &'static str,
    shows: Shows,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Text,
    /// Bytes with a unit.
    Size,
    /// The name of the object behind a link.
    Link,
    /// The object's own name, or its id.
    Name,
}

const NAME: Column = Column { title: "NAME", path: "", shows: Shows::Name };
const STATUS: Column = text("STATUS", "status");
const DESCRIPTION: Column = text("DESCRIPTION", "description");
const CLUSTER: Column = link("CLUSTER", "cluster");
const DATA_CENTER: Column = link("DATA CENTER", "data_center");

const fn text(title: &'static str, path: &'static str) -> Column {
    Column { title, path, shows: Shows::Text }
}

const fn size(title: &'static str, path: &'static str) -> Column {
    Column { title, path, shows: Shows::Size }
}

const fn link(title: &'static str, path: &'static str) -> Column {
    Column { title, path, shows: Shows::Link }
}

/// The columns of types whose objects people look at most.
const CHOSEN: &[(&str, &[Column])] = &[
    ("vm", &[NAME, STATUS, CLUSTER, link("HOST", "host"), size("MEMORY", "memory")]),
    ("host", &[NAME, STATUS, CLUSTER, text("ADDRESS", "address")]),
    ("template", &[NAME, text("VERSION", "version/version_number"), STATUS, CLUSTER]),
    ("cluster", &[NAME, DATA_CENTER, text("CPU", "cpu/type"), DESCRIPTION]),
    ("data_center", &[NAME, STATUS, text("LOCAL", "local"), DESCRIPTION]),
    ("network", &[NAME, DATA_CENTER, text("VLAN", "vlan/@id"), text("MTU", "mtu"), DESCRIPTION]),
    ("vnic_profile", &[NAME, link("NETWORK", "network"), DESCRIPTION]),
    (
        "storage_domain",
        &[
            NAME,
            text("TYPE", "type"),
            text("STORAGE", "storage/type"),
            size("USED", "used"),
            size("AVAILABLE", "available"),
        ],
    ),
    (
        "disk",
        &[
            NAME,
            STATUS,
            text("FORMAT", "format"),
            size("SIZE", "provisioned_size"),
            size("TAKES", "actual_size"),
        ],
    ),
    (
        "disk_attachment",
        &[
            Column { title: "DISK", ..NAME },
            text("INTERFACE", "interface"),
            text("BOOTABLE", "bootable"),
            text("ACTIVE", "active"),
        ],
    ),
    (
        "nic",
        &[
            NAME,
            text("MAC", "mac/address"),
            text("INTERFACE", "interface"),
            link("PROFILE", "vnic_profile"),
            text("PLUGGED", "plugged"),
        ],
    ),
    (
        "host_nic",
        &[NAME, STATUS, text("MAC", "mac/address"), link("NETWORK", "network"), text("MTU", "mtu")],
    ),
    (
        "snapshot",
        &[
            NAME,
            text("STATUS", "snapshot_status"),
            text("TYPE", "snapshot_type"),
            text("DATE", "date"),
        ],
    ),
    (
        "event",
        &[
            text("ID", "@id"),
            text("TIME", "time"),
            text("SEVERITY", "severity"),
            text("DESCRIPTION", "description"),
        ],
    ),
    ("job", &[STATUS, text("STARTED", "start_time"), text("DESCRIPTION", "description")]),
    ("step", &[STATUS, text("TYPE", "type"), text("DESCRIPTION", "description")]),
    ("statistic", &[NAME, text("VALUE", "values/value/datum"), text("UNIT", "unit"), DESCRIPTION]),
    ("user", &[text("NAME", "user_name"), text("FIRST", "name"), text("EMAIL", "email")]),
    ("permission", &[link("ROLE", "role"), link("USER", "user"), link("GROUP", "group")]),
    ("tag", &[NAME, DESCRIPTION]),
    (
        "operating_system_info",
        &[NAME, text("ARCHITECTURE", "architecture"), text("DESCRIPTION", "description")],
    ),
    ("application", &[NAME]),
    ("cdrom", &[text("ID", "@id"), text("FILE", "file/@id")]),
    ("graphics_console", &[NAME, text("ADDRESS", "address"), text("PORT", "port")]),
    ("system_option", &[NAME, text("VALUE", "values/system_option_value/value")]),
];

/// The columns for objects of a type.
pub fn columns(type_name: &str) -> Vec<Column> {
    if let Some((_, chosen)) = CHOSEN.iter().find(|(name, _)| *name == type_name) {
        return chosen.to_vec();
    }
    let of = SCHEMA.type_of(type_name);
    let is_text = |column: &Column| {
        let found = of.attribute(column.path).map(|it| it.shape);
        matches!(found, Some(Shape::Text | Shape::Enum(..)))
    };
    let usual = [STATUS, text("TYPE", "type"), DESCRIPTION];
    std::iter::once(NAME).chain(usual.into_iter().filter(is_text)).collect()
}

impl Column {
    /// The type that its links lead to.
    pub fn leads_to(&self, of: &Type) -> Option<&'static str> {
        match of.attribute(self.path)?.shape {
            Shape::Link(name) if self.shows == Shows::Link => Some(name),
            _ => None,
        }
    }

    /// The id behind its link.
    pub fn id<'e>(&self, element: &'e Element) -> Option<&'e str> {
        element.child(self.path)?.id()
    }

    /// What it shows of an object, in one line.
    pub fn show(&self, element: &Element, known: &Names) -> String {
        let value = self.value(element);
        let text = match self.shows {
            Shows::Name => names::name(element),
            Shows::Link => {
                let id = self.id(element).unwrap_or_default();
                known.get(id).map_or(id, String::as_str)
            }
            Shows::Size | Shows::Text => value.unwrap_or_default(),
        };
        match (self.shows, text.parse()) {
            (Shows::Size, Ok(bytes)) => rounded(bytes),
            _ => printable(text).into_owned(),
        }
    }

    fn value<'e>(&self, element: &'e Element) -> Option<&'e str> {
        match self.path.rsplit_once('@') {
            Some(("", name)) => element.attribute(name),
            Some((path, name)) => element.at(path.trim_end_matches('/'))?.attribute(name),
            None if self.path.is_empty() => None,
            None => element.text_at(self.path),
        }
    }
}

/// A size that fits a column: whole MiB say enough of what is larger than some of them.
fn rounded(bytes: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    format_size(if bytes < 16 * MEBIBYTE { bytes } else { bytes / MEBIBYTE * MEBIBYTE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_columns_are_of_the_api() {
        for (name, columns) in CHOSEN {
            for column in columns.iter().filter(|column| column.shows != Shows::Name) {
                let mut of = SCHEMA.type_of(name);
                for part in column.path.split('/') {
                    let part = part.trim_start_matches('@');
                    // A wrapper's items stand between it and what they hold.
                    let Some(found) = of.attribute(part) else {
                        assert_eq!(part, of.element, "{name} has no {}", column.path);
                        continue;
                    };
                    if let Shape::Struct(next) | Shape::Structs(_, next) = found.shape {
                        of = SCHEMA.type_of(next);
                    }
                }
            }
        }
    }
}
