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

    /// Who asks to join. What does not belong there keeps nobody from asking.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the folder is none; [`StoreError::Io`].
    pub fn requests(&self) -> Result<Requests, StoreError> {
        let folder = self.folder().join(REQUESTS);
        let mut found = Requests::default();
        let mut files = Vec::new();
        for (name, kind) in names_in(&folder)? {
            if !kind.is_dir() {
                files.push((name, kind));
                continue;
            }
            match names_in(&folder.join(&name)) {
                Ok(devices) => {
                    let file = |(device, kind)| (format!("{name}/{device}"), kind);
                    files.extend(devices.into_iter().map(file));
                }
                Err(why) => found.refused.push(why),
            }
        }
        for (file, kind) in files.iter().filter(|(file, _)| !is_temporary(file)) {
            let name = file.strip_suffix(".toml").and_then(|name| name.parse().ok());
            let why = match name {
                Some(name) if kind.is_file() => {
                    found.names.push(name);
                    continue;
                }
                Some(_) => Refusal::NotRegular,
                None => Refusal::Request,
            };
            found.refused.push(StoreError::Refused { path: folder.join(file), why });
        }
        found.names.sort();
        Ok(found)
    }
}

/// What stands among the requests.
#[derive(Debug, Default)]
pub struct Requests {
    /// Who asks, sorted.
    pub names: Vec<MemberName>,
    /// What is no request, and why.
    pub refused: Vec<StoreError>,
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
