//! Turns what the program knows into text. Everything here is pure: data in, text out.

mod course;
mod plan;
mod rows;
mod screen;
mod summary;
pub mod value;

pub use plan::{group, plan, rest};
pub use screen::{Ink, Screen};
pub use summary::{count, summary};
