//! The command line.

use std::io::{BufReader, IsTerminal, stderr, stdin, stdout};
use std::process::ExitCode;

use rand::TryRng;
use virtuform::cli::{self, Io, Terminals};

fn main() -> ExitCode {
    let mut io = Io {
        out: &mut stdout(),
        err: &mut stderr(),
        input: &mut BufReader::new(stdin()),
        environment: &|name| std::env::var(name).ok(),
        terminals: Terminals {
            out: stdout().is_terminal(),
            err: stderr().is_terminal(),
            input: stdin().is_terminal(),
        },
        clock: jiff::Timestamp::now,
        random,
        signals: true,
    };
    cli::run(std::env::args_os(), &mut io).into()
}

fn random() -> u64 {
    rand::rngs::SysRng.try_next_u64().expect("the operating system has randomness")
}
