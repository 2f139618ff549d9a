//! What a buffer shows, and that it reads back as what it was made of.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::edit::draft::Item;
use crate::model::SecretValue;

const SECRET: &str = "hunter2";

fn item(value: &[u8], note: Option<&str>, expires: Option<&str>) -> Item {
    Item {
        value: SecretValue::new(value.to_vec()).unwrap(),
        note: note.map(|note| note.parse().unwrap()),
        expires: expires.map(|date| date.parse().unwrap()),
    }
}

fn draft<const N: usize>(items: [(&str, Item); N]) -> Draft {
    Draft(items.into_iter().map(|(key, item)| (key.parse().unwrap(), item)).collect())
}

fn shown(draft: &Draft) -> String {
    let text = render(&"web".parse().unwrap(), draft, &Draft::default(), &[]);
    String::from_utf8(text.to_vec()).unwrap()
}

/// The lines below the header.
fn body(draft: &Draft) -> String {
    shown(draft).split_inclusive('\n').skip(HEADER.len() + 2).collect()
}

#[track_caller]
fn read(text: &str) -> Draft {
    parse(text.as_bytes()).unwrap().draft
}

#[track_caller]
fn fault(text: impl AsRef<[u8]>) -> (usize, Fault) {
    let error = parse(text.as_ref()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SECRET));
    (error.line, error.fault)
}

#[test]
fn a_set_is_shown_as_a_person_would_write_it() {
    let pem = b"-----BEGIN X-----\nAbc\\=\n-----END X-----\n";
    let json = b"{\n\t\"a\": \"it's\"\n}";
    let set = draft([
        ("A", item(b"plain", Some("signs cookies"), Some("2027-01-31"))),
        ("B", item(br#"C:\x "y""#, None, None)),
        ("C", item(pem, None, None)),
        ("D", item(json, None, None)),
        ("E", item(b"\xff\x00", None, None)),
        ("F", item("a\u{202e}\t'\\\u{e000}".as_bytes(), None, None)),
        ("G", item(b"spaces \n'''\r\n", None, None)),
    ]);
    let want = r#"# note: signs cookies
# expires: 2027-01-31
A = "plain"

B = 'C:\x "y"'

C = '''
-----BEGIN X-----
Abc\=
-----END X-----
'''

D = '''
{
	"a": "it's"
}'''

E = { base64 = "/wA=" }

F = "a\u202e\t'\\\ue000"

G = """
spaces\u0020
'''\r
"""
"#;
    assert_eq!(body(&set), want);
    assert!(read(&shown(&set)).is_same_as(&set));
    assert!(shown(&set).starts_with("# The secrets of the set web\n# Save and leave"));
}

#[test]
fn what_vault_shows_itself_is_no_comment_that_gets_lost() {
    let set = draft([("A", item(b"x", Some("y"), None))]);
    assert_eq!(parse(shown(&set).as_bytes()).unwrap().comments, Comments::Known);
    assert_eq!(parse(shown(&Draft::default()).as_bytes()).unwrap().comments, Comments::Known);
    for text in ["# mine\nA = ''", "A = '' # mine", "A = ''\n# mine", "A = '' # note: x\n"] {
        let parsed = parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.comments, Comments::Lost, "{text}");
    }
}

#[test]
fn a_note_and_a_date_belong_to_the_key_right_below() {
    let text = "# NOTE:x\nA=''\n#expires:  2027-01-31 \r\n# between\n# note:  two  \n  'B' = ''\n\
                # note:\n# expires: never\nC = ''\n";
    let want = draft([
        ("A", item(b"", Some("x"), None)),
        ("B", item(b"", Some(" two  "), Some("2027-01-31"))),
        ("C", item(b"", None, None)),
    ]);
    assert!(read(text).is_same_as(&want));
    // What looks like one inside a value is a part of the value.
    let inside = "A = '''\n# note: x\n'''\n";
    assert!(read(inside).is_same_as(&draft([("A", item(b"# note: x\n", None, None))])));
    assert_eq!(fault("A=''\n# note: hunter2\n\nB=''"), (2, Fault::Loose));
    assert_eq!(fault("A=''\n# expires: 2027-01-31"), (2, Fault::Loose));
    assert_eq!(fault("# note: a\n# note: hunter2\nA=''"), (2, Fault::Twice));
    assert_eq!(fault("# expires: 2027-01-31\n#expires: 2027-01-31\nA=''"), (2, Fault::Twice));
    assert_eq!(fault("# expires: hunter2\nA=''"), (1, Fault::Date(InvalidDate)));
    let long = format!("\n# note: {}\nA=''", "x".repeat(501));
    assert_eq!(fault(long), (2, Fault::Note(InvalidNote)));
}

#[test]
fn what_is_wrong_is_said_by_its_line_and_in_our_own_words() {
    let cases = [
        ("A = 'x'\nB = \"hunter2", (2, Fault::Unclosed)),
        ("A = 'x'\nB = 'hunter2\nC = 'x'", (2, Fault::Unclosed)),
        ("A = 'x'\nB = '''\nhunter2\n\nC = 'x'\n", (2, Fault::Unclosed)),
        ("A = 'x'\nB = \"\"\"\nhunter2\n\nC = 'x'\n", (2, Fault::Unclosed)),
        ("A = 'x'\nhunter2", (2, Fault::NoEquals)),
        ("A = 'x'\nexport B = 'hunter2'", (2, Fault::NoEquals)),
        ("A = 'x'\nB: 'hunter2'", (2, Fault::Key(InvalidName::Key))),
        ("A = 'x'\nB =", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = hunter2", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = true-hunter2", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = nothunter2", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 1.2.3", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 2026-13-01", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = _", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 17", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = true", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 1.5", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 2026-01-02", (2, Fault::NotQuoted)),
        ("A = 'x'\nB = 'x' hunter2", (2, Fault::AfterValue)),
        ("A = 'x'\nB = 'it's hunter2'", (2, Fault::AfterValue)),
        ("A = 'x'\nB = ['hunter2']", (2, Fault::Nested)),
        ("A = 'x'\nB = { hunter2 = '' }", (2, Fault::Nested)),
        ("A = 'x'\nB = { base64 = '', x = 'hunter2' }", (2, Fault::Nested)),
        ("A = 'x'\n[hunter2]\nB = ''", (2, Fault::Nested)),
        ("A = 'x'\nB.hunter2 = ''", (2, Fault::Nested)),
        ("A = 'x'\nB = { base64 = 'hunter2' }", (2, Fault::Base64)),
        ("A = 'x'\nA = 'hunter2'", (2, Fault::Duplicate)),
        ("A = 'x'\n\"A\" = 'hunter2'", (2, Fault::Duplicate)),
        ("A = 'x'\n\"hunter2 \" = 'x'", (2, Fault::Key(InvalidName::Key))),
        ("A = 'x'\n\"\" = 'hunter2'", (2, Fault::Key(InvalidName::Key))),
        ("A = 'x'\nB = \"\\q hunter2\"", (2, Fault::Syntax)),
        ("A = 'x'\nB = 'hunter2\u{1}'", (2, Fault::Syntax)),
        ("A = 'x'\n= 'hunter2'", (2, Fault::Key(InvalidName::Key))),
        ("<<<<<<< hunter2\nA = 'x'", (1, Fault::Key(InvalidName::Key))),
    ];
    for (text, want) in cases {
        assert_eq!(fault(text), want, "{text}");
    }
    assert_eq!(fault(b"A = 'x'\nB = 'hunter2 \xff'"), (2, Fault::NotUtf8));
    let long = format!("A = ''\nB = '{}'", "x".repeat((1 << 20) + 1));
    assert!(matches!(fault(long), (2, Fault::TooLong(_))));
    for opening in ["[", "{a="] {
        fault(format!("A = {}", opening.repeat(100_000)));
    }
}

#[test]
fn a_complaint_stands_on_top_and_in_the_place_of_the_one_before() {
    let text = "A = 'x'\nB = hunter2\n";
    let first = with_complaint(text.as_bytes(), parse(text.as_bytes()).unwrap_err());
    let want = "#! line 3: the value is not in quotes\nA = 'x'\nB = hunter2\n";
    assert_eq!(first.as_slice(), want.as_bytes());
    let again = with_complaint(&first, parse(&first).unwrap_err());
    assert_eq!(again, first);
    let mended = String::from_utf8(first.to_vec()).unwrap().replace("hunter2", "'hunter2'");
    assert_eq!(parse(mended.as_bytes()).unwrap().comments, Comments::Known);
}

#[test]
fn what_somebody_else_made_of_a_key_stands_beside_it() {
    let mine = draft([("A", item(b"mine", Some("n"), None)), ("C", item(b"x", None, None))]);
    let theirs = draft([("A", item(b"two\nlines", None, None)), ("B", item(b"t", None, None))]);
    let keys = ["A", "B", "C"].map(|key| key.parse().unwrap());
    let text = render(&"web".parse().unwrap(), &mine, &theirs, &keys);
    let text = std::str::from_utf8(&text).unwrap();
    let want = "\n#~ A was changed meanwhile:\n#~ A = '''\n#~ two\n#~ lines'''\n# note: n\nA = \"mine\"\n\n\
                #~ B was changed meanwhile:\n#~ B = \"t\"\n\n#~ C was removed meanwhile\nC = \"x\"\n";
    assert!(text.ends_with(want), "{text}");
    let parsed = parse(text.as_bytes()).unwrap();
    assert!(parsed.draft.is_same_as(&mine) && parsed.comments == Comments::Known);
}

fn any_item() -> impl Strategy<Value = Item> {
    let text = prop_oneof![
        r"(?s:.){0,12}",
        "[ab'\"\\\\ \t\r\n]{0,12}",
        "('''|\"\"\"|\n|#|= |\\\\n){0,6}",
        "\\PC{0,8}"
    ];
    let value = prop_oneof![
        3 => text.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12)
    ];
    let note = prop::option::of("[^\\pC]{1,20}|  x |#|note: x|# expires: 2027-01-31");
    let expires = prop::option::of(0_i64..30_000);
    (value, note, expires).prop_map(|(value, note, days)| Item {
        value: SecretValue::new(value).unwrap(),
        note: note.and_then(|note| note.parse().ok()),
        expires: days.and_then(crate::model::Date::from_unix_days),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn every_set_reads_back_as_it_was(
        items in prop::collection::btree_map("[A-Za-z0-9_-]{1,8}", any_item(), 0..5)
    ) {
        let items = items.into_iter().map(|(key, item)| (key.parse().unwrap(), item));
        let set = Draft(items.collect::<BTreeMap<_, _>>());
        let text = shown(&set);
        let parsed = parse(text.as_bytes()).unwrap();
        prop_assert!(parsed.draft.is_same_as(&set), "{}", text);
        prop_assert_eq!(parsed.comments, Comments::Known);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(A|B|=|'|\"|\n|\r|\\[|#| note:|\\{|base64|\u{feff}|x){0,24}") {
        let _: Result<Parsed, BufferError> = parse(text.as_bytes());
    }
}
