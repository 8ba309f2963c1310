//! A relay, which is no verb: `run --mark-on` starts our program under this name beside the program that it records.

use std::ffi::OsString;

use mprof_probe::relay;

use crate::exit::Exit;

/// Lives as a relay, if this is one.
pub(crate) fn execute(args: &[OsString]) -> Option<Exit> {
    let (_, args) = args.split_first().filter(|(name, _)| *name == relay::NAME)?;
    // Whatever goes wrong, there is nobody to tell: its streams are the program's.
    Some(relay::live(args).map_or(Exit::Failure, |()| Exit::Success))
}
