//! One contact: what happened, and how to reach the person.

pub mod form;
pub mod record;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    badge::{Badge, Tone},
    error_panel::ErrorNote,
    field::Choice,
    format::{self, initials},
    icon::glyphs,
    keys::use_shortcut,
    layout::use_page,
    list::query::use_list_query,
    load::Load,
    tabs::Tabs,
};

use self::form::EditContact;
use crate::{
    api::{address, may},
    parts::{
        actions::{RecordActions, archive_item},
        attachments::{Attachments, use_files},
        conflict::dialog::Words,
        directory::use_directory,
        edit::{Edit, Record as _},
        facts::{self, Email, Fact, FreshBadge, Phone},
        history::{History, use_note_draft},
        merged::{follow_merged, use_duplicates_item},
        news::{RecordNews, follow_record},
        noun::{CONTACT, CUSTOMER},
        place::{Place, show_panel, use_way_back},
        tasks::{RecordTasks, use_record_tasks, use_task_draft},
    },
};

/// Another address is another page, so that nothing of one contact is ever shown under another's name.
#[component]
pub fn ContactPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|map| map.get("id").unwrap_or_default()));
    move || view! { <OneContact id=id.get()/> }
}

#[component]
fn OneContact(id: String) -> impl IntoView {
    let id = Signal::stored(id);
    let contact = Load::new(move || record::get(id.get()));
    let directory = use_directory();
    let words = words();
    follow_merged(&CONTACT, move || contact.with(|one| one.map(|one| one.merged_into_id.clone()).unwrap_or_default()));
    let duplicates_item = use_duplicates_item(&CONTACT);
    let news = follow_record("contact", id, move || contact.reload());
    let tasks = use_record_tasks(id);
    let files = use_files(id);
    let (note, task) = (use_note_draft(), use_task_draft());
    let edit = Edit::<pb::Contact>::new(move |saved| {
        contact.set(saved);
        news.bump();
    });
    let problem = RwSignal::new(None::<ApiError>);
    let tab = use_list_query("").switch("tab", "timeline");

    let page = use_page(t!("Contact")).with_parent(t!("Contacts"), address("contacts")).flush();
    Effect::new(move |_| {
        let name = contact.with(|one| one.map(|one| one.name.clone()).unwrap_or_default());
        page.title.set(if name.is_empty() { t!("Contact").to_owned() } else { name });
    });
    let begin = move || {
        if let Some(contact) = contact.get_untracked().filter(|_| CONTACT.may_edit()) {
            edit.begin(contact);
        }
    };
    use_shortcut("e", t!("Edit contact"), begin);
    use_way_back(&CONTACT);
    let menu = Signal::derive(move || {
        let Some(one) = contact.get() else {
            return Vec::new();
        };
        let done = move || {
            contact.reload();
            news.bump();
        };
        let archive = archive_item(&CONTACT, &one.id, &one.name, one.archived_at.is_some(), problem, done);
        duplicates_item(&one.id).into_iter().chain(archive).collect()
    });
    page.with_actions(move || {
        let edit = CONTACT.may_edit().then(|| Callback::new(move |()| begin()));
        view! { <Show when=move || contact.with(|one| one.is_some())><RecordActions edit menu/></Show> }
    });
    let panel = move || contact.get().map(|contact| view! { <Panel contact news/> });
    show_panel(page, contact, move || panel);

    let version = move || contact.with(|one| one.map_or(0, pb::Contact::version));
    let tabs = Signal::derive(move || {
        let mut tabs = vec![Choice::new("timeline", t!("Timeline"))];
        if may("task.read") {
            let open = tasks.with(|all| all.map_or(0, |all| all.iter().filter(|one| one.done_at.is_none()).count()));
            tabs.push(Choice::new("tasks", if open > 0 { t!("Tasks {open}", open) } else { t!("Tasks").to_owned() }));
        }
        tabs.extend(files.tab());
        tabs
    });
    view! {
        <Place load=contact what=t!("Contact")>
            <div class="record">
                {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
                <Tabs label=t!("Contact") current=tab tabs>
                    {move || match &*tab.get() {
                        "tasks" if may("task.read") => view! { <RecordTasks kind=CONTACT.kind id tasks directory draft=task/> }.into_any(),
                        "files" if may("attachment.read") => view! { <Attachments files may_edit=CONTACT.may_edit()/> }.into_any(),
                        _ => view! { <History kind=CONTACT.kind id one=t!(CONTACT.one) words news=news.count draft=note/> }.into_any(),
                    }}
                </Tabs>
            </div>
        </Place>
        <EditContact edit words version=Signal::derive(version)/>
    }
    .into_any()
}

/// All values of a contact are words already.
pub fn words() -> Words {
    Callback::new(|(_, text): (String, String)| text)
}

#[component]
fn Panel(contact: pb::Contact, news: RecordNews) -> impl IntoView {
    let archived = contact.archived_at.map(|at| {
        let text = t!("Archived {at}", at = format::ago(Some(&at)));
        view! { <div><Badge tone=Tone::Warning glyph=glyphs::BOX_ARCHIVE text/></div> }
    });
    let main = contact.main.then(|| {
        view! { <div><Badge tone=Tone::Accent glyph=glyphs::STAR text=t!("Main contact")/></div> }
    });
    let note = (!contact.note.is_empty()).then(|| {
        view! { <Fact label=t!("Note") news paths=["note"]><facts::Words text=contact.note.clone()/></Fact> }
    });
    view! {
        <div class="panel-section stack gap-3">
            <div class="row gap-3">
                <span class="avatar is-lg" aria-hidden="true">{initials(&contact.name)}</span>
                <div class="grow">
                    <div class="semibold">{contact.name.clone()}</div>
                    <div class="t-12 muted">{contact.title.clone()}</div>
                </div>
            </div>
            {main}
            {archived}
            <FreshBadge news/>
        </div>
        <div class="panel-section">
            <div class="row row-between"><h2 class="section-label">{t!("Details")}</h2></div>
            <dl class="kv">
                <dt>{t!("Customer")}</dt>
                <dd><a href=CUSTOMER.address(&contact.customer_id)>{contact.customer_name.clone()}</a></dd>
                <Fact label=t!("Phone") news paths=["phone"]><Phone number=contact.phone.clone()/></Fact>
                <Fact label=t!("Mobile") news paths=["mobile"]><Phone number=contact.mobile.clone()/></Fact>
                <Fact label=t!("E-mail") news paths=["email"]><Email address=contact.email.clone()/></Fact>
                {note}
                <dt>{t!("Added")}</dt>
                <dd>{format::day(contact.created_at.as_ref())}</dd>
            </dl>
        </div>
    }
    .into_any()
}
