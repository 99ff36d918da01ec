//! What goes back to a client, and how it becomes bytes.

use std::collections::VecDeque;

use bytes::Bytes;
use http::Response;

use super::document::{self, Format};
use super::fault::{Fault, FaultBody};
use super::show::{self, View};
use super::site::Site;
use super::store::Handle;
use crate::xml::Element;

/// How many bytes of a list are written at once.
const PIECE: usize = 64 << 10;

/// What goes back.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the content's type.
    pub headers: Vec<(&'static str, String)>,
    /// The content.
    pub content: Content,
}

/// What a reply carries, before it is written in the format that was asked for.
#[derive(Debug)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// A document of the API.
    Document(Element),
    /// A list of objects.
    List(Listing),
    /// Something that has its own type.
    Text(&'static str, String),
}

/// Objects that are shown when they are written, not before.
#[derive(Debug)]
pub struct Listing {
    /// The name of the list.
    pub name: &'static str,
    /// The objects, in their order.
    pub objects: VecDeque<Handle>,
    /// How they are shown.
    pub view: View,
}

impl Reply {
    /// A reply without content.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    /// A reply with a document.
    pub fn document(status: u16, element: Element) -> Self {
        Self { content: Content::Document(element), ..Self::empty(status) }
    }

    /// A reply with a list.
    pub fn list(listing: Listing) -> Self {
        Self { content: Content::List(listing), ..Self::empty(200) }
    }

    /// A reply of some other type.
    pub fn text(status: u16, content_type: &'static str, text: impl Into<String>) -> Self {
        Self { content: Content::Text(content_type, text.into()), ..Self::empty(status) }
    }

    /// The container's page for an error.
    pub fn page(status: u16, text: &str) -> Self {
        let body = format!("<html><head><title>Error</title></head><body>{text}</body></html>");
        Self::text(status, "text/html;charset=UTF-8", body)
    }

    /// The reply with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A refusal.
    pub fn refusal(fault: &Fault) -> Self {
        match (&fault.body, fault.element()) {
            (_, Some(element)) => Self::document(fault.status, element),
            (FaultBody::Page(text), None) => Self::page(fault.status, text),
            (_, None) => Self::empty(fault.status),
        }
    }

    /// The reply as a response whose body is written in a format, as far as it is wanted.
    pub fn respond(self, format: Format, wants_body: bool) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        let content_type = match &self.content {
            Content::Nothing => None,
            Content::Text(content_type, _) => Some(*content_type),
            Content::Document(_) | Content::List(_) => Some(format.content_type()),
        };
        if let Some(content_type) = content_type {
            response = response.header("Content-Type", content_type);
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let content = if wants_body { self.content } else { Content::Nothing };
        response.body(Body::of(content, format)).expect("statuses and headers of replies are valid")
    }
}

/// The body of a response: whole, or a list of which more is written as it is asked for.
#[derive(Debug)]
pub struct Body(State);

#[derive(Debug)]
enum State {
    Whole(Bytes),
    Image(ImagePart),
    List(Listing, document::List),
}

/// A part of an image whose data is read when it is asked for.
#[derive(Debug)]
pub struct ImagePart {
    /// The key of the image's data.
    pub image: String,
    /// Where the part begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

impl ImagePart {
    /// How much of an image is read at once.
    const PIECE: u64 = 1 << 20;

    fn next(&mut self, site: &Site) -> Option<Bytes> {
        let length = self.end.saturating_sub(self.start).min(Self::PIECE);
        let size = usize::try_from(length).ok().filter(|it| *it > 0)?;
        let data = site.volumes.read(&self.image, self.start, size);
        self.start += length;
        Some(Bytes::from(data))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(State::Whole(bytes))
    }
}

impl From<ImagePart> for Body {
    fn from(part: ImagePart) -> Self {
        Self(State::Image(part))
    }
}

impl Body {
    fn of(content: Content, format: Format) -> Self {
        Self(match content {
            Content::Nothing => State::Whole(Bytes::new()),
            Content::Text(_, text) => State::Whole(Bytes::from(text)),
            Content::Document(element) => {
                let mut text = String::new();
                document::write(format, &element, &mut text);
                State::Whole(Bytes::from(text))
            }
            Content::List(listing) => {
                let list = document::List::new(format, listing.name);
                State::List(listing, list)
            }
        })
    }

    /// How long it is, if that is known.
    pub(super) fn length(&self) -> Option<usize> {
        match &self.0 {
            State::Whole(bytes) => Some(bytes.len()),
            State::Image(part) => usize::try_from(part.end.saturating_sub(part.start)).ok(),
            State::List(..) => None,
        }
    }

    /// Whether there is no more to come.
    pub(super) fn is_written(&self) -> bool {
        matches!(&self.0, State::Whole(bytes) if bytes.is_empty())
    }

    /// The next piece; `None` if all is written. What was removed meanwhile is left out.
    pub(super) fn next(&mut self, site: &Site) -> Option<Bytes> {
        match &mut self.0 {
            State::Whole(bytes) => Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
            State::Image(part) => part.next(site),
            State::List(listing, list) => {
                let mut text = String::with_capacity(PIECE + PIECE / 4);
                while text.len() < PIECE {
                    let Some(object) = listing.objects.pop_front() else {
                        list.end(&mut text);
                        self.0 = State::Whole(Bytes::new());
                        break;
                    };
                    if let Ok(shown) = show::show(site, object, &listing.view) {
                        list.push(&shown, &mut text);
                    }
                }
                Some(Bytes::from(text))
            }
        }
    }

    /// The first half of it, and nothing after that.
    pub(super) fn half(self, site: &Site) -> Self {
        let mut all = self.rest(site);
        all.truncate(all.len() / 2);
        Self(State::Whole(all))
    }

    /// All of it that is still to come.
    pub(super) fn rest(mut self, site: &Site) -> Bytes {
        let Some(first) = self.next(site) else { return Bytes::new() };
        let Some(second) = self.next(site) else { return first };
        let mut all = [first, second].concat();
        while let Some(piece) = self.next(site) {
            all.extend_from_slice(&piece);
        }
        Bytes::from(all)
    }
}
