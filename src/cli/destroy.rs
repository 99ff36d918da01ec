//! `virtuform destroy`: removes what the state holds, by a plan towards nothing.

use crate::apply::Pace;
use crate::plan::Limits;
use crate::state::Desired;

use super::arguments::DestroyArguments;
use super::execute::{Job, execute};
use super::{Exit, Failure, Io, desk, render, runtime};

/// Removes everything. Protection and consent by name hold as ever; only the number is no limit.
pub fn run(arguments: &DestroyArguments, io: &mut Io) -> Result<Exit, Failure> {
    let loaded = desk::load_for_engine(&arguments.site.manifests, io)?;
    let engine = loaded.manifest.engine.as_ref();
    let connection = desk::connect(engine, &arguments.site.engine, io)?;
    let job = Job {
        doing: "destroy",
        desired: &Desired::default(),
        loaded: &loaded,
        state: &arguments.site.state.state,
        connection: &connection,
        limits: Limits {
            allow_destroy: arguments.allow_destroy.clone(),
            max_deletions: usize::MAX,
            ..Limits::default()
        },
        run: &arguments.run,
        saved: None,
        show: render::plan,
        pace: Pace::default(),
    };
    runtime()?.block_on(execute(&job, io))
}
