//! `virtuform simulate`: an oVirt engine in this process, to learn and test with.

use std::path::Path;

use crate::simulated::server::{ServeOptions, serve};
use crate::simulated::{Lab, Options, Simulated};

use super::arguments::{SimulateArguments, Site};
use super::{Exit, Failure, Io, render, runtime};

/// Serves until Ctrl-C. What it prints is an `engine:` block, without its first line.
pub fn run(arguments: &SimulateArguments, io: &mut Io) -> Result<Exit, Failure> {
    let options = Options { seed: arguments.seed, ..Options::default() };
    let mut simulated = Simulated::new(options.clone());
    if let Some(Site::Lab) = arguments.with {
        simulated.lab(&Lab::default());
    }
    let SimulateArguments { listen, speed, ca_file, .. } = arguments;
    runtime()?.block_on(async {
        let serving = serve(simulated, ServeOptions { address: *listen, speed: *speed }).await;
        let server = serving.map_err(|error| {
            Failure::new(format!("could not listen on {listen}"))
                .because(error)
                .hint("`--listen 127.0.0.1:0` takes any port that is free")
        })?;
        write(ca_file, &server.ca_pem)?;
        io.data(&format!(
            "url: {}\nusername: {}\npassword: {}\nca_file: {}\n",
            server.url,
            options.username,
            options.password,
            render::path(ca_file),
        ))?;
        io.talk("a simulated engine answers there until Ctrl-C; these lines go below `engine:`\n");
        tokio::signal::ctrl_c().await?;
        server.stop().await;
        Ok(Exit::Done)
    })
}

fn write(path: &Path, pem: &str) -> Result<(), Failure> {
    std::fs::write(path, pem).map_err(|error| {
        Failure::new(format!("could not write `{}`", render::path(path))).because(error)
    })
}
