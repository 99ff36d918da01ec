//! Taking over a storage domain that is on its storage already.
//!
//! On files the engine takes over whatever it finds, unasked: `import` is for blocks. What keeps it
//! from that, and what keeps it from making a new domain where one was to be taken over, are two
//! of its habits. A new domain gets an id of the engine's and has to have a name; one that is found
//! has to have the id that was sent, and may leave the name out (`BackendStorageDomainsResource`,
//! `AddExistingFileStorageDomainCommand`).

use std::borrow::Cow;

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Effect, Fields, Value, flag, text,
};
use crate::xml::Element;

use super::super::complaint;
use super::{NAME, STORAGE_TYPE};

pub(super) static IMPORT: Attribute =
    flag("import", "Take over the domain that is on its storage already; make none.")
        .only_at_creation()
        .default("false")
        .assumed()
        .codec(&WISH);

pub(super) static ID: Attribute =
    text("id", "Id of the domain that is taken over; on blocks it takes one.")
        .at("@id")
        .only_at_creation();

/// Where the engine looks for a domain without being asked.
const LOOKED_AT: &[&str] = &["nfs", "posixfs", "glusterfs"];

const ON_BLOCKS: &[&str] = &["iscsi", "fcp"];

static WISH: Codec = Codec { decode: read_wish, encode: write_wish };

/// An id that no domain has: the engine ignores it for a new one, and refuses one that it finds.
const NO_DOMAIN: &str = "00000000-0000-4000-8000-00000000d0a1";

fn read_wish(element: &Element) -> Option<Value> {
    element.text_at("import").map(|imports| Value::Flag(imports == "true"))
}

fn write_wish(imports: &Value, element: &mut Element) {
    element.push(Element::leaf("import", imports.to_string()));
    let is_looked_at = |storage: &str| LOOKED_AT.contains(&storage);
    if !imports.is_true() && element.text_at("storage/type").is_some_and(is_looked_at) {
        element.set_attribute("id", NO_DOMAIN);
    }
}

pub(super) fn is_import(to: &Fields) -> bool {
    to.get(&IMPORT).is_some_and(Value::is_true)
}

fn is_one_of(to: &Fields, storages: &[&str]) -> bool {
    let storage = to.get(&STORAGE_TYPE).and_then(Value::as_text);
    storage.is_some_and(|storage| storages.contains(&storage))
}

/// What a domain is made with, and the name that it gets afterwards. Without a name the engine
/// makes no new domain on files.
pub(super) fn made_of(to: &Fields) -> (Fields, Option<Change>) {
    if !(is_import(to) && is_one_of(to, LOOKED_AT)) {
        return (to.clone(), None);
    }
    let change = |name: &Value| {
        let (from, to) = (None, name.clone());
        Change { attribute: &NAME, from, to, effect: Effect::Now }
    };
    (to.filter(|attribute| *attribute != NAME), to.get(&NAME).map(change))
}

/// Whether the second is the domain that was to be taken over, though it bears another name.
pub(super) fn lies_there(wanted: &Fields, found: &Fields) -> bool {
    let same = |name: &str| wanted.named(name).is_some_and(|it| found.named(name) == Some(it));
    is_import(wanted)
        && is_one_of(wanted, LOOKED_AT)
        && same("storage.type")
        && same("storage.path")
        && wanted.named("storage.address") == found.named("storage.address")
}

/// What an import needs, and where there is none.
pub(super) fn check(to: &Fields) -> Option<Complaint> {
    if !is_import(to) {
        let hint = "say `import: true` too, or take it out";
        let message = "`id` is that of a domain to take over, and this one is new";
        return to.get(&ID).map(|_| complaint(&ID, message, hint));
    }
    if !is_one_of(to, LOOKED_AT) && !is_one_of(to, ON_BLOCKS) {
        let storage = to.get(&STORAGE_TYPE)?;
        let message = format!("the engine takes over no domain on `{storage}`");
        return Some(complaint(&IMPORT, message, "take `import` out"));
    }
    (is_one_of(to, ON_BLOCKS) && to.get(&ID).is_none()).then(|| {
        let message = "`id` is missing, by which a domain on blocks is found";
        let hint = "name it; hosts show it by their action `unregisteredstoragedomainsdiscover`";
        complaint(&IMPORT, message, hint)
    })
}

/// Whether a domain says by itself what it lies on.
pub(super) fn knows_its_storage(to: &Fields) -> bool {
    is_import(to) && is_one_of(to, ON_BLOCKS)
}

/// What the engine means that refuses to make a domain.
pub(super) fn advice(action: &Action, said: &str) -> Option<Cow<'static, str>> {
    let Action::Create { fields, .. } = action else { return None };
    let imports = is_import(fields);
    if imports && said.contains("[name] required") {
        return Some("no such domain is on this storage; to make one, take `import` out".into());
    }
    let is_another = said.contains("General command validation failure");
    is_another.then(|| match imports {
        true => "the domain on this storage has another id".into(),
        false => "a domain may be on this storage already; to take it over, say `import: true`, \
                  else empty the storage"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::STORAGE_DOMAIN;
    use super::super::super::trial::{Trial, fields, id, text};
    use super::*;
    use crate::resources::encode;

    fn on(storage: &str, imports: bool) -> Vec<(&'static str, Value)> {
        let values = [("name", text("a")), ("data_center", id("dc"))];
        let more = [("import", Value::Flag(imports)), ("storage.type", text(storage))];
        [values, more].concat()
    }

    #[test]
    fn a_domain_on_files_is_taken_over_without_a_name() {
        let told = Trial::making(&STORAGE_DOMAIN, &on("nfs", true)).told();
        let rest = "attach; until active; put name=a";
        assert!(told.ends_with(rest) && !told.starts_with("create name"), "{told}");
        let told = Trial::making(&STORAGE_DOMAIN, &on("iscsi", true)).told();
        assert!(told.starts_with("create name=a") && told.ends_with("until active"), "{told}");
    }

    #[test]
    fn a_new_domain_on_files_takes_none_over() {
        let sent = |storage, imports| {
            let mut element = Element::new("storage_domain");
            encode(fields(&STORAGE_DOMAIN, &sorted(storage, imports)).iter(), &mut element);
            element.id().map(str::to_owned)
        };
        assert_eq!(sent("nfs", false).as_deref(), Some(NO_DOMAIN));
        assert_eq!(sent("nfs", true), None);
        assert_eq!(sent("localfs", false), None);
    }

    /// In the order of the table, as manifests are read.
    fn sorted(storage: &str, imports: bool) -> Vec<(&'static str, Value)> {
        let place = |name: &str| STORAGE_DOMAIN.attributes.iter().position(|a| a.name == name);
        let mut values = on(storage, imports);
        values.retain(|(name, _)| *name != "data_center");
        values.sort_by_key(|(name, _)| place(name));
        values
    }

    #[test]
    fn a_domain_is_known_by_where_it_lies() {
        let at = |path| [on("nfs", true), vec![("storage.path", text(path))]].concat();
        let lies = |wanted: &[(&str, Value)]| {
            let found = [("storage.type", text("nfs")), ("storage.path", text("/a"))];
            lies_there(&fields(&STORAGE_DOMAIN, wanted), &fields(&STORAGE_DOMAIN, &found))
        };
        assert!(lies(&at("/a")) && !lies(&at("/b")));
        assert!(!lies(&[("storage.type", text("nfs")), ("storage.path", text("/a"))]));
    }

    #[test]
    fn a_domain_on_blocks_is_found_by_its_id() {
        let said = |to: &[(&str, Value)]| {
            check(&fields(&STORAGE_DOMAIN, to)).map(|complaint| complaint.message)
        };
        let known = ("id", text("1"));
        assert!(said(&on("fcp", true)).is_some_and(|it| it.starts_with("`id` is missing")));
        assert_eq!(said(&[on("fcp", true), vec![known.clone()]].concat()), None);
        assert!(said(&[known]).is_some_and(|it| it.ends_with("this one is new")));
        assert!(said(&on("localfs", true)).is_some());
    }
}
