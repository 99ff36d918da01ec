//! The simulated time of a served engine.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A clock that goes so much faster than real time, and can be put forward.
pub struct Clock {
    speed: f64,
    started: Instant,
    ahead: Mutex<Duration>,
}

impl Clock {
    /// A clock that starts at a time. At the speed 0 it only moves when it is put forward.
    pub fn new(start: Duration, speed: f64) -> Self {
        Self { speed, started: Instant::now(), ahead: Mutex::new(start) }
    }

    /// The time.
    pub fn now(&self) -> Duration {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.started.elapsed().as_secs_f64() * self.speed;
        ahead.saturating_add(Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX / 4))
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(by).min(Duration::MAX / 4);
    }

    /// How long a simulated time really is; none at all while time stands still.
    pub fn real(&self, simulated: Duration) -> Duration {
        if self.speed <= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(simulated.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_stands_still_is_put_forward() {
        let clock = Clock::new(Duration::from_secs(5), 0.0);
        assert_eq!(clock.now(), Duration::from_secs(5));
        clock.advance(Duration::from_secs(10));
        assert_eq!(clock.now(), Duration::from_secs(15));
        assert_eq!(clock.real(Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn no_speed_is_too_high() {
        let clock = Clock::new(Duration::ZERO, f64::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > Duration::ZERO);
        assert_eq!(Clock::new(Duration::ZERO, 60.0).real(Duration::from_secs(60)).as_secs(), 1);
    }
}
