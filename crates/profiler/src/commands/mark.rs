//! `mprof-rs mark`: a moment of the run that we are called in. Nothing about it fails the script that calls us.

use anyhow::Result;
use mprof_probe::tell::Teller;

use crate::cli::MarkArgs;
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: &MarkArgs) -> Result<Exit> {
    let mut teller = teller();
    teller.mark(&args.name);
    warn_of_loss(&teller);
    Ok(Exit::Success)
}

/// Who tells the recorder, if there is one.
pub(super) fn teller() -> Teller {
    Teller::of_this_process().unwrap_or_else(|error| {
        console::complain(&format!("MPROF_RS_PHASES: the recorder is not told: {error}"));
        Teller::of_nobody()
    })
}

/// Says what the recorder cannot say.
pub(super) fn warn_of_loss(teller: &Teller) {
    if teller.n_untold() > 0 {
        console::complain("the recorder is behind, and was not told");
    }
}
