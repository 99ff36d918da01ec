//! The soak: requests that are made up and mangled, a great many of them, against a lab.
//!
//! No panic, no slow answer, and a state that stays whole. A few seconds of it run with all other
//! tests; `SOAK=600 cargo test --release --test simulated soak -- --nocapture` goes on for so many
//! seconds, with other seeds. What goes wrong is printed with the seed and the request.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use virtuform::simulated::{Answer, Lab, Options, Simulated};
use virtuform::xml::Element;

use crate::whole_state::check;

/// No answer takes longer, even without optimization on a busy machine.
const SLOW: Duration = Duration::from_secs(5);

const REQUESTS: usize = 400;

#[test]
fn nothing_that_is_asked_breaks_the_engine() {
    let time = std::env::var("SOAK").ok().map(|it| Duration::from_secs(it.parse().unwrap()));
    let start = Instant::now();
    let mut seed = 1;
    loop {
        soak(seed, start);
        seed += 1;
        let enough = match time {
            Some(time) => start.elapsed() > time,
            None => seed > 3 || start.elapsed() > Duration::from_secs(15),
        };
        if enough {
            break;
        }
    }
    println!("{} seeds in {:?}", seed - 1, start.elapsed());
}

fn soak(seed: u64, start: Instant) {
    let mut engine =
        Simulated::new(Options { strict: seed.is_multiple_of(2), ..Options::default() });
    engine.lab(&Lab::large(5));
    let mut maker = Maker::new(seed, &mut engine);
    for number in 0..REQUESTS {
        let request = maker.request();
        let asked = Instant::now();
        let time = Duration::from_secs(3 * number as u64);
        let answered = catch_unwind(AssertUnwindSafe(|| engine.answer(time, &request)));
        let story = || {
            format!("seed {seed}, request {number} after {:?}: {}", start.elapsed(), told(&request))
        };
        let Ok(answer) = answered else { panic!("it panicked\n{}", story()) };
        assert!(asked.elapsed() < SLOW, "it took {:?}\n{}", asked.elapsed(), story());
        if let Answer::Reply(response) = answer {
            let status = response.status().as_u16();
            // A real engine stumbles over some requests too, with 500; nothing is worse.
            assert!(status <= 500, "{status}\n{}", story());
            maker.learn(response.body());
        }
        if number % 100 == 99 {
            let settled = catch_unwind(AssertUnwindSafe(|| engine.settle()));
            assert!(settled.is_ok(), "work panicked\n{}", story());
            let wrong = check(&mut engine);
            assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), story());
        }
    }
}

fn told(request: &http::Request<Bytes>) -> String {
    let body = String::from_utf8_lossy(request.body());
    let shown: String = body.chars().take(2000).collect();
    format!("{} {}\n{:?}\n{shown}", request.method(), request.uri(), request.headers())
}

/// Makes requests up.
struct Maker {
    chance: StdRng,
    /// Paths of collections and objects.
    paths: Vec<String>,
    /// Documents that the engine itself wrote.
    documents: Vec<Element>,
    /// The same in JSON.
    jsons: Vec<Bytes>,
    ids: Vec<String>,
}

const WORDS: &[&str] = &[
    "",
    "0",
    "-1",
    "1",
    "true",
    "TRUE",
    "null",
    "99999999999999999999999999",
    "1e308",
    "NaN",
    "Default",
    "lab",
    "web",
    "vm-00001",
    "up",
    "down",
    "<x/>",
    "&",
    "\u{0}",
    "ü",
    "\u{202e}",
    "..",
    "%",
    "*",
    "?",
    "00000000-0000-0000-0000-000000000000",
    "2026-01-01T00:00:00Z",
    "4.8",
    "x86_64",
    "9223372036854775807",
    "nfs-1",
    "rhel-9",
    "Blank",
    "ovirtmgmt",
    "admin@internal",
    "-9223372036854775808",
    "a b",
    "'",
    "\"",
];

const ACTIONS: &[&str] = &[
    "start",
    "stop",
    "shutdown",
    "reboot",
    "suspend",
    "migrate",
    "clone",
    "export",
    "detach",
    "activate",
    "deactivate",
    "install",
    "approve",
    "setupnetworks",
    "copy",
    "move",
    "reduce",
    "restore",
    "commitsnapshot",
    "previewsnapshot",
    "undosnapshot",
    "ticket",
    "logon",
    "attach",
    "refresh",
    "upgrade",
    "fence",
    "reset",
    "cancelmigration",
    "thaw",
    "freeze",
    "maintenance",
    "allocatevm",
    "finalize",
    "cancel",
    "pause",
    "resume",
    "extend",
    "clear",
    "end",
    "syncallnetworks",
    "sparsify",
    "import",
    "register",
    "nonsense",
];

const SEARCHES: &[&str] = &[
    "name=a*",
    "name=* or name=*",
    "(((((",
    "name=",
    "=",
    "sortby name desc page 99999999999999999999",
    "status=up and (name=x or name=y",
    "Vms.name=*",
    "name=\"a b",
    "size>9999999999999999999",
    "page 0",
    "not a search at all",
    "name!=x sortby nothing",
    "\u{0}",
    "'%'",
    "vms.hosts.clusters.name=x",
    "page -1",
];

/// What is not the API, or only looks like it.
const BESIDE: &[&str] = &[
    "/ovirt-engine/sso/oauth/token",
    "/ovirt-engine/sso/oauth/revoke",
    "/ovirt-engine/services/sso-logout",
    "/ovirt-engine/services/pki-resource",
    "/ovirt-engine/api/v4",
    "/ovirt-engine/api/v3",
    "/ovirt-engine/apis",
    "/ovirt-engine",
    "//ovirt-engine/api",
    "/images",
    "",
];

const PARAMETERS: &[&str] = &[
    "grant_type",
    "username",
    "password",
    "scope",
    "token",
    "max",
    "search",
    "follow",
    "all_content",
    "next_run",
    "async",
    "case_sensitive",
    "from",
    "current",
    "correlation_id",
    "accept",
    "force",
    "detach_only",
    "clone",
    "filter",
    "unregistered",
];

impl Maker {
    fn new(seed: u64, engine: &mut Simulated) -> Self {
        let chance = StdRng::seed_from_u64(seed);
        let mut maker = Self {
            chance,
            paths: vec![String::new()],
            documents: Vec::new(),
            jsons: Vec::new(),
            ids: Vec::new(),
        };
        let root = engine.direct("GET", "", "").1.unwrap();
        let mut open: Vec<String> = crate::whole_state::hrefs(&root);
        for depth in 0..2 {
            let mut next = Vec::new();
            for path in open {
                let list = engine.direct("GET", &path, "").1.unwrap_or_default();
                maker.paths.push(path);
                for object in list.children().iter().take(6) {
                    maker.know(object);
                    if depth == 0 {
                        next.extend(crate::whole_state::hrefs(object));
                    }
                }
            }
            open = next;
        }
        maker
    }

    fn know(&mut self, object: &Element) {
        let Some(path) = object.attribute("href").and_then(crate::whole_state::below) else {
            return;
        };
        self.paths.push(path);
        self.ids.extend(object.id().map(str::to_owned));
        self.documents.push(object.clone());
    }

    /// Takes up what an answer shows.
    fn learn(&mut self, answer: &Bytes) {
        if let Ok(element) = virtuform::xml::parse(answer) {
            self.know(&element);
        } else if answer.starts_with(b"{") && answer.len() < 100_000 {
            self.jsons.push(answer.clone());
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.chance.next_u64() % bound as u64).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = self.below(words.len());
        words[at]
    }

    fn path(&mut self) -> String {
        // Objects that were made last are as likely as all others.
        let recent = self.paths.len().saturating_sub(20);
        let at = if self.one_in(2) { self.below(self.paths.len()) } else { recent };
        let at = if at == recent { recent + self.below(self.paths.len() - recent) } else { at };
        self.paths[at].clone()
    }

    fn word(&mut self) -> String {
        match self.below(5) {
            0 if !self.ids.is_empty() => {
                let at = self.below(self.ids.len());
                self.ids[at].clone()
            }
            1 => self.chance.next_u64().to_string(),
            2 if self.one_in(50) => "x".repeat(200_000),
            _ => self.pick(WORDS).to_owned(),
        }
    }

    fn request(&mut self) -> http::Request<Bytes> {
        let method = match self.below(12) {
            0..=2 => "GET",
            3..=6 => "POST",
            7..=9 => "PUT",
            10 => "DELETE",
            _ => self.pick(&["HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW", "DELETE"]),
        };
        let mut path = self.path();
        if self.one_in(20) {
            path = format!("{path}/{}", encoded(&self.word()));
        }
        let acts = method == "POST" && self.one_in(2);
        if acts {
            path = format!("{path}/{}", self.pick(ACTIONS));
        }
        if self.one_in(10) {
            path = format!("{path};{}={}", self.pick(PARAMETERS), encoded(&self.word()));
        }
        let query = self.query();
        let root = if self.one_in(15) { self.pick(BESIDE) } else { "/ovirt-engine/api" };
        let uri = format!("{root}{path}?{query}");
        let uri = if uri.starts_with('/') { uri } else { format!("/{uri}") };
        let (media, body) = self.content(acts);
        // "admin@internal:secret", so that nothing depends on a token.
        let request = http::Request::builder()
            .method(method)
            .header("Authorization", "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0")
            .header(
                "Accept",
                self.pick(&["*/*", "application/xml", "application/json", "text/plain", ",;q=x"]),
            )
            .header("Content-Type", media)
            .uri(&uri);
        let request = if self.one_in(20) {
            let name = self.pick(&[
                "Version",
                "Filter",
                "All-Content",
                "Prefer",
                "Expect",
                "Host",
                "Range",
            ]);
            let value = http::HeaderValue::from_bytes(&[0xff, b'1', b'=', 0xfe]).unwrap();
            request.header(name, value)
        } else {
            request
        };
        request.body(body).unwrap_or_else(|error| panic!("{uri}: {error}"))
    }

    fn query(&mut self) -> String {
        let mut query = String::new();
        while self.one_in(3) {
            let name = self.pick(PARAMETERS);
            let value = match name {
                "search" => self.pick(SEARCHES).to_owned(),
                "follow" => self
                    .pick(&[
                        "nics,disk_attachments.disk",
                        "x.y.z",
                        ",,,",
                        "cluster.vms.cluster.vms",
                    ])
                    .to_owned(),
                _ => self.word(),
            };
            query += &format!("{name}={}&", encoded(&value));
        }
        query
    }

    fn content(&mut self, action: bool) -> (&'static str, Bytes) {
        if !self.jsons.is_empty() && self.one_in(6) {
            return ("application/json", self.json());
        }
        let mut document = match self.below(4) {
            0 if action => Element::new("action"),
            _ if self.documents.is_empty() => Element::new("vm"),
            _ => {
                let at = self.below(self.documents.len());
                self.documents[at].clone()
            }
        };
        if action && document.name() != "action" && !self.one_in(5) {
            document = Element::new("action").with(document);
        }
        for _ in 0..self.below(4) {
            self.mangle(&mut document);
        }
        let mut bytes = document.to_string().into_bytes();
        match self.below(30) {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes = b"<a>".repeat(100_000),
            2 => bytes.push(0xff),
            3 => bytes = Vec::new(),
            4 => return ("application/json", Bytes::from("[".repeat(100_000))),
            5 => {
                return (
                    "application/json",
                    Bytes::from(format!("{{\"name\":{}}}", self.chance.next_u64())),
                );
            }
            6 => {
                let at = self.below(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b'<';
                }
            }
            _ => {}
        }
        let media = if self.one_in(40) { "text/html" } else { "application/xml" };
        (media, Bytes::from(bytes))
    }

    /// A document in JSON with a few bytes changed.
    fn json(&mut self) -> Bytes {
        let at = self.below(self.jsons.len());
        let mut bytes = self.jsons[at].to_vec();
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len());
            bytes[at] = self
                .pick(&["{", "}", "[", "]", "\"", "0", "-", ",", "x", "\\", "\u{7f}"])
                .as_bytes()[0];
        }
        Bytes::from(bytes)
    }

    /// Changes something somewhere in a document.
    fn mangle(&mut self, element: &mut Element) {
        let count = element.children().len();
        if count > 0 && !self.one_in(4) {
            let at = self.below(count);
            return self.mangle(&mut element.children_mut()[at]);
        }
        match self.below(6) {
            0 => {
                let id = self.word();
                element.set_attribute("id", id);
            }
            1 if count > 0 => {
                let at = self.below(count);
                element.children_mut().remove(at);
            }
            2 if count > 0 => {
                let at = self.below(count);
                let twin = element.children()[at].clone();
                element.push(twin);
            }
            3 if !self.documents.is_empty() => {
                let at = self.below(self.documents.len());
                let other = self.documents[at].clone();
                element.push(other);
            }
            4 => *element = Element::new(element.name().to_owned()),
            _ => {
                let text = self.word();
                element.set_text(text);
            }
        }
    }
}

/// A word as a URI may hold it; sometimes badly.
fn encoded(word: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'%' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02x}"),
    };
    word.bytes().take(2000).map(byte).collect()
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::default());
    assert_eq!(check(&mut engine), Vec::<String>::new());
    let known: HashSet<String> = crate::whole_state::ids(&mut engine);
    assert!(known.len() > 100, "{}", known.len());
}
