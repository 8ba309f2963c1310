//! What runs in the child between fork and exec.

use std::ffi::{CString, OsString};
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mprof_recording::event::Exit;

use super::super::Exec;
use super::super::environment;
use super::super::inherited::close_again;
use super::super::unix::reaping::peek_exited;
use super::super::unix::{change_dispositions, check, own_usage};
use super::lean::Lean;

/// How often, and how long apart, a child is looked at that said no word: it takes a moment to be gone.
const N_LOOKS: u32 = 50;
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What ends a process whose code or memory is not what it takes it for.
const FAULTS: [i32; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS];

/// It restores the signals and streams that were changed, and tells how large the child is.
///
/// Linux hands the high-water mark of the spawning image down through exec into the child's `ru_maxrss`
/// (getrusage(2)). A hook makes std fork instead of sharing our memory until the exec, so that this is the small
/// copy's mark and not ours; and where it can, the copy becomes next to nothing before ([`Lean`]).
#[derive(Debug)]
pub(crate) struct Hook {
    told: io::PipeReader,
    /// The way of std is gone, and no lean one.
    is_plain: Arc<AtomicBool>,
    maxrss_floor_bytes: Option<u64>,
}

impl Hook {
    /// Arranges for a command to run it. With all that exec is given, it need not come back.
    pub(crate) fn install(command: &mut Command, exec: Option<Exec<'_>>) -> io::Result<Self> {
        let (told, writer) = io::pipe()?;
        set_nonblocking(&told)?;
        let dispositions = change_dispositions();
        let lean = exec.and_then(lean);
        let is_plain = Arc::new(AtomicBool::new(false));
        let hook = Self { told, is_plain: Arc::clone(&is_plain), maxrss_floor_bytes: None };
        let tell = move || {
            dispositions.iter().for_each(|disposition| disposition.restore());
            close_again();
            if let Some(lean) = lean.as_ref().filter(|_| !is_plain.load(Ordering::Relaxed)) {
                forget_handlers();
                lean.leave(writer.as_raw_fd());
            }
            let bytes = own_usage().map_or(0, |usage| usage.peak_bytes).to_ne_bytes();
            // SAFETY: write is async-signal-safe, as everything between fork and exec must be. If it fails,
            // the floor is unknown, and the program runs all the same.
            unsafe { libc::write(writer.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
            Ok(())
        };
        // SAFETY: the hook makes system calls and touches nothing that a lock of another thread guards.
        unsafe { command.pre_exec(tell) };
        Ok(hook)
    }

    /// Whether the program did not come to run the lean way, although std says of it that it has begun: exec refused it,
    /// or the copy fell before, as it may where a translator of another processor's code lives in its memory. The child
    /// is gone then, and if the command is spawned once more, std goes its own way and finds out why.
    pub(crate) fn is_refused(&mut self, pid: u32) -> bool {
        let mut words = [0; 2 * size_of::<u64>()];
        // All was written before std knew that the child has become another image, or is gone.
        let n = self.told.read(&mut words).unwrap_or(0);
        let (&floor, _) = words.split_first_chunk().unwrap_or((&[0; size_of::<u64>()], &[]));
        self.maxrss_floor_bytes = (n >= floor.len()).then(|| u64::from_ne_bytes(floor));
        let is_refused = n == words.len() || n == 0 && self.has_fallen(pid);
        self.is_plain.store(is_refused, Ordering::Relaxed);
        is_refused
    }

    /// Whether a child that said no word is gone, and nobody's signal has ended it. No program begins before the word.
    fn has_fallen(&self, pid: u32) -> bool {
        for _ in 0..N_LOOKS {
            match peek_exited(libc::P_PID, pid, 0) {
                Ok(Some((_, Exit::Code(_)))) => return true,
                Ok(Some((_, Exit::Signal(signal)))) => return FAULTS.contains(&signal),
                _ => std::thread::sleep(LOOK_EVERY),
            }
        }
        false
    }

    /// The least that the child's `ru_maxrss` can be.
    pub(crate) fn maxrss_floor_bytes(&self) -> Option<u64> {
        self.maxrss_floor_bytes
    }
}

fn lean(exec: Exec<'_>) -> Option<Lean> {
    let text = |bytes: &[u8]| CString::new(bytes).ok();
    let argv: Option<Vec<CString>> = exec.argv.iter().map(|it: &OsString| text(it.as_bytes())).collect();
    Lean::prepare(&text(exec.path.as_os_str().as_bytes())?, &argv?, &environment::entries(exec.added))
}

/// Gives signals that have a handler their default, as exec will. Async-signal-safe, for the time in which the handlers
/// may be gone already.
fn forget_handlers() {
    for signal in 1..=64 {
        let mut now = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: a zeroed sigaction is a valid one, and the pointer lives through the call.
        let disposition = unsafe {
            libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr());
            now.assume_init().sa_sigaction
        };
        if disposition != libc::SIG_IGN && disposition != libc::SIG_DFL {
            // SAFETY: the default installs no code.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

/// The word of a child that has begun is there, or there will be none.
fn set_nonblocking(pipe: &io::PipeReader) -> io::Result<()> {
    // SAFETY: fcntl with this command takes integers.
    check(unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Stdio;

    /// A command that becomes a file, given the name of an argument and a variable.
    fn command(path: &Path) -> (Command, Hook) {
        let argv = ["cat", "-"].map(OsString::from);
        let added = [("ADDED".into(), "a value".into())];
        let mut command = Command::new(path);
        command.arg0(&argv[0]).args(&argv[1..]).stdout(Stdio::piped());
        environment::give_environment(&mut command, &added);
        let hook = Hook::install(&mut command, Some(Exec { path, argv: &argv, added: &added })).unwrap();
        (command, hook)
    }

    #[test]
    fn a_program_begins_with_next_to_no_memory_of_ours() {
        let ballast = std::hint::black_box(vec![1_u8; 32 << 20]);
        let (mut command, mut hook) = command(Path::new("/bin/cat"));
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        assert!(!hook.is_refused(child.id()));
        let floor_bytes = hook.maxrss_floor_bytes().unwrap();
        if cfg!(target_arch = "x86_64") {
            assert!(floor_bytes < 1 << 20, "{floor_bytes}");
        }
        let of_child = |name: &str| std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        assert_eq!(of_child("cmdline"), b"cat\0-\0");
        assert!(of_child("environ").ends_with(b"ADDED=a value\0"));
        child.kill().and_then(|()| child.wait()).unwrap();
        drop(ballast);
    }

    #[test]
    fn who_falls_before_its_first_word_has_not_begun() {
        let hook = || {
            let told = io::pipe().unwrap().0;
            set_nonblocking(&told).unwrap();
            Hook { told, is_plain: Arc::default(), maxrss_floor_bytes: None }
        };
        for (signal, is_refused) in [("SEGV", true), ("TERM", false)] {
            let mut fallen = Command::new("sh").args(["-c", &format!("kill -{signal} $$")]).spawn().unwrap();
            assert_eq!(hook().is_refused(fallen.id()), is_refused, "{signal}");
            fallen.wait().unwrap();
        }
        let mut running = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(!hook().is_refused(running.id()));
        running.kill().and_then(|()| running.wait()).unwrap();
    }

    #[test]
    fn who_is_refused_leanly_is_refused_by_std_with_its_reason() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("mprof-refused-{}", std::process::id()));
        std::fs::write(&path, "#!/nowhere/at/all\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (mut command, mut hook) = command(&path);
        let error = command.spawn().and_then(|mut child| {
            assert!(hook.is_refused(child.id()));
            assert_eq!(child.wait()?.code(), Some(127));
            command.spawn()
        });
        std::fs::remove_file(&path).unwrap();
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
