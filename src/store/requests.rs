//! Requests to join: `.secrets/requests/NAME.toml`, and `NAME/DEVICE.toml` for a device.

use std::path::PathBuf;

use super::atomic::{self, Access};
use super::error::{Refusal, StoreError};
use super::layout::{names_in, read_regular};
use super::vault::{Vault, Writer};
use crate::envelope::Request;
use crate::model::MemberName;

const REQUESTS: &str = "requests";

/// Longest request: one key and its comment.
const MAX_REQUEST_BYTES: usize = 16 << 10;

impl Vault {
    /// Where someone's request stands.
    pub fn request_path(&self, name: &MemberName) -> PathBuf {
        self.folder().join(REQUESTS).join(format!("{name}.toml"))
    }

    /// Someone's request; `None` when, and only when, there is none.
    ///
    /// # Errors
    /// [`StoreError::Malformed`], [`StoreError::Refused`].
    pub fn request(&self, name: &MemberName) -> Result<Option<Request>, StoreError> {
        let path = self.request_path(name);
        let inside = 3 + usize::from(name.is_device());
        let Some(bytes) = read_regular(&path, inside, MAX_REQUEST_BYTES)? else { return Ok(None) };
        Request::parse(&bytes, name).map(Some).map_err(|why| StoreError::Malformed { path, why })
    }

    /// Who asks to join, sorted.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for what does not belong there.
    pub fn requests(&self) -> Result<Vec<MemberName>, StoreError> {
        let folder = self.folder().join(REQUESTS);
        let mut found = Vec::new();
        for (name, kind) in names_in(&folder)? {
            if kind.is_dir() {
                for (device, kind) in names_in(&folder.join(&name))? {
                    found.push((format!("{name}/{device}"), kind));
                }
            } else {
                found.push((name, kind));
            }
        }
        let mut names = Vec::new();
        for (file, kind) in found.iter().filter(|(file, _)| !is_temporary(file)) {
            let refused = |why| StoreError::Refused { path: folder.join(file), why };
            if !kind.is_file() {
                return Err(refused(Refusal::NotRegular));
            }
            let name = file.strip_suffix(".toml").and_then(|name| name.parse().ok());
            names.push(name.ok_or_else(|| refused(Refusal::Request))?);
        }
        names.sort();
        Ok(names)
    }
}

impl Writer<'_> {
    /// Writes a request over the one that may be there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_request(&self, request: &Request) -> Result<(), StoreError> {
        let path = self.vault.request_path(&request.name);
        // Refuses a link on the way: the folder is made and written to by its path.
        self.vault.request(&request.name)?;
        if let Some(folder) = path.parent() {
            atomic::create_folder(folder, Access::Shared)?;
            atomic::sweep(folder)?;
        }
        atomic::write(&path, request.render().as_bytes(), Access::Shared)
    }

    /// Removes a request that has been answered. One with another key stays: it is another's.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn remove_request(&self, request: &Request) -> Result<(), StoreError> {
        match self.vault.request(&request.name)? {
            Some(there) if there == *request => {
                atomic::remove(&self.vault.request_path(&request.name))
            }
            _ => Ok(()),
        }
    }
}

fn is_temporary(file: &str) -> bool {
    atomic::is_temporary(file.rsplit('/').next().unwrap_or(file))
}
