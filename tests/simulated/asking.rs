//! Short ways to ask a simulated engine.

use std::time::Duration;

use bytes::Bytes;
use virtuform::simulated::{Answer, Lab, Options, Simulated};
use virtuform::xml::{self, Element};

/// Bytes in a GiB.
pub const GIB: u64 = 1 << 30;
/// The id of Blank.
pub const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// An engine, the time, and who asks.
pub struct Asking {
    pub engine: Simulated,
    now: Duration,
    token: String,
}

impl Asking {
    pub fn of(engine: Simulated) -> Self {
        Self { engine, now: Duration::ZERO, token: String::new() }
    }

    pub fn fresh() -> Self {
        Self::of(Simulated::new(Options::default()))
    }

    pub fn lab() -> Self {
        let mut asking = Self::fresh();
        asking.engine.lab(&Lab::default());
        asking
    }

    /// The time.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.engine.advance(self.now);
    }

    pub fn ask(&mut self, method: &str, path: &str, document: &str) -> (u16, Option<Element>) {
        self.engine.direct(method, path, document)
    }

    fn ok(&mut self, method: &str, path: &str, document: &str) -> Element {
        let (status, reply) = self.ask(method, path, document);
        let shown = reply.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!((200..300).contains(&status), "{method} {path} {document}: {status} {shown}");
        reply.unwrap_or_default()
    }

    pub fn get(&mut self, path: &str) -> Element {
        self.ok("GET", path, "")
    }

    pub fn post(&mut self, path: &str, document: &str) -> Element {
        self.ok("POST", path, document)
    }

    pub fn put(&mut self, path: &str, document: &str) -> Element {
        self.ok("PUT", path, document)
    }

    pub fn delete(&mut self, path: &str) {
        self.ok("DELETE", path, "");
    }

    pub fn act(&mut self, path: &str) -> Element {
        self.ok("POST", path, "<action/>")
    }

    /// Adds an object and returns its id.
    pub fn add(&mut self, path: &str, document: &str) -> String {
        self.post(path, document).id().unwrap().to_owned()
    }

    pub fn text(&mut self, path: &str, at: &str) -> String {
        self.get(path).text_at(at).unwrap_or_default().to_owned()
    }

    /// The id of an object of a collection with that name.
    pub fn id(&mut self, collection: &str, name: &str) -> String {
        let list = self.get(&format!("/{collection}"));
        let found = list.children().iter().find(|it| it.text_at("name") == Some(name));
        found.unwrap().id().unwrap().to_owned()
    }

    /// The path of a host.
    pub fn host(&mut self, name: &str) -> String {
        format!("/hosts/{}", self.id("hosts", name))
    }

    /// Brings a host to maintenance; its machines have the time to move away.
    pub fn maintain(&mut self, host: &str) {
        self.act(&format!("{host}/deactivate"));
        self.pass(10);
        assert_eq!(self.text(host, "status"), "maintenance");
    }

    /// The status and the text of a refusal.
    pub fn refusal(&mut self, method: &str, path: &str, document: &str) -> (u16, String) {
        let (status, reply) = self.ask(method, path, document);
        let reply = reply.unwrap_or_default();
        let fault = if reply.name() == "action" { reply.child("fault") } else { Some(&reply) };
        (status, fault.and_then(|it| it.text_at("detail")).unwrap_or_default().to_owned())
    }

    /// Adds a machine in the lab and returns its id.
    pub fn vm(&mut self, name: &str, more: &str) -> String {
        let document = format!(
            "<vm><name>{name}</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template>{more}</vm>"
        );
        self.add("/vms", &document)
    }

    /// Adds a machine in the lab, starts it and returns its path.
    pub fn running_vm(&mut self, name: &str) -> String {
        let path = format!("/vms/{}", self.vm(name, ""));
        self.pass(6);
        self.act(&format!("{path}/start"));
        self.pass(6);
        assert_eq!(self.text(&path, "status"), "up");
        path
    }

    pub fn send(&mut self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        match self.engine.answer(self.now, &request) {
            Answer::Reply(response) => response,
            Answer::Dropped => panic!("the connection broke"),
        }
    }

    /// Gets a token.
    pub fn login(&mut self) {
        self.login_as("admin@internal", "secret");
    }

    /// Gets a token for somebody; the requests over HTTP are his from now on.
    pub fn login_as(&mut self, username: &str, password: &str) {
        let (status, json) = self.sso(
            "oauth/token",
            &format!(
                "grant_type=password&username={username}&password={password}&scope=ovirt-app-api"
            ),
        );
        assert_eq!(status, 200, "{json}");
        json["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// Asks the single sign-on service.
    pub fn sso(&mut self, path: &str, form: &str) -> (u16, serde_json::Value) {
        let request = http::Request::post(format!("/ovirt-engine/sso/{path}"))
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form.to_owned()))
            .unwrap();
        let reply = self.send(request);
        (reply.status().as_u16(), serde_json::from_slice(reply.body()).unwrap_or_default())
    }

    /// The token of whoever logged in last.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with a token, an XML document and the correlation id `test-1`.
    pub fn request(&self, method: &str, path: &str, document: &str) -> http::Request<Bytes> {
        http::Request::builder()
            .method(method)
            .uri(format!("/ovirt-engine/api{path}"))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/xml")
            .header("Correlation-Id", "test-1")
            .body(Bytes::from(document.to_owned()))
            .unwrap()
    }

    pub fn over_http(
        &mut self,
        method: &str,
        path: &str,
        document: &str,
    ) -> (u16, Option<Element>) {
        let response = self.send(self.request(method, path, document));
        (response.status().as_u16(), xml::parse(response.body()).ok())
    }

    /// The status and the text of a refusal of who is logged in.
    pub fn refusal_over_http(&mut self, method: &str, path: &str, document: &str) -> (u16, String) {
        let (status, reply) = self.over_http(method, path, document);
        let reply = reply.unwrap_or_default();
        let fault = if reply.name() == "action" { reply.child("fault") } else { Some(&reply) };
        (status, fault.and_then(|it| it.text_at("detail")).unwrap_or_default().to_owned())
    }
}

/// A document for a disk on `nfs-1`; without a name it gets the engine's.
pub fn disk(alias: &str, gibibytes: u64) -> String {
    let alias = if alias.is_empty() { String::new() } else { format!("<alias>{alias}</alias>") };
    format!(
        "<disk>{alias}<provisioned_size>{}</provisioned_size><format>cow</format><storage_domains><storage_domain><name>nfs-1</name></storage_domain></storage_domains></disk>",
        gibibytes * GIB
    )
}

/// A document for a host in the cluster `lab`, whose address is made of its name.
pub fn host(name: &str, more: &str) -> String {
    host_in("lab", name, more)
}

/// A document for a host in a cluster, whose address is made of its name.
pub fn host_in(cluster: &str, name: &str, more: &str) -> String {
    format!(
        "<host><name>{name}</name><address>{name}.example.com</address><cluster><name>{cluster}</name></cluster><root_password>x</root_password>{more}</host>"
    )
}

/// A document for a fence agent.
pub fn fence_agent(kind: &str) -> String {
    format!(
        "<agent><address>192.0.2.9</address><order>1</order><type>{kind}</type><username>u</username><password>p</password></agent>"
    )
}

/// Asks, and compares status and the beginning of the text; a text in brackets is a command's,
/// whose reason is always the same.
#[track_caller]
pub fn refused(it: &mut Asking, method: &str, path: &str, document: &str, status: u16, text: &str) {
    let (found, reply) = it.ask(method, path, document);
    let reply = reply.unwrap_or_default();
    let fault = if reply.name() == "action" { reply.child("fault") } else { Some(&reply) };
    let of = |part: &str| fault.and_then(|it| it.text_at(part)).unwrap_or_default();
    let (detail, reason) = (of("detail"), of("reason"));
    let fits = !text.starts_with('[') || reason == "Operation Failed";
    assert!(
        found == status && detail.starts_with(text) && fits,
        "{method} {path} {document}\n expected {status} {text}\n found    {found} {reason}: {detail}"
    );
}
