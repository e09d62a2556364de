//! The list of contacts.

use std::rc::Rc;

use futures::FutureExt as _;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    error_panel::ErrorNote,
    field::Choice,
    format,
    icon::glyphs,
    keys::use_shortcut,
    layout::use_page,
    list::{
        bar::ViewTab,
        chips::{ChipOf, Compare, to_filter},
        filter_bar::{FilterBar, FilterDef, FilterKind},
        query::{ListQuery, use_list_query},
        rows::{Page, Rows},
        selection::{BulkAction, Selection},
        state::ListState,
    },
    table::{self, Column},
};

use super::contact::{form::NewContact, record, words};
use crate::{
    api::{address, may},
    parts::{
        merged::may_merge,
        news::{NewRecords, follow_list},
        noun::{CONTACT, CUSTOMER},
        record_table::RecordTable,
        rows::{export_list, export_selected},
        views::{Count, ViewsBar, use_views},
    },
};

const CHIPS: &[ChipOf] = &[
    ChipOf::new("title", Compare::Has),
    ChipOf::new("customer_id", Compare::Equal),
    ChipOf::new("created_at", Compare::FromMoment),
    ChipOf::new("updated_at", Compare::FromMoment),
    ChipOf::new("archived", Compare::Equal),
];
const USUAL_ORDER: &str = "name";
const PAGE_SIZE: i32 = 100;

#[component]
pub fn ContactsPage() -> impl IntoView {
    let query = use_list_query(USUAL_ORDER);
    let rows = use_rows(query);
    let selection = Selection::default();
    let adding = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let views = use_views(pb::ListKind::Contact, CHIPS, query, built_in_views(), Some(count()));
    views.follow_total(rows.total);
    let read_one = |filter| {
        let request = pb::ListContactsRequest { page_size: 1, filter, ..Default::default() };
        async { Ok(list(request).await?.rows.pop()) }.boxed_local()
    };
    let unshown = follow_list(&CONTACT, CHIPS, query, rows, Rc::new(read_one));
    let page = use_page(t!("Contacts")).flush();
    page.with_actions(move || view! {
        {may_merge().then(|| view! {
            <LinkButton href=address("contacts/duplicates") glyph=glyphs::CODE_MERGE class="not-phone">{t!("Find duplicates")}</LinkButton>
        })}
        {CONTACT.may_add().then(|| view! {
            <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=move |_| adding.set(true)>
                <span class="not-phone">{t!("New contact")}</span>
            </Button>
        })}
    });
    Effect::new(move |_| page.count.set(views.counts.with(|counts| counts.get("").cloned().unwrap_or_default())));
    if CONTACT.may_add() {
        use_shortcut("c", t!("New contact"), move || adding.set(true));
    }
    let navigate = use_navigate();

    let columns = columns();
    let (choosable, usual) = (table::choosable(&columns), table::usual(&columns));
    let orders = vec![(USUAL_ORDER, t!("Name")), ("updated_at desc", t!("Last change")), ("created_at desc", t!("Newest"))];
    let search = t!("Name, customer, phone, e-mail");
    let filters = filters();
    let on_save_view = views.on_save();
    let phone_link = may_merge().then(|| (address("contacts/duplicates"), t!("Find duplicates")));
    let bar = if may("record.export") {
        let on_csv = move |()| export_list(&CONTACT, query, CHIPS, USUAL_ORDER, problem);
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_csv on_save_view phone_link/> }
            .into_any()
    } else {
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_save_view phone_link/> }
            .into_any()
    };
    let export = move |ids: Vec<String>| export_selected(&CONTACT, rows, &ids, words(), None);
    let export = may("record.export").then(|| BulkAction::new(t!("Export"), glyphs::FILE_EXPORT, export));
    let actions = export.into_iter().collect();
    view! {
        <ViewsBar views problem/>
        {bar}
        {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
        <NewRecords noun=&CONTACT rows unshown/>
        <RecordTable
            noun=&CONTACT
            query
            rows
            columns
            name=|contact: &pb::Contact| contact.name.clone()
            selection
            actions
            problem
            empty=move || view! { <NoContacts/> }
        />
        <NewContact
            open=adding
            added=move |contact: pb::Contact| {
                navigate(&CONTACT.address(&contact.id), NavigateOptions::default());
            }
        />
    }
    .into_any()
}

async fn list(request: pb::ListContactsRequest) -> Result<Page<pb::Contact>, ApiError> {
    let counted = request.count_total;
    let reply = record::list(request).await?;
    let info = reply.page.unwrap_or_default();
    Ok(Page {
        rows: reply.contacts,
        next_page_token: info.next_page_token,
        total: counted.then(|| (info.total_size.into(), info.total_is_capped)),
    })
}

fn use_rows(query: ListQuery) -> Rows<pb::Contact> {
    Rows::new(
        |contact: &pb::Contact| contact.id.clone(),
        move |page_token| {
            let state = query.asked();
            let order_by = if state.order_by.is_empty() { USUAL_ORDER.to_owned() } else { state.order_by.clone() };
            let filter = to_filter(&state, CHIPS);
            let count_total = page_token.is_empty();
            list(pb::ListContactsRequest { page_size: PAGE_SIZE, page_token, order_by, filter, count_total })
        },
    )
}

fn count() -> Count {
    Rc::new(|state: &ListState| {
        let filter = to_filter(state, CHIPS);
        let request = pb::ListContactsRequest { page_size: 1, filter, count_total: true, ..Default::default() };
        async move { Ok(list(request).await?.total.unwrap_or_default()) }.boxed_local()
    })
}

fn built_in_views() -> Vec<ViewTab> {
    let mut archived = ListState::default();
    archived.set_filter("archived", "true");
    vec![ViewTab::all(t!("All")), ViewTab { id: "archived".to_owned(), state: archived, ..ViewTab::all(t!("Archived")) }]
}

fn filters() -> Vec<FilterDef> {
    let archived = Signal::stored(vec![Choice::new("true", t!("Only archived"))]);
    let def = |field, label, kind| FilterDef { field, label, kind };
    vec![
        def("title", t!("Position"), FilterKind::Text),
        def("created_at", t!("Added"), FilterKind::Since),
        def("updated_at", t!("Changed"), FilterKind::Since),
        def("archived", t!("Archived"), FilterKind::Choice(archived)),
    ]
}

/// Ids are the paths of an export, so that both show the same columns.
fn columns() -> Vec<Column<pb::Contact>> {
    let customer = |contact: &pb::Contact| {
        view! { <a class="cell-link" href=CUSTOMER.address(&contact.customer_id)>{contact.customer_name.clone()}</a> }
    };
    vec![
        Column::new("name", t!("Contact"), |c: &pb::Contact| c.name.clone()).sorted_by("name"),
        Column::new("customer_name", t!("Customer"), customer).width(220).on_phone("c"),
        Column::new("title", t!("Position"), |c: &pb::Contact| c.title.clone()).width(170),
        Column::new("phone", t!("Phone"), |c: &pb::Contact| c.phone.clone()).width(140).on_phone("d"),
        Column::new("mobile", t!("Mobile"), |c: &pb::Contact| c.mobile.clone()).width(140).hidden(),
        Column::new("email", t!("E-mail"), |c: &pb::Contact| c.email.clone()).width(250),
        Column::new("main", t!("Main contact"), |c: &pb::Contact| if c.main { t!("Yes") } else { "" }).width(110).hidden(),
        Column::new("created_at", t!("Added"), |c: &pb::Contact| format::day(c.created_at.as_ref()))
            .soft()
            .sorted_by("created_at")
            .width(110)
            .hidden(),
        Column::new("updated_at", t!("Last change"), |c: &pb::Contact| format::ago(c.updated_at.as_ref()))
            .soft()
            .sorted_by("updated_at")
            .width(120)
            .on_phone("b"),
    ]
}

#[component]
fn NoContacts() -> impl IntoView {
    let actions = move || {
        view! { <LinkButton href=address("customers") glyph=glyphs::ADDRESS_BOOK>{t!("Go to customers")}</LinkButton> }
    };
    view! {
        <EmptyState
            title=t!("No contacts yet")
            text=t!("Contacts are the people at your customers. Add them here, or on the page of a customer.")
            actions
        />
    }
}
