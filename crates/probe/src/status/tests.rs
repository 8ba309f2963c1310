//! Files of `/proc` as kernels write them.

use super::*;

const KIB: u64 = 1024;

fn check(text: &str, rss_kib: u64, hwm_kib: Option<u64>) {
    let bytes = parse(text.as_bytes()).unwrap();
    assert_eq!(bytes.get(Metric::Rss), Some(rss_kib * KIB));
    assert_eq!(bytes.get(Metric::Hwm), hwm_kib.map(|kib| kib * KIB));
}

#[test]
fn a_file_of_linux_6_18() {
    check(include_str!("../../tests/data/status_linux_6.18.txt"), 1728, Some(1728));
}

#[test]
fn the_kinds_of_memory_come_with_it_and_an_old_kernel_may_lack_them() {
    let bytes = parse(include_bytes!("../../tests/data/status_linux_6.18.txt")).unwrap();
    let parts = [Metric::Anon, Metric::File, Metric::Shmem].map(|metric| bytes.get(metric).unwrap());
    assert_eq!(parts.iter().sum::<u64>(), bytes.get(Metric::Rss).unwrap());
    assert_eq!(bytes.get(Metric::Swap), Some(0));
    assert_eq!(bytes.get(Metric::Vms), Some(3060 * KIB));
    let old = parse(b"VmHWM:\t 9 kB\nVmRSS:\t 8 kB\nVmPTE:\t 4 kB\nVmSwap:\t 2 kB\n").unwrap();
    assert_eq!((old.get(Metric::Anon), old.get(Metric::Swap)), (None, Some(2 * KIB)));
}

#[test]
fn a_zombie_has_no_reading() {
    assert_eq!(parse(include_bytes!("../../tests/data/status_zombie_linux_6.18.txt")), None);
}

#[test]
fn an_exiting_process_has_no_reading() {
    assert_eq!(parse(b"Name:\ttrue\nVmHWM:\t     100 kB\nVmRSS:\t       0 kB\n"), None);
}

#[test]
fn a_name_cannot_pass_for_a_processor() {
    let numbers = (4..=52).map(|nth| format!(" {}", nth + 100)).collect::<String>();
    let stat = |name: &str| format!("7 ({name}) S{numbers}\n").into_bytes();
    for name in ["sleep", "a) R 1 2 3", ")", "\u{fc}\n("] {
        assert_eq!(processor(&stat(name)), Some(139), "{name}");
    }
    assert_eq!((processor(b""), processor(b"7 (x) S 1"), processor(b"7 (x")), (None, None, None));
}

#[test]
fn the_sets_are_some_lines_of_many() {
    let head = b"55c0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:   2000 kB\nPss:    700 kB\nPss_Dirty: 9 kB\n";
    let pss = Bytes::default().with(Metric::Pss, 700 * KIB);
    assert_eq!(sets(head), Some(pss));
    let private = b"Private_Clean: 5 kB\nPrivate_Dirty: 600 kB\nPrivate_Hugetlb: 2048 kB\n";
    assert_eq!(sets(&[&head[..], private].concat()), Some(pss.with(Metric::Uss, 2653 * KIB)));
    assert_eq!(sets(b""), None);
}

#[test]
fn signals_that_wait_are_bits() {
    assert_eq!(pending(b"SigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\n"), Some(1 << (15 - 1)));
    assert_eq!((pending(b"ShdPnd:\tx\n"), pending(b"")), (None, None));
    assert_eq!(caught(b"SigIgn:\t0000000000001000\nSigCgt:\t0000000000000002\n"), Some(1 << (2 - 1)));
}

#[test]
fn what_is_the_same_need_not_be_understood_again_and_what_is_not_is() {
    let text = |head: &str, rss: &str, tail: &str| {
        format!("Name:\tx\n{head}\nVmHWM:\t 9 kB\nVmRSS:\t {rss} kB\nVmPTE:\t 1 kB\nThreads:\t{tail}\n")
    };
    let mut latest = Latest::default();
    let texts = [
        text("State:\tS", "5", "1"),
        text("State:\tR", "5", "2"),
        text("State:\tR", "6", "2"),
        text("State:\tR (running)", "6", "2"),
        text("State:\tR (running)", "16", "2"),
        text("VmSize:\t 99 kB", "16", "2"),
        text("VmSize:\t 98 kB", "16", "2"),
        text("VmRSS:\t 6 kB", "7", "2"),
        "VmRSS:\t 5 kB".to_owned(),
        "VmRSS:\t 5 kB\nVmSwap:\t 1 kB\nThreads:".to_owned(),
        "Name:\tx\nState:\tZ\nThreads:\t1\n".to_owned(),
        String::new(),
        text("State:\tS", "5", "1"),
    ];
    for text in texts.iter().flat_map(|text| [text, text]) {
        assert_eq!(latest.parse(text.as_bytes()), parse(text.as_bytes()), "{text}");
    }
}

#[test]
fn the_name_is_the_first_line() {
    for (it, is_it) in [("a b", true), ("a", false), ("a b\n", false), ("a b\nU", false), ("", false)] {
        assert_eq!(has_name(b"Name:\ta b\nUmask:\t0022\n", it.as_bytes()), is_it, "{it:?}");
    }
    assert_eq!(name(b"Name:\ta b\nUmask:\t0022\n"), b"a b");
    assert_eq!(name(b"Umask:\t0022\n"), b"");
}

#[test]
fn a_task_is_a_thread_of_its_process_or_of_the_kernel() {
    assert_eq!(process(b"Name:\tx\nTgid:\t4711\nPid:\t4712\n"), Some(4711));
    assert_eq!((process(b"Tgid:\tx\n"), process(b"")), (None, None));
    assert!(is_of_kernel(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0"));
    assert!(!is_of_kernel(b"9 (a) 0 0 0 0 0 2129984) S 1 9 9 0 -1 4194560 0 0"));
    assert!(!is_of_kernel(b"9 (a"));
}

#[test]
fn who_is_dying_has_no_memory_and_is_no_zombie_or_not_as_a_whole() {
    let stat = |state: char, n_threads: u8, memory: u32| {
        format!("7 (a) Z 1 ) {state} 1 9 9 0 -1 4228100 0 0 0 0 0 0 0 0 20 0 {n_threads} 0 5 {memory} 0 9")
    };
    for (state, n_threads, memory, is_so) in [
        ('R', 1, 0, true),
        ('D', 1, 0, true),
        ('Z', 2, 0, true),
        ('Z', 1, 0, false),
        ('X', 0, 0, false),
        ('R', 1, 4096, false),
    ] {
        assert_eq!(
            is_dying(stat(state, n_threads, memory).as_bytes()),
            is_so,
            "{state} {n_threads} {memory}"
        );
    }
    assert!(!is_dying(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 9"));
    assert!(!is_dying(b"9 (a"));
}

#[test]
fn a_sleeper_is_alone_and_neither_runs_nor_waits_for_a_disk() {
    let text = |state: &str, n_threads: &str| {
        format!("Name:\tState:\\n\nState:\t{state}\nVmRSS:\t 5 kB\nThreads:\t{n_threads}\n")
    };
    for state in ["S (sleeping)", "T (stopped)"] {
        assert!(sleeps_alone(text(state, "1").as_bytes()), "{state}");
        assert!(!sleeps_alone(text(state, "11").as_bytes()), "{state}");
    }
    for state in ["R (running)", "D (disk sleep)", "t (tracing stop)", "Z (zombie)", ""] {
        assert!(!sleeps_alone(text(state, "1").as_bytes()), "{state}");
    }
    assert!(!sleeps_alone(b""));
}

#[test]
fn counts_of_a_kernel_that_does_not_count_say_nothing() {
    assert!(has_run(b"1051931 339373 1\n") && has_run(b"0 0 20"));
    for text in [&b"0 0 0\n"[..], b"7 7 0\n", b"", b"\n"] {
        assert!(!has_run(text), "{text:?}");
    }
}

#[test]
fn faults_are_counted_whether_they_had_to_read_or_not() {
    assert_eq!(n_faults(b"9 (a) 0 0) S 1 9 9 0 -1 4194560 123 4000 7 8000 0 0"), Some(123 + 7));
    assert_eq!(n_faults(b"9 (a) S 1 9 9 0 -1 4194560 123 4000"), None);
    let stat = b"9 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25";
    assert_eq!((stat_resident_pages(stat), stat_resident_pages(&stat[..60])), (Some(24), None));
    assert_eq!((n_faults(b"9 (a) S 1 9 9 0 -1 4194560 -1 4000 7"), n_faults(b"")), (None, None));
}

#[test]
fn a_name_cannot_pass_for_a_line() {
    check("Name:\tVmRSS: 7 kB\\nVmRSS:\nVmRSS:\t 5 kB\n", 5, None);
}

#[test]
fn numbers_that_are_none_are_absent() {
    for text in ["VmRSS:\t-1 kB\n", "VmRSS:\t kB\n", "VmRSS:\t99999999999999999999 kB\n", "VmRSS:", ""] {
        assert_eq!(parse(text.as_bytes()), None, "{text}");
    }
}
