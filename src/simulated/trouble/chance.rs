//! Chance of its own: trouble draws nothing from what the ids of a site are drawn from, so a site is
//! the same with and without trouble.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::time;

/// Where trouble draws from.
pub struct Chance(StdRng);

impl Chance {
    /// The chance that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        // Any other stream than that of the site, which begins with the same seed.
        Self(StdRng::seed_from_u64(seed ^ 0x7472_6f75_626c_6500))
    }

    /// A number from 0 to 1, without 1.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens in so many cases of a hundred.
    pub fn happens(&mut self, percent: f64) -> bool {
        percent >= 100.0 || self.unit() * 100.0 < percent
    }

    /// A number of the standard normal distribution.
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// How a time is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// It is always the same.
    Constant(Duration),
    /// Any from the first to the second is as likely as any other.
    Uniform(Duration, Duration),
    /// It is exponential around that mean: most are short.
    Exponential(Duration),
    /// It is log-normal, as the answers of most services are.
    LogNormal {
        /// Half of all are shorter.
        median: Duration,
        /// One in a hundred is longer.
        p99: Duration,
    },
}

/// No answer takes longer, whatever is drawn.
const LONGEST: Duration = Duration::from_secs(3600);

impl Latency {
    /// A time that is distributed so.
    pub fn draw(&self, chance: &mut Chance) -> Duration {
        let seconds = match *self {
            Self::Constant(time) => return time,
            Self::Uniform(from, to) => {
                let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
                from + chance.unit() * (to - from)
            }
            Self::Exponential(mean) => -mean.as_secs_f64() * (1.0 - chance.unit()).ln(),
            Self::LogNormal { median, p99 } => {
                // The number that one in a hundred of the standard normal distribution exceeds.
                const P99: f64 = 2.326_347_874;
                let (median, p99) = (median.as_secs_f64(), p99.as_secs_f64());
                median * ((p99 / median).ln() / P99 * chance.normal()).exp()
            }
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)
    }
}

/// `80 ms`, `{ from: 1 s, to: 20 s }`, `{ mean: 200 ms }` or `{ median: 80 ms, p99: 2 s }`.
impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Given)
    }
}

struct Given;

impl<'de> Visitor<'de> for Given {
    type Value = Latency;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(
            "a time such as `80 ms`, `{ from: 1 s, to: 20 s }`, `{ mean: 200 ms }` or \
             `{ median: 80 ms, p99: 2 s }`",
        )
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Latency, E> {
        time::parse(text).map(Latency::Constant).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Latency, A::Error> {
        let mut given: Vec<(String, Duration)> = Vec::new();
        while let Some((key, text)) = map.next_entry::<String, String>()? {
            given.push((key, time::parse(&text).map_err(A::Error::custom)?));
        }
        given.sort();
        let given: Vec<(&str, Duration)> = given.iter().map(|(key, it)| (&**key, *it)).collect();
        match given[..] {
            [("from", from), ("to", to)] if from <= to => Ok(Latency::Uniform(from, to)),
            [("mean", mean)] => Ok(Latency::Exponential(mean)),
            [("median", median), ("p99", p99)] if Duration::ZERO < median && median <= p99 => {
                Ok(Latency::LogNormal { median, p99 })
            }
            _ => Err(A::Error::custom(format_args!("expected {}", Expecting(&self)))),
        }
    }
}

struct Expecting<'a>(&'a Given);

impl std::fmt::Display for Expecting<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(latency: Latency) -> Vec<Duration> {
        let mut chance = Chance::new(1);
        let mut drawn: Vec<Duration> = (0..10_000).map(|_| latency.draw(&mut chance)).collect();
        drawn.sort();
        drawn
    }

    fn is_near(found: Duration, expected: f64) -> bool {
        (found.as_secs_f64() / expected - 1.0).abs() < 0.1
    }

    #[test]
    fn a_log_normal_time_has_its_median_and_its_99th_percentile() {
        let (median, p99) = (Duration::from_millis(80), Duration::from_secs(2));
        let drawn = sorted(Latency::LogNormal { median, p99 });
        assert!(is_near(drawn[5_000], 0.08), "{:?}", drawn[5_000]);
        assert!((drawn[9_900].as_secs_f64() - 2.0).abs() < 0.4, "{:?}", drawn[9_900]);
    }

    #[test]
    fn an_exponential_time_has_its_mean() {
        let drawn = sorted(Latency::Exponential(Duration::from_secs(1)));
        let sum: Duration = drawn.iter().sum();
        assert!(is_near(sum / 10_000, 1.0), "{sum:?}");
    }

    #[test]
    fn a_uniform_time_stays_between_its_ends() {
        let drawn = sorted(Latency::Uniform(Duration::from_secs(1), Duration::from_secs(3)));
        assert!(drawn[0] >= Duration::from_secs(1) && drawn[9_999] <= Duration::from_secs(3));
        assert!(is_near(drawn[5_000], 2.0), "{:?}", drawn[5_000]);
    }

    #[test]
    fn what_happens_in_no_case_never_happens() {
        let mut chance = Chance::new(1);
        assert!(!(0..1000).any(|_| chance.happens(0.0)));
        assert!((0..1000).all(|_| chance.happens(100.0)));
    }
}
