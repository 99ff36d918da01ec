//! Every attribute of a kind, alone: set when the object is made, set and changed later, put back
//! to its default, left out, and changed by somebody else.
//!
//! All attributes go through the same stages at once, each with objects of its own.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use virtuform::plan::Note;
use virtuform::resources::kinds::HOST_NIC;
use virtuform::resources::{
    Action, Address, Attribute, Call, Place, Reference, Update, Value, encode,
};
use virtuform::state::Desired;
use virtuform::xml::Element;

use super::base::{self, BASE};
use super::subjects::{SUBJECTS, Subject};
use super::values::{Case, merge, put};
use crate::support::site::{Site, failures};
use crate::support::views::outline;

/// The two objects that an attribute is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// Made with the attribute.
    Made,
    /// Made without, and changed.
    Changed,
    /// Made with `null`, and left so.
    Nulled,
}

/// What a manifest says of the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing.
    Nothing,
    /// What it has to have before, if anything.
    Before,
    First,
    /// The second value, or the first if there is no second.
    Second,
    /// The first value again, unless it can only grow.
    Again,
    /// `null`; nothing if that stands for nothing.
    Null,
}

struct Sweep {
    site: Site,
    subject: &'static Subject,
    cases: Vec<Case>,
    /// What went wrong.
    wrong: Vec<String>,
    /// Whether VMs that run are to be down.
    rests: bool,
}

/// Tries every attribute of a kind.
pub async fn sweep(label: &str) {
    let subject = SUBJECTS.iter().find(|subject| subject.label == label).expect("a subject");
    let cases = Case::all(subject.kind, subject.label);
    let site = base::site(7).await;
    let mut sweep = Sweep { site, subject, cases, wrong: Vec::new(), rests: false };
    use Says::{Again, Before, First, Nothing, Null, Second};
    sweep.stage("made", First, Before).await;
    sweep.drift(First, Before).await;
    sweep.stage("set", First, First).await;
    sweep.stage("changed", Second, Second).await;
    if sweep.runs() {
        sweep.restart(Second).await;
    }
    sweep.stage("nulled", Null, Again).await;
    sweep.stage("nulled later", Null, Null).await;
    sweep.quiet("left out", Nothing).await;
    assert!(sweep.wrong.is_empty(), "{} wrong:\n{}", sweep.wrong.len(), sweep.wrong.join("\n"));
}

impl Sweep {
    fn runs(&self) -> bool {
        let least = self.subject.above.last().map_or(self.subject.least, |(_, least)| least);
        least.contains(r#""up""#)
    }

    /// The key of an object: unique, plain, short, and it says what it is for.
    fn key(&self, index: usize, which: Which) -> String {
        let name = self.cases[index].attribute.name.replace(['.', '_'], "-");
        let short: String =
            name.chars().rev().take(18).collect::<Vec<_>>().into_iter().rev().collect();
        let which = match which {
            Which::Made => "m",
            Which::Changed => "c",
            Which::Nulled => "n",
        };
        format!("{which}{index}{short}")
    }

    fn read(&self, text: &str, index: usize, which: Which) -> Json {
        let number = format!("{:03x}", index * 3 + which as usize);
        let number = if self.cases.len() < 85 { &number[1..] } else { &number };
        let key = self.key(index, which);
        let text = text.replace("{lun0}", &lun(&key, 0)).replace("{lun1}", &lun(&key, 1));
        let text = text.replace("{key}", &key).replace("{n}", number);
        serde_json::from_str(&text).expect("the tables hold JSON")
    }

    fn object(&self, index: usize, which: Which, says: Says) -> Json {
        let case = &self.cases[index];
        let filled = |json: &Json| self.read(&json.to_string(), index, which);
        let mut object = match &case.instead {
            Some(instead) => filled(instead),
            None => self.read(self.subject.least, index, which),
        };
        merge(&mut object, &filled(&case.with));
        let second = || case.second.clone().unwrap_or_else(|| case.first.clone());
        // What stays does so because without it the object would be another one.
        let value = match says {
            Says::Before => case.before.clone(),
            Says::Again | Says::Null if case.grows => Some(second()),
            Says::Nothing if case.stays && case.grows => Some(second()),
            Says::Nothing | Says::Null if case.stays => Some(case.first.clone()),
            Says::First | Says::Again => Some(case.first.clone()),
            Says::Second => Some(second()),
            Says::Null if case.has_default() => Some(Json::Null),
            Says::Null | Says::Nothing => None,
        };
        if let Some(value) = value {
            put(&mut object, case.attribute.name, filled(&value));
        } else if says == Says::Nothing && !case.attribute.required {
            take_out(&mut object, case.attribute.name);
        }
        object
    }

    /// Whether the attribute can be tried that way.
    fn is_tried(&self, index: usize, which: Which) -> bool {
        match which {
            Which::Made => true,
            Which::Changed => self.cases[index].second.is_some(),
            Which::Nulled => self.cases[index].has_default() && !self.cases[index].stays,
        }
    }

    /// All manifests: the base, and the objects that attributes are tried on.
    fn manifest(&self, made: Says, changed: Says) -> String {
        let mut all = json!({});
        let section = self.subject.kind.section;
        for index in 0..self.cases.len() {
            let all_three =
                [(Which::Made, made), (Which::Changed, changed), (Which::Nulled, Says::Null)];
            for (which, says) in all_three {
                if !self.is_tried(index, which) {
                    continue;
                }
                let key = self.key(index, which);
                let object = self.object(index, which, says);
                let inside = (section, object);
                let above = self.subject.above.iter().rev();
                let (section, mut object) = above.fold(inside, |(section, object), above| {
                    let mut parent = self.read(above.1, index, which);
                    parent[section] = json!({ key.clone(): object });
                    (above.0, parent)
                });
                if self.rests {
                    object["status"] = json!("down");
                }
                put(&mut all[section], &key, object);
            }
        }
        format!("{BASE}\n---\n{all}")
    }

    /// Applies a manifest; afterwards there must be nothing left to do.
    async fn stage(&mut self, name: &str, made: Says, changed: Says) {
        let manifest = self.manifest(made, changed);
        let desired = Site::load(&manifest).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        let plan = match self.site.try_plan(&desired).await {
            Ok(plan) => plan,
            Err(problems) => panic!("{name}: {problems}"),
        };
        let waiting: Vec<Address> =
            plan.steps.iter().filter(|s| waits(&s.action)).map(|s| s.address.clone()).collect();
        for refusal in &plan.refusals {
            self.wrong.push(format!("{name}: refused: {refusal:?}"));
        }
        let report = self.site.run(plan).await;
        let failures = failures(&report);
        if !failures.is_empty() {
            self.wrong.push(format!("{name}: {failures}"));
        }
        self.settled(name, &desired).await;
        self.exported(name).await;
        self.imported(name, &desired).await;
        if name == "set" && self.subject.label == "running" {
            self.check_notes(&desired, &waiting).await;
        }
    }

    /// Manifests of what there is leave nothing to do, for whoever has no ledger.
    async fn exported(&mut self, name: &str) {
        let manifests = self.site.export(&[]).await;
        let work = self.site.work_of_a_stranger(&manifests).await;
        if !work.is_empty() {
            self.wrong.push(format!("{name}: an export is not clean:\n{work}"));
        }
    }

    /// Whoever has lost the ledger takes hold of all that there is, and has nothing to do.
    async fn imported(&mut self, name: &str, desired: &Desired) {
        let work = self.site.work_after_import(desired).await;
        if !work.is_empty() {
            self.wrong.push(format!("{name}: an import is not clean:\n{work}"));
        }
    }

    async fn settled(&mut self, name: &str, desired: &Desired) {
        let plan = match self.site.try_plan(desired).await {
            Ok(plan) => plan,
            Err(problems) => panic!("{name}: {problems}"),
        };
        if !plan.is_empty() {
            self.wrong.push(format!("{name}: not settled:\n{}", outline(&plan)));
        }
        if !plan.records.is_empty() {
            self.wrong.push(format!("{name}: records: {:?}", plan.records));
        }
    }

    /// Nothing is to be done for a line that is taken out.
    async fn quiet(&mut self, name: &str, says: Says) {
        let desired = Site::load(&self.manifest(says, says)).unwrap_or_else(|p| panic!("{p}"));
        match self.site.try_plan(&desired).await {
            Ok(plan) if plan.is_empty() => {}
            Ok(plan) => self.wrong.push(format!("{name}: not quiet:\n{}", outline(&plan))),
            Err(problems) => self.wrong.push(format!("{name}: {problems}")),
        }
    }

    /// What waits for the next start is there after it.
    async fn restart(&mut self, says: Says) {
        self.rests = true;
        self.stage("stopped", says, says).await;
        self.site.wait(60).await;
        let desired = Site::load(&self.manifest(says, says)).unwrap_or_else(|p| panic!("{p}"));
        self.settled("at rest", &desired).await;
        self.rests = false;
        self.stage("started again", says, says).await;
        let desired = Site::load(&self.manifest(says, says)).unwrap_or_else(|p| panic!("{p}"));
        let plan = self.site.try_plan(&desired).await.unwrap_or_else(|p| panic!("{p}"));
        let waiting = plan.notes.iter().filter(|note| note.text.contains("next start"));
        self.wrong.extend(waiting.map(|note| format!("still waits: {note:?}")));
    }

    /// What only a start can take is said to wait for it.
    async fn check_notes(&mut self, desired: &Desired, waiting: &[Address]) {
        assert!(waiting.len() > 30, "{} changes wait for the next start", waiting.len());
        let plan = self.site.plan(desired).await;
        for address in waiting {
            let is_it = |note: &&Note| note.address.as_ref() == Some(address);
            if !plan.notes.iter().filter(is_it).any(|note| note.text.contains("next start")) {
                self.wrong.push(format!("{address}: nothing says that it waits"));
            }
        }
    }

    fn address(&self, index: usize, which: Which) -> Address {
        let key = self.key(index, which);
        let section = self.subject.kind.section;
        let above = self.subject.above.iter().map(|(section, _)| *section);
        let parts: Vec<_> =
            above.chain([section]).map(|section| format!("{section}/{key}")).collect();
        Address::parse(&parts.join("/")).expect("keys are plain")
    }

    /// Somebody else changes each attribute: the plan says exactly that, and undoes it.
    async fn drift(&mut self, made: Says, changed: Says) {
        let other =
            Site::load(&self.manifest(Says::Second, changed)).unwrap_or_else(|p| panic!("{p}"));
        let mut expected: BTreeMap<Address, &'static Attribute> = BTreeMap::new();
        for index in 0..self.cases.len() {
            let case = self.cases[index].clone();
            let attribute = case.attribute;
            let can_meddle = case.second.is_some()
                && attribute.is_comparable()
                && attribute.place == Place::Body
                && attribute.linked.is_none()
                && case.kind != &HOST_NIC
                && !matches!(attribute.update, Update::WhenDown)
                && !(case.grows || case.firm);
            if !can_meddle {
                continue;
            }
            let address = self.address(index, Which::Made);
            let value = other.resources[&address].fields.get(attribute).expect("it is said");
            let value = self.resolved(attribute, value);
            let mut document = Element::new(case.kind.element);
            encode([(attribute, &value)], &mut document);
            let Some(path) = self.path(&address) else { continue };
            match self.site.try_meddle("PUT", &path, &document.to_string()) {
                Ok(()) => {
                    expected.insert(address, attribute);
                }
                Err(error) => self.wrong.push(format!("drift: {address}: {error}")),
            }
        }
        self.site.wait(120).await;
        let desired = Site::load(&self.manifest(made, changed)).unwrap_or_else(|p| panic!("{p}"));
        let plan = self.site.try_plan(&desired).await.unwrap_or_else(|p| panic!("drift: {p}"));
        for step in &plan.steps {
            if let Action::Update { changes, .. } = &step.action {
                let names: Vec<_> = changes.iter().map(|change| change.attribute.name).collect();
                let is_it = expected.remove(&step.address).is_some_and(|a| names == [a.name]);
                // What is plugged out, changed and plugged in again is one change.
                if !is_it && self.subject.above.is_empty() {
                    self.wrong.push(format!("drift: {} changes {names:?}", step.address));
                }
            } else if !is_more_of_it(&step.action) {
                self.wrong.push(format!("drift: {} has more than a change", step.address));
            }
        }
        self.wrong.extend(expected.into_keys().map(|a| format!("drift: {a} is not seen")));
        self.stage("undone", made, changed).await;
    }

    /// The value with ids in the place of names.
    fn resolved(&self, attribute: &'static Attribute, value: &Value) -> Value {
        let id = |by: &Attribute, reference: &Reference| match (reference, by.takes.refers_to()) {
            (Reference::Name(name), Some(kind)) => Reference::Id(self.site.id_of(kind, name)),
            (reference, _) => reference.clone(),
        };
        let resolved = value.map_references(attribute, &mut |by, reference| {
            Ok::<_, std::convert::Infallible>(id(by, reference))
        });
        resolved.expect("infallible")
    }

    /// Where the engine has an object, if it was made.
    fn path(&self, address: &Address) -> Option<String> {
        let ledger = self.site.ledger();
        let mut path = String::new();
        let (mut kind, mut address) = (self.subject.kind, address.clone());
        loop {
            let id = &ledger.entries.get(&address)?.id;
            path = format!("/{}/{id}{path}", kind.segment);
            let Some((above, parent)) = kind.parent.zip(address.parent()) else { break };
            (kind, address) = (above, parent);
        }
        Some(path)
    }
}

/// Whether it waits for a change, or makes it in a second place.
fn is_more_of_it(action: &Action) -> bool {
    match action {
        Action::Await { .. } => true,
        Action::Invoke { verb, .. } => matches!(verb.call, Call::Put(_)),
        _ => false,
    }
}

fn waits(action: &Action) -> bool {
    matches!(action, Action::Update { next_start: true, .. })
}

/// Takes out what stands at a path with dots.
fn take_out(object: &mut Json, path: &str) {
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut above = above.split('.').filter(|step| !step.is_empty());
    let at = above.try_fold(object, |at, step| at.get_mut(step));
    if let Some(at) = at.and_then(Json::as_object_mut) {
        at.remove(last);
    }
}

/// The LUN of that number at the target `iqn.test:{key}` of the simulated storage array.
fn lun(key: &str, number: usize) -> String {
    let hash = blake3::hash(format!("iqn.test:{key}/{number}").as_bytes()).to_hex();
    format!("36001405{}", &hash[..25])
}
