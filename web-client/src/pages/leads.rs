//! The list of leads.

use std::rc::Rc;

use futures::FutureExt as _;
use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind};
use web_kit::{
    api::error::ApiError,
    badge::{Status, Tone},
    error_panel::ErrorNote,
    format::{self, money},
    icon::glyphs,
    keys::use_shortcut,
    layout::use_page,
    list::{
        chips::{ChipOf, to_filter},
        filter_bar::FilterBar,
        query::{ListQuery, use_list_query},
        rows::Rows,
        selection::{BulkAction, Selection},
    },
    table::{self, Column},
};

use super::lead::{
    form::NewLead,
    look::{self, AddLead, LookSwitch, NoLeads},
    people_of,
    words::{Stages, follow_up, is_open, source_name, use_stages, words},
};
use crate::{
    api::{may, me},
    parts::{
        assign::AssignDialog,
        custom,
        directory::{Directory, Person, use_directory},
        news::{NewRecords, follow_list},
        noun::LEAD,
        record_table::{RecordTable, assign_action},
        rows::{export_list, export_selected},
        views::{ViewsBar, use_views},
    },
};

const USUAL_ORDER: &str = "updated_at desc";
const PAGE_SIZE: i32 = 100;

/// Drawn anew when the company changes its fields.
#[component]
pub fn LeadsPage() -> impl IntoView {
    let fields = Memo::new(|_| custom::live(RecordKind::Lead));
    move || {
        fields.track();
        view! { <List/> }
    }
}

#[component]
fn List() -> impl IntoView {
    let chips = look::chips();
    let query = use_list_query(USUAL_ORDER);
    let directory = use_directory();
    let stages = use_stages();
    let rows = use_rows(query, chips);
    let selection = Selection::default();
    let adding = RwSignal::new(false);
    let assigning = RwSignal::new(None);
    let problem = RwSignal::new(None::<ApiError>);
    let views = use_views(pb::ListKind::Lead, chips, query, look::built_in_views(), Some(look::count()));
    views.follow_total(rows.total);
    let read_one = |filter| {
        let request = pb::ListLeadsRequest { page_size: 1, filter, ..Default::default() };
        async { Ok(look::page(request).await?.rows.pop()) }.boxed_local()
    };
    let unshown = follow_list(&LEAD, chips, query, rows, Rc::new(read_one));
    let page = use_page(t!("Leads")).flush();
    page.with_actions(move || view! { <AddLead adding/> });
    Effect::new(move |_| page.count.set(views.counts.with(|counts| counts.get("").cloned().unwrap_or_default())));
    if LEAD.may_add() {
        use_shortcut("c", t!("New lead"), move || adding.set(true));
    }

    let columns = columns(directory, stages);
    let (choosable, usual) = (table::choosable(&columns), table::usual(&columns));
    let orders = vec![
        (USUAL_ORDER, t!("Last change")),
        ("name", t!("Name")),
        ("stage", t!("Stage")),
        ("value desc", t!("Value")),
        ("follow_up_on", t!("Follow-up")),
        ("created_at desc", t!("Newest")),
    ];
    let search = t!("Subject, company, phone, number");
    let filters = look::filters(directory, Some(stages));
    let on_save_view = views.on_save();
    let bar = if may("record.export") {
        let on_csv = move |()| export_list(&LEAD, query, chips, USUAL_ORDER, problem);
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_csv on_save_view/> }.into_any()
    } else {
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_save_view/> }.into_any()
    };
    let switch = ViewFn::from(move || view! { <LookSwitch query board=false/> });
    let words = words(directory, stages);
    let export = move |ids: Vec<String>| {
        export_selected(&LEAD, rows, &ids, words, Some(|lead: &pb::Lead| lead.number.clone()));
    };
    let actions = assign_action(rows, assigning, people_of)
        .into_iter()
        .chain(may("record.export").then(|| BulkAction::new(t!("Export"), glyphs::FILE_EXPORT, export)))
        .collect();
    view! {
        <ViewsBar views problem lead=switch/>
        {bar}
        {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
        <NewRecords noun=&LEAD rows unshown/>
        <RecordTable
            noun=&LEAD
            query
            rows
            columns
            name=|lead: &pb::Lead| lead.name.clone()
            selection
            actions
            problem
            empty=move || view! { <NoLeads adding/> }
        />
        <NewLead open=adding directory stages/>
        <AssignDialog
            noun=&LEAD
            directory
            chosen=assigning
            done=move |()| {
                selection.clear();
                rows.reload();
            }
            problem
        />
    }
    .into_any()
}

fn use_rows(query: ListQuery, chips: &'static [ChipOf]) -> Rows<pb::Lead> {
    Rows::new(
        |lead: &pb::Lead| lead.id.clone(),
        move |page_token| {
            let state = query.asked();
            let order_by = if state.order_by.is_empty() { USUAL_ORDER.to_owned() } else { state.order_by.clone() };
            let filter = to_filter(&state, chips);
            let count_total = page_token.is_empty();
            look::page(pb::ListLeadsRequest { page_size: PAGE_SIZE, page_token, order_by, filter, count_total })
        },
    )
}

/// Ids are the paths of an export, so that both show the same columns.
fn columns(directory: Directory, stages: Stages) -> Vec<Column<pb::Lead>> {
    let person = move |id: &str| view! { <Person directory id=id.to_owned()/> };
    let currency = money::symbol(&me().currency_code);
    vec![
        Column::new("name", t!("Lead"), |l: &pb::Lead| l.name.clone()).sorted_by("name"),
        Column::new("number", t!("Number"), |l: &pb::Lead| view! { <span class="muted mono">{l.number.clone()}</span> })
            .sorted_by("number")
            .width(90),
        Column::new("company", t!("Company"), |l: &pb::Lead| l.company.clone()).width(210).on_phone("c"),
        Column::new("contact_name", t!("Contact"), |l: &pb::Lead| l.contact_name.clone()).width(150).hidden(),
        Column::new("phone", t!("Phone"), |l: &pb::Lead| l.phone.clone()).width(140).hidden(),
        Column::new("email", t!("E-mail"), |l: &pb::Lead| l.email.clone()).width(200).hidden(),
        Column::new("stage_id", t!("Stage"), move |l: &pb::Lead| {
            let id = l.stage_id.clone();
            move || stages.name(&id)
        })
        .sorted_by("stage")
        .width(110)
        .on_phone("d"),
        Column::new("value", t!("Value, {currency}", currency = currency.trim()), value_cell)
            .numeric()
            .sorted_by("value")
            .width(110)
            .on_phone("b"),
        Column::new("follow_up_on", t!("Follow-up"), move |l: &pb::Lead| follow_up_cell(l, stages))
            .sorted_by("follow_up_on")
            .width(130),
        Column::new("owner_id", t!("Owner"), move |l: &pb::Lead| person(&l.owner_id)).width(160),
        Column::new("assignee_id", t!("Assignee"), move |l: &pb::Lead| person(&l.assignee_id)).width(160).hidden(),
        Column::new("team_id", t!("Team"), move |l: &pb::Lead| {
            let id = l.team_id.clone();
            move || directory.team(&id)
        })
        .width(120)
        .hidden(),
        Column::new("source", t!("Source"), |l: &pb::Lead| source_name(&l.source)).width(110).hidden(),
        Column::new("tags", t!("Tags"), |l: &pb::Lead| l.tags.join(", ")).width(160).hidden(),
        Column::new("created_at", t!("Added"), |l: &pb::Lead| format::day(l.created_at.as_ref()))
            .soft()
            .sorted_by("created_at")
            .width(110)
            .hidden(),
        Column::new("updated_at", t!("Last change"), |l: &pb::Lead| format::ago(l.updated_at.as_ref()))
            .soft()
            .sorted_by("updated_at")
            .width(110),
    ]
    .into_iter()
    .chain(custom::columns(RecordKind::Lead, |lead: &pb::Lead| &lead.custom))
    .collect()
}

/// Another currency than the company's is named in the cell.
fn value_cell(lead: &pb::Lead) -> impl IntoView + use<> {
    let value = lead.value.clone().unwrap_or_default();
    let own = me().currency_code;
    let class = if value.minor_units == 0 { "muted" } else { "" };
    if value.minor_units == 0 || value.currency_code != own {
        let text =
            if value.minor_units == 0 { money::plain(0, &own) } else { money::full(value.minor_units, &value.currency_code) };
        return view! { <span class=class>{text}</span> }.into_any();
    }
    // Phones have no head of the column that names it.
    let (plain, full) = (money::plain(value.minor_units, &own), money::full(value.minor_units, &own));
    view! { <span class="not-phone">{plain}</span><span class="only-phone">{full}</span> }.into_any()
}

fn follow_up_cell(lead: &pb::Lead, stages: Stages) -> impl IntoView + use<> {
    let lead = lead.clone();
    move || {
        let open = is_open(stages.find(&lead.stage_id).as_ref());
        match follow_up(&lead, open) {
            Some((text, Tone::Danger)) => view! { <Status tone=Tone::Danger glyph=glyphs::CLOCK text/> }.into_any(),
            Some((text, _)) => text.into_any(),
            None if !lead.customer_id.is_empty() => view! { <span class="muted">{t!("Converted")}</span> }.into_any(),
            None => ().into_any(),
        }
    }
}
