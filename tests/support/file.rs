//! The text of a sealed file, changed as someone with an editor would.

/// A file's text. Every method gives the text with one thing changed.
#[derive(Clone)]
pub(crate) struct SealedText(pub(crate) String);

impl SealedText {
    /// The whole table of this header, with its line end.
    #[track_caller]
    pub(crate) fn block(&self, header: &str) -> String {
        let start = self.0.find(&format!("{header}\n")).unwrap_or_else(|| panic!("no {header}"));
        let rest = &self.0[start..];
        let end = rest.find("\n\n").map_or(rest.len(), |at| at + 1);
        rest[..end].to_owned()
    }

    /// A field's value as it stands, quotes and all.
    #[track_caller]
    pub(crate) fn field(&self, header: &str, field: &str) -> String {
        let block = self.block(header);
        let start = format!("{field} = ");
        let line = block.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {field} in {header}")).to_owned()
    }

    /// With another value in a field.
    #[track_caller]
    pub(crate) fn with(&self, header: &str, field: &str, value: &str) -> Self {
        let (old, block) = (self.field(header, field), self.block(header));
        let new = block.replace(&format!("{field} = {old}\n"), &format!("{field} = {value}\n"));
        assert_ne!(new, block, "nothing changed");
        Self(self.0.replacen(&block, &new, 1))
    }

    /// With a part of a field's value replaced.
    #[track_caller]
    pub(crate) fn with_part(&self, header: &str, field: &str, old: &str, new: &str) -> Self {
        let value = self.field(header, field);
        assert!(value.contains(old), "{value}");
        self.with(header, field, &value.replacen(old, new, 1))
    }

    /// With a line added at the end of a table.
    #[track_caller]
    pub(crate) fn with_line(&self, header: &str, line: &str) -> Self {
        let block = self.block(header);
        Self(self.0.replacen(&block, &format!("{block}{line}\n"), 1))
    }

    /// Without a field.
    #[track_caller]
    pub(crate) fn without_field(&self, header: &str, field: &str) -> Self {
        let (old, block) = (self.field(header, field), self.block(header));
        let new = block.replace(&format!("{field} = {old}\n"), "");
        Self(self.0.replacen(&block, &new, 1))
    }

    /// With a text, mostly a whole table, put in the place of another.
    #[track_caller]
    pub(crate) fn replaced(&self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "no {old}");
        Self(self.0.replacen(old, new, 1))
    }

    /// With a table added at the end.
    pub(crate) fn appended(&self, block: &str) -> Self {
        Self(format!("{}\n{block}", self.0))
    }

    /// With a field of two tables exchanged.
    #[track_caller]
    pub(crate) fn swapped(&self, field: &str, one: &str, other: &str) -> Self {
        let (a, b) = (self.field(one, field), self.field(other, field));
        self.with(one, field, &b).with(other, field, &a)
    }

    /// `EPOCH:KEYID`, with which every token of the file begins.
    pub(crate) fn token(&self) -> String {
        let epoch = self.field("[vault]", "epoch");
        let (number, commitment) = epoch.trim_matches('"').split_once(':').unwrap();
        format!("{number}:{}", &commitment[..8])
    }
}
