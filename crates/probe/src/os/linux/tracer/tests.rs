//! The tracer on real processes. What has threads, or calls vfork, is C: `tests/data/tracees.c`, built once.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use mprof_recording::metric::Metric;

use std::mem::MaybeUninit;

use super::*;
use crate::os::imp::is_running;

const MIB: u64 = 1 << 20;
/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that is traced.
struct Run {
    tracer: Tracer,
    child: Child,
    /// Apart from the child, since std closes it before a wait.
    input: ChildStdin,
    exited: Vec<Exited>,
}

impl Run {
    fn start(mut command: Command) -> Self {
        let tracer = Tracer::prepare(&mut command).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        Self { tracer, child, input, exited: Vec::new() }
    }

    fn script(script: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Self::start(command)
    }

    fn tracee(mode: &str) -> Self {
        let mut command = Command::new(TRACEES.as_path());
        command.arg(mode);
        Self::start(command)
    }

    /// Waits for the end of the program itself.
    fn reap(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        self.tracer.drain(&mut self.exited);
        assert!(self.exited.iter().any(|it| it.pid == self.child.id()), "told before it can be reaped");
        status
    }

    /// Waits until nothing is left of it, and gives what ended.
    fn finish(mut self) -> (ExitStatus, Vec<Exited>) {
        let status = self.child.wait().unwrap();
        wait_until(|| {
            self.tracer.drain(&mut self.exited);
            self.tracer.failure().is_some() || self.tracer.ledger.is_closed()
        });
        assert!(self.tracer.failure().is_none(), "{:?}", self.tracer.failure());
        assert!(!self.tracer.is_following() || self.tracer.unread.is_empty());
        (status, self.exited)
    }

    /// A line that the program says, which tells that it has come so far.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }
}

static TRACEES: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tracees.c");
    let program = std::env::current_exe().unwrap().with_file_name("tracees");
    let new = program.with_extension(std::process::id().to_string());
    let status = Command::new("cc").args(["-O1", "-pthread", "-o"]).arg(&new).arg(source).status();
    assert!(status.unwrap().success(), "cc builds what is traced, as it links every Rust program");
    std::fs::rename(new, &program).unwrap();
    program
});

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn hwm_bytes(exited: &Exited) -> u64 {
    exited.bytes.get(Metric::Hwm).unwrap_or(0)
}

#[track_caller]
fn only<'a>(exited: &'a [Exited], name: &str) -> &'a Exited {
    let named: Vec<_> = exited.iter().filter(|it| it.name == name.as_bytes()).collect();
    assert_eq!(named.len(), 1, "{name} in {exited:?}");
    named[0]
}

fn status_line(pid: u32, name: &[u8]) -> Option<String> {
    let text = std::fs::read(format!("/proc/{pid}/status")).ok()?;
    note::line(&text, name).map(|line| String::from_utf8_lossy(line).trim().to_owned())
}

#[test]
fn a_grandchild_that_lived_for_a_moment_has_its_true_peak() {
    let started_ns = super::super::monotonic_ns();
    let run = Run::script("sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1 status=none; true'; true");
    let root = run.child.id();
    let (status, exited) = run.finish();
    assert!(status.success());
    assert_eq!(exited.len(), 3, "{exited:?}");
    let (dd, last) = (only(&exited, "dd"), exited.last().unwrap());
    assert!((64 * MIB..70 * MIB).contains(&hwm_bytes(dd)), "{dd:?}");
    assert_eq!((last.pid, last.parent), (root, std::process::id()));
    assert_eq!(exited[1].parent, root);
    assert_eq!(dd.parent, exited[1].pid);
    assert!(exited.is_sorted_by_key(|it| it.at_ns) && exited[0].at_ns > started_ns);
}

#[test]
fn five_hundred_processes_are_told_once_each() {
    let run = Run::script("i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done");
    let root = run.child.id();
    let (_, exited) = run.finish();
    assert_eq!(exited.len(), 501);
    let trues: Vec<_> = exited.iter().filter(|it| it.name == b"true" && it.parent == root).collect();
    assert_eq!(trues.len(), 500);
    assert!(trues.iter().all(|it| hwm_bytes(it) > 0));
}

#[test]
fn exits_are_the_programs_own() {
    let status = |script: &str| Run::script(script).reap();
    assert_eq!(status("exit 7").code(), Some(7));
    assert_eq!(status("sh -c 'exit 3'; exit $?").code(), Some(3));
    assert_eq!(status("kill -9 $$").signal(), Some(9));
    assert_eq!(status("sh -c 'kill -TERM $$'; exit $?").code(), Some(128 + 15));
    assert_eq!(status("trap 'exit 4' USR1; kill -USR1 $$; sleep 60").code(), Some(4));
}

#[test]
fn a_killed_process_has_its_reading() {
    let (status, exited) = Run::script("kill -9 $$").finish();
    assert_eq!(status.signal(), Some(9));
    assert!(exited.len() == 1 && hwm_bytes(&exited[0]) > 0, "{exited:?}");
}

#[test]
fn processes_killed_at_any_moment_are_told_once_each() {
    let (status, exited) = Run::tracee("kill-race").finish();
    assert_eq!(status.code(), Some(0));
    let mut pids: Vec<_> = exited.iter().map(|it| it.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!((exited.len(), pids.len()), (501, 501));
}

#[test]
fn a_parent_sees_its_child_stop_and_go_on() {
    let (status, exited) = Run::tracee("job-control").finish();
    assert_eq!((status.code(), exited.len()), (Some(0), 2));
}

#[test]
fn a_stopped_program_stays_stopped_until_it_is_continued() {
    let mut run = Run::script("echo ready; read line; exit 6");
    let pid = run.child.id();
    assert_eq!(run.hear(), "ready");
    signal(pid, libc::SIGSTOP);
    wait_until(|| status_line(pid, b"State:").is_some_and(|it| it.to_lowercase().starts_with('t')));
    run.say("go");
    std::thread::sleep(Duration::from_millis(20));
    assert!(is_running(pid));
    signal(pid, libc::SIGCONT);
    assert_eq!(run.reap().code(), Some(6));
}

#[test]
fn a_process_ends_with_its_last_thread() {
    let (status, exited) = Run::tracee("first-leaves").finish();
    assert_eq!((status.code(), exited.len()), (Some(0), 1));
    assert!((32 * MIB..40 * MIB).contains(&hwm_bytes(&exited[0])), "{exited:?}");
    assert_eq!(exited[0].name, b"tracees");
}

#[test]
fn threads_that_come_and_go_are_one_process() {
    for _ in 0..10 {
        let (status, exited) = Run::tracee("churn").finish();
        assert_eq!((status.code(), exited.len()), (Some(0), 1), "{exited:?}");
        assert!(hwm_bytes(&exited[0]) > 0);
    }
}

#[test]
fn threads_that_end_together_are_one_process() {
    for _ in 0..20 {
        let (status, exited) = Run::tracee("exit-all").finish();
        assert_eq!((status.code(), exited.len()), (Some(3), 1), "{exited:?}");
        assert!(hwm_bytes(&exited[0]) > 0);
        let (status, exited) = Run::tracee("killed").finish();
        assert_eq!((status.signal(), exited.len()), (Some(9), 1), "{exited:?}");
        assert!(hwm_bytes(&exited[0]) > 0);
    }
}

#[test]
fn a_thread_that_calls_exec_leaves_one_process_with_the_new_memory() {
    for _ in 0..20 {
        let run = Run::tracee("thread-execs");
        let root = run.child.id();
        let (status, exited) = run.finish();
        assert_eq!((status.code(), exited.len()), (Some(0), 1), "{exited:?}");
        assert_eq!((exited[0].pid, exited[0].name.as_slice()), (root, &b"true"[..]));
        assert!((1..32 * MIB).contains(&hwm_bytes(&exited[0])), "{exited:?}");
    }
}

#[test]
fn borrowed_memory_is_not_counted_twice() {
    let run = Run::tracee("vfork");
    let root = run.child.id();
    let (_, exited) = run.finish();
    assert_eq!(exited.len(), 2);
    assert_eq!((exited[0].parent, exited[0].bytes), (root, Bytes::default().with(Metric::Hwm, 0)));
    assert!(hwm_bytes(&exited[1]) >= 32 * MIB);
}

#[test]
fn an_orphan_is_followed_to_its_end() {
    let orphan = "exec >&-; read line <&3; dd if=/dev/zero of=/dev/null bs=48M count=1 status=none; true";
    let mut run = Run::script(&format!("exec 3<&0; (setsid sh -c '{orphan}' &); exit 2"));
    assert_eq!(run.reap().code(), Some(2));
    assert!(run.tracer.failure().is_none() && !run.tracer.ledger.is_closed());
    run.say("go");
    let (_, exited) = run.finish();
    let dd = only(&exited, "dd");
    assert!((48 * MIB..54 * MIB).contains(&hwm_bytes(dd)), "{dd:?}");
}

#[test]
fn a_dropped_tracer_lets_go_of_what_lives() {
    let mut run = Run::script("trap 'exit 9' USR1; echo ready; read line; kill -USR1 $$");
    let pid = run.child.id();
    assert_eq!(run.hear(), "ready");
    assert_eq!(status_line(pid, b"TracerPid:"), Some(run.tracer.pid().to_string()));
    let Run { tracer, mut child, mut input, .. } = run;
    drop(tracer);
    assert_eq!(status_line(pid, b"TracerPid:"), Some("0".to_owned()));
    writeln!(input, "go").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[test]
fn tracers_dropped_in_the_middle_of_things_do_no_harm() {
    for wait_us in 0..60 {
        let Run { tracer, mut child, .. } =
            Run::script("i=0; while [ $i -lt 9 ]; do /bin/true; i=$((i+1)); done; exit $i");
        std::thread::sleep(Duration::from_micros(wait_us * 100));
        drop(tracer);
        assert_eq!(child.wait().unwrap().code(), Some(9));
    }
}

#[test]
fn a_killed_follower_is_a_failure_and_the_program_goes_on() {
    let mut run = Run::script("echo ready; read line; exit 5");
    assert_eq!(run.hear(), "ready");
    signal(run.tracer.pid(), libc::SIGKILL);
    wait_until(|| !run.tracer.is_following());
    run.tracer.drain(&mut run.exited);
    assert!(run.tracer.failure().unwrap().to_string().contains("killed"));
    run.say("go");
    assert_eq!(run.child.wait().unwrap().code(), Some(5));
}

/// The variable by which the next test, started again as a process of its own, knows that it is to be killed.
const VICTIM: &str = "MPROF_PROBE_TEST_VICTIM";

#[test]
fn a_killed_recorder_lets_go_of_the_program() {
    if std::env::var_os(VICTIM).is_some() {
        let mut run = Run::script("echo $$ >&2; exec >&2; read line; echo still here");
        // We never write to its input: it goes on when we are gone.
        run.child.wait().unwrap();
    }
    let name = "os::imp::tracer::tests::a_killed_recorder_lets_go_of_the_program";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(VICTIM, "yes");
    let mut victim = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines().map(Result::unwrap);
    let pid = lines.by_ref().find_map(|line| line.parse::<u32>().ok()).unwrap();
    let follower = status_line(pid, b"TracerPid:").unwrap().parse::<u32>().unwrap();
    assert_eq!(status_line(follower, b"Name:").unwrap(), "mprof-tracer");
    victim.kill().unwrap();
    victim.wait().unwrap();
    // Its standard error ends when the program and the follower have ended too.
    assert_eq!(lines.next().as_deref(), Some("still here"));
    assert_eq!(lines.next(), None);
    wait_until(|| status_line(follower, b"State:").is_none_or(|it| it.starts_with('Z')));
}

#[test]
fn one_that_may_not_be_traced_runs_untraced_and_says_why() {
    let mut command = Command::new("sh");
    command.args(["-c", "exit 8"]);
    // A process has one tracer, so that the second is refused.
    let mut first = Tracer::prepare(&mut command).unwrap();
    let mut second = Tracer::prepare(&mut command).unwrap();
    assert_eq!(command.status().unwrap().code(), Some(8));
    let (mut told_first, mut told_second) = (Vec::new(), Vec::new());
    first.drain(&mut told_first);
    wait_until(|| {
        second.drain(&mut told_second);
        second.ledger.is_closed()
    });
    assert!(first.failure().is_none());
    assert_eq!(second.failure().unwrap().kind(), io::ErrorKind::PermissionDenied);
    assert_eq!((told_first.len(), told_second.len()), (1, 0));
    // A command serves one run. Another one is not held up.
    assert_eq!(command.status().unwrap().code(), Some(8));
}

#[test]
fn waits_of_ours_see_neither_stops_nor_the_follower() {
    let mut run =
        Run::script("echo ready; read line; i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done");
    let pid = run.child.id();
    run.hear();
    assert!(is_running(run.tracer.pid()), "only a wait with __WALL sees it");
    run.say("go");
    wait_until(|| peek_at_any() == Some(pid));
    // Nothing but a zombie is ever waiting: were it a stop, the program would be alive.
    assert!(status_line(pid, b"State:").unwrap().starts_with('Z'));
    assert!(run.reap().success());
    assert_eq!(run.exited.len(), 51);
}

#[test]
fn the_bell_rings_until_it_is_drained_and_memory_is_given_back() {
    let mut run = Run::script("true");
    let is_rung =
        |run: &Run| super::super::ppoll(&mut [super::super::to_read(run.tracer.fd())], 0).unwrap() > 0;
    wait_until(|| !is_running(run.child.id()));
    assert!(is_rung(&run));
    run.reap();
    wait_until(|| {
        run.tracer.drain(&mut run.exited);
        run.tracer.ledger.is_closed()
    });
    assert!(!is_rung(&run));
    run.tracer.punched_bytes = 0;
    let mut rest = Run::script("i=0; while [ $i -lt 900 ]; do /bin/true; i=$((i+1)); done");
    rest.reap();
    assert!(rest.tracer.punched_bytes >= PUNCH_BYTES);
}

/// A child of this thread that a wait would give, as a recorder looks for orphans that it adopted.
fn peek_at_any() -> Option<u32> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WNOTHREAD;
    // SAFETY: the pointer lives through the call; a zeroed siginfo has pid 0, which stays when nothing waits.
    let info = unsafe {
        assert_eq!(libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options), 0);
        info.assume_init()
    };
    // SAFETY: the field of a siginfo that waitid filled, or zero.
    let pid = unsafe { info.si_pid() } as u32;
    assert!(pid == 0 || info.si_code == libc::CLD_EXITED, "{info:?}");
    (pid > 0).then_some(pid)
}

fn signal(pid: u32, signal: i32) {
    // SAFETY: kill takes two integers. The process was not reaped, so that its number is still its own.
    unsafe { libc::kill(pid as libc::pid_t, signal) };
}
