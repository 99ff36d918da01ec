//! How a resource differs from the object that it is.

use crate::resources::{
    Attribute, Change, Effect, Fields, Place, Secret, Sight, Standing, Update, Value, same,
};
use crate::state::{Entry, Rules};

use super::world::Node;

/// The differences of one resource, and what of them is left alone.
#[derive(Default)]
pub(super) struct Differences {
    pub changes: Vec<Change>,
    /// Attributes that already have their new value in the configuration of the next start.
    pub waiting: Vec<&'static Attribute>,
    /// Attributes that differ and are to be ignored.
    pub ignored: Vec<&'static Attribute>,
    /// Attributes that were changed in the manifest and are only read when the object is made.
    pub too_late: Vec<&'static Attribute>,
}

impl Differences {
    /// The first change that takes a new object.
    pub fn replacing(&self) -> Option<&Change> {
        self.changes.iter().find(|change| change.effect == Effect::Replace)
    }
}

/// On what terms a resource is compared.
pub(super) struct Terms<'a> {
    pub rules: &'a Rules,
    /// The key of the digests.
    pub key: &'a [u8; 32],
    /// Whether it may be restarted.
    pub may_restart: bool,
    /// What was found of the object that holds it.
    pub parent: Option<&'a Fields>,
}

/// Compares what is wanted with what was found, in the order of the kind's table.
pub(super) fn diff(node: &Node, terms: &Terms) -> Differences {
    let Terms { rules, key, may_restart, .. } = *terms;
    let mut differences = Differences::default();
    let Some(object) = node.object else { return differences };
    for attribute in node.kind.attributes {
        let Some(wanted) = node.fields.get(attribute) else { continue };
        let difference = match attribute.sight {
            _ if attribute.is_comparable() && !attribute.lasts(&node.fields) => Difference::None,
            Sight::Shown | Sight::AllContent => {
                compare(attribute, wanted, &object.fields, object.pending.as_ref())
            }
            Sight::Hidden => compare_digest(attribute, wanted, node.entry, key),
            Sight::OnceOnly => Difference::None,
        };
        match difference {
            Difference::None => {}
            // Only asked where something differs, since it takes all that is known of the object.
            _ if attribute.is_comparable() && !(node.kind.tells)(attribute, &node.known()) => {}
            _ if rules.ignore.contains(&attribute) => differences.ignored.push(attribute),
            Difference::Waiting(from) if may_restart => {
                let change = change(node, attribute, from, wanted, terms.parent);
                differences.changes.push(Change { effect: Effect::Restart, ..change });
            }
            Difference::Waiting(_) => differences.waiting.push(attribute),
            Difference::Unfinished => {
                let (from, to, effect) = (None, wanted.clone(), Effect::Now);
                differences.changes.push(Change { attribute, from, to, effect });
            }
            Difference::Some(_)
                if attribute.update == Update::Never && !attribute.is_comparable() =>
            {
                differences.too_late.push(attribute);
            }
            Difference::Some(from) => {
                let mut change = change(node, attribute, from, wanted, terms.parent);
                // Only what runs itself can be restarted: the devices of a VM wait with it.
                let waits = change.effect == Effect::NextStart && node.parent.is_none();
                if waits && may_restart {
                    change.effect = Effect::Restart;
                }
                match change.effect {
                    Effect::NextStart if attribute.pending_for.is_some() => {
                        differences.waiting.push(attribute);
                    }
                    _ => differences.changes.push(change),
                }
            }
        }
    }
    differences
}

enum Difference {
    None,
    Some(Option<Value>),
    /// A former run began with it, and nobody saw the end.
    Unfinished,
    Waiting(Option<Value>),
}

fn change(
    node: &Node,
    attribute: &'static Attribute,
    from: Option<Value>,
    to: &Value,
    parent: Option<&Fields>,
) -> Change {
    let mut change = Change { attribute, from, to: to.clone(), effect: Effect::Now };
    if attribute.place == Place::Lifecycle && attribute.update == Update::Now {
        return change;
    }
    change.effect = match (attribute.update, node.object) {
        (Update::Never, _) => Effect::Replace,
        (_, Some(object)) => {
            let from = &object.fields;
            (node.kind.effect)(&change, &Standing { from, to: &node.fields, parent })
        }
        (_, None) => Effect::Now,
    };
    change
}

fn compare(
    attribute: &Attribute,
    wanted: &Value,
    found: &Fields,
    pending: Option<&Fields>,
) -> Difference {
    let value_in = |fields: &Fields| {
        let found = fields.get(attribute).cloned().unwrap_or_else(|| attribute.default_value());
        attribute.spoken_of(wanted, found)
    };
    let now = value_in(found);
    let is_now = same(wanted, &now);
    let next = pending.map(value_in);
    let shown = (now != Value::Nothing).then_some(now);
    match next {
        // Somebody else's change waits to undo what is right now.
        Some(next) if is_now && !same(wanted, &next) => Difference::Some(Some(next)),
        Some(next) if !is_now && same(wanted, &next) => Difference::Waiting(shown),
        _ if is_now => Difference::None,
        _ => Difference::Some(shown),
    }
}

/// Compares what cannot be read with the digest of what was sent. Without a digest nobody knows:
/// the object was adopted, and what it has is taken for right.
fn compare_digest(
    attribute: &Attribute,
    wanted: &Value,
    entry: Option<&Entry>,
    key: &[u8; 32],
) -> Difference {
    let sent = entry.and_then(|entry| entry.digests.get(attribute.name));
    match sent {
        Some(sent) if sent == Entry::UNFINISHED => Difference::Unfinished,
        Some(sent) if *sent != digest(wanted, key) => Difference::Some(None),
        _ => Difference::None,
    }
}

/// The digest of a value that cannot be read back.
pub fn digest(value: &Value, key: &[u8; 32]) -> String {
    match value {
        Value::Secret(secret) => secret.digest(key),
        Value::Secrets(secrets) => Secret::digest_all(secrets, key),
        Value::File(file) => blake3::keyed_hash(key, file.digest.as_bytes()).to_hex().to_string(),
        other => blake3::keyed_hash(key, other.to_string().as_bytes()).to_hex().to_string(),
    }
}
