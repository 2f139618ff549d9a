//! What the diff driver asks of git.

use std::ffi::OsStr;
use std::path::Path;

use super::Git;

impl Git {
    /// Two files compared as lines, as far as git can.
    pub fn compare_text(&self, old: &Path, new: &Path) -> Vec<u8> {
        let words = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", "--no-color", "--"];
        let words = words.map(AsRef::<OsStr>::as_ref).into_iter();
        let compared = self.output(words.chain([old.as_os_str(), new.as_os_str()]));
        compared.map(|output| output.stdout).unwrap_or_default()
    }

    /// Whether git colours a comparison now; `terminal` is `true` or `false`, as it asks for it.
    pub fn colors_diffs(&self, terminal: &str) -> bool {
        let asked = self.output(["config", "--get-colorbool", "color.diff", terminal]);
        asked.is_ok_and(|answer| answer.stdout.trim_ascii() == b"true")
    }
}
