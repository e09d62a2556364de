//! A list whose rows open in the right panel: the address names the one that is open, as `record`.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{
    query::ListQuery,
    rows::Rows,
    state::{ListState, encode, query_value},
};
use crate::{browser, layout::PageSlots};

/// Address of a list, which has `base` without anything asked, with one row open.
pub fn with_record(base: &str, state: &ListState, id: &str) -> String {
    let query = state.to_query();
    let joint = if query.is_empty() { "?" } else { "&" };
    format!("{base}{query}{joint}record={}", encode(id))
}

/// Shows the row of the address in the right panel, while it is among those that were read. `key` is its id; `detail` draws it, and
/// is given what closes it.
pub fn show_record<T: Clone + PartialEq + Send + Sync + 'static>(
    page: PageSlots,
    base: String,
    query: ListQuery,
    rows: Rows<T>,
    key: fn(&T) -> &str,
    detail: impl Fn(T, Callback<()>) -> AnyView + Copy + Send + Sync + 'static,
) {
    let search = use_location().search;
    let id = Memo::new(move |_| search.with(|search| query_value(search, "record")));
    let navigate = StoredValue::new_local(use_navigate());
    let base = StoredValue::new(base);
    let close = Callback::new(move |()| {
        let to = format!("{}{}", base.get_value(), untrack(|| query.get()).to_query());
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&to, options));
    });
    let record = Memo::new(move |_| {
        let id = id.get()?;
        rows.with(|all| all.iter().find(|row| key(row) == id).map(|row| (**row).clone()))
    });
    Effect::new(move |_| {
        let record = record.get();
        let is_sheet = browser::matches("(max-width: 1180px)");
        page.panel_open.set(record.is_some() && is_sheet);
        page.panel.set(record.map(|record| ViewFn::from(move || detail(record.clone(), close))));
    });
    // A closed sheet closes the record, or the same row could not open it again.
    Effect::new(move |was: Option<bool>| {
        let open = page.panel_open.get();
        if was == Some(true) && !open && id.get_untracked().is_some() {
            close.run(());
        }
        open
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_row_stands_behind_what_the_list_is_asked() {
        let mut state = ListState::default();
        assert_eq!(with_record("/audit", &state, "aud_1"), "/audit?record=aud_1");
        state.set_filter("outcome", "OK");
        assert_eq!(with_record("/audit", &state, "aud_1"), "/audit?f.outcome=OK&record=aud_1");
    }
}
