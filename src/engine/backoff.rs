//! When to try again.

use std::time::Duration;

use http::Method;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep};

use super::{Fault, Meaning, Patience, Settings};

/// How often something that has no reason to pass is tried again.
const FEW: u32 = 2;

/// The tries of one request.
pub(super) struct Backoff<'a> {
    patience: &'a Patience,
    chance: StdRng,
    since: Option<Instant>,
    pauses: u32,
    /// Tries that were not limited by time: a flaw after a long wait still has its own.
    few: u32,
}

/// What a fault deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Never,
    Times(u32),
    Within(Duration),
}

impl<'a> Backoff<'a> {
    /// The tries of the request with this number.
    pub fn new(settings: &'a Settings, number: u64) -> Self {
        // Each request has a chance of its own, so that its id does not depend on others' pauses.
        let chance = StdRng::seed_from_u64(settings.seed.wrapping_add(number));
        Self { patience: &settings.patience, chance, since: None, pauses: 0, few: 0 }
    }

    /// An id for a request that has none.
    pub fn correlation_id(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.chance.random()).into_uuid().to_string()
    }

    /// Waits until it is time to try again; `false` if that is never.
    pub async fn pause(&mut self, method: &Method, fault: &Fault, answered: bool) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let pause = self.next_pause();
        let again = match self.again(method, fault, answered) {
            Again::Never => false,
            Again::Times(times) => {
                self.few += 1;
                self.few <= times
            }
            Again::Within(limit) => since.elapsed() + pause <= limit,
        };
        if again {
            self.pauses += 1;
            tracing::debug!(%method, %fault, ?pause, "trying again");
            sleep(pause).await;
        }
        again
    }

    /// Doubles from the first pause to the longest, and takes off a random part of up to a half.
    fn next_pause(&mut self) -> Duration {
        let Patience { first_pause, longest_pause, .. } = *self.patience;
        let whole = first_pause.saturating_mul(1 << self.pauses.min(16)).min(longest_pause);
        whole.mul_f64(self.chance.random_range(0.5..=1.0))
    }

    fn again(&self, method: &Method, fault: &Fault, answered: bool) -> Again {
        let twice_is_once = *method != Method::POST;
        let Patience { locked, unsettled, outage, .. } = *self.patience;
        match fault {
            Fault::Refused { meaning: Meaning::Locked, .. } => Again::Within(locked),
            Fault::Refused { meaning: Meaning::Busy, status: 409, .. } => Again::Within(unsettled),
            Fault::Refused { meaning: Meaning::Busy, .. } => Again::Within(outage),
            // Mostly a flaw that shows each time, such as a `follow` of what is not there.
            Fault::Refused { meaning: Meaning::Internal, status: 500.., .. } if twice_is_once => {
                Again::Times(FEW)
            }
            Fault::Lost { cause, .. } if twice_is_once && !cause.how.is_final() => {
                Again::Within(outage)
            }
            Fault::Unreachable { cause, .. } if cause.how.is_final() => Again::Never,
            Fault::Unreachable { .. } if answered => Again::Within(outage),
            // Never reached yet: rather a wrong address than an engine that restarts.
            Fault::Unreachable { .. } => Again::Times(FEW),
            Fault::Garbled { .. } if twice_is_once => Again::Times(1),
            _ => Again::Never,
        }
    }
}
