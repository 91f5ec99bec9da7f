//! The order in which Spark goes through its properties.
//!
//! It decides the order of environment variables, secrets and volumes in a pod, and it is the order of hash tables: `SparkConf.getAll` makes
//! a mutable set of pairs of what a `ConcurrentHashMap` holds, and `getAllWithPrefix(…).toMap` makes of these a map that keeps the order of up to
//! four entries, and is a hash trie beyond. Followed in the sources of Scala 2.12 and 2.13 (`HashSet`, `HashMap`, `FlatHashTable`,
//! `MurmurHash3`) and Java 17; the distributions of Spark 3 come with Scala 2.12, those of Spark 4 with 2.13.

use crate::engine::spark_version::SparkVersion;

/// Up to so many entries, an immutable map or set of Scala keeps them in the order in which they came.
const LARGEST_KEPT_IN_ORDER: usize = 4;

/// Which Scala Spark is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scala {
    /// Spark 3.
    V2_12,
    /// Spark 4.
    V2_13,
}

impl Scala {
    /// That of a version of Spark; of one that is not known, the newest.
    #[must_use]
    pub fn of(version: Option<SparkVersion>) -> Self {
        match version {
            Some(version) if version < SparkVersion::new(4, 0) => Self::V2_12,
            _ => Self::V2_13,
        }
    }
}

/// A property, as the table holds it.
pub type Entry<'a> = (&'a str, &'a str);

/// The order of a mutable set of `entries` and of `others` more whose names are not known: only the size of the table follows from these.
#[must_use]
pub fn of_set<'a>(scala: Scala, entries: &[Entry<'a>], others: usize) -> Vec<Entry<'a>> {
    match scala {
        Scala::V2_12 => of_flat_table(entries, others),
        Scala::V2_13 => of_chained_table(entries, others),
    }
}

/// The order of an immutable map or set whose keys have these hashes, and came in this order.
#[must_use]
pub fn of_immutable<T: Copy>(scala: Scala, keys: &[T], hash: impl Fn(T) -> u32) -> Vec<T> {
    if keys.len() <= LARGEST_KEPT_IN_ORDER {
        return keys.to_vec();
    }
    let hashed: Vec<(u32, T)> = keys.iter().map(|key| (improved(hash(*key)), *key)).collect();
    let mut ordered = Vec::with_capacity(keys.len());
    walk_trie(scala, hashed, 0, &mut ordered);
    ordered
}

/// Java's `String.hashCode`.
#[must_use]
pub fn hash_of_text(text: &str) -> u32 {
    let step = |hash: u32, unit: u16| hash.wrapping_mul(31).wrapping_add(unit.into());
    text.encode_utf16().fold(0, step)
}

/// The hash of a pair of strings: that of Scala's `Tuple2`, into which 2.13 mixes the name of the class.
#[must_use]
fn hash_of_pair(scala: Scala, (first, second): (&str, &str)) -> u32 {
    const PRODUCT_SEED: u32 = 0xcafe_babe;
    let seed = match scala {
        Scala::V2_12 => PRODUCT_SEED,
        Scala::V2_13 => murmur_mix(PRODUCT_SEED, hash_of_text("Tuple2")),
    };
    let hash = [first, second].into_iter().map(hash_of_text).fold(seed, murmur_mix);
    murmur_finish(hash ^ 2)
}

/// Scala 2.13's `mutable.HashSet`: chains, sorted by their hashes.
fn of_chained_table<'a>(entries: &[Entry<'a>], others: usize) -> Vec<Entry<'a>> {
    let buckets = table_size(16, |size| size * 3 / 4, entries.len() + others);
    let place = |entry: &Entry<'_>| {
        let hash = hash_of_pair(Scala::V2_13, *entry);
        let hash = hash ^ (hash >> 16);
        (hash & low_bits(buckets), hash.cast_signed())
    };
    let mut ordered = entries.to_vec();
    ordered.sort_by_cached_key(place);
    ordered
}

/// Scala 2.12's `mutable.HashSet`: open addressing, filled in the order of Java's table. A slot that is taken sends an entry to the next.
fn of_flat_table<'a>(entries: &[Entry<'a>], others: usize) -> Vec<Entry<'a>> {
    let size = table_size(32, |size| size * 450 / 1_000, entries.len() + others);
    let bits = size.trailing_zeros();
    let mut slots: Vec<Option<Entry<'a>>> = vec![None; size];
    for entry in in_java_order(entries, others) {
        let hash = byte_swapped(hash_of_pair(Scala::V2_12, entry)).rotate_right(bits);
        let first = (hash >> (u32::BITS - bits)) as usize;
        let free = (first..size)
            .chain(0..first)
            .find(|slot| slots.get(*slot).is_some_and(Option::is_none));
        if let Some(slot) = free.and_then(|slot| slots.get_mut(slot)) {
            *slot = Some(entry);
        }
    }
    slots.into_iter().flatten().collect()
}

/// Java's `ConcurrentHashMap`, as far as its bins hold one entry each.
fn in_java_order<'a>(entries: &[Entry<'a>], others: usize) -> Vec<Entry<'a>> {
    let bins = table_size(16, |size| size - size / 4, entries.len() + others);
    let mut ordered = entries.to_vec();
    ordered.sort_by_cached_key(|(name, _)| {
        let hash = hash_of_text(name);
        (hash ^ (hash >> 16)) & low_bits(bins)
    });
    ordered
}

/// The size of a table that doubles when it holds `threshold` entries.
fn table_size(first: usize, threshold: impl Fn(usize) -> usize, entries: usize) -> usize {
    let mut size = first;
    while entries >= threshold(size) {
        size *= 2;
    }
    size
}

fn low_bits(size: usize) -> u32 {
    u32::try_from(size - 1).unwrap_or(u32::MAX)
}

/// A hash trie, five bits a level. Scala 2.12 goes through entries and branches alike; 2.13 through the entries of a level, and then its branches.
fn walk_trie<T: Copy>(scala: Scala, entries: Vec<(u32, T)>, shift: u32, ordered: &mut Vec<T>) {
    const WIDTH: u32 = 5;
    if entries.len() <= 1 || shift >= u32::BITS {
        ordered.extend(entries.into_iter().map(|(_, key)| key));
        return;
    }
    let mut branches: [Vec<(u32, T)>; 1 << WIDTH] = Default::default();
    for (hash, key) in entries {
        if let Some(branch) = branches.get_mut(((hash >> shift) & 0b1_1111) as usize) {
            branch.push((hash, key));
        }
    }
    if scala == Scala::V2_13 {
        for branch in branches.iter_mut().filter(|branch| branch.len() == 1) {
            ordered.extend(branch.drain(..).map(|(_, key)| key));
        }
    }
    for branch in branches {
        walk_trie(scala, branch, shift + WIDTH, ordered);
    }
}

/// `Hashing.improve` of both.
fn improved(hash: u32) -> u32 {
    let hash = hash.wrapping_add(!(hash << 9));
    let hash = hash ^ (hash >> 14);
    let hash = hash.wrapping_add(hash << 4);
    hash ^ (hash >> 10)
}

/// `scala.util.hashing.byteswap32`.
fn byte_swapped(hash: u32) -> u32 {
    const FACTOR: u32 = 0x9e37_75cd;
    hash.wrapping_mul(FACTOR).swap_bytes().wrapping_mul(FACTOR)
}

fn murmur_mix(hash: u32, data: u32) -> u32 {
    let data = data.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    (hash ^ data).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

fn murmur_finish(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}
