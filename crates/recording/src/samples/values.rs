//! Values of a metric, one after the other, in as little room as they leave.

use super::ABSENT;

const ABSENT_KIB: u32 = u32::MAX;

/// So many values are compared before anything is made of it.
const CHUNK: usize = 256;

/// Values that are added to.
///
/// Systems count memory in pages or in KiB. As long as all are whole KiB and below 4 TiB, each takes four bytes: so it
/// is the values that say how they are held, and equal ones are held alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    Kib(Vec<u32>),
    Bytes(Vec<u64>),
}

/// Values that are looked at, wherever they lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slice<'a> {
    Kib(&'a [u32]),
    Bytes(&'a [u64]),
}

impl Default for Values {
    fn default() -> Self {
        Self::Kib(Vec::new())
    }
}

impl Values {
    #[inline]
    pub(super) fn push(&mut self, bytes: u64) {
        match (&mut *self, kib(bytes)) {
            (Self::Kib(values), Some(kib)) => values.push(kib),
            (Self::Bytes(values), _) => values.push(bytes),
            (Self::Kib(_), None) => self.push_odd(bytes),
        }
    }

    #[cold]
    fn push_odd(&mut self, bytes: u64) {
        let values = self.view().iter().chain([bytes]).collect();
        *self = Self::Bytes(values);
    }

    pub(super) fn last(&self) -> Option<u64> {
        let n = self.view().len();
        self.view().get(n.checked_sub(1)?)
    }

    /// Drops every value that equals the one before it, and its start with it. It takes no room.
    pub(super) fn drop_repeated(&mut self, starts: &mut Vec<u32>) {
        match self {
            Self::Kib(values) => drop_repeated(values, starts, ABSENT_KIB),
            Self::Bytes(values) => drop_repeated(values, starts, ABSENT),
        }
    }

    pub(super) fn view(&self) -> Slice<'_> {
        match self {
            Self::Kib(values) => Slice::Kib(values),
            Self::Bytes(values) => Slice::Bytes(values),
        }
    }
}

impl FromIterator<u64> for Values {
    fn from_iter<T: IntoIterator<Item = u64>>(all: T) -> Self {
        let mut values = Self::default();
        all.into_iter().for_each(|bytes| values.push(bytes));
        values
    }
}

impl Default for Slice<'_> {
    fn default() -> Self {
        Self::Bytes(&[])
    }
}

impl<'a> Slice<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Kib(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }

    #[inline]
    pub(super) fn get(self, idx: usize) -> Option<u64> {
        match self {
            Self::Kib(values) => values.get(idx).map(|&kib| bytes(kib)),
            Self::Bytes(values) => values.get(idx).copied(),
        }
    }

    /// The highest value, and where it is first. What is absent is below everything else.
    pub(super) fn max(self) -> Option<(usize, u64)> {
        let place = match self {
            Self::Kib(values) => first_highest(values, |kib| kib.wrapping_add(1)),
            Self::Bytes(values) => first_highest(values, |bytes| bytes.wrapping_add(1)),
        };
        place.and_then(|place| Some((place, self.get(place)?)))
    }

    #[inline]
    pub(super) fn iter(self) -> impl Iterator<Item = u64> + 'a {
        let (small, large): (&[u32], &[u64]) = match self {
            Self::Kib(values) => (values, &[]),
            Self::Bytes(values) => (&[], values),
        };
        small.iter().map(|&kib| bytes(kib)).chain(large.iter().copied())
    }
}

/// Where the value of the highest rank is first, if it is above the lowest there is. Within a chunk nothing is chosen
/// reading by reading but the value, so that several are compared at once.
fn first_highest<T: Copy + Ord + Default>(values: &[T], rank: impl Fn(T) -> T) -> Option<usize> {
    let (mut highest, mut from) = (T::default(), None);
    for (chunk, nth) in values.chunks(CHUNK).zip(0..) {
        let of_chunk = chunk.iter().map(|&value| rank(value)).fold(T::default(), T::max);
        if of_chunk > highest {
            (highest, from) = (of_chunk, Some(nth * CHUNK));
        }
    }
    let within = values[from?..].iter().position(|&value| rank(value) == highest);
    within.and_then(|within| Some(from? + within))
}

/// So many KiB as four bytes hold, if it is whole ones.
#[inline]
fn kib(bytes: u64) -> Option<u32> {
    match u32::try_from(bytes >> 10) {
        Ok(kib) if bytes.is_multiple_of(1024) && kib != ABSENT_KIB => Some(kib),
        _ => (bytes == ABSENT).then_some(ABSENT_KIB),
    }
}

#[inline]
fn bytes(kib: u32) -> u64 {
    if kib == ABSENT_KIB { ABSENT } else { u64::from(kib) << 10 }
}

/// What is absent before the first value need not be told.
fn drop_repeated<T: Copy + PartialEq>(values: &mut Vec<T>, starts: &mut Vec<u32>, absent: T) {
    let (mut n_kept, mut known) = (0, absent);
    for idx in 0..values.len() {
        if values[idx] != known {
            known = values[idx];
            (starts[n_kept], values[n_kept]) = (starts[idx], known);
            n_kept += 1;
        }
    }
    starts.truncate(n_kept);
    values.truncate(n_kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_of_the_highest_is_found_among_many() {
        for n in [1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 7] {
            for place in [0, n / 3, n - 1] {
                let bytes = |idx: usize| if idx == place { 9 << 10 } else { [ABSENT, 7 << 10, 0][idx % 3] };
                let kib: Values = (0..n).map(bytes).collect();
                assert_eq!(kib.view().max(), Some((place, 9 << 10)), "{place} of {n}");
                let twice: Values = (0..2 * n).map(|idx| bytes(idx % n).saturating_add(1)).collect();
                assert_eq!(twice.view().max(), Some((place, (9 << 10) + 1)), "{place} of {n}");
            }
            let absent: Values = vec![ABSENT; n].into_iter().collect();
            assert_eq!(absent.view().max(), None);
        }
    }

    proptest! {
        #[test]
        fn values_are_what_was_put_in(
            all in prop::collection::vec(
                prop_oneof![6 => (0..9_u64).prop_map(|kib| kib << 10), 1 => Just(ABSENT), 1 => Just((1 << 42) - 1024),
                    1 => Just((1 << 42) - 2048), 1 => any::<u64>()],
                0..9,
            ),
        ) {
            let values: Values = all.iter().copied().collect();
            prop_assert_eq!(values.view().iter().collect::<Vec<_>>(), &all[..]);
            prop_assert_eq!((values.view().len(), values.last()), (all.len(), all.last().copied()));
            for (idx, &bytes) in all.iter().enumerate() {
                prop_assert_eq!(values.view().get(idx), Some(bytes));
            }
            prop_assert_eq!(values.view().get(all.len()), None);
            let known = all.iter().copied().enumerate().filter(|&(_, bytes)| bytes != ABSENT);
            let max = known.reduce(|best, next| if next.1 > best.1 { next } else { best });
            prop_assert_eq!(values.view().max(), max);
            let is_small = |&bytes: &u64| bytes == ABSENT || bytes % 1024 == 0 && bytes < (1 << 42) - 1024;
            prop_assert_eq!(matches!(values, Values::Kib(_)), all.iter().all(is_small));
        }
    }
}
