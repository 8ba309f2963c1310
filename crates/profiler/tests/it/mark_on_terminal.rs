//! `run --mark-on` on a terminal: it stays one, with its size and its modes, and shows the same bytes.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::harness::{BINARY, Place};

/// A terminal: the side that a person sits at, and the side that programs have.
struct Terminal {
    person: File,
    programs: OwnedFd,
}

impl Terminal {
    fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        fcntl_setfd(&person, FdFlags::CLOEXEC).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let path = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let programs = File::options().read(true).write(true).open(path).unwrap();
        let terminal = Self { person: person.into(), programs: programs.into() };
        terminal.resize(24, 80);
        terminal
    }

    fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.person, size).unwrap();
    }

    fn stream(&self) -> Stdio {
        self.programs.try_clone().unwrap().into()
    }

    /// Runs a program to its end. `meanwhile` sits at the terminal and reads what is shown, as far as it wants to.
    fn run(self, place: &Place, args: &[&str], meanwhile: impl FnOnce(&mut Self) -> String) -> (String, i32) {
        let mut command = Command::new(args[0]);
        command.args(&args[1..]).current_dir(place.path("."));
        let mut child =
            command.stdin(self.stream()).stdout(self.stream()).stderr(self.stream()).spawn().unwrap();
        drop(command);
        let mut terminal = self;
        let mut shown = meanwhile(&mut terminal).into_bytes();
        drop(terminal.programs);
        // When nobody has the other side any more, reading is an error.
        let mut piece = [0; 1 << 12];
        while let Some(n) = terminal.person.read(&mut piece).ok().filter(|&n| n > 0) {
            shown.extend_from_slice(&piece[..n]);
        }
        (String::from_utf8(shown).unwrap(), child.wait().unwrap().code().unwrap())
    }

    fn wait_for(&mut self, text: &str) -> String {
        let mut shown = Vec::new();
        let mut byte = [0];
        while !shown.ends_with(text.as_bytes()) {
            self.person.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
        }
        String::from_utf8(shown).unwrap()
    }
}

fn marking(script: &str) -> [&str; 11] {
    [BINARY, "run", "-q", "--overwrite", "-o", "out.dat", "--mark-on", "mark .", "sh", "-c", script]
}

fn at_once(_: &mut Terminal) -> String {
    String::new()
}

/// Whatever a program prints and asks about its terminal, it is shown and answered the same.
#[test]
fn a_terminal_shows_the_same() {
    let place = Place::new();
    let scripts = [
        "test -t 0 && test -t 1 && test -t 2 && echo it is one",
        "stty size <&1; stty size <&2; stty -a <&2 | sed 's/-*extproc//'",
        "printf 'a\\nb\\r\\nc\\r\\r\\n\\n\\rd\\r'; printf '\\n'; seq 3000; printf end >&2",
        "printf '\\033[32mgreen\\033[0m 10%%\\r20%%\\r\\n'; exit 7",
        "stty -opost <&1; printf 'a\\nb\\r\\n'; stty opost <&1; echo c",
        "stty -onlcr <&2; printf 'a\\nb\\r\\n'; stty onlcr <&2; echo c",
    ];
    for script in scripts {
        let with = Terminal::new().run(&place, &marking(script), at_once);
        let without = Terminal::new().run(&place, &["sh", "-c", script], at_once);
        assert_eq!(with, without, "{script}");
    }
}

#[test]
fn lines_of_a_terminal_make_marks_and_the_account_comes_last() {
    let place = Place::new();
    let script = "printf 'mark 1\\n\\033[1mmark\\033[0m 2\\n'; echo mark 3 >&2";
    let args = marking(script);
    let (shown, code) = Terminal::new().run(&place, &[&args[..2], &args[3..]].concat(), at_once);
    assert_eq!(code, 0);
    assert!(shown.starts_with("mark 1\r\n\x1b[1mmark\x1b[0m 2\r\nmark 3\r\nmprof-rs: "), "{shown}");
    let recording = mprof_recording::dat::read(place.read("out.dat").as_bytes()).unwrap().recording;
    let names: Vec<&str> = recording.moments.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["mark 1", "mark 2", "mark 3"]);
}

#[test]
fn modes_and_size_are_the_same_on_both_whoever_changes_them() {
    let place = Place::new();
    let script = "until_is() { until eval \"$1\"; do sleep 0.01; done; echo \"$2\"; }
        stty -echo <&1; until_is 'stty -a <&0 | grep -q -- \"-echo \"' there
        stty -icanon <&0; until_is 'stty -a <&2 | grep -q -- -icanon' here
        stty echo icanon <&1; until_is 'stty -a <&0 | grep -q -- \" icanon\"' back
        stty rows 30 <&1; until_is '[ \"$(stty size <&0)\" = \"30 80\" ]' higher
        until_is '[ \"$(stty size <&2)\" = \"50 132\" ]' wider";
    let (shown, code) = Terminal::new().run(&place, &marking(script), |terminal| {
        let shown = terminal.wait_for("higher\r\n");
        terminal.resize(50, 132);
        let shown = shown + &terminal.wait_for("wider\r\n");
        let modes = tcgetattr(&terminal.programs).unwrap().local_modes;
        assert!(
            modes.contains(LocalModes::ECHO | LocalModes::ICANON) && !modes.contains(LocalModes::EXTPROC)
        );
        shown
    });
    assert_eq!((shown.as_str(), code), ("there\r\nhere\r\nback\r\nhigher\r\nwider\r\n", 0));
}

#[test]
fn what_is_typed_reaches_the_program() {
    let place = Place::new();
    let (shown, code) = Terminal::new().run(&place, &marking("read x; echo got $x"), |terminal| {
        terminal.person.write_all(b"this\n").unwrap();
        String::new()
    });
    assert_eq!((shown.as_str(), code), ("this\r\ngot this\r\n", 0));
}

/// What is piped into a pager leaves it stderr to read keys from.
#[test]
fn keys_are_read_from_what_is_printed_on_where_stdin_is_no_terminal() {
    let place = Place::new();
    let script = "stty -icanon min 1 <&2; echo ready; key=$(dd bs=1 count=1 <&2 2>/dev/null); stty icanon <&2; echo got $key";
    let script = format!("echo piped | {BINARY} run -q -o out.dat --mark-on mark sh -c '{script}'");
    let (shown, code) = Terminal::new().run(&place, &["sh", "-c", &script], |terminal| {
        let shown = terminal.wait_for("ready\r\n");
        terminal.person.write_all(b"k").unwrap();
        shown
    });
    assert_eq!((shown.as_str(), code), ("ready\r\nkgot k\r\n", 0));
}

/// What is pasted into a program that does not read it waits, and what the program prints does not.
#[test]
fn keys_that_nobody_reads_stop_no_output() {
    let place = Place::new();
    let script = "stty -icanon -echo min 1 <&2; echo ready; until [ -e typed ]; do sleep 0.05; done; sleep 0.5; \
                  seq 5000; stty icanon echo <&2; echo done";
    let script =
        format!("echo piped | timeout 20 {BINARY} run -q -o out.dat --mark-on mark sh -c '{script}'");
    let (shown, _) = Terminal::new().run(&place, &["sh", "-c", &script], |terminal| {
        let shown = terminal.wait_for("ready\r\n");
        // More than one terminal holds, and less than two.
        (0..18).for_each(|_| terminal.person.write_all(&[b'k'; 1000]).unwrap());
        place.write("typed", "");
        shown
    });
    assert!(shown.ends_with("5000\r\ndone\r\n"), "{:?}", shown.split_at(shown.len().saturating_sub(99)).1);
}

/// As from `yes | more`: the output never pauses, and a key ends it.
#[test]
fn keys_reach_a_program_that_prints_without_a_pause() {
    let place = Place::new();
    let script = "stty -icanon min 1 <&2; echo ready; yes >&2 & key=$(dd bs=1 count=1 <&2 2>/dev/null); kill $!; echo got $key";
    let script = format!("echo piped | {BINARY} run -q -o out.dat --mark-on mark sh -c '{script}'");
    let (_, code) = Terminal::new().run(&place, &["sh", "-c", &script], |terminal| {
        terminal.wait_for("ready\r\n");
        terminal.person.write_all(b"k").unwrap();
        // Slower than the program prints, so that there is always more, and many times what the terminals hold.
        let (mut shown, mut byte) = (Vec::new(), [0]);
        let has_got = (0..1 << 20).any(|_| {
            terminal.person.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
            shown.ends_with(b"got k")
        });
        assert!(has_got, "the key waits behind the output");
        String::new()
    });
    assert_eq!(code, 0);
}
