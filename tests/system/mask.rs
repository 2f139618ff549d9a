//! `exec --mask` against what real programs make of a secret, and what it costs.

use std::io::{Read as _, Write as _};
use std::process::{Output, Stdio};

use super::house::{House, VAULT, said};

/// Between any two words something that one program or another writes in a way of its own.
const SECRET: &str = "wordA\"wordB'wordC$wordD\\wordE/wordF wordG&wordH<wordI>wordJé`wordK\u{1f511}wordL\twordM!wordN+wordO";

fn masked(house: &House, command: &[&str]) -> Output {
    let mut vault = house.command(VAULT);
    vault.env("LC_ALL", "C.UTF-8").args(["exec", "web", "--mask", "--"]).args(command);
    vault.output().unwrap()
}

fn house(values: &[(&str, &str)]) -> House {
    let house = House::of_alice();
    for (key, value) in values {
        house.done(&["set", "web", &format!("{key}={value}")]);
    }
    house
}

#[test]
fn no_word_of_a_secret_is_seen_however_a_program_spells_it() {
    let house = house(&[("TOKEN", SECRET)]);
    let python = |expression: &str| {
        format!(
            "import os, json, shlex, urllib.parse as url\n\
             t = os.environ['TOKEN']\nprint('<', {expression}, '>')"
        )
    };
    let scripts = [
        python("t"),
        python("json.dumps(t)"),
        python("json.dumps(t, ensure_ascii=False)"),
        python("json.dumps({'log': json.dumps({'t': t}, ensure_ascii=False)}, ensure_ascii=False)"),
        python("url.quote(t)"),
        python("url.quote(t, safe='')"),
        python("url.quote_plus(t)"),
        python("url.urlencode({'t': t})"),
        python("shlex.quote(t)"),
    ];
    let python = scripts.iter().map(|script| ["python3", "-c", script]);
    let shells = [
        ["bash", "-c", "echo \"$TOKEN\""],
        ["bash", "-xc", ": \"$TOKEN\""],
        ["bash", "-c", "printf %q \"$TOKEN\""],
        ["bash", "-c", "echo \"${TOKEN@Q}\""],
        ["bash", "-c", "echo \"${TOKEN@A}\""],
        ["bash", "-c", "export -p"],
        ["dash", "-xc", ": \"$TOKEN\""],
        ["dash", "-c", "export -p"],
    ];
    for command in python.chain(shells) {
        let output = masked(&house, &command);
        let said = said(&output);
        assert!(output.status.success() && said.contains("***"), "{command:?}: {said}");
        assert!(!said.contains("word"), "{command:?}: {said}");
    }
}

#[test]
fn base64_is_hidden_as_the_tools_write_it() {
    let lines: Vec<String> = (0..40).map(|n| format!("{n}-line-of-a-key-{}", n * 7919)).collect();
    let house = house(&[("SHORT", SECRET), ("LONG", &format!("{}\n", lines.join("\n")))]);
    for script in [
        "printf %s \"$SHORT\" | base64 -w0",
        "echo \"$SHORT\" | base64 -w0",
        "printf %s \"user:$SHORT\" | base64 -w0 | cut -c 8-",
        "printf %s \"$LONG\" | base64",
        "printf %s \"$LONG\" | base64 -w 64",
        "printf %s \"$LONG\" | base64 | sed 's/^/time: /'",
        "echo \"$LONG\"",
        "echo \"$LONG\" | sed 's/^/time: /'",
    ] {
        let output = masked(&house, &["sh", "-c", script]);
        let text = String::from_utf8(output.stdout).unwrap();
        let rest = text.replace("***", "").replace("time: ", "");
        // Padding, a line end, and the last few characters of a wrapped text.
        assert!(text.contains("***") && rest.trim().len() < 8, "{script}: {text}");
    }
}

/// Fifty secrets, of which one is a key file, in 100 MB of text that is full of their beginnings.
#[test]
fn a_hundred_megabytes_pass_in_little_memory() {
    let house = House::of_alice();
    let values: Vec<String> =
        (0..50).map(|n| format!("KEY_{n}=sk_live_{n:02}aZ{}q", "8h3kd9fk2".repeat(4))).collect();
    let mut set = vec!["set", "web"];
    set.extend(values.iter().map(String::as_str));
    house.done(&set);
    // The command waits after it has written, so that its vault can be looked at.
    let script = "yes 'GET /v1/charges sk_live_0 sk_live_08h3kd9f 200 in 35 ms' | head -c 100000000; \
                  echo \" $KEY_7\"; read line";
    let mut vault = house.command(VAULT);
    vault.args(["exec", "web", "--mask", "--", "sh", "-c", script]);
    let mut vault = vault.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = vault.stdout.take().unwrap();
    let (mut part, mut seen, mut end) = (vec![0; 1 << 16], 0, Vec::new());
    while !end.ends_with(b" ***\n") {
        let count = stdout.read(&mut part).unwrap();
        assert!(count > 0, "ended after {seen} bytes");
        seen += count;
        end.extend_from_slice(&part[..count]);
        end.drain(..end.len().saturating_sub(8));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", vault.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    vault.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(vault.wait().unwrap().success());
    assert!(seen > 100_000_000);
    println!("peak memory of vault: {peak} kB");
    assert!(peak < 20 << 10, "{peak} kB");
}
