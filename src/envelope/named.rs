//! Tables by name, as they come.

use std::collections::BTreeMap;

/// A map for names that usually come in order, as every file that vault has written holds them:
/// each is then compared with the one before it and with no other.
pub(super) struct Named<K, V> {
    ascending: Vec<(K, V)>,
    others: BTreeMap<K, V>,
}

impl<K: Ord, V> Named<K, V> {
    pub(super) fn new() -> Self {
        Self { ascending: Vec::new(), others: BTreeMap::new() }
    }

    /// Makes room for this many, so that nothing is copied and wiped while it grows.
    pub(super) fn reserve(&mut self, names: usize) {
        self.ascending.reserve_exact(names);
    }

    pub(super) fn len(&self) -> usize {
        self.ascending.len() + self.others.len()
    }

    pub(super) fn contains(&self, name: &K) -> bool {
        !self.is_next(name)
            && (self.ascending.binary_search_by(|(known, _)| known.cmp(name)).is_ok()
                || self.others.contains_key(name))
    }

    /// Adds what is not there yet.
    pub(super) fn insert(&mut self, name: K, value: V) {
        if self.is_next(&name) {
            self.ascending.push((name, value));
        } else {
            self.others.insert(name, value);
        }
    }

    pub(super) fn into_map(self) -> BTreeMap<K, V> {
        let mut map = self.others;
        map.append(&mut self.ascending.into_iter().collect());
        map
    }

    /// Whether the name is above all others: those out of order were below an earlier last one.
    fn is_next(&self, name: &K) -> bool {
        self.ascending.last().is_none_or(|(last, _)| last < name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_whatever_order_they_came() {
        for order in [[1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3], [3, 4, 1, 2]] {
            let mut named = Named::new();
            named.reserve(2);
            for (at, name) in order.into_iter().enumerate() {
                assert!(!named.contains(&name));
                named.insert(name, name * 10);
                assert!(order.iter().take(at + 1).all(|name| named.contains(name)));
            }
            assert_eq!(named.len(), 4);
            let sorted = BTreeMap::from([(1, 10), (2, 20), (3, 30), (4, 40)]);
            assert_eq!(named.into_map(), sorted);
        }
    }
}
