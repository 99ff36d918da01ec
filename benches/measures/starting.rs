//! How long the program takes to start.

use std::process::{Command, Stdio};

use crate::report::time;

pub fn measure() {
    let times = time(21, || {
        let status = Command::new(env!("CARGO_BIN_EXE_virtuform"))
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success());
    });
    times.line("start: virtuform --version", "10 ms", |s| format!("{:.1} ms", s * 1e3));
}
