//! The people at a customer: add, edit, and say who is the main one.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    badge::{Avatar, Badge, Tone},
    button::Button,
    error_panel::ErrorNote,
    icon::glyphs,
    list::aip,
    live::{Heard, use_live},
    load::{Load, Loaded},
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use crate::{
    api::may,
    pages::contact::{
        form::{EditContact, NewContact},
        record,
    },
    parts::{
        conflict::dialog::Words,
        edit::{Edit, Record as _},
        facts::{Email, Phone},
        noun::{CONTACT, archive, restore},
    },
};

/// More people than any customer has; the list of contacts holds the rest.
const MOST: i32 = 200;

/// Contacts of a customer, the main one first. Follows other people's changes.
pub fn use_contacts(customer_id: Signal<String>) -> Load<Vec<pb::Contact>> {
    let contacts = Load::new(move || {
        let filter = aip::eq("customer_id", &customer_id.get());
        async move {
            if !may("contact.read") {
                return Ok(Vec::new());
            }
            let request = pb::ListContactsRequest { page_size: MOST, filter, ..Default::default() };
            let mut contacts = record::list(request).await?.contacts;
            contacts.sort_by_key(|contact| !contact.main);
            Ok(contacts)
        }
    });
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "contact" => {
            let known = contacts.with(|all| all.is_some_and(|all| all.iter().any(|one| one.id == change.id)));
            if known || change.op() == web_kit::live::Op::Created {
                contacts.reload();
            }
        }
        _ => {}
    });
    contacts
}

#[component]
pub fn Contacts(
    #[prop(into)] customer_id: Signal<String>,
    contacts: Load<Vec<pb::Contact>>,
    /// Opens the form for a new one.
    adding: RwSignal<bool>,
    words: Words,
) -> impl IntoView {
    let problem = RwSignal::new(None::<ApiError>);
    let edit = Edit::<pb::Contact>::new(move |_| contacts.reload());
    let version = move || {
        let id = edit.original.with(|original| original.as_ref().map(|one| one.id.clone()).unwrap_or_default());
        contacts.with(|all| all.and_then(|all| all.iter().find(|one| one.id == id).map(|one| one.version)).unwrap_or_default())
    };
    view! {
        <section class="people" aria-label=t!("Contacts")>
            {move || problem.get().map(|error| view! { <ErrorNote error/> })}
            <Loaded load=contacts what=t!("Contacts") let:list>
                {if list.is_empty() {
                    view! { <p class="muted">{t!("Nobody is known at this customer yet.")}</p> }.into_any()
                } else {
                    view! {
                        <ul class="list card">
                            {list
                                .into_iter()
                                .map(|contact| view! { <ContactRow contact contacts edit problem/> })
                                .collect_view()}
                        </ul>
                    }
                        .into_any()
                }}
            </Loaded>
            {CONTACT.may_add().then(|| view! {
                <Button glyph=glyphs::PLUS on_click=move |_| adding.set(true)>{t!("Add contact")}</Button>
            })}
            <NewContact open=adding customer_id added=move |_| contacts.reload()/>
            <EditContact edit words version=Signal::derive(version)/>
        </section>
    }
    .into_any()
}

#[component]
fn ContactRow(
    contact: pb::Contact,
    contacts: Load<Vec<pb::Contact>>,
    edit: Edit<pb::Contact>,
    problem: RwSignal<Option<ApiError>>,
) -> impl IntoView {
    let menu = CONTACT.may_edit().then(|| {
        let label = t!("Actions for {name}", name = contact.name);
        let items = StoredValue::new(contact.clone());
        let items = Signal::derive(move || actions(items.get_value(), contacts, edit, problem));
        view! { <div class="pop-end"><Menu label glyph=glyphs::ELLIPSIS icon_only=true items/></div> }
    });
    view! {
        <li>
            <Avatar name=contact.name.clone() medium=true/>
            <div class="grow person-lines">
                <div class="row">
                    <a class="medium truncate" href=CONTACT.address(&contact.id)>{contact.name.clone()}</a>
                    {contact.main.then(|| view! { <Badge tone=Tone::Accent glyph=glyphs::STAR text=t!("Main contact")/> })}
                </div>
                <div class="t-12 muted truncate">{contact.title.clone()}</div>
            </div>
            <div class="person-ways t-12">
                {(!contact.phone.is_empty()).then(|| view! { <Phone number=contact.phone.clone()/> })}
                {(!contact.mobile.is_empty()).then(|| view! { <Phone number=contact.mobile.clone()/> })}
                {(!contact.email.is_empty()).then(|| view! { <Email address=contact.email.clone()/> })}
            </div>
            {menu}
        </li>
    }
    .into_any()
}

fn actions(
    contact: pb::Contact,
    contacts: Load<Vec<pb::Contact>>,
    edit: Edit<pb::Contact>,
    problem: RwSignal<Option<ApiError>>,
) -> Vec<MenuItem> {
    let edited = contact.clone();
    let mut items = vec![MenuItem::new(t!("Edit"), move || edit.begin_other(edited.clone())).glyph(glyphs::PEN)];
    if !contact.main {
        let one = contact.clone();
        items.push(MenuItem::new(t!("Make main contact"), move || make_main(one.clone(), contacts, problem)).glyph(glyphs::STAR));
    }
    if may("record.archive") {
        items.push(MenuItem::new(t!("Archive"), move || put_away(contact.clone(), contacts, problem)).glyph(glyphs::BOX_ARCHIVE));
    }
    items
}

fn make_main(contact: pb::Contact, contacts: Load<Vec<pb::Contact>>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let name = contact.name.clone();
        let wanted = pb::Contact { main: true, ..contact };
        let answer = pb::Contact::send(&web_kit::api::act::Act::default(), wanted, vec!["main".to_owned()]).await;
        if problem.try_set(answer.as_ref().err().cloned()).is_none() {
            if answer.is_ok() {
                use_toasts().say(t!("{name} is the main contact", name));
            }
            contacts.reload();
        }
    });
}

fn put_away(contact: pb::Contact, contacts: Load<Vec<pb::Contact>>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let answer = archive(CONTACT.kind, vec![contact.id.clone()]).await;
        if problem.try_set(answer.as_ref().err().cloned()).is_some() {
            return;
        }
        contacts.reload();
        if answer.is_ok() {
            let told = t!("{name} archived", name = contact.name);
            use_toasts().say_with_undo(told, move || bring_back(contact.id.clone(), contacts, problem));
        }
    });
}

fn bring_back(id: String, contacts: Load<Vec<pb::Contact>>, problem: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let answer = restore(CONTACT.kind, vec![id]).await;
        if problem.try_set(answer.err()).is_none() {
            contacts.reload();
        }
    });
}
