//! A small engine in memory: collections of elements, states that take time, and mishaps on order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};
use virtuform::engine::{Broken, Engine, Fault, How, Meaning, Method, Reply, Request, Said};
use virtuform::xml::Element;

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Mishap {
    /// It takes effect, and the answer is lost.
    LoseAnswer,
    /// It is lost on the way.
    LoseRequest,
    /// It is refused.
    Refuse(u16, Meaning, &'static str),
    /// It is accepted and has no effect.
    Ignore,
    /// It is accepted, and the object disappears after a while.
    RollBack(Duration),
}

#[derive(Default)]
pub struct Toy {
    pub world: Mutex<World>,
    /// How long each request takes.
    pub latency: Duration,
    /// How long an object is `locked` after it was made, and `powering_up` after it was started.
    pub settling: Duration,
}

#[derive(Default)]
pub struct World {
    pub objects: BTreeMap<String, Element>,
    pub log: Vec<Sent>,
    pub mishaps: Vec<(String, Mishap)>,
    /// Status changes to come: when, which object, to what; nothing: it disappears.
    to_come: Vec<(Instant, String, Option<&'static str>)>,
    /// Correlation ids whose job still runs.
    pub jobs: Vec<String>,
    pub events: Vec<(String, &'static str, &'static str)>,
    made: usize,
    under_way: usize,
    pub most_under_way: usize,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Instant,
    pub call: String,
    pub body: String,
    pub correlation_id: Option<String>,
}

impl Toy {
    /// Runs `f` with the world.
    pub fn with<T>(&self, f: impl FnOnce(&mut World) -> T) -> T {
        f(&mut self.world.lock().unwrap())
    }

    /// The next request whose call starts so comes to grief.
    pub fn mishap(&self, call: &str, mishap: Mishap) {
        self.with(|world| world.mishaps.push((call.to_owned(), mishap)));
    }

    /// Puts an object there.
    pub fn put(&self, path: &str, element: Element) {
        let id = path.rsplit('/').next().unwrap().to_owned();
        let element = element.with_attribute("id", id);
        self.with(|world| world.objects.insert(path.to_owned(), element));
    }

    /// The calls that arrived, in order, and start so.
    pub fn calls(&self, start: &str) -> Vec<String> {
        let is_one = |sent: &&Sent| sent.call.starts_with(start);
        self.with(|world| world.log.iter().filter(is_one).map(|sent| sent.call.clone()).collect())
    }

    /// How many objects a collection has.
    pub fn count(&self, collection: &str) -> usize {
        self.with(|world| world.members(collection).len())
    }
}

impl Engine for Toy {
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let mishap = self.with(|world| world.arrive(&request));
        // The effect comes in the middle, so that a kill may come before it or after it.
        sleep(self.latency / 2).await;
        let answer = self.with(|world| world.answer(&request, mishap, self.settling));
        sleep(self.latency / 2).await;
        self.with(|world| world.under_way -= 1);
        answer
    }
}

impl World {
    fn arrive(&mut self, request: &Request) -> Option<Mishap> {
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
        let query: Vec<_> = request.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut call = request.call();
        if !query.is_empty() {
            call = format!("{call}?{}", query.join("&"));
        }
        let at = self.mishaps.iter().position(|(start, _)| call.starts_with(start.as_str()));
        self.log.push(Sent {
            at: Instant::now(),
            call,
            body: request.body.as_ref().map(Element::to_string).unwrap_or_default(),
            correlation_id: request.correlation_id.clone(),
        });
        at.map(|at| self.mishaps.remove(at).1)
    }

    fn answer(
        &mut self,
        request: &Request,
        mishap: Option<Mishap>,
        settling: Duration,
    ) -> Result<Reply, Fault> {
        self.let_time_pass();
        let call = request.call();
        let lost = Fault::Lost { call: call.clone(), cause: Broken::new(How::Interrupted, "cut") };
        match mishap {
            Some(Mishap::LoseRequest) => Err(lost),
            Some(Mishap::Refuse(status, meaning, detail)) => {
                Err(refused(call, status, meaning, detail))
            }
            Some(Mishap::Ignore) => reply(self.objects.get(&request.path).cloned().unwrap()),
            Some(Mishap::LoseAnswer) => {
                self.act(request, settling)?;
                Err(lost)
            }
            Some(Mishap::RollBack(after)) => {
                let reply = self.act(request, settling)?;
                let id = reply.element().unwrap().id().unwrap().to_owned();
                let path = format!("{}/{id}", request.path);
                self.to_come.push((Instant::now() + after, path, None));
                Ok(reply)
            }
            None => self.act(request, settling),
        }
    }

    fn act(&mut self, request: &Request, settling: Duration) -> Result<Reply, Fault> {
        match request.method {
            Method::GET => self.get(request),
            Method::POST if request.body.as_ref().unwrap().name() == "action" => {
                self.invoke(request, settling)
            }
            Method::POST => self.create(request, settling),
            Method::PUT => self.update(request),
            _ => self.delete(request),
        }
    }

    fn get(&self, request: &Request) -> Result<Reply, Fault> {
        let search = request.query.iter().find(|(name, _)| name == "search");
        let wanted = search.map(|(_, text)| text.trim_start_matches("correlation_id="));
        match request.path.as_str() {
            "jobs" => {
                let running = self.jobs.iter().filter(|id| Some(id.as_str()) == wanted);
                let job = |_| Element::new("job").with(Element::leaf("status", "started"));
                reply(running.map(job).fold(Element::new("jobs"), Element::with))
            }
            "events" => {
                let of_it = self.events.iter().filter(|(id, ..)| Some(id.as_str()) == wanted);
                let event = |(_, severity, text): &(String, &'static str, &'static str)| {
                    Element::new("event")
                        .with(Element::leaf("severity", *severity))
                        .with(Element::leaf("description", *text))
                };
                reply(of_it.map(event).fold(Element::new("events"), Element::with))
            }
            path => match self.objects.get(path) {
                Some(object) => reply(object.clone()),
                None if is_collection(path) => {
                    let members = self.members(path).into_iter().cloned();
                    reply(members.fold(Element::new("list"), Element::with))
                }
                None => Err(missing(request)),
            },
        }
    }

    fn create(&mut self, request: &Request, settling: Duration) -> Result<Reply, Fault> {
        let mut object = request.body.clone().unwrap();
        let name = object.text_at("name").map(str::to_owned);
        let siblings = self.members(&request.path);
        let is_taken = siblings.iter().any(|other| {
            other.text_at("name").map(str::to_owned) == name || other.id() == object.id()
        });
        if is_taken {
            let detail = "The name is already in use";
            return Err(refused(request.call(), 409, Meaning::Conflict, detail));
        }
        self.made += 1;
        let id = object.id().map_or_else(|| format!("id-{}", self.made), str::to_owned);
        object.set_attribute("id", id.clone());
        object.children_mut().retain(|child| child.name() != "password");
        let path = format!("{}/{id}", request.path);
        let status = if settling.is_zero() { "down" } else { "locked" };
        object.push(Element::leaf("status", status));
        self.to_come.push((Instant::now() + settling, path.clone(), Some("down")));
        self.objects.insert(path, object.clone());
        reply(object)
    }

    fn update(&mut self, request: &Request) -> Result<Reply, Fault> {
        let body = request.body.clone().unwrap();
        let object = self.objects.get_mut(&request.path).ok_or_else(|| missing(request))?;
        for child in body.children().iter().filter(|child| child.name() != "password") {
            object.children_mut().retain(|old| old.name() != child.name());
            object.push(child.clone());
        }
        reply(object.clone())
    }

    fn delete(&mut self, request: &Request) -> Result<Reply, Fault> {
        let path = &request.path;
        self.objects.remove(path).ok_or_else(|| missing(request))?;
        self.objects.retain(|other, _| !other.starts_with(&format!("{path}/")));
        reply(Element::new("action"))
    }

    fn invoke(&mut self, request: &Request, settling: Duration) -> Result<Reply, Fault> {
        let (path, verb) = request.path.rsplit_once('/').unwrap();
        let (passing, then) =
            if verb == "start" { ("powering_up", "up") } else { ("powering_down", "down") };
        let object = self.objects.get_mut(path).ok_or_else(|| missing(request))?;
        let is_up = matches!(object.text_at("status"), Some("up" | "powering_up"));
        if is_up == (verb == "start") {
            let detail = "The VM is in the wrong state";
            return Err(refused(request.call(), 409, Meaning::Conflict, detail));
        }
        set_status(object, passing);
        self.to_come.push((Instant::now() + settling, path.to_owned(), Some(then)));
        reply(Element::new("action").with(Element::leaf("status", "complete")))
    }

    fn members(&self, collection: &str) -> Vec<&Element> {
        let of_it = self.objects.iter().filter(|(path, _)| {
            path.rsplit_once('/').is_some_and(|(parent, _)| parent == collection)
        });
        of_it.map(|(_, object)| object).collect()
    }

    pub fn let_time_pass(&mut self) {
        let now = Instant::now();
        for (at, path, status) in std::mem::take(&mut self.to_come) {
            if at > now {
                self.to_come.push((at, path, status));
            } else if let Some(status) = status {
                if let Some(object) = self.objects.get_mut(&path) {
                    set_status(object, status);
                }
            } else {
                self.objects.remove(&path);
            }
        }
    }
}

fn is_collection(path: &str) -> bool {
    path.split('/').count() % 2 == 1
}

pub fn set_status(object: &mut Element, status: &str) {
    object.child_or_new("status").set_text(status);
}

fn reply(element: Element) -> Result<Reply, Fault> {
    Ok(Reply { status: 200, body: Bytes::from(element.to_string()) })
}

fn missing(request: &Request) -> Fault {
    refused(request.call(), 404, Meaning::Missing, "")
}

pub fn refused(call: String, status: u16, meaning: Meaning, detail: &str) -> Fault {
    let reason = "Operation Failed".to_owned();
    Fault::Refused { status, reason, detail: Said::from(detail), meaning, call }
}
