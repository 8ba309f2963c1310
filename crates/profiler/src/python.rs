//! Python programs: which commands are one, and what a script or a module that was named is run with.
//!
//! What makes `profile` known to them is in [`shim`]. The command itself is never rewritten where it runs as it
//! stands, so that the program is what it is without us.

mod isolation;
mod script;
mod shim;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

pub(crate) use shim::Shim;

use script::Shebang;

/// What was said about the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: its command tells whether it is Python.
    Nothing,
    /// `--python`.
    Python,
    /// `--nopython`.
    NoPython,
}

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The command.
    pub(crate) command: Vec<OsString>,
    /// The command for people: as it was typed, and with the interpreter where options of its came first.
    pub(crate) shown: Vec<OsString>,
    /// Whether it is to know `profile`.
    pub(crate) has_profile: bool,
    /// The option of the interpreter that keeps `profile` from it all the same.
    pub(crate) kept_out_by: Option<char>,
}

/// Where programs are looked for.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// `PATH`.
    pub(crate) search_path: OsString,
    /// `VIRTUAL_ENV`, which names the virtual environment that was activated.
    pub(crate) virtual_env: Option<PathBuf>,
}

/// Tools that run Python programs.
const TOOLS: [&str; 13] = [
    "uv",
    "uvx",
    "poetry",
    "pdm",
    "hatch",
    "pipenv",
    "pixi",
    "rye",
    "tox",
    "nox",
    "conda",
    "mamba",
    "micromamba",
];
/// Programs that run another one, which their arguments name.
const WRAPPERS: [&str; 12] = [
    "env", "nice", "ionice", "nohup", "time", "timeout", "stdbuf", "taskset", "numactl", "mpirun", "mpiexec",
    "srun",
];
/// What the names of scripts end with.
const SCRIPTS: [&str; 3] = ["py", "pyw", "pyz"];

impl Surroundings {
    pub(crate) fn of_this_process() -> Self {
        Self {
            search_path: std::env::var_os("PATH").unwrap_or_default(),
            virtual_env: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        }
    }

    /// The Python for a script that names none: the activated environment's, or else the first on the path.
    fn interpreter(&self) -> OsString {
        let in_env = self.virtual_env.as_ref().map(|env| env.join("bin/python")).filter(|it| it.is_file());
        let on_path = || ["python3", "python"].into_iter().find(|name| self.on_path(name.as_ref()).is_some());
        in_env.map_or_else(|| on_path().unwrap_or("python3").into(), PathBuf::into_os_string)
    }

    fn on_path(&self, name: &OsStr) -> Option<PathBuf> {
        std::env::split_paths(&self.search_path).map(|folder| folder.join(name)).find(|path| path.is_file())
    }
}

/// What to run for the command that was typed.
pub(crate) fn plan(typed: &[OsString], asked: Asked, around: &Surroundings) -> Plan {
    let command = command(typed, asked, around).unwrap_or_else(|| typed.to_vec());
    let has_profile = match asked {
        Asked::Nothing => is_python(&command, around),
        Asked::Python => true,
        Asked::NoPython => false,
    };
    let is_options = typed.first().is_some_and(|first| is_option(first));
    let shown = if is_options { command.clone() } else { typed.to_vec() };
    let kept_out_by = if has_profile { isolation::keeps_out(&command) } else { None };
    Plan { command, shown, has_profile, kept_out_by }
}

/// The command for a script or a module; nothing where what was typed runs as it stands.
fn command(typed: &[OsString], asked: Asked, around: &Surroundings) -> Option<Vec<OsString>> {
    let first = typed.first()?;
    let with = |words: &[OsString]| Some([words, &typed[1..]].concat());
    if asked == Asked::Python && is_option(first) {
        return with(&[around.interpreter(), first.clone()]);
    }
    if is_interpreter(first) || !(is_named_as_script(first) || asked == Asked::Python) {
        return None;
    }
    if let Some(path) = file_meant(first, around) {
        let runs_itself = Shebang::of(&path).is_some_and(|shebang| shebang.can_run(&path, around));
        return if runs_itself {
            with(&[with_slash(path)])
        } else {
            with(&[around.interpreter(), path.into()])
        };
    }
    let is_module = asked == Asked::Python && !is_named_as_script(first) && is_module_name(first);
    if is_module && (is_package(first) || around.on_path(first).is_none()) {
        with(&[around.interpreter(), "-m".into(), first.clone()])
    } else {
        None
    }
}

/// The file that a word means: a path from here, or, for a script, a name on the path.
fn file_meant(word: &OsStr, around: &Surroundings) -> Option<PathBuf> {
    let path = Path::new(word);
    // The parts of a package would not find each other, were it run as any folder.
    if path.is_file() || (path.join("__main__.py").is_file() && !is_package(word)) {
        return Some(path.to_owned());
    }
    is_named_as_script(word).then(|| around.on_path(word)).flatten()
}

/// A path that is not taken for a name on the path.
fn with_slash(path: PathBuf) -> OsString {
    let is_bare = !path.as_os_str().as_encoded_bytes().contains(&b'/');
    if is_bare { Path::new(".").join(path).into() } else { path.into() }
}

/// Whether a command is that of a Python program.
fn is_python(command: &[OsString], around: &Surroundings) -> bool {
    let Some((first, rest)) = command.split_first() else { return false };
    let name = file_name(first);
    if is_interpreter(first) || is_named_as_script(first) || TOOLS.contains(&name.as_ref()) {
        return true;
    }
    if WRAPPERS.contains(&name.as_ref()) {
        return rest.iter().any(|word| is_interpreter(word) || is_named_as_script(word));
    }
    let is_path = first.as_encoded_bytes().contains(&b'/');
    let path = if is_path { Some(first.into()) } else { around.on_path(first) };
    path.and_then(|path| Shebang::of(&path)).is_some_and(|shebang| shebang.is_python())
}

fn file_name(word: &OsStr) -> String {
    Path::new(word).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `python`, `python3`, `python3.13t`, `/usr/bin/pypy3`.
fn is_interpreter(word: &OsStr) -> bool {
    let name = file_name(word);
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || ".tdmw".contains(c)))
}

fn is_named_as_script(word: &OsStr) -> bool {
    let extension = Path::new(word).extension().unwrap_or_default();
    SCRIPTS.into_iter().any(|it| extension == it)
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Whether a word names a package that is here and can be run. A folder with a dot in its name is none that Python finds.
fn is_package(word: &OsStr) -> bool {
    let has = |name: &str| Path::new(word).join(name).is_file();
    let is_name = is_module_name(word) && !word.as_encoded_bytes().contains(&b'.');
    is_name && has("__init__.py") && has("__main__.py")
}

/// `package.module`.
fn is_module_name(word: &OsStr) -> bool {
    let is_name = |part: &str| {
        part.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
    };
    word.to_str().is_some_and(|word| word.split('.').all(|part| !part.is_empty() && is_name(part)))
}

#[cfg(test)]
mod tests;
