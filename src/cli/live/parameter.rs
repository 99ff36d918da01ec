//! Parameters of actions, checked against the API's description before anything is called.

use crate::api::{Attribute, Method, Parameter, SCHEMA, Shape, Type};
use crate::cli::Failure;
use crate::engine::{Engine, printable};
use crate::manifest::instead_of;
use crate::resources::parse_size;
use crate::xml::Element;

use super::mask::is_secret;
use super::{Place, below};

/// A value, and where in an `<action>` it goes.
#[derive(Debug, PartialEq)]
pub struct Given {
    /// The elements down to it; those of lists have the place of their item, and its name.
    path: Vec<Part>,
    value: Leaf,
}

impl Given {
    /// The parameter that it is, or is a part of.
    pub fn parameter(&self) -> &'static str {
        self.path.first().map_or("", |part| part.element)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    element: &'static str,
    item: Option<(&'static str, usize)>,
}

#[derive(Debug, PartialEq)]
enum Leaf {
    Text(String),
    Id(String),
    /// The id of an object of that type, which has that name or address.
    Object(&'static str, String),
}

/// Reads `NAME=VALUE`s, where a name may be a path: `vm.name`, `disks.0.name`.
///
/// # Errors
/// What is wrong with one, and advice.
pub fn read(
    method: &Method,
    action: &str,
    words: &[(String, String)],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Given>, Failure> {
    let mut given: Vec<Given> = Vec::new();
    for (name, value) in words {
        let (first, _) = name.split_once('.').unwrap_or((name, ""));
        let parameters: Vec<&Parameter> =
            method.parameters.iter().filter(|it| !it.in_query).collect();
        if !parameters.iter().any(|parameter| parameter.name == first) {
            return Err(no_parameter(action, first, &parameters));
        }
        let next = |path: &[Part]| {
            given
                .iter()
                .filter(|it| it.path.len() == path.len() && starts_like(&it.path, path))
                .count()
        };
        let (path, end) = walk(name, next)?;
        let value = revealed(name, value, environment)?;
        let value = match end {
            End::Id => Leaf::Id(value),
            End::Value(shape) => leaf(name, &value, shape)?,
        };
        given.push(Given { path, value });
    }
    Ok(given)
}

fn starts_like(one: &[Part], other: &[Part]) -> bool {
    one.iter().zip(other).all(|(a, b)| a.element == b.element)
}

fn no_parameter(action: &str, word: &str, parameters: &[&Parameter]) -> Failure {
    let message = format!("`{action}` has no parameter `{}`", printable(word));
    let names: Vec<&str> = parameters.iter().map(|it| it.name).collect();
    if names.is_empty() {
        return Failure::new(message).hint("it takes none");
    }
    let near = instead_of(word, &names).filter(|advice| advice.starts_with("did"));
    Failure::new(message).hint(near.unwrap_or_else(|| possible(&names)))
}

/// Follows a path from the action to what it holds.
fn walk(name: &str, next: impl Fn(&[Part]) -> usize) -> Result<(Vec<Part>, End), Failure> {
    let mut of = SCHEMA.type_of("action");
    let mut path: Vec<Part> = Vec::new();
    let mut words = name.split('.').peekable();
    loop {
        let word = words.next().unwrap_or_default();
        let Some(attribute) = of.attribute(word) else {
            let failure = Failure::new(format!("`{}` means nothing", printable(name)));
            return Err(instead_of(word, &parts(of)).into_iter().fold(failure, Failure::hint));
        };
        if word == "id" && words.peek().is_none() {
            return Ok((path, End::Id));
        }
        if !path.is_empty() && !is_read(of, attribute) {
            let message = format!("`{}` can be read, and not be given", printable(name));
            return Err(Failure::new(message));
        }
        path.push(Part { element: attribute.element, item: None });
        let (item, shape) = match attribute.shape {
            Shape::Structs(item, of) | Shape::Links(item, of) => (Some(item), Shape::Struct(of)),
            Shape::Words(item, _) => (Some(item), Shape::Text),
            shape => (None, shape),
        };
        if let Some(item) = item {
            let number = match words.peek().and_then(|word| word.parse().ok()) {
                Some(number) => words.next().map_or(0, |_| number),
                None => next(&path),
            };
            path.last_mut().expect("one was added").item = Some((item, number));
        }
        match shape {
            Shape::Struct(name) | Shape::Link(name) if words.peek().is_some() => {
                of = SCHEMA.type_of(name);
            }
            shape if words.peek().is_none() => return Ok((path, End::Value(shape))),
            _ => {
                let message = format!("`{}` has no parts", printable(word));
                return Err(Failure::new(message).hint(format!("write `{}`", to_here(name, word))));
            }
        }
    }
}

/// What stands at the end of a path.
enum End {
    /// The id of the struct before it.
    Id,
    Value(Shape),
}

/// What can be given of a type.
fn parts(of: &Type) -> Vec<&'static str> {
    of.attributes().iter().filter(|it| is_read(of, it)).map(|it| it.element).collect()
}

/// Whether the engine reads an attribute. Of a grace period the API does not say so.
fn is_read(of: &Type, attribute: &Attribute) -> bool {
    attribute.input || of.element == "grace_period"
}

fn possible(names: &[&str]) -> String {
    format!("possible: `{}`", names.join("`, `"))
}

fn to_here<'n>(name: &'n str, word: &str) -> &'n str {
    name.find(word).map_or(name, |at| &name[..at + word.len()])
}

/// What a secret parameter stands for: every process sees what an argument holds.
fn revealed(
    name: &str,
    value: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Failure> {
    // How long a ticket lasts is no secret.
    if !is_secret(name) || name == "ticket.expiry" {
        return Ok(value.to_owned());
    }
    let missing = |what: String| Failure::new(format!("`{name}` is in {what}"));
    if let Some(variable) = value.strip_prefix("env:") {
        let what = || missing(format!("the variable `{}`, which is not set", printable(variable)));
        return environment(variable).ok_or_else(what);
    }
    if let Some(path) = value.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).map_err(|error| {
            missing(format!("`{}`, which cannot be read", printable(path))).because(error)
        })?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    Err(Failure::new(format!("`{name}` is secret, and every process sees what an argument holds"))
        .hint(format!("say `{name}=env:VARIABLE` or `{name}=file:PATH`")))
}

fn leaf(name: &str, value: &str, shape: Shape) -> Result<Leaf, Failure> {
    let wrong = |wanted: &str| {
        let shown = if is_secret(name) { "not as it should be" } else { value };
        Err(Failure::new(format!("`{name}` is `{}`, not {wanted}", printable(shown))))
    };
    match shape {
        Shape::Struct(of) | Shape::Link(of) => return object(name, value, of),
        Shape::Flag if value.parse::<bool>().is_err() => return wrong("`true` or `false`"),
        Shape::Int(min, max, _) => {
            // Only sizes have units.
            let number = value.parse::<i64>().ok().or_else(|| parse_size(value).ok());
            return match number.filter(|number| (min..=max).contains(number)) {
                Some(number) => Ok(Leaf::Text(number.to_string())),
                None if max == i64::MAX => wrong("a number or a size such as `4 GiB`"),
                None => wrong(&format!("a whole number from {min} to {max}")),
            };
        }
        Shape::Decimal if value.parse::<f64>().is_err() => return wrong("a number"),
        Shape::Enum(_, words) if !words.contains(&value) => {
            let advice = instead_of(value, words);
            let failure = wrong(&format!("one of `{}`", words.join("`, `")));
            return failure.map_err(|failure| advice.into_iter().fold(failure, Failure::hint));
        }
        _ => {}
    }
    Ok(Leaf::Text(value.to_owned()))
}

/// A reference to an object; what stands in no collection of the engine is no object.
fn object(name: &str, value: &str, of: &'static str) -> Result<Leaf, Failure> {
    if SCHEMA.top_collection(of).is_none() && below(|_, it| it.type_name == of).is_empty() {
        let parts = parts(SCHEMA.type_of(of)).join(&format!("`, `{name}."));
        let message = format!("`{}` is no object, but has parts", printable(name));
        return Err(Failure::new(message).hint(format!("possible: `{name}.{parts}`")));
    }
    Ok(Leaf::Object(of, value.to_owned()))
}

/// The `<action>` with all that is given for something at a place; what refers to objects is
/// looked up.
///
/// # Errors
/// What cannot be found.
pub async fn body<E: Engine>(
    engine: &E,
    place: &Place,
    given: &[Given],
) -> Result<Element, Failure> {
    let mut action = Element::new("action");
    for Given { path, value } in given {
        let target = path.iter().fold(&mut action, descend);
        match value {
            Leaf::Text(text) => target.set_text(text),
            Leaf::Id(id) => target.set_attribute("id", id),
            Leaf::Object(of, word) => {
                target.set_attribute("id", id(engine, place, of, word).await?)
            }
        }
    }
    Ok(action)
}

fn descend<'e>(element: &'e mut Element, part: &Part) -> &'e mut Element {
    let child = element.child_or_new(part.element);
    let Some((item, number)) = part.item else { return child };
    while child.children().len() <= number {
        child.push(Element::new(item));
    }
    &mut child.children_mut()[number]
}

/// The id of what has an address, or a name in the section of its type: at the top, or right below
/// what the action is called on.
async fn id<E: Engine>(
    engine: &E,
    place: &Place,
    of: &'static str,
    word: &str,
) -> Result<String, Failure> {
    let near = || place.holds(of).map(|section| format!("{section}/{word}"));
    let address = match SCHEMA.top_collection(of) {
        _ if word.contains('/') => word.to_owned(),
        Some((_, section)) => format!("{section}/{word}"),
        None => near().ok_or_else(|| {
            let holders = below(|_, it| it.type_name == of);
            let hint = format!("say where it stands: `{}/...`", holders.join("/...`, `"));
            Failure::new(format!("`{}` is not an address", printable(word))).hint(hint)
        })?,
    };
    let place = super::find(engine, &address).await?;
    if place.service.collection || place.service.type_name != of {
        let message = format!("`{address}` is not of type `{of}`");
        return Err(Failure::new(message));
    }
    Ok(place.path.rsplit('/').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(service: &str, action: &str, words: &[(&str, &str)]) -> Result<Vec<Given>, String> {
        let method = &SCHEMA.service(service).methods[action];
        let words: Vec<(String, String)> =
            words.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(method, action, &words, &|_| Some("hunter2".to_owned())).map_err(|failure| {
            match failure {
                Failure::Other { message, hint, .. } => message + "; " + &hint.unwrap_or_default(),
                other => format!("{other:?}"),
            }
        })
    }

    /// Values for all that can be given of a type, down to some depth.
    fn words(of: &Type, path: &str, depth: usize, found: &mut Vec<(String, &'static str)>) {
        for attribute in of.attributes().into_iter().filter(|it| is_read(of, it)) {
            let path = format!("{path}.{}", attribute.element);
            add(attribute, path, depth, found);
        }
    }

    fn add(
        attribute: &Attribute,
        path: String,
        depth: usize,
        found: &mut Vec<(String, &'static str)>,
    ) {
        const ID: &str = "00000000-0000-4000-8000-000000000001";
        match attribute.shape {
            Shape::Text if attribute.element == "id" => found.push((path, ID)),
            _ if is_secret(&path) && path != "ticket.expiry" && !is_struct(attribute.shape) => {
                found.push((path, "env:SECRET"));
            }
            Shape::Text => found.push((path, "text")),
            Shape::Flag => found.push((path, "true")),
            Shape::Int(..) => found.push((path, "1")),
            Shape::Decimal => found.push((path, "1.5")),
            Shape::Date => found.push((path, "2026-01-01T00:00:00Z")),
            Shape::Enum(_, values) => found.push((path, values[0])),
            Shape::Words(_, values) => found.push((path, values.map_or("text", |(_, it)| it[0]))),
            Shape::Link(_) | Shape::Links(..) => found.push((path + ".id", ID)),
            Shape::Struct(of) | Shape::Structs(_, of) if depth > 0 => {
                words(SCHEMA.type_of(of), &path, depth - 1, found);
            }
            Shape::Struct(_) | Shape::Structs(..) => {}
        }
    }

    fn is_struct(shape: Shape) -> bool {
        matches!(shape, Shape::Struct(_) | Shape::Structs(..) | Shape::Link(_) | Shape::Links(..))
    }

    #[test]
    fn every_action_takes_each_of_its_parameters() {
        let mut count = 0;
        for service in SCHEMA.services() {
            for (action, method) in service.methods.iter().filter(|(_, it)| it.path.is_some()) {
                let mut given = Vec::new();
                for parameter in method.parameters.iter().filter(|it| !it.in_query) {
                    let attribute = SCHEMA.type_of("action").attribute(parameter.name);
                    let attribute = attribute.expect("the API's actions hold their parameters");
                    add(attribute, parameter.name.to_owned(), 3, &mut given);
                }
                for (name, value) in given {
                    let at = format!("{}.{action} {name}={value}", service.name);
                    let given = read_of(service.name, action, &[(&name, value)]);
                    let action = sent(&given.unwrap_or_else(|why| panic!("{at}: {why}")));
                    let refused = crate::simulated::refuses("action", &action);
                    assert_eq!(refused, None, "{at}: {action}");
                    count += 1;
                }
            }
        }
        assert!(count > 2_000, "{count}");
    }

    fn sent(given: &[Given]) -> Element {
        let mut action = Element::new("action");
        for Given { path, value } in given {
            let target = path.iter().fold(&mut action, descend);
            match value {
                Leaf::Text(text) => target.set_text(text),
                Leaf::Id(id) => target.set_attribute("id", id),
                Leaf::Object(..) => panic!("no object"),
            }
        }
        action
    }

    #[test]
    fn lists_grow_by_what_is_given() {
        let words = [
            ("modified_bonds.0.name", "bond0"),
            ("modified_bonds.0.bonding.slaves.0.name", "eth1"),
            ("modified_bonds.0.bonding.slaves.1.name", "eth2"),
            ("check_connectivity", "true"),
        ];
        let given = read_of("host", "setup_networks", &words).expect("all is known");
        let expected = "<action><modified_bonds><host_nic><name>bond0</name><bonding><slaves>\
                        <host_nic><name>eth1</name></host_nic><host_nic><name>eth2</name></host_nic>\
                        </slaves></bonding></host_nic></modified_bonds>\
                        <check_connectivity>true</check_connectivity></action>";
        assert_eq!(sent(&given).to_string(), expected);
    }

    #[test]
    fn what_the_api_does_not_have_brings_advice() {
        let wrong =
            |name, value| read_of("vm", "migrate", &[(name, value)]).expect_err("it is wrong");
        assert_eq!(wrong("hots", "a"), "`migrate` has no parameter `hots`; did you mean `host`?");
        assert_eq!(wrong("force", "yes"), "`force` is `yes`, not `true` or `false`; ");
        assert_eq!(wrong("force.really", "true"), "`force` has no parts; write `force`");
        assert_eq!(wrong("host.nmae", "a"), "`host.nmae` means nothing; did you mean `name`?");
    }

    #[test]
    fn secrets_are_no_arguments() {
        let refused =
            read_of("host", "install", &[("root_password", "x")]).expect_err("it is seen");
        assert!(
            refused.starts_with("`root_password` is secret, and every process sees"),
            "{refused}"
        );
        let given =
            read_of("host", "install", &[("root_password", "env:ROOT")]).expect("it is well");
        assert_eq!(given[0].value, Leaf::Text("hunter2".to_owned()));
    }
}
