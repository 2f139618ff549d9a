//! `vault edit` with real editors, on terminals, under signals, and where the kernel or the machine
//! lacks what it builds on.

mod conversation;
mod disk;
mod kernel;
mod signals;

use std::fs;

use super::house::House;

/// A home with every way turned on in which vim leaves copies behind.
const LEAKY_VIMRC: &str = "set swapfile updatecount=1 updatetime=10 directory=~/swap//\n\
    set backup writebackup backupcopy=yes backupdir=~/backup\n\
    set undofile undodir=~/undo\n\
    set viminfo='100,<1000,s1000,h,n~/.viminfo history=1000\n\
    set modeline exrc\n\
    autocmd BufWritePost * silent! write! ~/copy\n";

/// alice's machine with a set of this value, and that vimrc.
fn of_a_leaky_vim(value: &str) -> House {
    let house = House::of_alice().with("EDITOR", "vim").with("TERM", "xterm");
    house.done(&["set", "web", &format!("A={value}")]);
    for folder in ["swap", "backup", "undo"] {
        fs::create_dir(house.home().join(folder)).unwrap();
    }
    super::support::put(&house.home().join(".vimrc"), LEAKY_VIMRC);
    house
}

/// What a person types into vim: another value, yanked and searched for, so that histories hold it.
const TYPE_IN_VIM: &str = r#"
wait_for(b"web.toml")
for keys in [b"/canary\n", b"yy", b"o", b"B = \"canary-5d1f-typed\"\x1b", b":set swapfile undofile\n", b":w\n"]:
    type_in(keys)
    while read(0.3): pass
type_in(b":q\n")
code = change()
"#;

/// The names of what is left in the house's memory.
fn left_in_memory(house: &House) -> Vec<String> {
    let names = fs::read_dir(house.memory()).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A script of a shell as editor.
fn with_script(house: House, script: &str) -> House {
    let path = house.path().join("editor");
    super::support::put(&path, format!("set -eu\n{script}\n"));
    house.with("EDITOR", "sh ../editor")
}
