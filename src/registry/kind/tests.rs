//! What each kind of registry takes, and what it does not.

use super::*;
use RegistryKind::{Acr, Docker, Ecr, Gar, Generic, Ghcr, Quay};

const KEY: &str = r#"{
  "type": "service_account", "project_id": "p",
  "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  "client_email": "puller@p.iam.gserviceaccount.com"
}
"#;

fn checked(
    kind: RegistryKind,
    server: &str,
    user: &str,
    pass: &str,
) -> Result<Vec<Caution>, Unfit> {
    let value = |text: &str| SecretValue::new(text.into()).unwrap();
    check(kind, &server.parse().unwrap(), &value(user), &value(pass))
}

#[test]
fn an_address_tells_the_kind() {
    for (server, kind) in [
        ("docker.io", Docker),
        ("https://index.docker.io/v1/", Docker),
        ("team.azurecr.io", Acr),
        ("europe-west4-docker.pkg.dev/project/repo", Gar),
        ("gcr.io", Gar),
        ("eu.gcr.io", Gar),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", Ecr),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", Ecr),
        ("ghcr.io/team", Ghcr),
        ("quay.io", Quay),
        ("registry.example:5000", Generic),
        ("azurecr.io.evil.example", Generic),
        ("notgcr.io", Generic),
    ] {
        assert_eq!(kind_of(&server.parse().unwrap()), kind, "{server}");
    }
}

#[test]
fn what_no_client_could_use_is_refused_for_every_kind() {
    for (user, pass, why) in [
        ("", "p", Unfit::NoUser),
        ("u", "", Unfit::NoPassword),
        ("u:x", "p", Unfit::Colon),
        ("u\n", "p", Unfit::Newline(Part::Username)),
        ("u", "p\n", Unfit::Newline(Part::Password)),
        ("u", "p\r\n", Unfit::Newline(Part::Password)),
        ("u", "p\0", Unfit::Nul),
        ("u\u{1b}", "p", Unfit::Blank(Part::Username)),
        ("u", &"p".repeat(MAX_PASSWORD_BYTES + 1), Unfit::TooLong),
    ] {
        assert_eq!(checked(Generic, "r.example", user, pass), Err(why), "{user:?}");
    }
    let raw = SecretValue::new(b"\xff".to_vec()).unwrap();
    let fine = SecretValue::new(b"u".to_vec()).unwrap();
    let server = "r.example".parse().unwrap();
    assert_eq!(check(Generic, &server, &fine, &raw), Err(Unfit::NotText(Part::Password)));
    for pass in [" p", "p ", "p\np", "p\t"] {
        assert_eq!(checked(Ghcr, "ghcr.io", "u", pass), Err(Unfit::Blank(Part::Password)));
    }
    assert_eq!(checked(Generic, "r.example", "u", " p"), Ok(vec![Caution::Space]));
    assert_eq!(checked(Generic, "r.example", JSON_KEY, KEY), Ok(Vec::new()));
    for pass in ["p\np", "p:p", "p\"p\\p", "p,p", "pässwörd 🔑", &"t".repeat(4096)] {
        assert_eq!(checked(Generic, "r.example", "u", pass), Ok(Vec::new()), "{pass}");
    }
}

#[test]
fn tokens_that_soon_end_are_refused_or_said() {
    let acr = "team.azurecr.io";
    for (kind, server, user, pass) in [
        (Acr, acr, ACR_TOKEN_USER, "x"),
        (Acr, acr, "puller", "eyJhbGciOi"),
        (Gar, "gcr.io", "oauth2accesstoken", "ya29.x"),
        (Ghcr, "ghcr.io", "x", "ghs_0123"),
    ] {
        let refused = checked(kind, server, user, pass);
        assert!(matches!(refused, Err(Unfit::ShortLived(_))), "{kind}");
        assert_eq!(checked(Generic, server, user, pass), Ok(Vec::new()));
    }
    let ecr = "1.dkr.ecr.eu-west-1.amazonaws.com";
    assert_eq!(checked(Ecr, ecr, "AWS", "eyJ"), Ok(vec![Caution::Hours]));
    assert!(matches!(checked(Ecr, ecr, "me", "eyJ"), Err(Unfit::User(_))));
}

#[test]
fn what_may_be_meant_so_is_said() {
    assert_eq!(checked(Docker, "docker.io", "me", "dckr_pat_x"), Ok(Vec::new()));
    let both = vec![Caution::Email, Caution::AccountPassword];
    assert_eq!(checked(Docker, "docker.io", "me@x.example", "x"), Ok(both));
    assert_eq!(checked(Acr, "team.azurecr.io", "team", "x"), Ok(vec![Caution::Admin]));
    assert_eq!(checked(Ghcr, "ghcr.io", "me", "github_pat_x"), Ok(vec![Caution::FineGrained]));
    assert_eq!(checked(Ghcr, "ghcr.io", "me", "ghp_x"), Ok(Vec::new()));
    assert_eq!(checked(Quay, "quay.example", "me", "x"), Ok(vec![Caution::NoRobot]));
    assert_eq!(checked(Quay, "quay.io", "team+puller", "x"), Ok(Vec::new()));
}

#[test]
fn a_google_key_is_a_service_accounts() {
    let gar = "europe-docker.pkg.dev";
    assert_eq!(checked(Gar, gar, JSON_KEY, KEY), Ok(Vec::new()));
    assert_eq!(checked(Gar, gar, JSON_KEY_BASE64, &STANDARD.encode(KEY)), Ok(Vec::new()));
    for (user, pass) in [
        (JSON_KEY, "hunter2"),
        (JSON_KEY, "[]"),
        (JSON_KEY, r#"{"type": "authorized_user"}"#),
        (JSON_KEY, r#"{"type": "service_account", "client_email": "x@p.example"}"#),
        (JSON_KEY, &KEY.replace("-----END", "")),
        (JSON_KEY, &KEY.replace(r"\nAAAA\n", "")),
        (JSON_KEY, &KEY.replace("-----BEGIN PRIVATE", "-----BEGIN PUBLIC")),
        (JSON_KEY, &KEY.replace("puller@p.iam.gserviceaccount.com", "puller")),
        (JSON_KEY, &KEY.replace("puller@", "a b@")),
        (JSON_KEY, &KEY.replace("puller@", "@")),
        (JSON_KEY, &KEY.replace("\"puller@p.iam.gserviceaccount.com\"", "7")),
        (JSON_KEY_BASE64, KEY.trim()),
        (JSON_KEY_BASE64, "eHg="),
    ] {
        assert!(
            matches!(checked(Gar, gar, user, pass), Err(Unfit::Password(_) | Unfit::Blank(_))),
            "{pass}"
        );
    }
    for kind in ["RSA PRIVATE", "ENCRYPTED PRIVATE"] {
        let other = KEY.replace("PRIVATE", kind).replace("-----\\n\",", "-----\",");
        assert_eq!(checked(Gar, gar, JSON_KEY, &other), Ok(Vec::new()), "{other}");
    }
    assert!(matches!(checked(Gar, gar, "me", KEY), Err(Unfit::User(_))));
}

#[test]
fn a_kind_is_not_taken_for_another_kinds_server() {
    for (kind, server, home) in [
        (Quay, "ghcr.io", Ghcr),
        (Ghcr, "quay.io/team", Quay),
        (Quay, "docker.io", Docker),
        (Ghcr, "team.azurecr.io", Acr),
        (Gar, "ghcr.io", Ghcr),
        (Docker, "ghcr.io", Ghcr),
        (Ecr, "gcr.io", Gar),
    ] {
        // Before anything is said of the credentials.
        let refused = checked(kind, server, "", "");
        assert_eq!(refused, Err(Unfit::Kind(kind, home)), "{kind} {server}");
        assert!(refused.unwrap_err().hint().unwrap().contains(&format!("--kind {home} ")));
        assert_eq!(checked(Generic, server, "u", "p"), Ok(Vec::new()));
    }
    for kind in [Docker, Acr, Gar, Ecr] {
        assert!(matches!(checked(kind, "r.example", "u", "p"), Err(Unfit::Server(..))));
    }
    assert_eq!(checked(Ghcr, "containers.corp.example", "u", "ghp_x"), Ok(Vec::new()));
}
