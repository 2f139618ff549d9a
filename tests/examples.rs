//! The examples run as their comments say, on this repository's own demo set.

use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// `vault` in the root of this repository, with the demo identity and nothing inherited but PATH.
fn vault(args: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_vault"))
        .current_dir(ROOT)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(["-i", "examples/demo-identity.txt"])
        .args(args)
        .output()
}

#[test]
fn the_demo_set_opens_with_the_public_identity() {
    let run = vault(&["exec", "demo", "--", "sh", "-c", "echo \"$GREETING\""]).unwrap();
    assert_eq!(
        (run.status.code(), &*run.stdout),
        (Some(0), &b"hello from an encrypted file\n"[..])
    );
    let list = vault(&["list", "demo"]).unwrap();
    assert_eq!(list.stdout, b"API_TOKEN\nDATABASE_URL\nGREETING\n");
}

#[test]
fn the_demo_identity_says_that_it_is_public() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("examples/demo-identity.txt")).unwrap();
    assert!(text.starts_with("# PUBLIC ON PURPOSE"));
}

#[test]
fn the_library_example_reads_the_demo_set() {
    // `cargo test` builds examples beside the command.
    let examples = Path::new(env!("CARGO_BIN_EXE_vault")).with_file_name("examples");
    let output = Command::new(examples.join("read_one_key"))
        .current_dir(ROOT)
        .args(["examples/demo-identity.txt", "demo", "GREETING"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"hello from an encrypted file");
}

#[test]
fn the_shell_example_starts_a_command_with_the_set() {
    let bin = Path::new(env!("CARGO_BIN_EXE_vault")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .arg("examples/run-with-vault.sh")
        .current_dir(ROOT)
        .env("PATH", format!("{}:{path}", bin.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("hello from an encrypted file"));
}
