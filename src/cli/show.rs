//! `virtuform show`: a saved plan, or what the state holds.

use serde_json::json;

use crate::engine::printable;
use crate::state::{Book, Ledger, LocalStore};

use super::arguments::ShowArguments;
use super::saved::Saved;
use super::{Exit, Failure, Io, render};

/// Shows.
pub fn run(arguments: &ShowArguments, io: &mut Io) -> Result<Exit, Failure> {
    let text = match &arguments.plan {
        Some(path) => {
            let saved = Saved::read(path)?;
            if arguments.json { format!("{:#}\n", saved.plan) } else { saved.text }
        }
        None => {
            let ledger = Book::read(&LocalStore::new(&arguments.state.state))?;
            let ledger = ledger.ok_or_else(|| nothing_there(arguments))?;
            if arguments.json { format!("{:#}\n", as_json(&ledger)) } else { as_text(&ledger) }
        }
    };
    io.data(&text)?;
    Ok(Exit::Done)
}

fn nothing_there(arguments: &ShowArguments) -> Failure {
    Failure::new(format!("there is no state at `{}`", render::path(&arguments.state.state)))
        .hint("`virtuform apply` makes one; `--state` says where it is")
}

fn as_text(ledger: &Ledger) -> String {
    let width = ledger.entries.keys().map(|it| it.as_str().chars().count()).max().unwrap_or(0);
    let kinds = ledger.entries.values().map(|entry| entry.kind.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (address, entry) in &ledger.entries {
        let address = printable(address.as_str());
        let protected = if entry.protect { "  protected" } else { "" };
        let (kind, id) = (printable(&entry.kind), printable(&entry.id));
        text.push_str(&format!("{address:width$}  {kind:kinds$}  {id}{protected}\n"));
    }
    text.push_str(&format!("{}\n", render::count(ledger.entries.len(), "resource")));
    text
}

fn as_json(ledger: &Ledger) -> serde_json::Value {
    let entries = ledger.entries.iter().map(|(address, entry)| {
        json!({
            "address": address, "type": entry.kind, "id": entry.id, "protected": entry.protect,
        })
    });
    json!({
        "engine": ledger.engine,
        "lineage": ledger.lineage,
        "serial": ledger.serial,
        "resources": entries.collect::<Vec<_>>(),
    })
}
