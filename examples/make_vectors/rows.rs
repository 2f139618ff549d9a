//! What the bad files of `bad_text` change, by the code of the error.

/// Where the error is, seen from the changed text.
#[derive(Clone, Copy)]
pub(crate) enum At {
    /// On the line where the change begins, or so many lines after it.
    Line(usize),
    /// At the header of the table the change is in.
    Header,
}

use At::{Header, Line};

/// Name of the file, the place the error names, where it is, the text to replace, what with. `KID`
/// is the key id, `ALICE` alice's key, `BOB` bob's, `X64` 64 times x.
pub(crate) type Row = (&'static str, &'static str, At, &'static str, &'static str);

pub(crate) const BYTE_ORDER_MARK: &[Row] =
    &[("at-start", "", Line(0), "# vault", "\u{feff}# vault")];

pub(crate) const CONTROL_CHARACTER: &[Row] = &[
    ("nul-in-comment", "", Line(0), "# vault", "# \0vault"),
    ("escape-in-note", "", Line(0), "the database", "\u{1b}[2Jthe database"),
    ("delete-in-header", "", Line(0), "[values.TOKEN]", "[values.TOKEN\u{7f}]"),
    ("next-line-in-note", "", Line(0), "the database", "the\u{85}database"),
    ("tab-before-equals", "", Line(0), "until = 2", "until\t= 2"),
    ("tab-for-indent", "", Line(0), "until = 2", "\tuntil = 2"),
    ("lone-cr", "", Line(0), "until = 2\n", "until = 2\r"),
    ("two-crs", "", Line(0), "until = 2\n", "until = 2\r\r\n"),
    ("nul-line", "", Line(0), "until = 2\n", "\0\n"),
];

pub(crate) const NOT_A_LINE: &[Row] = &[
    ("word", "", Line(1), "until = 2\n", "until = 2\nhello\n"),
    ("indented-field", "", Line(0), "until = 2", " until = 2"),
    ("indented-header", "", Line(0), "[departed.dave]", "  [departed.dave]"),
    ("indented-comment", "", Line(0), "# vault", " # vault"),
    ("comment-after-header", "", Line(0), "[departed.dave]", "[departed.dave] # left"),
    ("array-of-tables", "", Line(0), "[values.TOKEN]", "[[values.TOKEN]]"),
    ("spaces-in-brackets", "", Line(0), "[vault]", "[ vault ]"),
    ("unclosed-header", "", Line(0), "[vault]", "[vault"),
    ("empty-header", "", Line(0), "[vault]", "[]"),
    ("empty-name", "", Line(0), "[values.TOKEN]", "[values.]"),
    ("unclosed-quotes", "", Line(0), "[recipients.\"bob/laptop\"]", "[recipients.\"bob/laptop]"),
    ("escaped-name", "", Line(0), "[recipients.\"bob/laptop\"]", r#"[recipients."bob\/laptop"]"#),
    ("quoted-field", "", Line(0), "until = 2", "\"until\" = 2"),
    ("dotted-field", "", Line(0), "until = 2", "dave.until = 2"),
    ("table-not-ascii", "", Line(0), "[values.TOKEN]", "[\u{202e}.x]"),
    ("no-field", "", Line(0), "until = 2", "= 2"),
    ("no-equals", "", Line(0), "until = 2", "until 2"),
];

pub(crate) const UNKNOWN_TABLE: &[Row] = &[
    ("meta", "", Line(0), "[values.TOKEN]", "[meta]"),
    ("rooms", "", Line(0), "[values.TOKEN]", "[rooms.TOKEN]"),
    ("values-without-name", "", Line(0), "[values.TOKEN]", "[values]"),
    ("vault-with-name", "", Line(0), "[vault]", "[vault.x]"),
    ("upper-case", "", Line(0), "[vault]", "[Vault]"),
    ("single-quotes", "", Line(0), "[recipients.\"bob/laptop\"]", "[recipients.'bob/laptop']"),
];

pub(crate) const TABLE_NAME: &[Row] = &[
    ("upper-case", "", Line(0), "[recipients.alice]", "[recipients.Alice]"),
    ("dash-first", "", Line(0), "[departed.dave]", "[departed.-dave]"),
    ("no-device", "", Line(0), "\"bob/laptop\"]", "\"bob/\"]"),
    ("two-devices", "", Line(0), "\"bob/laptop\"]", "\"bob/laptop/a\"]"),
    ("space", "", Line(0), "\"bob/laptop\"]", "\"bob laptop\"]"),
    ("empty", "", Line(0), "\"bob/laptop\"]", "\"\"]"),
    ("member-of-65", "", Line(0), "[departed.dave]", "[departed.xX64]"),
    ("key-of-65", "", Line(0), "[values.TOKEN]", "[values.xX64]"),
    ("key-with-dot", "", Line(0), "[values.TOKEN]", "[values.\"TO.KEN\"]"),
    ("path", "", Line(0), "\"bob/laptop\"]", "\"../laptop\"]"),
];

pub(crate) const TABLE_QUOTES: &[Row] = &[
    ("needless", "", Line(0), "[recipients.alice]", "[recipients.\"alice\"]"),
    ("needless-key", "", Line(0), "[values.TOKEN]", "[values.\"TOKEN\"]"),
    ("missing-slash", "", Line(0), "[recipients.\"bob/laptop\"]", "[recipients.bob/laptop]"),
    ("missing-dot", "", Line(0), "[recipients.\"bob/laptop\"]", "[recipients.bob.laptop]"),
];

pub(crate) const DUPLICATE_TABLE: &[Row] = &[
    ("vault", "", Line(0), "[values.TOKEN]", "[vault]"),
    ("value", "", Line(0), "[values.TOKEN]", "[values.DB_URL]"),
    ("recipient", "", Line(0), "[recipients.\"bob/laptop\"]", "[recipients.alice]"),
    ("departed", "", Line(0), "[values.DB_URL]", "[departed.dave]"),
];

pub(crate) const FIELD_OUTSIDE_TABLE: &[Row] =
    &[("before-vault", "", Line(0), "[vault]", "format = 1\n[vault]")];

pub(crate) const UNKNOWN_FIELD: &[Row] = &[
    ("in-vault", "vault", Line(0), "prev = ", "lastmodified = "),
    (
        "in-recipient",
        "recipients.alice",
        Line(1),
        "[recipients.alice]\n",
        "[recipients.alice]\nnote = \"x\"\n",
    ),
    ("in-departed", "departed.dave", Line(0), "until = 2", "wrap = \"3:KID:AAAA\""),
    ("in-value", "values.DB_URL", Line(0), "note = ", "comment = "),
    ("upper-case", "values.DB_URL", Line(0), "note = ", "Note = "),
];

pub(crate) const DUPLICATE_FIELD: &[Row] = &[
    ("in-vault", "vault", Line(1), "format = 1\n", "format = 1\nformat = 1\n"),
    ("same-value", "departed.dave", Line(1), "until = 2\n", "until = 2\nuntil = 2\n"),
    ("in-value", "values.DB_URL", Line(0), "expires = 2027-01-31", "note = \"other\""),
];

pub(crate) const BAD_VALUE: &[Row] = &[
    ("literal-string", "values.DB_URL", Line(0), "\"the database\"", "'the database'"),
    ("multi-line", "values.DB_URL", Line(0), "\"the database\"", "\"\"\"the database\"\"\""),
    ("literal-multi-line", "values.DB_URL", Line(0), "\"the database\"", "'''the database'''"),
    ("unclosed", "values.DB_URL", Line(0), "the database\"", "the database"),
    ("closed-by-escape", "values.DB_URL", Line(0), "the database\"", "the database\\\""),
    ("array", "values.DB_URL", Line(0), "\"the database\"", "[\"the database\"]"),
    ("inline-table", "values.DB_URL", Line(0), "\"the database\"", "{a = 1}"),
    ("boolean", "values.DB_URL", Line(0), "\"the database\"", "true"),
    ("bare-word", "values.DB_URL", Line(0), "\"the database\"", "database"),
    ("nothing", "values.DB_URL", Line(0), "\"the database\"", ""),
    ("comment-after", "values.DB_URL", Line(0), "\"the database\"", "\"the database\" # really"),
    ("two-strings", "values.DB_URL", Line(0), "\"the database\"", "\"the\" \"database\""),
];

pub(crate) const BAD_ESCAPE: &[Row] = &[
    ("newline", "values.DB_URL", Line(0), "the database", "the\\ndatabase"),
    ("tab", "values.DB_URL", Line(0), "the database", "the\\tdatabase"),
    ("unicode", "values.DB_URL", Line(0), "the database", "the\\u0041database"),
    ("in-to", "recipients.alice", Line(0), "to = \"ALICE", "to = \"\\x61ALICE"),
];

pub(crate) const BAD_INTEGER: &[Row] = &[
    ("zero", "departed.dave", Line(0), "until = 2", "until = 0"),
    ("format-zero", "vault", Line(0), "format = 1", "format = 0"),
    ("plus", "departed.dave", Line(0), "until = 2", "until = +2"),
    ("minus", "departed.dave", Line(0), "until = 2", "until = -2"),
    ("leading-zero", "departed.dave", Line(0), "until = 2", "until = 02"),
    ("underscore", "departed.dave", Line(0), "until = 2", "until = 1_0"),
    ("too-large", "departed.dave", Line(0), "until = 2", "until = 4294967296"),
    ("hexadecimal", "departed.dave", Line(0), "until = 2", "until = 0x2"),
    ("float", "departed.dave", Line(0), "until = 2", "until = 2.0"),
    ("boolean", "departed.dave", Line(0), "until = 2", "until = true"),
    ("nothing", "departed.dave", Line(0), "until = 2", "until ="),
    ("comment-after", "departed.dave", Line(0), "until = 2", "until = 2 # then"),
];

pub(crate) const BAD_DATE: &[Row] = &[
    ("no-leap-year", "values.DB_URL", Line(0), "2027-01-31", "2027-02-29"),
    ("no-leap-century", "values.DB_URL", Line(0), "2027-01-31", "2100-02-29"),
    ("thirteenth-month", "values.DB_URL", Line(0), "2027-01-31", "2027-13-01"),
    ("year-zero", "values.DB_URL", Line(0), "2027-01-31", "0000-01-01"),
    ("one-digit", "values.DB_URL", Line(0), "2027-01-31", "2027-1-31"),
    ("with-time", "values.DB_URL", Line(0), "2027-01-31", "2027-01-31T00:00:00Z"),
    ("time-only", "values.DB_URL", Line(0), "2027-01-31", "12:00:00"),
    ("comment-after", "values.DB_URL", Line(0), "2027-01-31", "2027-01-31 # soon"),
];

pub(crate) const WRONG_TYPE: &[Row] = &[
    ("string-for-integer", "vault", Line(0), "format = 1", "format = \"1\""),
    ("date-for-integer", "departed.dave", Line(0), "until = 2", "until = 2027-01-31"),
    ("string-for-date", "values.DB_URL", Line(0), "2027-01-31", "\"2027-01-31\""),
    ("integer-for-date", "values.DB_URL", Line(0), "2027-01-31", "2027"),
    ("integer-for-string", "values.DB_URL", Line(0), "\"the database\"", "7"),
    ("date-for-string", "values.DB_URL", Line(0), "\"the database\"", "2027-01-31"),
];

pub(crate) const NEWER_FORMAT: &[Row] = &[
    ("two", "vault", Line(0), "format = 1", "format = 2"),
    ("two-with-new-field", "vault", Line(0), "format = 1\n", "format = 2\nauthor = \"x\"\n"),
    ("greatest", "vault", Line(0), "format = 1", "format = 4294967295"),
];

pub(crate) const UNKNOWN_KIND: &[Row] = &[
    ("room", "vault", Line(0), "kind = \"set\"", "kind = \"room\""),
    ("upper-case", "vault", Line(0), "kind = \"set\"", "kind = \"Set\""),
];

pub(crate) const BAD_NAME: &[Row] = &[
    ("empty", "vault", Line(0), "\"base\"", "\"\""),
    ("space", "vault", Line(0), "\"base\"", "\"ba se\""),
    ("dash-last", "vault", Line(0), "\"base\"", "\"base-\""),
    ("path", "vault", Line(0), "\"base\"", "\"../base\""),
    ("of-65", "vault", Line(0), "\"base\"", "\"xX64\""),
    ("not-ascii", "vault", Line(0), "\"base\"", "\"bäse\""),
    ("device", "vault", Line(0), "\"base\"", "\"Com1\""),
];

pub(crate) const NAME_MISMATCH: &[Row] = &[
    ("other", "vault", Header, "\"base\"", "\"other\""),
    ("case", "vault", Header, "\"base\"", "\"Base\""),
];

pub(crate) const BAD_ID: &[Row] = &[
    ("no-prefix", "vault", Line(0), "\"b64:", "\""),
    ("upper-case-prefix", "vault", Line(0), "\"b64:", "\"B64:"),
    ("longer", "vault", Line(0), "\"b64:", "\"b64:AAAA"),
    ("white-space", "vault", Line(0), "\"b64:", "\"b64: "),
];

pub(crate) const BAD_EPOCH: &[Row] = &[
    ("leading-zero", "vault", Line(0), "epoch = \"3:", "epoch = \"03:"),
    ("zero", "vault", Line(0), "epoch = \"3:", "epoch = \"0:"),
    ("no-colon", "vault", Line(0), "epoch = \"3:", "epoch = \"3"),
    ("longer", "vault", Line(0), "epoch = \"3:", "epoch = \"3:0"),
    ("not-hex", "vault", Line(0), "epoch = \"3:KID", "epoch = \"3:0123456G"),
    ("too-large", "vault", Line(0), "epoch = \"3:", "epoch = \"4294967296:"),
];

pub(crate) const BAD_RECIPIENT: &[Row] = &[
    ("upper-case", "recipients.alice", Line(0), "to = \"age1", "to = \"AGE1"),
    ("checksum", "recipients.alice", Line(0), "to = \"age1", "to = \"age1q"),
    ("no-key", "recipients.alice", Line(0), "ALICE", "hello"),
    ("nothing-but-name", "recipients.alice", Line(0), "ALICE", ""),
    ("private", "recipients.alice", Line(0), "ALICE", "AGE-SECRET-KEY-1QQQ"),
    ("ssh-comment", "recipients.bob/laptop", Line(0), "BOB", "BOB bob@laptop"),
    ("two-spaces", "recipients.bob/laptop", Line(0), "ssh-ed25519 ", "ssh-ed25519  "),
    ("ssh-base64", "recipients.bob/laptop", Line(0), "BOB", "BOB="),
    ("ssh-other-type", "recipients.bob/laptop", Line(0), "ssh-ed25519", "ssh-rsa"),
    ("ecdsa", "recipients.bob/laptop", Line(0), "ssh-ed25519", "ecdsa-sha2-nistp256"),
    ("departed", "departed.dave", Line(1), "[departed.dave]\nto = \"", "[departed.dave]\nto = \"x"),
];

pub(crate) const RECIPIENT_NAME: &[Row] = &[
    ("missing", "recipients.alice", Line(0), "ALICE alice", "ALICE"),
    ("other", "recipients.alice", Line(0), "ALICE alice", "ALICE carol"),
    ("space-after", "recipients.alice", Line(0), "ALICE alice", "ALICE alice "),
    ("departed", "departed.dave", Line(0), " dave\"", " david\""),
    ("empty", "recipients.alice", Line(0), "ALICE alice", ""),
];

pub(crate) const BAD_NOTE: &[Row] = &[
    ("empty", "values.DB_URL", Line(0), "the database", ""),
    (
        "of-501",
        "values.DB_URL",
        Line(0),
        "the database",
        "X64X64X64X64X64X64X64xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxthe database",
    ),
];

pub(crate) const BAD_TOKEN: &[Row] = &[
    ("wrap-epoch-zero", "recipients.alice", Line(0), "wrap = \"3:", "wrap = \"0:"),
    ("wrap-leading-zero", "recipients.alice", Line(0), "wrap = \"3:", "wrap = \"03:"),
    ("wrap-plus", "recipients.alice", Line(0), "wrap = \"3:", "wrap = \"+3:"),
    ("wrap-no-epoch", "recipients.alice", Line(0), "wrap = \"3:", "wrap = \""),
    ("wrap-space", "recipients.alice", Line(0), "wrap = \"3:", "wrap = \"3: "),
    ("seal-key-id-of-9", "recipients.alice", Line(0), "seal = \"3:", "seal = \"3:0"),
    ("seal-key-id-not-hex", "recipients.alice", Line(0), "seal = \"3:KID", "seal = \"3:0123456G"),
    ("seal-underscore", "recipients.alice", Line(0), "seal = \"3:", "seal = \"3_0:"),
    ("enc-no-rev", "values.TOKEN", Line(0), ":3.4:", ":3:"),
    ("enc-rev-zero", "values.TOKEN", Line(0), ":3.4:", ":3.0:"),
    ("enc-since-zero", "values.TOKEN", Line(0), ":3.4:", ":0.4:"),
    ("enc-three-counts", "values.TOKEN", Line(0), ":3.4:", ":3.4.1:"),
    ("enc-no-counts", "values.TOKEN", Line(0), ":3.4:", ":"),
    ("enc-rev-too-large", "values.TOKEN", Line(0), ":3.4:", ":3.4294967296:"),
];

pub(crate) const OTHER_EPOCH: &[Row] = &[
    ("wrap", "recipients.alice", Header, "wrap = \"3:", "wrap = \"2:"),
    ("seal", "recipients.alice", Header, "seal = \"3:", "seal = \"4:"),
    ("enc", "values.TOKEN", Header, "3:KID:3.4:", "2:KID:3.4:"),
    ("vault", "recipients.alice", Line(3), "epoch = \"3:", "epoch = \"4:"),
];

pub(crate) const OTHER_KEY: &[Row] = &[
    ("wrap", "recipients.alice", Header, "wrap = \"3:KID", "wrap = \"3:00000000"),
    ("seal", "recipients.alice", Header, "seal = \"3:KID", "seal = \"3:00000000"),
    ("enc", "values.TOKEN", Header, "3:KID:3.4:", "3:00000000:3.4:"),
    ("vault", "recipients.alice", Line(3), "epoch = \"3:KID", "epoch = \"3:00000000"),
];

pub(crate) const SINCE_AFTER_EPOCH: &[Row] = &[
    ("by-one", "values.TOKEN", Header, ":3.4:", ":4.4:"),
    ("greatest", "values.TOKEN", Header, ":3.4:", ":4294967295.4:"),
];

pub(crate) const UNTIL_NOT_BEFORE: &[Row] = &[
    ("same", "departed.dave", Header, "until = 2", "until = 3"),
    ("greatest", "departed.dave", Header, "until = 2", "until = 4294967295"),
];

pub(crate) const REGISTRY: &[Row] = &[
    ("other", "pull", Line(0), "type = \"ghcr\"", "type = \"harbor\""),
    ("upper-case", "pull", Line(0), "type = \"ghcr\"", "type = \"GHCR\""),
];

pub(crate) const BAD_SERVER: &[Row] = &[
    ("empty", "pull", Line(0), "\"ghcr.io\"", "\"\""),
    ("space", "pull", Line(0), "\"ghcr.io\"", "\"ghcr.io \""),
    ("quote", "pull", Line(0), "\"ghcr.io\"", r#""ghcr\".io""#),
    ("backslash", "pull", Line(0), "\"ghcr.io\"", r#""ghcr\\io""#),
    ("not-ascii", "pull", Line(0), "\"ghcr.io\"", "\"ghçr.io\""),
    ("of-513", "pull", Line(0), "\"ghcr.io\"", "\"xX64X64X64X64X64X64X64X64\""),
];

pub(crate) const PULL_ENTRIES: &[Row] =
    &[("other-key", "values.token", Header, "[values.username]", "[values.token]")];
