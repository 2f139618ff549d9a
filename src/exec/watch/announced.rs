//! Being told of changes: armed on folders, never on files, which are replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::clock::Pace;
use super::places::{Folder, Place, Sights};
use super::silent::is_silent;
use crate::exec::supervise::Waker;

/// Whether something was seen to happen since it was last asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints(Arc<AtomicBool>);

impl Hints {
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    /// Many at once make one call.
    fn give(&self, waker: &Waker) {
        if !self.0.swap(true, Ordering::Relaxed) {
            waker.wake();
        }
    }
}

/// What is armed, and on what.
pub(super) struct Announcer {
    hints: Hints,
    waker: Waker,
    armed: Option<Armed>,
}

struct Armed {
    folders: Vec<Folder>,
    pace: Pace,
    _watcher: RecommendedWatcher,
}

impl Announcer {
    pub(super) fn new(hints: Hints, waker: Waker) -> Self {
        Self { hints, waker, armed: None }
    }

    /// Arms anew on what is there now. To be called before looking: what changes after that is
    /// announced.
    pub(super) fn rearm(&mut self, place: &mut Place) -> Pace {
        // Gone before the new one is made: a user may have 128 of them.
        self.armed = None;
        // A folder may be replaced while it is armed.
        for _ in 0..3 {
            self.armed = self.arm(place.sights());
            let now = place.sights().folders;
            match &self.armed {
                Some(armed) if armed.folders != now => {}
                Some(armed) => return armed.pace,
                None => break,
            }
        }
        Pace::Unannounced
    }

    /// The same, if another folder has taken the place of one.
    pub(super) fn rearm_if_replaced(&mut self, place: &mut Place) -> Pace {
        let now = place.sights().folders;
        match &self.armed {
            Some(armed) if armed.folders == now => armed.pace,
            _ => self.rearm(place),
        }
    }

    /// `None` where the system does not let us, as when a user watches too much already.
    fn arm(&self, mut sights: Sights) -> Option<Armed> {
        let folders = std::mem::take(&mut sights.folders);
        let (hints, waker) = (self.hints.clone(), self.waker.clone());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if is_hint(&event, &sights) {
                hints.give(&waker);
            }
        })
        .ok()?;
        let mut pace = Pace::Announced;
        for folder in &folders {
            watcher.watch(&folder.path, RecursiveMode::NonRecursive).ok()?;
            if is_silent(&folder.path) {
                pace = Pace::Unannounced;
            }
        }
        Some(Armed { folders, pace, _watcher: watcher })
    }
}

/// Whether the vault may have changed. An event without a path says that events were lost.
fn is_hint(event: &notify::Result<Event>, sights: &Sights) -> bool {
    let Ok(event) = event else { return true };
    if event.need_rescan() || event.paths.is_empty() {
        return true;
    }
    // Looking itself is an access.
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|p| sights.concern(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind, Flag, MetadataKind, ModifyKind};
    use std::path::Path;

    #[test]
    fn everything_is_a_hint_but_accesses_and_what_is_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(dir.path()).unwrap();
        let sights = Place::new(root.clone(), &root).sights();
        let hint = |event: Event| is_hint(&Ok(event), &sights);
        let at = |kind: EventKind, path: &str| Event::new(kind).add_path(root.join(path));
        let touched = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
        for kind in [EventKind::Create(CreateKind::Any), touched, EventKind::Other] {
            assert!(hint(at(kind, ".secrets/sets/web.toml")), "{kind:?}");
            assert!(!hint(at(kind, "src/main.rs")), "{kind:?}");
        }
        assert!(!hint(at(EventKind::Access(AccessKind::Any), ".secrets/sets/web.toml")));
        // One of two names is enough.
        let moved = at(EventKind::Other, "x").add_path(root.join(".secrets"));
        assert!(hint(moved));
    }

    #[test]
    fn events_that_were_lost_are_a_hint() {
        let sights = Place::new("/".into(), Path::new("/")).sights();
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(is_hint(&Ok(lost.clone().add_path("/elsewhere/x".into())), &sights));
        assert!(is_hint(&Ok(lost), &sights));
        assert!(is_hint(&Ok(Event::new(EventKind::Other)), &sights));
        assert!(is_hint(&Err(notify::Error::generic("x")), &sights));
    }
}
