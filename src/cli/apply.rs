//! `virtuform apply`: closes the difference.

use crate::apply::Pace;

use super::arguments::ApplyArguments;
use super::execute::{Job, execute};
use super::saved::Saved;
use super::{Exit, Failure, Io, desk, render, runtime};

/// Applies the manifests, or a saved plan.
pub fn run(arguments: &ApplyArguments, io: &mut Io) -> Result<Exit, Failure> {
    let saved = arguments.plan.as_deref().map(Saved::read).transpose()?;
    let manifests = match &saved {
        Some(saved) => saved.manifests(&arguments.site.manifests)?,
        None => arguments.site.manifests.clone(),
    };
    let loaded = desk::load(&manifests, io)?;
    let engine = loaded.manifest.engine.as_ref();
    let connection = desk::connect(engine, &arguments.site.engine, io)?;
    if let Some(saved) = &saved
        && saved.rests_on.engine != connection.url
    {
        let message = format!("the plan was made for the engine at `{}`", saved.rests_on.engine);
        return Err(Failure::new(message));
    }
    let job = Job {
        doing: "apply",
        desired: &loaded.manifest.desired,
        loaded: &loaded,
        state: saved.as_ref().map_or(&arguments.site.state.state, |saved| &saved.rests_on.state),
        connection: &connection,
        limits: match &saved {
            Some(saved) => saved.limits(),
            None => arguments.limits.limits(),
        },
        run: &arguments.run,
        saved: saved.as_ref(),
        show: render::plan,
        pace: Pace::default(),
    };
    runtime()?.block_on(execute(&job, io))
}
