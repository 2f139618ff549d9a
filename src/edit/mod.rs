//! Changing a set in an editor: the text a person edits, the editor and what it may write, and
//! what becomes of two people's changes.

mod buffer;
mod draft;
mod editor;
mod known;
mod process;
mod sandbox;
mod session;
mod single;

pub use buffer::{BufferError, Comments, Fault, Parsed, parse, render, with_complaint};
pub use draft::{Changes, Draft, Merged, Prefer};
pub use editor::{Editor, EditorError, Windows};
pub use process::{Draws, Failed};
pub use sandbox::{Confinement, available};
pub use session::{EditError, OnDisk, Session};
pub use single::{bytes_of, value_from};
