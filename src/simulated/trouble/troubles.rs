//! All trouble that there is, and what it does to one request.

use std::time::Duration;

use http::Method;

use super::{Chance, Effect, Restart, Trouble};

/// The rules, and whether the engine is up.
pub struct Troubles {
    rules: Vec<Trouble>,
    chance: Chance,
    restarting: Option<(Duration, bool)>,
}

/// How an answer is delivered; it is among the extensions of the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// How long it is held back, in simulated time.
    pub latency: Duration,
    /// How many bytes of its content are sent in a simulated second; 0 for all at once.
    pub bytes_per_second: u64,
    /// Whether the connection breaks when half of the content is sent.
    pub breaks: bool,
}

impl Troubles {
    /// No trouble, and the chance of a seed.
    pub fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), chance: Chance::new(seed), restarting: None }
    }

    /// Makes trouble from now on.
    pub fn add(&mut self, trouble: Trouble) {
        self.rules.push(trouble);
    }

    /// Makes no more trouble.
    pub fn clear(&mut self) {
        self.rules.clear();
        self.restarting = None;
    }

    /// What strikes a request.
    pub fn strike(&mut self, now: Duration, method: &Method, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for rule in &mut self.rules {
            let Some(stars) = rule.strikes(now, method, path, &mut self.chance) else { continue };
            effects.push(match &rule.effect {
                Effect::Edit(edit) => Effect::Edit(edit.filled(stars)),
                effect => effect.clone(),
            });
        }
        effects
    }

    /// How the answer to a request that was struck is delivered.
    pub fn pace(&mut self, effects: &[Effect]) -> Pace {
        let mut pace = Pace::default();
        for effect in effects {
            match effect {
                Effect::Delay(latency) => pace.latency += latency.draw(&mut self.chance),
                Effect::Drip(rate) => pace.bytes_per_second = *rate,
                Effect::DropMidway => pace.breaks = true,
                _ => {}
            }
        }
        pace
    }

    /// Restarts the engine.
    pub fn restart(&mut self, now: Duration, restart: &Restart) {
        self.restarting = Some((now + restart.down, restart.refuses));
    }

    /// Whether the engine restarts; if so, whether it refuses connections.
    pub fn is_down(&self, now: Duration) -> Option<bool> {
        self.restarting.filter(|(until, _)| now < *until).map(|(_, refuses)| refuses)
    }
}
