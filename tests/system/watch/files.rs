//! However a file comes to hold other values.

use std::io::Write as _;

use super::{SERVER, Watched, house, replace, sh, with, write};
use crate::house::VAULT;

#[test]
fn each_change_is_told_by_name_and_starts_it_anew() {
    let house = house();
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    house.done(&["set", "web", "A=2"]);
    watched.restarts("A", "A=2 B=1");
    watched.asleep(|| {
        house.done(&["set", "web", "B=2", "C=3"]);
        house.done(&["unset", "web", "A"]);
    });
    watched.restarts("-A, B, +C", "A= B=2");
}

#[test]
fn what_changes_no_value_the_command_gets_starts_nothing() {
    let house = house();
    let mut command = house.command(VAULT);
    let args = ["exec", "--watch", "web", "--except", "B", "--", "sh", "-c", SERVER];
    command.args(args);
    let watched = Watched::of(command);
    watched.says("start A=1 B=");
    let nothing: [&dyn Fn(); 6] = [
        &|| sh(&house, "touch .secrets/sets/web.toml .secrets/sets .secrets"),
        &|| sh(&house, "cp .secrets/sets/web.toml x; mv x .secrets/sets/web.toml"),
        // Encrypted anew.
        &|| {
            watched.asleep(|| {
                house.done(&["unset", "web", "A"]);
                house.done(&["set", "web", "A=1"]);
            });
        },
        &|| drop(house.done(&["set", "web", "A=1", "--note", "a note", "--expires", "9999-01-01"])),
        &|| drop(house.done(&["set", "web", "B=2"])),
        &|| drop(house.done(&["set", "other", "A=2"])),
    ];
    for (number, act) in (2..).zip(nothing) {
        act();
        // Longer than it waits for rest, so that it looks at this alone.
        std::thread::sleep(std::time::Duration::from_millis(400));
        let marker = format!("A={number}");
        house.done(&["set", "web", &marker]);
        watched.restarts("A", &format!("{marker} B="));
        house.done(&["set", "web", "A=1"]);
        watched.restarts("A", "A=1 B=");
    }
}

#[test]
fn it_sees_every_way_to_write_a_file() {
    let house = house();
    let file = house.set_file("web");
    let versions: Vec<_> = ["2", "3", "4", "5"].iter().map(|v| with(&house, v)).collect();
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    // In place, as some editors do.
    write(&file, &versions[0]);
    watched.restarts("A", "A=2 B=1");
    // Renamed over it, as most editors and git do.
    let beside = file.with_file_name("web.toml.tmp");
    write(&beside, &versions[1]);
    sh(&house, "mv .secrets/sets/web.toml.tmp .secrets/sets/web.toml");
    watched.restarts("A", "A=3 B=1");
    // Moved away and made anew.
    watched.asleep(|| {
        sh(&house, "mv .secrets/sets/web.toml .secrets/sets/web.toml~");
        write(&file, &versions[2]);
    });
    watched.restarts("A", "A=4 B=1");
    // Piece by piece: what cannot be read in between is not used.
    let (half, rest) = versions[3].split_at(versions[3].len() / 2);
    write(&file, half);
    std::fs::File::options().append(true).open(&file).unwrap().write_all(rest).unwrap();
    let mut line = watched.next();
    if line.contains("goes on with the values it has") {
        line = watched.next();
    }
    assert_eq!(line, "vault: web changed (A); restarting");
    watched.says("start A=5 B=1");
}

#[test]
fn it_follows_git_wherever_that_goes() {
    let house = house();
    let git = "git() { command git -c user.name=a -c user.email=a@b -c commit.gpgsign=false -c init.defaultBranch=one \"$@\"; }; ";
    let git = |script: &str| sh(&house, &format!("{git}{script}"));
    git("rmdir .git; git init -q; git add -A; git commit -qm one; git checkout -qb two");
    house.done(&["set", "web", "A=2"]);
    git("for i in $(seq 200); do echo $i >file$i; done; git add -A; git commit -qm two");
    // Without the folder, and with it anew.
    git(
        "git checkout -qb none one; git rm -qr .secrets/sets; git commit -qm none; git checkout -q one",
    );
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    git("git checkout -q two");
    watched.restarts("A", "A=2 B=1");
    git("git checkout -q one");
    watched.restarts("A", "A=1 B=1");
    git("git checkout -q none");
    assert!(watched.next().contains("the command goes on with the values it has: "));
    git("git checkout -q two");
    watched.restarts("A", "A=2 B=1");
    house.done(&["set", "web", "A=3"]);
    watched.restarts("A", "A=3 B=1");
    git("git stash -q");
    watched.restarts("A", "A=2 B=1");
    git("git stash pop -q");
    watched.restarts("A", "A=3 B=1");
}

#[test]
fn it_waits_for_a_git_that_is_at_work() {
    let house = house();
    let watched = Watched::start(&house);
    watched.says("start A=1 B=1");
    sh(&house, "touch .git/index.lock");
    house.done(&["set", "web", "A=2"]);
    // Long enough for a vault that does not wait to give itself away.
    std::thread::sleep(std::time::Duration::from_secs(1));
    house.done(&["set", "web", "A=3"]);
    sh(&house, "rm .git/index.lock");
    watched.restarts("A", "A=3 B=1");
}

#[test]
fn folders_that_are_replaced_are_watched_again() {
    let house = house();
    let mut command = house.command(VAULT);
    // From outside: a folder that has gone is no place to be in.
    command.current_dir(house.path());
    command.args(["-C", "repo", "exec", "--watch", "web", "--", "sh", "-c", SERVER]);
    let watched = Watched::of(command);
    watched.says("start A=1 B=1");
    let mut value = 1;
    for script in [
        "rm -r .secrets/sets; cp -r saved/.secrets/sets .secrets/sets",
        "rm -r .secrets; cp -r saved/.secrets .secrets",
        "mv .secrets gone; cp -r saved/.secrets .secrets; rm -r gone",
        "cd ..; mv repo gone; cp -r gone/saved repo; cp -r gone/saved repo/; rm -r gone",
    ] {
        sh(&house, "rm -rf saved; mkdir saved; cp -r .secrets .git saved/");
        watched.asleep(|| sh(&house, script));
        for _ in 0..2 {
            value += 1;
            house.done(&["set", "web", &format!("A={value}")]);
            watched.restarts("A", &format!("A={value} B=1"));
        }
    }
}

#[test]
fn links_that_swap_are_followed() {
    let house = house();
    let links = house.path().join("links");
    sh(&house, "mkdir one two ../links; cp -r .secrets one/; mv .secrets two/");
    sh(&house, "cd ../links; ln -s ../repo/one data; ln -s data current");
    let mut command = house.command(VAULT);
    command.arg("-C").arg(links.join("current"));
    command.args(["exec", "--watch", "web", "--", "sh", "-c", SERVER]);
    let watched = Watched::of(command);
    watched.says("start A=1 B=1");
    house.done(&["-C", "two", "set", "web", "A=2"]);
    // As a kubelet does it.
    sh(&house, "cd ../links; ln -s ../repo/two data_tmp; mv -T data_tmp data");
    watched.restarts("A", "A=2 B=1");
    house.done(&["-C", "two", "set", "web", "A=3"]);
    watched.restarts("A", "A=3 B=1");
    sh(&house, "cd ../links; rm current; ln -s ../repo/one current");
    watched.restarts("A", "A=1 B=1");
}

#[test]
fn the_manifest_is_watched_where_it_names_the_sets() {
    let house = house();
    house.done(&["set", "db", "B=db"]);
    replace(&house.repo().join("vault.toml"), b"secret_set = 'web'\n");
    let mut command = house.command(VAULT);
    command.args(["exec", "--watch", "--", "sh", "-c", SERVER]);
    let watched = Watched::of(command);
    watched.says("start A=1 B=1");
    replace(&house.repo().join("vault.toml"), b"secret_set = ['web', 'db']\n");
    let line = watched.next();
    assert_eq!(line, "vault: db changed (B); restarting");
    assert!(watched.next().contains("differ in B"));
    watched.says("start A=1 B=db");
    replace(&house.repo().join("vault.toml"), b"secret_set = ['db', 'web']\n");
    watched.says("vault: the selection changed (B); restarting");
}
