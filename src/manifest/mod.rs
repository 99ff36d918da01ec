//! Turns YAML into [`Desired`](crate::state::Desired), or into located problems, all at once.
//!
//! Three steps: *parse* (text to a tree that knows its places, within limits), *variables* (what
//! `${var.x}` stands for), *read* (the tree against the kinds' tables). Nothing here knows a kind:
//! what a section or key means is looked up in the catalogue that the caller hands in.

mod body;
mod catalogue;
mod engine;
mod files;
mod history;
mod image;
mod limits;
mod load;
mod parse;
mod range;
mod reader;
mod resource;
mod rules;
mod secret;
mod source;
mod table;
mod template;
mod tree;
mod value;
mod variable;
mod wording;

pub use engine::{ENGINE, EngineBlock, Located};
pub use history::{MOVED, REMOVED};
pub use load::{Manifest, Options, load, load_engine};
pub use rules::LIFECYCLE;
pub use source::{Source, find, read};
pub use variable::DECLARATION;
pub use wording::instead_of;
