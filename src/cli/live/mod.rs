//! The live engine, as its API describes itself: whatever has an address can be looked at, also what
//! no manifest could hold.

pub mod columns;
pub mod mask;
mod names;
pub mod parameter;
mod place;
pub mod read;
pub mod tree;

pub use names::name;
pub use place::{Place, below, find, find_all, sections};
