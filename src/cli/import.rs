//! `virtuform import`: takes what exists already into the ledger, without changing it.

use std::sync::Arc;

use crate::apply::settle;
use crate::engine::{Engine, printable};
use crate::observe::{Scope, observe};
use crate::plan::{Plan, Record, adopt, bind};
use crate::resources::Address;
use crate::resources::kinds::KINDS;
use crate::state::{Book, Desired, Line, LocalStore, Problems};

use super::arguments::ImportArguments;
use super::desk::{self, Connection, Loaded};
use super::execute::{agreed, holder};
use super::outline::Outline;
use super::plan::fresh_ledger;
use super::{Exit, Failure, Io, render, runtime};

/// Imports. Nothing is written but the ledger.
pub fn run(arguments: &ImportArguments, io: &mut Io) -> Result<Exit, Failure> {
    let loaded = desk::load(&arguments.site.manifests, io)?;
    check_pattern(arguments, &loaded.manifest.desired)?;
    let engine = loaded.manifest.engine.as_ref();
    let connection = desk::connect(engine, &arguments.site.engine, io)?;
    if !arguments.yes && !io.terminals.input {
        return Err(Failure::new("there is no terminal to ask on")
            .hint("say `--yes` to import without being asked"));
    }
    let store = Box::new(LocalStore::new(&arguments.site.state.state));
    let fresh = fresh_ledger(io);
    let mut book = Book::open(store, &holder("import", io), Box::new(io.clock), || fresh)?;
    let outcome = runtime()?.block_on(async {
        let outcome = with_book(arguments, &loaded, &connection, &mut book, io).await;
        connection.client.close().await;
        outcome
    });
    let closed = book.close();
    let exit = outcome?;
    closed?;
    Ok(exit)
}

async fn with_book(
    arguments: &ImportArguments,
    loaded: &Loaded,
    connection: &Connection,
    book: &mut Book,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    desk::check_engine(book.ledger(), &connection.url)?;
    for line in settle(&*connection.client, book.ledger(), KINDS).await? {
        book.note(line);
    }
    let found = look(arguments, loaded, &connection.client, book).await?;
    let plan = found.map_err(|problems| {
        let sources = loaded.sources.clone();
        Failure::Problems { problems, sources }
    })?;
    if plan.records.is_empty() {
        io.data("nothing to import\n")?;
        return Ok(Exit::Done);
    }
    for group in &Outline::of(&plan).groups {
        let mut text = String::new();
        render::group(&mut text, group, &plan, io.out_screen());
        io.data(&text)?;
    }
    if !arguments.yes && !agreed("import", io)? {
        io.talk("nothing was done\n");
        return Err(Failure::Told);
    }
    let count = plan.records.len();
    keep(plan, connection, book)?;
    io.data(&format!("imported {}\n", render::count(count, "resource")))?;
    Ok(Exit::Done)
}

/// What is to be recorded. An id may be of any kind, so that then everything is read.
async fn look<E: Engine>(
    arguments: &ImportArguments,
    loaded: &Loaded,
    engine: &Arc<E>,
    book: &Book,
) -> Result<Result<Plan, Problems>, Failure> {
    let desired = &loaded.manifest.desired;
    let ledger = book.ledger();
    let Some((text, id)) = arguments.address.as_deref().zip(arguments.id.as_deref()) else {
        let observed = observe(engine, &Scope::of(desired, ledger)).await?;
        return Ok(adopt(desired, &observed, ledger).map(|plan| only(plan, arguments)));
    };
    let address = Address::parse(text).ok_or_else(|| {
        Failure::new(format!("`{}` is not the address of a resource", printable(text)))
            .hint("addresses look like `vms/web-01`")
    })?;
    let observed = observe(engine, &Scope::kinds(KINDS.iter().copied())).await?;
    Ok(bind(desired, &observed, ledger, &address, id))
}

/// What of a plan is about the resources that were asked for.
fn only(mut plan: Plan, arguments: &ImportArguments) -> Plan {
    if let Some(pattern) = &arguments.address {
        plan.records.retain(|record| match record {
            Record::Keep { address, .. } | Record::Forget { address, .. } => {
                address.matches(pattern)
            }
        });
    }
    plan
}

/// Whether the manifests have something that a pattern means.
fn check_pattern(arguments: &ImportArguments, desired: &Desired) -> Result<(), Failure> {
    let Some(pattern) = arguments.address.as_deref().filter(|_| arguments.id.is_none()) else {
        return Ok(());
    };
    let is_meant = desired.resources.keys().any(|address| address.matches(pattern));
    is_meant.then_some(()).ok_or_else(|| {
        Failure::new(format!("the manifests have nothing that matches `{}`", printable(pattern)))
            .hint("what is imported has to stand in a manifest: `virtuform export` writes one")
    })
}

fn keep(plan: Plan, connection: &Connection, book: &mut Book) -> Result<(), Failure> {
    if book.ledger().engine.is_none() {
        let url = connection.url.clone();
        book.edit(|ledger| ledger.engine = Some(url));
    }
    for record in plan.records {
        if let Record::Keep { address, entry, .. } = record {
            book.note(Line::Keep { address, entry });
        }
    }
    Ok(book.commit()?)
}
