//! One act of a person, e.g. one press of "Save": its idempotency key stays the same until its outcome is known.

use std::cell::RefCell;

use super::error::ApiError;

/// Keep one per form or button. A repeated press with the same content carries the same key, so that a change whose
/// answer got lost is not made twice; other content, or an answer either way, begins a new act.
#[derive(Debug, Default)]
pub struct Act {
    pending: RefCell<Option<(u64, String)>>,
    /// The key of an act that goes on after its page, see [`Act::lasting`].
    lasting: Option<String>,
}

impl Act {
    /// One whose key is kept elsewhere: whoever repeats it gets the first answer again, also where that has arrived.
    pub fn lasting(key: String) -> Self {
        Self { lasting: Some(key), ..Self::default() }
    }

    pub(super) fn key_for(&self, body: &[u8], new_key: impl FnOnce() -> String) -> String {
        if let Some(key) = &self.lasting {
            return key.clone();
        }
        let print = fingerprint(body);
        let mut pending = self.pending.borrow_mut();
        match &*pending {
            Some((known, key)) if *known == print => key.clone(),
            _ => pending.insert((print, new_key())).1.clone(),
        }
    }

    pub(super) fn settle(&self, error: Option<&ApiError>) {
        if error.is_none_or(|error| !error.outcome_is_unknown()) {
            self.pending.borrow_mut().take();
        }
    }
}

/// FNV-1a: tells two bodies of one form apart; nothing depends on it being hard to forge.
fn fingerprint(body: &[u8]) -> u64 {
    body.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> ApiError {
        ApiError::new(tonic::Code::Unavailable, "no answer")
    }

    #[test]
    fn a_repeated_press_keeps_its_key_until_the_outcome_is_known() {
        let act = Act::default();
        assert_eq!(act.key_for(b"a", || "1".into()), "1");
        act.settle(Some(&lost()));
        assert_eq!(act.key_for(b"a", || "2".into()), "1");
        act.settle(None);
        assert_eq!(act.key_for(b"a", || "3".into()), "3");
    }

    #[test]
    fn other_content_is_another_act() {
        let act = Act::default();
        assert_eq!(act.key_for(b"a", || "1".into()), "1");
        act.settle(Some(&lost()));
        assert_eq!(act.key_for(b"b", || "2".into()), "2");
    }

    #[test]
    fn a_lasting_act_keeps_its_key_behind_the_answer() {
        let act = Act::lasting("kept".into());
        assert_eq!(act.key_for(b"a", || "1".into()), "kept");
        act.settle(None);
        assert_eq!(act.key_for(b"a", || "2".into()), "kept");
    }

    #[test]
    fn a_refusal_ends_the_act() {
        let act = Act::default();
        assert_eq!(act.key_for(b"a", || "1".into()), "1");
        act.settle(Some(&ApiError::new(tonic::Code::InvalidArgument, "no")));
        assert_eq!(act.key_for(b"a", || "2".into()), "2");
    }
}
