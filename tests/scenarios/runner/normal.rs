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

/// What is never the same: `x` stands for a digit of sixteen.
const SHAPES: &[(&str, &str)] = &[
    ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "<id>"),
    ("vf-xxxxxxxxxxxx-x", "<correlation id>"),
    ("xxxx-xx-xxTxx:xx:xxZ", "<time>"),
];

fn without_ids(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let (length, text) = match SHAPES.iter().find(|(shape, _)| begins(rest, shape)) {
            Some((shape, name)) => (shape.len(), (*name).to_owned()),
            None => (next.len_utf8(), next.to_string()),
        };
        out.push_str(&text);
        rest = &rest[length..];
    }
    out
}

fn begins(text: &str, shape: &str) -> bool {
    let fits =
        |(byte, of): (u8, u8)| if of == b'x' { byte.is_ascii_hexdigit() } else { byte == of };
    text.len() >= shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}
