//! Who runs on when the program is over, in words.

use mprof_recording::units;

use super::Tree;

/// So many are named.
const N_NAMED: usize = 5;

impl Tree {
    /// Who runs on beside the root, as far as it was read last, in words.
    pub(crate) fn running_on(&self) -> Option<String> {
        let others = self.rss_bytes.iter().filter(|(number, _)| *number != self.root);
        let others: Vec<&(u32, u64)> = others.filter(|(number, _)| self.follows(*number)).collect();
        let bytes = others.iter().map(|(_, bytes)| bytes).sum();
        let name =
            |&&(number, _): &&(u32, u64)| format!("{} ({number})", self.processes[self.places[&number]].name);
        let mut names: Vec<String> = others.iter().take(N_NAMED).map(name).collect();
        let n_more = others.len().saturating_sub(N_NAMED);
        names.extend((n_more > 0).then(|| format!("{n_more} more")));
        let run_on =
            if others.len() == 1 { "1 process runs" } else { &format!("{} processes run", others.len()) };
        let text =
            || format!("{run_on} on, with {} at the last reading: {}", units::bytes(bytes), names.join(", "));
        (!others.is_empty()).then(text)
    }
}
