//! From arguments to plain options, and from a run's result to what is printed and the exit code: 0 for a run that
//! went well, 1 for one that did not, 2 for arguments that make no sense.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use bytemuck::Pod;
use clap::{Args, CommandFactory, FromArgMatches, Parser, error::ErrorKind, value_parser};

use crate::{
    error::Error,
    facts::Facts,
    interruption, random,
    report::report,
    shape::Shape,
    store::Store,
    workload::{self, Ending, Output},
};

/// What the help of an example says.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub about: &'static str,
    /// The output's name if none is given; empty if there is no output.
    pub output: &'static str,
    /// What `--version` says, and for ex3 which writer it has.
    pub version: &'static str,
}

/// What a user can choose of every example.
#[derive(Clone, Copy, Debug)]
struct Options {
    shape: Shape,
    seed: u64,
}

#[derive(Debug, Args)]
struct ShapeArgs {
    /// How many slices
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = value_parser!(u64).range(1..))]
    depth: u64,
    /// Rows of a slice
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = value_parser!(u64).range(1..))]
    rows: u64,
    /// Columns of a slice
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = value_parser!(u64).range(1..))]
    cols: u64,
    /// Makes the random values repeatable: the same in ex2 to ex5 for the same seed and shape
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// The command line of ex1 and ex2.
#[derive(Debug, Parser)]
struct MemoryCommand {
    #[command(flatten)]
    shape: ShapeArgs,
}

/// The command line of ex3, ex4 and ex5.
#[derive(Debug, Parser)]
struct StoreCommand {
    #[command(flatten)]
    shape: ShapeArgs,
    /// Where to write; an earlier output there is replaced
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Removes the output at the end of the run
    #[arg(long)]
    discard: bool,
}

/// All of ex1 or ex2: `generator` turns a seed into a maker of slices.
pub fn memory_main<T: Pod, F: FnMut(usize) -> Vec<T>>(
    example: &Example,
    generator: impl FnOnce(u64) -> F,
) -> ExitCode {
    let command = parsed::<MemoryCommand>(example);
    let options = options::<MemoryCommand>(example, &command.shape);
    exit_code(example, workload::fill_memory(options.shape, generator(options.seed)))
}

/// All of ex3, ex4 or ex5.
pub fn store_main<S: Store>(example: &Example) -> ExitCode {
    let command = parsed::<StoreCommand>(example);
    let options = options::<StoreCommand>(example, &command.shape);
    let output = Output {
        path: command.output.unwrap_or_else(|| example.output.into()),
        ending: if command.discard { Ending::Discard } else { Ending::Keep },
    };
    exit_code(example, workload::fill_store::<S>(options.shape, options.seed, &output))
}

fn parsed<C: CommandFactory + FromArgMatches>(example: &Example) -> C {
    let matches = command::<C>(example).get_matches();
    C::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn command<C: CommandFactory>(example: &Example) -> clap::Command {
    C::command()
        .name(example.name)
        .version(example.version)
        .about(example.about)
        .after_help(examples(example))
}

fn examples(example: &Example) -> String {
    let name = example.name;
    let mut text = format!(
        "Examples:\n  {name}                        the article's size\n  {name} --depth 50 --seed 1    a tenth of it, repeatable"
    );
    if !example.output.is_empty() {
        text += &format!("\n  {name} --discard              leave nothing on disk");
    }
    text
}

fn options<C: CommandFactory>(example: &Example, args: &ShapeArgs) -> Options {
    let [depth, rows, cols] =
        [args.depth, args.rows, args.cols].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let shape = Shape::new(depth, rows, cols).unwrap_or_else(|| {
        let message = format!("{depth} x {rows} x {cols} values are more than can be addressed");
        command::<C>(example).error(ErrorKind::ValueValidation, message).exit()
    });
    Options { shape, seed: args.seed.unwrap_or_else(random::fresh_seed) }
}

fn exit_code(example: &Example, result: Result<Facts, Error>) -> ExitCode {
    let Err(error) = result.and_then(|facts| tell(&facts)) else { return ExitCode::SUCCESS };
    // If stderr is gone too, the exit code has to do.
    let _ = writeln!(io::stderr(), "{}: {error}", example.name);
    if let Error::Interrupted(signal) = error {
        interruption::die_of(signal);
    }
    ExitCode::FAILURE
}

fn tell(facts: &Facts) -> Result<(), Error> {
    facts.tell();
    match io::stdout().write_all(report(facts).as_bytes()) {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Stdout(error)),
        _ => Ok(()),
    }
}
