//! What cannot be read, who may read it, and what else can be done than starting anew.

use std::os::unix::fs::PermissionsExt as _;

use super::{SERVER, Watched, house, replace, sh, with, write};
use crate::house::VAULT;
use crate::pty::{As, on_terminal, run_on_terminal};

#[test]
fn what_cannot_be_used_is_said_once_and_the_command_goes_on() {
    let house = house();
    let file = house.set_file("web");
    let (good, changed) = (std::fs::read(&file).unwrap(), with(&house, "2"));
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    let goes_on = |why: &str| {
        let line = watched.next();
        assert!(line.contains("the command goes on with the values it has: "), "{line}");
        assert!(line.contains(why), "{line}");
    };
    replace(&file, b"not a set\n");
    goes_on("web.toml: line 1");
    // The same again says nothing; another state does.
    sh(&house, "touch .secrets/sets/web.toml");
    std::thread::sleep(std::time::Duration::from_millis(400));
    sh(&house, "rm .secrets/sets/web.toml");
    goes_on("there is no set web");
    replace(&file, &good);
    watched.says("vault: all opens again, with the same values");
    // Readable, but not what the command could be started with.
    house.done(&["set", "web", "LD_PRELOAD=x"]);
    goes_on("LD_PRELOAD");
    house.done(&["unset", "web", "LD_PRELOAD"]);
    watched.says("vault: all opens again, with the same values");
    // Forged.
    let text = String::from_utf8(good).unwrap().replace("[values.A]", "[values.C]");
    replace(&file, text.as_bytes());
    goes_on("C");
    replace(&file, &changed);
    watched.restarts("A", "A=2 B=1");
}

#[test]
fn a_signal_can_be_sent_instead() {
    let house = house();
    let script = "import os, signal, sys\n\
                  def say(*words): print(*words, os.environ['A'], file=sys.stderr, flush=True)\n\
                  signal.signal(signal.SIGHUP, lambda *_: say('hup'))\n\
                  say('start')\n\
                  while True: signal.pause()";
    let mut command = house.command(VAULT);
    let args = ["exec", "--watch", "--signal", "hup", "web", "--", "python3", "-c", script];
    command.args(args);
    let watched = Watched::of(command);
    watched.says("start 1");
    for value in 2..4 {
        house.done(&["set", "web", &format!("A={value}")]);
        watched.says("vault: web changed (A); sending HUP");
        watched.says("hup 1");
    }
    let output = house.vault(&["exec", "--watch", "--signal", "KILL", "web", "--", "true"]);
    assert_eq!(output.status.code(), Some(125));
    let output = house.vault(&["exec", "--signal", "HUP", "web", "--", "true"]);
    assert_eq!(output.status.code(), Some(125));
}

#[test]
fn a_command_that_is_gone_by_then_is_127() {
    let house = house();
    let server = house.repo().join("server");
    write(&server, format!("#!/bin/sh\n{SERVER}\n").as_bytes());
    std::fs::set_permissions(&server, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = house.command(VAULT);
    command.args(["exec", "--watch", "web", "--", "./server"]);
    let mut watched = Watched::of(command);
    watched.says("start A=1 B=1");
    std::fs::remove_file(server).unwrap();
    house.done(&["set", "web", "A=2"]);
    watched.says("vault: web changed (A); restarting");
    watched.says("vault: error: ./server: command not found");
    assert_eq!(watched.child.wait().unwrap().code(), Some(127));
}

/// It is run again, and is not the worse for a vault that waits for signals.
#[test]
fn an_identity_that_a_command_prints_is_asked_for_again() {
    let house = house();
    // No shell: some clear the mask. The child it leaves holds stdout open, so that it has ended long
    // before it is waited for.
    let script = "import os, subprocess\n\
                  os.chdir(os.path.dirname(__file__))\n\
                  status = [l for l in open('/proc/self/status') if 'SigBlk' in l]\n\
                  open('blocked', 'a').writelines(status)\n\
                  print(open('home/.config/vault/identity.txt').read(), flush=True)\n\
                  subprocess.Popen(['sleep', '0.2'])\n";
    let print = house.path().join("print.py");
    write(&print, script.as_bytes());
    for contained in [false, true] {
        house.done(&["set", "web", "A=1"]);
        let mut command = house.command(if contained { "unshare" } else { VAULT });
        if contained {
            let unshare =
                ["--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", VAULT];
            command.args(unshare);
        }
        command.env("VAULT_IDENTITY_COMMAND", format!("python3 {}", print.display()));
        command.args(["exec", "--watch", "web", "--", "sh", "-c", SERVER]);
        let watched = Watched::of(command);
        watched.says("start A=1 B=1");
        for value in 2..4 {
            house.done(&["set", "web", &format!("A={value}")]);
            watched.restarts("A", &format!("A={value} B=1"));
        }
    }
    let blocked = std::fs::read_to_string(house.path().join("blocked")).unwrap();
    assert_eq!(blocked, "SigBlk:\t0000000000000000\n".repeat(6));
}

/// What came through it cannot be read again.
#[test]
fn an_identity_from_a_pipe_is_kept() {
    let house = house();
    let mut command = house.command("bash");
    let script = r#"exec "$0" -i <(cat "$1") exec --watch web -- sh -c "$2""#;
    command.args(["-c", script, VAULT]).arg(house.identity()).arg(SERVER);
    let watched = Watched::of(command);
    watched.says("start A=1 B=1");
    house.done(&["set", "web", "A=2"]);
    watched.restarts("A", "A=2 B=1");
}

#[test]
fn a_passphrase_is_asked_for_once() {
    let house = house();
    let identity = house.identity();
    let age = ["age", "-p", "-o", "locked", identity.to_str().unwrap()];
    let encrypt = r#"
wait_for(b"passphrase")
for _ in range(2):
    wait_for(b": ")
    type_in(b"horse\n")
assert change() == 0, shown
"#;
    run_on_terminal(&house, As::Job, &age, encrypt);
    let test = r#"
import subprocess
def put(pair):
    subprocess.run(["VAULT", "set", "-q", "web", pair], check=True, stdin=subprocess.DEVNULL)
wait_for(b"passphrase of ")
wait_for(b": ")
type_in(b"horse\n")
wait_for(b"start A=1")
for value in b"2", b"3":
    put("A=" + value.decode())
    before = wait_for(b"start A=" + value)
    assert b"passphrase" not in before, before
os.kill(pid, signal.SIGTERM)
assert change() == 143, shown
"#;
    let test = test.replace("VAULT", VAULT);
    let args = ["-i", "locked", "exec", "--watch", "web", "--", "sh", "-c", SERVER];
    on_terminal(&house, &args, &test);
}
