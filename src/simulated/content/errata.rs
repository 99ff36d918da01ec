//! Errata that a Satellite would report; no simulated site has one.

use super::Owner;
use crate::simulated::site::Site;
use crate::xml::Element;

/// The errata of a host or a machine.
pub fn of_object(_site: &Site, _owner: &Owner<'_>) -> Vec<Element> {
    Vec::new()
}

/// The errata of the engine's own machine.
pub fn of_engine(_site: &Site, _owner: &Owner<'_>) -> Vec<Element> {
    Vec::new()
}
