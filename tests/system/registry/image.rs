//! The smallest image that can run something: busybox, in an OCI layout on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Debian's package busybox-static.
const BUSYBOX: &str = "/bin/busybox";

/// Writes a layout with the tag `1` into `folder`.
pub(super) fn write(folder: &Path) -> PathBuf {
    let root = folder.join("rootfs");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::copy(BUSYBOX, root.join("bin/busybox"))
        .expect("this test needs /bin/busybox (Debian: busybox-static)");
    let layout = folder.join("layout");
    fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    let tar = folder.join("layer.tar");
    let made = Command::new("tar").arg("cf").arg(&tar).arg("-C").arg(&root).arg("bin").status();
    assert!(made.unwrap().success());
    let layer = fs::read(tar).unwrap();
    let diff = digest(&layer);
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/busybox", "env"]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(&layout, "config", &json_bytes(&config)),
        "layers": [blob(&layout, "layer", &layer)],
    });
    let mut entry = blob(&layout, "manifest", &json_bytes(&manifest));
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    super::place::put(
        &layout.join("index.json"),
        &json_bytes(&json!({"schemaVersion": 2, "manifests": [entry]})),
    );
    super::place::put(&layout.join("oci-layout"), b"{\"imageLayoutVersion\":\"1.0.0\"}");
    layout
}

/// Keeps `bytes` under their digest, and describes them.
fn blob(layout: &Path, what: &str, bytes: &[u8]) -> Value {
    let digest = digest(bytes);
    let name = digest.strip_prefix("sha256:").unwrap();
    super::place::put(&layout.join("blobs/sha256").join(name), bytes);
    let media_type = match what {
        "layer" => "application/vnd.oci.image.layer.v1.tar".to_owned(),
        what => format!("application/vnd.oci.image.{what}.v1+json"),
    };
    json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn json_bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}
