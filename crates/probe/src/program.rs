//! Finding a program as a shell does, and saying well why one cannot be run.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::os::{self, Exec, Hook, Signals, Tracer};

/// Where programs are looked for when `PATH` is not set (execvp(3)).
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A program that was found, with what it is to be given.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    /// The program's name for itself, and its arguments.
    pub argv: Vec<OsString>,
    /// The command as it was typed, which the recording keeps: a script's may lack the interpreter.
    pub typed: Vec<OsString>,
    /// Variables that it gets beside our own environment.
    pub env: Vec<(OsString, OsString)>,
}

/// Whether processes are stopped at their exit, to be read once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitsSeen {
    /// No: what a process held between its last reading and its exit is told by its parent's `wait` alone.
    AsTheyHappen,
    /// Yes, each one of the tree, with ptrace(2). It slows the creation of processes and threads, and refuses
    /// debuggers inside the tree.
    Stopped,
}

/// What the program is given in the place of our own streams, if anything.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
}

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Spawned {
    pub(crate) pid: u32,
    /// What its `ru_maxrss` shows at the least, whatever it does.
    pub(crate) maxrss_floor_bytes: Option<u64>,
    /// What stops processes at their exit, or why it cannot.
    pub(crate) tracer: Option<io::Result<Tracer>>,
}

/// Why a program cannot be run. The two kinds are the shells' exit statuses 127 and 126.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRunnable {
    /// There is no such file. Holds what was looked for and where.
    NotFound(String),
    /// There is one, and it cannot be executed. Holds the file and the reason.
    NotExecutable(String),
}

impl std::fmt::Display for NotRunnable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound(what) | Self::NotExecutable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for NotRunnable {}

impl Program {
    /// Finds the program that a command names: a path when there is a slash in it, or else a name on `PATH`.
    ///
    /// # Errors
    /// When there is no such file, or when it may not be executed.
    pub fn find(argv: Vec<OsString>, search_path: Option<&OsStr>) -> Result<Self, NotRunnable> {
        let name = argv.first().cloned().unwrap_or_default();
        let path =
            if has_slash(&name) { executable(Path::new(&name))? } else { on_path(&name, search_path)? };
        Ok(Self { path, typed: argv.clone(), argv, env: Vec::new() })
    }

    /// Starts the program with our own standard streams, or what it is given in their place, and with the signals that we
    /// hold up. Where the user may have no more processes, the sentinel makes room.
    pub(crate) fn spawn(
        &self,
        exits: ExitsSeen,
        given: Given,
        signals: Option<&mut Signals>,
    ) -> Result<Spawned, NotRunnable> {
        // Behind std stands execvp(3), which gives a script without `#!` to `sh` as shells do.
        let mut command = Command::new(&self.path);
        command.arg0(&self.argv[0]).args(&self.argv[1..]);
        os::give_environment(&mut command, &self.env);
        signals.iter().for_each(|signals| signals.let_through(&mut command));
        if let Some(fd) = given.stdout {
            command.stdout(fd);
        }
        if let Some(fd) = given.stderr {
            command.stderr(fd);
        }
        // Where descriptors are short, the program comes before what the hook would tell.
        let exec = Exec { path: &self.path, argv: &self.argv, added: &self.env };
        let mut hook = Hook::install(&mut command, (exits == ExitsSeen::AsTheyHappen).then_some(exec)).ok();
        let tracer = match exits {
            ExitsSeen::AsTheyHappen => None,
            ExitsSeen::Stopped => Some(Tracer::prepare(&mut command)),
        };
        let spawned = command.spawn().or_else(|error| {
            if error.kind() != io::ErrorKind::WouldBlock {
                return Err(error);
            }
            signals.into_iter().for_each(Signals::dismiss_sentinel);
            command.spawn()
        });
        let pid = spawned.as_ref().ok().map(Child::id);
        let is_refused = pid.is_some_and(|pid| hook.as_mut().is_some_and(|hook| hook.is_refused(pid)));
        let spawned = if is_refused {
            spawned.and_then(|mut gone| gone.wait()).and_then(|_| command.spawn())
        } else {
            spawned
        };
        let pid = spawned.map_err(|error| self.explain(&error))?.id();
        let maxrss_floor_bytes = hook.and_then(|hook| hook.maxrss_floor_bytes());
        Ok(Spawned { pid, maxrss_floor_bytes, tracer })
    }

    /// The file was there, so that "not found" is about the interpreter that it names.
    fn explain(&self, error: &io::Error) -> NotRunnable {
        let path = self.path.display();
        if error.kind() == io::ErrorKind::NotFound {
            return NotRunnable::NotFound(format!(
                "{path}: its interpreter (the #! line, or the loader) was not found"
            ));
        }
        let wants = match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => {
                " (mprof-rs lacks descriptors to start it: raise `ulimit -n`)"
            }
            Some(libc::EAGAIN | libc::ENOMEM) => {
                " (mprof-rs has no room to start it: see `ulimit -u` and `-v`)"
            }
            _ => "",
        };
        NotRunnable::NotExecutable(format!("{path}: cannot be executed: {error}{wants}"))
    }
}

fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

/// The first executable file of that name. One that may not be executed is remembered, to say so.
fn on_path(name: &OsStr, search_path: Option<&OsStr>) -> Result<PathBuf, NotRunnable> {
    let shown = name.display();
    let mut refused = None;
    for folder in std::env::split_paths(search_path.unwrap_or(OsStr::new(DEFAULT_PATH))) {
        if name.is_empty() {
            break;
        }
        match executable(&folder.join(name)) {
            Ok(path) => return Ok(path),
            Err(error @ NotRunnable::NotExecutable(_)) => refused = refused.or(Some(error)),
            Err(NotRunnable::NotFound(_)) => {}
        }
    }
    Err(refused.unwrap_or_else(|| NotRunnable::NotFound(format!("{shown}: no such program on PATH"))))
}

/// The path, if it is a file that may be executed.
fn executable(path: &Path) -> Result<PathBuf, NotRunnable> {
    let shown = path.display();
    let refuse = |why: &str| Err(NotRunnable::NotExecutable(format!("{shown}: {why}")));
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => refuse("is a directory"),
        Ok(_) if !os::may_execute(path) => {
            refuse("is not executable: run it with its interpreter, or `chmod +x` it")
        }
        Ok(_) => Ok(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => refuse("permission denied"),
        Err(_) => Err(NotRunnable::NotFound(format!("{shown}: no such file"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str, search_path: &str) -> Result<PathBuf, NotRunnable> {
        Program::find(vec![name.into()], Some(OsStr::new(search_path))).map(|program| program.path)
    }

    #[test]
    fn a_name_is_found_on_the_path_in_its_order() {
        assert_eq!(find("sh", "/nowhere:/bin:/usr/bin"), Ok("/bin/sh".into()));
    }

    #[test]
    fn a_path_is_itself() {
        assert_eq!(find("/bin/sh", ""), Ok("/bin/sh".into()));
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["no-such-program", "./no-such-program", ""] {
            let error = find(name, "/bin").unwrap_err();
            assert!(matches!(&error, NotRunnable::NotFound(what) if what.starts_with(name)), "{error}");
        }
    }

    #[test]
    fn what_may_not_be_executed_is_another_error() {
        for name in ["/", "/etc/passwd"] {
            assert!(matches!(find(name, ""), Err(NotRunnable::NotExecutable(_))), "{name}");
        }
        assert!(matches!(find("passwd", "/etc"), Err(NotRunnable::NotExecutable(_))));
    }
}
