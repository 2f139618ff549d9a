//! Which folders tell of a change: those of the vault, the ones they are made in, and every one
//! that holds a link on the way.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::store::FOLDER;

/// Files beside the vault's folder that say which sets are meant.
const MANIFESTS: [&str; 2] = ["vault.toml", "pcc-deploy.toml"];

/// As many links as Linux follows in one path.
const MAX_LINKS: usize = 40;

/// Where a vault is, in a way that outlives what stands there: by the path that was searched from,
/// and how far above it the vault was.
#[derive(Debug, Clone)]
pub struct Place {
    start: PathBuf,
    above: usize,
    /// Where that led last.
    root: PathBuf,
}

impl Place {
    /// `root` is where the search from `start` found the vault; `start` is absolute.
    pub fn new(start: PathBuf, root: &Path) -> Self {
        let from = fs::canonicalize(&start).unwrap_or_else(|_| start.clone());
        let above = from.ancestors().position(|dir| dir == root).unwrap_or_default();
        Self { start, above, root: root.to_owned() }
    }

    /// The folder where the vault belongs, be it there or not. A vault further up is another one,
    /// and does not take its place while a checkout replaces it.
    pub fn root(&mut self) -> &Path {
        if let Ok(from) = fs::canonicalize(&self.start)
            && let Some(root) = from.ancestors().nth(self.above)
        {
            root.clone_into(&mut self.root);
        }
        &self.root
    }

    /// What is to be watched now.
    pub(super) fn sights(&mut self) -> Sights {
        let root = self.root().to_owned();
        let vault = root.join(FOLDER);
        let mut names: Vec<PathBuf> = MANIFESTS.iter().map(|name| root.join(name)).collect();
        // Each of these is made in the one before.
        let mut made = vec![vault.join("sets"), vault.clone()];
        // The nearest folder above that is there tells when the next below is made again.
        for dir in root.ancestors() {
            made.push(dir.to_owned());
            if dir != root && dir.is_dir() {
                break;
            }
        }
        for link in links_on(&self.start) {
            made.extend(link.parent().map(Path::to_owned));
            names.push(link);
        }
        names.extend(made.iter().cloned());
        made.sort();
        made.dedup();
        let folders = made.into_iter().filter_map(Folder::look).collect();
        Sights { vault, names, folders }
    }
}

/// What is watched: some folders, and what in them matters.
#[derive(Debug)]
pub(super) struct Sights {
    vault: PathBuf,
    names: Vec<PathBuf>,
    pub(super) folders: Vec<Folder>,
}

impl Sights {
    /// Whether a change at this path may be one of the vault.
    pub(super) fn concern(&self, path: &Path) -> bool {
        path.starts_with(&self.vault) || self.names.iter().any(|name| name == path)
    }
}

/// A folder that is there; another one in its place is not equal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    device: u64,
    number: u64,
    /// File systems give a number again to what is made next.
    born: Option<SystemTime>,
}

impl Folder {
    fn look(path: PathBuf) -> Option<Self> {
        let meta = fs::metadata(&path).ok().filter(fs::Metadata::is_dir)?;
        Some(Self { path, device: meta.dev(), number: meta.ino(), born: meta.created().ok() })
    }
}

/// Every link that is followed to get to `path`, by where it really stands.
fn links_on(path: &Path) -> Vec<PathBuf> {
    let mut links = Vec::new();
    let mut at = PathBuf::new();
    let mut rest: Vec<PathBuf> = parts(path);
    while let Some(part) = rest.pop() {
        if part.as_os_str() == ".." {
            at.pop();
            continue;
        }
        let here = at.join(&part);
        match fs::read_link(&here) {
            Ok(target) if links.len() < MAX_LINKS => {
                rest.extend(parts(&target));
                links.push(here);
            }
            _ => at = here,
        }
    }
    links
}

/// The parts of a path, the last one first.
fn parts(path: &Path) -> Vec<PathBuf> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.rev().map(|part| PathBuf::from(part.as_os_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn root() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(dir.path()).unwrap();
        (dir, path)
    }

    #[test]
    fn every_link_on_the_way_is_found_where_it_stands() {
        let (_dir, root) = root();
        fs::create_dir_all(root.join("releases/one/app")).unwrap();
        symlink("releases/one", root.join("current")).unwrap();
        symlink("../releases/../current/app", root.join("releases/app")).unwrap();
        let links = links_on(&root.join("releases/./app"));
        assert_eq!(links, [root.join("releases/app"), root.join("current")]);
        assert!(links_on(&root.join("releases/one")).is_empty());
        symlink("loop", root.join("loop")).unwrap();
        assert_eq!(links_on(&root.join("loop")).len(), MAX_LINKS);
    }

    #[test]
    fn the_folders_of_the_vault_are_watched_and_the_ones_they_are_made_in() {
        let (_dir, root) = root();
        let repo = root.join("a/repo");
        fs::create_dir_all(repo.join(".secrets/sets")).unwrap();
        fs::create_dir_all(repo.join("deep/er")).unwrap();
        let mut place = Place::new(repo.join("deep/er"), &repo);
        let mut watched = || {
            let folders = place.sights().folders.into_iter();
            folders.map(|f| f.path.strip_prefix(&root).unwrap().display().to_string()).collect()
        };
        let all: Vec<String> = watched();
        assert_eq!(all, ["a", "a/repo", "a/repo/.secrets", "a/repo/.secrets/sets"]);
        fs::remove_dir_all(root.join("a")).unwrap();
        let left: Vec<String> = watched();
        assert_eq!(left, [""]);
    }

    #[test]
    fn another_folder_in_the_same_place_is_not_the_same() {
        let (_dir, root) = root();
        let at = root.join("x");
        fs::create_dir(&at).unwrap();
        // While this is open, nothing else gets its number.
        let _open = fs::File::open(&at).unwrap();
        let before = Folder::look(at.clone()).unwrap();
        assert_eq!(Some(&before), Folder::look(at.clone()).as_ref());
        fs::remove_dir(&at).unwrap();
        fs::create_dir(&at).unwrap();
        assert_ne!(Some(&before), Folder::look(at).as_ref());
    }

    #[test]
    fn what_happens_elsewhere_is_no_concern() {
        let (_dir, root) = root();
        fs::create_dir(root.join(".secrets")).unwrap();
        let sights = Place::new(root.clone(), &root).sights();
        for path in [".secrets", ".secrets/sets", ".secrets/sets/web.toml", "vault.toml", ""] {
            assert!(sights.concern(&root.join(path)), "{path}");
        }
        for path in ["README.md", ".secretsx", "src/vault.toml"] {
            assert!(!sights.concern(&root.join(path)), "{path}");
        }
    }

    #[test]
    fn a_link_that_swaps_leads_to_another_root() {
        let (_dir, root) = root();
        for release in ["one", "two"] {
            fs::create_dir_all(root.join(release).join("app")).unwrap();
        }
        symlink("one", root.join("current")).unwrap();
        let mut place = Place::new(root.join("current/app"), &root.join("one"));
        assert_eq!(place.root(), root.join("one"));
        let sights = place.sights();
        assert!(sights.concern(&root.join("current")));
        assert!(sights.folders.iter().any(|folder| folder.path == root));
        fs::remove_file(root.join("current")).unwrap();
        assert_eq!(place.root(), root.join("one"));
        symlink("two", root.join("current")).unwrap();
        assert_eq!(place.root(), root.join("two"));
    }
}
