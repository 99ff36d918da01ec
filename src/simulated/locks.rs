//! What is locked while the engine works on it.
//!
//! A lock says what it guards, a group and a key in it, whether others may hold it too, and until
//! when. Requests come one at a time, so locks that the engine holds during a call alone are never
//! met, unless the call takes time.

use std::collections::HashMap;
use std::time::Duration;

use super::fault::Fault;

/// What a lock guards, such as `("VM", id)` or `("VM_NAME", name)`.
pub type Key = (&'static str, String);

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody else may hold it.
    Exclusive,
    /// Others may share it.
    Shared,
}

struct Held {
    mode: Mode,
    until: Duration,
    says: String,
}

/// The locks that are held.
#[derive(Default)]
pub struct Locks(HashMap<Key, Vec<Held>>);

impl Locks {
    /// Refuses with the text of the holder if a lock cannot be had at a time.
    ///
    /// `doing` says what was asked, such as `Cannot edit VM`.
    pub fn check(
        &mut self,
        now: Duration,
        doing: &str,
        (group, key): (&'static str, &str),
        mode: Mode,
    ) -> Result<(), Fault> {
        let Some(held) = self.0.get_mut(&(group, key.to_owned())) else { return Ok(()) };
        held.retain(|it| it.until > now);
        let in_the_way =
            held.iter().find(|it| mode == Mode::Exclusive || it.mode == Mode::Exclusive);
        match in_the_way {
            Some(held) => Err(Fault::conflict(format!("{doing}. {}", held.says))),
            None => Ok(()),
        }
    }

    /// Holds a lock until a time; those whom it refuses until then hear what it says.
    pub fn hold(
        &mut self,
        (group, key): (&'static str, &str),
        mode: Mode,
        until: Duration,
        says: impl Into<String>,
    ) {
        let held = Held { mode, until, says: says.into() };
        self.0.entry((group, key.to_owned())).or_default().push(held);
    }

    /// Lets go of the locks with a key.
    pub fn release(&mut self, (group, key): (&'static str, &str)) {
        self.0.remove(&(group, key.to_owned()));
    }

    /// Lets go of all locks.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// What most holders say.
pub const IN_PROGRESS: &str = "Related operation is currently in progress. Please try again later.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusive_lock_refuses_all_others_until_its_time() {
        let mut locks = Locks::default();
        let second = Duration::from_secs(1);
        locks.hold(("VM", "1"), Mode::Exclusive, second, IN_PROGRESS);
        let refused = locks.check(Duration::ZERO, "Cannot edit VM", ("VM", "1"), Mode::Shared);
        assert_eq!(refused.map_err(|it| it.status), Err(409));
        assert!(locks.check(Duration::ZERO, "Cannot edit VM", ("VM", "2"), Mode::Shared).is_ok());
        assert!(locks.check(second, "Cannot edit VM", ("VM", "1"), Mode::Shared).is_ok());
    }

    #[test]
    fn a_shared_lock_refuses_only_who_wants_it_alone() {
        let mut locks = Locks::default();
        locks.hold(("VM", "1"), Mode::Shared, Duration::from_secs(1), IN_PROGRESS);
        assert!(locks.check(Duration::ZERO, "Cannot add", ("VM", "1"), Mode::Shared).is_ok());
        assert!(locks.check(Duration::ZERO, "Cannot run", ("VM", "1"), Mode::Exclusive).is_err());
    }
}
