//! A ledger in local files: a snapshot, a journal and a lock beside each other.

mod files;
mod lock;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use self::files::{doing, open_private, read, sync_folder, write_atomically};
use self::lock::FileLock;
use super::groups::{self, Group};
use super::{Holder, Lease, Ledger, Line, Loaded, Store, StoreError};

/// Keeps a ledger in files that only their owner can read.
///
/// - `virtuform.state.json` is the snapshot; its former version is `virtuform.state.json.backup`.
/// - `virtuform.state.journal` holds what was written down since. It says which snapshot it
///   belongs to, so a kill between the two steps of a fold does no harm.
/// - `virtuform.state.lock` says who works with them.
pub struct LocalStore {
    snapshot: PathBuf,
    backup: PathBuf,
    journal: PathBuf,
    lock_file: PathBuf,
    lock: Option<FileLock>,
    /// Open for appending once something was appended.
    appending: Option<File>,
}

impl LocalStore {
    /// The name of the snapshot, unless the user chooses another one.
    pub const NAME: &str = "virtuform.state.json";

    /// A store whose snapshot is that file, which need not exist.
    pub fn new(snapshot: impl Into<PathBuf>) -> Self {
        let snapshot = snapshot.into();
        let mut backup = snapshot.clone().into_os_string();
        backup.push(".backup");
        Self {
            backup: backup.into(),
            journal: snapshot.with_extension("journal"),
            lock_file: snapshot.with_extension("lock"),
            snapshot,
            lock: None,
            appending: None,
        }
    }

    fn held(&mut self, lease: &Lease) -> Result<&mut FileLock, StoreError> {
        let lock = self.lock.as_mut().ok_or(StoreError::Fenced)?;
        lock.check(lease)?;
        Ok(lock)
    }

    fn read_snapshot(&self) -> Result<Option<Ledger>, StoreError> {
        let Some(text) = read(&self.snapshot)? else { return Ok(None) };
        let ledger: Ledger =
            serde_json::from_slice(&text).map_err(|error| damaged(&self.snapshot, error))?;
        if ledger.format > Ledger::FORMAT {
            let message = format!("its format {} is newer than this program", ledger.format);
            return Err(damaged(&self.snapshot, message));
        }
        Ok(Some(ledger))
    }

    /// The journal, open at the end of what is whole: what follows is torn and would make the
    /// next line unreadable.
    fn open_journal(&self) -> Result<File, StoreError> {
        let fail = doing("open", &self.journal);
        let text = read(&self.journal)?.unwrap_or_default();
        let whole = self.decode(&text)?.whole;
        let file = open_private(&self.journal, true).map_err(&fail)?;
        file.set_len(whole as u64).map_err(&fail)?;
        sync_folder(&self.journal)?;
        Ok(file)
    }

    fn decode(&self, text: &[u8]) -> Result<groups::Journal, StoreError> {
        groups::decode(text).map_err(|bad| StoreError::Damaged {
            place: format!("line {} of {}", bad.number, self.journal.display()),
            message: "its checksum does not fit, and it is not the last line".to_owned(),
        })
    }

    fn lines_since(&self, serial: u64, groups: Vec<Group>) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        for group in groups {
            if group.after > serial {
                let message = format!(
                    "it follows the snapshot with serial {}, but {} has serial {serial}",
                    group.after,
                    self.snapshot.display(),
                );
                return Err(damaged(&self.journal, message));
            }
            // Older ones are part of the snapshot: a fold was stopped before it removed them.
            if group.after == serial {
                lines.extend(group.lines);
            }
        }
        Ok(lines)
    }
}

impl Store for LocalStore {
    fn load(&self) -> Result<Loaded, StoreError> {
        let ledger = self.read_snapshot()?;
        let text = read(&self.journal)?.unwrap_or_default();
        let journal = self.decode(&text)?;
        let torn = journal.whole < text.len();
        let serial = ledger.as_ref().map_or(0, |ledger| ledger.serial);
        let lines = self.lines_since(serial, journal.groups)?;
        Ok(Loaded { ledger, lines, torn })
    }

    fn lock(&mut self, holder: &Holder, now: Timestamp) -> Result<Lease, StoreError> {
        let lock = FileLock::take(&self.lock_file, holder, now)?;
        let lease = lock.lease();
        self.lock = Some(lock);
        Ok(lease)
    }

    fn renew(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        self.held(lease)?.renew(now)
    }

    fn append(&mut self, lease: &Lease, serial: u64, lines: &[Line]) -> Result<(), StoreError> {
        self.held(lease)?;
        let mut file = match self.appending.take() {
            Some(file) => file,
            None => self.open_journal()?,
        };
        let text = groups::encode(&Group { after: serial, lines: lines.to_vec() });
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(doing("write", &self.journal))?;
        // After an error it stays closed: the next append drops what is torn.
        self.appending = Some(file);
        Ok(())
    }

    fn fold(&mut self, lease: &Lease, from: u64, ledger: &Ledger) -> Result<(), StoreError> {
        self.held(lease)?;
        let found = self.read_snapshot()?.map_or(0, |ledger| ledger.serial);
        if found != from {
            return Err(StoreError::Changed { expected: from, found });
        }
        if let Some(former) = read(&self.snapshot)? {
            write_atomically(&self.backup, &former)?;
        }
        let mut text = serde_json::to_string_pretty(ledger).expect("a ledger is plain data");
        text.push('\n');
        write_atomically(&self.snapshot, text.as_bytes())?;
        self.appending = None;
        match std::fs::remove_file(&self.journal) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(doing("remove", &self.journal)(error))
            }
            _ => Ok(()),
        }
    }

    fn unlock(&mut self, lease: Lease) -> Result<(), StoreError> {
        self.appending = None;
        match self.lock.take() {
            Some(lock) if lock.lease() == lease => lock.give_back(),
            _ => Ok(()),
        }
    }

    fn break_lock(&mut self) -> Result<(), StoreError> {
        lock::break_lock(&self.lock_file)
    }
}

fn damaged(file: &Path, message: impl ToString) -> StoreError {
    StoreError::Damaged { place: file.display().to_string(), message: message.to_string() }
}
