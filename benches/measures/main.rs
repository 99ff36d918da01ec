//! The measures of the design, beside their budgets: `cargo bench`.
//!
//! Each figure is the median of several runs in one process; the spread stands beside it. Whether a
//! budget is kept is for the reader to judge: machines differ, so compare ratios within one run.

mod memory;
mod planning;
mod reading;
mod report;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w));
    report::heading();
    if is_wanted("reading") {
        reading::measure();
    }
    if is_wanted("planning") {
        planning::measure();
    }
}
