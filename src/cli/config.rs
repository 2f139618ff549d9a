//! `$XDG_CONFIG_HOME/vault/config.toml`: what a person has decided for this machine, and no repository
//! may decide for them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use vault::crypto::PluginName;

use super::report::Failure;

/// Longest configuration.
const MAX_BYTES: u64 = 64 << 10;

/// What may stand in it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The age plugins that may be run.
    #[serde(default, deserialize_with = "plugin_names")]
    plugins: Vec<PluginName>,
    /// Where else to look for pull secrets: folders that hold a `.secrets`.
    #[serde(default, deserialize_with = "folders")]
    vaults: Vec<PathBuf>,
}

impl Config {
    /// That of whoever runs vault. A file that does not parse is an error, never "no file".
    pub(crate) fn of_person() -> Result<Self, Failure> {
        // Without a home there is no configuration.
        path()
            .map_or_else(|| Ok(Self::default()), |path| Self::read(&path).map_err(Failure::failed))
    }

    /// The configuration in the file, or an empty one where there is no file; else the reason, for a
    /// person.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let file = match File::open(path) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.map_err(|why| failed(&why))?,
        };
        let data = file.metadata().map_err(|why| failed(&why))?;
        if !data.is_file() {
            return Err(failed(&"it is not a file"));
        }
        if can_be_changed_by_others(&data) {
            let why = "others can change it, and it says which programs run; `chmod go-w` it";
            return Err(failed(&why));
        }
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(|why| failed(&why))?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            failed(&format!("line {line}: {}", error.message().replace('\n', " ")))
        })
    }

    /// Whether the plugin may be run.
    pub(crate) fn allows(&self, plugin: &PluginName) -> bool {
        self.plugins.contains(plugin)
    }

    /// Where else to look for pull secrets: what should be absolute paths of folders that hold a
    /// `.secrets`. One that is none is no reason to look into no other.
    pub(crate) fn vaults(&self) -> &[PathBuf] {
        &self.vaults
    }
}

fn plugin_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PluginName>, D::Error> {
    let names = Vec::<String>::deserialize(from)
        .map_err(|_| D::Error::custom("`plugins` is a list of names"))?;
    names.iter().map(|name| name.parse().map_err(D::Error::custom)).collect()
}

fn folders<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    let listed = Vec::<PathBuf>::deserialize(from);
    listed.map_err(|_| D::Error::custom("`vaults` is a list of folders, as in [\"/work/shop\"]"))
}

/// Where it stands.
pub(crate) fn path() -> Option<PathBuf> {
    Some(super::places::config_folder()?.join("config.toml"))
}

#[cfg(unix)]
fn can_be_changed_by_others(data: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = data.uid();
    let trusted = owner == 0 || owner == rustix::process::geteuid().as_raw();
    !trusted || data.mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn can_be_changed_by_others(_: &std::fs::Metadata) -> bool {
    false
}
