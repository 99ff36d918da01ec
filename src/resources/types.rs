//! What values an attribute takes, and how a change of it takes effect.

use crate::xml::Element;

use super::{Attribute, Kind, Value};

/// What values an attribute takes.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number between two bounds, both included.
    Integer(i64, i64),
    /// A number that may have a fraction, not below 0; inside it is text such as `1.5`, and whole
    /// ones have no point.
    Decimal,
    /// `true` or `false`.
    Flag,
    /// A size: bytes inside and on the wire, `4 GiB` in manifests and plans.
    Size,
    /// A size in whole multiples of that many bytes: the engine would cut off the rest.
    SizeIn(i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `major.minor`, such as `4.8`.
    Version,
    /// A MAC address: six pairs of hexadecimal digits in lower case, as the engine keeps them.
    Mac,
    /// Another object of that kind.
    Reference(&'static Kind),
    /// Values without order.
    Set(&'static Type),
    /// Values in order.
    List(&'static Type),
    /// Attributes that belong together, as a member of a list.
    Record(&'static [Attribute]),
    /// Names with texts: `<item><name/><value/></item>` on the wire.
    Map,
    /// Text that must never be seen.
    Secret,
    /// Names with texts that must never be seen, on the wire as those of a map.
    Secrets,
    /// A local file with an image; manifests name it relative to their own folder.
    File,
}

impl Type {
    /// The kind that its values refer to, alone or as members of a set or list.
    pub fn refers_to(self) -> Option<&'static Kind> {
        match self {
            Self::Reference(kind) => Some(kind),
            Self::Set(of) | Self::List(of) => of.refers_to(),
            _ => None,
        }
    }

    /// Whether a value may refer to objects of that kind, be it in a record.
    pub fn may_refer_to(self, kind: &Kind) -> bool {
        match self {
            Self::Record(attributes) => attributes.iter().any(|it| it.takes.may_refer_to(kind)),
            Self::Set(of) | Self::List(of) => of.may_refer_to(kind),
            Self::Reference(other) => other == kind,
            _ => false,
        }
    }
}

/// When a change of an attribute takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// At once.
    Now,
    /// At once even while a VM runs, within limits that the kind knows.
    Hot,
    /// At the VM's next start; at once when it is down.
    NextStart,
    /// Only while the VM is down or the host in maintenance; refused otherwise.
    WhenDown,
    /// Never on the same object: it has to be replaced.
    Replace,
    /// Never: the attribute is read when the object is made, and that is all.
    Never,
}

/// An object whose state is on the way to another one, without anybody's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Underway {
    /// What is on the way.
    pub attribute: &'static Attribute,
    /// What it will be.
    pub to: &'static &'static str,
}

/// How an attribute with odd XML is read and written, in place of what its type says.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// Reads the value out of the object's element.
    pub decode: fn(&Element) -> Option<Value>,
    /// Writes the value into the object's element.
    pub encode: fn(&Value, &mut Element),
}
