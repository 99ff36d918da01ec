//! A plan in one line.

use crate::cli::outline::{Deed, Outline};

/// `plan: 52 to create, 3 to change, 1 to replace, 0 to remove; 4 adopted; 120 steps`, or
/// `nothing to do`.
pub fn summary(outline: &Outline) -> String {
    let mut parts = Vec::new();
    if outline.steps == 0 {
        parts.push("nothing to do".to_owned());
    } else {
        parts.push(format!(
            "plan: {} to create, {} to change, {} to replace, {} to remove",
            outline.count(Deed::Create),
            outline.changed(),
            outline.count(Deed::Replace),
            outline.count(Deed::Remove),
        ));
    }
    let mut add = |count: usize, word: &str| {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    };
    add(outline.made_along(), "made along");
    add(outline.looked_for(), "looked for");
    add(outline.adopted(), "adopted");
    add(outline.moved, "moved");
    add(outline.recorded, "recorded anew");
    add(outline.forgotten, "given up");
    add(outline.along, "below them");
    if outline.steps > 0 {
        parts.push(count(outline.steps, "step"));
    }
    parts.join("; ")
}

/// `1 step`, `2 steps`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
