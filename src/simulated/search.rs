//! The engine's search language: conditions, order and page.
//!
//! What cannot be understood finds nothing, with status 200: a habit of the engine that clients
//! have to know.

use std::cmp::Ordering;

use super::site::Site;
use super::store::Handle;

/// A search.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Any of these groups; all conditions of a group.
    any: Vec<Vec<Condition>>,
    sort: Option<(String, bool)>,
    /// The page, counted from 1.
    pub page: Option<usize>,
    /// Whether upper and lower case are told apart.
    exact_case: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Condition {
    field: Option<String>,
    operator: String,
    value: String,
}

/// A search that the engine does not understand.
#[derive(Debug, PartialEq, Eq)]
pub struct Unclear;

impl Search {
    /// Reads a search that tells case apart, or does not.
    pub fn parse(text: &str, exact_case: bool) -> Result<Self, Unclear> {
        if text.contains(['\'', ';']) {
            return Err(Unclear);
        }
        let mut tokens = tokens(text)?.into_iter().peekable();
        let mut search = Self { exact_case, ..Self::default() };
        let mut group = Vec::new();
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(word) if word == "or" => {
                    if group.is_empty() {
                        return Err(Unclear);
                    }
                    search.any.push(std::mem::take(&mut group));
                }
                Token::Word(word) if word == "and" => {}
                Token::Word(word) if word == "sortby" => {
                    let Some(Token::Word(field)) = tokens.next() else { return Err(Unclear) };
                    let down = match tokens.peek() {
                        Some(Token::Word(word)) if word == "desc" || word == "asc" => {
                            let down = word == "desc";
                            tokens.next();
                            down
                        }
                        _ => false,
                    };
                    search.sort = Some((field, down));
                }
                Token::Word(word) if word == "page" => {
                    let Some(Token::Word(page)) = tokens.next() else { return Err(Unclear) };
                    search.page = Some(page.parse().map_err(|_| Unclear)?);
                    if tokens.peek().is_some() {
                        return Err(Unclear);
                    }
                }
                Token::Word(word) => match tokens.peek() {
                    Some(Token::Operator(_)) => {
                        let Some(Token::Operator(operator)) = tokens.next() else {
                            return Err(Unclear);
                        };
                        let (Some(Token::Word(value)) | Some(Token::Quoted(value))) = tokens.next()
                        else {
                            return Err(Unclear);
                        };
                        group.push(Condition { field: Some(word), operator, value });
                    }
                    _ => group.push(Condition { field: None, operator: "=".into(), value: word }),
                },
                Token::Quoted(value) => {
                    group.push(Condition { field: None, operator: "=".into(), value });
                }
                Token::Operator(_) => return Err(Unclear),
            }
        }
        if !group.is_empty() {
            search.any.push(group);
        }
        Ok(search)
    }

    /// Keeps what the search finds, in its order.
    pub fn apply(&self, site: &Site, objects: &mut Vec<Handle>) -> Result<(), Unclear> {
        let mut kept = Vec::with_capacity(objects.len());
        for object in objects.drain(..) {
            if self.finds(site, object)? {
                kept.push(object);
            }
        }
        *objects = kept;
        if let Some((field, down)) = &self.sort {
            let mut keyed = Vec::with_capacity(objects.len());
            for object in objects.drain(..) {
                let value = values(site, object, field)?.into_iter().next().unwrap_or_default();
                keyed.push((value, object));
            }
            keyed.sort_by(|(one, first), (other, second)| {
                let order = compare(one, other).then(first.cmp(second));
                if *down { order.reverse() } else { order }
            });
            objects.extend(keyed.into_iter().map(|(_, object)| object));
        }
        Ok(())
    }

    fn finds(&self, site: &Site, object: Handle) -> Result<bool, Unclear> {
        if self.any.is_empty() {
            return Ok(true);
        }
        for group in &self.any {
            let mut all = true;
            for condition in group {
                all &= condition.holds(site, object, self.exact_case)?;
            }
            if all {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Condition {
    fn holds(&self, site: &Site, object: Handle, exact: bool) -> Result<bool, Unclear> {
        let Some(field) = &self.field else {
            let texts = ["name", "description", "comment"].map(|it| site.text(object, it));
            return Ok(texts.iter().any(|text| matches(&self.value, text, exact)));
        };
        let found = values(site, object, field)?;
        let words = matches!(field.as_str(), "status" | "type" | "severity");
        let wanted = if words { self.value.replace('_', "") } else { self.value.clone() };
        let equal = found.iter().any(|value| matches(&wanted, value, exact && !words));
        Ok(match self.operator.as_str() {
            "=" => equal,
            "!=" => !equal,
            operator => found.iter().any(|value| ordered(operator, field, value, &wanted)),
        })
    }
}

fn ordered(operator: &str, field: &str, value: &str, wanted: &str) -> bool {
    let order = match field {
        "severity" => severity(value).cmp(&severity(wanted)),
        _ => compare(value, wanted),
    };
    match operator {
        "<" => order == Ordering::Less,
        ">" => order == Ordering::Greater,
        "<=" => order != Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

fn severity(word: &str) -> usize {
    ["normal", "warning", "error", "alert"].iter().position(|it| *it == word).unwrap_or(0)
}

fn compare(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

/// Matches, `*` standing for anything; in any case unless that is to be exact.
fn matches(pattern: &str, text: &str, exact: bool) -> bool {
    let case = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    let (pattern, text) = (case(pattern), case(text));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What an object says for a field of the search language.
fn values(site: &Site, object: Handle, field: &str) -> Result<Vec<String>, Unclear> {
    let one = |text: &str| Ok(vec![text.to_owned()]);
    let body = site.body(object);
    let kind = site.kind(object);
    match field {
        "id" if matches!(
            kind,
            "hosts" | "networks" | "storage_domains" | "clusters" | "data_centers"
        ) =>
        {
            Err(Unclear)
        }
        "id" if kind == "events" => one(site.id(object)),
        "id" => one(site.id(object)),
        "status" | "type" => one(&site.text(object, field).replace('_', "")),
        "alias" => one(site.text(object, "alias")),
        "time" if kind == "events" => one(site.text(object, "time")),
        "message" => one(site.text(object, "description")),
        "correlation_id" => {
            let hidden = site.hidden(object, "correlation_id").map(|it| it.text());
            one(hidden.unwrap_or(site.text(object, "correlation_id")))
        }
        "memory" => one(&(super::tree::number(body, "memory").unwrap_or(0) >> 20).to_string()),
        "next_run_config_exists" => one(site.text(object, "next_run_configuration_exists")),
        "cluster" => Ok(named(site, site.refers(object, "cluster", "clusters"))),
        "template" => Ok(named(site, site.refers(object, "template", "templates"))),
        "host" | "on_host" => Ok(named(site, site.refers(object, "host", "hosts"))),
        "pool" => Ok(named(site, site.refers(object, "vm_pool", "vm_pools"))),
        "vmt_id" => one(site.id(object)),
        "datacenter" => {
            let direct = site.refers(object, "data_center", "data_centers");
            let cluster = site.refers(object, "cluster", "clusters");
            let found = direct
                .or_else(|| cluster.and_then(|it| site.refers(it, "data_center", "data_centers")));
            Ok(named(site, found))
        }
        "tag" => Ok(site
            .children(object, "assigned_tags")
            .into_iter()
            .filter_map(|it| site.top("tags", site.id(it)))
            .map(|tag| site.name(tag).to_owned())
            .collect()),
        _ if super::schema::SCHEMA
            .type_of(super::schema::SCHEMA.service(kind).type_name)
            .attribute(field)
            .is_some() =>
        {
            one(site.text(object, field))
        }
        _ => Err(Unclear),
    }
}

fn named(site: &Site, object: Option<Handle>) -> Vec<String> {
    object.map(|it| site.name(it).to_owned()).into_iter().collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Operator(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, Unclear> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = rest[1..].find('"').ok_or(Unclear)?;
                tokens.push(Token::Quoted(rest[1..=end].to_owned()));
                end + 2
            }
            '=' | '!' | '<' | '>' => {
                let length = if rest[1..].starts_with('=') { 2 } else { 1 };
                tokens.push(Token::Operator(rest[..length].to_owned()));
                length
            }
            _ => {
                let end = rest
                    .find(|it: char| it.is_whitespace() || "=!<>\"".contains(it))
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                // Values keep their case; field names and keywords do not need theirs.
                let after = matches!(tokens.last(), Some(Token::Operator(_)));
                tokens.push(Token::Word(if after { word.into() } else { word.to_lowercase() }));
                end
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_in_any_case() {
        assert!(matches("WEB*1", "web-01", false));
        assert!(!matches("WEB*1", "web-01", true));
        assert!(matches("*", "", false));
        assert!(!matches("web", "web-01", false));
        assert!(matches("*eb*", "web-01", false));
    }

    #[test]
    fn and_binds_before_or() {
        let search =
            Search::parse("name=a status=up or name=\"b c\" sortby name desc page 2", false)
                .unwrap();
        assert_eq!(search.any.len(), 2);
        assert_eq!(search.any[0].len(), 2);
        assert_eq!(search.any[1][0].value, "b c");
        assert_eq!(search.sort, Some(("name".into(), true)));
        assert_eq!(search.page, Some(2));
    }

    #[test]
    fn forbidden_characters_are_unclear() {
        assert_eq!(Search::parse("name=a;b", false), Err(Unclear));
        assert_eq!(Search::parse("name=", false), Err(Unclear));
    }
}
