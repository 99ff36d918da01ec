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
mod content;
mod document;
mod durations;
mod fault;
mod follow;
mod images;
mod journal;
mod kinds;
mod lab;
mod locks;
mod log;
mod mandatory;
mod merge;
mod pending;
mod places;
mod query;
mod read;
mod reply;
mod root;
mod route;
mod search;
pub mod server;
mod show;
mod site;
mod sso;
mod store;
mod strict;
mod tree;
mod trouble;
mod volumes;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};

use address::Address;
use asked::Asked;
use document::Format;
pub use lab::Lab;
use log::Log;
pub use log::Recorded;
use query::Query;
pub use reply::Body;
use reply::Reply;
pub use site::SnapshotError;
use site::{Caller, Site};
use sso::Gate;
pub use sso::{Account, Standing};
use trouble::Troubles;
pub use trouble::parse as parse_trouble;
pub use trouble::{Edit, Effect, Latency, Pace, PlanError, Restart, Trouble};

use crate::api as schema;
use crate::xml::{self, Element};

/// Why a strict engine refuses a document of a type, if it does: what it does not know, what does
/// not fit, and what a real engine would ignore.
pub fn refuses(type_name: &'static str, document: &Element) -> Option<String> {
    let service = "";
    let reader = read::Reader { strict: true, patience: 0.into(), service, method: "", host: "" };
    let read = reader.read(type_name, type_name, document, &read::At::root(type_name));
    read.err().map(|fault| format!("{:?}", fault.body))
}

/// How a simulated engine begins.
#[derive(Clone, Debug)]
pub struct Options {
    /// What all chance is drawn from.
    pub seed: u64,
    /// The administrator's name with its profile, such as `admin@internal`.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    /// Who else can log in. They may as much as they are permitted: nothing, on a fresh engine.
    pub users: Vec<Account>,
    /// Name and secret of the client that may look into tokens and revoke them.
    pub client: (String, String),
    /// Whether what a real engine soon ignores, such as unknown elements, is always refused.
    pub strict: bool,
}

impl Options {
    /// All who can log in, the administrator first.
    fn accounts(self) -> Vec<Account> {
        let administrator = Account::new(self.username, self.password);
        std::iter::once(administrator).chain(self.users).collect()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            username: "admin@internal".to_owned(),
            password: "secret".to_owned(),
            users: Vec::new(),
            client: ("ovirt-engine-core".to_owned(), "secret".to_owned()),
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

/// A simulated engine.
pub struct Simulated {
    site: Site,
    gate: Gate,
    troubles: Troubles,
    log: Log,
    writes: u64,
}

impl Simulated {
    /// A fresh engine, with what its setup brings.
    pub fn new(options: Options) -> Self {
        let mut site = Site::new(options.seed, options.strict);
        let (seed, client) = (options.seed, options.client.clone());
        let accounts = options.accounts();
        builtin::fill(&mut site, &accounts);
        Self {
            site,
            gate: Gate::new(accounts, client),
            troubles: Troubles::new(seed),
            log: Log::default(),
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
        let pace = self.troubles.pace(&effects);
        let mut answer = self.answer_in_trouble(request, &effects);
        self.site.undisturbed();
        if let Some(response) = &mut answer {
            response.extensions_mut().insert(pace);
        }
        self.record(request, answer.as_ref(), pace, &effects);
        answer
    }

    /// Writes the next piece of an answer; `None` after the last.
    pub fn next(&self, body: &mut Body) -> Option<Bytes> {
        body.next(&self.site)
    }

    fn strike(&mut self, request: &Request<Bytes>) -> Vec<Effect> {
        let path = below_root(request.uri().path()).unwrap_or(request.uri().path());
        if self.troubles.is_down(self.site.now).is_some() {
            return Vec::new();
        }
        self.troubles.strike(self.site.now, request.method(), path)
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
                Effect::SlowWork(times) => self.site.slowness = *times,
                Effect::Restart(restart) => self.restart(restart),
                Effect::Edit(edit) => self.edit(edit),
                Effect::DropAfter
                | Effect::DropMidway
                | Effect::Truncate
                | Effect::Delay(_)
                | Effect::Drip(_) => {}
            }
        }
        match self.troubles.is_down(self.site.now) {
            Some(true) => return None,
            Some(false) => {
                let reply = Reply::page(503, "Service Unavailable");
                return Some(respond(reply, request));
            }
            None => {}
        }
        let response = if images::concerns(request) {
            images::answer(&mut self.site, request)
        } else {
            respond(self.reply(request), request)
        };
        if effects.contains(&Effect::DropAfter) {
            return None;
        }
        if effects.contains(&Effect::Truncate) {
            return Some(response.map(|body| body.half(&self.site)));
        }
        Some(response)
    }

    fn edit(&mut self, edit: &Edit) {
        let mut path = edit.path.clone();
        while let Some((before, rest)) = path.split_once("/{")
            && let Some((name, after)) = rest.split_once('}')
        {
            let list = self.direct("GET", before, "").1.unwrap_or_default();
            let object = list.children().iter().find(|it| it.text_at("name") == Some(name));
            let id = object.and_then(Element::id).unwrap_or("nobody");
            path = format!("{before}/{id}{after}");
        }
        self.direct(&edit.method, &path, &edit.document);
    }

    fn record(
        &mut self,
        request: &Request<Bytes>,
        answer: Option<&Response<Body>>,
        pace: Pace,
        effects: &[Effect],
    ) {
        let uri = request.uri();
        let is_write = matches!(*request.method(), Method::POST | Method::PUT | Method::DELETE);
        if is_write && below_root(uri.path()).is_some() {
            self.writes += 1;
        }
        self.log.take(Recorded {
            number: 0,
            time: log::seconds(self.site.now),
            method: request.method().to_string(),
            path: log::harmless(uri.path(), uri.query()),
            status: answer.map_or(0, |it| it.status().as_u16()),
            correlation_id: header(request.headers(), "Correlation-Id").map(str::to_owned),
            user: None,
            latency: log::seconds(pace.latency),
            trouble: effects.iter().map(Effect::name).collect(),
            received: request.body().len(),
            sent: answer.and_then(|it| it.body().length()),
        });
    }

    fn reply(&mut self, request: &Request<Bytes>) -> Reply {
        let path = request.uri().path();
        if let Some(below) = below_root(path) {
            return self.reply_of_api(request, below);
        }
        if let Some(reply) = sso::answer(&mut self.gate, &mut self.site, request) {
            return reply;
        }
        match path {
            "/ovirt-engine/sso/status" | "/ovirt-engine/services/health" => {
                Reply::text(200, "text/plain", "DB Up!Welcome to Health Status!")
            }
            _ => Reply::page(404, "Not Found"),
        }
    }

    fn reply_of_api(&mut self, request: &Request<Bytes>, below: &str) -> Reply {
        let pass = match self.gate.pass(&mut self.site, request.headers()) {
            Ok(pass) => pass,
            Err(text) => {
                return Reply::page(401, &text).with("WWW-Authenticate", "Basic realm=\"RESTAPI\"");
            }
        };
        self.log.asked_by(self.site.text(pass.user, "user_name"));
        self.site.caller = Caller { user: Some(pass.user), filtered: false };
        let reply = self.reply_to_caller(request, below);
        self.site.caller = Caller::default();
        self.gate.leave(&pass);
        match pass.cookie {
            Some(cookie) => reply.with("Set-Cookie", cookie),
            None => reply,
        }
    }

    fn reply_to_caller(&mut self, request: &Request<Bytes>, below: &str) -> Reply {
        let headers = request.headers();
        if let Some(host) = header(headers, "Host") {
            host.clone_into(&mut self.site.authority);
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

    /// Tells how much faster its time goes than that of its clients.
    fn hurry(&mut self, speed: f64) {
        self.site.haste = speed;
    }

    /// Whether images hold data, which no snapshot keeps.
    pub fn has_image_data(&self) -> bool {
        self.site.volumes.hold_data()
    }

    /// How many requests to the API could have changed something; logins are not counted.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// All requests so far; of very many, the latest.
    pub fn requests(&self) -> &[Recorded] {
        self.log.recorded()
    }

    /// Tells of each request from now on.
    pub fn on_request(&mut self, listener: impl FnMut(&Recorded) + Send + 'static) {
        self.log.tell(listener);
    }

    /// Forgets the requests so far, and counts writes from zero again.
    pub fn forget_requests(&mut self) {
        self.log.forget();
        self.writes = 0;
    }

    /// Makes trouble from now on.
    pub fn trouble(&mut self, trouble: Trouble) {
        self.troubles.add(trouble);
    }

    /// Makes no more trouble.
    pub fn no_more_trouble(&mut self) {
        self.troubles.clear();
    }

    /// Sets how long a token lives without being used; thirty minutes at first.
    pub fn token_idle(&mut self, idle: Duration) {
        self.gate.set_idle(idle);
    }

    /// Restarts the engine: it forgets tokens and locks, and answers nothing for a while. What hosts
    /// do goes on.
    pub fn restart(&mut self, restart: &Restart) {
        self.gate.expire_all();
        self.site.unlock();
        self.troubles.restart(self.site.now, restart);
    }

    /// Whether connections are refused at a time, because the engine restarts.
    pub fn refuses_connections(&self, now: Duration) -> bool {
        self.troubles.is_down(now) == Some(true)
    }

    /// Takes all tokens back.
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

    /// The simulated time since the start.
    pub fn now(&self) -> Duration {
        self.site.now
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
        let user = self.site.store.all("users").next();
        self.site.caller = Caller { user, filtered: false };
        let reply = api::answer(&mut self.site, &asked);
        self.site.caller = Caller::default();
        let response = reply.respond(Format::default(), true);
        let status = response.status().as_u16();
        (status, xml::parse(&response.into_body().rest(&self.site)).ok())
    }

    /// A host tells the engine of itself, as one does whose installer was told of the engine: it
    /// waits in the cluster `Default` for somebody to approve it.
    pub fn register(&mut self, name: &str, address: &str) {
        kinds::host::register(&mut self.site, name, address);
    }

    /// Adds what a site has beyond a fresh engine.
    ///
    /// It brings people along, `user1@internal`, `user2@internal` and `jdoe@internal` of `group1`,
    /// who have the administrator's password, and no permissions.
    pub fn lab(&mut self, lab: &Lab) {
        lab::build(&mut self.site, lab);
        let people = lab::people(self.gate.password());
        kinds::people::enlist(&mut self.site, &people);
        self.gate.admit(people);
        if lab.vms > 0 {
            lab::furnish(self);
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
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
