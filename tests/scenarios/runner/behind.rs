//! What somebody else does at the engine, by name.

use virtuform::simulated::{Effect, Simulated, Trouble};
use virtuform::xml::Element;

/// Does what a line says: a verb, a path with names, and a document; or what is to go wrong.
/// Returns what there is to see.
pub fn act(engine: &mut Simulated, line: &str) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "trouble" => {
            engine.trouble(trouble(rest));
            String::new()
        }
        "register" => {
            let (name, address) = rest.split_once(' ').expect("a name and an address");
            engine.register(name, address);
            String::new()
        }
        "calm" => {
            engine.no_more_trouble();
            String::new()
        }
        "GET" => {
            // What it still does in the background would be there or not.
            engine.settle();
            let (path, shown) = rest.split_once(' ').unwrap_or((rest, ""));
            let (status, reply) = request(engine, "GET", path, "");
            match reply {
                Some(object) if status == 200 => show(&object, shown),
                _ => format!("{status}\n"),
            }
        }
        method => {
            let (path, document) = rest.split_once(' ').unwrap_or((rest, "<action/>"));
            let (status, reply) = request(engine, method, path, document);
            engine.settle();
            let why = reply.as_ref().and_then(|fault| fault.text_at("detail")).unwrap_or_default();
            if status < 300 { String::new() } else { format!("{status} {why}\n") }
        }
    }
}

fn request(
    engine: &mut Simulated,
    method: &str,
    path: &str,
    document: &str,
) -> (u16, Option<Element>) {
    let (path, document) = (named(engine, path), named(engine, document));
    engine.direct(method, &format!("/{path}"), &document)
}

/// Puts ids in the place of `{vms/web1}`.
pub fn named(engine: &mut Simulated, text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(start) = text.find('{') {
        let end = start + text[start..].find('}').expect("a `{` is closed");
        let id = id(engine, &text[start + 1..end]);
        text.replace_range(start..=end, &id);
    }
    text
}

/// The id at a path of collections and names: `vms/web1`, `vms/web1/nics/nic1`.
fn id(engine: &mut Simulated, path: &str) -> String {
    let mut below = String::new();
    let mut id = String::new();
    let parts: Vec<&str> = path.split('/').collect();
    for pair in parts.chunks(2) {
        let [collection, name] = pair else { panic!("`{path}` names nothing") };
        let (_, reply) = engine.direct("GET", &format!("{below}/{collection}"), "");
        let reply = reply.unwrap_or_else(|| panic!("there is no `{collection}`"));
        let is_it = |object: &&Element| {
            let names = ["name", "alias", "description"];
            names.iter().any(|it| object.text_at(it) == Some(*name))
        };
        let found = reply.children().iter().find(is_it).and_then(Element::id);
        id = found.unwrap_or_else(|| panic!("there is no `{path}`")).to_owned();
        below = format!("{below}/{collection}/{id}");
    }
    id
}

/// The texts at paths of an object, or the names of all objects of a collection.
fn show(object: &Element, paths: &str) -> String {
    if paths.is_empty() {
        let names = object.children().iter().filter_map(|it| {
            let name = it.text_at("name").or_else(|| it.text_at("alias")).or_else(|| it.id());
            name.map(|name| format!("{name}\n"))
        });
        return names.collect();
    }
    let text = |path| object.text_at(path).unwrap_or("-");
    paths.split(' ').map(|path| format!("{path}: {}\n", text(path))).collect()
}

/// `POST /vms/*/start locked x2 from 3`
fn trouble(line: &str) -> Trouble {
    let words: Vec<&str> = line.split(' ').collect();
    let [method, path, effect, rest @ ..] = words.as_slice() else { panic!("`{line}`?") };
    let effect = match *effect {
        "locked" => Effect::Locked,
        "drop-before" => Effect::DropBefore,
        "drop-after" => Effect::DropAfter,
        "truncate" => Effect::Truncate,
        "expire-tokens" => Effect::ExpireTokens,
        "fail-work" => Effect::FailWork,
        status => Effect::Status(status.parse().expect("an effect or a status")),
    };
    let mut trouble = Trouble::on(method, *path, effect);
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        trouble = match (*word, word.strip_prefix('x')) {
            ("from", _) => trouble.nth(rest.next().unwrap().parse().unwrap()),
            ("always", _) => trouble.times(u64::MAX),
            (_, Some(times)) => trouble.times(times.parse().unwrap()),
            _ => panic!("`{line}`?"),
        };
    }
    trouble
}
