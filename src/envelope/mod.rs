//! One file of format v1 (docs/format.md): [`Sealed`] is what stands on disk, [`Opened`] is what a
//! holder of the data key sees. Bytes in, bytes out; no I/O.
//!
//! Only [`Sealed::open`] makes an [`Opened`] of a file, after every check; only [`Opened::seal`]
//! makes a [`Sealed`] of plaintext.

mod build;
mod chain;
mod compare;
mod entries;
mod exposure;
mod generation;
mod head;
mod lineage;
mod membership;
mod merge;
mod named;
mod opened;
mod parse;
mod render;
mod request;
mod rule;
mod sealed;
mod table;

pub use chain::{Between, Voucher};
pub use compare::{
    Changes, DepartureChange, EntryChange, Fall, IdentityChange, KeyChange, ReaderChange,
};
pub use entries::{Change, Entry, EntryError, Outcome};
pub use exposure::{Exposure, Seen};
pub use generation::Generation;
pub use head::server_in;
pub use lineage::{Credentials, ReplaceError};
pub use membership::{MembershipError, Trust};
pub use merge::{
    Admission, Choice, Conflict, Decide, Markers, MergeError, MergeNote, Merged, Side, Undecided,
    Version, merge_opened, merge_sealed,
};
pub use opened::{OpenError, Opened, Place, SealError, Tampering};
pub use request::Request;
pub use rule::{Malformed, Rule};
pub use sealed::{Departure, Link, RecipientRecord, Recipients, Sealed, SealedEntry};

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// Longest line, in bytes, without its end.
const MAX_LINE_BYTES: usize = 2 << 20;

/// Most lines of a file. Four times what the other limits can fill, so that a file of nothing but
/// line ends is refused before it costs time.
const MAX_LINES: usize = 1_000_000;

/// Most recipients of a file, and most departures.
const MAX_RECIPIENTS: usize = 1_000;

/// Most entries of a file.
const MAX_ENTRIES: usize = 50_000;
