//! Secret scanners stay quiet on sealed files and awake for what stands in clear.

use serde_json::Value;

use super::python::python;
use crate::support::Sandbox;

/// Scans a folder with detect-secrets, every plugin it has, as its users do.
const DETECT_SECRETS: &str = r#"
import json, os, sys
try:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings
except ImportError:
    sys.exit(42)
os.chdir(sys.argv[1])
found = SecretsCollection()
with default_settings():
    for folder, _, names in os.walk("."):
        for name in names:
            found.scan_file(os.path.join(folder, name))
json.dump([[s.filename, s.type, s.line_number] for _, s in found], sys.stdout)
"#;

/// The rule `generic-api-key` of gitleaks 8 (config/gitleaks.toml): its expression, its entropy of
/// 3.5, and that a secret holds a digit. The other rules look for marks of single services.
const GITLEAKS: &str = r#"
import json, math, os, re, sys
rule = re.compile(r"""(?i)[\w.-]{0,50}?(?:access|auth|(?-i:[Aa]pi|API)|credential|creds|key|passw(?:or)?d|secret|token)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}([\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,}={0,3})(?:[\x60'"\s;]|\\[nr]|$)""")
def entropy(text):
    return -sum(n / len(text) * math.log2(n / len(text)) for n in map(text.count, set(text)))
found = []
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name)) as file:
            for match in rule.finditer(file.read()):
                secret = match.group(1)
                if entropy(secret) > 3.5 and any(c.isdigit() for c in secret):
                    found.append([name, "generic-api-key", match.start()])
json.dump(found, sys.stdout)
"#;

/// A value that both know for what it is.
const PLANTED: &str = "q8Zr2VtN5xKw7LmP3sYd";

fn scan(folder: &std::path::Path) -> [Vec<Value>; 2] {
    [DETECT_SECRETS, GITLEAKS].map(|script| {
        let folder = folder.to_str().unwrap();
        let found = python(&["-c", script, folder], b"", "detect-secrets");
        serde_json::from_slice(&found).unwrap()
    })
}

/// A vault with all that can stand in one: several people, devices, ssh keys, departures, notes,
/// names that sound like secrets, values of many lengths, a request to join.
fn vault() -> Sandbox {
    let sandbox = Sandbox::new().with_git();
    sandbox.vault(["init", "--name", "alice"]).succeeds();
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPz6X1aSBTAe68lZeCXKd6TJiAcP9Jw/YJnI0cPZfVtK";
    sandbox.vault(["recipient", "add", "auth-token", ssh]).succeeds();
    for name in ["api-keys", "secrets", "web"] {
        let pairs = ["API_KEY=x", "DB_PASSWORD=tiger", "AUTH_TOKEN=abc", "SECRET=", "key=1"];
        sandbox.vault([&["set", name][..], &pairs].concat()).succeeds();
        let long = format!("LONG={}", PLANTED.repeat(40));
        sandbox.vault(["set", name, &long]).succeeds();
        let noted = ["set", name, "API_KEY=y", "--note", "the secret key of the api"];
        sandbox.vault(noted).succeeds();
    }
    let bob = sandbox.vault(["keygen", "-o", "../bob.txt"]).succeeds().text();
    sandbox.vault(["recipient", "add", "bob/secret-key", bob.trim()]).succeeds();
    sandbox.vault(["recipient", "remove", "bob/secret-key"]).succeeds();
    sandbox
}

#[test]
fn nothing_is_found_in_a_vault() {
    let sandbox = vault();
    let [detected, leaked] = scan(&sandbox.work().join(".secrets"));
    assert_eq!((detected, leaked), (Vec::new(), Vec::new()));
}

#[test]
fn a_secret_planted_in_or_beside_a_vault_is_found() {
    let plants = [
        (".secrets/sets/plain.toml", format!("password = \"{PLANTED}\"\n")),
        (".secrets/sets/plain.toml", format!("[values.API_KEY]\nsecret = \"{PLANTED}\"\n")),
        ("src/config.py", format!("API_KEY = \"{PLANTED}\"\n")),
    ];
    for (path, text) in plants {
        let sandbox = vault();
        sandbox.put(path, &text);
        let folder = sandbox.work().join(path);
        let [detected, leaked] = scan(folder.parent().unwrap());
        assert!(!detected.is_empty() && !leaked.is_empty(), "{text}: {detected:?} {leaked:?}");
    }
    let sandbox = vault();
    sandbox.put("src/key.txt", "AKIAIOSFODNN7EXAMPLQ\n");
    let [detected, _] = scan(&sandbox.work().join("src"));
    assert_eq!(detected[0][1], "AWS Access Key");
}
