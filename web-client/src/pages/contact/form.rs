//! The form of a contact, for a new one and for an edit.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Checkbox, TextArea, TextField},
    form::{Form, FormState},
    guard::guard_while,
    toast::use_toasts,
};

use super::record;
use crate::parts::{
    conflict::dialog::{ConflictDialog, Words},
    customer_field::CustomerField,
    edit::{Draft, Edit, StaleNote},
};

#[component]
fn Fields(draft: Draft<pb::Contact>) -> impl IntoView {
    view! {
        <div class="form-grid">
            <TextField name="name" label=t!("Name") value=draft.text("name") max_length=200 autofocus=true/>
            <TextField name="title" label=t!("Position") value=draft.text("title") max_length=200 optional=true/>
            <TextField name="phone" label=t!("Phone") value=draft.text("phone") kind="tel" max_length=50 optional=true/>
            <TextField name="mobile" label=t!("Mobile") value=draft.text("mobile") kind="tel" max_length=50 optional=true/>
            <TextField name="email" label=t!("E-mail") value=draft.text("email") kind="email" max_length=254 optional=true/>
        </div>
        <MainFlag text=draft.text("main")/>
        <TextArea name="note" label=t!("Note") value=draft.text("note") optional=true rows=3 max_length=4000/>
    }
    .into_any()
}

/// The flag is text in the draft, as all fields are.
#[component]
fn MainFlag(text: RwSignal<String>) -> impl IntoView {
    let value = RwSignal::new(text.with_untracked(|text| text == "yes"));
    Effect::new(move |_| text.set(record::yes_or_no(value.get()).to_owned()));
    view! { <Checkbox name="main" label=t!("Main contact, shown with the customer") value/> }
}

/// A new contact, of the given customer or of one that is chosen.
#[component]
pub fn NewContact(
    open: RwSignal<bool>,
    #[prop(optional, into)] customer_id: Option<Signal<String>>,
    #[prop(into)] added: Callback<pb::Contact>,
) -> impl IntoView {
    let form = FormState::new();
    // The draft outlives the closed form, so the question before leaving must too.
    guard_while(form.dirty.into());
    let draft = Draft::<pb::Contact>::default();
    let chosen = RwSignal::new(String::new());
    let save = Callback::new(move |()| {
        let contact = pb::Contact {
            customer_id: customer_id.map_or_else(|| chosen.get_untracked(), |id| id.get_untracked()),
            ..draft.read(pb::Contact::default())
        };
        let act = form.act();
        form.send(async move { record::create(&act, contact).await }, move |contact| {
            open.set(false);
            draft.fill(&pb::Contact::default());
            form.saved();
            use_toasts().say(t!("{name} added", name = contact.name));
            added.run(contact);
        });
    });
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| save.run(())>
                {t!("Add contact")}
            </Button>
        }
    });
    view! {
        <Dialog open title=t!("New contact") foot form>
            <Form state=form on_submit=save>
                {customer_id.is_none().then(|| view! { <CustomerField name="customer_id" value=chosen/> })}
                <Fields draft/>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// An edit, with the question when another person saved meanwhile.
#[component]
pub fn EditContact(edit: Edit<pb::Contact>, words: Words, #[prop(into)] version: Signal<i64>) -> impl IntoView {
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::Ghost on_click=move |_| edit.discard()>{t!("Discard")}</Button>
            <span class="grow"></span>
            <Button kind=Kind::Primary busy=edit.form.busy key_hint=t!("Ctrl Enter") on_click=move |_| edit.save()>
                {t!("Save contact")}
            </Button>
        }
    });
    view! {
        <Dialog open=edit.open title=t!("Edit contact") foot form=edit.form>
            <Form state=edit.form on_submit=move |()| edit.save()>
                <StaleNote edit version/>
                <Fields draft=edit.draft/>
            </Form>
        </Dialog>
        <ConflictDialog edit words/>
    }
    .into_any()
}
