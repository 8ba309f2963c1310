//! Links the binary statically where the system has the libraries for it, so that it starts with nothing to look up.
//!
//! `-C target-feature=+crt-static` would do the same, but cargo gives it to macros that run in the compiler too, which
//! cannot be static, unless a target is named, and then the binary is elsewhere. So the linker finds a folder of static
//! libraries first. Where one lacks, or for another machine, the binary is linked as usual.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the standard library asks the linker for, and the file that is it.
const LIBRARIES: [(&str, &str); 7] = [
    ("libgcc_s.a", "libgcc_eh.a"),
    ("libc.a", "libc.a"),
    ("libm.a", "libm.a"),
    ("librt.a", "librt.a"),
    ("libpthread.a", "libpthread.a"),
    ("libutil.a", "libutil.a"),
    ("libdl.a", "libdl.a"),
];

/// `MPROF_RS_STATIC=0` links as usual, for whoever wants that.
const SWITCH: &str = "MPROF_RS_STATIC";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SWITCH}");
    let folder = PathBuf::from(variable("OUT_DIR"));
    if variable(SWITCH) != "0" && is_native_gnu() && has_usual_linker() && gather(&folder).is_some() {
        // For the binary alone: a test that is linked as usual would take a libc from there that does not fit it.
        println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
        for argument in ["-static", "-no-pie", "-Wl,-z,noseparate-code", "-lgcc_eh", "-lgcc", "-lc"] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}

/// Whether nobody chose another linker than the C compiler that is asked here, or linked statically himself.
fn has_usual_linker() -> bool {
    let is_named = ["cc", "gcc"].iter().any(|&name| variable("RUSTC_LINKER") == name);
    let features = variable("CARGO_CFG_TARGET_FEATURE").into_string().unwrap_or_default();
    (is_named || variable("RUSTC_LINKER").is_empty()) && !features.split(',').any(|it| it == "crt-static")
}

fn is_native_gnu() -> bool {
    let is = |name: &str, value: &str| variable(name) == value;
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && variable("HOST") == variable("TARGET")
}

/// Links to all of the libraries, or nothing where one is missing.
fn gather(folder: &Path) -> Option<()> {
    for (asked, file) in LIBRARIES {
        let library = find(file)?;
        let link = folder.join(asked);
        let _ = std::fs::remove_file(&link);
        // One that goes away later must not leave a static link with a shared library.
        println!("cargo::rerun-if-changed={}", library.display());
        symlink(library, link).ok()?;
    }
    Some(())
}

/// Where the C compiler has a library. It repeats the name of one that it does not know.
fn find(file: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={file}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    path.is_absolute().then_some(path)
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_default()
}
