//! Bad files made by larger changes: tables added, removed and cut off, Base64 misspelt.

use super::Bad;
use super::bad_text::{base, pull};
use super::by_hand::{COMMENT, File, b64};
use super::keys::Keys;

const X: &str = "x25519.txt";

/// A bad file about which the error names a place and no line.
pub(crate) fn with_key(code: &'static str, name: &str, place: &str, file: &File) -> Bad {
    keyed_text(code, name, place, file.kind, file.text())
}

pub(crate) fn keyed_text(
    code: &'static str,
    name: &str,
    place: &str,
    kind: &'static str,
    text: String,
) -> Bad {
    let (file, place) = (format!("{code}--{name}"), place.to_owned());
    Bad { file, bytes: text.into_bytes(), kind, name: "base", line: 0, place, code }
}

/// A bad file whose error is on the first line that begins with `line`.
fn on_line(code: &'static str, name: &str, place: &str, line: &str, text: String) -> Bad {
    let at = text.lines().position(|l| l.starts_with(line)).unwrap() + 1;
    Bad { line: at, ..keyed_text(code, name, place, "set", text) }
}

/// A file that is cut off: its error is on the last line.
fn cut_off(code: &'static str, name: &str, place: &str, text: String) -> Bad {
    Bad { line: text.lines().count(), ..keyed_text(code, name, place, "set", text) }
}

/// The table that begins with this header, with the blank line after it.
pub(crate) fn table<'a>(text: &'a str, header: &str) -> &'a str {
    let start = text.find(header).unwrap();
    let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 2);
    &text[start..end]
}

/// Replaces what must be there.
pub(crate) fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not there");
    text.replacen(from, to, 1)
}

pub(crate) fn files(keys: &Keys) -> Vec<Bad> {
    let mut files = bytes(keys);
    files.extend(missing(keys));
    files.extend(vault_and_pull(keys));
    files.extend(base64(keys));
    files.extend(recipients(keys));
    files
}

fn bytes(keys: &Keys) -> Vec<Bad> {
    let text = base(keys).text();
    let with = |name: &str, bytes: &[u8]| {
        let whole = [text.as_bytes(), b"# ", bytes].concat();
        Bad { bytes: whole, ..keyed_text("not-utf8", name, "", "set", String::new()) }
    };
    let end = text.rfind("[values.TOKEN]").unwrap();
    let cut = |length: usize| text[..end + length].to_owned();
    vec![
        with("latin-1", b"caf\xe9\n"),
        with("surrogate", b"\xed\xa0\x80\n"),
        with("overlong", b"\xc0\xaf\n"),
        with("cut-off", b"\xf0\x9f\x94"),
        cut_off("control-character", "cr-at-end", "", cut(14) + "\r"),
        cut_off("not-a-line", "cut-off-header", "", cut(11)),
        cut_off("not-a-line", "cut-off-field", "", cut(17)),
        cut_off("bad-value", "cut-off-string", "values.TOKEN", text[..text.len() - 9].to_owned()),
        cut_off("missing-field", "cut-off-table", "values.TOKEN", cut(15)),
        keyed_text("no-vault-table", "empty", "", "set", String::new()),
        keyed_text("no-vault-table", "blank", "", "set", "\n \n\r\n".to_owned()),
        keyed_text("no-vault-table", "comment-only", "", "set", COMMENT.to_owned()),
        keyed_text(
            "no-vault-table",
            "no-vault",
            "",
            "set",
            swap(&text, table(&text, "[vault]"), ""),
        ),
    ]
}

fn missing(keys: &Keys) -> Vec<Bad> {
    let text = base(keys).text();
    let mut files = Vec::new();
    for (header, fields) in [
        ("[vault]", &["format", "kind", "name", "id", "epoch"][..]),
        ("[recipients.alice]", &["to", "wrap", "seal"]),
        ("[departed.dave]", &["to", "until", "seal"]),
        ("[values.DB_URL]", &["enc"]),
    ] {
        let whole = table(&text, header);
        for field in fields {
            let start = whole.find(&format!("\n{field} = ")).unwrap();
            let end = whole[start + 1..].find('\n').unwrap() + start + 1;
            let less = [&whole[..start], &whole[end..]].concat();
            let place = header.trim_matches(['[', ']']);
            let name = format!("{}-{field}", place.replace('.', "-"));
            let text = swap(&text, whole, &less);
            files.push(on_line("missing-field", &name, place, header, text));
        }
    }
    files
}

fn vault_and_pull(keys: &Keys) -> Vec<Bad> {
    let (set, registry) = (base(keys), pull(keys));
    let (text, pull_text) = (set.text(), registry.text());
    let prev = |name: &str, links: &[&str]| {
        let links = format!("prev = \"{}\"", links.join(" "));
        let text = swap(&text, &format!("prev = \"{}\"", set.prev[0]), &links);
        (name.to_owned(), text)
    };
    let (one, proof) = set.prev[0].rsplit_once(':').unwrap();
    let earlier = format!("1:00000000:{proof}");
    let bad_prev = [
        prev("empty", &[""]),
        prev("three", &[&set.prev[0], &earlier, &earlier]),
        prev("two-spaces", &[&set.prev[0], "", &earlier]),
        prev("smaller-first", &[&earlier, &set.prev[0]]),
        prev("no-proof", &[one]),
        prev("proof-of-31", &[&format!("{one}:{}", b64(&[0; 31]))]),
        prev("upper-case-key-id", &[&format!("2:ABCDEF01:{proof}")]),
        prev("key-id-of-7", &[&format!("2:0123456:{proof}")]),
        prev("epoch-zero", &[&format!("0:00000000:{proof}")]),
    ];
    let not_older = [
        prev("same", &[&format!("3:00000000:{proof}")]),
        prev("later", &[&format!("4:00000000:{proof}")]),
        prev("same-of-two", &[&format!("3:00000000:{proof}"), &earlier]),
    ];
    let mut files = Vec::new();
    for (code, list) in [("bad-prev", &bad_prev[..]), ("prev-not-older", &not_older)] {
        files.extend(
            list.iter().map(|(name, text)| on_line(code, name, "vault", "prev", text.clone())),
        );
    }
    let pull_table = table(&pull_text, "[pull]");
    let extra = format!("{pull_table}[recipients.alice]");
    let fewer = swap(&pull_text, &pull_text[pull_text.find("\n[values.username]").unwrap()..], "");
    let as_pull = Bad {
        kind: "pull",
        ..on_line("kind-mismatch", "set-as-pull", "vault", "kind", text.clone())
    };
    files.extend([
        as_pull,
        on_line("kind-mismatch", "pull-as-set", "vault", "kind", pull_text.clone()),
        keyed_text("pull-table", "in-set", "", "set", swap(&text, "[recipients.alice]", &extra)),
        keyed_text("pull-table", "missing", "", "pull", swap(&pull_text, pull_table, "")),
        keyed_text("pull-entries", "missing", "", "pull", fewer),
    ]);
    files
}

fn base64(keys: &Keys) -> Vec<Bad> {
    let unpadded = |file: &File| file.recipients["alice"].1.len().is_multiple_of(3);
    let mut file = base(keys);
    while unpadded(&file) {
        file = file.to("alice", keys, X);
    }
    let text = file.text();
    let value = |header: &str, field: &str| {
        let field = format!("{field} = \"");
        let line = table(&text, header).lines().find(|line| line.starts_with(&field)).unwrap();
        line.rsplit_once([':']).unwrap().1.trim_end_matches('"').to_owned()
    };
    let (id, wrap) = (b64(&file.id), value("[recipients.alice]", "wrap"));
    let (seal, enc) = (value("[recipients.alice]", "seal"), value("[values.TOKEN]", "enc"));
    let mut files = Vec::new();
    for (field, code, place, good) in [
        ("id", "bad-id", "vault", &id),
        ("wrap", "bad-base64", "recipients.alice", &wrap),
        ("seal", "bad-base64", "recipients.alice", &seal),
        ("enc", "bad-base64", "values.TOKEN", &enc),
    ] {
        let body = &good[..good.len() - 1];
        let last = char::from(good.as_bytes()[good.len() - 1] + 1);
        let rest = good.len() % 4;
        assert!(rest > 0, "there is padding to leave out");
        let variants = [
            ("padded", format!("{good}{}", "=".repeat(4 - rest))),
            ("trailing-bits", format!("{body}{last}")),
            ("url-alphabet", format!("{}-_{}", &good[..2], &good[4..])),
            ("white-space", format!("{} {}", &good[..4], &good[4..])),
            ("impossible-length", format!("{}A", &good[..good.len() - rest])),
        ];
        let line = text.lines().find(|line| line.contains(good.as_str())).unwrap();
        for (name, bad) in variants {
            let changed = line.replace(good.as_str(), &bad);
            let text = swap(&text, line, &changed);
            files.push(on_line(code, &format!("{field}-{name}"), place, &changed, text));
        }
    }
    for length in [0, 31, 33] {
        let text = swap(&text, &seal, &b64(&vec![7; length]));
        let name = format!("seal-of-{length}");
        files.push(on_line("bad-base64", &name, "recipients.alice", "seal", text));
    }
    files
}

fn recipients(keys: &Keys) -> Vec<Bad> {
    let file = base(keys);
    let text = file.text();
    let mut nobody = file.clone();
    nobody.recipients.clear();
    let twice = file.clone().to("carol", keys, X);
    let large = swap(&text, &b64(&file.recipients["alice"].1), &b64(&vec![0; 16 * 1024 + 1]));
    vec![
        with_key("no-recipients", "only-departed", "", &nobody),
        with_key("duplicate-key", "two-names", "recipients.carol", &twice),
        on_line("wrap-too-long", "by-one", "recipients.alice", "wrap", large),
    ]
}
