//! One file per kind.
use super::Kind;
/// Every kind.
pub static KINDS: &[&Kind] = &[];
