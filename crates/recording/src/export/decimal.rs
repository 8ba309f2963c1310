//! Whole numbers as text. Most cells are numbers, and formatting them in general would be most of the time.

/// Every number below a hundred, in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut idx = 0;
    while idx < pairs.len() {
        pairs[idx] = [b'0' + (idx / 10) as u8, b'0' + (idx % 10) as u8];
        idx += 1;
    }
    pairs
};

/// The most digits that 64 bits take.
const MAX_DIGITS: usize = 20;

/// Adds the digits of a number.
pub(super) fn push(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; MAX_DIGITS];
    let mut from = MAX_DIGITS;
    while number >= 100 {
        from -= 2;
        put_pair(&mut digits, from, number % 100);
        number /= 100;
    }
    from -= 2;
    put_pair(&mut digits, from, number);
    let has_leading_zero = number < 10;
    text.extend_from_slice(&digits[from + usize::from(has_leading_zero)..]);
}

/// Byte by byte: a copy would be a call for each pair.
#[inline]
fn put_pair(digits: &mut [u8; MAX_DIGITS], from: usize, number: u64) {
    let [tens, ones] = PAIRS[number as usize];
    digits[from] = tens;
    digits[from + 1] = ones;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_what_there_is() {
        for number in [0, 9, 10, 99, 100, 101, 1_000, u64::MAX] {
            let mut text = Vec::new();
            push(&mut text, number);
            assert_eq!(String::from_utf8(text).unwrap(), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn every_number_is_as_always(number: u64, shift in 0..64_u32) {
            let mut text = b"x".to_vec();
            push(&mut text, number >> shift);
            prop_assert_eq!(String::from_utf8(text).unwrap(), format!("x{}", number >> shift));
        }
    }
}
