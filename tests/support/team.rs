//! People with keys, for tests that make files through the library.

use vault::crypto::{Identities, NewIdentity, NoPassphrase, Recipient};
use vault::envelope::Recipients;
use vault::model::MemberName;

/// Someone with an identity.
pub(crate) struct Member {
    pub(crate) name: MemberName,
    pub(crate) to: Recipient,
    pub(crate) identity: Vec<u8>,
}

impl Member {
    pub(crate) fn new(name: &str) -> Self {
        let identity = NewIdentity::generate();
        Self {
            name: name.parse().unwrap(),
            to: identity.public().parse().unwrap(),
            identity: identity.to_file("2026-01-01T00:00:00Z").to_vec(),
        }
    }
}

/// These people as the readers of a file.
pub(crate) fn recipients(members: &[&Member]) -> Recipients {
    let readers = members.iter().map(|m| (m.name.clone(), m.to.clone())).collect();
    Recipients::new(readers).unwrap()
}

/// What one of them has at hand.
pub(crate) fn identities(member: &Member) -> Identities {
    let mut identities = Identities::new(Box::new(NoPassphrase));
    identities.add(&member.identity, member.name.as_str()).unwrap();
    identities
}
