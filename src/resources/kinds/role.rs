//! Roles.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Type, Update, Value, flag, set, text,
};

use super::{PERMIT, complaint, name};

/// Roles: what people may do, given to them by permissions.
///
/// The engine refuses to change those that it brings (infrastructure handbook, section 18).
pub static ROLE: Kind = Kind::new("role", "roles", "What people may do, as a set of permits.")
    .attributes(&[NAME, text("description", "Free text."), ADMINISTRATIVE, PERMITS])
    .built_in(BUILT_IN)
    .locked()
    .check(check);

static NAME: Attribute = name("Name, unique in the engine: letters, digits, spaces, `-` and `_`.");
static ADMINISTRATIVE: Attribute = flag("administrative", "Whether it is for administrators.")
    .update(Update::Replace)
    .default("false");
static PERMITS: Attribute =
    set("permits", "What it lets people do.", "permit", &Type::Reference(&PERMIT))
        .required()
        .linked("permits")
        .sent_at_creation();

/// The roles of every engine.
const BUILT_IN: &[&str] = &[
    "SuperUser",
    "UserRole",
    "PowerUserRole",
    "ClusterAdmin",
    "DataCenterAdmin",
    "StorageAdmin",
    "HostAdmin",
    "NetworkAdmin",
    "UserVmManager",
    "VmPoolAdmin",
    "TemplateAdmin",
    "QuotaConsumer",
    "DiskOperator",
    "DiskCreator",
    "GlusterAdmin",
    "VmCreator",
    "TemplateCreator",
    "TemplateOwner",
    "ExternalEventsCreator",
    "ExternalTasksCreator",
    "VnicProfileUser",
    "UserTemplateBasedVm",
    "InstanceCreator",
    "UserInstanceManager",
    "ReadOnlyAdmin",
    "TagManager",
    "BookmarkManager",
    "EventNotificationManager",
    "AuditLogManager",
    "MacPoolAdmin",
    "MacPoolUser",
    "DiskProfileUser",
    "UserVmRunTimeManager",
    "UserProfileEditor",
    "VmImporterExporter",
    "CpuProfileOperator",
    "CpuProfileCreator",
];

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let mut complaints = beyond_users(transition);
    if transition.from.is_none() {
        complaints.extend(empty(to));
    }
    complaints
}

/// The engine makes no role that lets people do nothing.
fn empty(to: &Fields) -> Option<Complaint> {
    let is_empty = to.get(&PERMITS).is_none_or(|permits| permits.members().is_empty());
    is_empty.then(|| {
        complaint(
            &PERMITS,
            "has no permits, and the engine makes no such role",
            "give it one at least",
        )
    })
}

/// Only a role for administrators may hold their permits.
fn beyond_users(transition: &Transition) -> Vec<Complaint> {
    if transition.after(&ADMINISTRATIVE).is_some_and(Value::is_true) {
        return Vec::new();
    }
    let permits = transition.after(&PERMITS).map_or(&[][..], Value::members).iter();
    let permits = permits.filter_map(|it| permit(transition, it));
    let beyond = permits.filter(|it| it.named("administrative").is_some_and(Value::is_true));
    beyond
        .map(|it| {
            let name = it.named("name").map(Value::to_string).unwrap_or_default();
            let message = format!("is for users, and `{name}` is for administrators");
            complaint(&PERMITS, message, "take it out, or say `administrative: true`")
        })
        .collect()
}

fn permit(transition: &Transition, member: &Value) -> Option<Fields> {
    transition.around.look(&PERMIT, Value::as_reference(member)?)
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn role(from: Option<&str>, name: &str, permits: &[&str]) -> Vec<String> {
        let wanted = ("permits", Value::set(permits.iter().map(|it| id(it))));
        let wanted = [("name", text(name)), ("description", text("new")), wanted];
        let trial = match from {
            Some(from) => Trial::changing(&ROLE, &[("name", text(from))], &wanted),
            None => Trial::making(&ROLE, &wanted),
        };
        let trial = trial.beside(&PERMIT, "1", &[("name", text("create_vm"))]).beside(
            &PERMIT,
            "100",
            &[("name", text("create_host")), ("administrative", Value::Flag(true))],
        );
        trial.complaints().into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn a_new_role_lets_people_do_something() {
        assert!(role(None, "mine", &["1"]).is_empty());
        assert_eq!(role(None, "mine", &[]), ["has no permits, and the engine makes no such role"]);
        assert!(role(Some("mine"), "mine", &[]).is_empty(), "an old one need not");
    }

    #[test]
    fn users_have_no_permits_of_administrators() {
        let said = role(None, "mine", &["1", "100"]);
        assert_eq!(said, ["is for users, and `create_host` is for administrators"]);
    }
}
