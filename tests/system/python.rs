//! The Python that tests call, and what it must have installed.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a script ends with when it lacks its package.
const NO_PACKAGE: i32 = 42;

/// What Python prints, given these arguments and this input; the script needs `package`.
pub(super) fn python(args: &[&str], input: &[u8], package: &str) -> Vec<u8> {
    let python = std::env::var("VAULT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(&python)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs Python: {python}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // The child reads all before it writes; where it ends early, its status says why.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.code() != Some(NO_PACKAGE),
        "this test needs {package}: run `{python} -m pip install {package}`, or scripts/test"
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
