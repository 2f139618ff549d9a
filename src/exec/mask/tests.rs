//! What is hidden, held against a slow reading of the rule, however the text is cut.

use proptest::prelude::*;

use super::*;
use crate::exec::Options;
use crate::exec::fixture::Sets;

/// Of texts as patterns, so that a test may have shorter ones than a value can.
fn mask(patterns: &[impl AsRef<[u8]>]) -> Arc<Mask> {
    let patterns = patterns.iter().map(|p| Zeroizing::new(p.as_ref().to_vec()));
    Arc::new(Mask::of(patterns.collect()).unwrap())
}

fn mask_of_values(values: &[(&str, &[u8])]) -> Arc<Mask> {
    let sets = Sets::of(&[("web", values)]);
    let options = Options::default();
    let env = ChildEnv::build(sets.layers(), [], &options).unwrap();
    Arc::new(Mask::new(&env).unwrap())
}

fn shown(mask: &Arc<Mask>, parts: &[&[u8]]) -> Vec<u8> {
    let (mut redactor, mut out) = (mask.redactor(), Vec::new());
    for part in parts {
        redactor.push(part, &mut out);
    }
    redactor.finish(&mut out);
    out
}

fn hides(value: &str, text: &str) -> String {
    let mask = mask_of_values(&[("KEY", value.as_bytes())]);
    String::from_utf8(shown(&mask, &[text.as_bytes()])).unwrap()
}

/// The rule, byte by byte: what agrees with a whole pattern, or with a head of it and more.
fn by_the_rule(patterns: &[impl AsRef<[u8]>], text: &[u8]) -> Vec<u8> {
    let mut hidden = vec![false; text.len()];
    for pattern in patterns.iter().map(AsRef::as_ref) {
        for at in 0..text.len() {
            let agree = text[at..].iter().zip(pattern).take_while(|(a, b)| a == b).count();
            if agree == pattern.len() || agree >= HEAD {
                hidden[at..at + agree].fill(true);
            }
        }
    }
    let mut out = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        match (hidden[at], at > 0 && hidden[at - 1]) {
            (false, _) => out.push(*byte),
            (true, false) => out.extend_from_slice(STARS),
            (true, true) => {}
        }
    }
    out
}

fn contains(text: &[u8], pattern: &[u8]) -> bool {
    text.windows(pattern.len()).any(|window| window == pattern)
}

/// What two pieces of a text do that one does not: nothing.
fn every_cut_in_three(patterns: &[String], text: &[u8]) {
    let mask = mask(patterns);
    let expected = by_the_rule(patterns, text);
    for second in 0..=text.len() {
        for first in 0..=second {
            let parts = [&text[..first], &text[first..second], &text[second..]];
            assert_eq!(shown(&mask, &parts), expected, "{patterns:?} {parts:?}");
        }
    }
    let survives = |pattern: &&String| contains(&expected, pattern.as_bytes());
    assert_eq!(patterns.iter().find(survives), None);
}

#[test]
fn overlapping_and_nested_secrets_are_hidden_whole_at_every_cut() {
    for (patterns, text) in [
        (&["abcdef", "defghi"][..], "xabcdefghix"),
        (&["abc", "abcdef", "cdefgh"], "abcabcdefghabcde"),
        (&["aaa"], "aaaaaaaabaaa"),
        (&["abab", "baba"], "xabababax"),
        (&["abcabd"], "abcabcabdabcab"),
        (&["bcd", "abcdx"], "abcdabcdx"),
        (&["a", "b"], "cabbac"),
        (&["abc"], "abcabcxabc"),
        (&["abc"], ""),
    ] {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        every_cut_in_three(&patterns, text.as_bytes());
    }
}

#[test]
fn runs_that_touch_become_one_and_do_not_tell_how_many() {
    let text = hides("s3cretWord", "<s3cretWord><s3cretWords3cretWord>");
    assert_eq!(text, "<***><***>");
}

#[test]
fn a_prompt_is_shown_when_it_is_written_and_only_a_possible_beginning_waits() {
    let mask = mask_of_values(&[("KEY", b"s3cretWord")]);
    let (mut redactor, mut out) = (mask.redactor(), Vec::new());
    redactor.push(b"Password: ", &mut out);
    assert_eq!(out, b"Password: ");
    redactor.push(b"s3cret", &mut out);
    assert_eq!(out, b"Password: ");
    redactor.push(b"Ly s3cretWord", &mut out);
    // The end of a secret waits for nothing.
    assert_eq!(out, b"Password: s3cretLy ***");
    redactor.finish(&mut out);
    assert_eq!(out, b"Password: s3cretLy ***");
}

#[test]
fn a_long_secret_is_hidden_as_far_as_it_comes_and_no_further() {
    let long: String = (0..40_000_u32).map(|n| char::from_digit(n * n % 36, 36).unwrap()).collect();
    let mask = mask_of_values(&[("KEY", long.as_bytes())]);
    let expected = |text: &str| String::from_utf8(shown(&mask, &[text.as_bytes()])).unwrap();
    assert_eq!(expected(&format!("<{long}>")), "<***>");
    assert_eq!(expected(&format!("<{}>", &long[..30_000])), "<***>");
    assert_eq!(expected(&format!("<{}>", &long[..HEAD - 1])), format!("<{}>", &long[..HEAD - 1]));
    let (mut redactor, mut out) = (mask.redactor(), Vec::new());
    redactor.push(&long.as_bytes()[..20_000], &mut out);
    assert_eq!(out, STARS);
    assert!(redactor.held_back() < HEAD);
}

#[test]
fn short_values_are_not_hidden_and_their_keys_are_known() {
    let mask =
        mask_of_values(&[("A", b"12345"), ("B", b"123456"), ("C", b""), ("D", b" \n      ")]);
    let names: Vec<_> = mask.too_short().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["A", "D"]);
    assert_eq!(shown(&mask, &[b"12345        123456"]), b"12345        ***");
}

#[test]
fn every_line_of_a_value_is_hidden_but_not_what_announces_a_key() {
    let pem = "-----BEGIN KEY-----\r\n  c4n4ryc4n4ry\r\nshort\r\nlast-line\r\n-----END KEY-----\n";
    assert_eq!(hides(pem, pem), "***\n");
    let text = "> -----BEGIN KEY-----\n> c4n4ryc4n4ry\n> short\n> last-line\n> -----END KEY-----\n";
    let expected = "> -----BEGIN KEY-----\n> ***\n> short\n> ***\n> -----END KEY-----\n";
    assert_eq!(hides(pem, text), expected);
    assert_eq!(hides(" s3cretWord\n", "(s3cretWord)"), "(***)");
    assert_eq!(hides(" s3cretWord\n", "\" s3cretWord\\n\""), "\"***\"");
}

#[test]
fn a_chain_hides_what_secrets_were_before_and_what_they_are_now() {
    let masks = ["first-canary", "second", "third", "fourth", "fifth-canary"].map(|v| mask(&[v]));
    let (mut chain, mut out) = (Chain::new(&masks[0]), Vec::new());
    chain.push(b"<first-canary fifth-canary second-can", &mut out);
    for mask in &masks[1..4] {
        chain.lengthen(mask, &mut out);
    }
    chain.push(b"ary first-canary second fir", &mut out);
    assert_eq!(out, b"<*** fifth-canary second-canary *** *** ");
    // The first is forgotten, and what it held back is passed on.
    chain.lengthen(&masks[4], &mut out);
    chain.push(b"st-canary second fifth-can", &mut out);
    chain.push(b"ary fifth-", &mut out);
    chain.finish(&mut out);
    let expected: &[u8] = b"<*** fifth-canary second-canary *** *** first-canary *** *** fifth-";
    assert_eq!(String::from_utf8(out).unwrap().as_bytes(), expected);
}

#[test]
fn a_stream_with_no_secret_is_passed_on_as_it_is() {
    let bytes: Vec<u8> = (0..=255).cycle().take(3 * PART + 7).collect();
    assert_eq!(shown(&mask(&[] as &[&str]), &[&bytes]), bytes);
    assert_eq!(shown(&mask(&["c4n4ry"]), &[&bytes]), bytes);
}

#[test]
fn base64_is_hidden_wherever_the_secret_stands_in_it() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    let secret = "s\u{ff}cret?>~Wörd";
    for before in 0..7 {
        for after in 0..7 {
            let text = format!("{}{secret}{}", "<".repeat(before), ">".repeat(after));
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                let seen = hides(secret, &encoded);
                // What holds only a part of a first or last byte may be seen, as may be its neighbours.
                let neighbours = (before + after) * 8 / 6 + 2 + 2;
                assert!(seen.contains("***"), "{encoded} {seen}");
                assert!(seen.len() <= 3 + neighbours, "{encoded} {seen}");
            }
        }
    }
}

#[test]
fn the_usual_spellings_are_hidden() {
    let secret = "pä\"s's/w\\o<r>d$ &\t+`\n=~\u{1f511}\u{1b}!";
    for spelling in [
        serde_json::to_string(secret).unwrap(),
        serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap(),
        r#""p\u00e4\"s's/w\\o<r>d$ &\t+`\n=~\ud83d\udd11\u001b!""#.to_owned(),
        r#""pä\"s's/w\\o\u003cr\u003ed$ \u0026\t+`\n=~🔑\u001b!""#.to_owned(),
        r#""p\u00e4\"s's\/w\\o<r>d$ &\t+`\n=~\ud83d\udd11\u001b!""#.to_owned(),
        r#""p\u00E4\u0022s\u0027s/w\\o\u003Cr\u003Ed$ \u0026\t\u002B\u0060\n=~\uD83D\uDD11\u001B!""#
            .to_owned(),
        "p%C3%A4%22s%27s%2Fw%5Co%3Cr%3Ed%24%20%26%09%2B%60%0A%3D~%F0%9F%94%91%1B%21".to_owned(),
        "p%c3%a4%22s%27s%2fw%5co%3cr%3ed%24%20%26%09%2b%60%0a%3d~%f0%9f%94%91%1b%21".to_owned(),
        "p%C3%A4%22s%27s%2Fw%5Co%3Cr%3Ed%24+%26%09%2B%60%0A%3D~%F0%9F%94%91%1B%21".to_owned(),
        "p%C3%A4%22s's%2Fw%5Co%3Cr%3Ed%24%20%26%09%2B%60%0A%3D~%F0%9F%94%91%1B!".to_owned(),
        "p%C3%A4%22s%27s/w%5Co%3Cr%3Ed%24%20%26%09%2B%60%0A%3D~%F0%9F%94%91%1B%21".to_owned(),
        "p%C3%A4%22s%27s%2Fw%5Co%3Cr%3Ed%24+%26%09%2B%60%0A%3D%7E%F0%9F%94%91%1B%21".to_owned(),
    ] {
        assert_eq!(hides(secret, &spelling).trim_matches(['"', '\\']), "***", "{spelling}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_text_is_hidden_alike_however_it_is_cut(
        patterns in proptest::collection::vec("[ab]{1,6}", 1..6),
        text in "[abc]{0,24}",
    ) {
        every_cut_in_three(&patterns, text.as_bytes());
    }

    #[test]
    fn long_secrets_are_hidden_alike_however_the_text_is_cut(
        patterns in proptest::collection::vec(
            ("[ab]{1,4}", 16_usize..60, "[abc]{0,80}", 1_usize..3)
                .prop_map(|(unit, times, tail, twice)| (unit.repeat(times) + &tail).repeat(twice)),
            1..5,
        ),
        pieces in proptest::collection::vec((0_usize..5, 0_usize..400, 0_usize..400), 0..8),
        cuts in proptest::collection::vec(0_usize..2000, 0..6),
    ) {
        let mut text = Vec::new();
        for (which, from, to) in pieces {
            let pattern = patterns[which % patterns.len()].as_bytes();
            text.extend_from_slice(&pattern[from.min(to) % pattern.len()..]);
            text.truncate(text.len().min(from.max(to) * 4));
        }
        let expected = by_the_rule(&patterns, &text);
        let mask = mask(&patterns);
        prop_assert_eq!(&shown(&mask, &[&text]), &expected);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut parts, mut rest, mut at) = (Vec::new(), &text[..], 0);
        for cut in cuts {
            let (part, after) = rest.split_at(cut - at);
            parts.push(part);
            (rest, at) = (after, cut);
        }
        parts.push(rest);
        prop_assert_eq!(shown(&mask, &parts), expected);
    }

    #[test]
    fn only_what_may_begin_a_secret_is_held_back(
        patterns in proptest::collection::vec("[ab]{1,6}", 1..6),
        text in "[abc]{0,24}",
    ) {
        let mask = mask(&patterns);
        let (mut redactor, mut out) = (mask.redactor(), Vec::new());
        redactor.push(text.as_bytes(), &mut out);
        // A part of it may be hidden already, as the end of another.
        let held = redactor.held_back();
        let begins = |pattern: &String| {
            (held..pattern.len()).any(|length| text.ends_with(&pattern[..length]))
        };
        prop_assert!(held == 0 || patterns.iter().any(begins), "{}", held);
    }

    #[test]
    fn no_secret_survives_in_what_is_shown(
        values in proptest::collection::vec("[ -)+-~\\n]{6,200}", 1..5),
        before in ".{0,20}",
        which in 0_usize..5,
        cut in 0_usize..300,
    ) {
        let keys: Vec<String> = (0..values.len()).map(|n| format!("K{n}")).collect();
        let named: Vec<_> =
            keys.iter().zip(&values).map(|(key, value)| (key.as_str(), value.as_bytes())).collect();
        let mask = mask_of_values(&named);
        // Without the blanks at its ends a value may be too short; that is said.
        let is_hidden = |value: &&String| value.trim_ascii().len() >= LEAST_MASKED;
        let value = &values[which % values.len()];
        let text = format!("{before}{value}{before}");
        let (one, other) = text.as_bytes().split_at(cut.min(text.len()));
        let seen = shown(&mask, &[one, other]);
        for value in values.iter().filter(is_hidden) {
            prop_assert!(!contains(&seen, value.as_bytes()));
        }
    }
}
