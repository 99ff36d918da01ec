//! The API's own description, as far as the catalogue is compared with it.

use serde_json::Value as Json;

use virtuform::resources::Kind;

/// The compact copy in `data/`.
pub struct Schema {
    json: Json,
}

/// One attribute of the API's representation, found by walking a path.
#[derive(Clone, Copy)]
pub struct Place<'s> {
    /// What the schema says of it.
    pub attribute: &'s Json,
    /// Whether requests may hold it, and all that it stands in.
    pub settable: bool,
    /// Whether answers hold it, and all that it stands in.
    pub shown: bool,
}

impl Schema {
    pub fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/ovirt-api.json");
        let text = std::fs::read_to_string(path).expect("the schema is part of the repository");
        Self { json: serde_json::from_str(&text).expect("the schema is JSON") }
    }

    /// The collection service of a kind, found by its URL.
    pub fn service(&self, kind: &Kind) -> &str {
        let path = path_of(kind);
        let has_path = |resource: &Json| {
            let paths = each(&resource["paths"]).filter_map(Json::as_str);
            paths.into_iter().any(|it| without_names(it) == without_names(&path))
        };
        let resources = self.json["resources"].as_object().expect("a map");
        let found = resources.iter().find(|(_, resource)| has_path(resource));
        found.unwrap_or_else(|| panic!("{}: the API has no {path}", kind.name)).0
    }

    /// The collections whose members can be added, changed or removed, by one URL template of each.
    pub fn writable_collections(&self) -> impl Iterator<Item = (&str, &str)> {
        let services = self.json["services"].as_object().expect("a map").iter();
        let collections = services.filter(|(_, service)| service["kind"] == "collection");
        let writable = collections.filter(|(_, collection)| {
            let member = collection["item"].as_str().unwrap_or_default();
            let member = &self.json["services"][member]["methods"];
            let is_there = |method: &Json| method.is_object();
            is_there(&collection["methods"]["add"])
                || is_there(&member["update"])
                || is_there(&member["remove"])
        });
        writable.filter_map(|(name, service)| Some((name.as_str(), service["paths"][0].as_str()?)))
    }

    pub fn resource(&self, kind: &Kind) -> &Json {
        &self.json["resources"][self.service(kind)]
    }

    /// The type of a kind's objects.
    pub fn type_of(&self, kind: &Kind) -> &str {
        if let Some(parent) = kind.parent.filter(|_| kind.inline) {
            let of = &self.type_named(self.type_of(parent))["attributes"][kind.section];
            return of["type"].as_str().expect("a name");
        }
        self.resource(kind)["type"].as_str().expect("a name")
    }

    pub fn type_named(&self, name: &str) -> &Json {
        let found = &self.json["types"][name];
        assert!(found.is_object(), "the API has no type {name}");
        found
    }

    pub fn attributes(&self, of: &str) -> impl Iterator<Item = (&str, &Json)> {
        let attributes = self.type_named(of)["attributes"].as_object().expect("a map");
        attributes.iter().map(|(name, attribute)| (name.as_str(), attribute))
    }

    pub fn words(&self, name: &str) -> Vec<&str> {
        each(&self.json["enums"][name]).filter_map(Json::as_str).collect()
    }

    /// The parameters of a method of a kind's collection (`add`) or of its members (`remove`).
    pub fn parameters(&self, kind: &Kind, method: &str) -> Vec<(&str, &str)> {
        let collection = &self.json["services"][self.service(kind)];
        let service = match method {
            "add" => collection,
            _ => {
                let locators = collection["locators"].as_object().expect("a map");
                let member = locators.values().find(|locator| locator["param"].is_string());
                let member = member.expect("a collection has members");
                &self.json["services"][member["service"].as_str().expect("a name")]
            }
        };
        let parameters = each(&service["methods"][method]["params"]);
        parameters.filter_map(|p| Some((p[0].as_str()?, p[1].as_str()?))).collect()
    }

    /// The parameters of the action of that name that a kind's objects have.
    pub fn action(&self, kind: &Kind, name: &str) -> Vec<&str> {
        let services = self.json["services"].as_object().expect("a map").values();
        let path = format!("/{}/{{{}}}", kind.segment, kind.name);
        let mut services = services.filter(|it| each(&it["paths"]).any(|p| *p == path.as_str()));
        let service = services.next().unwrap_or_else(|| panic!("the API has no {path}"));
        let methods = service["methods"].as_object().into_iter().flatten();
        let mut actions = methods.filter(|(_, method)| method["path"] == name);
        let (_, action) = actions.next().unwrap_or_else(|| panic!("{path} has no {name}"));
        each(&action["params"]).filter_map(|parameter| parameter[0].as_str()).collect()
    }

    /// Whether the API has a method: of the service at a URL template, by verb and, for an action,
    /// the segment that it adds. Placeholders stand for each other.
    pub fn has_method(&self, path: &str, verb: &str, action: Option<&str>) -> bool {
        let wanted = without_names(path);
        let services = self.json["services"].as_object().expect("a map").values();
        let mut there = services.filter(|service| {
            each(&service["paths"]).filter_map(Json::as_str).any(|p| without_names(p) == wanted)
        });
        there.any(|service| {
            let mut methods = service["methods"].as_object().into_iter().flatten();
            methods.any(|(_, m)| m["verb"] == verb && m["path"].as_str() == action)
        })
    }

    /// Walks element names, `@` before an XML attribute: `vlan/@id`.
    pub fn walk<'s>(&'s self, of: &'s str, path: &str) -> Result<Place<'s>, String> {
        let mut place: Option<Place> = None;
        let mut inside = of;
        let mut item: Option<&str> = None;
        for segment in path.split('/') {
            if let Some(name) = item.take() {
                if name != segment {
                    return Err(format!("the members in {path} are called {name}"));
                }
                continue;
            }
            let attribute = self
                .find(inside, segment)
                .ok_or_else(|| format!("{inside} has no `{segment}` (in {path})"))?;
            let above = place.map_or((true, true), |place| (place.settable, place.shown));
            place = Some(Place {
                attribute,
                settable: above.0 && attribute["in"] == true,
                shown: above.1 && attribute["out"] == true,
            });
            inside = attribute["type"].as_str().unwrap_or_default();
            item = (attribute["kind"] == "list").then(|| attribute["item"].as_str()).flatten();
        }
        place.ok_or_else(|| "an empty path".to_owned())
    }

    fn find(&self, of: &str, segment: &str) -> Option<&Json> {
        let (name, is_xml_attribute) = match segment.strip_prefix('@') {
            Some(name) => (name, true),
            None => (segment, false),
        };
        let mut attributes = self.attributes(of);
        let found = attributes
            .find(|(key, attribute)| attribute["element"].as_str().unwrap_or(key) == name)?;
        ((found.1["xml"] == "attribute") == is_xml_attribute).then_some(found.1)
    }
}

/// The URL template of a kind's collection.
pub fn path_of(kind: &Kind) -> String {
    match kind.parent {
        None => format!("/{}", kind.segment),
        Some(parent) => format!("{}/{{{}}}/{}", path_of(parent), parent.name, kind.segment),
    }
}

/// A URL template with all placeholders alike, without the slash in front.
pub fn without_names(path: &str) -> String {
    let segments = path.trim_start_matches('/').split('/');
    segments.map(|s| if s.starts_with('{') { "{}" } else { s }).collect::<Vec<_>>().join("/")
}

/// The members of a JSON array; none of anything else.
pub fn each(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}
