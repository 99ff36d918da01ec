//! Turns what the program knows into text. Everything here is pure: data in, text out.

mod course;
mod failure;
mod hide;
mod plan;
mod refused;
mod report;
mod rows;
mod screen;
mod summary;
pub mod value;

pub use failure::{chain, error, failure, path, problem};
pub use plan::{group, plan, rest};
pub use report::{doing, done, duration, failures, outcome};
pub use screen::{Ink, Screen};
pub use summary::{count, summary};
