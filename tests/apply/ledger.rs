//! The local files: what is torn, what is locked, and who may write.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use virtuform::apply::Options;
use virtuform::state::{
    Book, Clock, Entry, Holder, Ledger, Line, LocalStore, Outcome, Store, StoreError,
};

use crate::bench::*;
use crate::toy::Toy;

fn store(folder: &Path) -> LocalStore {
    LocalStore::new(folder.join(LocalStore::NAME))
}

fn kept(address: &str, id: &str) -> Line {
    let entry = Entry { kind: "vm".into(), id: id.into(), ..Entry::default() };
    Line::Outcome { step: 0, address: at(address), outcome: Outcome::Kept(entry) }
}

fn journal(folder: &Path) -> std::path::PathBuf {
    folder.join("virtuform.state.journal")
}

/// A book with one committed entry in its snapshot and one in its journal.
fn written(folder: &Path) -> Book {
    let mut book = open(folder);
    book.note(kept("vms/a", "1"));
    book.commit().unwrap();
    book.note(kept("vms/b", "2"));
    book.commit().unwrap();
    book
}

fn ids(ledger: &Ledger) -> Vec<&str> {
    ledger.entries.values().map(|entry| entry.id.as_str()).collect()
}

#[test]
fn what_was_committed_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    book.note(kept("vms/c", "3"));
    drop(book);
    let read = Book::read(&store(folder.path())).unwrap().unwrap();
    assert_eq!(ids(&read), ["1", "2"]);
    let book = open(folder.path());
    assert_eq!(ids(book.ledger()), ["1", "2"]);
    assert!(!journal(folder.path()).exists(), "what a killed run left is folded");
    assert_eq!(book.ledger().serial, 2);
}

#[test]
fn nothing_is_written_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let book = open(folder.path());
    book.close().unwrap();
    assert!(!folder.path().join(LocalStore::NAME).exists());
}

#[test]
fn a_torn_end_is_dropped_and_does_not_spoil_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    let whole = fs::read(journal(folder.path())).unwrap();
    for cut in 0..whole.len() {
        fs::write(journal(folder.path()), &whole[..cut]).unwrap();
        let loaded = store(folder.path()).load().unwrap();
        assert_eq!(loaded.torn, cut > 0, "cut after {cut} bytes");
        assert!(loaded.lines.is_empty());
    }
    let mut torn = whole.clone();
    torn.extend_from_slice(&whole[..whole.len() / 2]);
    fs::write(journal(folder.path()), torn).unwrap();

    // Even without a fold between, a later append starts on a line of its own.
    let mut store = store(folder.path());
    let lease = store.lock(&holder("x"), Timestamp::UNIX_EPOCH).unwrap();
    store.append(&lease, 1, &[kept("vms/c", "3")]).unwrap();
    let loaded = store.load().unwrap();
    assert!(!loaded.torn);
    assert_eq!(loaded.lines, [kept("vms/b", "2"), kept("vms/c", "3")]);
}

#[test]
fn damage_elsewhere_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    book.note(kept("vms/c", "3"));
    book.commit().unwrap();
    drop(book);
    let text = fs::read_to_string(journal(folder.path())).unwrap();
    fs::write(journal(folder.path()), text.replace("vms/b", "vms/x")).unwrap();
    let error = store(folder.path()).load().unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }));
    let said = error.to_string();
    assert!(said.starts_with("line 1 of ") && said.contains("is damaged"), "{said}");
    let opened = Book::open(Box::new(store(folder.path())), &holder("x"), now(), fresh);
    assert!(opened.is_err());
    // The failed try holds no lock.
    fs::write(journal(folder.path()), text).unwrap();
    assert_eq!(ids(open(folder.path()).ledger()), ["1", "2", "3"]);
}

#[test]
fn a_kill_between_snapshot_and_journal_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    let before = fs::read(journal(folder.path())).unwrap();
    book.note(Line::Forget { address: at("vms/b") });
    book.fold().unwrap();
    drop(book);
    fs::write(journal(folder.path()), before).unwrap();
    assert_eq!(ids(open(folder.path()).ledger()), ["1"]);
}

#[test]
fn a_journal_without_its_snapshot_is_no_empty_ledger() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    fs::remove_file(folder.path().join(LocalStore::NAME)).unwrap();
    let said = store(folder.path()).load().unwrap_err().to_string();
    assert!(said.contains("it follows the snapshot with serial 1"), "{said}");
}

#[test]
fn a_fold_keeps_the_former_snapshot_and_grows_the_serial() {
    let folder = tempfile::tempdir().unwrap();
    let book = written(folder.path());
    assert_eq!(book.close().unwrap().serial, 2);
    let backup = folder.path().join("virtuform.state.json.backup");
    let former: Ledger = serde_json::from_slice(&fs::read(backup).unwrap()).unwrap();
    assert_eq!((former.serial, ids(&former)), (1, vec!["1"]));
    let stray: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".new"))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn a_snapshot_that_somebody_changed_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    let path = folder.path().join(LocalStore::NAME);
    let other = fs::read_to_string(&path).unwrap().replace("\"serial\": 1", "\"serial\": 9");
    fs::write(&path, other).unwrap();
    let error = book.fold().unwrap_err();
    assert!(matches!(error, StoreError::Changed { expected: 1, found: 9 }), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    book.fold().unwrap();
    book.note(kept("vms/c", "3"));
    book.commit().unwrap();
    let mut files = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
        files += 1;
    }
    assert_eq!(files, 4);
}

#[test]
fn two_cannot_hold_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let book = written(folder.path());
    let second = Book::open(Box::new(store(folder.path())), &holder("other"), now(), fresh);
    let Err(StoreError::Locked { by, since }) = second else { panic!("it is locked") };
    assert_eq!((by.doing.as_str(), since), ("test", now()()));
    // To read it takes no lock.
    assert!(Book::read(&store(folder.path())).unwrap().is_some());
    book.close().unwrap();
    open(folder.path());
}

#[test]
fn a_killed_run_on_this_machine_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    drop(written(folder.path()));
    open(folder.path());
}

#[test]
fn a_lease_of_another_machine_is_waited_for_and_then_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Holder { host: "elsewhere".into(), ..holder("apply") };
    let start: Timestamp = now()();
    let lease = store(folder.path()).lock(&elsewhere, start).unwrap();
    let soon = start + SignedDuration::from_secs(59);
    let refused = store(folder.path()).lock(&holder("apply"), soon).unwrap_err();
    let StoreError::Locked { by, .. } = refused else { panic!("{refused}") };
    assert_eq!(*by, elsewhere);
    let later = start + SignedDuration::from_secs(61);
    let next = store(folder.path()).lock(&holder("apply"), later).unwrap();
    assert!(next.token > lease.token);
}

#[test]
fn a_renewed_lease_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let time = Arc::new(Mutex::new(now()()));
    let told = Arc::clone(&time);
    let clock: Clock = Box::new(move || *told.lock().unwrap());
    let elsewhere = Holder { host: "elsewhere".into(), ..holder("apply") };
    let mut book = Book::open(Box::new(store(folder.path())), &elsewhere, clock, fresh).unwrap();
    let start = *time.lock().unwrap();
    *time.lock().unwrap() = start + SignedDuration::from_secs(30);
    book.renew().unwrap();
    drop(book);
    let then = start + SignedDuration::from_secs(80);
    assert!(store(folder.path()).lock(&holder("apply"), then).is_err());
    let then = start + SignedDuration::from_secs(91);
    store(folder.path()).lock(&holder("apply"), then).unwrap();
}

#[test]
fn whoever_lost_the_lock_writes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = written(folder.path());
    store(folder.path()).break_lock().unwrap();
    let mut other = open(folder.path());
    book.note(kept("vms/stray", "9"));
    assert!(matches!(book.commit(), Err(StoreError::Fenced)));
    assert!(matches!(book.fold(), Err(StoreError::Fenced)));
    drop(book);
    other.note(kept("vms/c", "3"));
    other.commit().unwrap();
    assert_eq!(ids(&other.close().unwrap()), ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_renews_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let (start, begun) = (now()(), tokio::time::Instant::now());
    let passed = move || SignedDuration::try_from(begun.elapsed()).unwrap();
    let clock: Clock = Box::new(move || start + passed());
    let elsewhere = Holder { host: "elsewhere".into(), ..holder("apply") };
    let mut book = Book::open(Box::new(store(folder.path())), &elsewhere, clock, fresh).unwrap();
    let toy = Toy { settling: std::time::Duration::from_secs(300), ..Toy::default() };
    let steps = Steps::default().add(&VM, "vms/a", create(named(&VM, "a")), &[]).add(
        &VM,
        "vms/a",
        until_down(),
        &[],
    );
    let told = run(steps.plan(), &mut book, &Arc::new(toy), &Options::new(1)).await;
    assert!(told.report.is_success());
    drop(book);
    let refused = store(folder.path()).lock(&holder("apply"), start + passed()).unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_is_taken_starts_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    let toy = Arc::new(Toy { latency: std::time::Duration::from_secs(2), ..Toy::default() });
    let thief = store(folder.path());
    tokio::spawn(async move {
        let mut thief = thief;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        thief.break_lock().unwrap();
    });
    let steps = Steps::default().add(&VM, "vms/a", create(named(&VM, "a")), &[]).add(
        &VM,
        "vms/b",
        create(named(&VM, "b")),
        &[0],
    );
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(told.words(), ["done", "not started"]);
    assert!(matches!(told.report.ledger_error, Some(StoreError::Fenced)));
    assert_eq!(toy.calls("POST").len(), 1);
    // What was sent under the lost lock is in the journal, and the next run finds it.
    drop(book);
    assert_eq!(open(folder.path()).ledger().open.len(), 1);
}
