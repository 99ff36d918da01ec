//! Checks what a client sends against the schema, and brings it into one form.

use std::cell::Cell;

use super::fault::Fault;
use super::schema::{Attribute, SCHEMA, Shape, Type, camel_case};
use super::strict;
use super::tree;
use crate::xml::Element;

/// How a document is read: strictly or not, and whom to name when it cannot be.
pub struct Reader<'a> {
    /// Whether what a real engine ignores is refused.
    pub strict: bool,
    /// How many unknown elements a real engine will still refuse.
    pub patience: Cell<u8>,
    /// The service that was asked, for the text of the refusal.
    pub service: &'a str,
    /// Its method.
    pub method: &'a str,
    /// The host that was asked.
    pub host: &'a str,
}

/// Where in a document an element stands.
pub struct At<'a> {
    name: &'a str,
    within: Option<&'a At<'a>>,
}

impl<'a> At<'a> {
    /// The root of a document.
    pub fn root(name: &'a str) -> Self {
        Self { name, within: None }
    }

    fn child(&'a self, name: &'a str) -> Self {
        Self { name, within: Some(self) }
    }

    /// The path from the root: `vm.cpu.topology`.
    pub fn path(&self) -> String {
        match self.within {
            Some(within) => format!("{}.{}", within.path(), self.name),
            None => self.name.to_owned(),
        }
    }
}

impl Reader<'_> {
    /// The refusal of a document that cannot be understood.
    pub fn syntax(&self) -> Fault {
        Fault::syntax(self.host, self.service, self.method)
    }

    /// Reads a struct of a type.
    pub fn read(
        &self,
        name: &'static str,
        type_name: &str,
        from: &Element,
        at: &At<'_>,
    ) -> Result<Element, Fault> {
        let schema = SCHEMA.type_of(type_name);
        if !from.text().is_empty() {
            return Err(self.syntax());
        }
        let mut element = Element::new(name);
        if let Some(id) = from.id() {
            // The engine reads an empty id as the one of all zeros; an empty reference stays empty.
            element.set_attribute("id", self.plain(id.trim())?);
        }
        for child in from.children() {
            let at = at.child(child.name());
            let Some(attribute) = self.known(schema, child, &at)? else { continue };
            let child = self.read_attribute(attribute, child, &at)?;
            if strict::is_taken(self.strict, type_name, &child, &at)? {
                // Of what stands twice, the last counts.
                tree::put(&mut element, child);
            }
        }
        Ok(element)
    }

    /// The attribute that an element is; what the engine ignores is none.
    fn known<'s>(
        &self,
        schema: &'s Type,
        child: &Element,
        at: &At<'_>,
    ) -> Result<Option<&'s Attribute>, Fault> {
        if let Some(attribute) = schema.attribute(child.name()) {
            if self.strict && !strict::is_link(child) {
                strict::check_read(schema, attribute, self.method, at)?;
            }
            return Ok(Some(attribute));
        }
        // What the engine adds to its answers may come back, and says nothing.
        if ["link", "actions", "creation_status", "id", "href"].contains(&child.name()) {
            return Ok(None);
        }
        if self.strict {
            return Err(self.syntax().noting(format!(
                "`{}` is unknown: a real engine refuses the first few unknown elements, then it ignores them silently",
                at.path()
            )));
        }
        match self.patience.get() {
            0 => Ok(None),
            left => {
                self.patience.set(left - 1);
                Err(self.syntax())
            }
        }
    }

    fn read_attribute(
        &self,
        attribute: &Attribute,
        from: &Element,
        at: &At<'_>,
    ) -> Result<Element, Fault> {
        let name = attribute.element;
        match attribute.shape {
            Shape::Struct(type_name) => self.read(name, type_name, from, at),
            Shape::Link(type_name) => self.read_reference(name, type_name, from, at),
            Shape::Structs(item, type_name) => self.read_list(name, from, |it| {
                self.check_item(item, type_name, it)?;
                self.read(item, type_name, it, at)
            }),
            Shape::Links(item, type_name) => self.read_list(name, from, |it| {
                self.check_item(item, type_name, it)?;
                self.read_reference(item, type_name, it, at)
            }),
            Shape::Words(item, values) => self.read_list(name, from, |it| {
                if it.name() != item {
                    return Err(self.syntax());
                }
                match values {
                    Some((enum_name, values)) => word(enum_name, values, it.text()),
                    None => self.plain(it.text()),
                }
                .map(|text| Element::leaf(item, text))
            }),
            shape => self.read_text(shape, from).map(|text| Element::leaf(name, text)),
        }
    }

    fn read_reference(
        &self,
        name: &'static str,
        type_name: &str,
        from: &Element,
        at: &At<'_>,
    ) -> Result<Element, Fault> {
        let reference = self.read(name, type_name, from, at)?;
        match reference.id() {
            Some(id) if !id.is_empty() && strict::has_uuids(type_name) => {
                uuid::Uuid::try_parse(id).map_err(|_| Fault::bad_uuid(id))?;
            }
            _ => {}
        }
        Ok(reference)
    }

    fn check_item(&self, item: &str, type_name: &str, from: &Element) -> Result<(), Fault> {
        let own = SCHEMA.type_of(type_name).element;
        let fits = from.name() == item || from.name() == own;
        if fits { Ok(()) } else { Err(self.syntax()) }
    }

    fn read_list(
        &self,
        name: &'static str,
        from: &Element,
        item: impl Fn(&Element) -> Result<Element, Fault>,
    ) -> Result<Element, Fault> {
        if !from.text().is_empty() {
            return Err(self.syntax());
        }
        let mut list = Element::new(name);
        for child in from.children() {
            list.push(item(child)?);
        }
        Ok(list)
    }

    fn read_text(&self, shape: Shape, from: &Element) -> Result<String, Fault> {
        if !from.children().is_empty() {
            return Err(self.syntax());
        }
        let text = from.text().trim();
        match shape {
            Shape::Flag => flag(text),
            Shape::Int(least, greatest, what) => self.int(text, least, greatest, what),
            Shape::Decimal => {
                text.parse::<f64>().map(|_| text.to_owned()).map_err(|_| self.syntax())
            }
            Shape::Date => self.date(text),
            Shape::Enum(name, values) => word(name, values, text),
            _ => self.plain(from.text()),
        }
    }

    /// A text; what no document can hold, such as most control characters, is refused.
    fn plain(&self, text: &str) -> Result<String, Fault> {
        let is_foreign = |it: char| {
            (it < ' ' && !matches!(it, '\t' | '\n' | '\r')) || matches!(it, '\u{fffe}' | '\u{ffff}')
        };
        if text.contains(is_foreign) { Err(self.syntax()) } else { Ok(text.to_owned()) }
    }

    fn int(&self, text: &str, least: i64, greatest: i64, what: &str) -> Result<String, Fault> {
        if text.is_empty() {
            return Ok("0".to_owned());
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(self.syntax());
        }
        match text.parse::<i64>() {
            Ok(number) if number > greatest => {}
            Ok(number) if number < 0 && least == 0 => {
                return Err(Fault::invalid_value(format!(
                    "Negative value {number} not allowed for {what}s, valid values are between 0 and {greatest}"
                )));
            }
            Ok(number) => return Ok(number.to_string()),
            Err(_) if text.starts_with('-') => return Err(self.syntax()),
            Err(_) => {}
        }
        Err(Fault::invalid_value(format!("Value {text} is greater than maximum {what} {greatest}")))
    }

    fn date(&self, text: &str) -> Result<String, Fault> {
        let is_date = text.is_empty()
            || text.parse::<jiff::Timestamp>().is_ok()
            || text.parse::<jiff::civil::DateTime>().is_ok();
        if is_date { Ok(text.to_owned()) } else { Err(self.syntax()) }
    }
}

fn flag(text: &str) -> Result<String, Fault> {
    match text.to_lowercase().as_str() {
        "true" | "1" => Ok("true".to_owned()),
        "false" | "0" => Ok("false".to_owned()),
        _ => Err(Fault::invalid_value(format!(
            "Value \"{text}\" isn't a valid boolean, it should be \"true\" , \"false\", \"0\" or \"1\""
        ))),
    }
}

fn word(enum_name: &str, values: &[&str], text: &str) -> Result<String, Fault> {
    let lower = text.trim().to_lowercase();
    if values.contains(&lower.as_str()) {
        return Ok(lower);
    }
    let known: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    Err(Fault::invalid_value(format!(
        "The string '{text}' isn't a valid value for the '{}' enumerated type. Valid values are: {}.",
        camel_case(enum_name),
        known.join(", ")
    )))
}
