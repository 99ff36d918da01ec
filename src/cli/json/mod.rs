//! Plans and runs for programs.

mod event;
mod plan;
mod value;

pub use event::{event, finished, planned};
pub use plan::plan;
pub use value::action;
