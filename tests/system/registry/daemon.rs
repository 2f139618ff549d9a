//! Docker's engine on a socket of its own, which pulls what its command line tells it to.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long the engine may take to start, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the test.
pub(super) struct Engine {
    dir: TempDir,
    child: Child,
}

impl Engine {
    pub(super) fn start() -> Self {
        let dir = TempDir::with_prefix("vault-engine-").unwrap();
        let path = |name: &str| dir.path().join(name);
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--host").arg(format!("unix://{}", path("socket").display()));
        dockerd.arg("--data-root").arg(path("data")).arg("--exec-root").arg(path("exec"));
        dockerd.arg("--pidfile").arg(path("pid")).args(["--storage-driver", "vfs"]);
        // Nothing of the machine's own network is touched.
        dockerd.args(["--bridge", "none", "--iptables=false", "--ip6tables=false"]);
        dockerd.stdin(Stdio::null()).stdout(Stdio::null());
        dockerd.stderr(std::fs::File::create(path("log")).unwrap());
        let child = dockerd.spawn().expect("this test needs dockerd (Debian: docker.io), and root");
        let mut engine = Self { dir, child };
        engine.wait();
        engine
    }

    /// What `DOCKER_HOST` must be.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// What it has logged so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(self.socket()).is_err() {
            let ended = self.child.try_wait().unwrap().is_some();
            assert!(!ended && Instant::now() < deadline, "dockerd fails:\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let process = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // By name, so that it ends the programs it started.
        let _ = process.map(|process| kill_process(process, Signal::TERM));
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
    }
}
