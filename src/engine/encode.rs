//! Percent-encoding of what goes into an address.

use std::fmt::Write;

/// Encodes a value as one segment of a [path](super::Request::path): an id, or a name.
///
/// Only unreserved characters stay, so a value can neither add a segment nor a matrix parameter.
/// `.` and `..` would walk the path even encoded, and no object has such an id: they are encoded
/// twice, and the engine answers that there is no such object.
pub fn segment(value: &str) -> String {
    match value {
        "." => "%252E".to_owned(),
        ".." => "%252E%252E".to_owned(),
        _ => encode(value, b""),
    }
}

/// Encodes the name or value of a parameter, in a query or a form.
pub(super) fn parameter(value: &str) -> String {
    encode(value, b"")
}

/// Encodes what no path may hold; separators and what is encoded already stay as they are.
pub(super) fn path(value: &str) -> String {
    encode(value, b"/%;=:@!$&'()*+,")
}

/// Joins encoded pairs as `a=1&b=2`.
pub(super) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter();
    let joined: Vec<_> =
        pairs.map(|(name, value)| format!("{}={}", parameter(name), parameter(value))).collect();
    joined.join("&")
}

fn encode(value: &str, also_plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || also_plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes what is written");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_segment() {
        assert_eq!(segment("a/b;c=d?e#f%"), "a%2Fb%3Bc%3Dd%3Fe%23f%25");
        assert_eq!(segment("1f0-é"), "1f0-%C3%A9");
        assert_eq!(segment(".."), "%252E%252E");
        assert_eq!(segment("..."), "...");
    }

    #[test]
    fn a_path_keeps_its_separators() {
        assert_eq!(path("vms/a%20b/nics;max=1"), "vms/a%20b/nics;max=1");
        assert_eq!(path("vms?x#y z"), "vms%3Fx%23y%20z");
    }

    #[test]
    fn pairs_are_encoded_one_by_one() {
        assert_eq!(
            pairs([("search", "name=\"a b\" page 1"), ("max", "5")]),
            "search=name%3D%22a%20b%22%20page%201&max=5"
        );
    }
}
