//! Takes out of an output what differs from run to run: ids, times, ports, folders.

use super::stage::Stage;

/// The same text for the same run.
pub fn normal(text: &str, stage: &Stage) -> String {
    let folder = format!("{}/", stage.folder.path().display());
    let engine = stage.server.url.trim_start_matches("https://");
    let (engine, _) = engine.split_once('/').unwrap();
    let text = text.replace(&folder, "").replace(engine, "engine.test");
    let lines = text.lines().filter(|line| !is_progress(line)).map(|line| without_ids(line) + "\n");
    lines.collect()
}

/// Steps of different resources end in any order.
fn is_progress(line: &str) -> bool {
    let counts = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let is_count = |it: &str| it.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '/'));
    line.starts_with("took ") || counts.is_some_and(|(count, _)| is_count(count))
}

const ID: usize = 36;

fn without_ids(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        match rest.get(..ID).filter(|text| is_id(text)) {
            Some(_) => {
                out.push_str("<id>");
                rest = &rest[ID..];
            }
            None => {
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    out
}

fn is_id(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
