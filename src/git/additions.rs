//! Which commit brought a line that a file has. Blame alone does not tell: where a merge takes back
//! what one of its sides had taken out, it names the commit from before the removal.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use super::Git;
use super::history::literal;
use super::removals::pairs;
use crate::store::NoHistory;

/// A commit that the file's past consists of.
struct Node {
    commit: String,
    /// By their places in the list, which are all before this one.
    parents: Vec<usize>,
    /// Whether it has the file, and the line in it.
    has_file: bool,
    has_line: bool,
}

impl Git {
    /// The commit that brought the line last, as far as the one at `tip` knows. `None` where it
    /// came with the file, which may have stood in another place before.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub(super) fn brought(
        &self,
        tip: &str,
        path: &Path,
        line: &str,
    ) -> Result<Option<String>, NoHistory> {
        let nodes = self.nodes(tip, path, line)?;
        let mut origins: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
        for at in 0..nodes.len() {
            let origin = origin(&nodes, &origins, at);
            origins.push(origin);
        }
        let Some(origin) = origins.last().copied().flatten() else { return Ok(None) };
        let is_first = !nodes.iter().take(origin).any(|node| node.has_file);
        Ok(nodes.into_iter().nth(origin).filter(|_| !is_first).map(|node| node.commit))
    }

    /// The commits that changed the file, and all merges, parents first.
    fn nodes(&self, tip: &str, path: &Path, line: &str) -> Result<Vec<Node>, NoHistory> {
        let words = |words: &'static str| words.split_ascii_whitespace().map(OsString::from);
        let list = "--no-literal-pathspecs rev-list --full-history --parents --topo-order \
                    --reverse";
        let list = self.run(words(list).chain([tip.into(), "--".into(), literal(path)]))?;
        let changes = "--no-literal-pathspecs diff-tree --stdin --root -m -r -z --raw --no-renames \
                       --no-abbrev --no-ext-diff --no-textconv --";
        let changes = pairs(&self.feed(words(changes).chain([literal(path)]), &list)?);
        let brought: BTreeSet<String> =
            changes.iter().filter_map(|pair| pair.new.clone()).collect();
        let with_line = self.with_line(&brought.into_iter().collect::<Vec<_>>(), line)?;
        let versions: BTreeMap<&str, &Option<String>> =
            changes.iter().map(|pair| (pair.commit.as_str(), &pair.new)).collect();
        let list = String::from_utf8_lossy(&list);
        let mut places = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        for mut commits in list.lines().map(|line| line.split(' ')) {
            let commit = commits.next().unwrap_or_default();
            let parents: Vec<usize> =
                commits.filter_map(|name| places.get(name).copied()).collect();
            // What differs from no parent is as all of them have it.
            let same = parents.first().and_then(|parent| nodes.get(*parent));
            let (has_file, has_line) = match versions.get(commit) {
                Some(Some(object)) => (true, with_line.contains(object)),
                Some(None) => (false, false),
                None => same.map_or((false, false), |same| (same.has_file, same.has_line)),
            };
            places.insert(commit, nodes.len());
            nodes.push(Node { commit: commit.to_owned(), parents, has_file, has_line });
        }
        Ok(nodes)
    }

    /// Which of these versions have the line.
    fn with_line(&self, objects: &[String], line: &str) -> Result<BTreeSet<String>, NoHistory> {
        let mut found = BTreeSet::new();
        self.read_named(objects, &mut |object, bytes| {
            if String::from_utf8_lossy(bytes).lines().any(|other| other == line) {
                found.insert(object.to_owned());
            }
        })?;
        Ok(found)
    }
}

/// Where the line that a commit has comes from, if those of its parents are known.
fn origin(nodes: &[Node], origins: &[Option<usize>], at: usize) -> Option<usize> {
    let node = nodes.get(at).filter(|node| node.has_line)?;
    let origin_in = |parent: &usize| origins.get(*parent).copied().flatten();
    let lacking: Vec<usize> =
        node.parents.iter().copied().filter(|parent| origin_in(parent).is_none()).collect();
    // A side that lacks it and yet comes after it has taken it out: then this is who took it back.
    let stays = |origin: &usize| !lacking.iter().any(|side| is_behind(nodes, *origin, *side));
    node.parents.iter().filter_map(origin_in).find(stays).or(Some(at))
}

/// Whether a commit is one of those that lead to another.
fn is_behind(nodes: &[Node], earlier: usize, later: usize) -> bool {
    let (mut open, mut seen) = (vec![later], BTreeSet::new());
    while let Some(at) = open.pop() {
        if at == earlier {
            return true;
        }
        // Parents stand before their children.
        if at > earlier && seen.insert(at) {
            open.extend(nodes.get(at).iter().flat_map(|node| &node.parents));
        }
    }
    false
}
