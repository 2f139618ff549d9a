//! What the library remembers of files that were written here, without any history to ask.

use std::path::Path;

use vault::envelope::{Opened, Sealed};
use vault::model::SecretSet;
use vault::store::{Depth, Doubt, History, NoHistory, Pins, Standing, Suspicion, Written};

use crate::support::{Member, identities, recipients};

/// Nobody to ask.
struct Silence;

impl History for Silence {
    fn at_head(&self, _: &Path) -> Result<Option<Vec<u8>>, NoHistory> {
        Err(NoHistory::NoGit)
    }

    fn uncommitted(&self, _: &Path, _: &mut dyn FnMut(&[u8])) -> Result<(), NoHistory> {
        Err(NoHistory::NoGit)
    }

    fn versions_anywhere(&self, _: &Path, _: &mut dyn FnMut(&[u8])) -> Result<Depth, NoHistory> {
        Err(NoHistory::NoGit)
    }

    fn versions(&self, _: &Path, _: &mut dyn FnMut(&[u8])) -> Result<Depth, NoHistory> {
        Err(NoHistory::NoGit)
    }
}

fn judged(
    pins: &mut Pins,
    sealed: &Sealed<SecretSet>,
    alice: &Member,
) -> Result<Standing, Suspicion> {
    let identities = identities(alice);
    pins.check(&sealed.clone().open(&identities).unwrap(), &identities, &Silence)
}

#[test]
fn a_rotation_written_here_leaves_no_room_for_another() {
    let (state, alice, dave) =
        (tempfile::tempdir().unwrap(), Member::new("alice"), Member::new("dave"));
    let load = || Pins::load(Some(state.path()), Path::new("/work")).unwrap();
    let name = "web".parse().unwrap();
    let first =
        Opened::<SecretSet>::create(name, SecretSet, recipients(&[&alice, &dave])).seal().unwrap();
    let mut pins = load();
    assert_eq!(judged(&mut pins, &first, &alice), Ok(Standing::Current));
    pins.save().unwrap();

    let mut rotated = first.clone().open(&identities(&alice)).unwrap();
    rotated.remove_recipients(std::slice::from_ref(&dave.name)).unwrap();
    let mut pins = load();
    pins.rotated(&Written::of(&rotated));
    pins.save().unwrap();

    // Whoever was removed still has the first key, and so a link from it.
    let mut forged = first.clone().open(&identities(&dave)).unwrap();
    forged.rotate().unwrap();
    let forged = forged.seal().unwrap();
    let refused = Err(Suspicion { doubt: Doubt::OtherKey(2), silent: None });
    assert_eq!(judged(&mut load(), &forged, &alice), refused);
    assert_eq!(judged(&mut load(), &rotated.seal().unwrap(), &alice), Ok(Standing::Current));
    let older = Doubt::RolledBack { found: 1, newest: 2 };
    let silent = Some(NoHistory::NoGit);
    assert_eq!(judged(&mut load(), &first, &alice), Err(Suspicion { doubt: older, silent }));
}

#[test]
fn however_often_a_file_is_rotated_the_pins_stay_small() {
    let (state, alice) = (tempfile::tempdir().unwrap(), Member::new("alice"));
    let mut pins = Pins::load(Some(state.path()), Path::new("/work")).unwrap();
    let name = "web".parse().unwrap();
    let mut sealed =
        Opened::<SecretSet>::create(name, SecretSet, recipients(&[&alice])).seal().unwrap();
    for _ in 0..100 {
        assert_eq!(judged(&mut pins, &sealed, &alice), Ok(Standing::Current));
        let mut opened = sealed.open(&identities(&alice)).unwrap();
        opened.rotate().unwrap();
        sealed = opened.seal().unwrap();
    }
    pins.save().unwrap();
    let path = pins.path().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("known ")).count(), 63);
    let mut pins = Pins::load(Some(state.path()), Path::new("/work")).unwrap();
    assert_eq!(judged(&mut pins, &sealed, &alice), Ok(Standing::Current));
}
