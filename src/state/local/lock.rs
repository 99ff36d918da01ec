//! The lock beside the files.
//!
//! Two things hold it: the operating system's lock on the file, which ends with its process, so
//! that a killed run is in nobody's way; and the lease written into it, for file systems whose
//! locks do not reach other machines. The file stays when the lock is given back, since it holds
//! the last token.

use std::fs::{File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{doing, open_private, read, write_atomically};
use crate::state::{Holder, Lease, StoreError};

/// A lock that is held as long as this lives and its lease lasts.
pub(super) struct FileLock {
    path: PathBuf,
    file: File,
    content: Content,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    token: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    by: Holder,
    since: Timestamp,
    until: Timestamp,
}

impl FileLock {
    /// Takes the lock, unless somebody holds it.
    pub fn take(path: &Path, holder: &Holder, now: Timestamp) -> Result<Self, StoreError> {
        let fail = doing("lock", path);
        let file = open_private(path, false).map_err(&fail)?;
        let is_sure = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Err(locked(read_content(path, now)?, now)),
            // Not every file system has locks; the lease has to do there.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => false,
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        };
        let former = read_content(path, now)?;
        if former.held.as_ref().is_some_and(|held| held.is_alive(holder, now, is_sure)) {
            return Err(locked(former, now));
        }
        let held = Held { by: holder.clone(), since: now, until: until(now) };
        let content = Content { token: former.token + 1, held: Some(held) };
        let mut lock = Self { path: path.to_owned(), file, content };
        lock.write()?;
        // Somebody may have broken the lock just now, which puts a new file in this one's place.
        lock.check(&lock.lease())?;
        Ok(lock)
    }

    /// What the holder identifies itself with.
    pub fn lease(&self) -> Lease {
        Lease { token: self.content.token }
    }

    /// Makes sure that nobody else has taken the lock.
    pub fn check(&self, lease: &Lease) -> Result<(), StoreError> {
        let there = read(&self.path)?.and_then(|text| parse(&text));
        let is_ours = there
            .is_some_and(|there| there.token == lease.token && there.token == self.content.token);
        if is_ours { Ok(()) } else { Err(StoreError::Fenced) }
    }

    /// Makes the lease last longer.
    pub fn renew(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if let Some(held) = &mut self.content.held {
            held.until = until(now);
        }
        self.write()
    }

    /// Gives the lock back, if it is still ours.
    pub fn give_back(mut self) -> Result<(), StoreError> {
        if self.check(&self.lease()).is_err() {
            return Ok(());
        }
        self.content.held = None;
        self.write()
    }

    /// Writes at once and always the same length, so that nobody reads half of it.
    fn write(&mut self) -> Result<(), StoreError> {
        let text = pad(serde_json::to_string(&self.content).expect("a lock is plain data"));
        let mut write = || {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(text.as_bytes())?;
            self.file.set_len(text.len() as u64)?;
            self.file.sync_data()
        };
        write().map_err(doing("write", &self.path))
    }
}

impl Held {
    /// Whether the holder is at work. On this machine, the operating system would still hold the
    /// lock for it.
    fn is_alive(&self, asked_by: &Holder, now: Timestamp, is_sure: bool) -> bool {
        let is_here = self.by.host == asked_by.host;
        !(is_sure && is_here) && now < self.until
    }
}

/// Puts a new file in the place of the lock, whose token makes the holder's worthless.
pub(super) fn break_lock(path: &Path) -> Result<(), StoreError> {
    let Some(text) = read(path)? else { return Ok(()) };
    let token = parse(&text).unwrap_or_default().token + 1;
    let broken = Content { token, held: None };
    let text = pad(serde_json::to_string(&broken).expect("a lock is plain data"));
    write_atomically(path, text.as_bytes())
}

/// What the lock file says. One that says nothing, as its writer was stopped, gets a token that
/// is surely greater than the lost one.
fn read_content(path: &Path, now: Timestamp) -> Result<Content, StoreError> {
    Ok(match read(path)? {
        Some(text) if !text.trim_ascii().is_empty() => parse(&text).unwrap_or_else(|| Content {
            token: u64::try_from(now.as_second()).unwrap_or_default(),
            held: None,
        }),
        _ => Content::default(),
    })
}

fn parse(text: &[u8]) -> Option<Content> {
    serde_json::from_slice(text).ok()
}

fn pad(text: String) -> String {
    const LENGTH: usize = 511;
    format!("{text:<LENGTH$}\n")
}

fn until(now: Timestamp) -> Timestamp {
    now.checked_add(Lease::LENGTH).unwrap_or(now)
}

fn locked(content: Content, now: Timestamp) -> StoreError {
    let (by, since) = content.held.map_or((Holder::default(), now), |held| (held.by, held.since));
    StoreError::Locked { by: Box::new(by), since }
}
