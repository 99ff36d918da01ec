//! From elements to bytes.

use std::fmt;

use quick_xml::escape::escape;

use super::Element;

impl fmt::Display for Element {
    /// Writes the element without white space between elements: the form that is sent.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(formatter, " {name}=\"{}\"", escape(value.as_str()))?;
        }
        if self.text.is_empty() && self.children.is_empty() {
            return formatter.write_str("/>");
        }
        write!(formatter, ">{}", escape(self.text.as_str()))?;
        for child in &self.children {
            child.fmt(formatter)?;
        }
        write!(formatter, "</{}>", self.name)
    }
}
