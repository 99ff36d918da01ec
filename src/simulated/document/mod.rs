//! Documents in the two formats of the API: read from bytes and written to them, here only.

mod from_json;
mod json;
mod negotiation;
mod xml;

pub use negotiation::{Format, details};

use super::schema::Type;
use crate::xml::Element;

/// The kinds of documents that the API reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Media {
    /// `application/xml`
    #[default]
    Xml,
    /// `application/json`
    Json,
}

/// A document that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Garbled;

/// Reads a document of a type. In JSON nothing says which type it is of, so unlike in XML it is
/// never one of another type.
pub fn read(media: Media, bytes: &[u8], schema: &Type) -> Result<Element, Garbled> {
    match media {
        Media::Xml => crate::xml::parse(bytes).map_err(|_| Garbled),
        Media::Json => from_json::read(bytes, schema),
    }
}

/// Writes a document.
pub fn write(format: Format, element: &Element, text: &mut String) {
    match format.media {
        Media::Xml => xml::document(element, format, text),
        Media::Json => json::document(element, format, text),
    }
}

/// A list that is written object by object: it may be long, and its parts need not all be there at
/// once.
#[derive(Debug)]
pub struct List {
    format: Format,
    name: &'static str,
    written: bool,
}

impl List {
    /// A list under the name of its collection.
    pub fn new(format: Format, name: &'static str) -> Self {
        Self { format, name, written: false }
    }

    /// Appends an object.
    pub fn push(&mut self, object: &Element, text: &mut String) {
        let first = !std::mem::replace(&mut self.written, true);
        match self.format.media {
            Media::Xml => xml::item(first.then_some(self.name), object, self.format, text),
            Media::Json => json::item(first, object, self.format, text),
        }
    }

    /// Ends the document.
    pub fn end(&self, text: &mut String) {
        match self.format.media {
            Media::Xml => xml::end_list(self.name, self.written, text),
            Media::Json => json::end_list(self.written, text),
        }
    }
}
