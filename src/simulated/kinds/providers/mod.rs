//! What the engine gets from elsewhere: networks, images and hosts of others.

pub mod host;
pub mod image;
pub mod network;
mod provider;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    network::RULES,
    network::NETWORK_RULES,
    network::SUBNET_RULES,
    image::RULES,
    image::IMAGE_RULES,
    image::DOMAIN_IMAGE_RULES,
    host::RULES,
];
