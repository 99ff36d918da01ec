//! An oVirt engine in memory, that answers as the engine's handbooks say.
//!
//! [`Simulated`] is a state machine: a request and the time go in, an answer comes out. It has no
//! task, clock or chance of its own, so the same requests at the same times end in the same state.
//! [`server`] puts it behind HTTPS.

mod address;
mod api;
mod asked;
mod builtin;
mod call;
mod document;
mod durations;
mod fault;
mod journal;
mod kinds;
mod lab;
mod locks;
mod mandatory;
mod merge;
mod pending;
mod places;
mod query;
mod read;
mod reply;
mod root;
mod route;
mod schema;
mod search;
pub mod server;
mod show;
mod site;
mod sso;
mod store;
mod strict;
mod tree;
mod trouble;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};

use address::Address;
use asked::Asked;
use document::Format;
pub use lab::Lab;
use query::Query;
pub use reply::Body;
use reply::Reply;
use site::Site;
use sso::Gate;
pub use trouble::{Effect, Trouble};

use crate::xml::{self, Element};

/// How a simulated engine begins.
#[derive(Clone, Debug)]
pub struct Options {
    /// What all chance is drawn from.
    pub seed: u64,
    /// The administrator's name with its profile, such as `admin@internal`.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    /// Whether what a real engine soon ignores, such as unknown elements, is always refused.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            username: "admin@internal".to_owned(),
            password: "secret".to_owned(),
            strict: true,
        }
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Answer {
    /// It is answered.
    Reply(Response<Bytes>),
    /// The connection breaks without an answer.
    Dropped,
}

/// A request that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its verb.
    pub method: String,
    /// Its path with the query, as it was sent.
    pub path: String,
    /// The status of its answer; 0 if the connection broke.
    pub status: u16,
    /// Its correlation id, if it sent one.
    pub correlation_id: Option<String>,
}

/// A simulated engine.
pub struct Simulated {
    site: Site,
    gate: Gate,
    troubles: Vec<Trouble>,
    recorded: Vec<Recorded>,
    writes: u64,
}

impl Simulated {
    /// A fresh engine, with what its setup brings.
    pub fn new(options: Options) -> Self {
        let mut site = Site::new(options.seed, options.strict);
        builtin::fill(&mut site);
        Self {
            site,
            gate: Gate::new(options.username, options.password),
            troubles: Vec::new(),
            recorded: Vec::new(),
            writes: 0,
        }
    }

    /// Answers a request that arrives at a time, counted from the start.
    ///
    /// First everything happens that is due by then.
    pub fn answer(&mut self, now: Duration, request: &Request<Bytes>) -> Answer {
        match self.begin(now, request) {
            Some(response) => Answer::Reply(response.map(|body| body.rest(&self.site))),
            None => Answer::Dropped,
        }
    }

    /// Begins to answer a request: of a long list only as much is written as [`Self::next`] is
    /// asked for. There is no answer if the connection breaks.
    pub fn begin(&mut self, now: Duration, request: &Request<Bytes>) -> Option<Response<Body>> {
        self.site.advance(now);
        let effects = self.strike(request);
        let answer = self.answer_in_trouble(request, &effects);
        self.site.spoils = false;
        self.record(request, answer.as_ref().map(|it| it.status().as_u16()));
        answer
    }

    /// Writes the next piece of an answer; `None` after the last.
    pub fn next(&self, body: &mut Body) -> Option<Bytes> {
        body.next(&self.site)
    }

    fn strike(&mut self, request: &Request<Bytes>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let path = below_root(request.uri().path()).unwrap_or(request.uri().path());
        for trouble in &mut self.troubles {
            if trouble.strikes(request.method(), path, &mut self.site) {
                effects.push(trouble.effect);
            }
        }
        effects
    }

    fn answer_in_trouble(
        &mut self,
        request: &Request<Bytes>,
        effects: &[Effect],
    ) -> Option<Response<Body>> {
        for effect in effects {
            match effect {
                Effect::DropBefore => return None,
                Effect::Locked => {
                    let reply = trouble::locked(request);
                    return Some(respond(reply, request));
                }
                Effect::Status(status) => {
                    let reply = Reply::page(*status, "Trouble");
                    return Some(respond(reply, request));
                }
                Effect::ExpireTokens => self.gate.expire_all(),
                Effect::FailWork => self.site.spoils = true,
                Effect::DropAfter | Effect::Truncate => {}
            }
        }
        let reply = self.reply(request);
        if effects.contains(&Effect::DropAfter) {
            return None;
        }
        let response = respond(reply, request);
        if effects.contains(&Effect::Truncate) {
            return Some(response.map(|body| body.half(&self.site)));
        }
        Some(response)
    }

    fn record(&mut self, request: &Request<Bytes>, status: Option<u16>) {
        let uri = request.uri();
        let is_write = matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE);
        if is_write && below_root(uri.path()).is_some() {
            self.writes += 1;
        }
        let correlation = request.headers().get("Correlation-Id");
        self.recorded.push(Recorded {
            method: request.method().to_string(),
            path: uri.path_and_query().map_or(String::new(), ToString::to_string),
            status: status.unwrap_or(0),
            correlation_id: correlation.and_then(|it| it.to_str().ok()).map(str::to_owned),
        });
    }

    fn reply(&mut self, request: &Request<Bytes>) -> Reply {
        let path = request.uri().path();
        if let Some(below) = below_root(path) {
            return self.reply_of_api(request, below);
        }
        let accept = header(request.headers(), "Accept");
        match path {
            "/ovirt-engine/sso/oauth/token" => {
                let form = form(request);
                let login = self.gate.login(&mut self.site, &form, accept);
                let (status, json) = sso::answer(login);
                Reply::text(status, "application/json", json)
            }
            "/ovirt-engine/services/sso-logout" | "/ovirt-engine/sso/oauth/revoke" => {
                let form = form(request);
                self.gate.logout(form.get("token").unwrap_or_default());
                Reply::text(200, "application/json", "{}")
            }
            "/ovirt-engine/sso/status" | "/ovirt-engine/services/health" => {
                Reply::text(200, "text/plain", "DB Up!Welcome to Health Status!")
            }
            _ => Reply::page(404, "Not Found"),
        }
    }

    fn reply_of_api(&mut self, request: &Request<Bytes>, below: &str) -> Reply {
        let headers = request.headers();
        if let Err(text) = self.gate.pass(self.site.now, header(headers, "Authorization")) {
            return Reply::page(401, &text).with("WWW-Authenticate", "Basic realm=\"RESTAPI\"");
        }
        let address = Address::parse(request.uri(), below);
        let correlation = self.correlate(headers, &address.query);
        if let Err(fault) = address.check_version(headers) {
            return Reply::refusal(&fault).with("Correlation-Id", correlation);
        }
        let asked = Asked {
            method: request.method(),
            path: &address.path,
            versioned: address.version.is_some(),
            query: address.query,
            headers,
            body: request.body(),
        };
        api::answer(&mut self.site, &asked).with("Correlation-Id", correlation)
    }

    fn correlate(&mut self, headers: &HeaderMap, query: &Query) -> String {
        let given = header(headers, "Correlation-Id").or_else(|| query.get("correlation_id"));
        let mut correlation: String = given
            .unwrap_or_default()
            .chars()
            .filter(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-'))
            .take(36)
            .collect();
        if correlation.is_empty() {
            correlation = self.site.fresh_id();
        }
        self.site.correlation.clone_from(&correlation);
        correlation
    }

    /// How many requests to the API could have changed something; logins are not counted.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// All requests so far.
    pub fn requests(&self) -> &[Recorded] {
        &self.recorded
    }

    /// Forgets the requests so far, and counts writes from zero again.
    pub fn forget_requests(&mut self) {
        self.recorded.clear();
        self.writes = 0;
    }

    /// Makes trouble from now on.
    pub fn trouble(&mut self, trouble: Trouble) {
        self.troubles.push(trouble);
    }

    /// Makes no more trouble.
    pub fn no_more_trouble(&mut self) {
        self.troubles.clear();
    }

    /// Sets how long a token lives without being used; thirty minutes at first.
    pub fn token_idle(&mut self, idle: Duration) {
        self.gate.idle = idle;
    }

    /// Takes all tokens back, as a restart of an engine does.
    pub fn expire_tokens(&mut self) {
        self.gate.expire_all();
    }

    /// Lets all background work end at once.
    pub fn settle(&mut self) {
        self.site.settle();
    }

    /// Brings the engine up to a time without a request.
    pub fn advance(&mut self, now: Duration) {
        self.site.advance(now);
    }

    /// Does a request as another administrator would: unseen, uncounted and without trouble.
    ///
    /// `path` is below the root of the API, such as `/vms?max=3`. Returns the status and the
    /// document, if there is one.
    pub fn direct(&mut self, method: &str, path: &str, document: &str) -> (u16, Option<Element>) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", http::HeaderValue::from_static("application/xml"));
        self.site.correlation = self.site.fresh_id();
        let asked = Asked {
            method: &method.parse().unwrap_or(Method::GET),
            path,
            versioned: false,
            query: Query::parse(query),
            headers: &headers,
            body: document.as_bytes(),
        };
        let reply = api::answer(&mut self.site, &asked);
        let response = reply.respond(Format::default(), true);
        let status = response.status().as_u16();
        (status, xml::parse(&response.into_body().rest(&self.site)).ok())
    }

    /// Adds what a site has beyond a fresh engine.
    pub fn lab(&mut self, lab: &Lab) {
        lab::build(&mut self.site, lab);
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A form in the query or in the body: the engine's servlet reads both.
fn form(request: &Request<Bytes>) -> Query {
    let body = String::from_utf8_lossy(request.body());
    let query = request.uri().query().unwrap_or_default();
    Query::parse(&format!("{query}&{body}"))
}

/// What is behind the root of the API in a path.
fn below_root(path: &str) -> Option<&str> {
    let below = path.strip_prefix(show::ROOT)?;
    (below.is_empty() || below.starts_with(['/', ';'])).then_some(below)
}

fn respond(reply: Reply, request: &Request<Bytes>) -> Response<Body> {
    let address = below_root(request.uri().path()).map(|it| Address::parse(request.uri(), it));
    let format = address.map_or_else(Format::default, |address| Format {
        media: Format::asked(request.headers(), &address.query).unwrap_or_default(),
        versioned: address.version.is_some(),
    });
    reply.respond(format, *request.method() != Method::HEAD)
}
