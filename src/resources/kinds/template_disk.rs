//! Disks of a template, and their copies on several storage domains.

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Fields, Kind, Transition, Value, Verb,
};

use super::{DISK, TEMPLATE, complaint, disk, disk_attachment, pick};

/// Disks of a template, which VMs made from it get copies of: they come with it, and are neither
/// changed nor removed on their own. But each can have copies on several storage domains, of which
/// a VM that is no clone needs the one where its own disk is to be (workloads handbook, section 3).
pub static TEMPLATE_DISK_ATTACHMENT: Kind = Kind::new(
    "template_disk_attachment",
    "disk_attachments",
    "A disk that VMs made from the template get.",
)
.below(&TEMPLATE)
.segment("diskattachments")
.element("disk_attachment")
.identity(&["disk.alias"])
.joined("disk", &DISK)
.watch("disks")
.comes_along(|_| true)
.unasked(|disk| disk.get(&PLACES).is_none_or(|places| places.members().len() < 2))
.attributes(&[ALIAS, PLACES])
.shows(disk_attachment::ATTRIBUTES)
.check(check)
.lifecycle(lifecycle);

static ALIAS: Attribute = Attribute {
    summary: "Alias of the disk, which is that of the VM's.",
    after_parent: false,
    ..pick(disk_attachment::ATTRIBUTES, "disk.alias")
}
.by_lifecycle();

pub(super) static PLACES: Attribute = Attribute {
    summary: "Where it has copies; the template's `storage_domain` is the first.",
    ..pick(disk_attachment::ATTRIBUTES, "disk.storage_domains")
}
.by_lifecycle();

static COPY: Verb = Verb::action("copy", "disks/{id}/copy")
    .with(&[("storage_domain/@id", "{disk.storage_domains}")])
    .copying("disk.provisioned_size");

static DROP: Verb = Verb::unlink("remove the copy", "templates/{parent}/diskattachments/{id}")
    .with(&[("storage_domain", "{disk.storage_domains}")]);

fn lifecycle(transition: &Transition) -> Course {
    let mut course = Course::default();
    if let (None, Some(to)) = (transition.from, transition.to) {
        let identity = to.filter(|attribute| *attribute == ALIAS);
        course.opening.push(Action::Find { identity });
    }
    let change = transition.changes.iter().find(|change| *change.attribute == PLACES);
    course.opening.extend(change.into_iter().flat_map(|change| copies(transition, change)));
    course
}

/// Copies one after another, since the disk is locked meanwhile; then those go that are left over.
fn copies(transition: &Transition, change: &Change) -> Vec<Action> {
    let first = first_place(transition).map(|place| Value::set([place]));
    let has = change.from.clone().or(first).unwrap_or(Value::Nothing);
    let call = |verb: &'static Verb, of: &Value, other: &Value| -> Vec<Action> {
        let lacking = of.members().iter().filter(|place| !other.members().contains(place));
        let one = |place: &Value| {
            let with = [(&PLACES, Value::set([place.clone()]))].into_iter().collect();
            let invoke = Action::Invoke { verb, with, changes: Vec::new() };
            [invoke, disk::until_settled(Fields::new())]
        };
        lacking.flat_map(one).collect()
    };
    let mut actions = call(&COPY, &change.to, &has);
    actions.extend(call(&DROP, &has, &change.to));
    if let Some(Action::Invoke { changes, .. }) = actions.first_mut() {
        changes.push(change.clone());
    }
    if let Some(Action::Await { confirms, .. }) = actions.last_mut() {
        confirms.set(&PLACES, change.to.clone());
    }
    actions
}

/// Where the disks of a new template are made.
fn first_place(transition: &Transition) -> Option<Value> {
    let template = transition.around.look(&TEMPLATE, transition.within?)?;
    template.named("storage_domain").cloned()
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let is_there = transition.from.is_some() || transition.parent.is_none();
    if !is_there {
        let hint = "take it out: a template's disks are those of the VM that it is made from";
        return vec![complaint(&ALIAS, "is no disk that the template has", hint)];
    }
    let Some(places) = to.get(&PLACES) else { return Vec::new() };
    if places.members().is_empty() {
        let hint = "name at least one, or leave `storage_domains` out";
        return vec![complaint(&PLACES, "is to be nowhere", hint)];
    }
    let first = first_place(transition);
    let is_known =
        transition.from.is_some() || first.is_some_and(|first| places.members().contains(&first));
    if is_known {
        return Vec::new();
    }
    let message = "has copies, and the first of its domains is not the template's";
    vec![complaint(&PLACES, message, "say `storage_domain:` of the template, one of these")]
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn on(places: &[&str]) -> [(&'static str, Value); 2] {
        let places = Value::set(places.iter().map(|place| id(place)));
        [("disk.alias", text("root")), ("disk.storage_domains", places)]
    }

    #[test]
    fn copies_are_made_one_by_one_before_others_go() {
        let told = Trial::changing(&TEMPLATE_DISK_ATTACHMENT, &on(&["a"]), &on(&["b", "c"])).told();
        let expected = "copy; until ok; copy; until ok; \
                        remove the copy; until ok with disk.storage_domains=[b, c]";
        assert_eq!(told, expected);
    }

    #[test]
    fn where_the_first_copy_is_has_to_be_known() {
        let said = |place: &[(&str, Value)]| {
            let disk = Trial::making(&TEMPLATE_DISK_ATTACHMENT, &on(&["a", "b"])).within("t");
            disk.beside(&TEMPLATE, "t", place).complaints().len()
        };
        assert_eq!(said(&[]), 1);
        assert_eq!(said(&[("storage_domain", id("c"))]), 1);
        assert_eq!(said(&[("storage_domain", id("a"))]), 0);
    }
}
