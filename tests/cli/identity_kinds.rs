//! Files that are no identity, ones nobody should be able to read, and what is said about them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Member, Outcome, Sandbox, put};

/// `-i FILE get web K`, where the file holds these bytes; nothing of them is repeated.
#[track_caller]
fn refused(sandbox: &Sandbox, bytes: &[u8], words: &[&str]) {
    let file = sandbox.put("identity", bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let secret = |line: &&str| line.len() > 20 && !line.starts_with("-----BEGIN");
    let out = sandbox.vault(["-i", file.to_str().unwrap(), "get", "web", "K"]);
    let said = text.lines().filter(secret).fold(out, |out, line| out.never_says(line.trim()));
    said.fails(1, &[&["error: identity "], words].concat());
    // The same from elsewhere.
    let by_file = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY_FILE", &file).run();
    by_file.fails(1, words);
    let line = format!("cat {}", file.display());
    let by_command = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY_COMMAND", line).run();
    by_command.fails(1, &[&["$VAULT_IDENTITY_COMMAND: "], words].concat());
    if !bytes.is_empty() && !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok() {
        let by_text = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY", &text).run();
        by_text.fails(1, &[&["$VAULT_IDENTITY: ", "VAULT_IDENTITY_FILE"], words].concat());
    }
}

#[test]
fn what_is_no_identity_says_what_it_is() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let public = Member::new("eve").to;
    let team = format!("# the team\n{public}\n{public}\n");
    let ssh =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK a@b";
    let agent = "that only an ssh agent holds cannot decrypt";
    let no_kind = "`ssh-keygen -p -f FILE`";
    let cases: [(&[u8], &[&str]); 18] = [
        (b"", &["it holds no identity"]),
        (b"\n# nothing but a comment\n", &["it holds no identity"]),
        (public.as_str().as_bytes(), &["this is a public key"]),
        (team.as_bytes(), &["this is a public key"]),
        (ssh.as_bytes(), &["this is a public key", agent]),
        (b"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=", &["this is a public key", agent]),
        (b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", &[agent]),
        (b"AGE-SECRET-KEY-PQ-1QQQQQQQQQQQQQQQQQQQQ", &["line 1", "post-quantum"]),
        (b"AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQ", &["line 1 is no identity"]),
        (b"\x7fELF\x02\x01\x01\0\0\xff\xfe", &["it is no identity file"]),
        (b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n", &["PEM key", no_kind]),
        (b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n", &["PEM key", no_kind]),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMHcCAQEEIA==\n", &["PEM key", no_kind]),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n", &["PGP keys are not used"]),
        (b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n", &["this is a public key"]),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n", &["this is a public key"]),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n", &["damaged or unsupported"]),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nnonsense\n", &["it is no identity file"]),
    ];
    for (bytes, words) in cases {
        refused(&sandbox, bytes, words);
    }
}

#[test]
fn a_key_on_a_security_key_or_of_ecdsa_says_that_it_cannot_decrypt() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let on_key: [&[u8]; 5] = [&[7; 32], b"ssh:", &[1], b"handle", b""];
    refused(&sandbox, &openssh("sk-ssh-ed25519@openssh.com", &on_key), &["can only sign"]);
    let ecdsa: [&[u8]; 3] = [b"nistp256", &[4; 65], &[9; 32]];
    refused(
        &sandbox,
        &openssh("ecdsa-sha2-nistp256", &ecdsa),
        &["ssh keys of this type", "ed25519"],
    );
}

/// An OpenSSH private key of this type, with parts as they follow in the private half.
fn openssh(kind: &str, parts: &[&[u8]]) -> Vec<u8> {
    let string = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length[..], bytes].concat()
    };
    // The flags of a security key are one byte, not a string.
    let part = |part: &&[u8]| if part.len() == 1 { part.to_vec() } else { string(part) };
    let public = [string(kind.as_bytes()), part(&parts[0]), part(&parts[1])].concat();
    let mut private = [vec![1; 8], string(kind.as_bytes())].concat();
    private.extend(parts.iter().flat_map(part));
    private.extend(string(b"comment"));
    private.extend((1..).take((8 - private.len() % 8) % 8));
    let none = [string(b"none"), string(b"none"), string(b""), vec![0, 0, 0, 1]].concat();
    let all = [b"openssh-key-v1\0".to_vec(), none, string(&public), string(&private)].concat();
    let body = STANDARD.encode(all);
    let lines: Vec<_> =
        body.as_bytes().chunks(70).map(|line| line.escape_ascii().to_string()).collect();
    let text = lines.join("\n");
    format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{text}\n-----END OPENSSH PRIVATE KEY-----\n")
        .into()
}

#[test]
fn a_folder_or_a_file_that_is_not_there_is_named() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    fs::create_dir(sandbox.work().join("folder")).unwrap();
    for (name, word) in [("folder", "directory"), ("absent", "No such file")] {
        sandbox.vault(["-i", name, "get", "web", "K"]).fails(1, &["identity ", name, word]);
    }
    let path = sandbox.identity();
    let run = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY", path);
    run.run().fails(1, &["VAULT_IDENTITY holds an identity itself", "VAULT_IDENTITY_FILE names"]);
}

const WARNING: &str = "warning: others on this machine may read the identity ";

#[test]
fn an_identity_that_others_can_read_earns_one_warning() {
    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let path = sandbox.identity();
    let set_mode = |mode: u32| fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    let command = format!("`chmod 600 {}`", path.display());
    for mode in [0o644, 0o640, 0o604, 0o660, 0o666, 0o444] {
        set_mode(mode);
        for words in [&["get", "web", "K"][..], &["exec", "web", "--", "printenv", "K"]] {
            let out: Outcome = sandbox.vault(words);
            assert_eq!(out.stderr.matches(WARNING).count(), 1, "{mode:o}: {}", out.stderr);
            assert_eq!(out.stderr.lines().count(), 1);
            assert_eq!(out.fails(0, &[&command]).text().trim_end(), "v");
        }
        let identity = path.to_str().unwrap();
        sandbox.vault(["-q", "-i", identity, "get", "web", "K"]).fails(0, &[WARNING]);
        let run = sandbox.command(["get", "web", "K"]).env("VAULT_IDENTITY_FILE", &path);
        run.run().fails(0, &[WARNING]);
        // Those that say nothing about identities read none.
        sandbox.vault(["list", "web"]).quietly();
    }
    for mode in [0o600, 0o400, 0o700] {
        set_mode(mode);
        sandbox.vault(["get", "web", "K"]).quietly();
    }
}

#[test]
fn no_warning_where_it_would_not_help() {
    use age::secrecy::SecretString;
    use vault::crypto::NewIdentity;

    let sandbox = Sandbox::with_set("web", &["K=v"]);
    let identity = fs::read_to_string(sandbox.identity()).unwrap();
    // systemd decides about the permissions of its credentials.
    let credentials = sandbox.root().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::copy(sandbox.identity(), credentials.join("vault-identity")).unwrap();
    fs::remove_file(sandbox.identity()).unwrap();
    for mode in [0o400, 0o440, 0o444] {
        let file = credentials.join("vault-identity");
        fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        let run = sandbox.command(["get", "web", "K"]).env("CREDENTIALS_DIRECTORY", &credentials);
        assert_eq!(run.run().quietly().text(), "v");
    }
    // A pipe has no permissions to speak of.
    let line = "printf %s \"$TEXT\" | \"$VAULT\" -i /dev/stdin get web K";
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).current_dir(sandbox.work()).env_clear().env("TEXT", &identity);
    let output = shell.env("VAULT", env!("CARGO_BIN_EXE_vault")).output();
    let output = Outcome::from(output.unwrap());
    assert_eq!(output.quietly().text(), "v");
    // Whoever reads an encrypted one has not read the key.
    let locked = sandbox.home().join("locked.txt");
    let passphrase = SecretString::from("correct horse".to_owned());
    let made = NewIdentity::generate();
    put(&locked, made.to_encrypted_file("2026-01-01T00:00:00Z", passphrase).unwrap());
    fs::set_permissions(&locked, Permissions::from_mode(0o644)).unwrap();
    sandbox.vault(["-i", locked.to_str().unwrap(), "whoami"]).quietly();
}
