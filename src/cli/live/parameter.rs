//! Parameters of actions, checked against the API's description before anything is called.

use crate::api::{Method, Parameter, SCHEMA, Shape};
use crate::cli::Failure;
use crate::engine::{Engine, printable};
use crate::manifest::instead_of;
use crate::xml::Element;

use super::mask::is_secret;

/// A value, and where in an `<action>` it goes.
#[derive(Debug, PartialEq)]
pub struct Given {
    /// The elements down to it; those of lists have the place of their item, and its name.
    path: Vec<Part>,
    value: Leaf,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    element: &'static str,
    item: Option<(&'static str, usize)>,
}

#[derive(Debug, PartialEq)]
enum Leaf {
    Text(String),
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
        let (path, shape) = walk(name, next)?;
        let value = revealed(name, value, environment)?;
        given.push(Given { path, value: leaf(name, &value, shape)? });
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
    let all = format!("possible: `{}`", names.join("`, `"));
    Failure::new(message).hint(near.unwrap_or(all))
}

/// Follows a path from the action to what it holds.
fn walk(name: &str, next: impl Fn(&[Part]) -> usize) -> Result<(Vec<Part>, Shape), Failure> {
    let mut of = SCHEMA.type_of("action");
    let mut path: Vec<Part> = Vec::new();
    let mut words = name.split('.').peekable();
    loop {
        let word = words.next().unwrap_or_default();
        let Some(attribute) = of.attribute(word) else {
            let known: Vec<&str> = of.attributes().iter().map(|it| it.element).collect();
            let failure = Failure::new(format!("`{}` means nothing", printable(name)));
            return Err(instead_of(word, &known).into_iter().fold(failure, Failure::hint));
        };
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
            shape if words.peek().is_none() => return Ok((path, shape)),
            _ => {
                let message = format!("`{}` has no parts", printable(word));
                return Err(Failure::new(message).hint(format!("write `{}`", to_here(name, word))));
            }
        }
    }
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
        Shape::Struct(of) | Shape::Link(of) => return Ok(Leaf::Object(of, value.to_owned())),
        Shape::Flag if value.parse::<bool>().is_err() => return wrong("`true` or `false`"),
        Shape::Int(min, max, _) => match value.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => {}
            _ => return wrong("a whole number that fits"),
        },
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

/// The `<action>` with all that is given; what refers to objects is looked up.
///
/// # Errors
/// What cannot be found.
pub async fn body<E: Engine>(engine: &E, given: &[Given]) -> Result<Element, Failure> {
    let mut action = Element::new("action");
    for Given { path, value } in given {
        let target = path.iter().fold(&mut action, descend);
        match value {
            Leaf::Text(text) => target.set_text(text),
            Leaf::Object(of, word) => target.set_attribute("id", id(engine, of, word).await?),
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

/// The id of what has an address, or a name in the section of its type.
async fn id<E: Engine>(engine: &E, of: &'static str, word: &str) -> Result<String, Failure> {
    let address = match SCHEMA.top_collection(of) {
        _ if word.contains('/') => word.to_owned(),
        Some((_, section)) => format!("{section}/{word}"),
        None => {
            let message = format!("`{}` is not an address", printable(word));
            return Err(
                Failure::new(message).hint("write one, such as `vms/web-01/snapshots/first`")
            );
        }
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

    #[test]
    fn lists_grow_by_what_is_given() {
        let words = [
            ("modified_bonds.0.name", "bond0"),
            ("modified_bonds.0.bonding.slaves.0.name", "eth1"),
            ("modified_bonds.0.bonding.slaves.1.name", "eth2"),
            ("check_connectivity", "true"),
        ];
        let given = read_of("host", "setup_networks", &words).expect("all is known");
        let mut action = Element::new("action");
        for Given { path, value } in &given {
            let Leaf::Text(text) = value else { panic!("no object") };
            path.iter().fold(&mut action, descend).set_text(text);
        }
        let expected = "<action><modified_bonds><host_nic><name>bond0</name><bonding><slaves>\
                        <host_nic><name>eth1</name></host_nic><host_nic><name>eth2</name></host_nic>\
                        </slaves></bonding></host_nic></modified_bonds>\
                        <check_connectivity>true</check_connectivity></action>";
        assert_eq!(action.to_string(), expected);
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
