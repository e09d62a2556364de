//! What the list and the board of leads share: chips, views, filters, and the switch between the two.

use std::rc::Rc;

use futures::FutureExt as _;
use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    field::Choice,
    icon::{Glyph, Icon, glyphs},
    list::{
        bar::ViewTab,
        chips::{ChipOf, Compare, to_filter},
        filter_bar::{FilterDef, FilterKind},
        query::ListQuery,
        rows::Page,
        state::ListState,
    },
};

use super::{
    record,
    words::{SOURCES, Stages},
};
use crate::{
    api::{address, may, me},
    parts::{
        custom,
        directory::Directory,
        noun::LEAD,
        views::{Count, owns_records},
    },
};

const CHIPS: &[ChipOf] = &[
    ChipOf::new("stage_id", Compare::Equal),
    ChipOf::new("owner_id", Compare::Equal),
    ChipOf::new("assignee_id", Compare::Equal),
    ChipOf::new("team_id", Compare::Equal),
    ChipOf::new("company", Compare::Has),
    ChipOf::new("source", Compare::Equal),
    ChipOf::new("tag", Compare::Has),
    ChipOf::new("created_at", Compare::FromMoment),
    ChipOf::named("follow_up_until", "follow_up_on", Compare::Until),
    ChipOf::new("converted", Compare::Equal),
    ChipOf::new("archived", Compare::Equal),
];

/// With those of the company's own fields.
pub fn chips() -> &'static [ChipOf] {
    custom::chips(CHIPS, LEAD.kind)
}

pub fn built_in_views() -> Vec<ViewTab> {
    let narrowed = |id: &str, label: &str, filters: &[(&str, &str)]| {
        let mut state = ListState::default();
        for (field, value) in filters {
            state.set_filter(field, value);
        }
        ViewTab { id: id.to_owned(), state, ..ViewTab::all(label) }
    };
    let own = me().user.unwrap_or_default().id;
    let mine = owns_records().then(|| narrowed("mine", t!("My leads"), &[("owner_id", &own)]));
    let others = [
        narrowed("open", t!("Not converted"), &[("converted", "false")]),
        narrowed("archived", t!("Archived"), &[("archived", "true")]),
    ];
    std::iter::once(ViewTab::all(t!("All"))).chain(mine).chain(others).collect()
}

/// `stages` is for the list; on the board the lanes say it.
pub fn filters(directory: Directory, stages: Option<Stages>) -> Vec<FilterDef> {
    let fixed = |choices: &[(&str, &str)]| {
        let choices: Vec<_> = choices.iter().map(|(value, label)| Choice::new(*value, *label)).collect();
        FilterKind::Choice(Signal::stored(choices))
    };
    let def = |field, label, kind| FilterDef { field, label, kind };
    let stage = stages.map(|stages| def("stage_id", t!("Stage"), FilterKind::Choice(Signal::derive(move || stages.choices()))));
    let rest = [
        def("owner_id", t!("Owner"), FilterKind::Choice(directory.people_to_filter())),
        def("assignee_id", t!("Assignee"), FilterKind::Choice(directory.people_to_filter())),
        def("team_id", t!("Team"), FilterKind::Choice(directory.teams_to_filter())),
        def("company", t!("Company"), FilterKind::Text),
        def("source", t!("Source"), fixed(&SOURCES.map(|(value, name)| (value, t!(name))))),
        def("tag", t!("Tag"), FilterKind::Text),
        def("created_at", t!("Added"), FilterKind::Since),
        def("follow_up_until", t!("Follow-up"), FilterKind::Until),
        def("converted", t!("Converted"), fixed(&[("false", t!("Not yet")), ("true", t!("Converted"))])),
        def("archived", t!("Archived"), fixed(&[("true", t!("Only archived"))])),
    ];
    stage.into_iter().chain(rest).chain(custom::filters(LEAD.kind)).collect()
}

pub async fn page(request: pb::ListLeadsRequest) -> Result<Page<pb::Lead>, ApiError> {
    let counted = request.count_total;
    let reply = record::list(request).await?;
    let info = reply.page.unwrap_or_default();
    Ok(Page {
        rows: reply.leads,
        next_page_token: info.next_page_token,
        total: counted.then(|| (info.total_size.into(), info.total_is_capped)),
    })
}

pub fn count() -> Count {
    Rc::new(|state: &ListState| {
        let filter = to_filter(state, chips());
        let request = pb::ListLeadsRequest { page_size: 1, filter, count_total: true, ..Default::default() };
        async move { Ok(page(request).await?.total.unwrap_or_default()) }.boxed_local()
    })
}

/// List or board; search and filters go along.
#[component]
pub fn LookSwitch(query: ListQuery, board: bool) -> impl IntoView {
    let link = move |page: &'static str, label: &'static str, glyph: Glyph, on: bool| {
        let href = move || {
            let state = query.with(|state| ListState { columns: Vec::new(), order_by: String::new(), ..state.clone() });
            format!("{}{}", address(page), state.to_query())
        };
        view! { <a href=href aria-current=on.then_some("page")><Icon glyph/>{label}</a> }
    };
    view! {
        <div class="segmented look-switch" role="group" aria-label=t!("Show as")>
            {link("leads", t!("List"), glyphs::LIST, !board)}
            {link("leads/board", t!("Board"), glyphs::TABLE_COLUMNS, board)}
        </div>
    }
    .into_any()
}

/// The header's button.
#[component]
pub fn AddLead(adding: RwSignal<bool>) -> impl IntoView {
    view! {
        {may("import.run").then(|| view! {
            <LinkButton href=address(IMPORT) glyph=glyphs::FILE_IMPORT class="not-phone">{t!("Import")}</LinkButton>
        })}
        {LEAD.may_add().then(|| view! {
            <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=move |_| adding.set(true)>
                <span class="not-phone">{t!("New lead")}</span>
            </Button>
        })}
    }
}

/// Where an import of leads begins.
pub const IMPORT: &str = "imports/new?what=leads";

/// In place of rows and cards, before there are any.
#[component]
pub fn NoLeads(adding: RwSignal<bool>) -> impl IntoView {
    let actions = move || {
        view! {
            {LEAD.may_add().then(|| view! {
                <Button kind=Kind::Primary glyph=glyphs::PLUS key_hint="C" on_click=move |_| adding.set(true)>
                    {t!("New lead")}
                </Button>
            })}
            {may("import.run").then(|| view! {
                <LinkButton href=address(IMPORT) glyph=glyphs::FILE_IMPORT>{t!("Bring a list")}</LinkButton>
            })}
        }
    };
    view! {
        <EmptyState
            title=t!("No leads yet")
            text=t!("A lead is somebody who may become a customer: what they want, what it is worth, and the next step.")
            actions
        />
    }
}
