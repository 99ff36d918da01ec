//! Whether the stories together tell the whole life of each kind: how it is made, changed in each
//! way that its table has, and removed.

use std::collections::BTreeSet;

use virtuform::resources::kinds::{BOOKMARK, KINDS};
use virtuform::resources::{
    Attribute, Change, Effect, Fields, Kind, Place, Sight, Standing, Update, Value,
};

/// What a story shows of one resource: a heading, and the lines below it.
struct Passage<'a> {
    sign: &'a str,
    /// The sections in its address.
    sections: Vec<&'a str>,
    /// What stands behind the address, and goes on below it.
    reason: String,
    /// What is indented below.
    lines: Vec<&'a str>,
}

const SIGNS: &[&str] = &["+", "=", "~", ">", "-/+", "-", "refused:", "error:", NOTE];

/// Notes have none.
const NOTE: &str = "";

/// Every passage of all stories.
fn passages(told: &str) -> Vec<Passage<'_>> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut is_open = false;
    for line in told.lines() {
        match line.strip_prefix("    ") {
            Some(rest) if is_open => {
                let passage = passages.last_mut().unwrap();
                passage.reason += " ";
                passage.reason += rest.trim_start();
                passage.lines.push(rest);
            }
            _ => {
                let begun = begun(line);
                is_open = begun.is_some();
                passages.extend(begun);
            }
        }
    }
    passages
}

fn begun(line: &str) -> Option<Passage<'_>> {
    let (sign, rest) = match line.strip_prefix("  ") {
        Some(note) => (NOTE, note),
        None => line.split_once(' ')?,
    };
    let (address, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let sections: Vec<&str> = address.trim_end_matches(':').split('/').step_by(2).collect();
    let reason = reason.trim().to_owned();
    SIGNS.contains(&sign).then(|| Passage { sign, sections, reason, lines: Vec::new() })
}

impl Passage<'_> {
    fn is_of(&self, kind: &'static Kind) -> bool {
        self.sections == sections_of(kind)
    }

    /// The lines about an attribute, without its name.
    fn of<'a>(&'a self, attribute: &'a Attribute) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter_map(move |line| {
            let rest = line.strip_prefix(attribute.name)?;
            rest.starts_with(' ').then(|| rest.trim())
        })
    }
}

fn sections_of(kind: &'static Kind) -> Vec<&'static str> {
    let above = std::iter::successors(Some(kind), |kind| kind.parent).map(|kind| kind.section);
    let mut sections: Vec<_> = above.collect();
    sections.reverse();
    sections
}

/// What a kind goes through in some story.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Made,
    /// One of such attributes changes, with that effect on what is in service.
    Changed(&'static str, &'static str),
    /// One of such attributes changes, which takes another object.
    Replaced(&'static str),
    /// A member of a set comes or goes.
    Linked,
    /// What no read shows is sent again since the manifest has something else.
    SentAgain,
    /// What is read once changed in the manifest.
    TooLate,
    /// An action brings it into another state.
    Called(&'static str),
    /// A parameter of its making is given, which no read shows.
    MadeWith,
    /// A parameter of its removal is given.
    RemovedWith,
    Removed,
    /// What it has itself forbids its removal.
    Forbidden,
    /// Other objects are in the way of its removal.
    Kept,
    /// What its kind knows of the engine speaks against what manifests say.
    Refused,
}

fn events(kind: &'static Kind) -> BTreeSet<Event> {
    let mut events: BTreeSet<Event> =
        kind.attributes.iter().flat_map(|attribute| changes(kind, attribute)).collect();
    if !kind.inseparable {
        events.insert(Event::Made);
    }
    // The API removes no network of a provider, and no disk of a template but with that.
    let stays = ["openstack_network", "template_disk_attachment"].contains(&kind.name);
    if !kind.inseparable && !stays {
        events.insert(Event::Removed);
    }
    if kind.attributes.iter().any(|attribute| attribute.forbids_removal) {
        events.insert(Event::Forbidden);
    }
    if kind.holders().next().is_some() || !kind.kept_by.is_empty() {
        events.insert(Event::Kept);
    }
    if !std::ptr::fn_addr_eq(kind.check, BOOKMARK.check) {
        events.insert(Event::Refused);
    }
    events
}

/// How a change of an attribute is told.
fn changes(kind: &'static Kind, attribute: &'static Attribute) -> Vec<Event> {
    if !attribute.set_by.is_empty() {
        let verbs = attribute.set_by.iter().map(|(_, verb)| Event::Called(verb.name));
        return verbs.collect();
    }
    if attribute.linked.is_some() {
        return vec![Event::Linked];
    }
    let is_fixed = matches!(attribute.update, Update::Replace | Update::Never);
    let identity = kind.identity.iter().chain(kind.or_by);
    let identifies = identity.copied().any(|name| name == attribute.name);
    let names = attribute.from_key && (is_fixed || attribute.takes.refers_to().is_some());
    match (attribute.place, attribute.sight) {
        (Place::Query, _) => vec![Event::MadeWith],
        (Place::Removal, _) => vec![Event::RemovedWith],
        // Where that is another one, the object is.
        (Place::Body, _) if names || is_fixed && identifies => Vec::new(),
        (Place::Body, Sight::Shown | Sight::AllContent) => match effect(kind, attribute) {
            Effect::Replace => vec![Event::Replaced(mode(attribute.update))],
            Effect::NextStart => vec![Event::Changed(mode(attribute.update), kind.later)],
            effect => vec![Event::Changed(mode(attribute.update), effect.words())],
        },
        (Place::Body, Sight::Hidden) if attribute.update == Update::Never => vec![Event::TooLate],
        (Place::Body, Sight::Hidden) => vec![Event::SentAgain],
        (Place::Body, Sight::OnceOnly) | (Place::Lifecycle, _) => Vec::new(),
    }
}

fn mode(update: Update) -> &'static str {
    match update {
        Update::Now => "now",
        Update::Hot => "hot",
        Update::NextStart => "at the next start",
        Update::WhenDown => "when it is down",
        Update::Replace => "only in another object",
        Update::Never => "never",
    }
}

/// The effect of a change on an object that is in service, below one that is.
fn effect(kind: &'static Kind, attribute: &'static Attribute) -> Effect {
    let in_service = |kind: &'static Kind| -> Fields {
        let states = [("active", Value::Flag(true)), ("plugged", Value::Flag(true))].into_iter();
        let status = if kind.name == "storage_domain" { "active" } else { "up" };
        let states = states.chain([("status", Value::Text(status.to_owned()))]);
        states.filter_map(|(name, value)| Some((kind.attribute(name)?, value))).collect()
    };
    let (mut from, to) = (in_service(kind), Fields::new());
    from.set(attribute, Value::Text("something else".to_owned()));
    let parent = kind.parent.map(in_service);
    let change = Change { attribute, from: None, to: Value::Nothing, effect: Effect::Now };
    let standing = Standing { from: &from, to: &to, parent: parent.as_ref() };
    match (kind.effect)(&change, &standing) {
        // How much is hot depends on how much it is.
        Effect::NextStart if attribute.update == Update::Hot => Effect::Hot,
        effect => effect,
    }
}

const OF_ANY: &[&str] = &["refers to `", " missing", "there can be one only", "has no attribute"];

/// Whether a passage tells that event of a kind.
fn tells(passage: &Passage, kind: &'static Kind, event: Event) -> bool {
    let Passage { sign, reason, .. } = passage;
    let mut concerned = concerned(kind, event);
    let mut has_line = |says: &dyn Fn(&str) -> bool| concerned.any(|it| passage.of(it).any(says));
    match event {
        Event::Made => *sign == "+" || reason.contains("the engine makes it along with"),
        Event::Removed => *sign == "-",
        Event::Forbidden => reason.contains("cannot be removed while it has"),
        Event::Kept => reason.contains("cannot be removed, as"),
        // What any resource may be told is no knowledge of its kind's.
        Event::Refused => *sign == "error:" && !OF_ANY.iter().any(|words| reason.contains(words)),
        // What has no call to change it is taken out and put back.
        Event::Changed(..) if *sign == "-/+" && reason.starts_with("it differs") => {
            has_line(&|_| true)
        }
        Event::Changed(_, effect) => has_line(&|line| line.ends_with(effect)),
        Event::Replaced(_) => {
            concerned.any(|it| reason.contains(&format!("`{}` cannot be changed", it.name)))
        }
        Event::Linked => has_line(&|line| line.starts_with("+ ") || line.starts_with("- ")),
        Event::SentAgain => has_line(&|line| line.starts_with("-> ")),
        Event::TooLate => concerned.any(|it| {
            reason.contains(&format!("`{}`", it.name)) && reason.contains("is read only when")
        }),
        Event::Called(verb) => reason.contains(verb),
        Event::MadeWith => *sign == "+" && has_line(&|_| true),
        Event::RemovedWith => *sign == "-" && has_line(&|_| true),
    }
}

/// The attributes of which any may show the event.
fn concerned(kind: &'static Kind, event: Event) -> impl Iterator<Item = &'static Attribute> {
    kind.attributes.iter().filter(move |attribute| changes(kind, attribute).contains(&event))
}

#[test]
fn every_kind_lives_in_some_story() {
    let read = |path| std::fs::read_to_string(path).unwrap();
    let told: String = super::all().into_iter().map(read).collect();
    let passages = passages(&told);
    let mut missing = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        // Those of one table, as tags of hosts and of VMs, live alike.
        let alike = || KINDS.iter().filter(|it| std::ptr::eq(it.attributes, kind.attributes));
        for event in events(kind) {
            let tell = |kind: &'static Kind| {
                passages.iter().any(|it| it.is_of(kind) && tells(it, kind, event))
            };
            if !alike().any(|kind| tell(kind)) {
                let of: Vec<_> = concerned(kind, event).collect();
                missing.push(format!("{}: {event:?} {of:?}", kind.name));
            }
        }
    }
    assert!(missing.is_empty(), "no story tells:\n{}", missing.join("\n"));
}
