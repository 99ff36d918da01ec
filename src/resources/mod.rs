//! The catalogue: what virtuform knows of each kind, and the code that reads it.
//!
//! A [`Kind`] is a static table of [`Attribute`]s. Everything that handles resources of any kind
//! (the YAML reader, the XML codec, the diff, the editor's schema) is written once and reads the
//! table; a kind file holds code only where the engine is irregular.

mod action;
mod address;
mod attribute;
mod carry;
mod codec;
mod fields;
mod image;
mod joint;
mod kind;
pub mod kinds;
mod scalar;
mod secret;
mod size;
mod types;
mod value;
mod verb;
mod way;

pub use action::{
    Action, Change, Course, Effect, Transition, Watched, change_by, invoke, make, plain,
    unlink_all, until,
};
pub use address::{Address, is_like};
pub use attribute::{
    Attribute, Place, Sight, decimal, file, flag, int, list, mac, map, one_of, refer, secret,
    secrets, set, size, text, version,
};
pub use carry::{Carried, Carrier, Parts, carry_by};
pub use codec::{decode, encode, outline, underway};
pub use fields::Fields;
pub use image::{ImageFile, ImageForm};
pub use joint::{Joint, Share, Spread};
pub use kind::{
    Brought, Complaint, Keeper, Kind, Loss, Reading, Room, Standing, Surroundings, Test,
    usual_effect,
};
pub use scalar::read_scalar;
pub use secret::Secret;
pub use size::{format_size, parse_size, round_size};
pub use types::{Codec, Type, Underway, Update};
pub use value::{Reference, Value, same};
pub use verb::{Call, Verb};
pub use way::Way;
