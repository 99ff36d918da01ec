//! The command line: one file per command, each parses, calls, renders and says how it ended.

mod apply;
pub mod arguments;
mod demo;
mod desk;
mod destroy;
mod execute;
mod exit;
mod explain;
mod export;
mod failure;
mod get;
pub mod handbook;
mod import;
mod invoke;
mod io;
mod json;
mod live;
pub mod outline;
mod plan;
mod progress;
pub mod render;
mod saved;
mod schema;
mod show;
mod simulate;
mod validate;

use std::ffi::OsString;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use arguments::{Arguments, Command};

pub use exit::Exit;
pub use failure::Failure;
pub use io::{Io, Terminals};

/// Runs a command line, whose first word is the program's name.
pub fn run(words: impl IntoIterator<Item = OsString>, io: &mut Io) -> Exit {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return told(&error, io),
    };
    let filter = arguments.log.clone().or_else(|| (io.environment)("VIRTUFORM_LOG"));
    if let Some(filter) = filter {
        log(&filter);
    }
    match command(&arguments.command, io) {
        Ok(exit) => exit,
        Err(failure) => {
            let text = render::failure(&failure, io.err_screen());
            io.talk(&text);
            failure.exit()
        }
    }
}

fn command(command: &Command, io: &mut Io) -> Result<Exit, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(arguments, io),
        Command::Plan(arguments) => plan::run(arguments, io),
        Command::Apply(arguments) => apply::run(arguments, io),
        Command::Destroy(arguments) => destroy::run(arguments, io),
        Command::Import(arguments) => import::run(arguments, io),
        Command::Export(arguments) => export::run(arguments, io),
        Command::Show(arguments) => show::run(arguments, io),
        Command::Get(arguments) => get::run(arguments, io),
        Command::Invoke(arguments) => invoke::run(arguments, io),
        Command::Explain(arguments) => explain::run(arguments, io),
        Command::Schema => schema::run(io),
        Command::Simulate(arguments) => simulate::run(arguments, io),
        Command::Demo(arguments) => demo::run(arguments, io),
    }
}

/// Help and version are data; all else is a mistake in the command line. 2 is taken.
fn told(error: &clap::Error, io: &mut Io) -> Exit {
    let is_mistake = error.use_stderr();
    let screen = if is_mistake { io.err_screen() } else { io.out_screen() };
    let text = error.render();
    let text = if screen.colour { text.ansi().to_string() } else { text.to_string() };
    if is_mistake {
        io.talk(&text);
        return Exit::Error;
    }
    match io.data(&text) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Error,
    }
}

/// Debugging of the program itself, on standard error.
fn log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second command of the same process keeps the first one's filter.
    subscriber.try_init().ok();
}

/// What tasks run on; made by the commands that have some.
fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.map_err(|error| Failure::new("could not start").because(error))
}
