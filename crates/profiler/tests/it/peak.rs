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
    let outcome = place.mprof(&[&["--compat", "peak"], &names[..]].concat());
    outcome.check(0, "");
    assert_eq!(outcome.stdout, MPROF_PRINTED);
    // In our own manner the children count as well.
    let own = place.mprof(&[&["peak"], &names[..]].concat()).stdout;
    let root_alone = "pool_multiprocess.dat\t13.848 MiB\n";
    let all = "pool_multiprocess.dat\t330.785 MiB\thighest sample; sum over processes, shared pages counted repeatedly\n";
    assert_eq!(own, MPROF_PRINTED.replace(root_alone, all));
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
fn marks_that_were_begun_anew_while_memory_came_are_a_lower_bound() {
    let place = Place::new();
    let anew = FILE.replace("ROOT", "META marks \"of the interval\"\nROOT");
    let end = "LEFT 7 3.0 exit=0 maxrss=190054400\nEND 3.0 reason=exit\n";
    let unsure = "META marks_unsure \"1 of 2 times\"\n";
    let label = "high-water mark with gaps, a lower bound";
    for (end, kind) in [(format!("{unsure}{end}"), label), (end.to_owned(), "high-water mark")] {
        place.write("a.dat", format!("{anew}{end}"));
        assert_eq!(place.mprof(&["peak", "a.dat"]).stdout, format!("a.dat\t181.250 MiB\t{kind}\n"));
        let summary = place.mprof(&["summary", "a.dat"]).stdout;
        assert!(summary.contains(&format!("181.2 MiB  {kind};")), "{summary}");
        let json = place.mprof(&["summary", "--json", "a.dat"]).stdout;
        assert_eq!(json.matches("\"mark_with_gaps\"").count(), if kind == label { 3 } else { 0 }, "{json}");
        let svg = place.mprof(&["plot", "a.dat", "-o", "-", "--format", "svg"]).stdout;
        assert!(svg.contains(&format!("peak 181.2 MiB · {kind}")), "{svg}");
    }
}

#[test]
fn a_file_without_samples() {
    let place = Place::new();
    place.write("a.dat", "CMDLINE true\n");
    place.mprof(&["peak", "a.dat"]).check(3, "a.dat: there is no sample in it");
}

#[test]
fn the_peak_within_a_function_is_what_mprof_prints() {
    let place = Place::new();
    std::fs::copy(fixture("nested.dat"), place.path("a.dat")).unwrap();
    let peak = |args: &[&str]| place.mprof(&[&["peak"], args].concat());
    for manner in [&[][..], &["--compat"]] {
        let outcome = peak(&[manner, &["--func", "__main__.transform", "a.dat"]].concat());
        outcome.check(0, "");
        assert_eq!(outcome.stdout, "a.dat\t308.953 MiB\n");
    }
    let outcome = peak(&["--compat", "--func", "nobody", "a.dat"]);
    outcome.check(0, "");
    assert_eq!(outcome.stdout, "a.dat\tNaN MiB\n");
    peak(&["--func", "nobody", "a.dat"]).check(
        3,
        "a.dat: nobody: there is no such function; there are __main__.main, __main__.load, __main__.transform",
    );
}

#[test]
fn the_peak_within_a_phase_is_that_of_its_process() {
    let place = Place::new();
    let text = "META format mprof-rs 1\nMETA recorder \"mprof-rs 0.1.0\"\nROOT 7 0.5 - \"x\"\nJOIN 8 0.6 7 \"y\"\n\
        MEM 1.000000 1.0\nCHLD 8 5.000000 1.0\nCHLD 8 9.000000 2.0\nMEM 7.000000 2.0\n\
        FUNC a_b 1.0 0.9 1.0 1.5 0 pid=8 task=sh name=a\\x20b\n";
    place.write("a.dat", text);
    let own = place.mprof(&["peak", "--func", "a b", "a.dat"]);
    own.check(0, "");
    assert_eq!(own.stdout, "a.dat\t5.000 MiB\n");
    let as_mprof = place.mprof(&["--compat", "peak", "--func", "a_b", "a.dat"]);
    assert_eq!(as_mprof.stdout, "a.dat\t1.000 MiB\n  Child 8\t\t\t9.000 MiB\n", "{as_mprof:?}");
}

#[test]
fn the_peak_of_a_tree_is_that_of_all_its_processes_and_in_mprofs_manner_the_programs() {
    let place = Place::new();
    let text = "META format mprof-rs 1\nMETA recorder \"mprof-rs 0.1.0\"\nROOT 7 0.5 - \"sh\"\nPROC 8 0.6 7 \"y\"\n\
        MEM 1.000000 1.0\nCHLD 8 99.000000 1.0\n";
    place.write("tree.dat", text);
    let own = place.mprof(&["peak", "tree.dat"]);
    assert_eq!(
        own.stdout,
        "tree.dat\t100.000 MiB\thighest sample; sum over processes, shared pages counted repeatedly\n  Child 8\t\t\t99.000 MiB\n"
    );
    let as_mprof = place.mprof(&["--compat", "peak", "tree.dat"]);
    assert_eq!(as_mprof.stdout, "tree.dat\t1.000 MiB\n  Child 8\t\t\t99.000 MiB\n");
}

#[test]
fn of_a_thousand_children_the_largest_have_a_line() {
    let place = Place::new();
    let child = |n: u64| format!("CHLD {} {}.500000 1.0\n", n + 10, n % 997);
    place.write("many.dat", format!("MEM 1.0 1.0\n{}", (0..1000).map(child).collect::<String>()));
    let outcome = place.mprof(&["peak", "many.dat"]);
    outcome.check(0, "");
    assert_eq!(outcome.stdout.lines().count(), 1 + 200 + 1);
    assert!(outcome.stdout.contains("  Child 1006\t\t\t996.500 MiB\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("  and 800 smaller children: mprof-rs summary --json has all\n"));
    let as_mprof = place.mprof(&["--compat", "peak", "many.dat"]);
    assert_eq!(as_mprof.stdout.lines().filter(|line| line.contains("Child")).count(), 1000);
}
