//! What is known of editors: which leave copies of a text behind and how they are told not to, and
//! which hand it to a process that nobody watches.

/// An editor that draws in a terminal, as one process that ends when the person is done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// What turns off its swap and backup files, its undo files and its history.
    pub(super) options: &'static [&'static str],
    /// What arguments begin with that make it give the text to another process after all.
    handing_on: &'static [&'static str],
}

impl Known {
    /// Whether an argument makes it give the text to another process.
    pub(super) fn hands_on(&self, argument: &str) -> bool {
        self.handing_on.iter().any(|start| argument.starts_with(start))
    }
}

/// A value may hold a line that vim takes for orders. It would have followed them by the time of the
/// other options, and a vimrc may turn them on again after this one.
const NO_MODELINE: &str = "set nomodeline | autocmd BufReadPre * setlocal nomodeline";

const VIM: Known = Known {
    options: &[
        "-n",
        "-i",
        "NONE",
        "--cmd",
        NO_MODELINE,
        "-c",
        "set noswapfile nobackup nowritebackup noundofile viminfo= secure",
    ],
    handing_on: &["-g", "--remote"],
};

const NEOVIM: Known = Known {
    options: &[
        "-n",
        "-i",
        "NONE",
        "--cmd",
        NO_MODELINE,
        "-c",
        "set noswapfile nobackup nowritebackup noundofile shada=",
    ],
    handing_on: &["--remote"],
};

/// A hook at its end is how it saves what it remembers.
const EMACS: Known = Known {
    options: &[
        "-nw",
        "--eval",
        "(setq make-backup-files nil backup-inhibited t auto-save-default nil create-lockfiles nil \
     auto-save-list-file-prefix nil enable-local-variables nil kill-emacs-hook nil)",
    ],
    handing_on: &[],
};

/// Its backups, history and positions are settings, which only that option leaves out.
const NANO: Known = Known { options: &["--ignorercfiles"], handing_on: &[] };

const JOE: Known =
    Known { options: &["-nobackups", "-nodeadjoe", "-nolocks", "--joe_state"], handing_on: &[] };

/// It leaves nothing outside the folder of the file.
const TIDY: Known = Known { options: &[], handing_on: &[] };

/// By the name of the program that is run in the end: `vi` is one of several. (micro is not here: it
/// keeps what it is told as its settings.)
const EDITORS: [(&str, &Known); 22] = [
    ("vim", &VIM),
    ("vim.basic", &VIM),
    ("vim.tiny", &VIM),
    ("vim.nox", &VIM),
    ("vim.gtk", &VIM),
    ("vim.gtk3", &VIM),
    ("vim.motif", &VIM),
    ("vim.athena", &VIM),
    ("vimx", &VIM),
    ("rvim", &VIM),
    ("nvim", &NEOVIM),
    ("emacs", &EMACS),
    ("emacs-nox", &EMACS),
    ("emacs-gtk", &EMACS),
    ("emacs-lucid", &EMACS),
    ("emacs-pgtk", &EMACS),
    ("nano", &NANO),
    ("rnano", &NANO),
    ("joe", &JOE),
    ("jmacs", &JOE),
    ("kak", &TIDY),
    ("mg", &TIDY),
];

/// Programs that give the file to another process, whose backups, history and extensions are out
/// of reach, and some of which return before the person is done.
const WINDOWS: &[&str] = &[
    "antigravity",
    "atom",
    "bbedit",
    "brackets",
    "clion",
    "code",
    "code-insiders",
    "code-oss",
    "code-server",
    "codium",
    "cot",
    "cursor",
    "datagrip",
    "emacsclient",
    "featherpad",
    "flatpak",
    "fleet",
    "geany",
    "gedit",
    "gnome-text-editor",
    "goland",
    "gvim",
    "gview",
    "idea",
    "kate",
    "kwrite",
    "lapce",
    "leafpad",
    "lite-xl",
    "mate",
    "mousepad",
    "mvim",
    "neovide",
    "notepad",
    "notepad++",
    "nova",
    "nvim-qt",
    "open",
    "phpstorm",
    "pluma",
    "positron",
    "pulsar",
    "pycharm",
    "rider",
    "rubymine",
    "rustrover",
    "screen",
    "snap",
    "start",
    "subl",
    "sublime_text",
    "textedit",
    "tmux",
    "trae",
    "vscodium",
    "webstorm",
    "windsurf",
    "wordpad",
    "xdg-open",
    "xed",
    "zed",
    "zeditor",
];

/// What is known of the program of this name.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    // `emacs-29.1`, say, or `nvim-0.10`.
    let versioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let look = |name: &str| EDITORS.iter().find(|(known, _)| *known == name);
    look(name).or_else(|| look(versioned)).map(|(_, known)| *known)
}

/// Whether a program of this name hands the file on.
pub(super) fn opens_a_window(name: &str) -> bool {
    WINDOWS.iter().any(|known| known.eq_ignore_ascii_case(name))
}
