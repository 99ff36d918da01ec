//! virtuform: a declarative reconciler for oVirt.
pub mod engine;
pub mod plan;
pub mod resources;
pub mod state;
pub mod xml;
