//! Long collections, page by page.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Engine, Fault, Reply, Request};

type Page<'a> = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send + 'a>>;

/// Reads a searchable collection in pages of `page_size` objects, up to `width` of them at a time.
///
/// `visit` gets the pages in order and returns how many objects each holds; the first page that is
/// not full is the last. Pages asked for beyond it are dropped, whatever would become of them. The
/// first page is asked for alone and each full one allows one more ahead, so a short collection
/// costs one request.
///
/// Objects are paged by id, as names are not unique. Others may add or remove objects meanwhile, so
/// one may come twice or be left out: callers drop what they have seen, and confirm by id what they
/// miss. The search works for collections whose `id` can be searched.
///
/// # Errors
/// The fault of the first page, in order, that could not be read or visited.
pub async fn pages<E: Engine>(
    engine: &E,
    request: Request,
    page_size: usize,
    width: usize,
    mut visit: impl FnMut(Reply) -> Result<usize, Fault>,
) -> Result<(), Fault> {
    let mut ahead = Ahead::default();
    let (mut asked, mut full) = (0, 0);
    loop {
        while ahead.len() < width.clamp(1, full + 1) {
            asked += 1;
            ahead.push(Box::pin(engine.send(page(&request, page_size, asked))));
        }
        let reply = ahead.next().await.map_err(|fault| fault.of(&request.call()))?;
        let count = visit(reply).map_err(|fault| fault.of(&request.call()))?;
        // An engine answers with nothing, and not with an error, a search that it does not
        // understand, and some users' searches from the second page on. Whether this is such an
        // answer, or the collection ends here, only the whole list can tell.
        if count == 0 && full <= 1 {
            drop(ahead);
            let whole = engine.send(request.clone()).await?;
            return visit(whole).map(|_| ()).map_err(|fault| fault.of(&request.call()));
        }
        if count != page_size {
            return Ok(());
        }
        full += 1;
    }
}

/// The request for one page, counted from 1. A search that it has already stays its condition.
fn page(request: &Request, page_size: usize, number: usize) -> Request {
    let mut page = request.clone();
    let order = format!("sortby id asc page {number}");
    match page.query.iter_mut().find(|(name, _)| name == "search") {
        Some((_, search)) => *search = format!("{} {order}", search.trim()),
        None => page = page.query("search", order),
    }
    page.query.retain(|(name, _)| name != "max");
    page.query("max", page_size.to_string())
}

/// Pages on their way, which arrive in the order in which they were asked for.
#[derive(Default)]
struct Ahead<'a> {
    pages: VecDeque<Slot<'a>>,
}

enum Slot<'a> {
    Coming(Page<'a>),
    Here(Result<Reply, Fault>),
}

impl<'a> Ahead<'a> {
    fn len(&self) -> usize {
        self.pages.len()
    }

    fn push(&mut self, page: Page<'a>) {
        self.pages.push_back(Slot::Coming(page));
    }

    /// The page that was asked for first; the others are kept going meanwhile.
    async fn next(&mut self) -> Result<Reply, Fault> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Reply, Fault>> {
        for slot in &mut self.pages {
            if let Slot::Coming(page) = slot
                && let Poll::Ready(outcome) = page.as_mut().poll(context)
            {
                *slot = Slot::Here(outcome);
            }
        }
        match self.pages.pop_front() {
            Some(Slot::Here(outcome)) => Poll::Ready(outcome),
            Some(coming) => {
                self.pages.push_front(coming);
                Poll::Pending
            }
            None => unreachable!("a page was asked for"),
        }
    }
}

#[cfg(test)]
mod tests;
