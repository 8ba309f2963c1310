//! `mprof-rs mark`: a moment of the run that we are called in. Nothing about it fails the script that calls us.

use std::ffi::OsStr;

use anyhow::Result;
use mprof_probe::tell::{Name, Teller};

use crate::cli::MarkArgs;
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: &MarkArgs) -> Result<Exit> {
    let mut teller = teller();
    if let Some(name) = name(&args.name, &teller) {
        teller.mark(&name);
    }
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

/// What a moment or a phase is called. Where nobody records, nobody minds what cannot be told.
pub(super) fn name(word: &OsStr, teller: &Teller) -> Option<Name> {
    let name = Name::new(word);
    if let Err(why) = &name
        && teller.is_heard()
    {
        console::complain(&format!("the recorder is not told: {why}"));
    }
    name.ok()
}

/// Says what the recorder cannot say.
pub(super) fn warn_of_loss(teller: &Teller) {
    if teller.n_untold() > 0 {
        console::complain("the recorder is behind, and was not told");
    }
}
