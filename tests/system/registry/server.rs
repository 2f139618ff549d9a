//! A registry with TLS and a password on a free port, and one image in it; or one behind `gate.py`,
//! which compares credentials of any length whole.

use std::ffi::OsStr;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use super::image;
use super::place::put;
use crate::house::said;

/// Who may pull.
pub(super) const USER: &str = "bot";

/// As hard a password as the registry can be given: it cuts none, and quotes nothing.
pub(super) const PASSWORD: &str = "canary-5d1f \"q\\u,ote'ü$";

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(30);

/// Ends with the test.
pub(super) struct Registry {
    dir: TempDir,
    children: Vec<Child>,
    port: u16,
}

/// What asks for credentials.
enum Guard {
    /// The registry itself, which keeps their hash.
    Itself,
    /// Nothing: the gate does.
    Gate,
}

/// What is compared with what clients say.
const GATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/registry/gate.py");

impl Registry {
    /// One that lets in [`USER`] with [`PASSWORD`].
    pub(super) fn start() -> Self {
        let dir = TempDir::with_prefix("vault-registry-").unwrap();
        let files = Files::make(dir.path());
        let (child, port) = listening(|port| files.serve(dir.path(), port, &Guard::Itself));
        let registry = Self { dir, children: vec![child], port };
        let certificates = registry.certificates();
        let credentials = format!("{USER}:{PASSWORD}");
        let options = ["--dest-creds", &credentials, "--dest-cert-dir"].map(OsStr::new);
        registry.push(&registry.image(), &[&options[..], &[certificates.as_os_str()]].concat());
        registry
    }

    /// One with images in `team` and `tools`, that lets in whoever has `USER:PASSWORD` for what
    /// begins so.
    pub(super) fn gated(wanted: &[(&str, String)]) -> Self {
        let dir = TempDir::with_prefix("vault-registry-").unwrap();
        let files = Files::make(dir.path());
        let headers: serde_json::Map<_, _> = wanted
            .iter()
            .map(|(part, pair)| {
                ((*part).to_owned(), format!("Basic {}", STANDARD.encode(pair)).into())
            })
            .collect();
        let wanted = dir.path().join("wanted.json");
        put(&wanted, serde_json::Value::from(headers).to_string().as_bytes());
        let (child, inside) = listening(|port| files.serve(dir.path(), port, &Guard::Gate));
        let (gate, port) = listening(|port| {
            let python =
                std::env::var("VAULT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
            let mut gate = Command::new(python);
            gate.arg(GATE).arg(port.to_string()).arg(inside.to_string());
            gate.arg(&files.certificate).arg(&files.key).arg(&wanted).stdin(Stdio::null());
            gate.spawn().expect("this test needs python3")
        });
        let registry = Self { dir, children: vec![gate, child], port };
        for part in ["team", "tools"] {
            let image = format!("localhost:{inside}/{part}/app:1");
            registry.push(&image, &[OsStr::new("--dest-tls-verify=false")]);
        }
        registry
    }

    /// What clients call it.
    pub(super) fn server(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The image in it.
    pub(super) fn image(&self) -> String {
        self.image_of("team")
    }

    /// The image in a part of it.
    pub(super) fn image_of(&self, part: &str) -> String {
        format!("{}/{part}/app:1", self.server())
    }

    /// Where `ca.crt` is.
    pub(super) fn certificates(&self) -> PathBuf {
        self.dir.path().join("certs")
    }

    fn push(&self, image: &str, options: &[&OsStr]) {
        let layout = image::write(self.dir.path());
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["--insecure-policy", "copy", "--format", "v2s2"]).args(options);
        skopeo.arg(format!("oci:{}:1", layout.display())).arg(format!("docker://{image}"));
        let output = skopeo.output().expect("this test needs skopeo (Debian: skopeo)");
        assert!(output.status.success(), "{}", said(&output));
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a server on a free port and waits until it listens. Another program may take the port
/// before the server does; then the server ends, and the next port is tried.
fn listening(start: impl Fn(u16) -> Child) -> (Child, u16) {
    for _ in 0..8 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = start(port);
        let deadline = Instant::now() + START;
        while child.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return (child, port);
            }
            assert!(Instant::now() < deadline, "the registry does not listen");
            thread::sleep(Duration::from_millis(20));
        }
    }
    panic!("the registry ends at once");
}

/// What the registry is started with.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    users: PathBuf,
}

impl Files {
    fn make(folder: &Path) -> Self {
        let certs = folder.join("certs");
        fs::create_dir(&certs).unwrap();
        let certificate = certs.join("ca.crt");
        let key = folder.join("server-key.pem");
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt"]);
        openssl.args(["ec_paramgen_curve:prime256v1", "-days", "2", "-subj", "/CN=localhost"]);
        openssl.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout"]);
        let made = openssl.arg(&key).arg("-out").arg(&certificate).output();
        let made = made.expect("this test needs openssl (Debian: openssl)");
        assert!(made.status.success(), "{}", said(&made));
        let made = Command::new("htpasswd").args(["-B", "-C", "4", "-bn", USER, PASSWORD]).output();
        let made = made.expect("this test needs htpasswd (Debian: apache2-utils)");
        assert!(made.status.success(), "{}", said(&made));
        let users = folder.join("htpasswd");
        put(&users, &made.stdout);
        Self { certificate, key, users }
    }

    fn serve(&self, folder: &Path, port: u16, guard: &Guard) -> Child {
        let users = self.users.display();
        let (tls, auth) = match guard {
            Guard::Gate => (String::new(), String::new()),
            Guard::Itself => (
                format!(
                    ", tls: {{certificate: {}, key: {}}}",
                    self.certificate.display(),
                    self.key.display()
                ),
                format!("auth: {{htpasswd: {{realm: test, path: {users}}}}}\n"),
            ),
        };
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: '127.0.0.1:{port}', secret: x{tls}}}\n{auth}",
            folder.join("storage").display(),
        );
        let path = folder.join(format!("registry-{port}.yml"));
        put(&path, config.as_bytes());
        let mut registry = Command::new("docker-registry");
        registry.arg("serve").arg(path).env_clear();
        registry.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        registry.spawn().expect("this test needs docker-registry (Debian: docker-registry)")
    }
}
