//! One call, as the rules of a kind see it.

use super::fault::Fault;
use super::places;
use super::query::Query;
use super::schema::Service;
use super::site::Site;
use super::store::Handle;
use super::tree;
use crate::xml::Element;

/// A call that was understood: where it goes and what it says.
pub struct Call {
    /// The collection.
    pub collection: &'static Service,
    /// The owner of the collection.
    pub parent: Option<Handle>,
    /// The parameters.
    pub query: Query,
    /// The document, in canonical form; an `<action>` for actions.
    pub body: Element,
}

impl Call {
    /// The kind that the collection shows.
    pub fn kind(&self) -> &'static str {
        places::place(self.collection.name, self.parent.is_some()).kind()
    }

    /// The name in the document.
    pub fn name(&self) -> Option<&str> {
        self.body.text_at("name").filter(|name| !name.is_empty())
    }

    /// The text at a path of the document.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.body.text_at(path)
    }

    /// The id of a reference in the document.
    pub fn id_at(&self, path: &str) -> Option<&str> {
        tree::id_at(&self.body, path)
    }

    /// A yes-or-no in the document.
    pub fn flag(&self, path: &str) -> Option<bool> {
        tree::flag(&self.body, path)
    }

    /// The owner of the collection; there is one in sub-collections.
    pub fn owner(&self) -> Result<Handle, Fault> {
        self.parent.ok_or_else(Fault::nowhere)
    }

    /// Whether the document itself names something by id or name.
    pub fn names_itself(&self) -> bool {
        self.body.id().is_some_and(|id| !id.is_empty()) || self.name().is_some()
    }
}

/// Turns the names in a document into ids, for references of `(element, kind, label)`.
pub fn resolve(
    site: &Site,
    by_name: &[(&str, &'static str, &str)],
    body: &mut Element,
) -> Result<(), Fault> {
    for (element, kind, label) in by_name {
        let child = body.children_mut().iter_mut().find(|it| it.name() == *element);
        if let Some(child) = child {
            // A tag's parent is wrapped once more in documents of old clients only.
            resolve_one(site, child, kind, label)?;
        }
    }
    if let Some(hosts) = body.children_mut().iter_mut().find(|it| it.name() == "placement_policy")
        && let Some(hosts) = hosts.children_mut().iter_mut().find(|it| it.name() == "hosts")
    {
        for host in hosts.children_mut() {
            resolve_one(site, host, "hosts", "Host")?;
        }
    }
    Ok(())
}

/// Turns a name into an id.
pub fn resolve_one(
    site: &Site,
    reference: &mut Element,
    kind: &'static str,
    label: &str,
) -> Result<(), Fault> {
    if reference.id().is_some_and(|id| !id.is_empty()) {
        return Ok(());
    }
    let Some(name) = reference.text_at("name").filter(|name| !name.is_empty()) else {
        return Ok(());
    };
    let found = site.store.named(kind, name).last();
    // The engine calls some by the query that looks for them, and then says no name.
    let what = if label.starts_with("Get") { label } else { &format!("{label}: name={name}") };
    let found = found.ok_or_else(|| Fault::entity_not_found(what))?;
    let id = site.id(found).to_owned();
    reference.set_attribute("id", id);
    Ok(())
}
