//! Trouble on demand, the same for the same seed.

mod chance;
mod plan;
mod time;
mod troubles;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use serde::Deserialize;

use super::fault::Fault;
use super::reply::Reply;

pub use chance::{Chance, Latency};
pub use plan::{PlanError, parse};
pub use troubles::{Pace, Troubles};

/// A rule that makes some requests go wrong, or take their time.
#[derive(Clone, Debug)]
pub struct Trouble {
    method: Option<Method>,
    path: String,
    first: u64,
    times: u64,
    percent: f64,
    after: Duration,
    seen: u64,
    struck: u64,
    /// What goes wrong.
    pub effect: Effect,
}

/// What can go wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is refused because something is locked.
    Locked,
    /// It is answered with an error page of that status.
    Status(u16),
    /// The connection breaks before anything happens.
    DropBefore,
    /// The connection breaks after all has happened.
    DropAfter,
    /// The connection breaks after all has happened and half of the answer was sent.
    DropMidway,
    /// Half of the answer is lost, and nothing in it says so.
    Truncate,
    /// Its answer comes later.
    Delay(Latency),
    /// Its answer comes slowly: so many bytes a second.
    Drip(u64),
    /// No token is valid any more.
    ExpireTokens,
    /// The background work that it starts fails.
    FailWork,
    /// The background work that it starts takes so many times as long.
    SlowWork(u32),
    /// The engine restarts instead of answering.
    Restart(Restart),
    /// Somebody else edits something just before.
    Edit(Edit),
}

/// A restart of the engine: tokens, sessions and locks are lost, what hosts do goes on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// How long it answers nothing.
    #[serde(deserialize_with = "time::read")]
    pub down: Duration,
    /// Whether connections are refused meanwhile; else the proxy before the engine answers 503.
    #[serde(default)]
    pub refuses: bool,
}

/// A request of another administrator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Its verb.
    pub method: String,
    /// Its path below the root of the API. Each `*` is what stands for a star of the rule's own
    /// path, in their order; `{name}` is the id of the object of that name.
    pub path: String,
    /// Its document.
    #[serde(default)]
    pub document: String,
}

impl Trouble {
    /// Trouble for the first request with that verb (`*` for any) to a path below the root of the
    /// API; `*` in the path stands for one segment or a part of one, alone for any path.
    pub fn on(method: &str, path: impl Into<String>, effect: Effect) -> Self {
        Self {
            method: (method != "*").then(|| method.parse().unwrap_or(Method::GET)),
            path: path.into(),
            first: 1,
            times: 1,
            percent: 100.0,
            after: Duration::ZERO,
            seen: 0,
            struck: 0,
            effect,
        }
    }

    /// Begins with the `first` such request, counted from 1.
    pub fn nth(mut self, first: u64) -> Self {
        self.first = first;
        self
    }

    /// Strikes so many requests at most.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Strikes every such request with that probability, from now on.
    pub fn percent(mut self, percent: impl Into<f64>) -> Self {
        self.percent = percent.into();
        self.times = u64::MAX;
        self
    }

    /// Begins at that simulated time.
    pub fn after(mut self, after: Duration) -> Self {
        self.after = after;
        self
    }

    /// How long a real engine holds the connection of its slowest commands.
    ///
    /// `POST /hosts` speaks SSH with the host, a storage domain is formatted, a host's network is
    /// tried out before the answer comes.
    pub fn of_synchronous_commands() -> Vec<Self> {
        const SECONDS: &[(&str, u64, u64)] = &[
            ("/hosts", 1, 20),
            ("/hosts/*/setupnetworks", 5, 60),
            ("/hosts/*/discoveriscsi", 1, 10),
            ("/hosts/*/iscsilogin", 1, 10),
            ("/storagedomains", 5, 60),
            ("/datacenters/*/storagedomains", 5, 30),
        ];
        let always = |(path, from, to): &(&str, u64, u64)| {
            let (from, to) = (Duration::from_secs(*from), Duration::from_secs(*to));
            Self::on("POST", *path, Effect::Delay(Latency::Uniform(from, to))).percent(100)
        };
        SECONDS.iter().map(always).collect()
    }

    /// Whether it strikes a request; if so, what stands for the stars of its path.
    pub(super) fn strikes(
        &mut self,
        now: Duration,
        method: &Method,
        path: &str,
        chance: &mut Chance,
    ) -> Option<Vec<String>> {
        if now < self.after || self.method.as_ref().is_some_and(|it| it != method) {
            return None;
        }
        let stars = fit(&self.path, path)?;
        self.seen += 1;
        let in_turn = self.seen >= self.first && self.struck < self.times;
        if !in_turn || !chance.happens(self.percent) {
            return None;
        }
        self.struck += 1;
        Some(stars)
    }
}

impl Effect {
    /// Its name, as logs and plans have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Status(_) => "status",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::DropMidway => "drop_midway",
            Self::Truncate => "truncate",
            Self::Delay(_) => "delay",
            Self::Drip(_) => "drip",
            Self::ExpireTokens => "expire_tokens",
            Self::FailWork => "fail_work",
            Self::SlowWork(_) => "slow_work",
            Self::Restart(_) => "restart",
            Self::Edit(_) => "edit",
        }
    }
}

impl Edit {
    /// The edit with what stands for the stars of its rule's path.
    pub(super) fn filled(&self, stars: Vec<String>) -> Self {
        let mut filled = self.clone();
        for star in stars {
            filled.path = filled.path.replacen('*', &star, 1);
        }
        filled
    }
}

/// What stands for the stars of a pattern in a path that fits it, segment by segment.
fn fit(pattern: &str, path: &str) -> Option<Vec<String>> {
    if pattern == "*" {
        return Some(Vec::new());
    }
    let mut stars = Vec::new();
    let mut segments = path.split('/');
    for pattern in pattern.split('/') {
        let segment = segments.next()?;
        let Some((head, tail)) = pattern.split_once('*') else {
            if pattern == segment {
                continue;
            }
            return None;
        };
        stars.push(segment.strip_prefix(head)?.strip_suffix(tail)?.to_owned());
    }
    segments.next().is_none().then_some(stars)
}

/// The refusal of a request whose object is locked.
pub fn locked(request: &Request<Bytes>) -> Reply {
    let action = match *request.method() {
        Method::POST => "add",
        Method::PUT => "edit",
        _ => "remove",
    };
    let fault = Fault::locked(action, "object");
    Reply::refusal(&fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_a_segment() {
        assert_eq!(fit("/vms/*/start", "/vms/1/start"), Some(vec!["1".to_owned()]));
        assert_eq!(fit("/vms/*", "/vms/1/start"), None);
        assert_eq!(fit("/vms", "/vms/1"), None);
        assert_eq!(fit("/vms/a-*", "/vms/a-1"), Some(vec!["1".to_owned()]));
        assert_eq!(fit("*", "/vms/1"), Some(Vec::new()));
    }

    fn struck(mut trouble: Trouble) -> Vec<bool> {
        let mut chance = Chance::new(1);
        let mut strikes = |now| {
            let now = Duration::from_secs(now);
            trouble.strikes(now, &Method::GET, "/vms", &mut chance).is_some()
        };
        (0..5).map(&mut strikes).collect()
    }

    #[test]
    fn trouble_strikes_in_its_turn() {
        let trouble = Trouble::on("GET", "/vms", Effect::Locked);
        let (no, yes) = (false, true);
        assert_eq!(struck(trouble.clone().nth(2).times(2)), [no, yes, yes, no, no]);
        assert_eq!(struck(trouble.clone().after(Duration::from_secs(3))), [no, no, no, yes, no]);
        assert_eq!(struck(trouble.percent(0)), [no; 5]);
    }
}
