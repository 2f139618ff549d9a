//! The cryptography of format v1 (docs/format.md): data keys, entries, seals, wraps, recipients,
//! identities. Bytes in, bytes out; no I/O.

mod bech32;
mod binding;
mod data_key;
mod encoding;
mod entry;
mod identity;
mod link;
mod masked;
mod plugin;
mod recipient;
mod seal;
mod unlock;
mod wrap;

pub use binding::{Binding, FileId};
pub use data_key::{Commitment, DataKey, EpochKeys, KeyId};
pub use encoding::{NotCanonicalBase64, base64_decode, base64_encode};
pub use entry::{BadEntry, EntryCipher, EntryLabel, MAX_SEALED_ENTRY_BYTES, is_sealed_length};
pub use identity::{Identities, IdentityError, Kept, Listed, NewIdentity};
pub use link::{LinkKey, link};
pub use masked::{MaskKey, Masked};
pub use plugin::{InvalidPluginName, NoPlugins, PluginError, PluginName, Plugins};
pub use recipient::{InvalidRecipient, Recipient, RecipientKind};
pub use seal::{Seal, Sealer};
pub use unlock::{AskPassphrase, NoPassphrase, UnlockError, UnwrapError};
pub use wrap::{BadWrap, MAX_WRAP_BYTES, WrapError, check_shape, wrap};
