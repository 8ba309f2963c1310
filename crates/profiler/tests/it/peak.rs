//! `mprof-rs peak`: to the letter what mprof prints of its own files.

use crate::harness::{Place, fixture};

/// What `mprof peak` of memory_profiler 0.61 printed of its files.
const MPROF_PRINTED: &str = "\
attach.dat\t1.715 MiB
nested.dat\t308.953 MiB
plain_cmd.dat\t1.676 MiB
pool_multiprocess.dat\t13.848 MiB
  Child 11793\t\t\t105.672 MiB
  Child 11794\t\t\t86.598 MiB
  Child 11795\t\t\t124.742 MiB
true.dat\t0.582 MiB
";

const FILE: &str = "\
META format mprof-rs 1
ROOT 7 0.5 - \"x\"
MEM 1.000000 1.0 hwm=1048576
MEM 2.000000 2.0 hwm=190054400
";

#[test]
fn files_of_mprof_print_as_mprof_prints_them() {
    let place = Place::new();
    let names = ["attach.dat", "nested.dat", "plain_cmd.dat", "pool_multiprocess.dat", "true.dat"];
    for name in names {
        std::fs::copy(fixture(name), place.path(name)).unwrap();
    }
    let outcome = place.mprof(&[&["peak"], &names[..]].concat());
    outcome.check(0, "");
    assert_eq!(outcome.stdout, MPROF_PRINTED);
}

#[test]
fn a_mark_above_the_samples_is_the_peak_and_says_so() {
    let place = Place::new();
    place.write("a.dat", format!("{FILE}LEFT 7 3.0 maxrss=190054400\n"));
    assert_eq!(place.mprof(&["peak", "a.dat"]).stdout, "a.dat\t181.250 MiB\thigh-water mark\n");
    place.write("cut-off.dat", FILE);
    let cut_off = place.mprof(&["peak", "cut-off.dat"]).stdout;
    assert_eq!(cut_off, "cut-off.dat\t181.250 MiB\thigh-water mark at the last sample, a lower bound\n");
}

#[test]
fn a_file_without_samples() {
    let place = Place::new();
    place.write("a.dat", "CMDLINE true\n");
    place.mprof(&["peak", "a.dat"]).check(3, "a.dat: there is no sample in it");
}
