//! The work trees of one repository, and the vaults in one.

use std::path::PathBuf;

use super::Git;
use super::changes::ANYWHERE;
use crate::crypto::FileId;
use crate::store::Team;

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

    /// The ids of the vaults that git has in its index, wherever they stand. None where there is no
    /// repository.
    pub fn vaults(&self) -> Vec<FileId> {
        let list = ["--no-literal-pathspecs", "ls-files", "--stage", "-z", "--", ANYWHERE];
        let listed = self.run(list).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        // `MODE OBJECT STAGE TAB PATH`
        let objects = listed.split('\0').filter_map(|line| line.split(' ').nth(1));
        let objects: Vec<String> = objects.map(str::to_owned).collect();
        let mut ids = Vec::new();
        // One that cannot be read is none that anybody knows.
        let _unread = self.read(&objects, &mut |bytes| {
            ids.extend(Team::parse(bytes).ok().map(|team| team.id()));
        });
        ids
    }
}
