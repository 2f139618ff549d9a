//! Which commit brought something that a file has. Blame alone does not tell: where a merge takes back
//! what one of its sides had taken out, it names the commit from before the removal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Git;
use super::changes::Changes;
use super::history::literal;
use crate::store::NoHistory;

/// What a commit brought.
pub(super) struct Brought {
    pub(super) commit: String,
    /// Whether it came with the file, which may have stood in another place before.
    pub(super) with_file: bool,
}

/// A commit that the file's past consists of.
struct Node {
    commit: String,
    /// By their places in the list, which are all before this one.
    parents: Vec<usize>,
    /// Whether it has the file, and what is looked for in it.
    has_file: bool,
    has_it: bool,
}

impl Git {
    /// The commit that brought last what `has` finds in a version of a file, as far as the one at
    /// `tip` knows.
    ///
    /// # Errors
    /// [`NoHistory`].
    pub(super) fn brought(
        &self,
        tip: &str,
        path: &Path,
        has: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<Brought>, NoHistory> {
        let nodes = self.nodes(tip, path, has)?;
        let mut origins: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
        for at in 0..nodes.len() {
            let origin = origin(&nodes, &origins, at);
            origins.push(origin);
        }
        let Some(origin) = origins.last().copied().flatten() else { return Ok(None) };
        let with_file = !nodes.iter().take(origin).any(|node| node.has_file);
        let node = nodes.into_iter().nth(origin);
        Ok(node.map(|node| Brought { commit: node.commit, with_file }))
    }

    /// The commits that changed the file, and all merges, parents first.
    fn nodes(
        &self,
        tip: &str,
        path: &Path,
        has: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Node>, NoHistory> {
        let place = [literal(path)];
        let list = ["--reverse".into(), tip.into(), "--".into()].into_iter().chain(place.clone());
        let Changes { list, pairs: changes } = self.changes(list, &place)?;
        let brought: BTreeSet<String> =
            changes.iter().filter_map(|pair| pair.new.clone()).collect();
        let mut with_it = BTreeSet::new();
        self.read_named(&brought.into_iter().collect::<Vec<_>>(), &mut |object, bytes| {
            if has(bytes) {
                with_it.insert(object.to_owned());
            }
        })?;
        let versions: BTreeMap<&str, &Option<String>> =
            changes.iter().map(|pair| (pair.commit.as_str(), &pair.new)).collect();
        let mut places = BTreeMap::new();
        let mut nodes: Vec<Node> = Vec::new();
        for mut commits in list.lines().map(|line| line.split(' ')) {
            let commit = commits.next().unwrap_or_default();
            let parents: Vec<usize> =
                commits.filter_map(|name| places.get(name).copied()).collect();
            // What differs from no parent is as all of them have it.
            let same = parents.first().and_then(|parent| nodes.get(*parent));
            let (has_file, has_it) = match versions.get(commit) {
                Some(Some(object)) => (true, with_it.contains(object)),
                Some(None) => (false, false),
                None => same.map_or((false, false), |same| (same.has_file, same.has_it)),
            };
            places.insert(commit, nodes.len());
            nodes.push(Node { commit: commit.to_owned(), parents, has_file, has_it });
        }
        Ok(nodes)
    }
}

/// Where what a commit has comes from, if those of its parents are known.
fn origin(nodes: &[Node], origins: &[Option<usize>], at: usize) -> Option<usize> {
    let node = nodes.get(at).filter(|node| node.has_it)?;
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
