//! Actions that make, change and remove objects of several kinds at once.

/// An action of an object that makes, changes and removes what stands below it: all or nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Joint {
    /// What people read: `setupnetworks`.
    pub name: &'static str,
    /// Path below the API root; `{parent}` is the id of the object whose action it is.
    pub path: &'static str,
    /// Parameters that are always sent.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Steps with the same key, `{parent}` filled, never run at the same time.
    pub exclusive: &'static str,
}

/// Where the objects of one kind stand in the body of a [`Joint`].
#[derive(Debug, PartialEq, Eq)]
pub struct Share {
    /// The action.
    pub joint: &'static Joint,
    /// The list of those that are made or changed.
    pub modified: &'static str,
    /// The list of those that are removed.
    pub removed: &'static str,
    /// A flag that is brought back to `true` by the object's standing in a list of its own.
    pub restored: Option<(&'static str, &'static str)>,
    /// A set whose members stand in lists of their own.
    pub spread: Option<Spread>,
}

/// The members of a set, in lists of their own: each says to which object it belongs.
#[derive(Debug, PartialEq, Eq)]
pub struct Spread {
    /// The set.
    pub attribute: &'static str,
    /// The list of its new members.
    pub modified: &'static str,
    /// The list of those that go.
    pub removed: &'static str,
}
