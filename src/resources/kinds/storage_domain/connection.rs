//! How a storage domain is reached: its storage connection, which changes while it rests.
//!
//! The engine keeps it apart from the domain, and nothing else changes a path, mount options or
//! the version of NFS (infrastructure handbook, section 13).

use crate::resources::{Action, Attribute, Change, Fields, Transition, Update, Value, Verb, refer};

use super::super::STORAGE_CONNECTION;
use super::is_in_use;

/// Whether a domain that is in use has its storage through a connection of these values.
pub(in super::super) fn uses(domain: &Fields, connection: &Fields) -> bool {
    is_in_use(domain) && is_reached_by(domain, connection)
}

/// Whether a domain on files has its storage through a connection of these values. Which one it
/// is shows nowhere else.
pub(in super::super) fn is_reached_by(domain: &Fields, connection: &Fields) -> bool {
    let text = |fields: &Fields, name: &str| {
        fields.named(name).and_then(Value::as_text).unwrap_or_default().to_owned()
    };
    let same = |name: &&str| text(domain, &format!("storage.{name}")) == text(connection, name);
    ["type", "address", "path"].iter().all(same) && !text(connection, "path").is_empty()
}

/// Whether a change is one of the way to the storage.
pub(super) fn is_way(change: &Change) -> bool {
    of_connection(change).is_some()
}

/// The connection's attribute that a change of the domain's is for.
fn of_connection(change: &Change) -> Option<&'static Attribute> {
    let name = change.attribute.name.strip_prefix("storage.")?;
    let is_its_own = change.attribute.update == Update::WhenDown;
    STORAGE_CONNECTION.attribute(name).filter(|_| is_its_own)
}

/// Changes the connection, if any of the changes is one of it; the domain follows.
pub(super) fn edit(transition: &Transition, from: &Fields, changes: &[Change]) -> Option<Action> {
    let changes: Vec<Change> = changes.iter().filter(|it| is_way(it)).cloned().collect();
    if changes.is_empty() {
        return None;
    }
    let of_connection = |change: &Change| Some((of_connection(change)?, change.to.clone()));
    let mut with = changes.iter().filter_map(of_connection).collect::<Fields>();
    with = with.over(&leads_to(from));
    let is_its_own = |connection: &Fields| is_reached_by(from, connection);
    if let Some(connection) = transition.around.find(&STORAGE_CONNECTION, &is_its_own) {
        with.set(&EDITED, Value::Reference(connection));
    }
    Some(Action::Invoke { verb: &EDIT, with: with.over(&transition.known()), changes })
}

/// Where a connection leads goes with every change of it.
fn leads_to(domain: &Fields) -> Fields {
    let of_connection = |(attribute, value): (&'static Attribute, &Value)| {
        let name = attribute.name.strip_prefix("storage.")?;
        let attribute = STORAGE_CONNECTION.attribute(name)?;
        attribute.along.map(|_| (attribute, value.clone()))
    };
    domain.iter().filter_map(of_connection).collect()
}

/// The connection that is changed.
static EDITED: Attribute = refer("connection", "Its storage connection.", &STORAGE_CONNECTION);

static EDIT: Verb =
    Verb::put("edit its connection", "storage_connection", "storageconnections/{connection}")
        .sending(&[
            "type",
            "address",
            "path",
            "vfs_type",
            "mount_options",
            "nfs_version",
            "nfs_retrans",
            "nfs_timeo",
        ]);

#[cfg(test)]
mod tests {
    use super::super::super::STORAGE_DOMAIN;
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    fn told(status: &str, to: &[(&str, Value)]) -> String {
        let nfs = [("storage.type", text("nfs")), ("storage.path", text("/a"))];
        let attached = [("data_center", id("dc")), ("status", text(status))];
        let trial = Trial::changing(&STORAGE_DOMAIN, &[nfs, attached].concat(), to);
        let connection = [("type", text("nfs")), ("path", text("/a"))];
        trial.beside(&STORAGE_CONNECTION, "c", &connection).told()
    }

    fn path() -> (&'static str, Value) {
        ("storage.path", text("/b"))
    }

    #[test]
    fn a_domain_rests_while_its_connection_changes() {
        let told = told("active", &[("name", text("n")), path()]);
        let expected = "put name=n; deactivate; until maintenance; edit its connection; activate; \
                        until active with storage.path=/b";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_domain_that_rests_rests_on_unless_that_is_to_end() {
        let rests = "edit its connection; until maintenance with storage.path=/b";
        assert_eq!(told("maintenance", &[path()]), rests);
        let active = ("status", text("active"));
        let wakes = "edit its connection; activate; until active with storage.path=/b";
        assert_eq!(told("maintenance", &[path(), active]), wakes);
        let rest = ("status", text("maintenance"));
        assert_eq!(
            told("active", &[path(), rest]),
            format!("deactivate; until maintenance; {rests}")
        );
    }

    #[test]
    fn the_connection_is_found_by_where_it_leads() {
        let trial = Trial::changing(&STORAGE_DOMAIN, &[path()], &[("storage.path", text("/c"))]);
        let Some(Action::Invoke { with, .. }) = trial
            .beside(&STORAGE_CONNECTION, "other", &[("path", text("/a"))])
            .beside(&STORAGE_CONNECTION, "own", &[("path", text("/b"))])
            .course()
            .opening
            .pop()
        else {
            panic!("an edit")
        };
        assert_eq!(with.get(&EDITED), Some(&id("own")));
    }
}
