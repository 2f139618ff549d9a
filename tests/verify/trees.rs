//! Trees that git does not make, and anyone can push.

use super::{Repo, set};

/// An entry of a tree: mode, name and object.
type Entry = (&'static str, &'static str, String);

struct Maker(Repo);

impl Maker {
    fn git(&self, args: &[&str], stdin: &[u8]) -> String {
        let run = self.0.sandbox.git_command(&self.0.sandbox.work(), "alice", args);
        run.stdin(stdin).run().succeeds().text().trim().to_owned()
    }

    fn object(&self, path: &str) -> String {
        self.git(&["rev-parse", &format!("HEAD:{path}")], b"")
    }

    fn tree(&self, entries: &[Entry]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, object) in entries {
            bytes.extend(format!("{mode} {name}\0").into_bytes());
            let digits = (0..object.len()).step_by(2).map(|at| &object[at..at + 2]);
            bytes.extend(digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()));
        }
        self.git(&["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &bytes)
    }

    /// A commit with the `.secrets` folders that these trees are.
    fn commit(&self, folders: &[String]) -> String {
        let mut root = vec![("100644", ".gitattributes", self.object(".gitattributes"))];
        root.extend(folders.iter().map(|folder| ("40000", ".secrets", folder.clone())));
        self.git(&["commit-tree", "-m", "x", &self.tree(&root)], b"")
    }

    fn folder(&self, sets: &[Entry]) -> String {
        let team = self.object(".secrets/team.toml");
        self.tree(&[("40000", "sets", self.tree(sets)), ("100644", "team.toml", team)])
    }
}

#[test]
fn two_entries_of_one_name_in_a_tree_are_found() {
    let maker = Maker(Repo::new());
    let web = ("100644", "web.toml", maker.object(".secrets/sets/web.toml"));
    let other = ("100644", "web.toml", maker.object("README"));
    let files = maker.commit(&[maker.folder(&[web.clone(), other])]);
    let found = maker.0.findings(&["--rev", &files]);
    assert_eq!(found, ["error same-path .secrets/sets/web.toml:1"]);
    let folder = maker.folder(&[web]);
    let folders = maker.commit(&[folder.clone(), folder.clone()]);
    assert!(maker.0.broken(&["--rev", &folders]).contains("same-path"));
    assert_eq!(maker.0.broken(&["--rev", &maker.commit(&[folder])]), set(&[]));
}
