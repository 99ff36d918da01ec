//! The log of requests: what was asked, what it came to, and what trouble there was. No secrets.

use std::time::Duration;

use serde::Serialize;

use super::query;

/// A request that was seen. As JSON it is a line of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Recorded {
    /// Which it was, counted from 1.
    pub number: u64,
    /// When it came, in seconds of simulated time since the start.
    pub time: f64,
    /// Its verb.
    pub method: String,
    /// Its path with the query, as it was sent but for secrets.
    pub path: String,
    /// The status of its answer; 0 if the connection broke.
    pub status: u16,
    /// Its correlation id, if it sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Who asked, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How long the answer was held back, in seconds of simulated time.
    pub latency: f64,
    /// The names of the effects that struck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trouble: Vec<&'static str>,
    /// How long the content of the request was.
    pub received: usize,
    /// How long the content of the answer is, if that is known when it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<usize>,
}

impl Recorded {
    /// The request as a line of the log, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("a request is text and numbers")
    }
}

/// The requests that are remembered; all are told to whoever listens.
#[derive(Default)]
pub struct Log {
    recorded: Vec<Recorded>,
    number: u64,
    asker: Option<String>,
    listener: Option<Listener>,
}

/// Whoever is told of each request.
type Listener = Box<dyn FnMut(&Recorded) + Send>;

/// So many requests are remembered at least, and twice as many at most.
const KEPT: usize = 100_000;

impl Log {
    /// All requests that are remembered, oldest first.
    pub fn recorded(&self) -> &[Recorded] {
        &self.recorded
    }

    /// Forgets all requests.
    pub fn forget(&mut self) {
        self.recorded.clear();
    }

    /// Tells of each request from now on.
    pub fn tell(&mut self, listener: impl FnMut(&Recorded) + Send + 'static) {
        self.listener = Some(Box::new(listener));
    }

    /// Notes who makes the request at hand.
    pub fn asked_by(&mut self, user: &str) {
        self.asker = Some(user.to_owned());
    }

    /// Takes a request in.
    pub fn take(&mut self, mut request: Recorded) {
        self.number += 1;
        request.number = self.number;
        request.user = self.asker.take();
        if let Some(listener) = &mut self.listener {
            listener(&request);
        }
        if self.recorded.len() >= 2 * KEPT {
            self.recorded.drain(..KEPT);
        }
        self.recorded.push(request);
    }
}

/// A time as the log has it: seconds, to the microsecond.
pub fn seconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e6
}

/// A path with a query whose secrets are left out.
pub fn harmless(path: &str, query: Option<&str>) -> String {
    let Some(query) = query else { return path.to_owned() };
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if is_secret(&query::decode(name, true)) => format!("{name}=***"),
        _ => part.to_owned(),
    });
    format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["password", "token", "secret", "ticket"].iter().any(|it| name.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_query_are_left_out() {
        assert_eq!(harmless("/vms", None), "/vms");
        assert_eq!(harmless("/vms", Some("max=3&search=a%3Db")), "/vms?max=3&search=a%3Db");
        assert_eq!(
            harmless("/token", Some("username=a&p%61ssword=b&access_token=c")),
            "/token?username=a&p%61ssword=***&access_token=***"
        );
    }

    #[test]
    fn the_oldest_requests_are_forgotten() {
        let mut log = Log::default();
        for _ in 0..=2 * KEPT {
            log.take(Recorded::default());
        }
        assert_eq!(log.recorded().len(), KEPT + 1);
        assert_eq!(log.recorded().last().map(|it| it.number), Some(2 * KEPT as u64 + 1));
    }
}
