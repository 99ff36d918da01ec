//! Checks what a client sends against the schema, and brings it into one form.

use super::fault::Fault;
use super::schema::{Attribute, SCHEMA, Shape, Type, camel_case};
use crate::xml::Element;

/// How a document is read: strictly or not, and whom to name when it cannot be.
pub struct Reader<'a> {
    /// Whether unknown elements are refused.
    pub strict: bool,
    /// The service that was asked, for the text of the refusal.
    pub service: &'a str,
    /// Its method.
    pub method: &'a str,
    /// The host that was asked.
    pub host: &'a str,
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
    ) -> Result<Element, Fault> {
        let schema = SCHEMA.type_of(type_name);
        if !from.text().is_empty() {
            return Err(self.syntax());
        }
        let mut element = Element::new(name);
        if let Some(id) = from.id() {
            // The engine reads an empty id as the one of all zeros; an empty reference stays empty.
            element.set_attribute("id", id.trim());
        }
        for child in from.children() {
            if let Some(child) = self.read_child(schema, child)? {
                element.push(child);
            }
        }
        Ok(element)
    }

    fn read_child(&self, schema: &Type, child: &Element) -> Result<Option<Element>, Fault> {
        match schema.attribute(child.name()) {
            Some(attribute) => self.read_attribute(attribute, child).map(Some),
            None if ["link", "actions", "creation_status", "id", "href"]
                .contains(&child.name()) =>
            {
                Ok(None)
            }
            None if self.strict => Err(self.syntax()),
            None => Ok(None),
        }
    }

    fn read_attribute(&self, attribute: &Attribute, from: &Element) -> Result<Element, Fault> {
        let name = attribute.element;
        match attribute.shape {
            Shape::Struct(type_name) | Shape::Link(type_name) => self.read(name, type_name, from),
            Shape::Structs(item, type_name) | Shape::Links(item, type_name) => {
                self.read_list(name, from, |it| self.read_item(item, type_name, it))
            }
            Shape::Words(item, values) => self.read_list(name, from, |it| {
                if it.name() != item {
                    return Err(self.syntax());
                }
                match values {
                    Some((enum_name, values)) => word(enum_name, values, it.text()),
                    None => Ok(it.text().to_owned()),
                }
                .map(|text| Element::leaf(item, text))
            }),
            shape => self.read_text(shape, from).map(|text| Element::leaf(name, text)),
        }
    }

    fn read_item(
        &self,
        item: &'static str,
        type_name: &str,
        from: &Element,
    ) -> Result<Element, Fault> {
        let own = SCHEMA.type_of(type_name).element;
        if from.name() != item && from.name() != own {
            return Err(self.syntax());
        }
        self.read(item, type_name, from)
    }

    fn read_list(
        &self,
        name: &'static str,
        from: &Element,
        item: impl Fn(&Element) -> Result<Element, Fault>,
    ) -> Result<Element, Fault> {
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
            Shape::Int => self.int(text),
            Shape::Decimal => {
                text.parse::<f64>().map(|_| text.to_owned()).map_err(|_| self.syntax())
            }
            Shape::Enum(name, values) => word(name, values, text),
            _ => Ok(from.text().to_owned()),
        }
    }

    fn int(&self, text: &str) -> Result<String, Fault> {
        if text.is_empty() {
            return Ok("0".to_owned());
        }
        let number: i128 = text.parse().map_err(|_| self.syntax())?;
        if number > i128::from(i64::MAX) {
            return Err(Fault::invalid_value(format!(
                "Value {number} is greater than maximum {}.",
                i64::MAX
            )));
        }
        Ok(number.to_string())
    }
}

fn flag(text: &str) -> Result<String, Fault> {
    match text.to_lowercase().as_str() {
        "true" | "1" => Ok("true".to_owned()),
        "false" | "0" => Ok("false".to_owned()),
        _ => Err(Fault::invalid_value(format!(
            "Value \"{text}\" isn't a valid boolean, it should be \"true\" or \"false\"."
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
