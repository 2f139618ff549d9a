//! Merging across rotations: by value, with every record made anew that is not of the surviving
//! data key.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entries::{Decided, merge_credentials, merge_opened_entries};
use super::keyless::doubtful_records;
use super::people::{People, Survivor, plan};
use super::{Decide, MergeError, MergeNote, Merged, Pick, Side, Versions, three_way};
use crate::crypto::{Binding, DataKey, EntryCipher, Recipient, link};
use crate::envelope::entries::Entry;
use crate::envelope::membership::MembershipError;
use crate::envelope::opened::{Opened, Origin, Reader};
use crate::envelope::sealed::{Link, Sealed, SealedEntry};
use crate::model::{Content, KeyName, Kind, MemberName, SetName};

/// One version, as it stands and opened.
#[derive(Debug)]
pub struct Version<T> {
    sealed: Sealed<T>,
    opened: Opened<T>,
}

impl<T: Content> Version<T> {
    /// Keeps both together.
    pub fn new(sealed: Sealed<T>, opened: Opened<T>) -> Self {
        Self { sealed, opened }
    }

    /// The version itself.
    pub fn sealed(&self) -> &Sealed<T> {
        &self.sealed
    }

    /// Opens another version that has the same data key, without an identity.
    pub fn opens(&self, other: &Sealed<T>) -> Option<Self> {
        if !self.sealed.has_key_of(other) {
            return None;
        }
        let plugins = Arc::clone(&self.opened.plugins);
        let opened = other.clone().open_with_key(self.opened.data_key.same(), plugins).ok()?;
        Some(Self::new(other.clone(), opened))
    }
}

/// Merges versions by what they mean. `past` are other versions of the file, from history, that may
/// be links of a chain from one data key to another. `decide` is asked what else nobody could say.
///
/// # Errors
/// [`MergeError`].
pub fn merge_opened<T: Content>(
    base: Option<Version<T>>,
    ours: Version<T>,
    theirs: Version<T>,
    past: &[Version<T>],
    decide: &mut impl Decide,
) -> Result<Merged<T>, MergeError> {
    let related = |file: &Version<T>| file.sealed.id == ours.sealed.id;
    if !related(&theirs) || base.as_ref().is_some_and(|base| !related(base)) {
        return Err(MergeError::Unrelated);
    }
    let identity = identity(base.as_ref(), &ours, &theirs)?;
    let survivor = survivor(base.as_ref(), &ours, &theirs, past)?;
    let before = base.as_ref().map_or_else(People::default, |base| People::of(&base.sealed));
    let sides = [&People::of(&ours.sealed), &People::of(&theirs.sealed)];
    let plan = plan(&before, sides, survivor, decide);
    let survivor = if plan.evicts { Survivor::Fresh } else { survivor };
    if plan.readers.is_empty() {
        return Err(MergeError::Nobody);
    }
    let doubtful = doubtful_records(plan.doubtful, &ours.sealed, &theirs.sealed);
    let epochs = [ours.opened.epoch(), theirs.opened.epoch()];
    let (mut merged, [our_entries, their_entries]) = take_key(ours, theirs, survivor, identity)?;
    let base_entries = base.map_or_else(BTreeMap::new, |base| base.opened.entries);
    let decided = if T::KIND == Kind::Pull {
        merge_credentials(&base_entries, our_entries, their_entries, decide)
    } else {
        merge_opened_entries(&base_entries, [our_entries, their_entries], merged.epoch(), decide)
    };
    let Decided { entries, conflicts, changed, returned } = decided.ok_or(MergeError::Exhausted)?;
    let mut notes = plan.notes;
    notes.extend(returned.into_iter().map(MergeNote::Returned));
    notes.extend(written_by_the_departed(changed, epochs, merged.epoch(), &plan.departed));
    merged.entries = entries;
    apply(&mut merged, plan.readers, plan.departed)?;
    let conflicts = sealed_versions(&merged, conflicts);
    Ok(Merged { file: merged.seal()?, entries: conflicts, readers: doubtful, notes })
}

/// The side that alone rotated keeps its key. Where both did, either key may have been made by
/// somebody whom the other side removed, and neither is linked to the other: a new one then, with
/// a link to each. A key that no holder of the older one vouches for is nobody's rotation.
fn survivor<T: Content>(
    base: Option<&Version<T>>,
    ours: &Version<T>,
    theirs: &Version<T>,
    past: &[Version<T>],
) -> Result<Survivor, MergeError> {
    if ours.sealed.has_key_of(&theirs.sealed) {
        return Ok(Survivor::Shared);
    }
    let Some(base) = base else {
        // Added on both sides from one file: one of them must come from the other.
        return match () {
            () if proves(ours, theirs, past) => Ok(Survivor::Side(Side::Theirs)),
            () if proves(theirs, ours, past) => Ok(Survivor::Side(Side::Ours)),
            () => Err(MergeError::Unproven(Side::Theirs)),
        };
    };
    let mut rotated = Vec::new();
    for (side, version) in [(Side::Ours, ours), (Side::Theirs, theirs)] {
        if !version.sealed.has_key_of(&base.sealed) {
            if !proves(base, version, past) {
                return Err(MergeError::Unproven(side));
            }
            rotated.push(side);
        }
    }
    Ok(match rotated.as_slice() {
        [side] => Survivor::Side(*side),
        _ => Survivor::Fresh,
    })
}

/// Whether links lead from one version's data key to another's, by way of those between them.
fn proves<T: Content>(from: &Version<T>, to: &Version<T>, past: &[Version<T>]) -> bool {
    let vouches = |old: &Version<T>, new: &Version<T>| {
        let (from, to) = (old.opened.generation(), new.opened.generation());
        new.opened.prev.iter().any(|link| {
            link.names(from.epoch, from.commitment)
                && old.opened.link_key().vouches(to.id, to.epoch, to.commitment, link.proof)
        })
    };
    let mut known = vec![from];
    let mut at = 0;
    while let Some(old) = known.get(at).copied() {
        if vouches(old, to) {
            return true;
        }
        let later = past.iter().filter(|new| {
            vouches(old, new) && !known.iter().any(|known| known.sealed.has_key_of(&new.sealed))
        });
        let later: Vec<_> = later.collect();
        known.extend(later);
        at += 1;
    }
    false
}

/// Name and registry: what only one side changed wins.
fn identity<T: Content>(
    base: Option<&Version<T>>,
    ours: &Version<T>,
    theirs: &Version<T>,
) -> Result<(SetName, T), MergeError> {
    let (ours, theirs) = (&ours.sealed, &theirs.sealed);
    let base = base.map_or(ours, |base| &base.sealed);
    let from = |pick| match pick {
        Pick::Same | Pick::From(Side::Ours) => Ok(ours),
        Pick::From(Side::Theirs) => Ok(theirs),
        Pick::Conflict => Err(MergeError::Identity),
    };
    let named = from(three_way(&base.name, &ours.name, &theirs.name, |a, b| a == b))?;
    let typed = from(three_way(&base.content, &ours.content, &theirs.content, |a, b| a == b))?;
    Ok((named.name.clone(), typed.content.clone()))
}

type Entries = BTreeMap<KeyName, Entry>;

/// The file with the surviving key and no entries, and both sides' entries, ready for it.
fn take_key<T: Content>(
    ours: Version<T>,
    theirs: Version<T>,
    survivor: Survivor,
    (name, content): (SetName, T),
) -> Result<(Opened<T>, [Entries; 2]), MergeError> {
    let (mut ours, mut theirs) = (ours.opened, theirs.opened);
    let keys = [ours.keys.commitment(), theirs.keys.commitment()];
    let mut entries = [std::mem::take(&mut ours.entries), std::mem::take(&mut theirs.entries)];
    let binding = Binding::new(ours.binding.id(), name, &content);
    // A rename rotates, so the side that alone did has the name that won.
    let mut merged = match survivor {
        Survivor::Shared => ours,
        Survivor::Side(Side::Ours) if ours.binding == binding => ours,
        Survivor::Side(Side::Theirs) if theirs.binding == binding => theirs,
        Survivor::Side(_) | Survivor::Fresh => fresh(&ours, &theirs, binding, content)?,
    };
    for (entries, key) in entries.iter_mut().zip(&keys) {
        if *key != merged.keys.commitment() {
            for entry in entries.values_mut() {
                entry.reseal(merged.keys.epoch());
            }
        }
    }
    merged.entries = BTreeMap::new();
    Ok((merged, entries))
}

/// A key that is nobody's yet, which the keys of both sides vouch for.
fn fresh<T: Content>(
    ours: &Opened<T>,
    theirs: &Opened<T>,
    binding: Binding,
    content: T,
) -> Result<Opened<T>, MergeError> {
    let (newer, older) =
        if theirs.epoch() > ours.epoch() { (theirs, ours) } else { (ours, theirs) };
    let seen = ours.seen_epoch.max(theirs.seen_epoch);
    let epoch = newer.epoch().max(seen).checked_add(1).ok_or(MembershipError::EpochsExhausted)?;
    let (data_key, keys) = DataKey::fresh(&binding, epoch);
    let linked = |side: &Opened<T>| Link {
        epoch: side.epoch(),
        key_id: side.keys.commitment().key_id(),
        proof: link(&side.keys, &binding, epoch, keys.commitment()),
    };
    let mut prev = vec![linked(newer), linked(older)];
    prev.dedup();
    Ok(Opened {
        content,
        binding,
        origin: Origin::Disk,
        data_key,
        keys,
        prev,
        recipients: BTreeMap::new(),
        departed: BTreeMap::new(),
        entries: BTreeMap::new(),
        reader: None,
        seen_epoch: 0,
        committed: None,
        plugins: Arc::clone(&ours.plugins),
    })
}

/// Readers keep the wraps they have of the surviving key.
fn apply<T: Content>(
    merged: &mut Opened<T>,
    readers: BTreeMap<MemberName, Recipient>,
    mut departed: Vec<(MemberName, Recipient, u32)>,
) -> Result<(), MergeError> {
    let mut wraps: Vec<Reader> = std::mem::take(&mut merged.recipients).into_values().collect();
    merged.recipients = readers
        .into_iter()
        .map(|(name, to)| {
            let at = wraps.iter().position(|reader| reader.to == to);
            let wrap = at.and_then(|at| wraps.swap_remove(at).wrap);
            (name, Reader { to, wrap })
        })
        .collect();
    merged.departed.clear();
    // The older of two tombstones of one name steps aside.
    departed.sort_by_key(|(.., until)| *until);
    for (name, to, until) in departed {
        merged.depart(name, to, until)?;
    }
    Ok(())
}

/// Entries from an epoch whose key somebody took along.
fn written_by_the_departed(
    changed: Vec<(KeyName, Side)>,
    [ours, theirs]: [u32; 2],
    merged: u32,
    departed: &[(MemberName, Recipient, u32)],
) -> Vec<MergeNote> {
    let doubt = |(key, side)| {
        let epoch = if side == Side::Ours { ours } else { theirs };
        let had_key = departed.iter().filter(|(.., until)| epoch < merged && *until >= epoch);
        let mut names: Vec<_> = had_key.map(|(name, ..)| name.clone()).collect();
        names.sort();
        (!names.is_empty()).then_some(MergeNote::CouldBeWrittenBy(key, names))
    };
    changed.into_iter().filter_map(doubt).collect()
}

/// Undecided entries, encrypted with the surviving key: whichever block a person keeps is valid.
fn sealed_versions<T: Content>(
    merged: &Opened<T>,
    conflicts: BTreeMap<KeyName, Versions<Entry>>,
) -> BTreeMap<KeyName, Versions<SealedEntry>> {
    let mut cipher = EntryCipher::new(&merged.keys, &merged.binding);
    let mut seal = |key: &KeyName, entry: Option<Entry>| {
        entry.map(|entry| entry.into_sealed(key, &mut cipher))
    };
    let sealed = conflicts.into_iter().map(|(key, Versions { ours, theirs })| {
        let versions = Versions { ours: seal(&key, ours), theirs: seal(&key, theirs) };
        (key, versions)
    });
    sealed.collect()
}
