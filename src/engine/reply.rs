//! What came back.

use bytes::Bytes;

use super::{Fault, Said};
use crate::xml::{self, Element, Outline, XmlError};

/// A reply of the engine, its body not yet read: long lists are decoded object by object.
///
/// A `DELETE` that was repeated after its answer was lost, and then found nothing to remove, has
/// done its work: its reply has status 404 and no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status, as a rule 200, 201 or 202.
    pub status: u16,
    /// The XML document.
    pub body: Bytes,
}

impl Reply {
    /// Reads the whole body as one element.
    ///
    /// # Errors
    /// [`Fault::Garbled`] if the body is no XML document.
    pub fn element(&self) -> Result<Element, Fault> {
        xml::parse(&self.body).map_err(garbled)
    }

    /// Reads the objects in the body's root one by one, and of each what `outline` keeps.
    ///
    /// # Errors
    /// [`Fault::Garbled`] if the body is no XML document; objects before the bad place were visited.
    pub fn each(&self, outline: &Outline, visit: impl FnMut(Element)) -> Result<(), Fault> {
        xml::each(&self.body, outline, visit).map_err(garbled)
    }
}

/// A reply does not know its call; who sent it can say.
fn garbled(error: XmlError) -> Fault {
    Fault::Garbled { call: String::new(), message: Said::from(error.to_string()) }
}
