//! One element, with all that it holds.

use std::borrow::Cow;

use compact_str::CompactString;

/// An XML element: `<name attribute="…">text</name>` or `<name><child/>…</name>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub(super) name: Cow<'static, str>,
    pub(super) attributes: Vec<(Cow<'static, str>, String)>,
    /// Nearly all texts are short (`true`, `q35_ovmf`, a number), and then take no memory of their own.
    pub(super) text: CompactString,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// An element without content: `<name/>`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The element `<name>text</name>`.
    pub fn leaf(name: impl Into<Cow<'static, str>>, text: impl AsRef<str>) -> Self {
        Self { name: name.into(), text: text.as_ref().into(), ..Self::default() }
    }

    /// The reference `<name id="id"/>`, as the API writes links to other objects.
    pub fn link(name: impl Into<Cow<'static, str>>, id: impl Into<String>) -> Self {
        Self::new(name).with_attribute("id", id)
    }

    /// The same element with one more child, last.
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// The same element with the attribute set.
    pub fn with_attribute(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
    ) -> Self {
        self.set_attribute(name, value);
        self
    }

    /// Sets an attribute, replacing its former value.
    pub fn set_attribute(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let name = name.into();
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value.into(),
            None => self.attributes.push((name, value.into())),
        }
    }

    /// Appends a child.
    pub fn push(&mut self, child: Element) {
        self.children.push(child);
    }

    /// Replaces the text.
    pub fn set_text(&mut self, text: impl AsRef<str>) {
        self.text = text.as_ref().into();
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text, entities resolved and outer white space removed; empty for a parent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All attributes, in document order.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// The `id` attribute.
    pub fn id(&self) -> Option<&str> {
        self.attribute("id")
    }

    /// All children, in document order.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// All children, to change them.
    pub fn children_mut(&mut self) -> &mut Vec<Element> {
        &mut self.children
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first child of that name, made if there is none.
    pub fn child_or_new(&mut self, name: &str) -> &mut Element {
        let at = match self.children.iter().position(|child| child.name == name) {
            Some(at) => at,
            None => {
                self.children.push(Element::new(name.to_owned()));
                self.children.len() - 1
            }
        };
        &mut self.children[at]
    }

    /// All children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element at the end of a path of names: `at("cpu/topology/cores")`.
    pub fn at(&self, path: &str) -> Option<&Element> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text at the end of a path of names.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(Element::text)
    }
}
