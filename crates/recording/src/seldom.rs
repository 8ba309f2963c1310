//! Lists that are empty in most places.

use std::ops::{Deref, DerefMut};

/// A list that takes a word where it is empty, of which there may be millions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::box_collection, reason = "a list takes three words in each process, and most have none")]
pub struct Seldom<T>(Option<Box<Vec<T>>>);

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Seldom<T> {
    /// Adds a value at the end.
    pub fn push(&mut self, value: T) {
        self.0.get_or_insert_with(|| Box::new(Vec::with_capacity(1))).push(value);
    }
}

impl<T> Deref for Seldom<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> DerefMut for Seldom<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T> FromIterator<T> for Seldom<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let values: Vec<T> = values.into_iter().collect();
        Self((!values.is_empty()).then(|| Box::new(values)))
    }
}
