//! The ledger that a run works with, and the journal it writes.

use jiff::Timestamp;

use super::{Clock, Holder, Lease, Ledger, Line, Loaded, Store, StoreError};

/// A ledger whose lock is held.
///
/// What is [noted](Book::note) is known at once and kept from the next [commit](Book::commit) on.
/// At the end the journal is [folded](Book::fold) into a new snapshot.
pub struct Book {
    store: Box<dyn Store>,
    clock: Clock,
    lease: Lease,
    renewed: Timestamp,
    ledger: Ledger,
    /// The serial of the snapshot in the store; nothing before the first.
    stored: Option<u64>,
    uncommitted: Vec<Line>,
    is_folded: bool,
    torn: bool,
}

impl Book {
    /// Reads a ledger without locking it: for a plan, which writes nothing. `None` if there is
    /// none yet.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn read(store: &dyn Store) -> Result<Option<Ledger>, StoreError> {
        let Loaded { ledger, lines, .. } = store.load()?;
        Ok(ledger.map(|ledger| replay(ledger, &lines)))
    }

    /// Locks the store and reads the ledger; `fresh` makes one if there is none yet. What a
    /// killed run left in the journal is folded into a snapshot first.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while somebody else works with it; as [`Store::load`].
    pub fn open(
        mut store: Box<dyn Store>,
        holder: &Holder,
        clock: Clock,
        fresh: impl FnOnce() -> Ledger,
    ) -> Result<Self, StoreError> {
        let renewed = clock();
        let lease = store.lock(holder, renewed)?;
        let Loaded { ledger, lines, torn } = match store.load() {
            Ok(loaded) => loaded,
            Err(error) => {
                store.unlock(lease)?;
                return Err(error);
            }
        };
        let stored = ledger.as_ref().map(|ledger| ledger.serial);
        let ledger = replay(ledger.unwrap_or_else(fresh), &lines);
        let is_folded = lines.is_empty() && !torn;
        let uncommitted = Vec::new();
        let mut book =
            Self { store, clock, lease, renewed, ledger, stored, uncommitted, is_folded, torn };
        book.fold()?;
        Ok(book)
    }

    /// What is known.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the last words of a killed run were incomplete and dropped.
    pub fn was_torn(&self) -> bool {
        self.torn
    }

    /// Changes the ledger outside of a run (`state mv`, `state rm`); the next fold keeps it.
    pub fn edit(&mut self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.ledger);
        self.is_folded = false;
    }

    /// Notes something; it is kept from the next commit on.
    pub fn note(&mut self, line: Line) {
        self.ledger.learn(&line);
        self.uncommitted.push(line);
    }

    /// Keeps all that was noted: once this returns, it survives a loss of power.
    ///
    /// # Errors
    /// As [`Store::append`]. What was noted stays noted, for the fold.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        if self.uncommitted.is_empty() {
            return Ok(());
        }
        // Digests in a journal mean nothing without the snapshot that has their key.
        let Some(serial) = self.stored else { return self.fold_now() };
        self.is_folded = false;
        self.store.append(&self.lease, serial, &self.uncommitted)?;
        self.uncommitted.clear();
        Ok(())
    }

    /// Makes a new snapshot, if there is anything new.
    ///
    /// # Errors
    /// As [`Store::fold`].
    pub fn fold(&mut self) -> Result<(), StoreError> {
        if self.is_folded && self.uncommitted.is_empty() { Ok(()) } else { self.fold_now() }
    }

    fn fold_now(&mut self) -> Result<(), StoreError> {
        let from = self.stored.unwrap_or_default();
        let mut ledger = self.ledger.clone();
        ledger.serial = from + 1;
        self.store.fold(&self.lease, from, &ledger)?;
        self.ledger.serial = ledger.serial;
        self.stored = Some(ledger.serial);
        self.uncommitted.clear();
        self.is_folded = true;
        Ok(())
    }

    /// Renews the lease, if it is time.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if somebody else has taken the lock.
    pub fn renew(&mut self) -> Result<(), StoreError> {
        let now = (self.clock)();
        if now.duration_since(self.renewed) < Lease::RENEWAL {
            return Ok(());
        }
        self.store.renew(&self.lease, now)?;
        self.renewed = now;
        Ok(())
    }

    /// Makes a last snapshot and gives the lock back.
    ///
    /// # Errors
    /// As [`Store::fold`] and [`Store::unlock`].
    pub fn close(mut self) -> Result<Ledger, StoreError> {
        let folded = self.fold();
        self.store.unlock(self.lease)?;
        folded.map(|()| self.ledger)
    }
}

fn replay(mut ledger: Ledger, lines: &[Line]) -> Ledger {
    for line in lines {
        ledger.learn(line);
    }
    ledger.presume_open();
    ledger
}
