//! Bodies that come slowly, or not to their end.

use std::io::ErrorKind::ConnectionAborted;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::clock::Clock;
use crate::simulated::Pace;

/// The response with a body that comes at its pace.
pub fn paced(response: Response, pace: Pace, clock: &Clock) -> Response {
    if pace.bytes_per_second == 0 && !pace.breaks {
        return response;
    }
    response.map(|body| Body::new(Paced::new(body, pace, clock)))
}

/// So often a second something is sent of a slow body.
const TICKS: u64 = 10;

/// What a body counts as whose size is not known.
const UNKNOWN: u64 = 64 << 10;

/// So long the connection stays open after the last piece that is sent of a broken answer: what is
/// not on its way when it breaks is lost.
const FLUSHING: Duration = Duration::from_millis(50);

struct Paced {
    inner: Body,
    size: SizeHint,
    /// What of the inner body was read and not sent.
    rest: Bytes,
    /// The most that is sent at once.
    piece: usize,
    /// What may still be sent before the connection breaks.
    left: usize,
    tick: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn new(inner: Body, pace: Pace, clock: &Clock) -> Self {
        let size = inner.size_hint();
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let is_slow = pace.bytes_per_second > 0;
        Self {
            left: if pace.breaks {
                number(size.exact().unwrap_or(UNKNOWN) / 2)
            } else {
                usize::MAX
            },
            piece: if is_slow { number(pace.bytes_per_second.div_ceil(TICKS)) } else { usize::MAX },
            tick: if is_slow { clock.real(Duration::from_millis(100)) } else { Duration::ZERO },
            rest: Bytes::new(),
            waiting: None,
            inner,
            size,
        }
    }

    /// The next piece of what was read; nothing if the connection is to break.
    fn cut(&mut self) -> Option<Bytes> {
        let length = self.rest.len().min(self.piece).min(self.left);
        self.left -= length;
        let wait = if self.left == 0 { FLUSHING } else { self.tick };
        if !wait.is_zero() {
            self.waiting = Some(Box::pin(sleep(wait)));
        }
        Some(self.rest.split_to(length)).filter(|piece| !piece.is_empty())
    }
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
            self.waiting = None;
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        let piece =
            self.cut().ok_or_else(|| axum::Error::new(std::io::Error::from(ConnectionAborted)));
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }
}
