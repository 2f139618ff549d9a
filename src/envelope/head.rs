//! What the beginning of a pull secret's file says of its server, for whoever looks for one among
//! many. Nothing is proven by it: whatever is used is read and opened as a whole.

/// The server that the first bytes of a file name; `None` where they do not tell.
pub fn server_in(head: &[u8]) -> Option<&str> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    lines.find(|line| line.trim_ascii_end() == b"[pull]")?;
    let fields = lines.take_while(|line| !line.starts_with(b"["));
    // Without its end, a line may be longer than what is there.
    let mut whole = fields.filter(|line| line.ends_with(b"\n"));
    let value = whole.find_map(|line| field(line, "server"))?;
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains(['"', '\\'])).then_some(text)
}

/// What follows `name =`.
fn field<'a>(line: &'a [u8], name: &str) -> Option<&'a str> {
    let (found, value) = std::str::from_utf8(line).ok()?.split_once('=')?;
    (found.trim_end() == name).then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::server_in;

    #[test]
    fn the_server_is_found_however_the_file_is_spelled() {
        for head in [
            "# vault\n[vault]\nserver = \"no\"\n\n[pull]\ntype = \"generic\"\nserver = \"r.example\"\n",
            "[pull]\r\nserver=\"r.example\"  \r\n[values.x]\r\n",
        ] {
            assert_eq!(server_in(head.as_bytes()), Some("r.example"), "{head}");
        }
        for head in [
            "",
            "[pull]\n",
            "[pull]\nserver = \"r.exam",
            "[pull]\nserver = \"r.example\"",
            "[pull]\nserver = r.example\n",
            "[pull]\nserver = \"r\\\"x\"\n",
            "[pull]\n[values.x]\nserver = \"r.example\"\n",
            "[vault]\nserver = \"r.example\"\n",
        ] {
            assert_eq!(server_in(head.as_bytes()), None, "{head}");
        }
        assert_eq!(server_in(b"[pull]\nserver = \"\xff\"\n"), None);
    }
}
