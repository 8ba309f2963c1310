//! The last step into a program, with next to no memory: Linux hands the high-water mark of the image before exec down
//! into the program's `ru_maxrss`, and even the small copy that std forks holds as much as a small program does.
//!
//! So the copy unmaps all that it has but three things, begins its mark anew and calls exec: the page of code that does
//! so, the strings that exec is given, and what the kernel writes to whenever it moves a thread (rseq(2)). It uses no
//! stack, and nothing of Rust or of the C library. x86-64 only; elsewhere the copy stays as it is.

use std::ffi::{CStr, CString};

/// The strings and lists that exec is given, and what is to be unmapped, in a mapping of their own.
#[derive(Debug)]
pub(super) struct Lean {
    at: usize,
    size: usize,
}

/// What a file must begin with for the kernel to run it. What is neither is a script for `sh`, as execvp(3) has it.
const BEGINNINGS: [&[u8]; 2] = [b"\x7fELF", b"#!"];

impl Lean {
    /// Prepares to become a program. Nothing where that takes more than one system call, or cannot be done leanly.
    pub(super) fn prepare(path: &CStr, argv: &[CString], envp: &[CString]) -> Option<Self> {
        let is_path = path.to_bytes().contains(&b'/');
        if !is_path || !is_runnable(path) {
            return None;
        }
        imp::prepare(path, argv, envp)
    }

    /// Becomes it, in the copy that std has forked. It writes its mark to the pipe before, and the error after it if exec
    /// is refused, and then is gone.
    pub(super) fn leave(&self, pipe: i32) {
        imp::leave(self, pipe);
    }
}

impl Drop for Lean {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone.
        unsafe { libc::munmap(self.at as *mut _, self.size) };
    }
}

fn is_runnable(path: &CStr) -> bool {
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    let mut head = [0; 4];
    let file = std::fs::File::open(std::ffi::OsStr::from_bytes(path.to_bytes()));
    // One that may be run and not read goes the other way.
    let is_read = file.is_ok_and(|mut file| file.read(&mut head).is_ok());
    is_read && BEGINNINGS.iter().any(|beginning| head.starts_with(beginning))
}

/// What lies between pages that are kept, from the lowest address to the highest. Those are sorted here and may overlap.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "nothing is unmapped there"))]
fn gaps<const N: usize>(mut kept: [std::ops::Range<usize>; N], top: usize) -> [[usize; 2]; 4] {
    kept.sort_unstable_by_key(|range| range.start);
    let mut gaps = [[0; 2]; 4];
    let mut start = LOWEST;
    let ends = kept.into_iter().chain(std::iter::once(top..top));
    for (gap, range) in gaps.iter_mut().zip(ends) {
        *gap = [start, range.start.saturating_sub(start)];
        start = start.max(range.end);
    }
    gaps
}

/// No process may map anything below (`vm.mmap_min_addr`).
const LOWEST: usize = 1 << 16;

#[cfg(target_arch = "x86_64")]
mod imp {
    use super::{CStr, CString, Lean, gaps};
    use std::arch::{asm, naked_asm};
    use std::ops::Range;

    const PAGE: usize = 4096;
    /// Where the addresses of a program end.
    const TOP: usize = (1 << 47) - PAGE;

    /// What the code without a stack reads, in this order.
    #[repr(C)]
    struct Orders {
        path: usize,
        argv: usize,
        envp: usize,
        gaps: [[usize; 2]; 4],
        pipe: usize,
        clear_refs: [u8; 24],
        five: [u8; 8],
        /// A `rusage` of 144 bytes, and then the error.
        usage: [u8; 144],
    }

    pub(super) fn prepare(path: &CStr, argv: &[CString], envp: &[CString]) -> Option<Lean> {
        let strings = [path].into_iter().chain(argv.iter().chain(envp).map(CString::as_c_str));
        let n_string_bytes: usize = strings.clone().map(|it| it.count_bytes() + 1).sum();
        let n_addresses = argv.len() + envp.len() + 2;
        let size = size_of::<Orders>() + n_addresses * size_of::<usize>() + n_string_bytes;
        let size = size.next_multiple_of(PAGE);
        let thread = thread_pages()?;
        let at = map(size)?;
        let (mut list, mut text) = (at + size_of::<Orders>(), at + size - n_string_bytes);
        let addresses: Vec<usize> = strings
            .map(|string| {
                let bytes = string.to_bytes_with_nul();
                // SAFETY: the mapping has room for all strings at its end.
                unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), text as *mut u8, bytes.len()) };
                text += bytes.len();
                text - bytes.len()
            })
            .collect();
        let mut lay = |addresses: &[usize]| {
            let start = list;
            for &address in addresses.iter().chain([&0]) {
                // SAFETY: the mapping has room for both lists behind the orders.
                unsafe { (list as *mut usize).write(address) };
                list += size_of::<usize>();
            }
            start
        };
        let (path, addresses) = addresses.split_first()?;
        let (argv, envp) = addresses.split_at(argv.len());
        let code = go as *const () as usize / PAGE * PAGE;
        let orders = Orders {
            path: *path,
            argv: lay(argv),
            envp: lay(envp),
            gaps: gaps([code..code + 2 * PAGE, at..at + size, thread], TOP),
            pipe: 0,
            clear_refs: *b"/proc/self/clear_refs\0\0\0",
            five: *b"5\0\0\0\0\0\0\0",
            usage: [0; 144],
        };
        // SAFETY: the mapping begins with room for them.
        unsafe { (at as *mut Orders).write(orders) };
        Some(Lean { at, size })
    }

    /// The pages around what the kernel and the C library keep for the main thread. Nothing if it does not lie there.
    fn thread_pages() -> Option<Range<usize>> {
        const REACH: isize = PAGE as isize;
        let (pointer, offset): (usize, *const isize);
        // SAFETY: both read a register or an address that the linker sets. The first word of the block is its own
        // address, and the weak symbol's address is null where the C library does not register anything.
        unsafe {
            asm!("mov {}, qword ptr fs:[0]", out(reg) pointer, options(nostack, readonly));
            asm!(
                ".weak __rseq_offset",
                "mov {}, qword ptr [rip + __rseq_offset@GOTPCREL]",
                out(reg) offset,
                options(nostack, readonly)
            );
        }
        // SAFETY: it is null or the address of a constant of the C library.
        let offset = if offset.is_null() { 0 } else { unsafe { *offset } };
        let page = pointer / PAGE * PAGE;
        (-REACH..REACH).contains(&offset).then(|| page - PAGE..page + 3 * PAGE)
    }

    fn map(size: usize) -> Option<usize> {
        let (prot, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping touches nothing that there is.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), size, prot, flags, -1, 0) };
        (at != libc::MAP_FAILED).then_some(at as usize)
    }

    pub(super) fn leave(lean: &Lean, pipe: i32) {
        let orders = lean.at as *mut Orders;
        // SAFETY: the orders are there for as long as the value is, and this process has one thread. What follows
        // unmaps everything else, and so does not come back.
        unsafe {
            (*orders).pipe = pipe as usize;
            go(orders)
        }
    }

    /// Uses registers and system calls alone: munmap, open, write, close, getrusage, write, execve; and if that comes back, write
    /// and `exit_group`.
    #[unsafe(naked)]
    unsafe extern "sysv64" fn go(orders: *const Orders) -> ! {
        naked_asm!(
            "mov rbx, rdi",
            "lea r12, [rbx + {gaps}]",
            "mov r13d, 4",
            "2:",
            "mov rdi, [r12]",
            "mov rsi, [r12 + 8]",
            "mov eax, {munmap}",
            "syscall",
            "add r12, 16",
            "dec r13d",
            "jnz 2b",
            "lea rdi, [rbx + {clear_refs}]",
            "mov esi, {for_writing}",
            "mov eax, {open}",
            "syscall",
            "mov r12d, eax",
            "mov edi, eax",
            "lea rsi, [rbx + {five}]",
            "mov edx, 1",
            "mov eax, {write}",
            "syscall",
            "mov edi, r12d",
            "mov eax, {close}",
            "syscall",
            "xor edi, edi",
            "lea rsi, [rbx + {usage}]",
            "mov eax, {getrusage}",
            "syscall",
            "shl qword ptr [rbx + {usage} + {maxrss}], 10",
            "mov rdi, [rbx + {pipe}]",
            "lea rsi, [rbx + {usage} + {maxrss}]",
            "mov edx, 8",
            "mov eax, {write}",
            "syscall",
            "mov rdi, [rbx]",
            "mov rsi, [rbx + 8]",
            "mov rdx, [rbx + 16]",
            "mov eax, {execve}",
            "syscall",
            "neg rax",
            "mov [rbx + {usage}], rax",
            "mov rdi, [rbx + {pipe}]",
            "lea rsi, [rbx + {usage}]",
            "mov edx, 8",
            "mov eax, {write}",
            "syscall",
            "mov edi, 127",
            "mov eax, {exit}",
            "syscall",
            "ud2",
            gaps = const std::mem::offset_of!(Orders, gaps),
            clear_refs = const std::mem::offset_of!(Orders, clear_refs),
            five = const std::mem::offset_of!(Orders, five),
            usage = const std::mem::offset_of!(Orders, usage),
            pipe = const std::mem::offset_of!(Orders, pipe),
            maxrss = const std::mem::offset_of!(libc::rusage, ru_maxrss),
            for_writing = const libc::O_WRONLY,
            munmap = const libc::SYS_munmap,
            open = const libc::SYS_open,
            write = const libc::SYS_write,
            close = const libc::SYS_close,
            getrusage = const libc::SYS_getrusage,
            execve = const libc::SYS_execve,
            exit = const libc::SYS_exit_group,
        )
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod imp {
    use super::{CStr, CString, Lean};

    pub(super) fn prepare(_: &CStr, _: &[CString], _: &[CString]) -> Option<Lean> {
        None
    }

    pub(super) fn leave(_: &Lean, _: i32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_what_is_kept_nothing_stays() {
        let (a, b, c) = (LOWEST + 10..LOWEST + 20, LOWEST + 15..LOWEST + 30, LOWEST + 50..LOWEST + 60);
        assert_eq!(
            gaps([c, a, b], LOWEST + 100),
            [[LOWEST, 10], [LOWEST + 20, 0], [LOWEST + 30, 20], [LOWEST + 60, 40]]
        );
    }

    #[test]
    fn what_the_kernel_does_not_run_goes_the_other_way() {
        let become_it = |path: &CStr| Lean::prepare(path, &[], &[]).is_some();
        assert_eq!(become_it(c"/proc/self/exe"), cfg!(target_arch = "x86_64"));
        assert!(!become_it(c"/etc/passwd") && !become_it(c"/nowhere") && !become_it(c"sh"));
    }
}
