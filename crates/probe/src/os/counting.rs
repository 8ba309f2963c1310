//! The allocator of the tests: it counts what the thread that asks it to has allocated.

#![expect(unsafe_code, reason = "an allocator is unsafe by nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a thread allocated since it began, and what it holds of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) n_allocations: u64,
    pub(crate) held_bytes: i64,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { n_allocations: 0, held_bytes: 0 }) };
}

/// The count of this thread.
pub(crate) fn count() -> Count {
    COUNT.get()
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn add(n_allocations: u64, bytes: i64) {
    // A thread that ends has no count any more.
    let _ = COUNT.try_with(|count| {
        let Count { n_allocations: n, held_bytes } = count.get();
        count.set(Count { n_allocations: n + n_allocations, held_bytes: held_bytes + bytes });
    });
}

// SAFETY: all is handed to the system's allocator, whose promises are ours.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(1, layout.size() as i64);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(0, -(layout.size() as i64));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) };
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(1, size as i64 - layout.size() as i64);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
