//! Refusals, in the shapes that the engine gives them.

use crate::xml::Element;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// What the body holds.
    pub body: FaultBody,
}

/// The shapes of a refusal's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultBody {
    /// Nothing at all: a path that leads nowhere.
    Empty,
    /// The container's page, with a text.
    Page(String),
    /// A `<fault>`.
    Fault {
        /// The kind of trouble.
        reason: &'static str,
        /// What exactly.
        detail: String,
    },
}

impl Fault {
    fn with(status: u16, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { status, body: FaultBody::Fault { reason, detail: detail.into() } }
    }

    /// A command's refusal: its messages stand in brackets.
    pub fn refused(status: u16, message: impl AsRef<str>) -> Self {
        Self::with(status, "Operation Failed", format!("[{}]", message.as_ref()))
    }

    /// A command's refusal for the state that something is in.
    pub fn conflict(message: impl AsRef<str>) -> Self {
        Self::refused(409, message)
    }

    /// A command's refusal for what was asked.
    pub fn bad(message: impl AsRef<str>) -> Self {
        Self::refused(400, message)
    }

    /// A query that is refused: its message stands alone.
    pub fn query(message: &str) -> Self {
        Self::with(400, "Operation Failed", message)
    }

    /// What a resource has given up doing: its message stands alone.
    pub fn unavailable(message: &str) -> Self {
        Self::with(503, "Operation Failed", message)
    }

    /// A lock is held: `[Cannot edit VM. Related operation is currently in progress. …]`.
    pub fn locked(action: &str, what: &str) -> Self {
        Self::conflict(format!(
            "Cannot {action} {what}. Related operation is currently in progress. Please try again later."
        ))
    }

    /// Something that a resource insists on is missing: `Vm [name] required for add`.
    pub fn incomplete(what: &str, attribute: &str, method: &str) -> Self {
        Self::with(
            400,
            "Incomplete parameters",
            format!("{what} [{attribute}] required for {method}"),
        )
    }

    /// Something that the model insists on is missing.
    pub fn mandatory(path: &str) -> Self {
        Self::with(
            400,
            "Input validation failed.",
            format!("Parameter '{path}' is mandatory but was not provided."),
        )
    }

    /// One of two things that the model insists on is missing.
    pub fn either(one: &str, other: &str) -> Self {
        Self::with(
            400,
            "Input validation failed.",
            format!("Parameters '{one}' or '{other}' are mandatory but both were not provided."),
        )
    }

    /// Nothing that the model has fits what was sent.
    pub fn no_signature() -> Self {
        Self::with(
            400,
            "Input validation failed.",
            "No matching signature found, make sure that mandatory attributes are provided.",
        )
    }

    /// The document cannot be understood.
    pub fn syntax(host: &str, service: &str, method: &str) -> Self {
        Self::with(
            400,
            "Request syntactically incorrect.",
            format!(
                "For correct usage, see: https://{host}/ovirt-engine/apidoc#services/{service}/methods/{method}"
            ),
        )
    }

    /// What a real engine would have dropped without a word.
    pub fn ignored(detail: impl Into<String>) -> Self {
        Self::with(400, "Refused by a strict engine", detail)
    }

    /// The refusal with a note behind its detail.
    pub fn noting(mut self, note: impl AsRef<str>) -> Self {
        if let FaultBody::Fault { detail, .. } = &mut self.body {
            detail.push_str(&format!(" ({})", note.as_ref()));
        }
        self
    }

    /// A value that its type does not have.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::with(400, "Invalid value", detail)
    }

    /// A number that its attribute cannot be.
    pub fn out_of_range(attribute: &str, value: &str, (least, most): (i64, i64)) -> Self {
        Self::with(
            400,
            "Value out of range",
            format!(
                "The value {value} of attribute '{attribute}' is outside of range {least} to {most}."
            ),
        )
    }

    /// An id that is no UUID.
    pub fn bad_uuid(id: &str) -> Self {
        Self::with(400, "Operation failed", format!("Invalid UUID string: {id}"))
    }

    /// A name that nothing has: `Entity not found: Cluster: name=foo`.
    pub fn entity_not_found(label: impl AsRef<str>) -> Self {
        Self::with(404, "Operation Failed", format!("Entity not found: {}", label.as_ref()))
    }

    /// More than one way to set a guest up.
    pub fn mixed_initialization() -> Self {
        Self::with(
            409,
            "Operation Failed",
            "Cannot use multiple initialization tags simultaneously when running VM.",
        )
    }

    /// A change of what never changes.
    pub fn immutable(field: &str) -> Self {
        Self::with(
            409,
            "Broken immutability constraint",
            format!("Attempt to set immutable field: {field}"),
        )
    }

    /// A path that leads nowhere.
    pub fn nowhere() -> Self {
        Self { status: 404, body: FaultBody::Empty }
    }

    /// A page of the container.
    pub fn page(status: u16, text: impl Into<String>) -> Self {
        Self { status, body: FaultBody::Page(text.into()) }
    }

    /// The `<fault>`, if it is one.
    pub fn element(&self) -> Option<Element> {
        let FaultBody::Fault { reason, detail } = &self.body else { return None };
        Some(
            Element::new("fault")
                .with(Element::leaf("detail", detail.clone()))
                .with(Element::leaf("reason", *reason)),
        )
    }

    /// The text that says what happened, for events.
    pub fn message(&self) -> String {
        match &self.body {
            FaultBody::Empty => String::new(),
            FaultBody::Page(text) => text.clone(),
            FaultBody::Fault { detail, .. } => {
                detail.trim_start_matches('[').trim_end_matches(']').to_owned()
            }
        }
    }
}
