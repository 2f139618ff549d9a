//! A Kubernetes `v1` Secret manifest. It holds any bytes.

use zeroize::Zeroizing;

use crate::model::plaintext::{base64, collect};
use crate::model::{KeyName, SetName};

/// The manifest of one Secret, named as the set in lower case with `-` for `_`.
///
/// That makes a DNS-1123 label of every set name; `Web_API` and `web-api` become the same one.
/// Keys and values are quoted: to YAML a plain `no` or `null` is no string.
pub(super) fn write(set: &SetName, entries: &[(&KeyName, &[u8])]) -> Zeroizing<Vec<u8>> {
    let name = set.as_str().to_ascii_lowercase().replace('_', "-");
    collect(|out| {
        out(b"apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"");
        out(name.as_bytes());
        out(b"\"\ntype: Opaque\n");
        out(if entries.is_empty() { b"data: {}\n" } else { b"data:\n" });
        for (key, value) in entries {
            out(b"  \"");
            out(key.as_str().as_bytes());
            out(b"\": \"");
            base64(out, value);
            out(b"\"\n");
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::exchange::tests::export_all;
    use crate::exchange::{ExportFormat, export};
    use crate::model::SetName;

    #[test]
    fn a_manifest_holds_any_bytes() {
        let made = export_all(ExportFormat::K8s, &[b"\xff\x00", b"", &[b'x'; 1000]]).unwrap();
        let start = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"set\"\ntype: Opaque\ndata:\n  \
                     \"K0\": \"/wA=\"\n  \"K1\": \"\"\n  \"K2\": \"eHh4";
        assert!(made.starts_with(start), "{made}");
        assert!(made.ends_with("eHh4eA==\"\n"), "{made}");
        assert_eq!(made.matches('=').count(), 3);
    }

    #[test]
    fn the_name_is_a_dns_label() {
        let set: SetName = "Web_API--2".parse().unwrap();
        let made = export(ExportFormat::K8s, &set, []).unwrap();
        let text = String::from_utf8(made.text.to_vec()).unwrap();
        assert!(text.ends_with("name: \"web-api--2\"\ntype: Opaque\ndata: {}\n"), "{text}");
    }
}
