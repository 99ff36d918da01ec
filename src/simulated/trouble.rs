//! Trouble on demand, the same for the same seed.

use bytes::Bytes;
use http::{Method, Request};

use super::fault::Fault;
use super::reply::Reply;
use super::site::Site;

/// A rule that makes some requests go wrong.
#[derive(Clone, Debug)]
pub struct Trouble {
    method: Option<Method>,
    path: String,
    first: u64,
    times: u64,
    percent: u64,
    seen: u64,
    /// What goes wrong.
    pub effect: Effect,
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is refused because something is locked.
    Locked,
    /// It is answered with an error page of that status.
    Status(u16),
    /// The connection breaks before anything happens.
    DropBefore,
    /// The connection breaks after all has happened.
    DropAfter,
    /// Half of the answer is lost.
    Truncate,
    /// No token is valid any more.
    ExpireTokens,
    /// The background work that it starts fails.
    FailWork,
}

impl Trouble {
    /// Trouble for the first request with that verb (`*` for any) to a path below the root of the
    /// API; `*` in the path stands for one segment or a part of one, alone for any path.
    pub fn on(method: &str, path: impl Into<String>, effect: Effect) -> Self {
        let method = (method != "*").then(|| method.parse().unwrap_or(Method::GET));
        Self { method, path: path.into(), first: 1, times: 1, percent: 100, seen: 0, effect }
    }

    /// Begins with the `first` such request, counted from 1.
    pub fn nth(mut self, first: u64) -> Self {
        self.first = first;
        self
    }

    /// Strikes so many requests in a row.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Strikes every such request with that probability, from now on.
    pub fn percent(mut self, percent: u64) -> Self {
        self.percent = percent;
        self.times = u64::MAX;
        self
    }

    pub(super) fn strikes(&mut self, method: &Method, path: &str, site: &mut Site) -> bool {
        if self.method.as_ref().is_some_and(|it| it != method) || !fits(&self.path, path) {
            return false;
        }
        self.seen += 1;
        let in_turn = self.seen >= self.first && self.seen - self.first < self.times;
        in_turn && (self.percent >= 100 || site.chance(100) < self.percent)
    }
}

/// Whether a path fits a pattern, segment by segment.
fn fits(pattern: &str, path: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(pattern), Some(segment)) => {
                let fits = match pattern.split_once('*') {
                    Some((head, tail)) => {
                        segment.len() >= head.len() + tail.len()
                            && segment.starts_with(head)
                            && segment.ends_with(tail)
                    }
                    None => pattern == segment,
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
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
        assert!(fits("/vms/*/start", "/vms/1/start"));
        assert!(!fits("/vms/*", "/vms/1/start"));
        assert!(!fits("/vms", "/vms/1"));
        assert!(fits("*", "/vms/1"));
    }

    #[test]
    fn trouble_strikes_in_its_turn() {
        let mut site = Site::new(1, true);
        let mut trouble = Trouble::on("GET", "/vms", Effect::Locked).nth(2).times(2);
        let struck: Vec<bool> =
            (0..5).map(|_| trouble.strikes(&Method::GET, "/vms", &mut site)).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }
}
