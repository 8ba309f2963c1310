//! The verbs, one file for each: they join the libraries, and print.

mod attach;
mod compare;
mod completions;
mod list;
mod peak;
mod picture;
mod plot;
mod rm;
mod run;
mod summary;

use anyhow::Result;

use crate::cli::{Cli, ListArgs, Verb};
use crate::exit::Exit;

/// Does what was asked for.
pub(crate) fn execute(cli: Cli) -> Result<Exit> {
    match cli.verb {
        Verb::Run(args) => run::execute(args),
        Verb::Attach(args) => attach::execute(&args),
        Verb::Plot(args) => plot::execute(args),
        Verb::Peak(args) => peak::execute(&args),
        Verb::Summary(args) => summary::execute(&args),
        Verb::Compare(args) => compare::execute(&args),
        Verb::List(ListArgs {}) => list::execute(),
        Verb::Rm(args) => rm::execute(&args),
        Verb::Clean(args) => rm::clean(&args),
        Verb::Completions(args) => completions::execute(&args),
    }
}
