//! The words that tables of kinds are written in.

use super::super::{
    Attribute, Change, Course, Effect, Fields, Reference, Share, Transition, Way, plain,
};
use super::{
    Advice, Brought, Complaint, Concerns, Keeps, Kind, Likeness, Loss, Rank, Reading, Room,
    Standing, Surroundings, TakesRoom, Test, usual_effect,
};

impl Kind {
    /// A kind whose objects stand in a collection of their own, named in the plural.
    pub const fn new(name: &'static str, section: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            section,
            segment: section,
            element: name,
            summary,
            parent: None,
            identity: &["name"],
            known_by: None,
            called: None,
            looks_at: &[],
            or_by: &[],
            attributes: &[],
            managed: true,
            reading: Reading::List,
            asked_with: None,
            asked_of: |_| true,
            reached: |_| true,
            joined: None,
            seen_from: None,
            watch: None,
            chosen_id: false,
            early: false,
            inline: false,
            inherits: &[],
            loss: Loss::Nothing,
            leaves_data: |_| false,
            exclusive: None,
            closes_after: &[],
            closes_with: &[],
            opens_after: &[],
            follows: &[],
            first_alone: None,
            serial: None,
            ranks: None,
            goes_with: None,
            leaves_first: false,
            in_order: false,
            only_one: None,
            ways: &[],
            brings_more: |_| false,
            reveals: |_, _| false,
            joint: None,
            unasked: None,
            comes_along: None,
            copied_from: &[],
            single: false,
            inseparable: false,
            kept_by: &[],
            check: |_| Vec::new(),
            advises: |_, _| None,
            built_in: &[],
            locked: false,
            set_up: &[],
            lifecycle: plain,
            effect: usual_effect,
            later: Effect::NextStart.words(),
            brings: |_, _, _| Vec::new(),
            tells: |_, _| true,
            shows: &[],
            takes_room: None,
            has_room: |_| None,
            kept_elsewhere: |_| None,
            starts_as: None,
            obeys: None,
        }
    }

    /// A kind that can be referred to by name, and not managed.
    pub const fn only_referred(
        name: &'static str,
        section: &'static str,
        summary: &'static str,
        attributes: &'static [Attribute],
    ) -> Self {
        Self { managed: false, ..Self::new(name, section, summary) }.attributes(attributes)
    }

    /// The URL segment, where it is not the section.
    pub const fn segment(self, segment: &'static str) -> Self {
        Self { segment, ..self }
    }

    /// The element name, where it is not the kind's name.
    pub const fn element(self, element: &'static str) -> Self {
        Self { element, ..self }
    }

    /// Its objects stand below those of another kind.
    pub const fn below(self, parent: &'static Kind) -> Self {
        Self { parent: Some(parent), ..self }
    }

    /// The attributes that tell two objects apart, the name proper last.
    pub const fn identity(self, identity: &'static [&'static str]) -> Self {
        Self { identity, ..self }
    }

    /// An object that bears another name, or stands elsewhere, is the wanted one if it is so.
    pub const fn known_by(self, is_it: Likeness) -> Self {
        Self { known_by: Some(is_it), ..self }
    }

    /// What an object is called that has no name of its own.
    pub const fn called(self, called: fn(&Fields) -> Option<String>) -> Self {
        Self { called: Some(called), ..self }
    }

    /// Its checks and its lifecycle look for objects of these kinds.
    pub const fn looks_at(self, kinds: &'static [&'static Kind]) -> Self {
        Self { looks_at: kinds, ..self }
    }

    /// If all of these are given, they tell two objects apart, and not the name: versions of a
    /// template share theirs.
    pub const fn or_by(self, attributes: &'static [&'static str]) -> Self {
        Self { or_by: attributes, ..self }
    }

    /// Its attributes.
    pub const fn attributes(self, attributes: &'static [Attribute]) -> Self {
        Self { attributes, ..self }
    }

    /// The engine is asked for pages.
    pub const fn in_pages(self) -> Self {
        Self { reading: Reading::Pages, ..self }
    }

    /// A nested element is a bare link in reads; the other kind has what it means.
    pub const fn joined(self, element: &'static str, kind: &'static Kind) -> Self {
        Self { joined: Some((element, kind)), ..self }
    }

    /// Another kind's objects list these below them and show more of them.
    pub const fn seen_from(self, kind: &'static Kind) -> Self {
        Self { seen_from: Some(kind), ..self }
    }

    /// Waits look at this collection.
    pub const fn watch(self, path: &'static str) -> Self {
        Self { watch: Some(path), ..self }
    }

    /// The client chooses the id.
    pub const fn chosen_id(self) -> Self {
        Self { chosen_id: true, ..self }
    }

    /// It can be made while its parent still settles.
    pub const fn early(self) -> Self {
        Self { early: true, ..self }
    }

    /// Its objects stand in their parent's element, and in no collection of their own.
    pub const fn inline(self) -> Self {
        Self { inline: true, ..self }
    }

    /// Its collection shows what the objects above have of these kinds, too, under the same ids.
    pub const fn inherits(self, kinds: &'static [&'static Kind]) -> Self {
        Self { inherits: kinds, ..self }
    }

    /// No parent has a link to its collection that could be followed.
    pub const fn by_parent(self) -> Self {
        Self { reading: Reading::ByParent, ..self }
    }

    /// Its collection shows it only if it is asked so.
    pub const fn asked_with(self, parameter: (&'static str, &'static str)) -> Self {
        Self { asked_with: Some(parameter), ..self }
    }

    /// The engine has to ask somebody else for its collection, who may not answer.
    pub const fn from_afar(self) -> Self {
        Self { reading: Reading::FromAfar, ..self }
    }

    /// Only parents that are so are asked for it.
    pub const fn asked_of(self, is_so: Test) -> Self {
        Self { asked_of: is_so, ..self }
    }

    /// The engine can do something to what its objects have only if they are so.
    pub const fn reached_if(self, is_so: Test) -> Self {
        Self { reached: is_so, ..self }
    }

    /// Data is lost with it.
    pub const fn holds_data(self) -> Self {
        Self { loss: Loss::Data, ..self }
    }

    /// Data is lost with it unless the flag of that name, for its removal, is set.
    pub const fn holds_data_unless(self, flag: &'static str) -> Self {
        Self { loss: Loss::DataUnless(flag), ..self }
    }

    /// Of objects that are so, only the engine loses the data.
    pub const fn leaves_data(self, is_so: Test) -> Self {
        Self { leaves_data: is_so, ..self }
    }

    /// Its writes never run beside others with the same key.
    pub const fn one_at_a_time(self, key: &'static str) -> Self {
        Self { exclusive: Some(key), ..self }
    }

    /// The closing actions wait for the objects of these kinds that agree in an attribute.
    pub const fn closes_after(self, kinds: &'static [(&'static Kind, &'static str)]) -> Self {
        Self { closes_after: kinds, ..self }
    }

    /// The closing actions need the objects of these kinds that agree in an attribute.
    pub const fn closes_with(self, kinds: &'static [(&'static Kind, &'static str)]) -> Self {
        Self { closes_with: kinds, ..self }
    }

    /// It is made after the objects of these kinds that agree in an attribute of it or of
    /// its parent.
    pub const fn opens_after(self, kinds: &'static [(&'static Kind, &'static str)]) -> Self {
        Self { opens_after: kinds, ..self }
    }

    /// In what is there already, it comes when the objects of these kinds are done with.
    pub const fn follows(self, kinds: &'static [(&'static Kind, &'static str)]) -> Self {
        Self { follows: kinds, ..self }
    }

    /// Objects that agree in this attribute are made and removed one after another.
    pub const fn serial(self, attribute: &'static str) -> Self {
        Self { serial: Some(attribute), ..self }
    }

    /// The first of those that agree in an attribute is made alone, if what that refers to is so.
    pub const fn first_alone(self, attribute: &'static str, is_so: Test) -> Self {
        Self { first_alone: Some((attribute, is_so)), ..self }
    }

    /// Those that agree in an attribute go by rank, up when they are made and down when removed.
    pub const fn ranks(self, attribute: &'static str, rank: Rank) -> Self {
        Self { ranks: Some((attribute, rank)), ..self }
    }

    /// The engine removes it along with what this attribute refers to.
    pub const fn goes_with(self, attribute: &'static str) -> Self {
        Self { goes_with: Some(attribute), ..self }
    }

    /// It is removed before what holds it.
    pub const fn leaves_first(self) -> Self {
        Self { leaves_first: true, ..self }
    }

    /// Siblings are made one after another.
    pub const fn in_order(self) -> Self {
        Self { in_order: true, ..self }
    }

    /// No two siblings share a value of this attribute, or a member of it, but for its default.
    pub const fn only_one(self, attribute: &'static str) -> Self {
        Self { only_one: Some(attribute), ..self }
    }

    /// It is made, changed and removed together with others, in one action.
    pub const fn joint(self, share: &'static Share) -> Self {
        Self { joint: Some(share), ..self }
    }

    /// Other calls make it, too.
    pub const fn ways(self, ways: &'static [Way]) -> Self {
        Self { ways, ..self }
    }

    /// New objects of such values come with parts that nobody knows before.
    pub const fn brings_more(self, is_so: Test) -> Self {
        Self { brings_more: is_so, ..self }
    }

    /// An object shows what lies in it only once what is wanted is done, if it is so.
    pub const fn reveals(self, is_so: fn(Option<&Fields>, &Fields) -> bool) -> Self {
        Self { reveals: is_so, ..self }
    }

    /// Objects of such values come with the one that holds them.
    pub const fn comes_along(self, is_so: Test) -> Self {
        Self { comes_along: Some(is_so), ..self }
    }

    /// A new parent gets copies of objects of these kinds.
    pub const fn copied_from(self, kinds: &'static [&'static Kind]) -> Self {
        Self { copied_from: kinds, ..self }
    }

    /// Its parent has one at most: no name tells it apart.
    pub const fn single(self) -> Self {
        Self { single: true, identity: &[], ..self }
    }

    /// Its parent has exactly one, always.
    pub const fn inseparable(self) -> Self {
        Self { inseparable: true, ..self }.single()
    }

    /// Objects of these kinds that are so keep it from being removed.
    pub const fn kept_by(self, keepers: &'static [(&'static Kind, Keeps)]) -> Self {
        Self { kept_by: keepers, ..self }
    }

    /// What a real engine would refuse, or quietly ignore, said before the first call.
    pub const fn check(self, check: fn(&Transition) -> Vec<Complaint>) -> Self {
        Self { check, ..self }
    }

    /// What the engine means that refuses an action, where its words do not tell.
    pub const fn advises(self, advises: Advice) -> Self {
        Self { advises, ..self }
    }

    /// Objects of these names are part of every engine and never removed.
    pub const fn built_in(self, names: &'static [&'static str]) -> Self {
        Self { built_in: names, ..self }
    }

    /// What the setup of an engine gives what it makes; `{name}` stands for the object's own.
    pub const fn set_up(self, values: &'static [(&'static str, &'static str)]) -> Self {
        Self { set_up: values, ..self }
    }

    /// Objects that are so are made by engines unasked.
    pub const fn unasked(self, is_so: Test) -> Self {
        Self { unasked: Some(is_so), ..self }
    }

    /// What every engine has of it is never changed.
    pub const fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    /// How it is made, changed and removed.
    pub const fn lifecycle(self, lifecycle: fn(&Transition) -> Course) -> Self {
        Self { lifecycle, ..self }
    }

    /// When a change takes effect.
    pub const fn effect(self, effect: fn(&Change, &Standing) -> Effect) -> Self {
        Self { effect, ..self }
    }

    /// When changes take effect that wait, if not at a start.
    pub const fn later(self, later: &'static str) -> Self {
        Self { later, ..self }
    }

    /// What the engine makes along with it.
    pub const fn brings(
        self,
        brings: fn(&Reference, &Fields, &dyn Surroundings) -> Vec<Brought>,
    ) -> Self {
        Self { brings, ..self }
    }

    /// Whether what the engine shows of an attribute says what an object of these values has.
    pub const fn tells(self, tells: fn(&Attribute, &Fields) -> bool) -> Self {
        Self { tells, ..self }
    }

    /// What reads show beside what manifests can hold.
    pub const fn shows(self, shows: &'static [Attribute]) -> Self {
        Self { shows, ..self }
    }

    /// It takes room of objects of another kind.
    pub const fn takes_room(self, of: &'static Kind, takes: TakesRoom) -> Self {
        Self { takes_room: Some((of, takes)), ..self }
    }

    /// It has room for others.
    pub const fn has_room(self, room: fn(&Fields) -> Option<Room>) -> Self {
        Self { has_room: room, ..self }
    }

    /// Objects for whose values this has a reason are kept by somebody else.
    pub const fn kept_elsewhere(self, why: fn(&Fields) -> Option<&'static str>) -> Self {
        Self { kept_elsewhere: why, ..self }
    }

    /// A new object has what the one that this attribute refers to has, of what is copied.
    pub const fn starts_as(self, origin: &'static str, copies: Concerns) -> Self {
        Self { starts_as: Some((origin, copies)), ..self }
    }

    /// The object that this attribute refers to decides over some of the others.
    pub const fn obeys(self, master: &'static str, decides: Concerns) -> Self {
        Self { obeys: Some((master, decides)), ..self }
    }
}
