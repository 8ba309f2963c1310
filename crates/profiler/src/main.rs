//! `mprof-rs`: how much memory a program uses over time.
//!
//! This crate alone knows flags, files, standard streams and exit codes. `cli` says what can be asked for, `commands`
//! has one file for each verb, and everything that is computed or drawn is in the libraries.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod console;
mod exit;
mod files;
mod input;
mod interval;
mod listing;
mod local_time;
mod manner;
mod python;
mod recorder;
mod run_report;
mod terminal;
mod workload;

use std::process::ExitCode;

fn main() -> ExitCode {
    let (cli, manner) = match cli::Cli::of_this_process() {
        Ok(asked) => asked,
        Err(exit) => return exit.code_in(manner::Manner::Own),
    };
    let exit = commands::execute(cli, manner).unwrap_or_else(|error| {
        let exit = exit::Exit::of(&error);
        if !exit.is_silent() {
            console::complain(&format!("{error:#}"));
        }
        exit
    });
    exit.follow();
    exit.code_in(manner)
}
