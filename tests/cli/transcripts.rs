//! What commands say, as `tests/cmd/` shows it.

use crate::support::Sandbox;

#[test]
fn everyday_commands_say_what_the_transcripts_say() {
    transcripts("tests/cmd/*.md");
}

#[test]
fn a_team_goes_the_way_its_transcript_goes() {
    transcripts("tests/cmd/team/*.md");
}

/// Each in a home and a work tree of its own.
fn transcripts(files: &str) {
    let home = Sandbox::new();
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let cases = trycmd::TestCases::new();
    cases.register_bin("vault", std::path::Path::new(env!("CARGO_BIN_EXE_vault")));
    cases.env("HOME", text(home.home()));
    cases.env("XDG_CONFIG_HOME", text(home.root().join("config")));
    cases.env("XDG_STATE_HOME", text(home.root().join("state")));
    cases.env("USER", "alice");
    // The transcripts run in the folder of the package; their vault is elsewhere.
    cases.env("VAULT_DIR", text(home.work()));
    cases.env("VAULT_IDENTITY", "");
    cases.env("VAULT_IDENTITY_FILE", "");
    cases.env("VAULT_IDENTITY_COMMAND", "");
    cases.insert_var("[WORK]", text(home.work())).unwrap();
    cases.case(files);
}
