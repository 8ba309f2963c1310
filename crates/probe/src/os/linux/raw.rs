//! System calls without the C library, for a process that shares the memory of one of our threads: the library would
//! leave the error in that thread's `errno`, between its own call and its look at it.

/// Makes a system call, and gives what the kernel answers: an error is its number, negated.
///
/// # Safety
/// As for the system call.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn call(number: libc::c_long, args: [usize; 4]) -> isize {
    let answer;
    let [a, b, c, d] = args;
    // SAFETY: the kernel changes these registers and no others, and what it does to memory the caller answers for.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            lateout("rcx") _, lateout("r11") _,
            options(nostack)
        );
    }
    answer
}

/// The same on another machine.
#[cfg(target_arch = "aarch64")]
pub(super) unsafe fn call(number: libc::c_long, args: [usize; 4]) -> isize {
    let answer;
    let [a, b, c, d] = args;
    // SAFETY: as above.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => answer,
            in("x1") b, in("x2") c, in("x3") d,
            options(nostack)
        );
    }
    answer
}

/// Where nobody has written that, `errno` may be another's for a moment.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) unsafe fn call(number: libc::c_long, args: [usize; 4]) -> isize {
    let [a, b, c, d] = args;
    // SAFETY: the caller's.
    unsafe { libc::syscall(number, a, b, c, d) as isize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_answer_is_the_kernels_and_errno_stays_as_it_was() {
        // SAFETY: both take integers, and the first finds no such descriptor.
        let (refused, pid) =
            unsafe { (call(libc::SYS_dup, [usize::MAX, 0, 0, 0]), call(libc::SYS_getpid, [0; 4])) };
        assert_eq!((refused, pid), (-(libc::EBADF as isize), std::process::id() as isize));
        // SAFETY: it sets errno to another error, which a bare call leaves.
        unsafe {
            libc::chdir(c"/nowhere/at/all".as_ptr());
            call(libc::SYS_dup, [usize::MAX, 0, 0, 0]);
        }
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::ENOENT));
    }
}
