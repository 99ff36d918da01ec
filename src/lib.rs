//! virtuform: a declarative reconciler for oVirt.

pub mod api;
pub mod apply;
pub mod cli;
pub mod engine;
pub mod export;
pub mod manifest;
pub mod observe;
pub mod plan;
pub mod resources;
pub mod simulated;
pub mod state;
pub mod xml;
