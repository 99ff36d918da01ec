//! What a step costs beside the engine's own time: an engine that answers at once, a ledger on disk.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;
use virtuform::apply::{self, Ending};
use virtuform::engine::{Engine, Fault, Reply, Request};
use virtuform::manifest::{self, Source};
use virtuform::plan::{Limits, Plan, plan};
use virtuform::resources::kinds::{KINDS, TAG};
use virtuform::state::{Book, Desired, Holder, Ledger, LocalStore, Observed};

use crate::report::{line, time};

const STEPS: usize = 10_000;

pub fn measure() {
    let plan = tags();
    let times = time(5, || run(plan.clone()));
    let what = format!("apply: a step beside the engine, of {STEPS}, ledger included");
    times.line(&what, "1 ms", |seconds| format!("{:.3} ms", seconds * 1e3 / STEPS as f64));
    let sync = time(200, sync_once).median() * 1e3;
    line("  (one fsync of a small append on this disk)", format!("{sync:.3} ms"), "", "-");
}

/// A plan that makes ten thousand tags.
fn tags() -> Plan {
    let desired = load(&format!("tags: {{ 'tag-{{00001..{STEPS}}}': {{}} }}"));
    let mut observed = Observed::default();
    observed.read(&TAG);
    let plan = plan(&desired, &observed, &fresh(), &Limits::default()).expect("nothing is wrong");
    assert_eq!(plan.steps.len(), STEPS);
    plan
}

/// What a manifest says.
pub fn load(text: &str) -> Desired {
    let source = Source { name: PathBuf::from("bench.yaml"), text: text.to_owned() };
    let options = manifest::Options {
        kinds: KINDS,
        variables: &[],
        variable_files: &[],
        environment: &|_| None,
        read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
        open_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
    };
    manifest::load(&[source], &options).expect("the manifest is right").desired
}

fn fresh() -> Ledger {
    Ledger::new("bench".to_owned(), [7; 32])
}

fn run(plan: Plan) {
    let folder = tempfile::tempdir().expect("there is room");
    let store = Box::new(LocalStore::new(folder.path().join("virtuform.state.json")));
    let clock = Box::new(|| "2026-01-01T00:00:00Z".parse().expect("it is a time"));
    let mut book = Book::open(store, &Holder::default(), clock, fresh).expect("it is ours");
    let (_keep, interrupted) = watch::channel(false);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let options = apply::Options::new(1);
    let report = runtime.expect("a runtime starts").block_on(apply::apply(
        plan,
        &mut book,
        Arc::new(AtOnce),
        &options,
        interrupted,
        |_| {},
    ));
    assert!(report.steps.iter().all(|(_, ending)| matches!(ending, Ending::Done { .. })));
    assert_eq!(book.close().expect("it is still ours").entries.len(), STEPS);
}

/// Makes whatever is asked for, at once: the answer is the request with an id.
struct AtOnce;

impl Engine for AtOnce {
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let element = request.body.expect("only creations are sent");
        let id = element.text_at("name").unwrap_or_default().to_owned();
        let body = element.with_attribute("id", id).to_string();
        Ok(Reply { status: 201, body: Bytes::from(body) })
    }
}

fn sync_once() {
    use std::io::Write;
    let mut file = tempfile::tempfile().expect("there is room");
    file.write_all(b"one line of a journal\n").expect("there is room");
    file.sync_data().expect("the disk answers");
}
