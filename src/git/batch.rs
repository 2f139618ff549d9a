//! The contents of objects, asked of one git that stays for all of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::Git;
use crate::envelope::MAX_FILE_BYTES;
use crate::store::NoHistory;

/// A git that answers.
pub(super) struct Batch {
    child: Child,
    /// Closing it ends the other.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Git {
    /// Starts one.
    pub(super) fn batch(&self) -> Result<Batch, NoHistory> {
        let mut child = self.start(["cat-file", "--batch"])?;
        match (child.stdin.take(), child.stdout.take()) {
            (to @ Some(_), Some(from)) => Ok(Batch { child, to, from: BufReader::new(from) }),
            _ => Err(NoHistory::Failed("its pipes are gone".to_owned())),
        }
    }

    /// Shows the contents of objects, one after the other. What is too long to be a file of ours is
    /// passed over.
    pub(super) fn read(
        &self,
        objects: &[String],
        visit: &mut dyn FnMut(&[u8]),
    ) -> Result<(), NoHistory> {
        self.read_named(objects, &mut |_, bytes| visit(bytes))
    }

    /// The same, each with its name.
    pub(super) fn read_named(
        &self,
        objects: &[String],
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), NoHistory> {
        if objects.is_empty() {
            return Ok(());
        }
        let mut git = self.batch()?;
        for object in objects {
            if let Some(bytes) = git.get(object)? {
                visit(object, &bytes);
            }
        }
        Ok(())
    }
}

impl Batch {
    /// The contents of an object; `None` of one that is too long to be a file of ours. After an
    /// error nothing more can be asked.
    pub(super) fn get(&mut self, object: &str) -> Result<Option<Vec<u8>>, NoHistory> {
        let failed = |why: std::io::Error| NoHistory::Failed(why.to_string());
        let Some(to) = &mut self.to else { return Ok(None) };
        writeln!(to, "{object}").and_then(|()| to.flush()).map_err(failed)?;
        // `OBJECT TYPE SIZE`, the bytes, and a line end; or `OBJECT missing`
        let mut head = String::new();
        self.from.read_line(&mut head).map_err(failed)?;
        let size = head.trim_end().rsplit_once(' ').map(|(_, size)| size.parse::<u64>());
        let Some(Ok(size)) = size else { return Err(NoHistory::Partial) };
        let mut rest = Read::by_ref(&mut self.from).take(size + 1);
        if size > MAX_FILE_BYTES as u64 {
            std::io::copy(&mut rest, &mut std::io::sink()).map_err(failed)?;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        rest.read_to_end(&mut bytes).map_err(failed)?;
        match bytes.pop() {
            Some(_) => Ok(Some(bytes)),
            None => Err(NoHistory::Failed("it ended before its answer".to_owned())),
        }
    }
}

/// A child that nobody waits for stays as a zombie.
impl Drop for Batch {
    fn drop(&mut self) {
        drop(self.to.take());
        let _: std::io::Result<std::process::ExitStatus> = self.child.wait();
    }
}
