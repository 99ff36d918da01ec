//! The measures of the design, beside their budgets: `cargo bench`, or `cargo bench -- planning` for
//! some of them.
//!
//! Each figure is the median of several runs; the spread stands beside it. What one thread does alone
//! is measured by its CPU time. Whether a budget is kept is for the reader to judge: machines differ,
//! so compare ratios within one run.

mod applying;
mod machines;
mod memory;
mod planning;
mod reading;
mod report;
mod serving;
mod starting;

/// What is measured, by name.
const MEASURES: &[(&str, fn())] = &[
    ("reading", reading::measure),
    ("planning", planning::measure),
    ("applying", applying::measure),
    ("machines", machines::measure),
    ("serving", serving::measure),
    ("starting", starting::measure),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    // Memory is counted by process, so these run in processes of their own.
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", folder] => return machines::serve(folder),
        ["probe", folder] => return machines::probe(folder),
        ["export", folder] => return machines::write(folder),
        _ => {}
    }
    report::heading();
    for (name, measure) in MEASURES {
        if arguments.is_empty() || arguments.iter().any(|wanted| name.contains(wanted)) {
            measure();
        }
    }
}
