//! Credentials as people have them: `USER:PASSWORD`, its base64, or a service account's key file.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;
use zeroize::Zeroizing;

use super::kind::JSON_KEY;
use crate::model::{SecretValue, ValueTooLong};

/// As `auth` has it in a client's configuration, and without its padding too.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no pair of credentials. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadPair {
    /// Nothing to split at.
    #[error("credentials are USER:PASSWORD, and there is no `:` in these")]
    NoColon,
    /// The base64 of a pair, which was not said.
    #[error("credentials are USER:PASSWORD, and these are the base64 of that")]
    Encoded,
    /// Not base64.
    #[error("these credentials are not base64")]
    NotBase64,
    /// Longer than a value may be.
    #[error(transparent)]
    TooLong(#[from] ValueTooLong),
}

/// Splits `USER:PASSWORD` at the first `:`, as every client does.
///
/// # Errors
/// [`BadPair`].
pub fn pair(text: &[u8]) -> Result<(SecretValue, SecretValue), BadPair> {
    let Some(colon) = text.iter().position(|byte| *byte == b':') else {
        let decoded = BASE64.decode(text.trim_ascii()).map(Zeroizing::new);
        let encoded = decoded.is_ok_and(|decoded| decoded.contains(&b':'));
        return Err(if encoded { BadPair::Encoded } else { BadPair::NoColon });
    };
    let (user, rest) = text.split_at(colon);
    let password = rest.get(1..).unwrap_or_default();
    Ok((SecretValue::new(user.to_vec())?, SecretValue::new(password.to_vec())?))
}

/// Splits the base64 of `USER:PASSWORD`, which is what clients call `auth`.
///
/// # Errors
/// [`BadPair`].
pub fn pair_of_base64(text: &[u8]) -> Result<(SecretValue, SecretValue), BadPair> {
    let decoded = BASE64.decode(text.trim_ascii()).map_err(|_| BadPair::NotBase64)?;
    match pair(&Zeroizing::new(decoded)) {
        Err(BadPair::Encoded) => Err(BadPair::NoColon),
        split => split,
    }
}

/// The credentials that a service account's key file is.
///
/// # Errors
/// [`ValueTooLong`].
pub fn json_key(file: &mut Zeroizing<Vec<u8>>) -> Result<(SecretValue, SecretValue), ValueTooLong> {
    let password = SecretValue::new(std::mem::take(&mut **file))?;
    Ok((SecretValue::new(JSON_KEY.into())?, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(split: Result<(SecretValue, SecretValue), BadPair>) -> Result<[Vec<u8>; 2], BadPair> {
        split.map(|(user, password)| [user, password].map(|part| part.expose().to_vec()))
    }

    #[test]
    fn a_pair_is_split_at_the_first_colon_and_kept_exactly() {
        let both = |user: &[u8], password: &[u8]| Ok([user.to_vec(), password.to_vec()]);
        assert_eq!(parts(pair(b"u:p:q ")), both(b"u", b"p:q "));
        assert_eq!(parts(pair(b":")), both(b"", b""));
        assert_eq!(parts(pair_of_base64(b"dTpwOnE=\n")), both(b"u", b"p:q"));
        assert_eq!(parts(pair_of_base64(b"dTpwOnE")), both(b"u", b"p:q"));
    }

    #[test]
    fn what_is_no_pair_is_told_apart() {
        assert_eq!(parts(pair(b"hunter2")), Err(BadPair::NoColon));
        assert_eq!(parts(pair(b"dTpwOnE=")), Err(BadPair::Encoded));
        assert_eq!(parts(pair_of_base64(b"u:p")), Err(BadPair::NotBase64));
        assert_eq!(parts(pair_of_base64(b"aHVudGVyMg==")), Err(BadPair::NoColon));
        assert_eq!(parts(pair_of_base64(b"ZFRwd09uRT0=")), Err(BadPair::NoColon));
    }
}
