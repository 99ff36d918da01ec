//! What reading a tree carries along: the problems so far, the variables, how much is left.

use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

use crate::state::{Location, Problem, Problems};

use super::files::Files;
use super::limits;
use super::load::Options;
use super::parse::parse;
use super::source::too_large;
use super::tree::{Node, Place};
use super::variable::{Handed, Variables};

/// Reads trees against tables. Its methods stand in the file of what they read.
///
/// A method that returns `Option` has told the problem when it returns `None`.
pub(super) struct Reader<'r> {
    pub(super) options: &'r Options<'r>,
    pub(super) files: Files,
    /// What aliases may still stand for, in nodes.
    pub(super) aliased: usize,
    pub(super) variables: Variables,
    /// Values of variables from files.
    pub(super) handed: Handed,
    pub(super) problems: Problems,
    pub(super) warnings: Vec<Problem>,
    /// What was told already: the twenty machines of a range share one mistake.
    told: HashSet<(Place, String)>,
    nodes_left: usize,
}

/// Whose value is read, and what `${each}` means there.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The resource's address, or the block's name, for messages.
    pub(super) subject: &'s str,
    /// What the braces of the key produced.
    pub(super) each: &'s [Rc<str>],
}

impl<'s> Scope<'s> {
    /// A block that is no resource.
    pub(super) fn block(subject: &'s str) -> Self {
        Self { subject, each: &[] }
    }
}

impl<'r> Reader<'r> {
    pub(super) fn new(options: &'r Options<'r>) -> Self {
        Self {
            options,
            files: Files::default(),
            aliased: limits::ALIASED_NODES,
            variables: Variables::default(),
            handed: Handed::default(),
            problems: Problems::default(),
            warnings: Vec::new(),
            told: HashSet::new(),
            nodes_left: limits::NODES_READ,
        }
    }

    /// Adds a file and reads its documents.
    pub(super) fn parse(&mut self, name: &Path, text: &str) -> Vec<Node> {
        if text.len() > limits::FILE_BYTES {
            self.problems.push(too_large(name));
            return Vec::new();
        }
        let file = self.files.add(name);
        parse(text, file, &self.files, &mut self.aliased, &mut self.problems)
    }

    /// Tells a problem, once.
    pub(super) fn problem(&mut self, scope: &Scope, at: Place, message: &str) {
        self.problem_with(scope, at, message, None::<String>);
    }

    /// Tells a problem with advice, once.
    pub(super) fn problem_with(
        &mut self,
        scope: &Scope,
        at: Place,
        message: &str,
        hint: impl Into<Option<String>>,
    ) {
        if self.is_news(at, message) {
            let problem = self.phrase(scope, at, message, hint.into());
            self.problems.push(problem);
        }
    }

    /// Warns, once, of a secret that everybody can read.
    pub(super) fn warn(&mut self, scope: &Scope, at: Place, message: &str, hint: &str) {
        if self.is_news(at, message) {
            let problem = self.phrase(scope, at, message, Some(hint.to_owned()));
            self.warnings.push(Problem { discreet: true, ..problem });
        }
    }

    fn is_news(&mut self, at: Place, message: &str) -> bool {
        self.told.insert((at, message.to_owned()))
    }

    fn phrase(&self, scope: &Scope, at: Place, message: &str, hint: Option<String>) -> Problem {
        let message = match scope.subject {
            "" => message.to_owned(),
            subject => format!("{subject}: {message}"),
        };
        Problem { at: Some(self.location(at)), message, hint, discreet: false }
    }

    /// A place as others know it.
    pub(super) fn location(&self, at: Place) -> Location {
        self.files.location(at)
    }

    /// Counts what is read; `None` when it is too much.
    pub(super) fn spend(&mut self, at: Place, bytes: usize) -> Option<()> {
        if self.is_exhausted() {
            return None;
        }
        let nodes = 1 + bytes / limits::READ_BYTES_PER_NODE;
        self.nodes_left = self.nodes_left.saturating_sub(nodes);
        if self.nodes_left == 0 {
            let message = "the manifests stand for more than can be read";
            let hint = "ranges with large bodies and variables with long texts multiply";
            self.problem_with(&Scope::block(""), at, message, hint.to_owned());
            return None;
        }
        Some(())
    }

    /// Whether it makes no sense to go on.
    pub(super) fn is_exhausted(&self) -> bool {
        self.nodes_left == 0 || self.problems.0.len() >= limits::PROBLEMS
    }
}
