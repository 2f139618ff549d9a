//! `vault diff --reveal`: values in clear, and nothing in them acts on the terminal.

use super::{Desk, Eyes};

fn revealed(desk: &Desk, more: &[&str]) -> String {
    desk.diff_as(Eyes::Alice, ["--reveal"].iter().chain(more)).quietly().text()
}

#[test]
fn lines_that_differ_are_shown_with_those_around_them() {
    let desk = Desk::new();
    let lines = |sixth: &str| format!("PEM=1\n2\n3\n4\n5\n{sixth}\n7\n8\n9\n10\n11");
    desk.set(&lines("six and more words"));
    desk.set("GONE=x");
    desk.commit("pem");
    desk.set(&lines("six and other words"));
    desk.vault(["unset", "web", "GONE"]).succeeds();
    desk.set("NEW=1\n2\n");
    assert_eq!(
        revealed(&desk, &[]),
        "sets/web\n- GONE = x\n+ NEW\n+   1\n+   2\n~ PEM\n    3\n    4\n    5\n\
         -   six and more words\n+   six and other words\n    7\n    8\n    9\n"
    );
    let colored = revealed(&desk, &["--color", "always"]);
    assert!(
        colored.contains("\u{1b}[31m-   six and \u{1b}[7mmore\u{1b}[27m words\u{1b}[0m\n"),
        "{colored:?}"
    );
    assert!(colored.contains("\u{1b}[32m+   six and \u{1b}[7mother\u{1b}[27m words\u{1b}[0m\n"));
}

#[test]
fn what_would_act_on_a_terminal_is_escaped_and_a_last_line_end_shows() {
    let desk = Desk::new();
    desk.set("A=\u{1b}[31mred\u{202e}");
    desk.set("B=x\n");
    desk.set("C=tab\tbell\u{7}");
    desk.vault_as(Eyes::Alice, ["set", "web", "D", "--stdin"])
        .stdin(b"\xff\xfe".to_vec())
        .run()
        .succeeds();
    desk.set("E=1\n2");
    assert_eq!(
        revealed(&desk, &[]),
        "sets/web\n+ A = \\u{1b}[31mred\\u{202e}\n+ B = x\\n\n+ C = tab\\tbell\\u{7}\n+ D = \\xff\\xfe\n\
         + E\n+   1\n+   2\n"
    );
    desk.commit("odd");
    desk.set("B=x");
    desk.set("E=1\n2\n");
    let text = revealed(&desk, &[]);
    assert!(text.contains("~ B\n-   x\\n\n+   x\n"), "{text}");
    assert!(
        text.contains("~ E\n    1\n-   2\n+   2\n~   now with a line end at the end\n"),
        "{text}"
    );
}

#[test]
fn unchanged_and_only_encrypted_anew_stays_hidden() {
    let desk = Desk::new();
    desk.vault(["rekey", "web", "--rotate"]).succeeds();
    desk.vault(["set", "web", "PORT=80", "--note", "http"]).succeeds();
    let text = desk.diff_as(Eyes::Alice, ["--reveal"]).never_says(crate::support::CANARY);
    let text = text.quietly().text();
    assert!(text.contains("~ PORT  note none -> \"http\"\n  2 values re-encrypted"), "{text}");
}

#[test]
fn long_values_that_have_nothing_in_common_do_not_take_forever() {
    let desk = Desk::new();
    let long = |start: usize| -> Vec<u8> {
        (0..60_000)
            .flat_map(|n| format!("{}\n", (n * 7919 + start) % 99_991).into_bytes())
            .collect()
    };
    for start in [0, 50_000] {
        let run = desk.vault_as(Eyes::Alice, ["set", "web", "LONG", "--stdin"]);
        run.stdin(long(start)).run().succeeds();
        if start == 0 {
            desk.commit("long");
        }
    }
    assert!(revealed(&desk, &[]).contains("~ LONG\n"));
}

#[test]
fn values_that_cannot_be_revealed_are_an_error() {
    let desk = Desk::new();
    desk.set("URL=other");
    let outcome = desk.diff_as(Eyes::Nobody, ["--reveal"]);
    assert!(outcome.text().contains("~ URL"), "{}", outcome.text());
    outcome.fails(3, &["web.toml", "no identity"]);
    desk.lock();
    desk.diff_as(Eyes::Alice, ["--reveal"]).fails(2, &["terminal"]);
}
