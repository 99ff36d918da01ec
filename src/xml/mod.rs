//! Reads and writes XML elements, as the engine's REST API uses them.
//!
//! The API knows elements, text and the attributes `id`, `href` and `rel`; no mixed content, no
//! namespaces, no entities of its own. So an [`Element`] is a name, attributes, a text and children.
//! Long documents are read object by object: [`each`] keeps only what an [`Outline`] names.

mod element;
mod outline;
mod read;
mod write;

pub use element::Element;
pub use outline::Outline;
pub use read::{XmlError, each, parse};

/// Elements nested deeper than this are refused: the API's own documents stay below 16.
pub const MAX_DEPTH: usize = 64;
