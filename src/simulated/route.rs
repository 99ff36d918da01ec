//! From a path to what it names.

use super::content::{self, Member, Owner};
use super::fault::Fault;
use super::places;
use super::schema::{SCHEMA, Service};
use super::site::Site;
use super::store::Handle;

/// What a path names.
pub struct Route {
    /// The service that answers.
    pub service: &'static Service,
    /// The collection it is, or is a member of.
    pub collection: Option<&'static Service>,
    /// The owner of the collection.
    pub parent: Option<Handle>,
    /// The member.
    pub target: Option<Handle>,
    /// The member, if it is computed.
    pub computed: Option<Member>,
    /// The computed member that owns the collection.
    pub within: Option<Member>,
    /// The action on it, by the name of its method.
    pub action: Option<&'static str>,
}

impl Route {
    /// Finds what a path below the root of the API names; unknown objects lead nowhere.
    pub fn find(site: &Site, path: &str) -> Result<Self, Fault> {
        let mut route = Self {
            service: SCHEMA.service("system"),
            collection: None,
            parent: None,
            target: None,
            computed: None,
            within: None,
            action: None,
        };
        let segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
        for (at, segment) in segments.iter().enumerate() {
            route.step(site, segment, at + 1 == segments.len())?;
        }
        Ok(route)
    }

    /// The service and the action at the end of a path, whatever objects there are.
    pub fn service(path: &str) -> Option<(&'static Service, Option<&'static str>)> {
        let mut service = SCHEMA.service("system");
        let mut segments = path.split('/').filter(|it| !it.is_empty()).peekable();
        while let Some(segment) = segments.next() {
            let action = service.action(segment).filter(|_| segments.peek().is_none());
            let is_member = service.collection && uuid::Uuid::try_parse(segment).is_ok();
            let inner = service.segments.get(segment).map(|(sub, _)| *sub);
            service = match inner.or(service.member.filter(|_| is_member)) {
                Some(inner) => SCHEMA.service(inner),
                None => return action.map(|action| (service, Some(action))),
            };
        }
        Some((service, None))
    }

    /// The service of the object that is named, or of those in the list that is.
    pub fn member(&self) -> Option<&'static Service> {
        self.collection?.member.map(|name| SCHEMA.service(name))
    }

    /// The members of the collection, if they are computed.
    pub fn members(&self, site: &Site) -> Option<Vec<Member>> {
        let owner = Owner { object: self.parent, member: self.within.as_ref() };
        content::members(site, self.collection?, &owner)
    }

    /// Whether the engine has no code for what is asked.
    pub fn is_stub(&self, verb: &http::Method) -> bool {
        let verb = if *verb == http::Method::HEAD { "GET" } else { verb.as_str() };
        let path = self.action.and_then(|action| self.service.methods.get(action)?.path);
        let mut asked =
            self.service.methods.values().filter(|it| it.verb == verb && it.path == path);
        asked.next().is_some_and(|it| it.is_stub)
    }

    fn step(&mut self, site: &Site, segment: &str, last: bool) -> Result<(), Fault> {
        if let Some((sub, _)) = self.service.segments.get(segment) {
            self.service = SCHEMA.service(sub);
            if self.service.collection {
                self.collection = Some(self.service);
                self.within = self.computed.take();
                // What a computed member owns belongs to the same object.
                if self.within.is_none() {
                    self.parent = self.target.take();
                }
            }
            return Ok(());
        }
        if last && let Some(action) = self.service.action(segment) {
            self.action = Some(action);
            return Ok(());
        }
        let member = self.service.member.filter(|_| self.service.collection);
        let member = member.ok_or_else(Fault::nowhere)?;
        match self.members(site) {
            Some(members) => {
                let found = members.into_iter().find(|it| it.element.id() == Some(segment));
                self.computed = Some(found.ok_or_else(Fault::nowhere)?);
            }
            None => {
                let place = places::place(self.service.name, self.parent.is_some());
                let found = place.find(site, self.parent, segment).ok_or_else(Fault::nowhere)?;
                self.target = Some(found);
            }
        }
        self.service = SCHEMA.service(member);
        Ok(())
    }
}
