//! Keeps the secrets of a manifest's lines off the screen.
//!
//! A line is shown because something in it is wrong, so it cannot be known by its meaning what is
//! secret: `root_pasword: x` is an unknown key. Values of keys that look like it are hidden.

use std::ops::Range;

use crate::cli::live::mask;
use crate::resources::Secret;

/// Parts of keys whose values are secret; one letter may be wrong.
const SECRET: &[&str] = &["password", "passphrase", "secret", "token", "private"];

/// Whether a line, numbered from 0, is one of a secret of several lines, or seems to be: what is
/// wrong may be its indentation.
pub fn is_within(lines: &[&str], number: usize) -> bool {
    let mut within = None;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        within = within.filter(|key| goes_on(line, *key));
        if at == number {
            return within.is_some();
        }
        if within.is_none() && opens_secret(line) {
            within = Some(begin(line));
        }
    }
    false
}

/// Where the key of a line begins, be it the first of a member of a list.
fn begin(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// Whether a line belongs to the value of a key that begins at that column: no key could stand
/// there, or it has none.
fn goes_on(line: &str, key: usize) -> bool {
    let indent = line.len() - line.trim_start().len();
    let is_member = line.trim_start().starts_with("- ");
    indent > key || (is_member && indent == key) || !(is_member || has_key(line))
}

fn has_key(line: &str) -> bool {
    let key = line.split_once(':').map(|(key, _)| key.trim().trim_matches(['"', '\'']));
    let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || "_-.{},".contains(c));
    key.is_some_and(is_key)
}

/// Whether the value of a secret begins in a line and goes on in the next.
fn opens_secret(line: &str) -> bool {
    let characters: Vec<char> = line.trim_end().chars().collect();
    let Some(colon) = characters.iter().position(|c| *c == ':') else { return false };
    let value: String = characters[colon + 1..].iter().collect();
    let value = value.trim();
    let is_block = value.starts_with(['|', '>']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let is_open = quote.is_some_and(|quote| value.len() < 2 || !value.ends_with(quote));
    is_secret(&key_before(&characters, colon)) && (is_block || is_open)
}

/// The line with its secrets masked, and the column that is now where `column` was, both from 1.
pub fn hidden(line: &str, column: usize) -> (String, usize) {
    let characters: Vec<char> = line.chars().collect();
    let mask: Vec<char> = Secret::MASK.chars().collect();
    let mut out = Vec::new();
    let (mut at, mut moved) = (0, column);
    for span in secrets(&characters) {
        out.extend_from_slice(&characters[at..span.start]);
        if column > span.end {
            moved = moved + mask.len() - span.len();
        } else if column > span.start {
            moved = out.len() + 1;
        }
        out.extend_from_slice(&mask);
        at = span.end;
    }
    out.extend_from_slice(&characters[at..]);
    (out.into_iter().collect(), moved)
}

/// Where the values of secret keys are.
fn secrets(line: &[char]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for colon in (0..line.len()).filter(|&at| line[at] == ':') {
        let is_within = found.last().is_some_and(|span| span.contains(&colon));
        if is_within || !is_secret(&key_before(line, colon)) {
            continue;
        }
        let blank = line[colon + 1..].iter().take_while(|c| c.is_whitespace()).count();
        let start = colon + 1 + blank;
        // `{ env: NAME }` says where the secret is, not what it is.
        if start < line.len() && line[start] != '{' {
            found.push(start..start + length(line, start));
        }
    }
    found
}

fn key_before(line: &[char], colon: usize) -> String {
    let is_of_key = |c: &&char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'');
    let key: Vec<char> = line[..colon].iter().rev().take_while(is_of_key).copied().collect();
    let key: String = key.into_iter().rev().collect();
    key.trim_matches(['"', '\'']).to_lowercase()
}

fn is_secret(key: &str) -> bool {
    let like = |part: &str| {
        SECRET.iter().any(|word| part.contains(word) || strsim::osa_distance(part, word) <= 2)
    };
    let last = key.rsplit('.').next().unwrap_or(key);
    mask::is_secret(last) || key.split(['_', '-', '.']).any(|part| part.len() > 3 && like(part))
}

/// How long the value is that begins here: to its quote, or as far as it may go.
fn length(line: &[char], start: usize) -> usize {
    let rest = &line[start..];
    if let quote @ ('"' | '\'') = rest[0] {
        let mut at = 1;
        while at < rest.len() {
            let is_escape = quote == '"' && rest[at] == '\\';
            let is_doubled = quote == '\'' && rest[at] == '\'' && rest.get(at + 1) == Some(&'\'');
            match rest[at] {
                _ if is_escape || is_doubled => at += 2,
                c if c == quote => return at + 1,
                _ => at += 1,
            }
        }
        return rest.len();
    }
    // Only within braces does a comma or a brace end a plain value.
    let is_flow = line[..start].iter().any(|c| matches!(c, '{' | '['));
    let ends = |c: &char| is_flow && matches!(c, ',' | '}' | ']');
    let end = rest.iter().position(ends).unwrap_or(rest.len());
    end - rest[..end].iter().rev().take_while(|c| c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        hidden(line, 1).0
    }

    #[test]
    fn values_of_secret_keys_are_masked() {
        assert_eq!(masked("  root_password: a, b"), "  root_password: (sensitive)");
        assert_eq!(masked("{ root_pasword: 'a''b', x: 1 }"), "{ root_pasword: (sensitive), x: 1 }");
        assert_eq!(masked(r#"{"password":"a\"b","x":1}"#), r#"{"password":(sensitive),"x":1}"#);
        assert_eq!(masked("a: { Passwrd: x:y, b: 1 }"), "a: { Passwrd: (sensitive), b: 1 }");
    }

    #[test]
    fn the_lines_of_a_secret_are_masked_wherever_it_ends() {
        let within = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            let within = (0..lines.len()).filter(|number| is_within(&lines, *number));
            within.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
        };
        let script = "a:\n  custom_script: |\n    users:\n      - name: x\n\n    end\n  memory: 1";
        assert_eq!(within(script), "2 3 5");
        let key = "  private_key: \"-----BEGIN\n  MIIE\n  abc\"\n  memory: 1";
        assert_eq!(within(key), "1 2");
        assert_eq!(within("  description: |\n    users: x\n  memory: 1"), "");
        assert_eq!(within("  root_pasword: >-\n  hunter2\n  memory: 1"), "1");
        assert_eq!(within("  password:\n    env: NAME"), "");
        assert_eq!(within("- password: |\n    a: b\n  name: c\n- name: d"), "1");
        assert_eq!(within("  custom_script: |\n    users:\n  - name: x\n  memory: 1"), "1 2");
    }

    #[test]
    fn all_else_is_shown() {
        let same = |line: &str| assert_eq!(masked(line), line);
        same("root_password: { env: NAME }");
        same("root_password:");
        same("memory: 4 GiB");
        same("address: https://host.test");
    }

    #[test]
    fn the_mark_stays_where_it_was() {
        let line = "{ password: hunter2, memroy: 1 }";
        let (shown, column) = hidden(line, line.find("memroy").unwrap() + 1);
        assert_eq!(shown.find("memroy").unwrap() + 1, column);
        let (shown, column) = hidden(line, line.find("hunter2").unwrap() + 1);
        assert_eq!(shown.find("(sensitive)").unwrap() + 1, column);
        assert_eq!(hidden(line, 3).1, 3);
    }
}
