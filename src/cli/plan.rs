//! `virtuform plan`: says what would be done. Writes nothing but the file that it is told to.

use crate::plan::Plan;
use crate::state::{Book, Ledger, LocalStore};

use super::arguments::{Format, PlanArguments};
use super::saved::Saved;
use super::{Exit, Failure, Io, desk, json, render, runtime};

/// Plans.
pub fn run(arguments: &PlanArguments, io: &mut Io) -> Result<Exit, Failure> {
    let loaded = desk::load(&arguments.site.manifests, io)?;
    let desk::Loaded { manifest, sources } = &loaded;
    let connection = desk::connect(manifest.engine.as_ref(), &arguments.site.engine, io)?;
    let known = Book::read(&LocalStore::new(&arguments.site.state.state))?;
    let ledger = known.unwrap_or_else(|| fresh_ledger(io));
    desk::check_engine(&ledger, &connection.url)?;
    let limits = arguments.limits.limits();
    let decision = runtime()?.block_on(async {
        let decided =
            desk::decide(&connection.client, &manifest.desired, &ledger, &limits, sources).await;
        connection.client.close().await;
        decided
    })?;
    match arguments.format {
        Format::Text => io.data(&render::plan(&decision.plan, io.out_screen()))?,
        Format::Json => {
            let plan = json::plan(&decision.plan, &decision.observed);
            io.data(&format!("{plan}\n"))?;
        }
    }
    if let Some(path) = &arguments.out {
        Saved::new(arguments, &loaded, &decision, &connection.url).write(path)?;
        io.talk(&format!("saved as {}; apply it with `virtuform apply`\n", render::path(path)));
    }
    Ok(exit(&decision.plan, arguments.detailed_exitcode))
}

fn exit(plan: &Plan, detailed: bool) -> Exit {
    if !plan.refusals.is_empty() {
        return Exit::Refused;
    }
    let is_any = !plan.steps.is_empty() || !plan.records.is_empty();
    if detailed && is_any { Exit::Differences } else { Exit::Done }
}

/// A ledger without entries.
pub fn fresh_ledger(io: &Io) -> Ledger {
    let mut lineage = [0; 16];
    lineage.copy_from_slice(&io.random_key()[..16]);
    let lineage = uuid::Builder::from_random_bytes(lineage).into_uuid();
    Ledger::new(lineage.to_string(), io.random_key())
}
