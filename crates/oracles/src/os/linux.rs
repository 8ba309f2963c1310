//! The table of oracles: name, sizes with their defaults, what it does, and the function that does it.

mod crew;
mod hostile;
mod images;
mod lineage;
mod mapping;
mod pages;
mod reading;
mod siblings;
mod solo;
mod system;

use std::io;

use crate::truth::Truth;

/// An oracle. Every size is a whole number with a default.
struct Oracle {
    name: &'static str,
    sizes: &'static [(&'static str, u64)],
    about: &'static str,
    run: fn(&[u64]) -> io::Result<()>,
}

/// Where there is a hold, memory stays as it is for so long that a sampler at 10 ms must see it.
const HOLD: (&str, u64) = ("hold_ms", 300);

const ORACLES: &[Oracle] = &[
    Oracle {
        name: "spike",
        sizes: &[("mib", 60), ("hold_ms", 0), ("n_spikes", 3)],
        about: "maps, touches and unmaps MIB, twice MIB, three times …, 250 ms apart",
        run: solo::spike,
    },
    Oracle {
        name: "ramp",
        sizes: &[("mib", 64), ("n_steps", 32), ("step_ms", 10)],
        about: "grows to MIB in equal steps",
        run: solo::ramp,
    },
    Oracle {
        name: "populate",
        sizes: &[("mib", 4096)],
        about: "maps it all in one system call that takes seconds",
        run: solo::populate,
    },
    Oracle {
        name: "populate-loop",
        sizes: &[("mib", 512), ("n_rounds", 6)],
        about: "maps MIB in one system call and unmaps it, again and again",
        run: solo::populate_loop,
    },
    Oracle {
        name: "late-rise",
        sizes: &[("mib", 64), ("quiet_ms", 100)],
        about: "is small, rises to MIB, and is gone",
        run: solo::late_rise,
    },
    Oracle {
        name: "touch",
        sizes: &[("mib", 8), ("n_rounds", 300)],
        about: "maps, touches and unmaps MIB in a loop and times itself",
        run: solo::touch,
    },
    Oracle {
        name: "slices",
        sizes: &[("kib", 256), ("seconds", 10)],
        about: "maps, touches and unmaps KIB in a loop and tells when each round began and what it took",
        run: solo::slices,
    },
    Oracle {
        name: "mapped-file",
        sizes: &[("mib", 64), HOLD],
        about: "fills a mapped file: resident, and the system may take it back",
        run: pages::mapped_file,
    },
    Oracle {
        name: "huge",
        sizes: &[("mib", 64), HOLD],
        about: "asks for transparent huge pages",
        run: pages::huge,
    },
    Oracle {
        name: "hugetlb",
        sizes: &[("mib", 8), HOLD],
        about: "takes pages of the reserved pool, which no resident set counts",
        run: pages::hugetlb,
    },
    Oracle {
        name: "fork-cow",
        sizes: &[("mib", 64), ("n_children", 4), HOLD],
        about: "touches MIB and forks children that share it all",
        run: siblings::fork_cow,
    },
    Oracle {
        name: "cow-break",
        sizes: &[("mib", 64), ("n_children", 4), ("quiet_ms", 300), HOLD],
        about: "touches MIB, and has children that share it for a while and then write to it all",
        run: siblings::cow_break,
    },
    Oracle {
        name: "shared",
        sizes: &[("mib", 64), ("n_children", 4), HOLD],
        about: "touches the same shared MIB in every child",
        run: siblings::shared,
    },
    Oracle {
        name: "private",
        sizes: &[("mib", 32), ("n_children", 4), HOLD],
        about: "touches MIB of its own in every child: nothing is shared",
        run: siblings::private,
    },
    Oracle {
        name: "together",
        sizes: &[("mib", 20), ("n_children", 8), ("hold_ms", 0)],
        about: "has children that all hold MIB for a moment, give it back, and end after a while",
        run: siblings::together,
    },
    Oracle {
        name: "sleepers",
        sizes: &[("n_children", 1000), ("hold_ms", 10_000)],
        about: "forks children that sleep",
        run: siblings::sleepers,
    },
    Oracle {
        name: "zombie",
        sizes: &[("mib", 32), HOLD],
        about: "leaves a child unreaped that held MIB",
        run: siblings::zombie,
    },
    Oracle {
        name: "storm",
        sizes: &[("n_children", 1000), ("kib", 4096)],
        about: "runs children of a millisecond, one after the other",
        run: siblings::storm,
    },
    Oracle {
        name: "vanish",
        sizes: &[("mib", 16), ("n_vanishing", 100), ("life_ms", 3)],
        about: "lets children die beside three that live and hold MIB",
        run: siblings::vanish,
    },
    Oracle {
        name: "double-fork",
        sizes: &[("mib", 64), HOLD],
        about: "loses a grandchild with MIB as an orphan",
        run: lineage::double_fork,
    },
    Oracle {
        name: "last",
        sizes: &[("mib", 256)],
        about: "loses a grandchild with MIB as an orphan, and ends together with it",
        run: lineage::last,
    },
    Oracle {
        name: "setsid",
        sizes: &[("mib", 64), HOLD],
        about: "has a child with MIB in a session of its own",
        run: lineage::setsid,
    },
    Oracle {
        name: "untraced",
        sizes: &[("mib", 64), HOLD],
        about: "has a child with MIB that whoever traces it does not get to trace",
        run: lineage::untraced,
    },
    Oracle {
        name: "leaf-spike",
        sizes: &[("mib", 64), ("life_ms", 3)],
        about: "has a grandchild that takes MIB for a moment",
        run: lineage::leaf_spike,
    },
    Oracle {
        name: "reuse",
        sizes: &[("mib", 64), HOLD],
        about: "has two children, one after the other, of the same pid (needs root)",
        run: lineage::reuse,
    },
    Oracle {
        name: "names",
        sizes: &[HOLD],
        about: "has children whose names are meant to break a file or a terminal",
        run: lineage::names,
    },
    Oracle {
        name: "heir",
        sizes: &[("mib", 64), ("then_mib", 1), ("hold_ms", 100)],
        about: "has a child that touches MIB, unmaps it, and becomes another image",
        run: lineage::heir,
    },
    Oracle {
        name: "exec",
        sizes: &[("mib", 64), ("then_mib", 16), HOLD],
        about: "touches MIB, and becomes another image, whose mark begins anew",
        run: images::exec,
    },
    Oracle {
        name: "exec-then",
        sizes: &[("mib", 16), ("hold_ms", 300), ("first_peak_bytes", 0)],
        about: "what exec becomes",
        run: images::exec_then,
    },
    Oracle {
        name: "threads-outlive",
        sizes: &[("mib", 64), HOLD],
        about: "ends its main thread while another one grows to MIB",
        run: images::threads_outlive,
    },
    Oracle {
        name: "closer",
        sizes: &[("mib", 64), HOLD],
        about: "closes every descriptor that it has",
        run: images::closer,
    },
    Oracle {
        name: "other-user",
        sizes: &[("mib", 32), HOLD],
        about: "has a child with MIB that becomes another user (needs root)",
        run: hostile::other_user,
    },
    Oracle {
        name: "namespaces",
        sizes: &[("mib", 32), HOLD],
        about: "has a child with MIB that leaves for namespaces of its own",
        run: hostile::namespaces,
    },
    Oracle {
        name: "brood",
        sizes: &[("n_alive", 40)],
        about: "forks for ever, everyone for himself, and heeds no request to end: for --timeout alone",
        run: hostile::brood,
    },
    Oracle {
        name: "stopped",
        sizes: &[("mib", 64), ("stop_ms", 500)],
        about: "stops itself until a child continues it",
        run: images::stopped,
    },
];

pub(crate) fn help() -> String {
    let row = |oracle: &Oracle| {
        let size = |(name, default): &(&str, u64)| format!("[{name}={default}]");
        let sizes: Vec<String> = oracle.sizes.iter().map(size).collect();
        format!("  {:<16}{:<48} {}", oracle.name, sizes.join(" "), oracle.about)
    };
    let rows: Vec<String> = ORACLES.iter().map(row).collect();
    format!(
        "usage: oracle NAME [SIZES…] | --list | --help\n\n\
         Does one thing to memory, and prints what is true of it as one line of JSON.\n\n{}",
        rows.join("\n")
    )
}

pub(crate) fn list() -> String {
    ORACLES.iter().map(|oracle| oracle.name).collect::<Vec<_>>().join("\n")
}

/// Does what an oracle does. What the machine does not allow is told, not failed.
pub(crate) fn run(name: &str, sizes: &[u64]) -> io::Result<()> {
    let found = ORACLES.iter().find(|oracle| oracle.name == name);
    let Some(oracle) = found.filter(|oracle| sizes.len() <= oracle.sizes.len()) else {
        return Err(io::Error::other("no such oracle, or too many sizes; --help lists them"));
    };
    let defaults = oracle.sizes.iter().skip(sizes.len()).map(|(_, default)| *default);
    let sizes: Vec<u64> = sizes.iter().copied().chain(defaults).collect();
    match (oracle.run)(&sizes) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            Truth { cannot: Some(error.to_string()), ..Truth::default() }.tell()
        }
        outcome => outcome,
    }
}
