//! Values as parameters of a request.

use crate::apply::targets::plain_text;
use crate::engine::Request;
use crate::resources::{Attribute, Value};

/// Adds values to the query of a request.
pub(super) fn with<'a>(
    request: Request,
    values: impl Iterator<Item = (&'static Attribute, &'a Value)>,
) -> Request {
    values.fold(request, |request, (attribute, value)| match plain_text(value) {
        Some(text) => request.query(attribute.path.unwrap_or(attribute.name), text),
        None => request,
    })
}
