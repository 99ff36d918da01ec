//! One kind of resource.

use std::borrow::Cow;

use super::kinds::KINDS;
use super::{
    Action, Attribute, Change, Course, Effect, Fields, Reference, Share, Transition, Update, Value,
    Way,
};

mod words;

/// Everything virtuform knows of one kind of resource.
pub struct Kind {
    /// Its name: `disk_attachment`.
    pub name: &'static str,
    /// The API's name of its collection, which is its section in a manifest: `disk_attachments`.
    pub section: &'static str,
    /// The URL segment of its collection: `diskattachments`.
    pub segment: &'static str,
    /// The name of its element: `disk_attachment`.
    pub element: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// The kind whose objects hold this one's, if it is a child.
    pub parent: Option<&'static Kind>,
    /// The attributes that tell two objects of one parent apart; the last is the name proper, if
    /// the key gives it.
    pub identity: &'static [&'static str],
    /// Whether an object that bears another name, or stands elsewhere, is the one that is wanted.
    pub known_by: Option<Likeness>,
    /// What an object is called that has no name of its own; it then shows all of its identity.
    pub called: Option<fn(&Fields) -> Option<String>>,
    /// Kinds whose objects its checks and its lifecycle look for, beyond those it refers to.
    pub looks_at: &'static [&'static Kind],
    /// The attributes that tell it apart in their place, if all of them are given.
    pub or_by: &'static [&'static str],
    /// Its attributes, in the order in which they are shown.
    pub attributes: &'static [Attribute],
    /// Whether manifests can hold it; otherwise it can only be referred to.
    pub managed: bool,
    /// How the engine is asked for all of them.
    pub reading: Reading,
    /// The parameter without which its collection shows others.
    pub asked_with: Option<(&'static str, &'static str)>,
    /// Which objects may have some of it below them, where each has to be asked.
    pub asked_of: Test,
    /// The nested element that reads leave as a bare link, and the kind that it really is.
    pub joined: Option<(&'static str, &'static Kind)>,
    /// A collection of other objects that shows these with more of them: `data_centers` show their
    /// `storage_domains` with status.
    pub seen_from: Option<&'static Kind>,
    /// The collection in which waits look for the object; placeholders as in [`super::Verb::path`].
    pub watch: Option<&'static str>,
    /// Whether a client may choose the id, which makes a repeated create safe.
    pub chosen_id: bool,
    /// Whether a child can be made as soon as its parent exists, while the parent still settles.
    pub early: bool,
    /// Whether its objects stand in their parent's element, and in no collection of their own.
    pub inline: bool,
    /// The kinds whose objects it inherits: its collection shows those of the objects above, too,
    /// as if they were its own.
    pub inherits: &'static [&'static Kind],
    /// What is lost with it.
    pub loss: Loss,
    /// Which of its objects leave their data where they lie: only the engine loses them.
    pub leaves_data: Test,
    /// Steps with the same key, placeholders filled, never run at the same time.
    pub exclusive: Option<&'static str>,
    /// The kinds whose objects have to be ready before the closing actions, with the attribute
    /// that has to agree: a VM starts when its cluster has its hosts.
    pub closes_after: &'static [(&'static Kind, &'static str)],
    /// As [`Self::closes_after`], and all of them have to have gone well: a network is required
    /// once the hosts have it. Removal runs it backwards: what opens a removal comes before theirs.
    pub closes_with: &'static [(&'static Kind, &'static str)],
    /// The kinds whose objects have to be ready before it is made, with the attribute of it or of
    /// its parent that has to agree: a NIC's network is assigned to the VM's cluster first.
    pub opens_after: &'static [(&'static Kind, &'static str)],
    /// The kinds whose objects have to be done with before it is made or changed in what is there
    /// already, well or not, with the attribute of it or of its parent that has to agree: a NIC is
    /// plugged into a running VM when the hosts carry its network.
    pub follows: &'static [(&'static Kind, &'static str)],
    /// Whether the first of those that agree in an attribute is made alone, given what that
    /// attribute refers to.
    pub first_alone: Option<(&'static str, Test)>,
    /// The attribute by which its objects are made and removed one after another.
    pub serial: Option<&'static str>,
    /// The attribute by which its objects have ranks, and their ranks: the lower is made or changed
    /// first, and removed last.
    pub ranks: Option<(&'static str, Rank)>,
    /// The attribute that refers to the object along with which the engine removes it.
    pub goes_with: Option<&'static str>,
    /// Whether it is removed before what holds it, which would take it along: others that go too
    /// have to wait for it.
    pub leaves_first: bool,
    /// Whether siblings are made one after another, since the engine numbers them as they come.
    pub in_order: bool,
    /// The attribute whose values, or their members, no two siblings can share, but for its default:
    /// who gives one up comes before who takes it.
    pub only_one: Option<&'static str>,
    /// The calls other than POST to its collection that make its objects.
    pub ways: &'static [Way],
    /// Which new objects come with parts that nobody knows before.
    pub brings_more: Test,
    /// Which objects, of what was found of them and what is wanted, show only once that is done
    /// what lies in them: a domain when it is attached.
    pub reveals: fn(Option<&Fields>, &Fields) -> bool,
    /// The action that makes, changes and removes its objects together with others.
    pub joint: Option<&'static Share>,
    /// Which of its objects engines make unasked, so that nobody has to write them down.
    pub unasked: Option<Test>,
    /// Which of its objects come with the one that holds them, and are neither made nor removed.
    pub comes_along: Option<Test>,
    /// The kinds of what the engine copies when it makes the object that holds it: a template's
    /// NICs for a VM.
    pub copied_from: &'static [&'static Kind],
    /// Whether its parent has one at most, whatever that is called: a VM its watchdog.
    pub single: bool,
    /// Whether its parent always has it: the engine makes and removes it along with that only.
    pub inseparable: bool,
    /// The kinds whose objects may keep one from being removed, beyond those that
    /// [hold](Attribute::holds) it, and which of them do.
    pub kept_by: &'static [(&'static Kind, Keeps)],
    /// What a real engine would refuse, or quietly ignore, of a transition.
    pub check: fn(&Transition) -> Vec<Complaint>,
    /// Whether the engine can do something to what an object of these values has.
    pub reached: Test,
    /// Names of objects that every engine has and that are never removed.
    pub built_in: &'static [&'static str],
    /// Whether those are never changed either.
    pub locked: bool,
    /// What the setup of an engine gives what it makes, by attribute.
    pub set_up: &'static [(&'static str, &'static str)],
    /// What the engine means that refuses an action, where its words do not tell.
    pub advises: Advice,
    /// How it is made, changed and removed.
    pub lifecycle: fn(&Transition) -> Course,
    /// When a change takes effect, given how things stand.
    pub effect: fn(&Change, &Standing) -> Effect,
    /// When changes take effect that wait for the next start of a VM: a host has none.
    pub later: &'static str,
    /// What the engine makes along with it.
    pub brings: fn(&Reference, &Fields, &dyn Surroundings) -> Vec<Brought>,
    /// Whether what the engine shows of an attribute says what an object of these values has.
    pub tells: fn(&Attribute, &Fields) -> bool,
    /// What reads show beside what manifests can hold: for decisions, never to be compared.
    pub shows: &'static [Attribute],
    /// What an object of the second values takes of others that one of the first does not, or that
    /// a new one takes: how many bytes, by object of that kind.
    pub takes_room: Option<(&'static Kind, TakesRoom)>,
    /// How many bytes an object has to give, if it counts them.
    pub has_room: fn(&Fields) -> Option<Room>,
    /// Why objects of these values are kept by somebody else than manifests: a pool, the engine.
    pub kept_elsewhere: fn(&Fields) -> Option<&'static str>,
    /// The attribute that says which object a new one is a copy of, and what is copied.
    pub starts_as: Option<(&'static str, Concerns)>,
    /// The attribute that says which object decides over some of the others, and over which.
    pub obeys: Option<(&'static str, Concerns)>,
}

/// Whether an object of these values is so.
pub type Test = fn(&Fields) -> bool;

/// Whether something is about an attribute.
pub type Concerns = fn(&Attribute) -> bool;

/// Whether an object of the second values is meant by the first, which name what they refer to.
pub type Likeness = fn(&Fields, &Fields) -> bool;

/// What is taken of each object, given what was found of who takes it and what is to be.
pub type TakesRoom = fn(Option<&Fields>, &Fields, &dyn Surroundings) -> Vec<(Reference, i64)>;

/// The room that an object has for others, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is left.
    pub left: i64,
    /// With less than that left, nothing new comes in.
    pub kept: i64,
}

/// Whether an object keeps another one from being removed.
pub type Keeps = fn(&Keeper) -> bool;

/// An object that may keep another one from being removed.
pub struct Keeper<'a> {
    /// Its own id: a VM's disk has that of the disk.
    pub id: &'a str,
    /// What it will have.
    pub fields: &'a Fields,
    /// What was found of the object that holds it, if it is a child.
    pub parent: Option<&'a Fields>,
    /// The one that is to be removed.
    pub kept: &'a Reference,
    /// What was found of that one.
    pub of: &'a Fields,
    /// The object that holds that one, if it is a child.
    pub within: Option<&'a Reference>,
    /// The objects around both.
    pub around: &'a dyn Surroundings,
}

impl Keeper<'_> {
    /// Whether the attribute of that name refers to the one that is to be removed.
    pub fn refers(&self, attribute: &str) -> bool {
        let mut is_there = false;
        let mut look = |reference: &Reference| is_there |= reference == self.kept;
        self.fields.named(attribute).into_iter().for_each(|value| value.each_reference(&mut look));
        is_there
    }
}

/// What to do about an action that the engine refused with these words.
pub type Advice = fn(&Action, &str) -> Option<Cow<'static, str>>;

/// The rank of an object of these values that takes this course.
pub type Rank = fn(&Fields, &Course) -> u8;

/// How the engine is asked for all objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// In one list.
    List,
    /// In pages, since there may be ten thousand.
    Pages,
    /// In the list of each parent, since those have no link to it that could be followed.
    ByParent,
    /// So too, and the engine asks somebody else then: only for what manifests or the ledger have.
    FromAfar,
}

/// What is lost when an object is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing that a manifest could not make again.
    Nothing,
    /// Data that nobody can bring back.
    Data,
    /// Data, unless the flag of that name says that it stays.
    DataUnless(&'static str),
}

/// An object that the engine makes along with another one.
#[derive(Debug, Clone)]
pub struct Brought {
    /// Its kind.
    pub kind: &'static Kind,
    /// What it will have, its identity included.
    pub fields: Fields,
}

/// Something that the engine would refuse, said before it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The attribute at whose place in the manifest it is shown.
    pub attribute: &'static str,
    /// What is wrong, to stand behind the resource's address.
    pub message: String,
    /// What to do about it.
    pub hint: Cow<'static, str>,
}

/// How things stand when a change is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// What was found of the object.
    pub from: &'a Fields,
    /// What is wanted of it.
    pub to: &'a Fields,
    /// What was found of the object that holds it, if it is a child.
    pub parent: Option<&'a Fields>,
}

/// The objects around a resource: what is wanted, over what was found.
pub trait Surroundings {
    /// The first object of a kind that passes a test, in a stable order.
    fn find(&self, kind: &Kind, test: &dyn Fn(&Fields) -> bool) -> Option<Reference>;

    /// All objects of a kind, and what is known of each.
    fn all(&self, kind: &Kind) -> Vec<(Reference, Fields)>;
    /// What manifests say of an object.
    fn wanted(&self, kind: &Kind, at: &Reference) -> Option<Fields>;

    /// What is known of an object.
    fn look(&self, kind: &Kind, at: &Reference) -> Option<Fields>;

    /// What was found of an object, whatever is wanted of it.
    fn found(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        self.look(kind, at)
    }

    /// The children of a kind that an object has or will have: what is wanted, over what was found.
    fn children(&self, of: &Reference, kind: &Kind) -> Vec<Fields>;

    /// The same, as they were found, whatever is wanted of them.
    fn found_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        self.children(of, kind)
    }

    /// What manifests say of the children of a kind that they have of an object, and nothing else.
    fn wanted_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        self.children(of, kind)
    }

    /// The children of a kind that manifests have of an object, as they will be.
    fn kept_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        self.children(of, kind)
    }
}

impl Kind {
    /// What tells an object of these values from others: its identity, or what tells it apart in
    /// place of that.
    pub fn identity_of(&self, fields: &Fields) -> Fields {
        let otherwise = fields.filter(|attribute| self.or_by.contains(&attribute.name));
        match otherwise.len() == self.or_by.len() && !otherwise.is_empty() {
            true => otherwise,
            false => fields.filter(|attribute| self.identity.contains(&attribute.name)),
        }
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attribute that names an object among its siblings; none where the key is only the
    /// manifest's, and all of the identity together tells two objects apart.
    pub fn name_attribute(&self) -> Option<&'static Attribute> {
        let last = self.identity.last().and_then(|name| self.attribute(name));
        last.filter(|attribute| attribute.from_key)
    }

    /// The attributes of the identity beside the name.
    pub fn scope(&self) -> impl Iterator<Item = &'static Attribute> {
        let name = self.name_attribute();
        let all = self.identity.iter().filter_map(|name| self.attribute(name));
        all.filter(move |attribute| Some(*attribute) != name)
    }

    /// What an object with these values is called.
    pub fn name_of(&self, fields: &Fields) -> Option<String> {
        match self.called {
            Some(called) => called(fields),
            None => match fields.get(self.name_attribute()?)? {
                Value::Nothing => None,
                name => Some(name.to_string()),
            },
        }
    }

    /// The call that makes an object of these values, if that is not POST to its collection.
    pub fn way(&self, fields: &Fields) -> Option<&'static Way> {
        self.ways.iter().find(|way| fields.speak_of(way.given))
    }

    /// Whether an object may come along with its parent that the manifests have too: it is told
    /// from others by what is its own.
    pub fn may_come_along(&self) -> bool {
        let mut identity = self.identity.iter().filter_map(|name| self.attribute(name));
        self.inherits.is_empty() && !identity.any(|attribute| attribute.own_id)
    }

    /// The kinds, with their attribute, whose objects keep one of this kind from being removed.
    pub fn holders(&'static self) -> impl Iterator<Item = (&'static Kind, &'static Attribute)> {
        let refers_here = move |attribute: &&'static Attribute| {
            attribute.holds && attribute.takes.may_refer_to(self)
        };
        KINDS.iter().flat_map(move |kind| {
            kind.attributes.iter().filter(refers_here).map(move |attribute| (*kind, attribute))
        })
    }

    /// The kinds whose objects stand below those of this one in manifests.
    pub fn children(&'static self) -> impl Iterator<Item = &'static Kind> {
        KINDS.iter().copied().filter(move |kind| kind.managed && kind.parent == Some(self))
    }

    /// Whether another object in an object's place is as good: nothing is lost with it, nothing
    /// below it or beside it can depend on it, and it is in the engine alone. Then it may be
    /// replaced without leave.
    pub fn is_as_good_anew(&'static self) -> bool {
        let refers_here = |kind: &&'static Kind| {
            kind.attributes.iter().any(|attribute| attribute.takes.may_refer_to(self))
        };
        self.loss == Loss::Nothing
            && self.reading != Reading::FromAfar
            && self.children().next().is_none()
            && !KINDS.iter().any(refers_here)
    }

    /// The top-level kind above it, or itself.
    pub fn root(&'static self) -> &'static Kind {
        self.parent.map_or(self, Kind::root)
    }
}

/// What the table says, for a kind without states that matter.
pub fn usual_effect(change: &Change, _: &Standing) -> Effect {
    match change.attribute.update {
        Update::Now | Update::Hot | Update::Never => Effect::Now,
        Update::NextStart => Effect::NextStart,
        Update::WhenDown => Effect::Restart,
        Update::Replace => Effect::Replace,
    }
}

/// Kinds point at each other, so only the name is shown.
impl std::fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Kind {}

#[cfg(test)]
mod tests {
    use super::super::kinds::*;
    use super::*;

    #[test]
    fn what_nothing_hangs_on_is_as_good_anew() {
        let as_good: [&'static Kind; 4] =
            [&USER_OPTION, &SSH_PUBLIC_KEY, &EVENT_SUBSCRIPTION, &VM_TAG];
        assert!(as_good.iter().all(|kind| kind.is_as_good_anew()), "nothing is lost with these");
        assert!(!DISK.is_as_good_anew(), "its data is lost");
        assert!(!VNIC_PROFILE.is_as_good_anew(), "NICs refer to it");
        assert!(!USER.is_as_good_anew(), "it has keys below it");
        assert!(!OPENSTACK_SUBNET.is_as_good_anew(), "its provider gave out addresses of it");
    }
}
