//! The journal as text: what was appended together is one line, kept whole or not at all.
//!
//! `{"sum":"<checksum>","after":<serial>,"lines":[…]}`. The checksum covers what follows it, so a
//! line that was being written when the power went is recognised.

use serde::{Deserialize, Serialize};

use super::Line;

const START: &str = r#"{"sum":""#;
const SUM_LENGTH: usize = 16;
const AFTER_SUM: &str = r#"","#;

/// What was appended to the journal of one snapshot at one time.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    /// The serial of the snapshot.
    pub after: u64,
    /// What was written down.
    pub lines: Vec<Line>,
}

/// What a journal holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Journal {
    pub groups: Vec<Group>,
    /// The length in bytes of what is whole; what follows is torn.
    pub whole: usize,
}

/// A line that is bad although it is not the last one.
#[derive(Debug, PartialEq)]
pub(super) struct BadLine {
    /// Counted from 1.
    pub number: usize,
}

/// Writes one line, end of line included.
pub(super) fn encode(group: &Group) -> String {
    let json = serde_json::to_string(group).expect("a journal line is plain data");
    let rest = &json[1..];
    format!("{START}{}{AFTER_SUM}{rest}\n", sum(rest.as_bytes()))
}

/// Reads a journal; a bad last line is left out.
pub(super) fn decode(text: &[u8]) -> Result<Journal, BadLine> {
    let mut journal = Journal::default();
    for (index, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = journal.whole + line.len();
        match decode_line(line) {
            Some(group) => {
                journal.groups.push(group);
                journal.whole = end;
            }
            None if end == text.len() => break,
            None => return Err(BadLine { number: index + 1 }),
        }
    }
    Ok(journal)
}

fn decode_line(line: &[u8]) -> Option<Group> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (found, rest) = line.strip_prefix(START)?.split_at_checked(SUM_LENGTH)?;
    let rest = rest.strip_prefix(AFTER_SUM)?;
    (found == sum(rest.as_bytes())).then(|| serde_json::from_str(&format!("{{{rest}")).ok())?
}

fn sum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..SUM_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Address;

    fn group(key: &str) -> Group {
        Group { after: 3, lines: vec![Line::Forget { address: Address::new("vms", key) }] }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let text = encode(&group("a")) + &encode(&group("b"));
        let journal = decode(text.as_bytes()).unwrap();
        assert_eq!(journal, Journal { groups: vec![group("a"), group("b")], whole: text.len() });
    }

    #[test]
    fn a_last_line_that_is_cut_anywhere_is_dropped() {
        let (first, second) = (encode(&group("a")), encode(&group("b")));
        for cut in 0..second.len() {
            let text = format!("{first}{}", &second[..cut]);
            let journal = decode(text.as_bytes()).unwrap();
            assert_eq!(journal.groups, [group("a")], "cut after {cut} bytes");
            assert_eq!(journal.whole, first.len());
        }
    }

    #[test]
    fn a_bad_line_in_the_middle_is_no_torn_end() {
        let text = encode(&group("a")).replace("vms/a", "vms/x") + &encode(&group("b"));
        assert_eq!(decode(text.as_bytes()), Err(BadLine { number: 1 }));
    }
}
