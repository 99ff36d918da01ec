//! Users and groups.

use crate::resources::{
    Attribute, Complaint, Course, Fields, Kind, Reference, Transition, Update, Value, plain, refer,
    text,
};

use super::{complaint, name};

/// Domains: the directories that people are in. The engine's setup makes them known.
pub static DOMAIN: Kind = Kind::only_referred(
    "domain",
    "domains",
    "A directory that people are in.",
    &[name("Name, such as `internal-authz`.")],
);

/// Users: people of a directory whom the engine knows.
///
/// The directory says what they are called, so nothing changes here (infrastructure handbook,
/// section 18).
pub static USER: Kind = Kind::new("user", "users", "Somebody of a directory.")
    .identity(&["domain", "user_name"])
    .attributes(&[USER_NAME, DIRECTORY, PRINCIPAL, NAMESPACE])
    .check(check)
    .lifecycle(lifecycle);

/// Groups: those of a directory that the engine knows.
pub static GROUP: Kind = Kind::new("group", "groups", "A group of a directory.")
    .identity(&["domain", "name"])
    .attributes(&[
        name("Name in the directory.").update(Update::Replace),
        DIRECTORY.required(),
        NAMESPACE,
    ])
    .built_in(&["Everyone"]);

static USER_NAME: Attribute = text("user_name", "Name and directory: `alice@internal-authz`.")
    .required()
    .from_key()
    .engine_default()
    .update(Update::Replace);
static DIRECTORY: Attribute = refer("domain", "Directory that has the entry.", &DOMAIN)
    .engine_default()
    .update(Update::Replace);
static PRINCIPAL: Attribute = text("principal", "Name in the directory, where that is another.")
    .engine_default()
    .update(Update::Replace);
static NAMESPACE: Attribute = text("namespace", "Part of the directory that has the entry.")
    .engine_default()
    .update(Update::Replace);

/// The engine shows every user with the directory, whatever it was made with.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    if to.get(&DIRECTORY).is_some() || directory(transition, to).is_some() {
        return Vec::new();
    }
    let name = to.get(&USER_NAME).and_then(Value::as_text).unwrap_or_default();
    let message = format!("is called `{name}`, which ends with no directory of the engine");
    vec![complaint(&USER_NAME, message, "write it as `alice@internal-authz`")]
}

/// The engine wants to be told the directory, although the name has it.
fn lifecycle(transition: &Transition) -> Course {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else {
        return plain(transition);
    };
    let directory = directory(transition, to).map(|it| (&DIRECTORY, Value::Reference(it)));
    let to = to.over(&directory.into_iter().collect());
    plain(&Transition { to: Some(&to), ..*transition })
}

/// The directory that a user's name ends with.
fn directory(transition: &Transition, to: &Fields) -> Option<Reference> {
    let (_, directory) = to.get(&USER_NAME)?.as_text()?.rsplit_once('@')?;
    let is_it = |it: &Fields| it.named("name").and_then(Value::as_text) == Some(directory);
    transition.around.find(&DOMAIN, &is_it)
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    fn user(name: &str) -> Trial {
        Trial::making(&USER, &[("user_name", text(name))]).beside(
            &DOMAIN,
            "1",
            &[("name", text("internal-authz"))],
        )
    }

    #[test]
    fn a_user_is_named_with_the_directory() {
        assert!(user("alice@internal-authz").complaints().is_empty());
        let said = &user("alice@home").complaints()[0];
        assert_eq!(
            said.message,
            "is called `alice@home`, which ends with no directory of the engine"
        );
    }

    #[test]
    fn the_engine_is_told_the_directory_that_the_name_has() {
        let told = user("alice@internal-authz").told();
        assert_eq!(told, "create user_name=alice@internal-authz,domain=1");
    }
}
