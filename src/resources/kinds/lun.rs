//! LUNs, and how hosts get to see those of iSCSI.

use crate::resources::{Action, Attribute, Fields, Value, Verb, int, invoke, refer, secret, text};

use super::HOST;

/// A LUN; all but its id is for logging in to its target, and is not compared.
pub(super) const LOGICAL_UNIT: &[Attribute] = &[
    text("id", "Id of the LUN.").at("@id").required(),
    text("address", "Address of its portal, for iSCSI.").only_at_creation(),
    int("port", "Port of its portal.", 1, 65_535).only_at_creation(),
    text("portal", "Portal with address and port.").only_at_creation(),
    text("target", "Its target.").only_at_creation(),
    text("username", "User to log in to the target.").only_at_creation(),
    secret("password", "Password of that user.").only_at_creation(),
];

/// A host only sees the LUNs of targets that it has logged in to, and the engine makes nothing of
/// LUNs that the host does not see (infrastructure handbook, section 14).
pub(super) fn logins(
    units: Option<&Value>,
    has: Option<&Value>,
    host: Option<&Value>,
) -> Vec<Action> {
    let Some(host) = host else { return Vec::new() };
    let known: Vec<&str> = ids(has).collect();
    let records = members(units).filter(|unit| !known.contains(&id(unit)));
    let mut logins: Vec<Fields> = Vec::new();
    for details in records.filter_map(details) {
        if !logins.contains(&details) {
            logins.push(details);
        }
    }
    let login = |mut details: Fields| {
        details.set(&LOGGING_IN, host.clone());
        invoke(&LOGIN, details)
    };
    logins.into_iter().map(login).collect()
}

fn members(units: Option<&Value>) -> impl Iterator<Item = &Fields> {
    units.map_or(&[][..], Value::members).iter().filter_map(|unit| match unit {
        Value::Record(fields) => Some(fields),
        _ => None,
    })
}

/// The ids of some LUNs.
pub(super) fn ids(units: Option<&Value>) -> impl Iterator<Item = &str> {
    members(units).map(id)
}

fn id(unit: &Fields) -> &str {
    unit.named("id").and_then(Value::as_text).unwrap_or_default()
}

/// What the host logs in with; nothing for a LUN that says no target.
fn details(unit: &Fields) -> Option<Fields> {
    unit.named("target")?;
    let value = |detail: &'static Attribute| {
        let (_, name) = detail.name.split_once('.')?;
        Some((detail, unit.named(name)?.clone()))
    };
    Some(DETAILS.iter().filter_map(value).collect())
}

static DETAILS: &[Attribute] = &[
    text("iscsi.address", "Address of the portal."),
    int("iscsi.port", "Port of the portal.", 1, 65_535),
    text("iscsi.target", "The target."),
    text("iscsi.username", "User to log in as."),
    secret("iscsi.password", "Password of that user."),
];

static LOGGING_IN: Attribute = refer("host", "Host that logs in.", &HOST);

static LOGIN: Verb = Verb::action("log in to its target", "hosts/{host}/iscsilogin").sending(&[
    "iscsi.address",
    "iscsi.port",
    "iscsi.target",
    "iscsi.username",
    "iscsi.password",
]);
