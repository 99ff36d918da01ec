//! `virtuform invoke`: calls an action of the API on anything that has an address.

use std::time::Duration;

use crate::api::{Method, SCHEMA, Service};
use crate::engine::{Engine, Request, printable};
use crate::manifest::instead_of;
use crate::xml::Element;

use super::arguments::InvokeArguments;
use super::live::{self, Place, mask, parameter, tree};
use super::{Exit, Failure, Io, desk, runtime};

/// Actions after which something does not run any more, is lost, or cannot be reached.
const DRASTIC: &[&str] = &[
    "commit_snapshot",
    "deactivate",
    "detach",
    "fence",
    "install",
    "maintenance",
    "reboot",
    "reduce",
    "reduce_luns",
    "replace",
    "reset",
    "reset_all_options",
    "restore",
    "setup_networks",
    "shutdown",
    "stop",
    "suspend",
    "undo_snapshot",
    "upgrade",
];

/// Secrets that nobody but the engine knows, and that are of no use to anybody unseen.
const MADE_UP: &[&str] = &["ticket", "proxy_ticket"];

/// How long the first look at a job waits; later ones wait up to ten times as long.
const PACE: Duration = Duration::from_millis(500);

/// An action's name, and what the API says of it.
type Action = (&'static str, &'static Method);

/// Calls.
pub fn run(arguments: &InvokeArguments, io: &mut Io) -> Result<Exit, Failure> {
    let connection = desk::connect_as_told(&arguments.manifests, &arguments.engine, io)?;
    runtime()?.block_on(async {
        let done = call(&*connection.client, arguments, io).await;
        connection.client.close().await;
        done
    })
}

async fn call<E: Engine>(
    engine: &E,
    arguments: &InvokeArguments,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let place = live::find(engine, &arguments.address).await?;
    let (name, method) = action(&place, &arguments.action)?;
    let parameters = parameter::read(method, name, &arguments.parameters, io.environment)?;
    if DRASTIC.contains(&name) && !agreed(&place, name, arguments, io)? {
        io.talk("nothing was done\n");
        return Err(Failure::Told);
    }
    let body = parameter::body(engine, &place, &parameters).await?;
    let path = format!("{}/{}", place.path, method.path.unwrap_or_default());
    let reply = engine.send(Request::post(path.trim_start_matches('/'), body)).await?;
    let mut answer =
        if reply.body.is_empty() { Element::new("action") } else { reply.element()? };
    let job = answer.child("job").and_then(Element::id).map(str::to_owned);
    if arguments.wait {
        match &job {
            Some(job) => wait(engine, job).await?,
            None => io.talk("the engine has no job for this: it was done at once\n"),
        }
    }
    let is_over = arguments.wait || job.is_none();
    io.data(&told(&place, name, brought(&place, &parameters, &mut answer), is_over))?;
    Ok(Exit::Done)
}

/// The action of that name, as the API writes it or as its URLs do.
fn action(place: &Place, word: &str) -> Result<Action, Failure> {
    let plain = word.replace(['_', '-'], "");
    let actions = actions(place.service);
    let found = actions.iter().find(|(_, method)| method.path == Some(plain.as_str()));
    let Some((name, method)) = found else {
        let names: Vec<&str> = actions.iter().map(|(name, _)| *name).collect();
        return Err(no_action(place, word, &names));
    };
    if method.is_stub {
        let message = format!("engines have no code for `{name}` of `{}`", place.address);
        return Err(Failure::new(message));
    }
    Ok((name, method))
}

fn actions(service: &'static Service) -> Vec<Action> {
    let actions = service.methods.iter().filter(|(_, method)| method.path.is_some());
    actions.map(|(name, method)| (*name, method)).collect()
}

fn no_action(place: &Place, word: &str, names: &[&str]) -> Failure {
    let message = format!("`{}` has no action `{}`", place.address, printable(word));
    if names.is_empty() {
        return Failure::new(message).hint("actions are called on objects: `vms/web-01`");
    }
    let near = instead_of(word, names).filter(|advice| advice.starts_with("did"));
    let all = format!("possible: {}", names.join(", "));
    Failure::new(message).hint(near.map_or(all.clone(), |near| format!("{near} {all}")))
}

fn agreed(
    place: &Place,
    action: &str,
    arguments: &InvokeArguments,
    io: &mut Io,
) -> Result<bool, Failure> {
    if arguments.yes {
        return Ok(true);
    }
    if !io.terminals.input {
        return Err(Failure::new("there is no terminal to ask on")
            .hint("say `--yes` to do it without being asked"));
    }
    io.agrees(&format!("{action} {}? [y/N] ", place.address))
}

/// Waits until a job is over.
async fn wait<E: Engine>(engine: &E, job: &str) -> Result<(), Failure> {
    let mut pause = PACE;
    loop {
        let job = engine.send(Request::get(format!("jobs/{job}"))).await?.element()?;
        let description = printable(job.text_at("description").unwrap_or_default()).into_owned();
        match job.text_at("status") {
            Some("started") => tokio::time::sleep(pause).await,
            Some("finished") => return Ok(()),
            status => {
                let status = status.unwrap_or("without a status");
                return Err(Failure::new(format!("the engine's job is {status}: {description}"))
                    .hint(
                        "`virtuform get events --search 'severity>normal' --max 5` may say why",
                    ));
            }
        }
        pause = (pause * 2).min(PACE * 10);
    }
}

/// What the engine's answer brings beside what was sent. Secrets are covered, but for those that the
/// engine makes up for whoever calls.
fn brought(place: &Place, given: &[parameter::Given], answer: &mut Element) -> Element {
    let is_sent = |name: &str| {
        name == place.service.type_name || given.iter().any(|it| it.parameter() == name)
    };
    let is_usual = |name: &str| matches!(name, "job" | "link" | "actions" | "status");
    let mut brought = Element::new("action");
    for mut child in std::mem::take(answer.children_mut()) {
        if is_sent(child.name()) || is_usual(child.name()) {
            continue;
        }
        if !MADE_UP.contains(&child.name()) {
            mask::mask(&mut child);
        }
        brought.push(child);
    }
    brought
}

/// What was done, and what that brought.
fn told(place: &Place, action: &str, brought: Element, is_over: bool) -> String {
    let done = if is_over { "done" } else { "called, and the engine works on it" };
    let head = format!("{}: {action}: {done}\n", place.address);
    if brought.children().is_empty() {
        return head;
    }
    head + &tree::yaml(&tree::object(&brought, SCHEMA.type_of("action")))
}
