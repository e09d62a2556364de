//! The lead that is chosen on the board, beside it: its id is in the address, so that a link shows the same.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    browser,
    button::{IconButton, Kind, LinkButton},
    icon::glyphs,
    layout::PageSlots,
    list::state::{ListState, encode, query_value},
    load::Load,
};

use super::{lanes::Lane, panel::Panel, step::Outcome, words::Stages};
use crate::{
    api::address,
    parts::{directory::Directory, news::RecordNews, noun::LEAD},
};

const KEY: &str = "lead";
/// There is a right panel; as in the layout's style.
const ROOM: &str = "(min-width: 1181px)";

fn has_room() -> bool {
    browser::matches(ROOM)
}

/// Where a card leads: beside the board, or to the lead's own page where there is no room beside it.
pub fn card_address(state: &ListState, id: &str) -> String {
    if has_room() { board_address(state, id) } else { LEAD.address(id) }
}

/// Address of the board with a lead beside it; none with an empty id.
fn board_address(state: &ListState, id: &str) -> String {
    let query = state.to_query();
    let board = address("leads/board");
    match (query.is_empty(), id.is_empty()) {
        (_, true) => format!("{board}{query}"),
        (true, false) => format!("{board}?{KEY}={}", encode(id)),
        (false, false) => format!("{board}{query}&{KEY}={}", encode(id)),
    }
}

/// Shows the chosen lead in the right panel for as long as one is chosen and on the board.
pub fn show_chosen(
    page: PageSlots,
    board: Load<Vec<Lane>>,
    stages: Stages,
    directory: Directory,
    problem: RwSignal<Option<ApiError>>,
) {
    let search = use_location().search;
    let navigate = use_navigate();
    let close = Callback::new(move |()| {
        let state = ListState::from_query(&search.get_untracked());
        navigate(&board_address(&state, ""), NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    });
    let id = Memo::new(move |_| search.with(|search| query_value(search, KEY)).unwrap_or_default());
    let lead = Memo::new(move |_| {
        let id = id.get();
        board.with(|lanes| {
            let mut leads = lanes.into_iter().flatten().flat_map(|lane| &lane.leads);
            leads.find(|lead| lead.id == id).cloned()
        })
    });
    let outcome = Outcome { done: Callback::new(move |_| board.reload()), problem };
    let is_chosen = Memo::new(move |_| lead.with(Option::is_some));
    Effect::new(move |_| {
        if is_chosen.get() && has_room() {
            page.with_panel(move || view! { <Chosen lead stages directory outcome close/> });
        } else {
            page.panel.set(None);
        }
    });
}

#[component]
fn Chosen(
    lead: Memo<Option<pb::Lead>>,
    stages: Stages,
    directory: Directory,
    outcome: Outcome,
    close: Callback<()>,
) -> impl IntoView {
    let open = move || {
        lead.get().map(|lead| {
            view! { <LinkButton href=LEAD.address(&lead.id) kind=Kind::Primary small=true>{t!("Open lead")}</LinkButton> }
        })
    };
    view! {
        <div class="panel-section row chosen-head">
            {open}
            <span class="grow"></span>
            <IconButton label=t!("Close panel") glyph=glyphs::XMARK small=true on_click=move |_| close.run(())/>
        </div>
        <Panel lead=lead stages directory news=RecordNews::default() outcome/>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_lead_stands_beside_the_filters() {
        let mut state = ListState::default();
        state.set_filter("owner_id", "usr_1");
        let query = state.to_query();
        assert_eq!(query_value(&format!("{query}&{KEY}=lead_1"), KEY).as_deref(), Some("lead_1"));
        assert_eq!(ListState::from_query(&format!("{query}&{KEY}=lead_1")), state);
    }
}
