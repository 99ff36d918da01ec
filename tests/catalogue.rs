//! The catalogue against the API's own description: names, types, words, what can be set.

#[path = "catalogue/comparison.rs"]
mod comparison;
#[path = "catalogue/coverage.rs"]
mod coverage;
#[path = "catalogue/schema.rs"]
mod schema;
#[path = "catalogue/values.rs"]
mod values;

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use virtuform::resources::kinds::KINDS;
use virtuform::resources::{
    Action, Attribute, Call, Course, Fields, Kind, Place, Reference, Secret, Sight, Surroundings,
    Transition, Type, Value, decode, encode, outline, read_scalar,
};
use virtuform::xml::{Element, Outline, each, parse};

use coverage::NotManaged;
use schema::Schema;

/// All attributes of all kinds, with those of records.
fn attributes() -> impl Iterator<Item = (&'static Kind, &'static Attribute)> {
    KINDS.iter().flat_map(|kind| kind.attributes.iter().map(move |a| (*kind, a)))
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn kinds_and_attributes_agree_with_the_api() {
    let schema = Schema::load();
    let reasons = NotManaged::load();
    let mut complaints = Vec::new();
    for kind in KINDS {
        comparison::kind(&schema, kind, &mut complaints);
        for attribute in kind.attributes {
            comparison::attribute(&schema, kind, attribute, &reasons, &mut complaints);
        }
    }
    fail_on(&complaints);
}

#[test]
fn all_that_is_writable_is_managed_or_has_a_reason_why_not() {
    let schema = Schema::load();
    let reasons = NotManaged::load();
    let mut complaints = Vec::new();
    coverage::collections(&schema, &reasons, &mut complaints);
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        coverage::kind(&schema, kind, &reasons, &mut complaints);
        for attribute in kind.attributes {
            // Marks the reasons why words are left out as used.
            comparison::attribute(&schema, kind, attribute, &reasons, &mut Vec::new());
        }
    }
    complaints.extend(reasons.unused().map(|line| format!("this reason is not needed: {line}")));
    fail_on(&complaints);
}

#[test]
fn names_are_unique_and_sections_too_below_one_parent() {
    let names: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), KINDS.len());
    let sections: BTreeSet<_> =
        KINDS.iter().map(|kind| (kind.parent.map(|p| p.name), kind.section)).collect();
    assert_eq!(sections.len(), KINDS.len());
    for kind in KINDS {
        let names: BTreeSet<_> = kind.attributes.iter().map(|a| a.name).collect();
        assert_eq!(names.len(), kind.attributes.len(), "{}", kind.name);
    }
}

#[test]
fn no_attribute_stands_inside_another() {
    for (kind, attribute) in attributes() {
        let inside = format!("{}.", attribute.name);
        let other = kind.attributes.iter().find(|other| other.name.starts_with(&inside));
        assert!(other.is_none(), "{}: {:?} is inside", kind.name, other.map(|a| a.name));
    }
}

#[test]
fn identities_exist() {
    for kind in KINDS {
        for name in kind.identity {
            assert!(kind.attribute(name).is_some(), "{}: no {name}", kind.name);
        }
    }
}

#[test]
fn what_is_referred_to_has_a_name() {
    for (kind, attribute) in attributes() {
        let Some(other) = attribute.takes.refers_to() else { continue };
        let has_name = other.name_attribute().is_some() || other.called.is_some();
        assert!(has_name, "{}: {} cannot name a {}", kind.name, attribute.name, other.name);
    }
}

#[test]
fn what_lies_inside_something_is_of_a_kind_below_it() {
    for (kind, attribute) in attributes() {
        let Some(holder) = attribute.inside else { continue };
        let holder = kind.attribute(holder).and_then(|it| it.takes.refers_to());
        let parent = attribute.takes.refers_to().and_then(|it| it.parent);
        assert!(parent.is_some() && holder == parent, "{}.{}", kind.name, attribute.name);
    }
}

#[test]
fn what_has_no_name_is_single_or_told_apart_by_all_of_it() {
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        let has_some = kind.name_attribute().is_some() || kind.scope().next().is_some();
        assert!(has_some || kind.single, "{}: nothing tells two of them apart", kind.name);
    }
}

#[test]
fn every_kind_that_is_referred_to_is_in_the_catalogue() {
    fn referred(takes: Type, found: &mut Vec<&'static Kind>) {
        match takes {
            Type::Reference(kind) => found.push(kind),
            Type::Set(of) | Type::List(of) => referred(*of, found),
            Type::Record(attributes) => attributes.iter().for_each(|a| referred(a.takes, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    attributes().for_each(|(_, attribute)| referred(attribute.takes, &mut found));
    found.extend(KINDS.iter().filter_map(|kind| kind.parent));
    for kind in found {
        assert!(KINDS.contains(&kind), "{} is not in the catalogue", kind.name);
    }
}

#[test]
fn defaults_are_valid() {
    for (kind, attribute) in attributes() {
        let Some(text) = attribute.default else { continue };
        if let Type::Reference(_) | Type::Set(_) | Type::List(_) | Type::Map | Type::Secrets =
            attribute.takes
        {
            continue;
        }
        let read = read_scalar(attribute.takes, text);
        assert!(read.is_ok(), "{}: {}: {read:?}", kind.name, attribute.name);
        assert_ne!(attribute.default_value(), Value::Nothing);
    }
}

#[test]
fn states_are_set_by_their_own_words() {
    for (kind, attribute) in attributes().filter(|(_, a)| !a.set_by.is_empty()) {
        let Type::OneOf(words) = attribute.takes else { panic!("{} is no state", attribute.name) };
        let set: Vec<_> = attribute.set_by.iter().map(|(word, _)| *word).collect();
        assert_eq!(set, words, "{}: {}", kind.name, attribute.name);
    }
}

#[test]
fn summaries_are_sentences() {
    for (kind, attribute) in attributes() {
        let summary = attribute.summary;
        let is_sentence = summary.ends_with('.') && !summary.starts_with(char::is_lowercase);
        assert!(is_sentence, "{}: {}: {summary}", kind.name, attribute.name);
        assert!(summary.len() < 100, "{}: {}: {summary}", kind.name, attribute.name);
    }
}

/// Nobody else around.
struct Alone;

impl Surroundings for Alone {
    fn find(&self, _: &Kind, _: &dyn Fn(&Fields) -> bool) -> Option<Reference> {
        None
    }

    fn all(&self, _: &Kind) -> Vec<(Reference, Fields)> {
        Vec::new()
    }

    fn wanted(&self, _: &Kind, _: &Reference) -> Option<Fields> {
        None
    }

    fn look(&self, _: &Kind, _: &Reference) -> Option<Fields> {
        None
    }

    fn children(&self, _: &Reference, _: &Kind) -> Vec<Fields> {
        Vec::new()
    }
}

/// What is done with an object that is made or removed in some state, at some place.
fn courses(kind: &'static Kind) -> Vec<Course> {
    let Some(status) = kind.attribute("status") else { return Vec::new() };
    let mut fields = Fields::new();
    for attribute in kind.attributes.iter().filter(|a| a.place == Place::Lifecycle) {
        if let Type::Reference(_) = attribute.takes {
            fields.set(attribute, Value::Reference(Reference::Id("1".to_owned())));
        }
    }
    let mut courses = Vec::new();
    for (word, _) in status.set_by {
        fields.set(status, Value::Text((*word).to_owned()));
        for (from, to) in [(None, Some(&fields)), (Some(&fields), None)] {
            courses.push((kind.lifecycle)(&Transition {
                kind,
                from,
                to,
                parent: None,
                changes: &[],
                within: None,
                itself: None,
                pending: false,
                around: &Alone,
            }));
        }
    }
    courses
}

#[test]
fn verbs_are_the_apis() {
    let schema = Schema::load();
    let mut seen = BTreeSet::new();
    for kind in KINDS {
        let courses = courses(kind);
        let from_courses = courses.iter().flat_map(Course::actions).filter_map(|a| match a {
            Action::Invoke { verb, .. } => Some(*verb),
            _ => None,
        });
        let set_by = kind.attributes.iter().flat_map(|a| a.set_by).map(|(_, verb)| *verb);
        for verb in from_courses.chain(set_by) {
            let is_there = match verb.call {
                Call::Link(_) => schema.has_method(verb.path, "POST", None),
                Call::Post(_) => schema.has_method(verb.path, "POST", None),
                Call::Put(_) => schema.has_method(verb.path, "PUT", None),
                Call::Unlink => schema.has_method(verb.path, "DELETE", None),
                Call::Action => {
                    let (path, action) =
                        verb.path.rsplit_once('/').expect("an action of something");
                    schema.has_method(path, "POST", Some(action))
                }
            };
            assert!(is_there, "{}: the API has no {}", kind.name, verb.path);
            seen.insert(verb.path);
        }
    }
    assert!(seen.len() > 8, "all states were gone through: {seen:?}");
}

#[test]
fn other_ways_of_making_objects_are_the_apis() {
    let schema = Schema::load();
    let mut seen = 0;
    for (kind, way) in KINDS.iter().flat_map(|kind| kind.ways.iter().map(move |it| (*kind, it))) {
        let path = way.verb.path;
        let is_there = match (way.verb.call, path.rsplit_once('/')) {
            (Call::Action, Some((path, action))) => schema.has_method(path, "POST", Some(action)),
            _ => schema.has_method(path, "POST", None),
        };
        assert!(is_there, "{}: the API has no {path}", kind.name);
        let body = comparison::body_of(way);
        for (name, _) in way.verb.parameters {
            assert!(schema.walk(body, name).is_ok(), "{}: {path} takes no {name}", kind.name);
        }
        let names = way.verb.sends.iter().chain(way.needs).chain(way.keeps).copied();
        for name in names.chain(way.keeps_id_of) {
            let attribute = kind.attribute(name).unwrap_or_else(|| panic!("no {name}"));
            let path = comparison::path(attribute);
            let is_sent = way.verb.sends.contains(&name);
            assert!(!is_sent || schema.walk(body, &path).is_ok(), "{body} has no {path}");
        }
        seen += 1;
    }
    assert!(seen > 8, "all ways were gone through");
}

#[test]
fn joint_actions_and_their_lists_are_the_apis() {
    let schema = Schema::load();
    let shares = KINDS.iter().filter_map(|kind| Some((kind, kind.joint?)));
    let mut seen = 0;
    for (kind, share) in shares {
        let parent = kind.parent.expect("a joint action is one of the parent's");
        let parameters = schema.action(parent, share.joint.name);
        let always = share.joint.parameters.iter().map(|(name, _)| *name);
        let spread = share.spread.iter().flat_map(|spread| [spread.modified, spread.removed]);
        let restored = share.restored.iter().map(|(_, list)| *list);
        for name in always.chain([share.modified, share.removed]).chain(spread).chain(restored) {
            assert!(parameters.contains(&name), "{}: there is no {name}", kind.name);
            seen += 1;
        }
    }
    assert!(seen > 8, "the lists of hosts' networks were gone through");
}

/// The attribute as if a read showed it, so that it can be compared.
fn shown(attribute: &Attribute) -> &'static [Attribute] {
    let attribute = Attribute { sight: Sight::Shown, passing: &[], ..*attribute };
    Box::leak(Box::new([attribute]))
}

#[test]
fn every_value_survives_the_way_to_xml_and_back() {
    let mut runner = TestRunner::deterministic();
    for (kind, attribute) in attributes() {
        if attribute.is_secret() || attribute.place != Place::Body {
            continue;
        }
        let table = shown(attribute);
        for _ in 0..32 {
            let value = values::value(attribute.takes).new_tree(&mut runner).expect("a value");
            let value = value.current();
            let mut element = Element::new(kind.element);
            encode([(&table[0], &value)], &mut element);
            let read = parse(element.to_string().as_bytes()).expect("well-formed");
            let back = decode(table, &read);
            assert_eq!(back.get(&table[0]), Some(&value), "{}: {element}", attribute.name);
        }
    }
}

#[test]
fn an_outline_keeps_what_its_table_reads() {
    let mut runner = TestRunner::deterministic();
    for (kind, attribute) in attributes() {
        if attribute.is_secret() || attribute.place != Place::Body {
            continue;
        }
        let table = shown(attribute);
        let value = values::value(attribute.takes).new_tree(&mut runner).expect("a value");
        let mut element = Element::new(kind.element);
        encode([(&table[0], &value.current())], &mut element);
        let list = Element::new("list").with(element).to_string();
        let mut kept = Outline::new();
        outline(table, &mut kept);
        let mut seen = Vec::new();
        each(list.as_bytes(), &kept, |element| seen.push(element)).expect("a list");
        let back = decode(table, &seen[0]);
        assert_eq!(back.get(&table[0]), Some(&value.current()), "{}", attribute.name);
    }
}

#[test]
fn secrets_are_sent_and_never_read() {
    for (kind, attribute) in attributes().filter(|(_, attribute)| attribute.is_secret()) {
        let secret = match attribute.takes {
            Type::Secrets => Value::Secrets([("key".into(), Secret::new("open sesame"))].into()),
            _ => Value::Secret(Secret::new("open sesame")),
        };
        let mut element = Element::new(kind.element);
        encode([(attribute, &secret)], &mut element);
        assert!(element.to_string().contains("open sesame"), "{}", attribute.name);
        assert!(decode(shown(attribute), &element).is_empty(), "{}", attribute.name);
    }
}
