//! Merging without a key: every record proves itself, so records of one data key can be put
//! together as they are.

use std::collections::BTreeMap;

use super::entries::merge_sealed_entries;
use super::people::{People, Survivor, plan};
use super::{MergeError, MergeNote, Merged, Undecided, Versions};
use crate::crypto::Recipient;
use crate::envelope::sealed::{Departure, RecipientRecord, Sealed};
use crate::model::{Content, Kind, MemberName};

/// Merges versions of a file that have one data key; needs no identity.
///
/// # Errors
/// [`MergeError::NeedsKey`] where versions have different data keys, or a record would have to be
/// sealed anew; [`MergeError::Unrelated`] for different files.
pub fn merge_sealed<T: Content>(
    base: Option<&Sealed<T>>,
    ours: &Sealed<T>,
    theirs: &Sealed<T>,
) -> Result<Merged<T>, MergeError> {
    let versions: Vec<_> = [Some(ours), Some(theirs), base].into_iter().flatten().collect();
    if versions.iter().any(|file| file.id != ours.id) {
        return Err(MergeError::Unrelated);
    }
    // The commitment binds kind, name and registry too, so these are the same then.
    if versions.iter().any(|file| !file.has_key_of(ours)) {
        return Err(MergeError::NeedsKey);
    }
    // Half of each side's credentials would be nobody's.
    if T::KIND == Kind::Pull && ours.entries != theirs.entries {
        return Err(MergeError::NeedsKey);
    }
    let before = base.map_or_else(People::default, People::of);
    let sides = [&People::of(ours), &People::of(theirs)];
    let plan = plan(&before, sides, Survivor::Shared, &mut Undecided);
    let mut recipients = BTreeMap::new();
    for (name, to) in &plan.readers {
        let mut records = versions.iter().filter_map(|file| record_of(file, name, to));
        recipients.insert(name.clone(), records.next().ok_or(MergeError::NeedsKey)?);
    }
    if recipients.is_empty() {
        return Err(MergeError::Nobody);
    }
    let mut departed = BTreeMap::new();
    for (name, to, until) in plan.departed {
        let stands = |d: &&Departure| d.to == to && d.until == until;
        let departure = versions.iter().find_map(|f| f.departed.get(&name).filter(stands));
        // Two keys that left under one name: one tombstone would have to be renamed.
        let departure = departure.ok_or(MergeError::NeedsKey)?;
        if departed.insert(name, departure.clone()).is_some() {
            return Err(MergeError::NeedsKey);
        }
    }
    let nothing = BTreeMap::new();
    let before = base.map_or(&nothing, |base| &base.entries);
    let decided = merge_sealed_entries(before, &ours.entries, &theirs.entries);
    let mut notes = plan.notes;
    notes.extend(decided.returned.into_iter().map(MergeNote::Returned));
    Ok(Merged {
        file: Sealed { recipients, departed, entries: decided.entries, ..ours.clone() },
        entries: decided.conflicts,
        readers: doubtful_records(plan.doubtful, ours, theirs),
        notes,
    })
}

/// The records of readers that a person must decide about, each with its token's start.
pub(super) fn doubtful_records<T: Content>(
    doubtful: BTreeMap<MemberName, [Option<Recipient>; 2]>,
    ours: &Sealed<T>,
    theirs: &Sealed<T>,
) -> BTreeMap<MemberName, Versions<(String, RecipientRecord)>> {
    let both = |(name, [our, their]): (MemberName, [Option<Recipient>; 2])| {
        let record = |file: &Sealed<T>, to: Option<Recipient>| {
            Some((file.token(), record_of(file, &name, &to?)?))
        };
        let versions = Versions { ours: record(ours, our), theirs: record(theirs, their) };
        (name, versions)
    };
    doubtful.into_iter().map(both).collect()
}

fn record_of<T: Content>(
    file: &Sealed<T>,
    name: &MemberName,
    to: &Recipient,
) -> Option<RecipientRecord> {
    file.recipients.get(name).filter(|record| record.to == *to).cloned()
}
