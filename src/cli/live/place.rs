//! Addresses of the live engine, resolved level by level: `hosts/kvm-01/nics`.

use crate::api::{SCHEMA, Service};
use crate::cli::Failure;
use crate::engine::{Engine, Request, printable, segment};
use crate::manifest::instead_of;
use crate::xml::Element;

use super::names;

/// What stands at an address.
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

/// Finds what stands at an address; the names in it cost a request each.
///
/// # Errors
/// What is wrong with it, and advice.
pub async fn find<E: Engine>(engine: &E, address: &str) -> Result<Place, Failure> {
    let service = SCHEMA.service("system");
    let mut place = Place { service, path: String::new(), address: String::new() };
    for word in address.trim_matches('/').split('/') {
        place = match place.service.collection {
            true => place.member(engine, word).await?,
            false => place.section(word)?,
        };
    }
    Ok(place)
}

impl Place {
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
        let message = match (self.address.as_str(), known.is_empty()) {
            ("", _) => format!("the engine has no section `{word}`"),
            (address, true) => format!("nothing stands below `{address}`"),
            (address, false) => format!("`{address}` has no section `{word}`"),
        };
        let all = || format!("possible: `{}`", known.join("`, `"));
        let advice = instead_of(&word, &known).or_else(|| (!known.is_empty()).then(all));
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
        let all = self.named(engine, Request::get(self.path.as_str())).await?;
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
