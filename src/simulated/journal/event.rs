//! Events: what the engine tells about its work, each of a kind with a number.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::subject::Subject;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// A kind of event, of those that the engine knows.
#[derive(Debug)]
pub struct EventKind {
    /// Its number.
    pub code: u32,
    /// `normal`, `warning`, `error` or `alert`.
    pub severity: &'static str,
    /// Its text, with words to fill in: `VM ${VmName} was created by ${UserName}.`
    pub text: &'static str,
}

impl EventKind {
    /// The kind of that name, such as `USER_RUN_VM`.
    pub fn named(name: &str) -> Option<&'static Self> {
        static ALL: LazyLock<HashMap<&'static str, EventKind>> =
            LazyLock::new(|| include_str!("events.tsv").lines().filter_map(read).collect());
        ALL.get(name)
    }
}

fn read(line: &'static str) -> Option<(&'static str, EventKind)> {
    let mut fields = line.split('\t');
    let (name, code) = (fields.next()?, fields.next()?.parse().ok()?);
    Some((name, EventKind { code, severity: fields.next()?, text: fields.next()? }))
}

/// An event that is being put together.
///
/// `Event::of("USER_RUN_VM").about(site, vm).tell(site)` is all that most rules need: the names in
/// the text and the references come from the object and what it refers to.
pub struct Event {
    name: &'static str,
    subject: Subject,
}

impl Event {
    /// An event of a kind.
    pub fn of(name: &'static str) -> Self {
        Self { name, subject: Subject::default() }
    }

    /// The event, about an object and what belongs to it; what was said first counts.
    pub fn about(mut self, site: &Site, object: Handle) -> Self {
        self.subject.add(site, object);
        self
    }

    /// The event, with a word of its text.
    pub fn with(mut self, word: &'static str, text: impl AsRef<str>) -> Self {
        self.subject.set(word, text);
        self
    }

    /// The event, about what a command is about.
    pub fn on(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// Writes the event.
    pub fn tell(self, site: &mut Site) {
        let Some(kind) = EventKind::named(self.name) else {
            debug_assert!(false, "the engine has no event {}", self.name);
            return;
        };
        let mut body = Element::new("event");
        tree::set(&mut body, "description", self.subject.fill(site, kind.text));
        tree::set(&mut body, "severity", kind.severity);
        tree::set(&mut body, "code", kind.code.to_string());
        for reference in self.subject.references() {
            body.push(reference.clone());
        }
        write(site, body);
    }
}

/// Writes an event that says at least what happened and how bad it is; the rest is filled in.
pub fn write(site: &mut Site, mut body: Element) -> Handle {
    tree::default(&mut body, "code", "0");
    tree::default(&mut body, "correlation_id", site.correlation.clone());
    tree::default(&mut body, "origin", "oVirt");
    tree::default(&mut body, "custom_id", "-1");
    tree::default(&mut body, "flood_rate", "30");
    tree::default(&mut body, "time", site.date());
    // What the engine does by itself it does for nobody.
    if let Some(user) = super::actor(site).filter(|_| !site.correlation.is_empty()) {
        tree::put(&mut body, super::subject::reference(site, "user", user));
    }
    let number = site.next_event().to_string();
    tree::set(&mut body, "index", &number);
    site.add("events", None, number, body)
}
