//! Writing many files: opened one after the other, encrypted and written on every core, reported in
//! order. Each file is whole, old or new, whenever this stops.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use super::atomic;
use super::error::StoreError;
use super::vault::Writer;
use crate::envelope::{Opened, SealError, Sealed};
use crate::model::{Content, SetName};

/// So many files are not worth another thread.
const A_FEW: usize = 4;

/// What is done with many files, one after the other.
pub trait Rewriting<T> {
    /// Why one of them stays as it is.
    type Error: From<StoreError> + From<SealError> + Send;

    /// Opens and changes one; `None` when there is nothing to change.
    ///
    /// # Errors
    /// The file stays as it is, and the others go on.
    fn change(&mut self, sealed: Sealed<T>) -> Result<Option<Opened<T>>, Self::Error>;

    /// Is told of each, in order: whether it is as it should be now.
    fn done(&mut self, name: &SetName, result: Result<(), Self::Error>);
}

impl Writer<'_> {
    /// Rewrites these files. One that fails does not keep the others from being written.
    ///
    /// # Errors
    /// [`StoreError::Io`] when what a killed writer left cannot be removed; then nothing is written.
    pub fn rewrite<T: Content + Send, R: Rewriting<T>>(
        &self,
        names: &[SetName],
        rewriting: &mut R,
    ) -> Result<(), StoreError> {
        atomic::sweep(&self.vault.folder_of(T::KIND))?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        match cores.min(names.len() / A_FEW) {
            0 | 1 => self.rewrite_here(names, rewriting),
            workers => self.rewrite_with(workers, names, rewriting),
        }
        Ok(())
    }

    fn rewrite_here<T: Content, R: Rewriting<T>>(&self, names: &[SetName], rewriting: &mut R) {
        for name in names {
            let opened = self.opened(name, rewriting);
            let written = opened.and_then(|opened| match opened {
                Some(opened) => self.seal_and_write(opened),
                None => Ok(()),
            });
            rewriting.done(name, written);
        }
    }

    fn rewrite_with<T: Content + Send, R: Rewriting<T>>(
        &self,
        workers: usize,
        names: &[SetName],
        rewriting: &mut R,
    ) {
        let mut order = InOrder { next: 0, waiting: BTreeMap::new() };
        // A file that waits is plaintext in memory, so few may.
        let (jobs, queue) = sync_channel::<(usize, Opened<T>)>(workers);
        let (results, finished) = channel();
        let queue = Mutex::new(queue);
        thread::scope(|scope| {
            for _ in 0..workers {
                let (queue, results) = (&queue, results.clone());
                scope.spawn(move || {
                    while let Some((index, opened)) = next(queue) {
                        // Nobody is left to be told only when the caller has panicked.
                        let _ = results.send((index, self.seal_and_write(opened)));
                    }
                });
            }
            drop(results);
            for (index, name) in names.iter().enumerate() {
                match self.opened(name, rewriting) {
                    Ok(Some(opened)) => hand_over(&jobs, index, opened),
                    Ok(None) => order.put(names, index, Ok(()), rewriting),
                    Err(why) => order.put(names, index, Err(why), rewriting),
                }
                for (index, result) in finished.try_iter() {
                    order.put(names, index, result, rewriting);
                }
            }
            drop(jobs);
            for (index, result) in finished {
                order.put(names, index, result, rewriting);
            }
        });
    }

    fn opened<T: Content, R: Rewriting<T>>(
        &self,
        name: &SetName,
        rewriting: &mut R,
    ) -> Result<Option<Opened<T>>, R::Error> {
        rewriting.change(self.vault.read(name)?)
    }

    fn seal_and_write<T: Content, E: From<StoreError> + From<SealError>>(
        &self,
        opened: Opened<T>,
    ) -> Result<(), E> {
        Ok(self.write_over(&opened.seal()?)?)
    }
}

/// A worker ends only after the sender is gone, so this cannot fail.
fn hand_over<T>(jobs: &SyncSender<(usize, T)>, index: usize, job: T) {
    let _ = jobs.send((index, job));
}

fn next<T>(queue: &Mutex<Receiver<T>>) -> Option<T> {
    queue.lock().ok()?.recv().ok()
}

/// Holds back what is finished before what comes before it.
struct InOrder<E> {
    next: usize,
    waiting: BTreeMap<usize, Result<(), E>>,
}

impl<E> InOrder<E> {
    fn put<T>(
        &mut self,
        names: &[SetName],
        index: usize,
        result: Result<(), E>,
        rewriting: &mut impl Rewriting<T, Error = E>,
    ) {
        self.waiting.insert(index, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            if let Some(name) = names.get(self.next) {
                rewriting.done(name, result);
            }
            self.next += 1;
        }
    }
}
