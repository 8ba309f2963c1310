//! The verbs, one file for each: they join the libraries, and print.

mod attach;
mod compare;
mod completions;
mod export;
mod list;
mod man;
mod mark;
mod peak;
mod phase;
mod picture;
mod plot;
pub(crate) mod relay;
mod rm;
mod run;
mod summary;

use anyhow::Result;

use crate::cli::{Cli, ListArgs, Verb};
use crate::exit::Exit;
use crate::manner::Manner;

/// Does what was asked for, in the manner that was asked for.
pub(crate) fn execute(cli: Cli, manner: Manner) -> Result<Exit> {
    match cli.verb {
        Verb::Run(args) => run::execute(args, manner),
        Verb::Attach(args) => attach::execute(args, manner),
        Verb::Mark(args) => mark::execute(&args),
        Verb::Phase(args) => phase::execute(args),
        Verb::Plot(args) => plot::execute(&args, manner),
        Verb::Peak(args) => peak::execute(&args, manner),
        Verb::Summary(args) => summary::execute(&args),
        Verb::Compare(args) => compare::execute(&args),
        Verb::Export(args) => export::execute(&args),
        Verb::List(ListArgs {}) => list::execute(manner),
        Verb::Rm(args) => rm::execute(&args, manner),
        Verb::Clean(args) => rm::clean(&args),
        Verb::Completions(args) => completions::execute(&args, manner),
        Verb::Man(args) => man::execute(&args),
    }
}
