//! `list`, `rm`, `clean`, and the indexes that stand for recordings.

use crate::harness::Place;

const OLD: &str = "mprofile_20200102030405.dat";
const MID: &str = "mprofile_20210102030405.dat";
const NEW: &str = "mprofile_20221231235959.dat";

/// A folder with three recordings of default names, and what is none of them.
fn place() -> Place {
    let place = Place::new();
    for (name, mib) in [(NEW, 3), (OLD, 1), (MID, 2)] {
        place.write(name, format!("CMDLINE run {mib}\nMEM {mib}.000000 1.0\nMEM 1.000000 2.0\n"));
    }
    for name in ["named.dat", "mprofile_2020010203040.dat", "notes.txt", "mprofile_20200102030405.png"] {
        place.write(name, "MEM 9.000000 1.0\n");
    }
    place.write("notes.txt", "precious");
    place
}

#[test]
fn a_list_begins_with_the_oldest() {
    let outcome = place().mprof(&["list"]);
    outcome.check(0, "");
    let expected = format!(
        "0 {OLD} 03:04:05 02/01/2020  run 1\n1 {MID} 03:04:05 02/01/2021  run 2\n2 {NEW} 23:59:59 31/12/2022  run 3\n"
    );
    assert_eq!(outcome.stdout, expected);
    assert_eq!(Place::new().mprof(&["list"]).stdout, "");
}

#[test]
fn what_is_no_file_and_what_is_no_time_is_not_told_of() {
    let place = place();
    let others = "mkfifo mprofile_20230101000000.dat; ln -s gone mprofile_20230101000001.dat; mkdir mprofile_20230101000002.dat
        ln -s named.dat mprofile_20230101000003.dat; cp named.dat mprofile_20261332256161.dat; cp named.dat mprofile_before-the-fix.dat";
    place.command("sh".as_ref(), &["-c", others]).check(0, "");
    let listed = place.mprof(&["list"]).stdout;
    let lines: Vec<&str> = listed.lines().skip(3).collect();
    let expected = [
        "3 mprofile_20230101000003.dat 00:00:03 01/01/2023",
        "4 mprofile_20261332256161.dat",
        "5 mprofile_before-the-fix.dat",
    ];
    assert_eq!(lines, expected);
    let of_mprof = place.mprof(&["--compat", "list"]).stdout;
    assert!(of_mprof.contains("\n4 mprofile_20261332256161.dat 25:61:61 32/13/2026\n"), "{of_mprof}");
    let removed = place.mprof(&["clean", "--dry-run"]).stdout;
    assert_eq!(removed.lines().count(), 1 + 6, "{removed}");
}

#[test]
fn indexes_count_from_both_ends_and_stand_anywhere() {
    let place = place();
    let peaks = |args: &[&str]| place.mprof(&[&["peak"], args].concat()).stdout;
    assert_eq!(peaks(&["0"]), format!("{OLD}\t1.000 MiB\n"));
    assert_eq!(peaks(&["-1"]), format!("{NEW}\t3.000 MiB\n"));
    assert_eq!(peaks(&["-1", "0", "2"]), format!("{NEW}\t3.000 MiB\n{OLD}\t1.000 MiB\n"));
    place.mprof(&["plot", "-1", "-o", "x.svg", "0"]).check(0, "chart: x.svg");
    let svg = place.read("x.svg");
    assert!(svg.contains(NEW) && svg.contains(OLD) && !svg.contains(MID));
    let compared = place.mprof(&["compare", "-3", "1", "-o", "c.svg"]).stdout;
    assert!(compared.contains("mprofile_20200102030405 |") && compared.contains("mprofile_20210102030405 |"));
    assert!(place.mprof(&["summary", "-1"]).stdout.contains("run 3"));
}

#[test]
fn a_file_comes_before_an_index() {
    let place = place();
    place.write("1", "MEM 8.000000 1.0\n");
    assert_eq!(place.mprof(&["peak", "1"]).stdout, "1\t8.000 MiB\n");
}

#[test]
fn an_index_of_nothing_says_what_there_is() {
    let place = place();
    place
        .mprof(&["peak", "3"])
        .check(1, "3: no such file, and there are 3 recordings here: 0 to 2 (or -1 to -3)");
    place.mprof(&["rm", "-4"]).check(1, "-4: no such file");
    Place::new().mprof(&["plot", "0"]).check(1, "there is no mprofile_*.dat here to count");
}

#[test]
fn removing_takes_what_was_named_and_nothing_else() {
    let place = place();
    let before = place.files();
    let outcome = place.mprof(&["rm", "--dry-run", "-1", "named.dat"]);
    assert_eq!((outcome.code, outcome.stdout), (0, format!("Files to be removed: \n{NEW}\nnamed.dat\n")));
    assert_eq!(place.files(), before);
    place.mprof(&["rm", "-1", "named.dat"]).check(0, "");
    let n_left = place.files().len();
    assert!(n_left == before.len() - 2 && !place.path(NEW).exists() && !place.path("named.dat").exists());
    place.mprof(&["rm"]).check(2, "FILES|INDEXES");
}

#[test]
fn nothing_is_removed_when_one_of_them_is_no_recording() {
    let place = place();
    let before = place.files();
    for wrong in ["missing.dat", "notes.txt", "."] {
        place.mprof(&["rm", "0", wrong]).check(1, &format!("{wrong}: "));
        place.mprof(&["rm", "--dry-run", "0", wrong]).check(1, "nothing was removed");
    }
    assert_eq!(place.files(), before);
}

#[test]
fn cleaning_takes_the_default_names_and_their_companions() {
    let place = place();
    place.write("mprofile_20200102030405_ts.dat", "");
    let dry = place.mprof(&["clean", "--dry-run"]).stdout;
    assert_eq!(dry, format!("Files to be removed: \n{OLD}\n{MID}\n{NEW}\nmprofile_20200102030405_ts.dat\n"));
    place.mprof(&["clean"]).check(0, "");
    let left = ["mprofile_2020010203040.dat", "mprofile_20200102030405.png", "named.dat", "notes.txt"];
    assert_eq!(place.files(), left);
    place.mprof(&["clean"]).check(0, "");
}

#[test]
fn what_run_names_by_itself_is_covered() {
    let place = Place::new();
    place.mprof(&["run", "-q", "true"]).check(0, "");
    let listed = place.mprof(&["list"]).stdout;
    assert!(listed.starts_with("0 mprofile_20") && listed.ends_with("  true\n"), "{listed}");
    place.mprof(&["clean"]).check(0, "");
    assert!(place.files().is_empty());
}
