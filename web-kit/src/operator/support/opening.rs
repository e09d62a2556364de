//! What opens a session once, kept for whoever goes back before using it.
//!
//! The link is a secret and is kept nowhere. What the tab remembers is the key of the request for it: the server gives the first
//! answer to that key again, to the same person and under the same right alone.

use std::rc::Rc;

use crate::{api::act::Act, browser};

/// As long as a link is good, in seconds: who asks later must not get a dead one.
const GOOD_FOR: i64 = 600;

/// The request for the link of this session: the one before, while its link may be good.
pub(super) fn act(id: &str) -> Rc<Act> {
    let (place, now) = (format!("streamflow-opening-{id}"), browser::now());
    let key = browser::stored_in_tab(&place).and_then(|kept| fresh(&kept, now)).unwrap_or_else(|| {
        let key = browser::uuid();
        browser::store_in_tab(&place, &format!("{now} {key}"));
        key
    });
    Rc::new(Act::lasting(key))
}

/// The key of "<seconds> <key>".
fn fresh(kept: &str, now: i64) -> Option<String> {
    let (at, key) = kept.split_once(' ')?;
    let age = now - at.parse::<i64>().ok()?;
    (0..GOOD_FOR).contains(&age).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::fresh;

    #[test]
    fn a_key_is_used_again_while_its_link_is_good() {
        assert_eq!(fresh("1000 a-key", 1_599).as_deref(), Some("a-key"));
        assert_eq!(fresh("1000 a-key", 1_600), None);
        assert_eq!(fresh("1000 a-key", 999), None, "the clock was set back");
        assert_eq!(fresh("nonsense", 1_000), None);
    }
}
