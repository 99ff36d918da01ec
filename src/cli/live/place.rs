//! Addresses of the live engine, resolved level by level: `hosts/kvm-01/nics`.

use crate::api::{SCHEMA, Service};
use crate::cli::Failure;
use crate::engine::{Engine, Request, printable, segment};
use crate::manifest::instead_of;
use crate::resources::is_like;
use crate::xml::Element;

use super::names;

/// What stands at an address.
#[derive(Clone)]
pub struct Place {
    /// What answers there.
    pub service: &'static Service,
    /// Its path below the API root.
    pub path: String,
    /// Its address, with names.
    pub address: String,
}

/// The sections at the top, under the names that manifests give them.
pub fn sections() -> Vec<&'static str> {
    locators(SCHEMA.service("system"))
}

fn locators(service: &Service) -> Vec<&'static str> {
    let mut names: Vec<_> = service.segments.values().map(|(_, locator)| *locator).collect();
    names.sort_unstable();
    names
}

/// The addresses, with `NAME` for names, of the collections below others that are so: the nearest.
pub fn below(is_it: impl Fn(&str, &Service) -> bool) -> Vec<String> {
    let mut level = vec![(String::new(), SCHEMA.service("system"))];
    for _ in 0..3 {
        let mut found = Vec::new();
        let mut members = Vec::new();
        for (address, service) in level {
            for (name, locator) in service.segments.values() {
                let service = SCHEMA.service(name);
                let address = join(&address, locator);
                if service.collection && is_it(locator, service) {
                    found.push(address.clone());
                }
                let member = service.member.map(|member| SCHEMA.service(member));
                members.extend(member.map(|member| (join(&address, "NAME"), member)));
            }
        }
        if !found.is_empty() {
            found.sort_unstable();
            return found;
        }
        level = members;
    }
    Vec::new()
}

/// Finds what stands at an address; the names in it cost a request each.
///
/// # Errors
/// What is wrong with it, and advice.
pub async fn find<E: Engine>(engine: &E, address: &str) -> Result<Place, Failure> {
    let mut place = Place::root();
    for word in address.trim_matches('/').split('/') {
        place = place.step(engine, word).await?;
    }
    Ok(place)
}

/// Finds what stands at an address in which `*` stands for any text. A last part with it is left
/// over: who lists the members has their names then.
///
/// # Errors
/// What is wrong with it, and advice.
pub async fn find_all<'a, E: Engine>(
    engine: &E,
    address: &'a str,
) -> Result<(Vec<Place>, Option<&'a str>), Failure> {
    let mut places = vec![Place::root()];
    let mut words = address.trim_matches('/').split('/').peekable();
    while let Some(word) = words.next() {
        let mut next = Vec::new();
        for place in places {
            match place.service.collection && word.contains('*') {
                true if words.peek().is_none() => next.push(place),
                true => next.extend(place.members(engine, word).await?),
                false => next.push(place.step(engine, word).await?),
            }
        }
        places = next;
        if words.peek().is_none() && word.contains('*') {
            return Ok((places, Some(word)));
        }
    }
    Ok((places, None))
}

impl Place {
    fn root() -> Self {
        Self { service: SCHEMA.service("system"), path: String::new(), address: String::new() }
    }

    async fn step<E: Engine>(&self, engine: &E, word: &str) -> Result<Self, Failure> {
        match self.service.collection {
            true => self.member(engine, word).await,
            false => self.section(word),
        }
    }

    /// The address of the collection right below that holds objects of a type.
    pub fn holds(&self, type_name: &str) -> Option<String> {
        let of_type = |(name, _): &&(&str, &str)| {
            let service = SCHEMA.service(name);
            service.collection && service.type_name == type_name
        };
        let (_, locator) = self.service.segments.values().find(of_type)?;
        Some(join(&self.address, locator))
    }

    /// What stands below an object under a name.
    fn section(&self, word: &str) -> Result<Self, Failure> {
        let plain = word.replace('_', "");
        let known = self.service.segments.iter();
        let found = known.clone().find(|(_, (_, locator))| *locator == word);
        let found = found.or_else(|| known.clone().find(|(segment, _)| **segment == plain));
        let Some((segment, (service, locator))) = found else {
            return Err(self.no_section(word));
        };
        Ok(Self {
            service: SCHEMA.service(service),
            path: join(&self.path, segment),
            address: join(&self.address, locator),
        })
    }

    fn no_section(&self, word: &str) -> Failure {
        let word = printable(word);
        let known = locators(self.service);
        let elsewhere = match self.address.as_str() {
            "" => below(|locator, _| locator == word),
            _ => Vec::new(),
        };
        let message = match (self.address.as_str(), known.is_empty()) {
            ("", _) if !elsewhere.is_empty() => format!("`{word}` stand below other objects"),
            ("", _) => format!("the engine has no section `{word}`"),
            (address, true) => format!("nothing stands below `{address}`"),
            (address, false) => format!("`{address}` has no section `{word}`"),
        };
        let all = || match self.address.as_str() {
            "" => "`virtuform get` shows all".to_owned(),
            _ => format!("possible: `{}`", known.join("`, `")),
        };
        let advice = match elsewhere.as_slice() {
            [] => instead_of(&word, &known)
                .filter(|advice| advice.starts_with("did"))
                .or_else(|| (!known.is_empty()).then(all)),
            several => Some(format!("say of what: `{}`", several.join("`, `"))),
        };
        advice.into_iter().fold(Failure::new(message), Failure::hint)
    }

    /// The object of a collection that has a name, or an id.
    async fn member<E: Engine>(&self, engine: &E, word: &str) -> Result<Self, Failure> {
        let Some(service) = self.service.member else { return Err(self.no_section(word)) };
        let id = self.id_of(engine, word).await?;
        Ok(Self {
            service: SCHEMA.service(service),
            path: join(&self.path, &segment(&id)),
            address: join(&self.address, word),
        })
    }

    /// The objects of a collection whose names are as a pattern says.
    async fn members<E: Engine>(&self, engine: &E, pattern: &str) -> Result<Vec<Self>, Failure> {
        let Some(service) = self.service.member else { return Err(self.no_section(pattern)) };
        if !self.can_list() {
            let message = format!("the engine does not list `{}`", self.address);
            return Err(Failure::new(message).hint("say which, without `*`"));
        }
        let all = self.named(engine, self.request()).await?;
        let fitting = all.into_iter().filter(|it| is_like(&it.name, pattern));
        let place = |it: Named| Self {
            service: SCHEMA.service(service),
            path: join(&self.path, &segment(&it.id)),
            address: join(&self.address, &it.name),
        };
        Ok(fitting.map(place).collect())
    }

    /// Asks for the object or all members, with what their names are taken from.
    pub fn request(&self) -> Request {
        let request = Request::get(self.path.as_str());
        match names::behind(self.service.type_name) {
            Some(link) => request.query("follow", link),
            None => request,
        }
    }

    async fn id_of<E: Engine>(&self, engine: &E, word: &str) -> Result<String, Failure> {
        if !self.can_list() {
            return Ok(word.to_owned());
        }
        if let Some(search) = self.search_for(word) {
            let request = Request::get(self.path.as_str()).query("search", search);
            if let [id] = &*matching(&self.named(engine, request).await?, word) {
                return Ok(id.clone());
            }
        }
        // A search that finds nothing proves nothing: the engine answers so what it does not
        // understand.
        let all = self.named(engine, self.request()).await?;
        match &*matching(&all, word) {
            [id] => Ok(id.clone()),
            [] => Err(self.no_member(word, &all)),
            several => Err(self.several(word, several)),
        }
    }

    /// Whether the members of this collection can be listed.
    pub fn can_list(&self) -> bool {
        self.service.methods.contains_key("list")
    }

    /// Whether the engine can be asked for some of the members.
    pub fn can_search(&self) -> bool {
        let list = self.service.methods.get("list");
        list.is_some_and(|list| list.parameters.iter().any(|it| it.name == "search"))
    }

    /// The search that finds an object of that name, if the engine has one for it.
    fn search_for(&self, word: &str) -> Option<String> {
        let is_plain = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let field = names::field(SCHEMA.type_of(self.service.type_name))?;
        (self.can_search() && is_plain).then(|| format!("{field}={word}"))
    }

    async fn named<E: Engine>(&self, engine: &E, request: Request) -> Result<Vec<Named>, Failure> {
        let reply = engine.send(request).await?;
        let mut all = Vec::new();
        reply.each(&names::outline(), |element| all.extend(Named::of(&element)))?;
        Ok(all)
    }

    fn no_member(&self, word: &str, all: &[Named]) -> Failure {
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let address = &self.address;
        let advice = instead_of(word, &names)
            .unwrap_or_else(|| format!("`virtuform get {address}` shows what there is"));
        let message = format!("there is no `{address}/{}`", printable(word));
        Failure::new(message).hint(printable(&advice))
    }

    fn several(&self, word: &str, ids: &[String]) -> Failure {
        let message =
            format!("`{}/{}` could be {} objects", self.address, printable(word), ids.len());
        Failure::new(message).hint(format!("say the id of one: `{}`", ids.join("`, `")))
    }
}

/// An object's id and what it is called.
struct Named {
    id: String,
    name: String,
}

impl Named {
    fn of(element: &Element) -> Option<Self> {
        let id = element.id()?.to_owned();
        Some(Self { name: names::name(element).to_owned(), id })
    }
}

fn matching(all: &[Named], word: &str) -> Vec<String> {
    let is_it = |it: &&Named| it.name == word || it.id == word;
    all.iter().filter(is_it).map(|it| it.id.clone()).collect()
}

fn join(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") }
}
