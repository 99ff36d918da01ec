//! virtuform: a declarative reconciler for oVirt.
pub mod xml;
