//! Where a resource stands in the manifests.

use std::fmt;
use std::sync::Arc;

/// A path of sections and keys: `vms/web-01/nics/nic1`.
///
/// Cheap to clone; ordered by its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Arc<str>);

impl Address {
    /// The address of a key in a top-level section.
    pub fn new(section: &str, key: &str) -> Self {
        Self(format!("{section}/{key}").into())
    }

    /// The address of a key in a section below this resource.
    pub fn child(&self, section: &str, key: &str) -> Self {
        Self(format!("{self}/{section}/{key}").into())
    }

    /// Reads an address as it is printed; `None` unless it is pairs of section and key.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('/').collect();
        let is_pairs = parts.len().is_multiple_of(2) && parts.iter().all(|part| !part.is_empty());
        is_pairs.then(|| Self(text.into()))
    }

    /// The key, which is the last part.
    pub fn key(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, key)| key)
    }

    /// The address of the resource that holds this one.
    pub fn parent(&self) -> Option<Self> {
        let (above, _) = self.0.rsplit_once('/')?;
        let (parent, _) = above.rsplit_once('/')?;
        Some(Self(parent.into()))
    }

    /// Whether the address matches a pattern in which `*` stands for any text: `vms/web-*`.
    /// A pattern matches what is below it too.
    pub fn matches(&self, pattern: &str) -> bool {
        is_like(&self.0, pattern) || is_like(&self.0, &format!("{pattern}/*"))
    }

    /// Whether it matches a pattern, or something below it can.
    pub fn may_hold(&self, pattern: &str) -> bool {
        // A `*` stands for what is below, too.
        let begins = |(at, character): (usize, char)| match character {
            '/' => is_like(&self.0, &pattern[..at]),
            '*' => is_like(&self.0, &pattern[..=at]),
            _ => false,
        };
        self.matches(pattern) || pattern.char_indices().any(begins)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is as a pattern says, in which `*` stands for any text.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not an address such as `vms/web-01`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_knows_its_key_and_its_parent() {
        let nic = Address::new("vms", "web-01").child("nics", "nic1");
        assert_eq!(nic.to_string(), "vms/web-01/nics/nic1");
        assert_eq!(nic.key(), "nic1");
        assert_eq!(nic.parent(), Some(Address::new("vms", "web-01")));
        assert_eq!(Address::new("vms", "web-01").parent(), None);
        assert_eq!(Address::parse("vms"), None);
        assert_eq!(Address::parse("vms//x/y"), None);
    }

    #[test]
    fn patterns_match_text_and_what_is_below() {
        let nic = Address::new("vms", "web-01").child("nics", "nic1");
        assert!(nic.matches("*"));
        assert!(nic.matches("vms/web-*"));
        assert!(nic.matches("vms/web-01"));
        assert!(nic.matches("*/nics/*"));
        assert!(!nic.matches("vms/web-0"));
        assert!(!nic.matches("hosts/*"));
        assert!(!Address::new("vms", "a").matches("vms/a*a"));
    }
    #[test]
    fn an_address_may_hold_what_a_pattern_wants_of_it() {
        let vm = Address::new("vms", "web-01");
        for pattern in ["vms/web-*", "vms/web-01/nics/*", "*/nics/nic1", "vms/w*nics*"] {
            assert!(vm.may_hold(pattern), "{pattern}");
        }
        for pattern in ["vms/web-02/nics/*", "vms/web/nics", "hosts/*"] {
            assert!(!vm.may_hold(pattern), "{pattern}");
        }
    }
}
