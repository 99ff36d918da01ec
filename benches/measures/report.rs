//! One line a figure: what, how much, its spread, its budget.

use std::time::{Duration, Instant};

pub fn heading() {
    println!("{:<46} {:>12} {:>21}  budget", "measure", "median", "min..max");
}

pub fn line(what: &str, value: impl AsRef<str>, spread: impl AsRef<str>, budget: &str) {
    println!("{what:<46} {:>12} {:>21}  {budget}", value.as_ref(), spread.as_ref());
}

/// Times of several runs, sorted.
pub struct Times(Vec<Duration>);

/// Runs `work` some times after one that does not count.
pub fn time<T>(runs: usize, work: impl FnMut() -> T) -> Times {
    let start = Instant::now();
    measured(runs, || start.elapsed(), work)
}

/// The same for what this thread does alone, by the time that it worked: whatever else the machine
/// does meanwhile counts less.
pub fn effort<T>(runs: usize, work: impl FnMut() -> T) -> Times {
    let start = Instant::now();
    measured(runs, || worked().unwrap_or_else(|| start.elapsed()), work)
}

/// How long this thread has worked, as the kernel counts it.
fn worked() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn measured<T>(runs: usize, now: impl Fn() -> Duration, mut work: impl FnMut() -> T) -> Times {
    std::hint::black_box(work());
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let start = now();
            std::hint::black_box(work());
            now() - start
        })
        .collect();
    times.sort();
    Times(times)
}

impl Times {
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2].as_secs_f64()
    }

    pub fn line(&self, what: &str, budget: &str, show: impl Fn(f64) -> String) {
        let (min, max) = (self.0[0].as_secs_f64(), self.0[self.0.len() - 1].as_secs_f64());
        line(what, show(self.median()), format!("{}..{}", show(min), show(max)), budget);
    }
}
