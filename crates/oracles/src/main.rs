//! `oracle`: programs whose memory is known in advance, to hold a recorder against.
//!
//! Each misbehaves in one way, measures itself while it does, and prints what is true as one line of JSON.
//! What it was told to do is in `os/linux.rs`; a recorder's answer is held against it in `tests/it`.

mod os;
mod truth;

use std::io::Write;
use std::process::ExitCode;

/// The command line made no sense.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(name) = args.next() else { return complain(&os::help()) };
    let outcome = match name.as_str() {
        "--help" | "-h" => truth::print(&os::help()),
        "--list" => truth::print(&os::list()),
        _ => match args.map(|arg| arg.parse()).collect::<Result<Vec<u64>, _>>() {
            Ok(sizes) => os::run(&name, &sizes),
            Err(error) => return complain(&format!("oracle {name}: sizes are whole numbers: {error}")),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("oracle {name}: {error}")),
    }
}

fn complain(text: &str) -> ExitCode {
    // Whoever closed our stderr does not want to know.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(MISUSED)
}
