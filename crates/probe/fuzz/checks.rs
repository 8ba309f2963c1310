//! What must be so of every text and every ring, whatever is in it: for the fuzzer, and for the tests that read its corpus.

use mprof_probe::{cgroup, records, status};
use mprof_recording::metric::{Bytes, Metric};

/// Any file of `/proc` or of a cgroup.
pub(crate) fn text(text: &[u8]) {
    if let Some(bytes) = status::parse(text) {
        assert!(bytes.get(Metric::Rss).is_some_and(|rss| rss > 0));
        assert!(Metric::ALL.iter().filter_map(|&metric| bytes.get(metric)).all(is_of_kib));
        assert_ne!(bytes, Bytes::default());
    }
    let mut latest = status::Latest::default();
    assert!([(); 2].into_iter().all(|()| latest.parse(text) == status::parse(text)));
    assert!(!status::name(text).contains(&b'\n'));
    assert!(
        !text.contains(&b'\n') || status::name(text).is_empty() || status::has_name(text, status::name(text))
    );
    let sets = status::sets(text).unwrap_or_default();
    assert!(sets.iter().all(|(_, bytes)| is_of_kib(bytes)));
    let _ = (status::pending(text), status::resident_pages(text));
    let _ = (cgroup::number(text), cgroup::members(text).count());
    assert!(cgroup::limit_bytes(text).is_none_or(|bytes| cgroup::number(text) == Some(bytes)));
    for name in [&b"oom_kill"[..], b"oom", b"pswpin", b""] {
        let _ = cgroup::count(text, name);
    }
    // Either may be the other's neighbour.
    let middle = text.len() / 2;
    for (cgroup, mountinfo) in [(text, text), text.split_at(middle), (b"0::/a", text), (text, MOUNTINFO)] {
        if let Some(place) = cgroup::Place::find(cgroup, mountinfo) {
            assert!(place.folder.starts_with(&place.mount));
            assert_eq!(place.levels().next(), Some(place.folder.as_path()));
            assert_eq!(place.levels().last(), Some(place.mount.as_path()));
        }
    }
}

const MOUNTINFO: &[u8] = b"1 0 0:1 / /cg\\040 rw - cgroup2 c rw\n2 0 0:2 /x /v1 rw - cgroup c rw,memory\n";

fn is_of_kib(bytes: u64) -> bool {
    bytes.is_multiple_of(1024)
}

/// A ring, and a place in it to begin at: its first byte.
pub(crate) fn ring(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let words: Vec<u32> =
        bytes.chunks_exact(4).map(|it| u32::from_le_bytes([it[0], it[1], it[2], it[3]])).collect();
    if words.is_empty() {
        return;
    }
    let (tail, head) = (u64::from(first), u64::from(first) + 4 * words.len() as u64);
    let mut forks = Vec::new();
    let word = |at: u64| {
        assert!(at.is_multiple_of(4) && at < head, "nothing is read behind the head");
        words[at as usize / 4 % words.len()]
    };
    let walked = records::walk(tail, head, word, &mut forks);
    assert_eq!(walked.tail, head);
    assert!(forks.len() * 32 <= 4 * words.len());
    assert!(forks.iter().all(|fork| fork.number != fork.parent));
}
