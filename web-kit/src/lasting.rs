//! Names that only the server knows, such as those of fields a company has made. The kit's fields, filters and columns go by names that
//! are there for good; these are kept for good, each once.

use std::{cell::RefCell, collections::BTreeSet};

thread_local! {
    static NAMES: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// The name, for as long as the page lives. For what there are few of: each new one stays in memory.
pub fn lasting(name: &str) -> &'static str {
    NAMES.with_borrow_mut(|names| {
        if let Some(known) = names.get(name) {
            return *known;
        }
        let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
        names.insert(kept);
        kept
    })
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn a_name_is_kept_once() {
        let (first, second) = (lasting("custom.roof"), lasting(&String::from("custom.roof")));
        assert!(std::ptr::eq(first, second) && first == "custom.roof");
    }
}
