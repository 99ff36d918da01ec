//! One entry of the catalogue against what the API says of it.

use virtuform::resources::{Attribute, Call, Kind, Place, Reading, Type, Update, Way};

use crate::coverage::NotManaged;
use crate::schema::{Place as Found, Schema, each};

type Json = serde_json::Value;

/// Section, element and identity.
pub fn kind(schema: &Schema, kind: &Kind, complaints: &mut Vec<String>) {
    let of = schema.type_named(schema.type_of(kind));
    let above = kind.parent.map(|parent| schema.type_named(schema.type_of(parent)));
    let mut check = |is: &str, what: &str| {
        // Hosts have `nics` of the type `host_nic`.
        let is_above = |above: &Json| above["attributes"][is]["type"] == schema.type_of(kind);
        if of[what] != is && !(what == "collection" && above.is_some_and(is_above)) {
            complaints.push(format!("{}: {what} is {}, not {is}", kind.name, of[what]));
        }
    };
    check(kind.element, "element");
    // A few collections have another name where they stand.
    let has_link = |holder: &'static Kind| {
        schema.attributes(schema.type_of(holder)).any(|(name, _)| name == kind.section)
    };
    // To a few no link leads, so that only their path names them; and what cannot be written down
    // needs no section of the API's name.
    let is_path =
        kind.reading == Reading::ByParent && kind.section.replace('_', "") == kind.segment;
    let mut above = std::iter::successors(kind.parent, |above| above.parent);
    if kind.managed && !is_path && !above.any(has_link) {
        check(kind.section, "collection");
    }
    if kind.chosen_id && schema.resource(kind)["settable"]["id"][0].is_null() {
        // VMs take an id too, which the model does not say.
        if kind.name != "vm" {
            complaints.push(format!("{}: a client cannot choose the id", kind.name));
        }
    }
}

/// Path, type, words, and whether it can be set and read as the table claims.
pub fn attribute(
    schema: &Schema,
    kind: &Kind,
    attribute: &Attribute,
    reasons: &NotManaged,
    complaints: &mut Vec<String>,
) {
    let complain = |message: String| format!("{}: {}: {message}", kind.name, attribute.name);
    if let Some(way) = way_of(schema, kind, attribute) {
        return complaints.extend(of_way(schema, way, attribute).into_iter().map(complain));
    }
    match attribute.place {
        Place::Query => parameter(schema, kind, attribute, "add", complaints),
        Place::Removal if !kind.managed => {}
        Place::Removal => parameter(schema, kind, attribute, "remove", complaints),
        // The data of an image go another way than the API's.
        Place::Lifecycle if matches!(attribute.takes, Type::File) => {}
        Place::Body | Place::Lifecycle => {
            let found = match schema.walk(schema.type_of(kind), &path(attribute)) {
                Ok(found) => found,
                Err(message) => return complaints.push(complain(message)),
            };
            let mut words = |enumeration: &str, words: &[&str]| {
                reasons.missing_words(schema, kind, attribute, enumeration, words)
            };
            let mut fits = Fits { schema, words: &mut words };
            let wrong = fits.check(attribute, found.attribute);
            complaints.extend(wrong.into_iter().map(&complain));
            if attribute.is_comparable() && !attribute.is_elsewhere() && !found.shown {
                complaints.push(complain("no answer shows it".to_owned()));
            }
            if attribute.place == Place::Body && kind.managed {
                complaints.extend(grades(schema, kind, attribute, found).map(complain));
            }
        }
    }
}

/// The call that takes an attribute which the kind's own representation does not have.
fn way_of(schema: &Schema, kind: &Kind, attribute: &Attribute) -> Option<&'static Way> {
    let is_other = |way: &&Way| way.verb.call != Call::Post(kind.element) || !way.sends(attribute);
    let is_own = || schema.walk(schema.type_of(kind), &path(attribute)).is_ok();
    let takes = |way: &&Way| {
        attribute.is_in(way.given) || (way.verb.sends.contains(&attribute.name) && !is_own())
    };
    kind.ways.iter().filter(is_other).find(takes)
}

/// The type of what a call sends.
pub fn body_of(way: &Way) -> &'static str {
    match way.verb.call {
        Call::Post(element) => element,
        _ => "action",
    }
}

fn of_way(schema: &Schema, way: &Way, attribute: &Attribute) -> Vec<String> {
    // What fills the path, or a parameter, is checked with those.
    if !way.sends(attribute) {
        return Vec::new();
    }
    let mut words = |enumeration: &str, words: &[&str]| {
        let known = schema.words(enumeration);
        let is_odd = |word: &&&str| !known.contains(word);
        words.iter().filter(is_odd).map(|word| format!("{word} is no word of it")).collect()
    };
    let mut fits = Fits { schema, words: &mut words };
    match schema.walk(body_of(way), &path(attribute)) {
        Ok(found) => fits.check(attribute, found.attribute),
        Err(message) => vec![message],
    }
}

/// The XML path; with a codec for a whole struct, that of the name.
pub fn path(attribute: &Attribute) -> String {
    match attribute.path.filter(|path| attribute.codec.is_none() || path.contains('@')) {
        Some(path) => path.to_owned(),
        None => attribute.name.replace('.', "/"),
    }
}

fn parameter(
    schema: &Schema,
    kind: &Kind,
    attribute: &Attribute,
    method: &str,
    complaints: &mut Vec<String>,
) {
    let parameters = schema.parameters(kind, method);
    let found = parameters.iter().find(|(name, _)| *name == attribute.name);
    let is_right = matches!(
        (found, attribute.takes),
        (Some((_, "bool")), Type::Flag) | (Some((_, "string")), Type::Text | Type::Reference(_))
    );
    if !is_right {
        let (kind, name) = (kind.name, attribute.name);
        complaints.push(format!("{kind}: {method} has {found:?} for `{name}`"));
    }
}

/// Kinds without PUT, which a POST sets anew.
const SET_ANEW: &[&str] = &[
    "quota_cluster_limit",
    "quota_storage_limit",
    "scheduling_policy_filter",
    "scheduling_policy_weight",
    "scheduling_policy_balance",
];

/// What POSTs read beside what the API's description says: a domain on blocks is imported by its id.
const UNMENTIONED: &[(&str, &str)] = &[("storage_domain", "id")];

/// Whether POST and PUT take it. An update that only looks possible is the handbooks' business.
fn grades(schema: &Schema, kind: &Kind, attribute: &Attribute, found: Found) -> Option<String> {
    let path = path(attribute);
    let first = path.split('/').next().unwrap_or_default().trim_start_matches('@');
    let settable = &schema.resource(kind)["settable"];
    // What has no methods of its own is set by those of the joint action.
    if kind.joint.is_some() && settable.as_object().is_none_or(|all| all.is_empty()) {
        return None;
    }
    let by_key = settable.as_object().into_iter().flatten();
    let grade = by_key.filter(|(key, _)| *key == first).map(|(_, grade)| grade).next();
    if UNMENTIONED.contains(&(kind.name, attribute.name)) {
        return None;
    }
    let Some(grade) = grade else { return Some("cannot be set at all".to_owned()) };
    let is_fixed = matches!(attribute.update, Update::Never | Update::Replace);
    if grade[0].is_null() {
        Some("cannot be set when it is made".to_owned())
    } else if grade[1].is_null() && !is_fixed && !SET_ANEW.contains(&kind.name) {
        Some("cannot be changed".to_owned())
    } else if !found.settable {
        Some("is never read from a request".to_owned())
    } else {
        None
    }
}

/// Compares types. `words` complains about words that the table lacks.
struct Fits<'s, 'f> {
    schema: &'s Schema,
    words: &'f mut dyn FnMut(&str, &[&str]) -> Vec<String>,
}

impl Fits<'_, '_> {
    fn check(&mut self, attribute: &Attribute, found: &Json) -> Vec<String> {
        let kind = found["kind"].as_str().unwrap_or_default();
        match attribute.takes {
            Type::Set(of) | Type::List(of) if kind == "list" => {
                let mut wrong = self.one(*of, found["of"].as_str().unwrap_or_default(), found);
                if found["item"] != attribute.item {
                    wrong
                        .push(format!("its members are {}, not {}", found["item"], attribute.item));
                }
                wrong
            }
            Type::Map | Type::Secrets if kind == "list" && found["item"] == attribute.item => {
                Vec::new()
            }
            Type::OneOf(words) if kind == "enum" && !attribute.set_by.is_empty() => {
                self.states(attribute, words, found)
            }
            // An id as text: whose it is, the codec knows.
            Type::Reference(_) if kind == "string" && attribute.codec.is_some() => Vec::new(),
            takes => self.one(takes, kind, found),
        }
    }

    fn one(&mut self, takes: Type, kind: &str, found: &Json) -> Vec<String> {
        let of = found["type"].as_str().unwrap_or_default();
        match (takes, kind) {
            (Type::Text | Type::Mac | Type::Secret, "string")
            | (Type::Integer(..) | Type::Size | Type::SizeIn(_), "int")
            | (Type::Decimal, "decimal")
            | (Type::Flag, "bool") => Vec::new(),
            (Type::Version, "struct") if of == "version" => Vec::new(),
            // A label is nothing but its id.
            (Type::Text, "link") if of == "network_label" => Vec::new(),
            // An id in an XML attribute: whose it is, the path says.
            (Type::Reference(_), "string") if found["xml"] == "attribute" => Vec::new(),
            // Providers of all sorts are one type where a cluster names its own.
            (Type::Reference(kind), "link")
                if of == "external_provider" && kind.name.ends_with("_provider") =>
            {
                Vec::new()
            }
            (Type::Reference(kind), "link" | "struct") if of == self.schema.type_of(kind) => {
                Vec::new()
            }
            (Type::OneOf(words), "enum") => (self.words)(of, words),
            (Type::Record(members), "struct" | "link") => self.members(members, of),
            (takes, kind) => vec![format!("is a {kind} {of}, not a {takes:.40?}")],
        }
    }

    fn members(&mut self, members: &'static [Attribute], of: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for member in members {
            match self.schema.walk(of, &path(member)) {
                Ok(found) => {
                    wrong.extend(self.check(member, found.attribute));
                    if !found.settable {
                        wrong.push(format!("`{}` is never read from a request", member.name));
                    }
                }
                Err(message) => wrong.push(message),
            }
        }
        wrong
    }

    /// A state that actions set: its words and those passed on the way are some of the API's.
    fn states(&mut self, attribute: &Attribute, words: &[&str], found: &Json) -> Vec<String> {
        let known = self.schema.words(found["type"].as_str().unwrap_or_default());
        let passed = attribute.passing.iter().flat_map(|(from, to)| [*from, *to]);
        let all = words.iter().copied().chain(passed);
        all.filter(|word| !known.contains(word))
            .map(|word| format!("no such state: {word}"))
            .collect()
    }
}

/// The kind's settable attributes, by the API's name.
pub fn settable<'s>(schema: &'s Schema, kind: &Kind) -> Vec<&'s str> {
    let settable = schema.resource(kind)["settable"].as_object().into_iter().flatten();
    let can_be = settable.filter(|(_, grades)| each(grades).any(|grade| !grade.is_null()));
    can_be.map(|(name, _)| name.as_str()).collect()
}
