//! The transcript at the top of README.md happens as it stands there.

use std::fs;
use std::path::Path;

/// trycmd runs a file's commands in `NAME.in` beside it, so a copy keeps them out of the repository.
#[test]
fn the_transcript_in_the_readme_is_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let copy = dir.path().join("README.md");
    fs::copy(readme, &copy).unwrap();
    fs::create_dir(dir.path().join("README.in")).unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    let cases = trycmd::TestCases::new();
    cases
        .env("HOME", home.to_str().unwrap())
        .env("XDG_CONFIG_HOME", home.join("config").to_str().unwrap())
        .env("XDG_STATE_HOME", home.join("state").to_str().unwrap())
        .env("VAULT_DIR", "")
        .env("VAULT_IDENTITY", "")
        .env("VAULT_IDENTITY_FILE", "")
        .env("VAULT_IDENTITY_COMMAND", "")
        .case(copy);
    cases.run();
}
