//! What git knows. Only this module runs git: always the binary, and always so that nothing a
//! repository says makes it run anything else.

mod additions;
mod authors;
mod batch;
mod branches;
mod changes;
mod command;
mod conflict;
mod diff;
mod driver;
mod history;
mod install;
mod log;
mod merge;
mod objects;
mod origin;
mod pieces;
mod removals;
mod review;
mod revision;
mod setup;
mod source;
mod survey;
mod teams;
mod treatment;
mod trees;
mod unchecked;
mod verify;
mod view;

pub use authors::{Added, Commit};
pub use command::Git;
pub use conflict::{Conflicted, Stages, Work};
pub use diff::{Became, EntryDiff, Evidence, FileDiff};
pub use install::{NotInstalled, PROBE, Scope};
pub use log::{Happening, Reader, What};
pub use merge::{Help, Unmerged, Versions, merge, settle};
pub use origin::{Certainty, Origin};
pub use pieces::Pieces;
pub use removals::Removals;
pub use review::{Access, Fate, FileReview, Readable, RecordFate, Review, TeamChange, review};
pub use setup::Setting;
pub use source::{Contents, Item, Moment, Source};
pub use survey::Survey;
pub use treatment::{Treatment, TreatmentChange};
pub use unchecked::Unchecked;
pub use verify::{
    Coverage, Finding, Level, Proof, Proofs, Rule, WithKey, WithoutKey, leaks, verify,
};
pub use view::{Closed, View};
