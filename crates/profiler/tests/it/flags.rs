//! No flag of the verbs that draw is passed over in silence: with it the output is another, or it is refused by name.

use crate::harness::Place;

/// A drawing, and the command that makes it.
const DRAWINGS: [(&str, &[&str]); 5] = [
    ("one", &["plot", "a.dat"]),
    ("several", &["plot", "a.dat", "b.dat"]),
    ("panels", &["compare", "a.dat", "b.dat"]),
    ("overlay", &["compare", "a.dat", "b.dat", "--view", "overlay"]),
    ("difference", &["compare", "a.dat", "b.dat", "--view", "difference"]),
];

/// Flags whose effect depends on what is drawn; they are tried in outputs of characters and of lines.
const ABOUT_CONTENT: [&[&str]; 16] = [
    &["--title", "x"],
    &["--metric", "anon"],
    &["--window", "0.1,0.5"],
    &["--log"],
    &["--unit", "KB"],
    &["--normalize-time"],
    &["--stack"],
    &["--kinds"],
    &["--slope"],
    &["--children"],
    &["--align", "done"],
    &["--no-calls"],
    &["--flame"],
    &["--brackets"],
    &["--height", "600"],
    &["--width", "700"],
];

/// Flags whose effect depends on the output.
const ABOUT_OUTPUT: [&[&str]; 6] = [
    &["--scale", "2"],
    &["--dpi", "300"],
    &["--theme", "dark"],
    &["--theme", "auto"],
    &["--color", "always"],
    &["--ascii"],
];

/// What is so already, and why the flag is taken nevertheless.
fn is_so_already(drawing: &str, output: &str, flag: &[&str]) -> bool {
    match flag {
        // Whoever draws `*.dat` need not know how many they are.
        ["--children"] => drawing == "one",
        ["--no-calls"] => drawing == "several",
        // A page follows its reader's system, unless it is told otherwise.
        ["--theme", "auto"] => output == "x.html",
        _ => false,
    }
}

fn recording(scale: u32) -> String {
    let mut file = String::from(
        "META format mprof-rs 1\nMETA start 1000.000000000\nMETA interval_ns 100000000\n\
         META recorder \"mprof-rs 0.1.0\"\nCMDLINE make\nROOT 1 1000.000000000 - \"make\"\n\
         PROC 2 1000.000000000 1 \"cc\"\nPROC 3 1000.000000000 1 \"ld\"\n",
    );
    for tick in 0..10 {
        for (tag, size) in [("MEM", 20), ("CHLD 2", 50), ("CHLD 3", 30)] {
            let mib = scale * (size + tick * tick);
            let [anon, rest] = [u64::from(mib) << 19; 2];
            file += &format!("{tag} {mib}.000000 {}.{tick}00000000 anon={anon} file={rest}\n", 1000);
        }
    }
    for level in 0..10 {
        let [from, to] = [200 + 10 * level, 600 - 10 * level];
        file += &format!("FUNC f{level} 20.0 1000.{from} 30.0 1000.{to} {level} pid=1 task=main\n");
    }
    file += "LEFT 2 1000.950000000\nLEFT 3 1000.950000000\nLEFT 1 1000.950000000 exit=0\n";
    file + "END 1000.950000000 how=exit samples=10 missed=0 late=0 unread=0\n"
}

/// What a command draws, or what it is refused with. Pictures are small, so that they are soon drawn.
fn drawn(place: &Place, command: &[&str], flag: &[&str], output: &str) -> Result<Vec<u8>, String> {
    let size =
        [["--width", "400"], ["--height", "500"]].into_iter().filter(|it| Some(&it[0]) != flag.first());
    let size: Vec<&str> = size.flatten().collect();
    let outcome = place.mprof(&[command, flag, &size, &["-o", output]].concat());
    match outcome.code {
        0 => Ok(std::fs::read(place.path(output)).unwrap()),
        2 => Err(outcome.stderr),
        code => panic!("{command:?} {flag:?} -o {output} ends with {code}: {outcome:#?}"),
    }
}

#[track_caller]
fn check(outputs: &[&str], flags: &[&[&str]]) {
    let place = Place::new();
    place.write("a.dat", recording(1));
    place.write("b.dat", recording(2));
    let drawings = DRAWINGS.iter().flat_map(|drawing| outputs.iter().map(move |output| (drawing, output)));
    for (&(name, command), output) in drawings {
        let plain = drawn(&place, command, &[], output).unwrap();
        for flag in flags {
            match drawn(&place, command, flag, output) {
                Ok(bytes) if bytes == plain => {
                    assert!(is_so_already(name, output, flag), "{name} in {output}: {flag:?} does nothing");
                }
                Ok(_) => assert!(!is_so_already(name, output, flag), "{name} in {output}: {flag:?} acts"),
                Err(why) => {
                    assert!(why.contains(flag[0]), "{name} in {output}: {flag:?} is refused with {why}");
                }
            }
        }
    }
}

#[test]
fn every_verb_that_reads_a_recording_says_how_one_is_piped_in() {
    let place = Place::new();
    for verb in ["plot", "compare", "peak", "summary", "export"] {
        let help = place.mprof(&[verb, "--help"]).stdout;
        assert!(help.contains("- is what is piped in"), "{verb}: {help}");
    }
}

#[test]
fn what_is_about_the_content_acts_or_is_refused() {
    check(&["x.svg", "x.txt", "x.html"], &ABOUT_CONTENT);
}

#[test]
fn what_is_about_the_output_acts_or_is_refused() {
    check(&["x.svg", "x.txt", "x.html", "x.png", "x.pdf"], &ABOUT_OUTPUT);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let place = Place::new();
    place.write("a.dat", recording(1));
    for pair in [
        ["--flame", "--brackets"],
        ["--flame", "--no-calls"],
        ["--brackets", "--no-calls"],
        ["--stack", "--kinds"],
        ["--stack", "--children"],
        ["--kinds", "--children"],
        ["--kinds", "--metric=rss"],
        ["--scale=2", "--dpi=96"],
        ["--normalize-time", "--window=0,1"],
    ] {
        place.mprof(&["plot", "a.dat", "-o", "x.png", pair[0], pair[1]]).check(2, "cannot be used with");
    }
}

#[test]
fn panels_are_stacked_with_one_legend_for_all() {
    let place = Place::new();
    place.write("a.dat", recording(1));
    place.write("b.dat", recording(2));
    place.write("mprofs.dat", "CMDLINE x\nMEM 1.0 0.0\nMEM 3.0 5.0\n");
    let svg = |flag: &str, files: &[&str]| {
        place.mprof(&[&["compare", flag, "-o", "x.svg"], files].concat()).check(0, "");
        place.read("x.svg")
    };
    let stack = svg("--stack", &["a.dat", "b.dat", "mprofs.dat"]);
    assert!(stack.contains("the program") && stack.contains("its 2nd largest"), "{stack}");
    assert!(!stack.contains("cc (2)"), "names of one recording are not for all");
    let kinds = svg("--kinds", &["a.dat", "mprofs.dat"]);
    assert!(kinds.contains("anonymous: heap") && kinds.contains("mprofs (cannot be stacked)"));
    place.mprof(&["compare", "--kinds", "mprofs.dat", "-o", "x.svg"]).check(3, "no reading of anon");
}
