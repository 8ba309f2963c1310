//! Signals: the program gets each as often as if it ran alone, whoever they were sent to.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::harness::{BINARY, Place};

/// Counts how often it gets TERM, for half a second or more, and says how often that was.
const COUNTER: &str = "n=0; trap 'n=$((n+1))' TERM; echo ready; i=0; \
    while [ $i -lt 100 ]; do sleep 0.01; i=$((i+1)); done; echo $n";

/// How often the program got TERM that somebody sends, once it is ready for it, to what is named after our number.
fn n_received(options: &[&str], send: impl Fn(u32) -> String) -> u32 {
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["run", "-q", "-o"]).arg(place.path("out.dat")).args(options).args(["sh", "-c", COUNTER]);
    let mut child = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    lines.read_line(&mut ready).unwrap();
    // The shell that sends is in another group, as a terminal's would be.
    let status = Command::new("sh").args(["-c", &send(child.id())]).status().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success() && status.success() && ready == "ready\n", "{rest}");
    assert!(place.read("out.dat").contains("\nEND "));
    rest.trim().parse().unwrap()
}

#[test]
fn what_is_sent_to_us_alone_reaches_the_program_once() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM {pid}")), 1);
    assert_eq!(n_received(&["--exact"], |pid| format!("kill -TERM {pid}")), 1);
}

#[test]
fn what_is_sent_to_the_whole_group_is_not_passed_on() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM -{pid}")), 1);
    assert_eq!(n_received(&["--exact"], |pid| format!("kill -TERM -{pid}")), 1);
}

/// As timeout(1) does, and who ends all processes of a service one by one.
#[test]
fn what_is_sent_to_us_and_then_to_all_is_not_passed_on() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM {pid} -{pid}")), 1);
}

/// Whoever ends a whole group may do so while the program is born: before the fork it is not in the group, and before
/// its exec it is a copy of us.
#[test]
fn what_is_sent_to_the_whole_group_while_the_program_is_born_reaches_it() {
    for n in 0..40 {
        let place = Place::new();
        let mut command = Command::new(BINARY);
        command.args(["run", "-q", "-o"]).arg(place.path("out.dat")).args(["sleep", "60"]);
        let mut child = command.process_group(0).stdin(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(250 * n));
        let group = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-TERM", "--", &group]).status().unwrap().success());
        let ended = (0..500).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            child.try_wait().unwrap()
        });
        // It is only there to be killed if the test fails.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
        let status = ended.unwrap_or_else(|| unreachable!("{n}: it runs on"));
        assert!(status.signal() == Some(15) || status.code() == Some(143), "{n}: {status}");
    }
}

/// A terminal with a recorder in its foreground, whose program says `ready` when it is.
pub(crate) struct Typist {
    keys: File,
    pub(crate) child: Child,
    shown: Arc<Mutex<String>>,
}

impl Typist {
    fn sit_at(place: &Place, script: &str) -> Self {
        Self::sit_before(place, &[BINARY, "run", "-q", "-o", "out.dat", "sh", "-c", script])
    }

    /// The same with any command in the foreground.
    pub(crate) fn sit_before(place: &Place, words: &[&str]) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        fcntl_setfd(&keys, FdFlags::CLOEXEC).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let path = ptsname(&keys, Vec::new()).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(path).unwrap();
        let stream = || Stdio::from(terminal.try_clone().unwrap());
        // Whoever runs the tests in the background of a script has interrupts ignored, and all below it.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", "setsid", "--ctty"]).args(words);
        command.current_dir(place.path(".")).stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        let keys = File::from(keys);
        let (shown, mut screen) = (Arc::new(Mutex::new(String::new())), keys.try_clone().unwrap());
        let screen_shown = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut piece = [0; 512];
            while let Some(n) = screen.read(&mut piece).ok().filter(|&n| n > 0) {
                screen_shown.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..n]));
            }
        });
        let mut typist = Self { keys, child, shown };
        typist.wait_until(|it| it.shown().contains("ready"));
        typist
    }

    pub(crate) fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    pub(crate) fn wait_until(&mut self, is_so: impl Fn(&mut Self) -> bool) {
        for _ in 0..3000 {
            if is_so(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        unreachable!("waited for nothing: {}", self.shown());
    }

    /// Types interrupts until the command is gone, and gives how many it took and how it ended.
    fn type_until_out(&mut self) -> (usize, ExitStatus) {
        for n in 1..100 {
            self.keys.write_all(b"\x03").unwrap();
            for _ in 0..20 {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return (n, status);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        unreachable!("nothing gets out: {}", self.shown());
    }
}

/// Whether the program ends or is given up, and wherever its input comes from.
#[test]
fn a_loop_of_a_shell_is_left_by_who_types_interrupts() {
    for program in ["echo $$ > pid; echo ready; exec sleep 60", &format!("trap '' INT; {STUBBORN}")] {
        for input in ["", "< /dev/null"] {
            let place = Place::new();
            place.write("program", program);
            let turn = format!("'{BINARY}' run -q --overwrite -o out.dat sh program {input}");
            let script = format!("for turn in 1 2 3; do {turn}; echo $turn >> turns; done");
            let mut typist = Typist::sit_before(&place, &["bash", "-c", &script]);
            let (_, status) = typist.type_until_out();
            // Who has ended is not there to be killed.
            let _ = Command::new("kill").args(["-KILL", place.read("pid").trim()]).output();
            assert_eq!(status.signal(), Some(2), "{program} {input}: {}", typist.shown());
            assert!(!place.path("turns").exists(), "{program} {input}: {}", typist.shown());
        }
    }
}

/// A shell leaves its loop for what a signal ended, and goes on with it after an exit, whatever its status.
#[test]
fn who_types_an_interrupt_ends_the_loop_of_a_shell_too() {
    let place = Place::new();
    let mut typist = Typist::sit_at(&place, "echo ready; exec sleep 60");
    typist.keys.write_all(b"\x03").unwrap();
    assert_eq!(typist.child.wait().unwrap().signal(), Some(2), "{}", typist.shown());
    assert!(place.read("out.dat").contains(" how=interrupted "));
}

/// Where the program is gone before we have been given a processor, both are news to us at once.
#[test]
fn an_interrupt_that_comes_with_the_end_of_the_program_ends_us_as_well() {
    let place = Place::new();
    let mut typist = Typist::sit_at(&place, "echo $$ > pid; echo ready; exec sleep 60");
    let recorder = typist.child.id();
    let send = |signal: &str| Command::new("kill").args([signal, &recorder.to_string()]).status().unwrap();
    send("-STOP");
    typist.wait_until(|_| state(&recorder.to_string()) == Some('T'));
    typist.keys.write_all(b"\x03").unwrap();
    let program = place.read("pid").trim().to_owned();
    typist.wait_until(|_| state(&program) == Some('Z'));
    send("-CONT");
    assert_eq!(typist.child.wait().unwrap().signal(), Some(2), "{}", typist.shown());
    assert!(place.read("out.dat").contains(" how=interrupted "));
}

/// What a process does now, as the third word of its `stat` has it (proc_pid_stat(5)).
fn state(number: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The program that we are attached to goes on, and we end as anything else in a loop of a shell that is interrupted.
#[test]
fn who_types_an_interrupt_to_an_attached_recorder_ends_the_loop_of_a_shell_too() {
    let place = Place::new();
    let mut program = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn().unwrap();
    let attach = format!("'{BINARY}' attach --overwrite -o out.dat {}", program.id());
    let script = format!("echo ready; for turn in 1 2 3; do {attach}; echo $turn >> turns; done");
    let mut typist = Typist::sit_before(&place, &["bash", "-c", &script]);
    typist.wait_until(|it| it.shown().contains("attached to"));
    let (_, status) = typist.type_until_out();
    assert_eq!(status.signal(), Some(2), "{}", typist.shown());
    assert!(!place.path("turns").exists(), "{}", typist.shown());
    assert!(place.read("out.dat").contains(" how=interrupted "));
    assert!(program.try_wait().unwrap().is_none(), "it goes on");
    program.kill().and_then(|()| program.wait()).unwrap();
}

/// Says its number, and goes on for a minute at most.
const STUBBORN: &str =
    "echo $$ > pid; echo ready; i=0; while [ $i -lt 6000 ]; do sleep 0.01; i=$((i+1)); done";

#[test]
fn who_catches_interrupts_is_left_by_the_third_and_the_second_says_so() {
    for (trap, at_least, is_warned) in [("trap 'echo got' INT", 3, true), ("trap '' INT", 2, false)] {
        let place = Place::new();
        let mut typist = Typist::sit_at(&place, &format!("{trap}; {STUBBORN}"));
        let (n, status) = typist.type_until_out();
        let shown = typist.shown();
        Command::new("kill").args(["-KILL", place.read("pid").trim()]).status().unwrap();
        assert!(n >= at_least && status.signal() == Some(2), "{n} {status}: {shown}");
        assert_eq!(shown.contains("a third Ctrl-C within two seconds"), is_warned, "{shown}");
        assert!(place.read("out.dat").contains(" how=interrupted "));
    }
}
