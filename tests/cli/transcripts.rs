//! Help and errors of the everyday commands, as `tests/cmd/*.md` shows them.

use crate::support::Sandbox;

#[test]
fn they_say_what_the_transcripts_say() {
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
    cases.case("tests/cmd/*.md");
}
