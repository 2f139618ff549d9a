//! Someone who can push, but not read, changes a file. Every change is refused and named.

use std::path::PathBuf;

use vault::crypto::{Commitment, base64_encode};
use vault::envelope::{Change, Credentials, Opened, Sealed};
use vault::model::{PullSecret, RegistryKind, SecretSet, SecretValue, SetName};

use crate::support::{Member, Sandbox, SealedText, identities, put, recipients};

const ALICE: &str = "[recipients.alice]";
const BOB: &str = "[recipients.bob]";
const DAVE: &str = "[departed.dave]";
const A: &str = "[values.A]";
const B: &str = "[values.B]";

/// A set in epoch 2: alice, bob and carol read it, dave did; A, B and C stand in it.
struct Attacked {
    sandbox: Sandbox,
    identity: PathBuf,
    team: [Member; 4],
    text: SealedText,
}

/// The same people and values under another id and key.
fn sealed(name: &str, team: &[Member; 4]) -> Sealed<SecretSet> {
    let [alice, bob, carol, dave] = team;
    let name: SetName = name.parse().unwrap();
    let readers = recipients(&[alice, bob, carol, dave]);
    let mut set = Opened::<SecretSet>::create(name, SecretSet, readers);
    for key in ["A", "B", "C"] {
        let value = SecretValue::new(format!("value of {key}").into_bytes()).unwrap();
        set.set(&key.parse().unwrap(), value).unwrap();
    }
    let note = Change::To("a note".parse().unwrap());
    let expires = Change::To("2091-01-31".parse().unwrap());
    set.annotate(&"B".parse().unwrap(), note, expires).unwrap();
    let mut set = set.seal().unwrap().open(&identities(alice)).unwrap();
    set.remove_recipients(std::slice::from_ref(&dave.name)).unwrap();
    set.set(&"C".parse().unwrap(), SecretValue::new(b"newer".to_vec()).unwrap()).unwrap();
    set.seal().unwrap()
}

impl Attacked {
    fn new() -> Self {
        let team = ["alice", "bob", "carol", "dave"].map(Member::new);
        let sandbox = Sandbox::with_vault();
        let identity = sandbox.home().join("alice.txt");
        put(&identity, &team[0].identity);
        let text = SealedText(sealed("web", &team).render());
        Self { sandbox, identity, team, text }
    }

    fn identity(&self) -> [&str; 2] {
        ["-i", self.identity.to_str().unwrap()]
    }

    /// No command hands out anything of this text or writes over it, and the message names it.
    #[track_caller]
    fn refuses(&self, text: &SealedText, words: &[&str]) {
        assert_ne!(text.0, self.text.0);
        let path = self.sandbox.put(".secrets/sets/web.toml", &text.0);
        for (command, code) in [
            (&["export", "web", "--format", "json"][..], 4),
            (&["get", "web", "C"], 4),
            (&["set", "web", "NEW=x"], 4),
            (&["exec", "web", "--", "env"], 125),
            (&["copy", "web", "other"], 4),
        ] {
            let out = self.sandbox.vault(self.identity().iter().chain(command));
            assert_eq!(out.text(), "", "{command:?}");
            out.fails(code, words).fails(code, &["sets/web.toml"]);
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), text.0, "written over");
    }

    /// Everything that is to be refused, with the words that name it.
    fn refuses_all(&self, texts: &[(SealedText, &[&str])]) {
        for (text, words) in texts {
            self.refuses(text, words);
        }
    }
}

/// One character of a Base64 text exchanged for another, where no padding bits are.
fn nudged(text: &SealedText, header: &str, field: &str) -> SealedText {
    let value = text.field(header, field);
    let at = value.len() - 12;
    let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.with(header, field, &format!("{}{other}{}", &value[..at], &value[at + 1..]))
}

#[test]
fn the_file_itself_opens() {
    let it = Attacked::new();
    it.sandbox.put(".secrets/sets/web.toml", &it.text.0);
    let out = it.sandbox.vault(it.identity().iter().chain(&["export", "web", "--format", "json"]));
    let values = serde_json::json!({"A": "value of A", "B": "value of B", "C": "newer"});
    assert_eq!(out.quietly().json(), values);
}

#[test]
fn changed_recipients() {
    let it = Attacked::new();
    let (t, eve) = (&it.text, Member::new("eve"));
    let bad_seal = "its seal is wrong";
    let appended = t.appended(&t.block(BOB).replace("recipients.bob", "recipients.eve")).with(
        "[recipients.eve]",
        "to",
        &format!("\"{} eve\"", eve.to),
    );
    let to_eve = t.with_part(BOB, "to", it.team[1].to.as_str(), eve.to.as_str());
    let doubled = t.appended(&t.block(BOB).replace("bob", "bobby"));
    let to_swapped = {
        let (bob, carol) = (it.team[1].to.as_str(), it.team[2].to.as_str());
        let other = t.with_part(BOB, "to", bob, carol);
        other.with_part("[recipients.carol]", "to", carol, bob)
    };
    it.refuses_all(&[
        (appended, &["recipient eve", bad_seal, "git log -p"]),
        (to_eve, &["recipient bob", bad_seal]),
        (to_swapped, &["recipient bob", bad_seal]),
        (doubled, &["recipients.bobby", "the same key is already listed as bob"]),
        (t.replaced("bob", "rob").replaced(" bob\"", " rob\""), &["recipient rob", bad_seal]),
        (t.replaced("[recipients.bob]", "[recipients.rob]"), &["recipients.rob", "own name"]),
        (t.swapped("wrap", BOB, "[recipients.carol]"), &["recipient bob", bad_seal]),
        (t.swapped("seal", BOB, "[recipients.carol]"), &["recipient bob", bad_seal]),
        (nudged(t, BOB, "seal"), &["recipient bob", bad_seal]),
        (nudged(t, BOB, "wrap"), &["recipient bob", bad_seal]),
        (nudged(t, ALICE, "wrap"), &["recipient alice", "does not open"]),
        (t.swapped("wrap", ALICE, BOB), &["recipient alice", "does not open"]),
        (t.without_field(BOB, "seal"), &["recipients.bob", "`seal`"]),
        (t.without_field(BOB, "wrap"), &["recipients.bob", "`wrap`"]),
        (t.without_field(BOB, "to"), &["recipients.bob", "`to`"]),
        (t.with_line(BOB, "since = 2"), &["recipients.bob", "since"]),
        (t.appended(&t.block(BOB)), &["stands here twice"]),
    ]);
}

#[test]
fn wraps_made_by_someone_else() {
    let it = Attacked::new();
    let t = &it.text;
    let foreign = sealed("web", &it.team);
    let wrap_of = |name: &str| {
        let wrap = base64_encode(&foreign.recipients()[name].wrap);
        format!("\"{}:{wrap}\"", t.token())
    };
    let other_key = "our wrap holds another key";
    it.refuses_all(&[
        (t.with(BOB, "wrap", &wrap_of("bob")), &["recipient bob", "its seal is wrong"]),
        (t.with(ALICE, "wrap", &wrap_of("alice")), &["[vault]", other_key]),
    ]);
    // A second reader's stanza in a colleague's wrap.
    let wrap = &foreign.recipients()["bob"].wrap;
    let text = String::from_utf8_lossy(wrap);
    let (first, mac) = (text.find("\n-> ").unwrap() + 1, text.find("\n--- ").unwrap() + 1);
    let stanza_end = first + text[first..mac].find("\n-> ").map_or(mac - first, |at| at + 1);
    let stanza = &wrap[first..stanza_end];
    let two = [&wrap[..first], stanza, &wrap[first..]].concat();
    let two = format!("\"{}:{}\"", t.token(), base64_encode(&two));
    it.refuses(&t.with(BOB, "wrap", &two), &["recipient bob", "exactly one recipient"]);
    let scrypt = b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    let scrypt = [&scrypt[..], &[0; 64]].concat();
    let scrypt = format!("\"{}:{}\"", t.token(), base64_encode(&scrypt));
    it.refuses(&t.with(ALICE, "wrap", &scrypt), &["recipient alice", "another kind of key"]);
}

#[test]
fn changed_departures() {
    let it = Attacked::new();
    let (t, dave) = (&it.text, it.team[3].to.as_str());
    let bad_seal = "its seal is wrong";
    let eve = Member::new("eve");
    let planted = t.block(DAVE).replace("departed.dave", "departed.carol");
    let carol = format!("\"{} carol\"", it.team[2].to);
    let planted = t.appended(&planted).with("[departed.carol]", "to", &carol);
    let returned = t.block(BOB).replace("bob", "dave").replace(it.team[1].to.as_str(), dave);
    it.refuses_all(&[
        (t.with_part(DAVE, "to", dave, eve.to.as_str()), &["departure dave", bad_seal]),
        (t.replaced("dave", "d2").replaced(" dave\"", " d2\""), &["departure d2", bad_seal]),
        (t.with(DAVE, "until", "2"), &["departed.dave", "`until`"]),
        (t.with(DAVE, "until", "0"), &["departed.dave", "`until`"]),
        (nudged(t, DAVE, "seal"), &["departure dave", bad_seal]),
        (t.swapped("seal", DAVE, BOB), &["recipient bob", bad_seal]),
        (planted, &["departure carol", bad_seal]),
        (t.appended(&returned), &["recipient dave", bad_seal]),
    ]);
}

#[test]
fn changed_entries() {
    let it = Attacked::new();
    let t = &it.text;
    let not_it = "entry";
    let token = t.token();
    let foreign = SealedText(sealed("web", &it.team).render());
    let theirs = foreign.field(A, "enc").replace(&foreign.token(), &token);
    let moved = t.replaced("[values.A]", "[values.MOVED]");
    it.refuses_all(&[
        (nudged(t, A, "enc"), &["entry A", not_it]),
        (t.swapped("enc", A, "[values.C]"), &["entry A", not_it]),
        (t.with_part(A, "enc", ":1.1:", ":2.1:"), &["entry A", not_it]),
        (t.with_part(A, "enc", ":1.1:", ":1.2:"), &["entry A", not_it]),
        (t.with_part(A, "enc", ":1.1:", ":3.1:"), &["values.A", "epoch 3"]),
        (t.with_part(A, "enc", ":1.1:", ":0.1:"), &["values.A", "`enc`"]),
        (t.with_part(A, "enc", ":1.1:", ":01.1:"), &["values.A", "`enc`"]),
        (t.with_part(A, "enc", ":1.1:", ":1.4294967296:"), &["values.A", "`enc`"]),
        (t.with(B, "note", "\"another note\""), &["entry B", not_it]),
        (t.without_field(B, "note"), &["entry B", not_it]),
        (t.with_line(A, "note = \"planted\""), &["entry A", not_it]),
        (t.with(B, "expires", "2091-02-01"), &["entry B", not_it]),
        (t.without_field(B, "expires"), &["entry B", not_it]),
        (t.with_line(A, "expires = 2091-01-31"), &["entry A", not_it]),
        (moved, &["entry MOVED", not_it]),
        (t.appended(&t.block(A).replace("values.A", "values.COPY")), &["entry COPY", not_it]),
        (t.with(A, "enc", &theirs), &["entry A", not_it]),
        (t.with(A, "enc", &foreign.field(A, "enc")), &["values.A", "another data key"]),
        (t.without_field(A, "enc"), &["values.A", "`enc`"]),
    ]);
}

#[test]
fn a_changed_head() {
    let it = Attacked::new();
    let t = &it.text;
    let head = "[vault]";
    let commitment = t.field(head, "epoch").trim_matches('"')[2..].to_owned();
    assert!(Commitment::parse(&commitment).is_some());
    let other_end = format!("{}{}", &commitment[..63], i32::from(commitment.ends_with('0')));
    let other_key = format!("{}{}", &commitment[56..], &commitment[8..]);
    let epoch_3 = SealedText(t.0.replace(&t.token(), &t.token().replace("2:", "3:")));
    let foreign = SealedText(sealed("web", &it.team).render());
    it.refuses_all(&[
        (t.with(head, "id", &foreign.field(head, "id")), &["[vault]", "data key does not fit"]),
        (t.with(head, "name", "\"other\""), &["vault", "name"]),
        (t.with(head, "kind", "\"pull\""), &["vault", "kind"]),
        (t.with(head, "kind", "\"room\""), &["vault", "kind"]),
        (t.with(head, "format", "2"), &["format 2"]),
        (t.with_part(head, "epoch", "2:", "3:"), &["recipients.alice", "epoch 2"]),
        (epoch_3, &["[vault]", "data key does not fit"]),
        (t.with_part(head, "epoch", &commitment, &other_end), &["[vault]"]),
        (t.with_part(head, "epoch", &commitment, &other_key), &["recipients.alice", "data key"]),
        (t.with_part(head, "prev", "\"1:", "\"2:"), &["vault", "`prev`"]),
        (t.with_line(head, "tool = \"x\""), &["vault", "tool"]),
        (t.appended("[pull]\ntype = \"docker\"\nserver = \"x\"\n"), &["pull"]),
        (t.appended("[extra]\na = 1\n"), &["extra"]),
    ]);
}

#[test]
fn a_file_in_another_place() {
    let it = Attacked::new();
    let read = |path: &str, set: &str| {
        it.sandbox.put(path, &it.text.0);
        it.sandbox.vault(it.identity().iter().chain(&["get", set, "A"]))
    };
    read(".secrets/sets/site.toml", "site").fails(4, &["site.toml", "name", "web"]);
    read(".secrets/sets/WEB2.toml", "WEB2").fails(4, &["WEB2.toml"]);
    let text = pull_secret(&it.team[0]);
    it.sandbox.put(".secrets/sets/hub.toml", &text.0);
    it.sandbox
        .vault(it.identity().iter().chain(&["get", "hub", "password"]))
        .fails(4, &["hub.toml", "kind"]);
    // Moved to pull/ it is no set any more, and not listed as one.
    it.sandbox.put(".secrets/pull/other.toml", it.text.0.replace("\"web\"", "\"other\""));
    it.sandbox.vault(["get", "other", "A"]).fails(1, &["there is no set other"]);
}

#[test]
fn a_file_cut_off_anywhere_never_gives_a_wrong_value() {
    let it = Attacked::new();
    let lines: Vec<&str> = it.text.0.split_inclusive('\n').collect();
    let good = serde_json::json!({"A": "value of A", "B": "value of B", "C": "newer"});
    for count in 0..lines.len() {
        let cut = lines[..count].concat();
        for text in [cut.clone(), cut[..cut.len().saturating_sub(3)].to_owned()] {
            it.sandbox.put(".secrets/sets/web.toml", text);
            let words = ["export", "web", "--format", "json"];
            let out = it.sandbox.vault(it.identity().iter().chain(&words));
            // Whole records that are gone are for git history to show (docs/format.md).
            if out.code == Some(0) {
                let values = out.json();
                assert!(values.as_object().unwrap().iter().all(|(key, v)| good[key] == *v));
            } else {
                assert!(matches!(out.code, Some(3 | 4)), "{}", out.stderr);
                assert_eq!(out.text(), "");
            }
        }
    }
}

#[test]
fn without_a_matching_identity_it_says_whose_would_do() {
    let it = Attacked::new();
    it.sandbox.put(".secrets/sets/web.toml", &it.text.0);
    let before = it.sandbox.set_text("web");
    for member in [&it.team[3], &Member::new("eve")] {
        put(&it.identity, &member.identity);
        for command in [&["get", "web", "A"][..], &["set", "web", "A=x"], &["rename", "web", "b"]] {
            let out = it.sandbox.vault(it.identity().iter().chain(command));
            out.fails(3, &["no identity at hand", "alice, bob, carol", "-i FILE"]);
        }
    }
    it.sandbox.vault(it.identity().iter().chain(&["exec", "web", "--", "true"])).ends(125);
    assert_eq!(it.sandbox.set_text("web"), before);
    assert_eq!(it.sandbox.vault(["list", "web"]).quietly().text(), "A\nB\nC\n");
}

fn pull_secret(reader: &Member) -> SealedText {
    let content =
        PullSecret { registry: RegistryKind::Docker, server: "registry.example".parse().unwrap() };
    let value = |text: &str| SecretValue::new(text.into()).unwrap();
    let credentials = Credentials::new(value("bot"), value("hunter2"));
    let name = "hub".parse().unwrap();
    let made = Opened::<PullSecret>::create(name, content, credentials, recipients(&[reader]));
    SealedText(made.unwrap().seal().unwrap().render())
}

#[test]
fn a_pull_secret_for_another_registry() {
    let alice = Member::new("alice");
    let text = pull_secret(&alice);
    let name: SetName = "hub".parse().unwrap();
    let open = |text: &SealedText| {
        let sealed = Sealed::<PullSecret>::parse(text.0.as_bytes(), &name).unwrap();
        sealed.open(&identities(&alice)).map(|opened| opened.credentials().is_some())
    };
    assert_eq!(open(&text), Ok(true));
    let changed = [
        text.with("[pull]", "server", "\"registry.evil\""),
        text.with("[pull]", "type", "\"generic\""),
        text.swapped("enc", "[values.password]", "[values.username]"),
    ];
    let places = ["[vault]", "[vault]", "entry password"];
    for (text, place) in changed.iter().zip(places) {
        let error = open(text).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }
    let sets = Sealed::<SecretSet>::parse(text.0.as_bytes(), &name);
    assert_eq!(sets.unwrap_err().rule.code(), "kind-mismatch");
}
