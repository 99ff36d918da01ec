//! Whether the state of an engine is whole: what is listed can be read, ids name one object, and
//! references lead somewhere.

use std::collections::HashSet;

use virtuform::simulated::Simulated;
use virtuform::xml::Element;

/// A path below the root of the API.
pub fn below(href: &str) -> Option<String> {
    href.strip_prefix("/ovirt-engine/api").map(str::to_owned)
}

/// The addresses of what an object owns.
pub fn hrefs(object: &Element) -> Vec<String> {
    let links = object.all("link").filter_map(|it| it.attribute("href"));
    links.filter(|it| !it.contains('?')).filter_map(below).collect()
}

/// Visits all objects, with the path of the list that shows them.
fn visit(engine: &mut Simulated, see: &mut impl FnMut(&mut Simulated, &str, &Element)) {
    let root = engine.direct("GET", "", "").1.unwrap_or_default();
    let mut open: Vec<(String, usize)> = hrefs(&root).into_iter().map(|it| (it, 1)).collect();
    while let Some((path, depth)) = open.pop() {
        let (status, list) = engine.direct("GET", &path, "");
        let list = list.filter(|_| status == 200).unwrap_or_default();
        for object in list.children() {
            see(engine, &path, object);
            if depth > 0 {
                open.extend(hrefs(object).into_iter().map(|it| (it, depth - 1)));
            }
        }
    }
}

/// The ids of all objects.
pub fn ids(engine: &mut Simulated) -> HashSet<String> {
    let mut ids = HashSet::new();
    visit(engine, &mut |_, _, object| ids.extend(object.id().map(str::to_owned)));
    ids
}

/// What an object may refer to when it is gone: the engine keeps such references as they are.
const MAY_DANGLE: &[&str] = &["event", "job", "step"];

/// What is wrong with the state.
pub fn check(engine: &mut Simulated) -> Vec<String> {
    let mut wrong = Vec::new();
    let known = ids(engine);
    let mut listed = HashSet::new();
    visit(engine, &mut |engine, list, object| {
        let Some(id) = object.id() else {
            // The cores of a host have none.
            if object.name() == "host_cpu_unit" {
                return;
            }
            wrong.push(format!("{list} lists {} without an id", object.name()));
            return;
        };
        if !listed.insert((list.to_owned(), id.to_owned())) {
            wrong.push(format!("{list} lists {id} twice"));
        }
        if let Some(path) = object.attribute("href").and_then(below) {
            let status = engine.direct("GET", &path, "").0;
            if status != 200 && status != 405 {
                wrong.push(format!("{list} lists {path}, which gives {status}"));
            }
        }
        if MAY_DANGLE.contains(&object.name()) {
            return;
        }
        for reference in object.children().iter().filter(|it| it.attribute("href").is_some()) {
            if let Some(to) = reference.id().filter(|it| !known.contains(*it)) {
                wrong.push(format!(
                    "{list}/{id}: {} refers to {to}, which is gone",
                    reference.name()
                ));
            }
        }
    });
    wrong
}
