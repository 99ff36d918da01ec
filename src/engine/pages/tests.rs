//! Paging against a collection of numbered objects.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;

use super::*;
use crate::engine::{Broken, How};
use crate::xml::Outline;

/// Holds objects 0, 1, 2 ...; answers later pages sooner, so that they overtake.
#[derive(Default)]
struct Collection {
    size: usize,
    /// As engines do for filtered users: nothing from the second page on.
    pages_one_only: bool,
    /// As engines do with a search that they do not understand.
    finds_nothing: bool,
    /// Pages from this one on fail.
    fails_from: Option<usize>,
    searches: Mutex<Vec<String>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Collection {
    fn objects(&self, request: &Request) -> Result<Vec<usize>, Fault> {
        let value = |name: &str| {
            request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let all = 0..self.size;
        let search = value("search").unwrap_or_default();
        self.searches.lock().unwrap().push(search.clone());
        let Some((_, number)) = search.split_once("sortby id asc page ") else {
            return Ok(all.collect());
        };
        let (number, max): (usize, usize) =
            (number.parse().unwrap(), value("max").unwrap().parse().unwrap());
        if self.fails_from.is_some_and(|from| number >= from) {
            let cause = Broken::new(How::Interrupted, "");
            return Err(Fault::Lost { call: "GET vms".to_owned(), cause });
        }
        if self.finds_nothing || (self.pages_one_only && number > 1) {
            return Ok(Vec::new());
        }
        Ok(all.skip((number - 1) * max).take(max).collect())
    }
}

impl Engine for Collection {
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let asked = self.searches.lock().unwrap().len() as u64;
        let outcome = self.objects(&request);
        sleep(Duration::from_millis(100_u64.saturating_sub(asked))).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let objects: String = outcome?.iter().map(|id| format!("<vm id=\"{id}\"/>")).collect();
        Ok(Reply { status: 200, body: format!("<vms>{objects}</vms>").into() })
    }
}

/// The ids in the order in which they were visited.
async fn read(collection: &Collection, width: usize) -> Result<Vec<usize>, Fault> {
    let mut seen = Vec::new();
    pages(collection, Request::get("vms"), 10, width, |reply| {
        let before = seen.len();
        reply.each(&Outline::new(), |vm| seen.push(vm.id().unwrap().parse().unwrap()))?;
        Ok(seen.len() - before)
    })
    .await?;
    Ok(seen)
}

#[tokio::test(start_paused = true)]
async fn all_objects_come_in_order_whatever_the_width() {
    for size in [0, 1, 9, 10, 11, 20, 95, 100] {
        for width in [0, 1, 3, 8] {
            let collection = Collection { size, ..Collection::default() };
            let mut seen = read(&collection, width).await.unwrap();
            seen.dedup();
            // A single full page is read once more, as a whole list.
            seen.truncate(size);
            assert_eq!(seen, (0..size).collect::<Vec<_>>(), "{size} {width}");
            assert!(collection.most_in_flight.into_inner() <= width.max(1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_collection_costs_one_request_and_a_long_one_few_too_many() {
    let requests = |size| async move {
        let collection = Collection { size, ..Collection::default() };
        read(&collection, 4).await.unwrap();
        collection.searches.into_inner().unwrap().len()
    };
    assert_eq!(requests(9).await, 1);
    assert!((11..=14).contains(&requests(105).await));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_page_is_asked_for_all() {
    for collection in [
        Collection { size: 25, pages_one_only: true, ..Collection::default() },
        Collection { size: 25, finds_nothing: true, ..Collection::default() },
    ] {
        let mut seen = read(&collection, 4).await.unwrap();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, (0..25).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_beyond_the_end_does_not_matter_and_one_before_does() {
    let collection = Collection { size: 35, fails_from: Some(5), ..Collection::default() };
    assert_eq!(read(&collection, 4).await.unwrap().len(), 35);
    let collection = Collection { size: 35, fails_from: Some(3), ..Collection::default() };
    assert!(matches!(read(&collection, 4).await, Err(Fault::Lost { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_search_stays_the_condition() {
    let collection = Arc::new(Collection { size: 5, ..Collection::default() });
    let request = Request::get("vms").query("search", "cluster=east").query("follow", "nics");
    pages(&collection, request, 10, 2, |_| Ok(5)).await.unwrap();
    assert_eq!(*collection.searches.lock().unwrap(), ["cluster=east sortby id asc page 1"]);
}
