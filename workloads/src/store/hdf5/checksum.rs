//! Bob Jenkins' hash `lookup3` (2006), with which HDF5 guards its metadata.

/// The hash of `bytes` with an initial value of zero.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let mut state = [0xdead_beef_u32.wrapping_add(bytes.len() as u32); 3];
    // The last block is hashed differently, even when it is a whole one.
    let n_mixed = bytes.len().saturating_sub(1) / 12 * 12;
    let (mixed, last) = bytes.split_at(n_mixed);
    for block in mixed.chunks_exact(12) {
        add(&mut state, block);
        mix(&mut state);
    }
    if !last.is_empty() {
        add(&mut state, last);
        finish(&mut state);
    }
    state[2]
}

/// Adds up to three little-endian words; what is missing of a block counts as zeros.
fn add(state: &mut [u32; 3], block: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(block.chunks(4)) {
        let mut padded = [0; 4];
        padded[..bytes.len()].copy_from_slice(bytes);
        *word = word.wrapping_add(u32::from_le_bytes(padded));
    }
}

fn mix(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    // Each round takes the words in turn, so that after three of them each is back in its place.
    for [first, second, third] in [[4, 6, 8], [16, 19, 4]] {
        (a, c) = round(a, c, b, first);
        (b, a) = round(b, a, c, second);
        (c, b) = round(c, b, a, third);
    }
    *state = [a, b, c];
}

/// `changed` loses `other` and takes its bits, turned; `other` gains `third`.
fn round(changed: u32, other: u32, third: u32, turn: u32) -> (u32, u32) {
    (changed.wrapping_sub(other) ^ other.rotate_left(turn), other.wrapping_add(third))
}

fn finish(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    let step = |changed: u32, other: u32, turn| (changed ^ other).wrapping_sub(other.rotate_left(turn));
    c = step(c, b, 14);
    a = step(a, c, 11);
    b = step(b, a, 25);
    c = step(c, b, 16);
    a = step(a, c, 4);
    b = step(b, a, 14);
    c = step(c, b, 24);
    *state = [a, b, c];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_values_its_author_published() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
