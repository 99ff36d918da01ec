//! `virtuform export`: writes manifests of what the engine has.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use crate::engine::{Engine, Fault, printable};
use crate::export::{Export, LeftOut, concerned, export};
use crate::observe::{Scope, in_bulk, in_detail, observe};
use crate::resources::kinds::KINDS;
use crate::state::{Observed, Problem};

use super::arguments::ExportArguments;
use super::render::Screen;
use super::{Exit, Failure, Io, desk, render, runtime};

/// How many of those that are left out are named.
const NAMED: usize = 5;

/// Exports. Nothing is written to the engine, and no state is looked at.
pub fn run(arguments: &ExportArguments, io: &mut Io) -> Result<Exit, Failure> {
    let loaded = desk::load_for_engine(&arguments.manifests, io)?;
    let connection = desk::connect(loaded.manifest.engine.as_ref(), &arguments.engine, io)?;
    let observed = runtime()?.block_on(async {
        let observed = read(&connection.client, &arguments.patterns).await;
        connection.client.close().await;
        observed
    })?;
    let export = export(&observed, &arguments.patterns);
    if let Some(pattern) = export.unmatched.first() {
        let message = format!("the engine has nothing that matches `{}`", printable(pattern));
        return Err(Failure::new(message).hint("patterns are of addresses: `vms/web-*`"));
    }
    match &arguments.out {
        None => io.data(&export.text())?,
        Some(folder) => write(&export, folder, arguments.overwrite, io)?,
    }
    export.left_out.iter().for_each(|left_out| io.talk(&told(left_out)));
    for (attribute, addresses) in &export.private {
        io.talk(&warned(attribute, addresses, io.err_screen()));
    }
    io.talk(&format!("exported {}\n", render::count(export.count, "resource")));
    Ok(Exit::Done)
}

/// Reads everything, or what manifests of a part take.
async fn read<E: Engine>(engine: &Arc<E>, patterns: &[String]) -> Result<Observed, Fault> {
    if patterns.is_empty() {
        return observe(engine, &Scope::kinds(KINDS.iter().copied()).with_all_content()).await;
    }
    let scope = Scope::matching(patterns).with_all_content();
    let mut observed = in_bulk(engine, &scope).await?;
    let scope = scope.only(concerned(&observed, patterns));
    in_detail(engine, &scope, &mut observed).await?;
    Ok(observed)
}

/// `left out of vms, as ...: a, b and 3 more`
fn told(left_out: &LeftOut) -> String {
    let LeftOut { section, names, why } = left_out;
    format!("left out of {section}: {}: {why}\n", some_of(names))
}

/// `a, b and 3 more`
fn some_of(names: &[String]) -> String {
    let named: Vec<_> = names.iter().take(NAMED).map(|name| printable(name)).collect();
    match names.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// What is written in full, and what to do about it.
fn warned(attribute: &str, addresses: &[String], screen: Screen) -> String {
    let message =
        format!("`{attribute}` may hold secrets, and is written in full: {}", some_of(addresses));
    let problem = Problem::new(message)
        .hint("keep the manifests to yourself, or move it into a variable of `type: secret`");
    render::problem(&problem, "warning", &[], screen)
}

/// A file for each section; none is written if one of them is there already.
fn write(export: &Export, folder: &Path, overwrite: bool, io: &mut Io) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let files: Vec<_> = export
        .sections
        .iter()
        .map(|(section, text)| (folder.join(format!("{section}.yaml")), text))
        .collect();
    let there = files.iter().find(|(file, _)| !overwrite && file.exists());
    if let Some((file, _)) = there {
        return Err(is_there(file));
    }
    for (path, text) in &files {
        let mut options = OpenOptions::new();
        if !export.private.is_empty() {
            for_nobody_else(&mut options);
        }
        let options = options.write(true).create_new(!overwrite).create(true).truncate(overwrite);
        let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => is_there(path),
            _ => unwritable(path, error),
        })?;
        io.talk(&format!("wrote {}\n", render::path(path)));
    }
    Ok(())
}

#[cfg(unix)]
fn for_nobody_else(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

#[cfg(not(unix))]
fn for_nobody_else(_: &mut OpenOptions) {}

fn is_there(file: &Path) -> Failure {
    Failure::new(format!("`{}` is there already", render::path(file)))
        .hint("choose another folder, or say `--overwrite`")
}

fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("could not write `{}`", render::path(path))).because(error)
}
