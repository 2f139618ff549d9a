//! Why credentials are not stored, and what should be known of those that are. Nothing here holds any
//! of them.

use std::fmt;

use thiserror::Error;

use crate::model::RegistryKind;

/// Why credentials are not stored. No variant holds any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// No user name.
    #[error("the user name is empty")]
    NoUser,
    /// No password.
    #[error("the password is empty")]
    NoPassword,
    /// Clients cut `USER:PASSWORD` at the first colon.
    #[error("the user name holds a `:`, which every client takes for its end")]
    Colon,
    /// Bytes that no client can pass on.
    #[error("the {0} is not UTF-8 text")]
    NotText(Part),
    /// As `echo` leaves it.
    #[error("the {0} ends in a newline")]
    Newline(Part),
    /// Spaces around it, or control characters in it.
    #[error("the {0} begins or ends with a space, or holds a control character")]
    Blank(Part),
    /// Decoders cut a password at a NUL.
    #[error("the password holds a NUL, which clients take for its end")]
    Nul,
    /// More than clients read.
    #[error("the password has more than 32 KiB, which clients cannot read")]
    TooLong,
    /// The server is not one of this kind.
    #[error("{0} has no registry at this address: its own are called {1}")]
    Server(RegistryKind, &'static str),
    /// The server is one of another kind.
    #[error("{0} has no registry at this address: it is one of {1}")]
    Kind(RegistryKind, RegistryKind),
    /// Not what this kind of registry calls a user.
    #[error("{0}")]
    User(&'static str),
    /// Not what this kind of registry calls a password.
    #[error("{0}")]
    Password(&'static str),
    /// Gone before a colleague can use it.
    #[error("this is a token that is good for {0}, so there is no use in storing it")]
    ShortLived(&'static str),
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The user name.
    Username,
    /// The password.
    Password,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username => "user name",
            Self::Password => "password",
        })
    }
}

impl Unfit {
    /// What to do about it.
    pub fn hint(self) -> Option<String> {
        let text = match self {
            Self::Kind(_, right) => {
                return Some(format!("--kind {right} is right; --kind generic checks nothing"));
            }
            Self::Newline(_) => "`printf %s` writes none, and --password-stdin drops one",
            Self::ShortLived(_) => {
                "make one that lasts; --kind generic stores this one nonetheless"
            }
            Self::Server(..) => "--kind generic takes any address",
            Self::User(_) | Self::Password(_) => "--kind generic takes any credentials",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// What may be meant so, and should be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Caution {
    /// A person's password.
    #[error(
        "this looks like an account's password; an access token can be limited to pulling, and revoked"
    )]
    AccountPassword,
    /// Docker Hub's users have names.
    #[error("Docker Hub's user names hold no `@`: this looks like an e-mail address")]
    Email,
    /// ACR's admin account.
    #[error(
        "this is the registry's admin account, which may push too; a token or a service principal can be limited to pulling"
    )]
    Admin,
    /// GitHub's fine-grained tokens.
    #[error("GitHub's fine-grained tokens read no packages: use a classic one with read:packages")]
    FineGrained,
    /// Good for hours.
    #[error(
        "ECR's tokens are good for 12 hours; docker-credential-ecr-login makes one for each pull"
    )]
    Hours,
    /// As a copy from somewhere may leave it.
    #[error("the password begins or ends with a space, which is kept")]
    Space,
    /// Quay's users are people.
    #[error(
        "this looks like a person's account; a robot account, NAMESPACE+ROBOT, can be limited to pulling"
    )]
    NoRobot,
}
