//! The words that tables of attributes are written in.

use super::super::{Carried, Carrier, Codec, Kind, Test, Type, Update, Verb};
use super::{Attribute, Place, Sight};

const fn attribute(name: &'static str, summary: &'static str, takes: Type) -> Attribute {
    Attribute {
        name,
        summary,
        takes,
        path: None,
        item: "",
        default: None,
        required: false,
        from_key: false,
        after_parent: false,
        update: Update::Now,
        place: Place::Body,
        sight: Sight::Shown,
        set_by: &[],
        passing: &[],
        along: None,
        own_id: false,
        assumed: false,
        assumed_unless: &[],
        unique: false,
        holds: false,
        clears: false,
        once_with: None,
        forbids_removal: false,
        linked: None,
        lone: false,
        followed: false,
        apart: None,
        insisted: false,
        usual: None,
        stand_in: None,
        only_wished: false,
        by_member: false,
        fluctuates: false,
        private: false,
        pending_for: None,
        among: None,
        inside: None,
        carried: None,
        filled_by: None,
        codec: None,
    }
}

/// Free text; back to nothing is the empty text.
pub const fn text(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Text).default("")
}

/// A whole number between `min` and `max`.
pub const fn int(name: &'static str, summary: &'static str, min: i64, max: i64) -> Attribute {
    assert!(min <= max, "an integer needs min <= max");
    attribute(name, summary, Type::Integer(min, max))
}

/// A number that may have a fraction.
pub const fn decimal(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Decimal)
}

/// `true` or `false`.
pub const fn flag(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Flag)
}

/// A size in bytes.
pub const fn size(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Size)
}

/// One of some words.
pub const fn one_of(
    name: &'static str,
    summary: &'static str,
    words: &'static [&'static str],
) -> Attribute {
    attribute(name, summary, Type::OneOf(words))
}

/// A version such as `4.8`.
pub const fn version(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Version)
}

/// A MAC address.
pub const fn mac(name: &'static str, summary: &'static str) -> Attribute {
    attribute(name, summary, Type::Mac)
}

/// Another object; back to none is the empty element.
pub const fn refer(name: &'static str, summary: &'static str, kind: &'static Kind) -> Attribute {
    attribute(name, summary, Type::Reference(kind)).clears()
}

/// Values without order, in elements named `item`.
pub const fn set(
    name: &'static str,
    summary: &'static str,
    item: &'static str,
    of: &'static Type,
) -> Attribute {
    Attribute { item, ..attribute(name, summary, Type::Set(of)).default("[]") }
}

/// Values in order, in elements named `item`.
pub const fn list(
    name: &'static str,
    summary: &'static str,
    item: &'static str,
    of: &'static Type,
) -> Attribute {
    Attribute { item, ..attribute(name, summary, Type::List(of)).default("[]") }
}

/// Names with texts, in elements named `item`.
pub const fn map(name: &'static str, summary: &'static str, item: &'static str) -> Attribute {
    Attribute { item, ..attribute(name, summary, Type::Map).default("{}") }
}

/// Text that must never be seen, and that the engine never returns.
pub const fn secret(name: &'static str, summary: &'static str) -> Attribute {
    Attribute { sight: Sight::Hidden, ..attribute(name, summary, Type::Secret) }
}

/// Names with texts that must never be seen, in elements named `item`.
pub const fn secrets(name: &'static str, summary: &'static str, item: &'static str) -> Attribute {
    Attribute { item, sight: Sight::Hidden, ..attribute(name, summary, Type::Secrets) }
}

/// A local file with which an object is filled after it was made, by something of that kind. No read shows what became of it:
/// the ledger keeps a digest once all of it was sent.
pub const fn file(name: &'static str, summary: &'static str, by: &'static Kind) -> Attribute {
    let file = attribute(name, summary, Type::File).by_lifecycle().clears();
    Attribute { sight: Sight::Hidden, update: Update::Never, filled_by: Some(by), ..file }
}

impl Attribute {
    /// An object cannot be made without it.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The resource's key is its value unless the manifest gives one.
    pub const fn from_key(self) -> Self {
        Self { from_key: true, ..self }
    }

    /// The parent's key and the resource's own, joined by `_`, are its value unless the manifest
    /// gives one: for names that should be unique beyond the parent.
    pub const fn from_keys(self) -> Self {
        Self { from_key: true, after_parent: true, ..self }
    }

    /// A size in whole multiples of `bytes`.
    pub const fn multiple_of(self, bytes: i64) -> Self {
        assert!(matches!(self.takes, Type::Size), "only a size is a multiple of bytes");
        Self { takes: Type::SizeIn(bytes), ..self }
    }

    /// What the engine takes when nothing is said; `null` in a manifest means it.
    pub const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// No value stands for nothing: the engine picks one by itself.
    pub const fn engine_default(self) -> Self {
        Self { default: None, clears: false, ..self }
    }

    /// What the engine picks where nothing is said; `null` says that there is to be none.
    pub const fn usually(self, value: &'static str) -> Self {
        Self { usual: Some(value), ..self }
    }

    /// No read shows it, and any object that is so does in its place.
    pub const fn or_any(self, is_so: Test) -> Self {
        Self { stand_in: Some(is_so), ..self }
    }

    /// Where its XML is: names separated by `/`, `@` before an XML attribute.
    pub const fn at(self, path: &'static str) -> Self {
        Self { path: Some(path), ..self }
    }

    /// When a change takes effect.
    pub const fn update(self, update: Update) -> Self {
        Self { update, ..self }
    }

    /// It goes into the query of the POST, and no read shows it.
    pub const fn in_query(self) -> Self {
        Self { place: Place::Query, sight: Sight::OnceOnly, update: Update::Never, ..self }
    }

    /// It goes into the query of the DELETE.
    pub const fn for_removal(self) -> Self {
        Self { place: Place::Removal, sight: Sight::OnceOnly, update: Update::Never, ..self }
    }

    /// It goes into no request of its own: the kind's lifecycle sees to it.
    pub const fn by_lifecycle(self) -> Self {
        Self { place: Place::Lifecycle, ..self }
    }

    /// It only matters when the object is made: no read shows it and no update changes it. Of a
    /// secret the ledger keeps a digest, so that a change that comes too late can be told.
    pub const fn only_at_creation(self) -> Self {
        let sight = if self.is_secret() { Sight::Hidden } else { Sight::OnceOnly };
        Self { sight, update: Update::Never, ..self }
    }

    /// People write secrets into it. Reads show it, so that it is compared; plans mask it.
    pub const fn private(self) -> Self {
        Self { private: true, ..self }
    }

    /// A read does not show it; the ledger keeps a digest of what was sent.
    pub const fn hidden(self) -> Self {
        Self { sight: Sight::Hidden, ..self }
    }

    /// A read shows it only with `all_content`.
    pub const fn all_content(self) -> Self {
        Self { sight: Sight::AllContent, ..self }
    }

    /// The actions that bring it to each of its values; it is then never part of a body.
    pub const fn set_by(self, verbs: &'static [(&'static str, &'static Verb)]) -> Self {
        Self { set_by: verbs, place: Place::Lifecycle, ..self }
    }

    /// Values on the way to another one, and that other.
    pub const fn passing(self, states: &'static [(&'static str, &'static str)]) -> Self {
        Self { passing: states, ..self }
    }

    /// Sent unchanged with every change of an attribute whose name starts with `prefix`.
    pub const fn along(self, prefix: &'static str) -> Self {
        Self { along: Some(prefix), ..self }
    }

    /// The object has the id of the object that this refers to: an assigned tag that of the tag.
    pub const fn own_id(self) -> Self {
        Self { own_id: true, ..self }
    }

    /// Its default is sent when an object is made and nothing is said: the engine insists on it.
    pub const fn assumed(self) -> Self {
        assert!(self.default.is_some(), "only a default can be assumed");
        Self { assumed: true, ..self }
    }

    /// Its default is not sent where one of these is given: it is what they say.
    pub const fn unless(self, others: &'static [&'static str]) -> Self {
        assert!(self.assumed, "only what is assumed can be made unneeded");
        Self { assumed_unless: others, ..self }
    }

    /// No two objects of the kind may have the same value.
    pub const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    /// The engine refuses to remove an object while this refers to it.
    pub const fn holds(self) -> Self {
        Self { holds: true, ..self }
    }

    /// An empty element takes it away.
    pub const fn clears(self) -> Self {
        Self { clears: true, ..self }
    }

    /// It only matters when the object is made if that flag is set, or that reference given, beside
    /// it: a machine that is cloned forgets its template.
    pub const fn once_with(self, flag: &'static str) -> Self {
        Self { once_with: Some(flag), ..self }
    }

    /// The engine refuses to remove an object while this flag is set.
    pub const fn forbids_removal(self) -> Self {
        Self { forbids_removal: true, ..self }
    }

    /// A set whose members are added and removed one by one, in the collection of that segment
    /// below the object; reads follow the link there. Nothing of it is sent with the object.
    pub const fn linked(self, segment: &'static str) -> Self {
        assert!(matches!(self.takes, Type::Set(_)), "only a set has members to link");
        Self { linked: Some(segment), place: Place::Lifecycle, ..self }
    }

    /// It is sent with a new object nevertheless; only later changes go by member.
    pub const fn sent_at_creation(self) -> Self {
        assert!(self.linked.is_some(), "all others are sent anyway");
        Self { place: Place::Body, ..self }
    }

    /// The engine keeps one member at most.
    pub const fn one_at_most(self) -> Self {
        Self { lone: true, ..self }
    }

    /// It stands in a collection of its own, to which reads follow the link; nothing of it is sent
    /// with the object.
    pub const fn followed(self) -> Self {
        Self { followed: true, place: Place::Lifecycle, ..self }
    }

    /// It is sent with the object nevertheless.
    pub const fn sent(self) -> Self {
        assert!(self.followed, "all others are sent anyway");
        Self { place: Place::Body, ..self }
    }

    /// It stands in the collection of that segment below the object, to which no link leads: each
    /// object is asked for it.
    pub const fn apart(self, segment: &'static str) -> Self {
        Self { apart: Some(segment), ..self }
    }

    /// Its default is wanted of every object that exists, said or not: whatever else it shows is
    /// drift.
    pub const fn insisted(self) -> Self {
        assert!(self.default.is_some(), "only a default can be insisted on");
        Self { insisted: true, ..self }
    }

    /// Only those members of a map are managed that are written, and an empty one is none: the
    /// engine has others by itself. `null` takes all away.
    pub const fn by_member(self) -> Self {
        assert!(matches!(self.takes, Type::Map), "only a map has members with names");
        Self { by_member: true, default: None, clears: true, ..self }
    }

    /// It changes all the time, and no plan is outdated by that.
    pub const fn fluctuating(self) -> Self {
        Self { fluctuates: true, ..self }
    }

    /// What an object has of it says nothing of what its owners want: exports leave it out.
    pub const fn only_wished(self) -> Self {
        Self { only_wished: true, ..self }
    }

    /// A flag by which the engine says that something waits until the object may be taken out of
    /// service; until then people are told so.
    pub const fn pending_for(self, why: &'static str) -> Self {
        Self { pending_for: Some(why), ..self }
    }

    /// Of several objects that share a name it refers to one that is so.
    pub const fn among(self, is_such: Test) -> Self {
        Self { among: Some(is_such), ..self }
    }

    /// It refers to something below the object to which that other attribute refers.
    pub const fn inside(self, holder: &'static str) -> Self {
        Self { inside: Some(holder), ..self }
    }

    /// The engine carries a change on in the background, to the objects of that kind that refer to
    /// this one; a job tells when it is done.
    pub const fn carried_to(self, kind: &'static Kind) -> Self {
        Self { carried: Some(Carried { to: kind, by: Carrier::Job }), ..self }
    }

    /// The engine leaves a change to this action, and a job of that tells when it has reached the
    /// objects of the kind that refer to this one.
    pub const fn carried_by(self, verb: &'static Verb, kind: &'static Kind) -> Self {
        Self { carried: Some(Carried { to: kind, by: Carrier::Verb(verb) }), ..self }
    }

    /// The engine carries a change on in the background and no job tells of it: that flag of the
    /// objects of the kind does, which refer to what refers to this one.
    pub const fn shown_by(self, flag: &'static Attribute, kind: &'static Kind) -> Self {
        Self { carried: Some(Carried { to: kind, by: Carrier::Shown(flag) }), ..self }
    }

    /// Reads and writes odd XML.
    pub const fn codec(self, codec: &'static Codec) -> Self {
        Self { codec: Some(codec), ..self }
    }
}
