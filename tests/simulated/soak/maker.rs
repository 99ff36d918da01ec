//! Requests that are made up: some wild, most nearly right.

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use virtuform::simulated::Simulated;
use virtuform::xml::Element;

use super::words::{ACTIONS, BESIDE, HEADERS, PARAMETERS, SEARCHES, WORDS};

/// Makes requests up.
pub struct Maker {
    chance: StdRng,
    /// Paths of collections and objects.
    paths: Vec<String>,
    /// Documents that the engine itself wrote.
    documents: Vec<Element>,
    /// Where objects can be acted on.
    actions: Vec<String>,
    /// The same in JSON.
    jsons: Vec<Bytes>,
    ids: Vec<String>,
}

impl Maker {
    pub fn new(seed: u64, engine: &mut Simulated) -> Self {
        let chance = StdRng::seed_from_u64(seed);
        let mut maker = Self {
            chance,
            paths: vec![String::new()],
            documents: Vec::new(),
            actions: Vec::new(),
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
        let links = object.child("actions").into_iter().flat_map(Element::children);
        let links = links.filter_map(|it| it.attribute("href"));
        self.actions.extend(links.filter_map(crate::whole_state::below));
        self.paths.push(path);
        self.ids.extend(object.id().map(str::to_owned));
        self.documents.push(object.clone());
    }

    /// Takes up what an answer shows.
    pub fn learn(&mut self, answer: &Bytes) {
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

    /// The next request.
    pub fn request(&mut self) -> http::Request<Bytes> {
        match self.below(10) {
            0..=2 => self.change(),
            3..=5 => self.creation(),
            6 | 7 => self.action(),
            _ => self.wild(),
        }
    }

    fn document(&mut self) -> Element {
        // What was made last is as likely as all else.
        let count = self.documents.len();
        let first = if self.one_in(2) { count.saturating_sub(20) } else { 0 };
        let at = first + self.below(count - first);
        self.documents[at].clone()
    }

    /// An object's own document goes back to it, a little changed; or it is removed.
    fn change(&mut self) -> http::Request<Bytes> {
        let document = self.document();
        let path = path_of(&document);
        if self.one_in(8) {
            return self.send("DELETE", &path, "application/xml", Bytes::new());
        }
        let body = self.mangled(document);
        self.send("PUT", &path, "application/xml", body)
    }

    /// Something like another object is made beside it.
    fn creation(&mut self) -> http::Request<Bytes> {
        let mut document = self.document();
        let path = path_of(&document);
        let list = path.rsplit_once('/').map_or("", |(list, _)| list).to_owned();
        if !self.one_in(10) {
            let name = format!("made-{}", self.chance.next_u64() % 1000);
            document = without_address(&document);
            for child in document.children_mut() {
                if child.name() == "name" {
                    child.set_text(&name);
                }
            }
        }
        let body = self.mangled(document);
        self.send("POST", &list, "application/xml", body)
    }

    /// An action that an object offers.
    fn action(&mut self) -> http::Request<Bytes> {
        if self.actions.is_empty() {
            return self.wild();
        }
        let at = self.below(self.actions.len());
        let path = self.actions[at].clone();
        let mut action = Element::new("action");
        for _ in 0..self.below(3) {
            let document = self.document();
            action.push(match self.below(3) {
                0 => document,
                1 => Element::link(document.name().to_owned(), document.id().unwrap_or_default()),
                _ => Element::leaf(self.pick(&["async", "force", "reason", "name"]), self.word()),
            });
        }
        let body = self.mangled(action);
        self.send("POST", &path, "application/xml", body)
    }

    /// Any verb, any path, any content.
    fn wild(&mut self) -> http::Request<Bytes> {
        let method = match self.below(12) {
            0..=4 => "GET",
            5..=7 => "POST",
            8..=10 => "PUT",
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
        let (media, body) = self.content(acts);
        self.send(method, &path, media, body)
    }

    fn send(&mut self, method: &str, path: &str, media: &str, body: Bytes) -> http::Request<Bytes> {
        let query = self.query();
        let root = if self.one_in(30) { self.pick(BESIDE) } else { "/ovirt-engine/api" };
        let uri = format!("{root}{path}?{query}");
        let uri = if uri.starts_with('/') { uri } else { format!("/{uri}") };
        let accept = match self.below(20) {
            0 => self.pick(&["text/plain", ",;q=x", ""]),
            1..=5 => "application/json",
            _ => "*/*",
        };
        // "admin@internal:secret", so that nothing depends on a token.
        let mut request = http::Request::builder()
            .method(method)
            .header("Authorization", "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0")
            .header("Accept", accept)
            .header("Content-Type", media)
            .uri(&uri);
        if self.one_in(20) {
            let value = http::HeaderValue::from_bytes(&[0xff, b'1', b'=', 0xfe]).unwrap();
            request = request.header(self.pick(HEADERS), value);
        }
        request.body(body).unwrap_or_else(|error| panic!("{uri}: {error}"))
    }

    fn mangled(&mut self, mut document: Element) -> Bytes {
        for _ in 0..self.below(3) {
            self.mangle(&mut document);
        }
        Bytes::from(document.to_string())
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

fn path_of(object: &Element) -> String {
    object.attribute("href").and_then(crate::whole_state::below).unwrap_or_default()
}

/// The document without its id, its address, and what leads from it.
fn without_address(object: &Element) -> Element {
    let mut copy = Element::new(object.name().to_owned());
    let kept = object.children().iter().filter(|it| !["link", "actions"].contains(&it.name()));
    kept.for_each(|child| copy.push(child.clone()));
    copy
}
