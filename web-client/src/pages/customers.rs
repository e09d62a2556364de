//! The list of customers.

use std::rc::Rc;

use futures::FutureExt as _;
use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind, customer_service_client::CustomerServiceClient};
use web_kit::{
    api::{error::ApiError, use_api},
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

use super::customer::{form::NewCustomer, people_of, words};
use crate::{
    api::{address, may, me},
    parts::{
        assign::AssignDialog,
        custom,
        directory::{Directory, Person, use_directory},
        merged::may_merge,
        news::{NewRecords, follow_list},
        noun::CUSTOMER,
        record_table::{RecordTable, assign_action},
        rows::{export_list, export_selected},
        views::{Count, ViewsBar, owns_records, use_views},
    },
};

const CHIPS: &[ChipOf] = &[
    ChipOf::new("owner_id", Compare::Equal),
    ChipOf::new("assignee_id", Compare::Equal),
    ChipOf::new("team_id", Compare::Equal),
    ChipOf::new("city", Compare::Has),
    ChipOf::new("country", Compare::Has),
    ChipOf::new("tag", Compare::Has),
    ChipOf::new("kind", Compare::Equal),
    ChipOf::new("source", Compare::Equal),
    ChipOf::new("created_at", Compare::FromMoment),
    ChipOf::named("created_until", "created_at", Compare::UntilMoment),
    ChipOf::new("updated_at", Compare::FromMoment),
    ChipOf::new("archived", Compare::Equal),
];
const USUAL_ORDER: &str = "updated_at desc";
const PAGE_SIZE: i32 = 100;

/// Drawn anew when the company changes its fields.
#[component]
pub fn CustomersPage() -> impl IntoView {
    let fields = Memo::new(|_| custom::live(RecordKind::Customer));
    move || {
        fields.track();
        view! { <List/> }
    }
}

#[component]
fn List() -> impl IntoView {
    let chips = custom::chips(CHIPS, RecordKind::Customer);
    let query = use_list_query(USUAL_ORDER);
    let directory = use_directory();
    let rows = use_rows(query, chips);
    let selection = Selection::default();
    let adding = RwSignal::new(false);
    let assigning = RwSignal::new(None);
    let problem = RwSignal::new(None::<ApiError>);
    let views = use_views(pb::ListKind::Customer, chips, query, built_in_views(), Some(count(chips)));
    views.follow_total(rows.total);
    let read_one = |filter| {
        let request = pb::ListCustomersRequest { page_size: 1, filter, ..Default::default() };
        async { Ok(list(request).await?.rows.pop()) }.boxed_local()
    };
    let unshown = follow_list(&CUSTOMER, chips, query, rows, Rc::new(read_one));

    let page = use_page(t!("Customers")).flush();
    page.with_actions(move || view! { <Actions adding/> });
    Effect::new(move |_| page.count.set(views.counts.with(|counts| counts.get("").cloned().unwrap_or_default())));
    if CUSTOMER.may_add() {
        use_shortcut("c", t!("New customer"), move || adding.set(true));
    }

    let columns = columns(directory);
    let (choosable, usual) = (table::choosable(&columns), table::usual(&columns));
    let orders = vec![
        (USUAL_ORDER, t!("Last change")),
        ("name", t!("Name")),
        ("number desc", t!("Number")),
        ("city", t!("City")),
        ("created_at desc", t!("Newest")),
    ];
    let search = t!("Name, phone, e-mail, number");
    let filters = filters(directory);
    let on_save_view = views.on_save();
    let phone_link = may_merge().then(|| (address("customers/duplicates"), t!("Find duplicates")));
    let bar = if may("record.export") {
        let on_csv = move |()| export_list(&CUSTOMER, query, chips, USUAL_ORDER, problem);
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_csv on_save_view phone_link/> }
            .into_any()
    } else {
        view! { <FilterBar query search filters orders columns=choosable usual_columns=usual on_save_view phone_link/> }
            .into_any()
    };
    let words = words(directory);
    let export = move |ids: Vec<String>| {
        export_selected(&CUSTOMER, rows, &ids, words, Some(|customer: &pb::Customer| customer.number.clone()));
    };
    let actions = assign_action(rows, assigning, people_of)
        .into_iter()
        .chain(may("record.export").then(|| BulkAction::new(t!("Export"), glyphs::FILE_EXPORT, export)))
        .collect();
    view! {
        <ViewsBar views problem/>
        {bar}
        {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
        <NewRecords noun=&CUSTOMER rows unshown/>
        <RecordTable
            noun=&CUSTOMER
            query
            rows
            columns
            name=|customer: &pb::Customer| customer.name.clone()
            selection
            actions
            problem
            empty=move || view! { <NoCustomers adding/> }
        />
        <NewCustomer open=adding directory/>
        <AssignDialog
            noun=&CUSTOMER
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

async fn list(request: pb::ListCustomersRequest) -> Result<Page<pb::Customer>, ApiError> {
    let counted = request.count_total;
    let call = async |transport, request| CustomerServiceClient::new(transport).list_customers(request).await;
    let reply = use_api().read(request, call).await?;
    let info = reply.page.unwrap_or_default();
    Ok(Page {
        rows: reply.customers,
        next_page_token: info.next_page_token,
        total: counted.then(|| (info.total_size.into(), info.total_is_capped)),
    })
}

fn use_rows(query: ListQuery, chips: &'static [ChipOf]) -> Rows<pb::Customer> {
    Rows::new(
        |customer: &pb::Customer| customer.id.clone(),
        move |page_token| {
            let state = query.asked();
            let order_by = if state.order_by.is_empty() { USUAL_ORDER.to_owned() } else { state.order_by.clone() };
            let filter = to_filter(&state, chips);
            let count_total = page_token.is_empty();
            list(pb::ListCustomersRequest { page_size: PAGE_SIZE, page_token, order_by, filter, count_total })
        },
    )
}

fn count(chips: &'static [ChipOf]) -> Count {
    Rc::new(move |state: &ListState| {
        let filter = to_filter(state, chips);
        let request = pb::ListCustomersRequest { page_size: 1, filter, count_total: true, ..Default::default() };
        async move { Ok(list(request).await?.total.unwrap_or_default()) }.boxed_local()
    })
}

fn built_in_views() -> Vec<ViewTab> {
    let narrowed = |id: &str, label: &str, field: &str, value: &str| {
        let mut state = ListState::default();
        state.set_filter(field, value);
        ViewTab { id: id.to_owned(), state, ..ViewTab::all(label) }
    };
    let own = me().user.unwrap_or_default().id;
    let mine = owns_records().then(|| narrowed("mine", t!("My customers"), "owner_id", &own));
    let archived = narrowed("archived", t!("Archived"), "archived", "true");
    std::iter::once(ViewTab::all(t!("All"))).chain(mine).chain([archived]).collect()
}

fn filters(directory: Directory) -> Vec<FilterDef> {
    let fixed = |choices: &[(&str, &str)]| {
        let choices: Vec<_> = choices.iter().map(|(value, label)| Choice::new(*value, *label)).collect();
        FilterKind::Choice(Signal::stored(choices))
    };
    let def = |field, label, kind| FilterDef { field, label, kind };
    vec![
        def("owner_id", t!("Owner"), FilterKind::Choice(directory.people_to_filter())),
        def("assignee_id", t!("Assignee"), FilterKind::Choice(directory.people_to_filter())),
        def("team_id", t!("Team"), FilterKind::Choice(directory.teams_to_filter())),
        def("city", t!("City"), FilterKind::Text),
        def("country", t!("Country"), FilterKind::Text),
        def("tag", t!("Tag"), FilterKind::Text),
        def("kind", t!("Kind"), fixed(&[("business", t!("Business")), ("person", t!("Person"))])),
        def("source", t!("Source"), fixed(&[("manual", t!("Entered by hand")), ("import", t!("Import")), ("lead", t!("Lead"))])),
        def("created_at", t!("Added"), FilterKind::Since),
        def("created_until", t!("Added"), FilterKind::Until),
        def("updated_at", t!("Changed"), FilterKind::Since),
        def("archived", t!("Archived"), fixed(&[("true", t!("Only archived"))])),
    ]
    .into_iter()
    .chain(custom::filters(RecordKind::Customer))
    .collect()
}

/// Ids are the paths of an export, so that both show the same columns.
fn columns(directory: Directory) -> Vec<Column<pb::Customer>> {
    let person = move |id: &str| view! { <Person directory id=id.to_owned()/> };
    let city = |customer: &pb::Customer| customer.address.clone().unwrap_or_default().city;
    vec![
        Column::new("name", t!("Customer"), |c: &pb::Customer| c.name.clone()).sorted_by("name"),
        Column::new("number", t!("Number"), |c: &pb::Customer| view! { <span class="muted mono">{c.number.clone()}</span> })
            .sorted_by("number")
            .width(100)
            .on_phone("d"),
        Column::new("main_contact_name", t!("Main contact"), |c: &pb::Customer| c.main_contact_name.clone()).width(160),
        Column::new("phone", t!("Phone"), |c: &pb::Customer| c.phone.clone()).width(140).on_phone("c"),
        Column::new("email", t!("E-mail"), |c: &pb::Customer| c.email.clone()).width(200).hidden(),
        Column::new("address.city", t!("City"), city).sorted_by("city").width(130),
        Column::new("address.country", t!("Country"), |c: &pb::Customer| c.address.clone().unwrap_or_default().country)
            .width(120)
            .hidden(),
        Column::new(
            "kind",
            t!("Kind"),
            |c: &pb::Customer| if c.kind() == pb::CustomerKind::Person { t!("Person") } else { t!("Business") },
        )
        .width(90)
        .hidden(),
        Column::new("owner_id", t!("Owner"), move |c: &pb::Customer| person(&c.owner_id)).width(170),
        Column::new("assignee_id", t!("Assignee"), move |c: &pb::Customer| person(&c.assignee_id)).width(170).hidden(),
        Column::new("team_id", t!("Team"), move |c: &pb::Customer| {
            let id = c.team_id.clone();
            move || directory.team(&id)
        })
        .width(120)
        .hidden(),
        Column::new("tags", t!("Tags"), |c: &pb::Customer| c.tags.join(", ")).width(160).hidden(),
        Column::new("external_id", t!("External key"), |c: &pb::Customer| c.external_id.clone()).width(120).hidden(),
        Column::new("created_at", t!("Added"), |c: &pb::Customer| format::day(c.created_at.as_ref()))
            .soft()
            .sorted_by("created_at")
            .width(110)
            .hidden(),
        Column::new("updated_at", t!("Last change"), |c: &pb::Customer| format::ago(c.updated_at.as_ref()))
            .soft()
            .sorted_by("updated_at")
            .width(120)
            .on_phone("b"),
    ]
    .into_iter()
    .chain(custom::columns(RecordKind::Customer, |customer: &pb::Customer| &customer.custom))
    .collect()
}

#[component]
fn Actions(adding: RwSignal<bool>) -> impl IntoView {
    view! {
        {may_merge().then(|| view! {
            <LinkButton href=address("customers/duplicates") glyph=glyphs::CODE_MERGE class="not-phone">{t!("Find duplicates")}</LinkButton>
        })}
        {may("import.run").then(|| view! {
            <LinkButton href=address("imports") glyph=glyphs::FILE_IMPORT class="not-phone">{t!("Import")}</LinkButton>
        })}
        {CUSTOMER.may_add().then(|| view! {
            <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=move |_| adding.set(true)>
                <span class="not-phone">{t!("New customer")}</span>
            </Button>
        })}
    }
}

#[component]
fn NoCustomers(adding: RwSignal<bool>) -> impl IntoView {
    let actions = ViewFn::from(move || {
        view! {
            {CUSTOMER.may_add().then(|| view! {
                <Button kind=Kind::Primary glyph=glyphs::PLUS key_hint="C" on_click=move |_| adding.set(true)>
                    {t!("New customer")}
                </Button>
            })}
            {may("import.run").then(|| view! {
                <LinkButton href=address("imports") glyph=glyphs::FILE_IMPORT>{t!("Bring a list")}</LinkButton>
            })}
        }
    });
    let text = if CUSTOMER.may_add() {
        t!("A customer is a company or a person you work for, with their contacts and everything that happened.")
    } else {
        t!("Customers that are given to you appear here.")
    };
    view! { <EmptyState title=t!("No customers yet") text actions/> }
}
