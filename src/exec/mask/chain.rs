//! One stream through one mask after another, as secrets change while a command runs.

use std::collections::VecDeque;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Mask, Redactor};

/// How many masks a stream goes through at most: of secrets that changed more often, those of long
/// ago are forgotten.
const MOST: usize = 4;

/// A stream on its way through the masks of a command's secrets, those it had before among them.
pub(in crate::exec) struct Chain(VecDeque<Redactor>);

impl Chain {
    pub(in crate::exec) fn new(mask: &Arc<Mask>) -> Self {
        Self(VecDeque::from([mask.redactor()]))
    }

    /// From here on hides by this mask too.
    pub(in crate::exec) fn lengthen(&mut self, mask: &Arc<Mask>, out: &mut Vec<u8>) {
        self.0.push_back(mask.redactor());
        if self.0.len() > MOST
            && let Some(mut oldest) = self.0.pop_front()
        {
            let mut held_back = Zeroizing::new(Vec::with_capacity(oldest.held_back()));
            oldest.finish(&mut held_back);
            self.push(&held_back, out);
        }
    }

    /// Appends what can be shown by now.
    pub(in crate::exec) fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        if let [only] = self.0.make_contiguous() {
            only.push(text, out);
        } else {
            self.pass(text, Redactor::push, out);
        }
    }

    /// Appends what was held back: the stream has ended.
    pub(in crate::exec) fn finish(mut self, out: &mut Vec<u8>) {
        self.pass(
            &[],
            |redactor, text, out| {
                redactor.push(text, out);
                redactor.finish(out);
            },
            out,
        );
    }

    fn pass(
        &mut self,
        text: &[u8],
        step: impl Fn(&mut Redactor, &[u8], &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let mut text = Zeroizing::new(text.to_vec());
        for redactor in &mut self.0 {
            // What one mask lets pass, the next may have to hide. It is never longer.
            let mut passed = Zeroizing::new(Vec::with_capacity(redactor.held_back() + text.len()));
            step(redactor, &text, &mut passed);
            text = passed;
        }
        out.extend_from_slice(&text);
    }
}
