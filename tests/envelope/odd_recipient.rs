//! An age recipient whose stanzas are whatever a test wants.

use std::collections::HashSet;

use age_core::format::{FileKey, Stanza};

/// Makes its stanzas by calling the function.
pub(crate) struct StanzasOf<F>(pub(crate) F);

impl<F: Fn(&FileKey) -> Vec<Stanza>> age::Recipient for StanzasOf<F> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        Ok(((self.0)(file_key), HashSet::new()))
    }
}
