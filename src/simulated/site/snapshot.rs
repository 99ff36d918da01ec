//! A site as text: JSON, one value a line. The first says how many objects follow and what the site
//! knows beside them; each other line is an object, owners before what they own.
//!
//! What an object says is written as `JsonML` is: `["name", {attributes}, "text", [child], …]`, which
//! keeps white space and order where XML would not.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Site;
use crate::simulated::kinds;
use crate::simulated::kinds::people;
use crate::simulated::lab;
use crate::simulated::schema::SCHEMA;
use crate::simulated::store::{Handle, Object};
use crate::simulated::trouble::Troubles;
use crate::simulated::{Gate, Log, Options, Simulated};
use crate::xml::{self, Element};

/// The form that this version writes.
const FORMAT: u32 = 1;

/// So long jobs that had ended are still shown.
const JOBS_KEPT: Duration = Duration::from_secs(600);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The version of the form.
    simulated_engine: u32,
    /// How many lines follow.
    objects: usize,
    /// What all further chance is drawn from.
    seed: u64,
    /// The simulated time since the start, in seconds.
    clock: f64,
    /// The number of the last event.
    events: u64,
    /// Domains that were removed and are still on their storage, by place: what lies there, in XML.
    leftovers: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Line<'a> {
    kind: &'a str,
    /// The owner: which line it is on, the first object's being 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<usize>,
    id: &'a str,
    document: Written<'a>,
    /// What the engine knows and does not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Written<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    kind: String,
    parent: Option<usize>,
    id: String,
    document: Read,
    notes: Option<Read>,
}

/// Why a snapshot cannot be used.
#[derive(Debug)]
pub struct SnapshotError {
    /// The line that is wrong, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for SnapshotError {}

impl Site {
    /// Writes all that it holds. Work that is under way is finished first, and both this site and
    /// one that is loaded go on with the same chance.
    pub fn save(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.settle();
        let seed = self.random.next_u64();
        self.random = StdRng::seed_from_u64(seed);
        let mut lines: HashMap<Handle, usize> = HashMap::new();
        let mut objects: Vec<&Object> = Vec::new();
        for (handle, object) in self.store.iter() {
            if object.parent.is_none_or(|parent| lines.contains_key(&parent)) {
                lines.insert(handle, objects.len());
                objects.push(object);
            }
        }
        let head = Head {
            simulated_engine: FORMAT,
            objects: objects.len(),
            seed,
            clock: self.now.as_secs_f64(),
            events: self.events,
            leftovers: self
                .leftovers
                .iter()
                .map(|(place, lost)| (place.clone(), lost.to_string()))
                .collect(),
        };
        write_line(out, &head)?;
        for object in objects {
            let line = Line {
                kind: object.kind,
                parent: object.parent.and_then(|it| lines.get(&it).copied()),
                id: &object.id,
                document: Written(&object.body),
                notes: object.hidden.as_deref().map(Written),
            };
            write_line(out, &line)?;
        }
        out.flush()
    }

    /// The site that was saved.
    pub fn load(input: &mut dyn BufRead, strict: bool) -> Result<Self, SnapshotError> {
        let mut lines = Lines { input, number: 0, text: String::new() };
        let head: Head = lines.next()?;
        if head.simulated_engine != FORMAT {
            let message = format!(
                "the snapshot has the form {}, and this version reads {FORMAT}",
                head.simulated_engine
            );
            return Err(lines.error(message));
        }
        let mut site = Self::new(head.seed, strict);
        site.events = head.events;
        for (place, lost) in head.leftovers {
            let lost = xml::parse(lost.as_bytes())
                .map_err(|error| lines.error(format!("what lies on {place}: {error}")))?;
            site.leftovers.insert(place, lost);
        }
        site.now = Duration::try_from_secs_f64(head.clock)
            .map_err(|_| lines.error(format!("{} is no time", head.clock)))?;
        let mut handles = Vec::new();
        for _ in 0..head.objects {
            let given: Given = lines.next()?;
            let object = object(given, &handles).map_err(|message| lines.error(message))?;
            if site.store.find(object.kind, object.parent, &object.id).is_some() {
                let message = format!("there are two `{}` with the id {}", object.kind, object.id);
                return Err(lines.error(message));
            }
            handles.push(site.store.insert(object));
        }
        lines.end()?;
        let jobs: Vec<Handle> = site.store.all("jobs").collect();
        for job in jobs {
            site.later(JOBS_KEPT, job, |site, job, _| site.store.remove(job));
        }
        kinds::resume(&mut site);
        Ok(site)
    }
}

impl Simulated {
    /// Writes the engine's whole state: JSON, one value a line. Background work is finished first;
    /// tokens, trouble and the log of requests are not part of it.
    ///
    /// # Errors
    /// What the writer says.
    pub fn save(&mut self, mut out: impl Write) -> io::Result<()> {
        self.site.save(&mut out)
    }

    /// An engine that goes on where one was saved. Of the options, `seed` is for trouble alone.
    ///
    /// # Errors
    /// Where the snapshot is damaged, and how.
    pub fn load(mut input: impl BufRead, options: Options) -> Result<Self, SnapshotError> {
        let mut site = Site::load(&mut input, options.strict)?;
        let (seed, client) = (options.seed, options.client.clone());
        let accounts = options.accounts();
        people::appoint(&mut site, &accounts);
        let mut gate = Gate::new(accounts, client);
        let workers = lab::people(gate.password());
        gate.admit(workers.into_iter().filter(|it| people::entry(&site, it).is_some()));
        Ok(Self { site, gate, troubles: Troubles::new(seed), log: Log::default(), writes: 0 })
    }
}

fn object(given: Given, handles: &[Handle]) -> Result<Object, String> {
    let kind = SCHEMA
        .known_service(&given.kind)
        .ok_or_else(|| format!("there is no kind `{}`", given.kind))?;
    let parent = match given.parent {
        Some(number) => {
            let handle = handles.get(number).copied();
            Some(
                handle
                    .ok_or_else(|| format!("no object before this one has the number {number}"))?,
            )
        }
        None => None,
    };
    let hidden = given.notes.map(|Read(notes)| Box::new(notes));
    Ok(Object { kind, parent, id: given.id, body: given.document.0, hidden })
}

fn write_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: usize,
    text: String,
}

impl Lines<'_> {
    fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T, SnapshotError> {
        self.number += 1;
        self.text.clear();
        let read = self.input.read_line(&mut self.text);
        match read {
            Ok(0) => Err(self.error("the snapshot ends too early".to_owned())),
            Ok(_) => {
                serde_json::from_str(&self.text).map_err(|error| self.error(error.to_string()))
            }
            Err(error) => Err(self.error(error.to_string())),
        }
    }

    fn end(&mut self) -> Result<(), SnapshotError> {
        self.number += 1;
        let mut rest = String::new();
        match self.input.read_line(&mut rest) {
            Ok(0) => Ok(()),
            _ => Err(self.error("more follows than the first line says".to_owned())),
        }
    }

    fn error(&self, message: String) -> SnapshotError {
        SnapshotError { line: self.number, message }
    }
}

/// An element that is written.
struct Written<'a>(&'a Element);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let element = self.0;
        let mut parts = serializer.serialize_seq(None)?;
        parts.serialize_element(element.name())?;
        let attributes: BTreeMap<&str, &str> = element.attributes().collect();
        if !attributes.is_empty() {
            parts.serialize_element(&attributes)?;
        }
        if !element.text().is_empty() {
            parts.serialize_element(element.text())?;
        }
        for child in element.children() {
            parts.serialize_element(&Written(child))?;
        }
        parts.end()
    }
}

/// An element that is read. Its names are the schema's, so they take no memory.
struct Read(Element);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Parts)
    }
}

struct Parts;

enum Part {
    Text(String),
    Attributes(BTreeMap<String, String>),
    Child(Read),
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyPart)
    }
}

struct AnyPart;

impl<'de> Visitor<'de> for AnyPart {
    type Value = Part;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`{attributes}`, `\"text\"` or `[child]`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Part, E> {
        Ok(Part::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            attributes.insert(name, value);
        }
        Ok(Part::Attributes(attributes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Part, A::Error> {
        Parts.visit_seq(parts).map(Part::Child)
    }
}

impl<'de> Visitor<'de> for Parts {
    type Value = Read;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an element, `[\"name\", {attributes}, \"text\", [child], …]`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Read, A::Error> {
        let name: String =
            parts.next_element()?.ok_or_else(|| A::Error::custom("an element has a name"))?;
        let mut element = Element::new(SCHEMA.known_name(&name));
        while let Some(part) = parts.next_element::<Part>()? {
            match part {
                Part::Text(text) => element.set_text(text),
                Part::Attributes(attributes) => {
                    for (name, value) in attributes {
                        element.set_attribute(SCHEMA.known_name(&name), value);
                    }
                }
                Part::Child(Read(child)) => element.push(child),
            }
        }
        element.children_mut().shrink_to_fit();
        Ok(Read(element))
    }
}
