//! Where a picture goes, in which form, and on what kind of terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::harness::{BINARY, Place, fixture};

/// A command that knows nothing of the terminal that the tests run on.
fn mprof(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(args).current_dir(place.path("")).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
    command
}

fn stdout(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn nested() -> String {
    fixture("nested.dat").to_str().unwrap().to_owned()
}

/// What a command prints on a terminal of that size.
fn on_terminal(mut command: Command, n_columns: u16, n_lines: u16) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&terminal, Winsize { ws_row: n_lines, ws_col: n_columns, ws_xpixel: 0, ws_ypixel: 0 })
        .unwrap();
    let mut child = command.stdout(terminal).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    let mut bytes = Vec::new();
    // The last one to close the terminal ends it with an error.
    let _ = File::from(controller).read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

#[test]
fn on_a_terminal_the_chart_is_printed_as_wide_and_no_higher_than_it() {
    let place = Place::new();
    let text = on_terminal(mprof(&place, &["plot", &nested(), "--color", "never"]), 70, 15);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 14, "{text}");
    assert_eq!(lines[0], "python3 nested.py");
    assert_eq!(lines.iter().map(|line| line.chars().count()).max(), Some(70), "{text}");
    assert!(place.files().is_empty(), "no file is written");
    let mut told = mprof(&place, &["plot", &nested(), "--color", "never"]);
    told.env("COLUMNS", "50");
    let text = on_terminal(told, 70, 50);
    assert_eq!(text.lines().map(|line| line.chars().count()).max(), Some(50), "{text}");
}

#[test]
fn colours_are_for_terminals_unless_someone_says_otherwise() {
    let place = Place::new();
    let on = |name: &str, value: &str, when: &str| {
        let mut command = mprof(&place, &["plot", &nested(), "--color", when]);
        command.env(name, value);
        on_terminal(command, 80, 40).contains("\x1b[")
    };
    assert!(on("NO_COLOR", "", "auto"));
    assert!(!on("NO_COLOR", "1", "auto"));
    assert!(!on("CLICOLOR", "0", "auto"));
    assert!(!on("TERM", "dumb", "auto"));
    assert!(!on("CLICOLOR_FORCE", "1", "never"));
    assert!(on("NO_COLOR", "1", "always"));
    let piped = |name: &str, value: &str, when: &str| {
        let mut command = mprof(&place, &["plot", &nested(), "--format", "text", "--color", when]);
        command.env(name, value);
        stdout(command).contains("\x1b[")
    };
    assert!(!piped("TERM", "xterm", "auto"));
    assert!(piped("CLICOLOR_FORCE", "1", "auto"));
    assert!(!piped("CLICOLOR_FORCE", "0", "auto"));
    assert!(piped("TERM", "xterm", "always"));
}

#[test]
fn another_locale_has_ascii() {
    let place = Place::new();
    let is_ascii = |locale: &[(&str, &str)], args: &[&str]| {
        let nested = nested();
        let mut command = mprof(&place, &[&["plot", &nested, "--format", "text"], args].concat());
        command.env_remove("LC_ALL").envs(locale.iter().copied());
        stdout(command).is_ascii()
    };
    assert!(is_ascii(&[("LANG", "C")], &[]));
    assert!(is_ascii(&[], &[]));
    assert!(is_ascii(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")], &[]));
    assert!(!is_ascii(&[("LANG", "C"), ("LC_CTYPE", "de_DE.utf8")], &[]));
    assert!(is_ascii(&[("LANG", "de_DE.UTF-8")], &["--ascii"]));
}

#[test]
fn standard_output_takes_every_format() {
    let place = Place::new();
    let starts: [(&str, &[u8]); 5] = [
        ("png", b"\x89PNG"),
        ("svg", b"<svg"),
        ("pdf", b"%PDF"),
        ("html", b"<!"),
        ("text", b"python3 nested.py"),
    ];
    for (format, start) in starts {
        let output = mprof(&place, &["plot", &nested(), "-o", "-", "--format", format]).output().unwrap();
        assert!(output.status.success() && output.stdout.starts_with(start), "{format} {output:?}");
    }
    place
        .mprof(&["plot", &nested(), "-o", "-"])
        .check(2, "-o - needs --format: one of png, svg, pdf, html, text");
    assert!(place.files().is_empty());
}

#[test]
fn a_format_outdoes_an_ending_and_names_the_file_where_none_is_given() {
    let place = Place::new();
    std::fs::copy(fixture("nested.dat"), place.path("one.dat")).unwrap();
    place.mprof(&["plot", "one.dat", "-o", "chart", "--format", "svg"]).check(0, "chart: chart");
    assert!(place.read("chart").starts_with("<svg"));
    place.mprof(&["plot", "one.dat", "--format", "pdf"]).check(0, "chart: one.pdf");
    place.mprof(&["plot", "one.dat", "-o", "one.txt", "--width", "40"]).check(0, "chart: one.txt");
    let text = place.read("one.txt");
    assert!(text.lines().all(|line| line.chars().count() <= 40) && !text.contains('\x1b'), "{text}");
}

#[test]
fn the_file_is_shown_by_what_the_system_has() {
    let place = Place::new();
    for name in ["xdg-open", "open"] {
        place.script(name, "#!/bin/sh\nprintf '%s' \"$1\" > shown.tmp && mv shown.tmp shown\n");
    }
    let mut command = mprof(&place, &["plot", &nested(), "-o", "a.png", "--open"]);
    let path = std::env::join_paths([place.path(""), "/usr/bin".into(), "/bin".into()]).unwrap();
    assert!(command.env("PATH", path).status().unwrap().success());
    // It is not waited for.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !place.path("shown").exists() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(place.read("shown").ends_with("/a.png"));
    let mut without = mprof(&place, &["plot", &nested(), "-o", "b.png", "--open"]);
    let output = without.env("PATH", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the chart cannot be shown"), "{output:?}");
    assert!(place.path("b.png").exists());
    place.mprof(&["plot", &nested(), "-o", "-", "--format", "svg", "--open"]).check(2, "--open shows a file");
}

#[test]
fn what_can_be_read_is_drawn_and_the_rest_is_told() {
    let place = Place::new();
    place.write("bad.dat", b"\x7fELF\x00\xff");
    let outcome = place.mprof(&["plot", &nested(), "bad.dat", "missing.dat", "-o", "a.svg"]);
    outcome.check(1, "bad.dat: not a recording");
    outcome.check(1, "missing.dat: cannot be read");
    assert!(place.read("a.svg").contains("python3 nested.py"));
}

#[test]
fn a_size_without_room_is_refused() {
    let place = Place::new();
    let cases = [
        (&["-o", "a.png", "--width", "10"][..], "choose 200 to 20000 pixels"),
        (&["-o", "a.png", "--height", "201"], "a height of 201 pixels is too little"),
        (&["-o", "a.png", "--dpi", "5000"], "48 to 1200 dpi"),
        (&["-o", "a.png", "--width", "20000", "--height", "20000"], "200 million pixels"),
        (
            &["-o", "a.txt", "--width", "9"],
            "a width of 9 columns is too little for what is to be drawn: choose 10",
        ),
        (&["-o", "a.txt", "--height", "3"], "a height of 3 lines is too little"),
    ];
    for (args, why) in cases {
        place.mprof(&[&["plot", &nested()], args].concat()).check(2, why);
    }
    assert!(place.files().is_empty());
}

#[test]
fn what_cannot_be_written_is_named_in_the_systems_words() {
    let place = Place::new();
    let one = place.path("mprofile_20260101000000.dat");
    std::fs::copy(fixture("true.dat"), &one).unwrap();
    let line = |line: &str| place.command("sh".as_ref(), &["-c", &format!("{BINARY} {line} >/dev/full")]);
    for verb in ["list", "peak", "summary", "summary --json", "plot -o - --format svg"] {
        line(verb).check(1, "standard output: cannot be written: No space left on device");
    }
    place.mprof(&["plot", "-o", "no/such/x.png"]).check(1, "no/such/x.png: cannot be written: No such file");
    place.mprof(&["plot", "--scale", "3.7"]).check(2, "expected a whole number from 1 to 12");
    place.mprof(&["plot", "--width", "x"]).check(2, "expected a whole number");
    place.mprof(&["run", "-o", "-", "true"]).check(2, "-o -: standard output is the program's");
    let unrecorded = place.mprof(&["run", "-o", "no/such/x.dat", "true"]);
    unrecorded.check(125, "recording none");
    assert!(!unrecorded.stderr.contains("incomplete"), "{unrecorded:?}");
}
