//! The ways credentials get into `vault pull-secret create`.

use std::fs::File;
use std::io;

use vault::model::SecretValue;
use vault::registry::{BadPair, json_key, pair, pair_of_base64};
use zeroize::Zeroizing;

use super::Args;
use crate::cli::report::Failure;
use crate::cli::set::read_all;
use crate::cli::{Global, term};

type Pair = (SecretValue, SecretValue);

/// User name and password, from wherever the arguments say.
pub(super) fn credentials(global: &Global, args: &Args) -> Result<Pair, Failure> {
    if let Some(path) = &args.json_key_file {
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(|why| Failure::failed(format!("{name}: {why}")))?;
        let mut key = read_all(&mut file, &name)?;
        return json_key(&mut key).map_err(|why| Failure::failed(format!("{name}: {why}")));
    }
    if let Some(words) = &args.credentials {
        return whole(args, words.as_encoded_bytes());
    }
    if args.password_stdin {
        let mut text = read_all(&mut io::stdin().lock(), "stdin")?;
        drop_newline(&mut text);
        return match &args.username {
            _ if args.base64encode => whole(args, &text),
            Some(user) => both(user.clone().into_bytes(), text),
            None => Err(Failure::usage("--password-stdin needs --username USER")),
        };
    }
    if !term::can_ask(global) {
        return Err(Failure::usage("credentials can only be asked for in a terminal").hint(
            "give them with --username USER --password-stdin, --json-key-file FILE or USER:PASS",
        ));
    }
    if args.base64encode {
        return whole(
            args,
            &term::ask_hidden(&format!("base64 of USER:PASS for {}: ", args.server))?,
        );
    }
    let user = match &args.username {
        Some(user) => user.clone(),
        None => term::ask(&format!("user name for {}: ", args.server))?.unwrap_or_default(),
    };
    both(user.into_bytes(), term::ask_hidden(&format!("password for {}: ", args.server))?)
}

/// Both in one text.
fn whole(args: &Args, text: &[u8]) -> Result<Pair, Failure> {
    let split = if args.base64encode { pair_of_base64(text) } else { pair(text) };
    split.map_err(|why| {
        let failure = Failure::usage(why.to_string());
        match why {
            BadPair::Encoded => failure.hint("--base64encode takes them so"),
            BadPair::NoColon => failure.hint("leave the password out to be asked for it"),
            BadPair::NotBase64 | BadPair::TooLong(_) => failure,
        }
    })
}

fn both(user: Vec<u8>, mut password: Zeroizing<Vec<u8>>) -> Result<Pair, Failure> {
    let value = |bytes| SecretValue::new(bytes).map_err(|why| Failure::usage(why.to_string()));
    Ok((value(user)?, value(std::mem::take(&mut *password))?))
}

/// As docker does for its --password-stdin.
fn drop_newline(text: &mut Zeroizing<Vec<u8>>) {
    for end in [b'\n', b'\r'] {
        if text.last() == Some(&end) {
            text.pop();
        }
    }
}
