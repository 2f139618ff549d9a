//! A registry with TLS and a password on a free port, and one image in it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
    child: Child,
    port: u16,
}

impl Registry {
    pub(super) fn start() -> Self {
        let dir = TempDir::with_prefix("vault-registry-").unwrap();
        let files = Files::make(dir.path());
        let (child, port) = listening(|port| files.serve(dir.path(), port));
        let registry = Self { dir, child, port };
        registry.push();
        registry
    }

    /// What clients call it.
    pub(super) fn server(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The image in it.
    pub(super) fn image(&self) -> String {
        format!("{}/team/app:1", self.server())
    }

    /// Where `ca.crt` is.
    pub(super) fn certificates(&self) -> PathBuf {
        self.dir.path().join("certs")
    }

    fn push(&self) {
        let layout = image::write(self.dir.path());
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["--insecure-policy", "copy", "--format", "v2s2", "--dest-creds"]);
        skopeo.arg(format!("{USER}:{PASSWORD}")).arg("--dest-cert-dir").arg(self.certificates());
        skopeo.arg(format!("oci:{}:1", layout.display()));
        skopeo.arg(format!("docker://{}", self.image()));
        let output = skopeo.output().expect("this test needs skopeo (Debian: skopeo)");
        assert!(output.status.success(), "{}", said(&output));
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

    fn serve(&self, folder: &Path, port: u16) -> Child {
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: '127.0.0.1:{port}', secret: x, tls: {{certificate: {}, key: {}}}}}\n\
             auth: {{htpasswd: {{realm: test, path: {}}}}}\n",
            folder.join("storage").display(),
            self.certificate.display(),
            self.key.display(),
            self.users.display()
        );
        let path = folder.join(format!("registry-{port}.yml"));
        put(&path, config.as_bytes());
        let mut registry = Command::new("docker-registry");
        registry.arg("serve").arg(path).env_clear();
        registry.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        registry.spawn().expect("this test needs docker-registry (Debian: docker-registry)")
    }
}
