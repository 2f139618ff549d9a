//! What docs/format.md "Merging" says of entries, without any cryptography.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Entries = BTreeMap<String, Fields>;

/// An entry in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) value: Vec<u8>,
    pub(crate) note: Option<String>,
    pub(crate) since: u32,
    pub(crate) rev: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) clean: Entries,
    pub(crate) conflicts: Vec<String>,
}

/// Key by key, as a person would do it.
pub(crate) fn merge(base: &Entries, ours: &Entries, theirs: &Entries) -> Expected {
    let mut expected = Expected::default();
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).cloned().collect();
    for key in keys {
        match merge_one(base.get(&key), ours.get(&key), theirs.get(&key)) {
            One::Is(fields) => drop(expected.clean.insert(key, fields)),
            One::Gone => {}
            One::Conflict => expected.conflicts.push(key),
        }
    }
    expected
}

enum One {
    Is(Fields),
    Gone,
    Conflict,
}

impl From<Option<Fields>> for One {
    fn from(side: Option<Fields>) -> Self {
        side.map_or(Self::Gone, Self::Is)
    }
}

fn merge_one(base: Option<&Fields>, ours: Option<&Fields>, theirs: Option<&Fields>) -> One {
    let content = |fields: &Fields| (fields.value.clone(), fields.note.clone());
    let [b, o, t] = [base, ours, theirs].map(|side| side.map(content));
    if o == t {
        let both = ours.zip(theirs).map(|(o, t)| Fields {
            since: o.since.min(t.since),
            rev: o.rev.max(t.rev),
            ..o.clone()
        });
        return both.into();
    }
    // A side that went back to an earlier version counts on.
    let last = base.map_or(0, |base| base.rev);
    let counted = |side: &Fields| Fields {
        rev: if side.rev > last { side.rev } else { last + 1 },
        ..side.clone()
    };
    if t == b {
        return ours.map(counted).into();
    }
    if o == b {
        return theirs.map(counted).into();
    }
    let all = base.zip(ours).zip(theirs);
    all.and_then(|((base, ours), theirs)| mixed(base, ours, theirs)).map_or(One::Conflict, One::Is)
}

/// One side's value and the other side's note go together.
fn mixed(base: &Fields, ours: &Fields, theirs: &Fields) -> Option<Fields> {
    let valued = match (ours.value == base.value, theirs.value == base.value) {
        (_, true) => ours,
        (true, false) => theirs,
        (false, false) if ours.value == theirs.value => ours,
        (false, false) => return None,
    };
    let note = match (ours.note == base.note, theirs.note == base.note) {
        (_, true) => &ours.note,
        (true, false) => &theirs.note,
        (false, false) if ours.note == theirs.note => &ours.note,
        (false, false) => return None,
    };
    let same_value = ours.value == theirs.value;
    let since = if same_value { ours.since.min(theirs.since) } else { valued.since };
    let rev = ours.rev.max(theirs.rev) + 1;
    Some(Fields { value: valued.value.clone(), note: note.clone(), since, rev })
}
