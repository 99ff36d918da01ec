//! Tags, and their assignment to hosts, people, templates and VMs.

use crate::resources::{Attribute, Kind, Update, refer, text};

use super::{GROUP, HOST, TEMPLATE, USER, VM, name};

/// Tags: a tree of words to find things by.
pub static TAG: Kind = Kind::new("tag", "tags", "A word to find hosts, people and machines by.")
    .attributes(&[
        name("Name, unique in the whole tree."),
        text("description", "Free text."),
        // The engine removes a tag with all below it, whoever made that.
        refer("parent", "Tag above it.", &TAG).default("root").holds(),
    ])
    .built_in(&["root"])
    .set_up(&[("description", "root")]);

/// The tags of a host.
pub static HOST_TAG: Kind = assignment("host_tag", &HOST);

/// The tags of a group.
pub static GROUP_TAG: Kind = assignment("group_tag", &GROUP);

/// The tags of a user.
pub static USER_TAG: Kind = assignment("user_tag", &USER);

/// The tags of a template.
pub static TEMPLATE_TAG: Kind = assignment("template_tag", &TEMPLATE);

/// The tags of a VM.
pub static VM_TAG: Kind = assignment("vm_tag", &VM);

/// An assignment has no id of its own: it is found under the tag's.
const fn assignment(name: &'static str, to: &'static Kind) -> Kind {
    Kind::new(name, "tags", "A tag that the object bears.")
        .below(to)
        .element("tag")
        .early()
        .identity(&["tag"])
        .attributes(ASSIGNMENT)
}

static ASSIGNMENT: &[Attribute] = &[refer("tag", "Which tag; the key names it.", &TAG)
    .at("@id")
    .own_id()
    .required()
    .from_key()
    .update(Update::Replace)];
