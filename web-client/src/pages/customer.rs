//! One customer: what happened, who works there, what is to be done, and the facts beside it.

mod contacts;
pub mod form;
mod panel;
mod private;
pub mod record;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError, error_panel::ErrorNote, field::Choice, icon::glyphs, keys::use_shortcut, layout::use_page,
    list::query::use_list_query, load::Load, menu::MenuItem, tabs::Tabs,
};

use self::{
    contacts::{Contacts, use_contacts},
    form::EditCustomer,
    panel::Panel,
    private::Private,
};
use crate::{
    api::{address, may},
    parts::{
        actions::{RecordActions, archive_item},
        assign::AssignDialog,
        attachments::{Attachments, use_files},
        conflict::dialog::Words,
        custom,
        directory::{Directory, use_directory},
        edit::{Edit, Record as _},
        history::{History, use_note_draft},
        merged::{follow_merged, use_duplicates_item},
        news::follow_record,
        noun::{CUSTOMER, People},
        place::{Place, show_panel, use_way_back},
        tasks::{RecordTasks, use_record_tasks, use_task_draft},
    },
};

/// Another address is another page, so that nothing of one customer is ever shown under another's name.
#[component]
pub fn CustomerPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|map| map.get("id").unwrap_or_default()));
    move || view! { <OneCustomer id=id.get()/> }
}

#[component]
fn OneCustomer(id: String) -> impl IntoView {
    let id = Signal::stored(id);
    let customer = Load::new(move || record::get(id.get()));
    let directory = use_directory();
    let words = words(directory);
    follow_merged(&CUSTOMER, move || customer.with(|one| one.map(|one| one.merged_into_id.clone()).unwrap_or_default()));
    let duplicates_item = use_duplicates_item(&CUSTOMER);
    let news = follow_record("customer", id, move || customer.reload());
    let contacts = use_contacts(id);
    let tasks = use_record_tasks(id);
    let files = use_files(id);
    let (note, task) = (use_note_draft(), use_task_draft());
    let edit = Edit::<pb::Customer>::new(move |saved| {
        customer.set(saved);
        news.bump();
    });
    let adding = RwSignal::new(false);
    let assigning = RwSignal::new(None);
    let problem = RwSignal::new(None::<ApiError>);
    let tab = use_list_query("").switch("tab", "timeline");

    let page = use_page(t!("Customer")).with_parent(t!("Customers"), address("customers")).flush();
    Effect::new(move |_| {
        customer.with(|customer| {
            let (name, number) = customer.map(|one| (one.name.clone(), one.number.clone())).unwrap_or_default();
            page.title.set(if name.is_empty() { t!("Customer").to_owned() } else { name });
            page.count.set(number);
        });
    });
    let begin = move || {
        if let Some(customer) = customer.get_untracked().filter(|_| CUSTOMER.may_edit()) {
            edit.begin(customer);
        }
    };
    use_shortcut("e", t!("Edit customer"), begin);
    use_way_back(&CUSTOMER);
    let menu = Signal::derive(move || {
        let Some(one) = customer.get() else {
            return Vec::new();
        };
        let mut items = Vec::new();
        if may("record.assign") {
            let chosen = vec![(one.id.clone(), people_of(&one))];
            items.push(MenuItem::new(t!("Assign"), move || assigning.set(Some(chosen.clone()))).glyph(glyphs::USER));
        }
        items.extend(duplicates_item(&one.id));
        items.extend(archive_item(&CUSTOMER, &one.id, &one.name, one.archived_at.is_some(), problem, move || {
            customer.reload();
            news.bump();
        }));
        items
    });
    page.with_actions(move || {
        let edit = CUSTOMER.may_edit().then(|| Callback::new(move |()| begin()));
        view! { <Show when=move || customer.with(|one| one.is_some())><RecordActions edit menu/></Show> }
    });
    show_panel(page, customer, move || view! { <Panel customer contacts directory news adding/> });

    let version = move || customer.with(|one| one.map_or(0, pb::Customer::version));
    let tabs = Signal::derive(move || {
        let counted = |label: &str, count: Option<usize>| match count {
            Some(count) if count > 0 => format!("{label} {count}"),
            _ => label.to_owned(),
        };
        let open = tasks.with(|all| all.map(|all| all.iter().filter(|task| task.done_at.is_none()).count()));
        let mut tabs = vec![Choice::new("timeline", t!("Timeline"))];
        if may("contact.read") {
            tabs.push(Choice::new("contacts", counted(t!("Contacts"), contacts.with(|all| all.map(Vec::len)))));
        }
        if may("task.read") {
            tabs.push(Choice::new("tasks", counted(t!("Tasks"), open)));
        }
        tabs.extend(files.tab());
        if may("customer_private.read") {
            tabs.push(Choice::new("private", t!("Private")));
        }
        tabs
    });
    view! {
        <Place load=customer what=t!("Customer")>
            <div class="record">
                {move || problem.get().map(|error| view! { <ErrorNote error/> })}
                <Tabs label=t!("Customer") current=tab tabs>
                    {move || match &*tab.get() {
                        "contacts" if may("contact.read") => view! { <Contacts customer_id=id contacts adding words/> }.into_any(),
                        "tasks" if may("task.read") => {
                            view! { <RecordTasks kind=CUSTOMER.kind id tasks directory draft=task/> }.into_any()
                        }
                        "private" if may("customer_private.read") => view! { <Private customer_id=id words/> }.into_any(),
                        "files" if may("attachment.read") => view! { <Attachments files may_edit=CUSTOMER.may_edit()/> }.into_any(),
                        _ => {
                            view! { <History kind=CUSTOMER.kind id one=t!(CUSTOMER.one) words news=news.count draft=note/> }.into_any()
                        }
                    }}
                </Tabs>
            </div>
        </Place>
        <EditCustomer edit directory words version=Signal::derive(version)/>
        <AssignDialog
            noun=&CUSTOMER
            directory
            chosen=assigning
            done=move |()| {
                customer.reload();
                news.bump();
            }
            problem
        />
    }
    .into_any()
}

pub fn people_of(customer: &pb::Customer) -> People {
    People { owner_id: customer.owner_id.clone(), assignee_id: customer.assignee_id.clone(), team_id: customer.team_id.clone() }
}

/// Values as people read them: names for ids, words for kinds.
pub fn words(directory: Directory) -> Words {
    Callback::new(move |(path, text): (String, String)| match &*path {
        "owner_id" | "assignee_id" => directory.person(&text),
        "team_id" => directory.team(&text),
        "kind" if !text.is_empty() => record::kind_name(&text).to_owned(),
        _ => custom::shown(&path, text),
    })
}
