//! Secrets: from the environment, from a file, or written down.

use crate::resources::Secret;

use super::reader::{Reader, Scope};
use super::tree::{Content, Entry, Node};
use super::value::Label;
use super::wording::shown;

const FORMS: &str = "write `{ env: NAME }` or `{ file: path }`";

impl Reader<'_> {
    /// Reads a secret. No message shows what is written.
    pub(super) fn secret(&mut self, scope: &Scope, label: Label, node: &Node) -> Option<Secret> {
        match &node.content {
            Content::Secret(secret) => Some(secret.clone()),
            Content::Scalar(scalar) if !scalar.is_null() => {
                let message = format!("{label} is written in the manifest");
                self.warn(
                    scope,
                    node.at,
                    &message,
                    &format!("{FORMS}, or use a variable of `type: secret`"),
                );
                self.spend(node.at, scalar.text.len())?;
                Some(Secret::new(&*scalar.text))
            }
            Content::Mapping(entries) if entries.len() == 1 => {
                self.fetched(scope, label, &entries[0])
            }
            _ => {
                let message = format!("{label} is not a secret");
                self.problem_with(scope, node.at, &message, FORMS.to_owned());
                None
            }
        }
    }

    fn fetched(&mut self, scope: &Scope, label: Label, entry: &Entry) -> Option<Secret> {
        let Entry { key, value } = entry;
        if !matches!(&*key.text, "env" | "file") {
            let message = format!("{label} cannot come from `{}`", shown(&key.text));
            self.problem_with(scope, key.at, &message, FORMS.to_owned());
            return None;
        }
        let value = self.resolve(scope, value)?;
        let Content::Scalar(scalar) = &value.content else {
            let message = format!("{label} is not a secret");
            self.problem_with(scope, key.at, &message, FORMS.to_owned());
            return None;
        };
        if &*key.text == "env" {
            self.in_environment(scope, label, &value, &scalar.text)
        } else {
            self.in_file(scope, label, &value, &scalar.text)
        }
    }

    fn in_environment(
        &mut self,
        scope: &Scope,
        label: Label,
        node: &Node,
        name: &str,
    ) -> Option<Secret> {
        let found = (self.options.environment)(name);
        if found.is_none() {
            let name = shown(name);
            let message = format!("{label} is in the variable `{name}`, which is not set");
            let hint = format!("set `{name}` in the environment");
            self.problem_with(scope, node.at, &message, hint);
        }
        found.map(Secret::new)
    }

    fn in_file(&mut self, scope: &Scope, label: Label, node: &Node, path: &str) -> Option<Secret> {
        let path = self.files.resolve(node.at, path);
        match (self.options.read_file)(&path) {
            Ok(text) => {
                let line = text.strip_suffix('\n').unwrap_or(&text);
                Some(Secret::new(line.strip_suffix('\r').unwrap_or(line)))
            }
            Err(error) => {
                let path = shown(&path.display().to_string());
                let message = format!("{label} is in `{path}`, which cannot be read: {error}");
                self.problem(scope, node.at, &message);
                None
            }
        }
    }
}
