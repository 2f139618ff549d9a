//! The work trees of one repository.

use std::path::PathBuf;

use super::Git;

impl Git {
    /// The folders in which what this repository holds may stand: the one around the folder, and
    /// those of its other work trees. None where there is no repository.
    pub fn work_trees(&self) -> Vec<PathBuf> {
        let folder = self.folder().canonicalize().unwrap_or_default();
        let own = folder.ancestors().find(|above| above.join(".git").exists());
        let Some(own) = own else { return Vec::new() };
        let listed = self.run(["worktree", "list", "--porcelain"]).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        let others = listed.lines().filter_map(|line| line.strip_prefix("worktree "));
        others.map(PathBuf::from).chain([own.to_owned()]).collect()
    }
}
