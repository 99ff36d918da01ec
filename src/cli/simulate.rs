//! `virtuform simulate`: an oVirt engine in this process, to learn and test with.

mod files;

use std::io::Write as _;
use std::path::Path;

use crate::simulated::server::{ServeOptions, Server, serve};
use crate::simulated::{Options, Simulated, Trouble, parse_trouble};

use super::arguments::SimulateArguments;
use super::{Exit, Failure, Io, render, runtime};

/// The variable that may hold the password.
const PASSWORD: &str = "SIMULATED_PASSWORD";

/// Serves until Ctrl-C. What it prints is an `engine:` block, without its first line.
pub fn run(arguments: &SimulateArguments, io: &mut Io) -> Result<Exit, Failure> {
    let password = password(arguments, io)?;
    let mut simulated = engine(arguments, &password, io)?;
    for trouble in troubles(arguments)? {
        simulated.trouble(trouble);
    }
    if let Some(path) = &arguments.request_log {
        log(&mut simulated, path)?;
    }
    let SimulateArguments { listen, speed, control, ca_file, .. } = arguments;
    runtime()?.block_on(async {
        let options = ServeOptions { address: *listen, speed: *speed, control: *control };
        let server = serve(simulated, options).await.map_err(|error| {
            Failure::new(format!("could not listen on {listen}"))
                .because(error)
                .hint("`--listen 127.0.0.1:0` takes any port that is free")
        })?;
        files::write(ca_file, server.ca_pem.as_bytes())?;
        io.data(&format!(
            "url: {}\nusername: {}\npassword: {}\nca_file: {}\n",
            server.url,
            arguments.username,
            password.shown,
            render::path(ca_file),
        ))?;
        io.talk("a simulated engine answers there until Ctrl-C; these lines go below `engine:`\n");
        stopped().await?;
        end(arguments, server, io).await?;
        Ok(Exit::Done)
    })
}

struct Password {
    text: String,
    /// How a manifest says it.
    shown: String,
}

fn password(arguments: &SimulateArguments, io: &Io) -> Result<Password, Failure> {
    if let Some(path) = &arguments.password_file {
        let text = files::read(path)?;
        let shown = format!("{{ file: {} }}", render::path(path));
        return Ok(Password { text: text.trim_end_matches(['\r', '\n']).to_owned(), shown });
    }
    if let Some(text) = (io.environment)(PASSWORD) {
        return Ok(Password { text, shown: format!("{{ env: {PASSWORD} }}") });
    }
    let text = Options::default().password;
    Ok(Password { shown: text.clone(), text })
}

/// The engine that was saved, or a new one.
fn engine(
    arguments: &SimulateArguments,
    password: &Password,
    io: &mut Io,
) -> Result<Simulated, Failure> {
    let options = Options {
        seed: arguments.seed,
        username: arguments.username.clone(),
        password: password.text.clone(),
        strict: !arguments.lenient,
        ..Options::default()
    };
    if let Some(path) = &arguments.snapshot
        && let Some(file) = files::open(path)?
    {
        let simulated = Simulated::load(file, options).map_err(|error| {
            Failure::new(format!("could not start from the snapshot `{}`", render::path(path)))
                .because(error)
                .hint("without that file, a new engine is started and saved there")
        })?;
        io.talk(&format!("it goes on where `{}` ended\n", render::path(path)));
        return Ok(simulated);
    }
    let mut simulated = Simulated::new(options);
    if let Some(lab) = &arguments.with {
        simulated.lab(lab);
    }
    Ok(simulated)
}

fn troubles(arguments: &SimulateArguments) -> Result<Vec<Trouble>, Failure> {
    let mut troubles = Vec::new();
    if arguments.realistic {
        troubles.extend(Trouble::of_synchronous_commands());
    }
    if let Some(path) = &arguments.trouble {
        let text = files::read(path)?;
        let plan = parse_trouble(&text).map_err(|error| {
            let place = format!("{}:{}", render::path(path), error.line);
            Failure::new(format!("{place}: {}", error.message))
                .hint("docs/simulated.md shows a whole plan of trouble")
        })?;
        troubles.extend(plan);
    }
    Ok(troubles)
}

/// Writes each request to a file as soon as its answer begins.
fn log(simulated: &mut Simulated, path: &Path) -> Result<(), Failure> {
    let mut file = files::create(path)?;
    simulated.on_request(move |request| {
        // Nobody can be told that the disk is full, and the engine goes on without a log.
        writeln!(file, "{}", request.line()).ok();
    });
    Ok(())
}

/// Waits for Ctrl-C, or to be told to end.
async fn stopped() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut told = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = told.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

async fn end(
    arguments: &SimulateArguments,
    server: Server,
    io: &mut Io<'_>,
) -> Result<(), Failure> {
    let simulated = std::sync::Arc::clone(&server.simulated);
    server.stop().await;
    let Some(path) = &arguments.snapshot else { return Ok(()) };
    let mut simulated = simulated.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    files::replace(path, |file| simulated.save(file))?;
    io.talk(&format!("saved as `{}`\n", render::path(path)));
    if simulated.has_image_data() {
        io.talk("the data of its images is not part of that: they will read as zeros\n");
    }
    Ok(())
}
