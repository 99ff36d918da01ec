//! One attribute of a kind, and the words its tables are written in.

use super::{Carried, Codec, Fields, Kind, Test, Type, Update, Value, Verb, read_scalar};

pub use words::{
    decimal, file, flag, int, list, mac, map, one_of, refer, secret, secrets, set, size, text,
    version,
};

mod words;

/// One attribute: what it is called, where its XML is, what it takes and how it changes.
///
/// The name is the attribute's path in the API's representation (`cpu.topology.sockets`), which
/// makes it the XML path too, unless [`Attribute::at`] says otherwise.
#[derive(Clone, Copy)]
pub struct Attribute {
    /// Path of the attribute in the API's representation, with dots.
    pub name: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// What values it takes.
    pub takes: Type,
    /// Where its XML is, if not where the name says: `vlan/@id`.
    pub path: Option<&'static str>,
    /// Name of the member elements of a set, list or map.
    pub item: &'static str,
    /// What the engine takes when nothing is said, as written in a manifest.
    pub default: Option<&'static str>,
    /// Whether an object cannot be made without it.
    pub required: bool,
    /// Whether the resource's key is its value unless the manifest gives one.
    pub from_key: bool,
    /// Whether that key follows its parent's: `web-01_root`.
    pub after_parent: bool,
    /// When a change takes effect.
    pub update: Update,
    /// Where it goes when the object is made or changed.
    pub place: Place,
    /// What a read shows of it.
    pub sight: Sight,
    /// The actions that bring it to each of its values, for what a PUT cannot change.
    pub set_by: &'static [(&'static str, &'static Verb)],
    /// Values on the way to another one, and that other: a VM that powers up counts as up.
    pub passing: &'static [(&'static str, &'static str)],
    /// Sent unchanged with every change of an attribute whose name starts so, because the engine
    /// takes its absence for a change. The empty prefix is that of every attribute.
    pub along: Option<&'static str>,
    /// Whether the object's id is that of the object it refers to.
    pub own_id: bool,
    /// Whether its default is sent when an object is made and nothing is said.
    pub assumed: bool,
    /// The attributes that make it unneeded then.
    pub assumed_unless: &'static [&'static str],
    /// Whether no two objects of the kind may have the same value.
    pub unique: bool,
    /// Whether the engine refuses to remove an object while this refers to it.
    pub holds: bool,
    /// Whether an empty element takes it away.
    pub clears: bool,
    /// The flag, or the reference, beside which it only matters when the object is made.
    pub once_with: Option<&'static str>,
    /// Whether the engine refuses to remove an object while this flag is set.
    pub forbids_removal: bool,
    /// The segment of the collection below the object in which its members are added and removed
    /// one by one: `permits`.
    pub linked: Option<&'static str>,
    /// Whether the engine keeps one member at most: the old one goes before the new one comes.
    pub lone: bool,
    /// Whether it stands in a collection of its own, to which reads follow the link.
    pub followed: bool,
    /// The segment of the collection below the object in which it stands, if no link leads there.
    pub apart: Option<&'static str>,
    /// Whether its default is wanted of every object that exists, said or not.
    pub insisted: bool,
    /// What the engine picks for a new object that says nothing, where `null` is something else.
    pub usual: Option<&'static str>,
    /// Which objects do in its place where no read shows which it was.
    pub stand_in: Option<Test>,
    /// Whether only those of its members are managed that are written; an empty one is none.
    pub by_member: bool,
    /// Whether it changes all the time, so that no plan is outdated by that.
    pub fluctuates: bool,
    /// Whether what an object has of it says nothing of what its owners want.
    pub only_wished: bool,
    /// Whether people write secrets into it: reads show it, and nobody else does.
    pub private: bool,
    /// What people are told of an object that shows by this flag that something waits until it may
    /// be taken out of service.
    pub pending_for: Option<&'static str>,
    /// Which objects of the kind that it refers to are meant, where several share a name.
    pub among: Option<Test>,
    /// The attribute that refers to what holds the object that this one refers to: the domain on
    /// which an unregistered VM lies. No other of that name is meant.
    pub inside: Option<&'static str>,
    /// The objects to which a change is carried on, and how: a network's MTU to the hosts.
    pub carried: Option<Carried>,
    /// The kind of what fills objects with the file that it names, and keeps them from being
    /// removed until it is over.
    pub filled_by: Option<&'static Kind>,
    /// Odd XML.
    pub codec: Option<&'static Codec>,
}

/// Where an attribute goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into the body of POST and PUT.
    Body,
    /// Into the query of the POST.
    Query,
    /// Into the query of the DELETE; the ledger keeps it, as the manifest is gone by then.
    Removal,
    /// Into no request of its own: the kind's lifecycle sees to it.
    Lifecycle,
}

/// What a read of the object shows of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Its value.
    Shown,
    /// Its value, if `all_content` is asked for.
    AllContent,
    /// Nothing that could be compared: the ledger keeps a digest of what was sent.
    Hidden,
    /// Its value for objects that exist; on others it only matters when they are made.
    OnceOnly,
}

impl Attribute {
    /// Whether it is the one of that name, or stands in it.
    pub fn is_in(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether its values must never be shown, and no read shows them.
    pub const fn is_secret(&self) -> bool {
        matches!(self.takes, Type::Secret | Type::Secrets)
    }

    /// Whether people see a mask in place of its values.
    pub const fn is_masked(&self) -> bool {
        self.private || self.is_secret()
    }

    /// Whether a read shows a value that can be compared.
    pub const fn is_comparable(&self) -> bool {
        matches!(self.sight, Sight::Shown | Sight::AllContent)
    }

    /// Whether `null` stands for something: a default, or nothing at all. Of the rest the engine
    /// chooses the value, and would keep it.
    pub const fn has_null(&self) -> bool {
        !self.required && (self.default.is_some() || self.clears)
    }

    /// Whether an object with these values has to show it as it was sent.
    pub fn lasts(&self, beside: &Fields) -> bool {
        let is_set = |flag| {
            let said = beside.named(flag);
            said.is_some_and(|value| value.is_true() || value.as_reference().is_some())
        };
        self.is_comparable() && !self.once_with.is_some_and(is_set)
    }

    /// Whether reading it takes `all_content`.
    pub const fn needs_all_content(&self) -> bool {
        matches!(self.sight, Sight::AllContent)
    }

    /// Whether a read has to follow a link to see it.
    pub const fn is_followed(&self) -> bool {
        self.followed || self.linked.is_some()
    }

    /// Whether the object's own element does not show it.
    pub const fn is_elsewhere(&self) -> bool {
        self.is_followed() || self.apart.is_some()
    }

    /// What of a found value a wanted one speaks of.
    pub fn spoken_of(&self, wanted: &Value, found: Value) -> Value {
        match (wanted, found) {
            (Value::Map(wanted), found) if self.by_member => {
                let found = if let Value::Map(found) = found { found } else { Default::default() };
                let member = |name: &String| found.get(name).cloned().unwrap_or_default();
                Value::Map(wanted.keys().map(|name| (name.clone(), member(name))).collect())
            }
            (_, found) => found,
        }
    }

    /// The value that `null` stands for, and that an object has which shows none.
    pub fn default_value(&self) -> Value {
        let Some(text) = self.default else { return Value::Nothing };
        match self.takes {
            Type::Set(_) => Value::Set(Vec::new()),
            Type::List(_) => Value::List(Vec::new()),
            Type::Map => Value::Map(Default::default()),
            takes => read_scalar(takes, text).expect("the catalogue's defaults are valid"),
        }
    }

    /// Writes a value of this attribute as a person would read it.
    pub fn show(&self, value: &Value) -> String {
        match (self.takes, value) {
            _ if self.is_masked() => super::Secret::MASK.to_owned(),
            (Type::Size | Type::SizeIn(_), Value::Integer(bytes)) => super::format_size(*bytes),
            (_, value) => value.to_string(),
        }
    }
}

/// The name says it all to whoever knows the kind.
impl std::fmt::Debug for Attribute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// Two attributes of one table are the same when they have the same name.
impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Attribute {}
