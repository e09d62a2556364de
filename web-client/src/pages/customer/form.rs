//! The form of a customer, for a new one and for an edit.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Choice, SelectField, TextArea, TextField},
    form::{Form, FormState},
    guard::guard_while,
    toast::use_toasts,
};

use super::record;
use crate::{
    api::may,
    parts::{
        conflict::dialog::{ConflictDialog, Words},
        custom::CustomFields,
        directory::{Directory, PersonField, TeamField},
        edit::{Draft, Edit, StaleNote},
        noun::CUSTOMER,
        tags::TagsField,
    },
};

#[component]
fn Fields(draft: Draft<pb::Customer>, directory: Directory) -> impl IntoView {
    let kinds = vec![Choice::new("business", t!("Business")), Choice::new("person", t!("Person"))];
    view! {
        <div class="form-grid">
            <TextField name="name" label=t!("Name") value=draft.text("name") max_length=200 autofocus=true/>
            <SelectField name="kind" label=t!("Kind") value=draft.text("kind") choices=kinds/>
            <TextField name="phone" label=t!("Phone") value=draft.text("phone") kind="tel" max_length=50 optional=true/>
            <TextField name="email" label=t!("E-mail") value=draft.text("email") kind="email" max_length=254 optional=true/>
            <div class="is-line">
                <TextField name="website" label=t!("Website") value=draft.text("website") kind="url" max_length=300 optional=true/>
            </div>
            <div class="is-line">
                <TextField name="address.street" label=t!("Street") value=draft.text("address.street") max_length=200 optional=true/>
            </div>
            <TextField name="address.postal_code" label=t!("Postcode") value=draft.text("address.postal_code") max_length=200 optional=true/>
            <TextField name="address.city" label=t!("City") value=draft.text("address.city") max_length=200 optional=true/>
            <TextField name="address.region" label=t!("Region") value=draft.text("address.region") max_length=200 optional=true/>
            <TextField name="address.country" label=t!("Country") value=draft.text("address.country") max_length=200 optional=true/>
            {may("record.assign").then(|| view! {
                <PersonField directory name="owner_id" label=t!("Owner") value=draft.text("owner_id")/>
                <PersonField directory name="assignee_id" label=t!("Assignee") value=draft.text("assignee_id")/>
                <TeamField directory name="team_id" value=draft.text("team_id")/>
            })}
            <TextField name="external_id" label=t!("External key") value=draft.text("external_id") max_length=100 optional=true
                help=t!("Its key in another system; one customer only.")/>
        </div>
        <CustomFields kind=CUSTOMER.kind draft/>
        <TagsField name="tags" value=draft.text("tags")/>
        <TextArea name="note" label=t!("Note") value=draft.text("note") optional=true rows=3 max_length=4000
            help=t!("Everyone who sees the customer can read it.")/>
    }
    .into_any()
}

/// A new customer; what was typed stays while the page is open.
#[component]
pub fn NewCustomer(open: RwSignal<bool>, directory: Directory) -> impl IntoView {
    let navigate = use_navigate();
    let form = FormState::new();
    // The draft outlives the closed form, so the question before leaving must too.
    guard_while(form.dirty.into());
    let draft = Draft::<pb::Customer>::default();
    let save = Callback::new(move |()| {
        let customer = draft.read(pb::Customer::default());
        let act = form.act();
        let navigate = navigate.clone();
        form.send(async move { record::create(&act, customer).await }, move |customer| {
            open.set(false);
            use_toasts().say(t!("{name} added as {customer}", name = customer.name, customer = customer.number));
            navigate(&CUSTOMER.address(&customer.id), NavigateOptions::default());
        });
    });
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| save.run(())>
                {t!("Add customer")}
            </Button>
        }
    });
    view! {
        <Dialog open title=t!("New customer") foot form>
            <Form state=form on_submit=save><Fields draft directory/></Form>
        </Dialog>
    }
    .into_any()
}

/// An edit, with the question when another person saved meanwhile.
#[component]
pub fn EditCustomer(
    edit: Edit<pb::Customer>,
    directory: Directory,
    words: Words,
    /// Version the page shows; it may be newer than the one that is edited.
    #[prop(into)]
    version: Signal<i64>,
) -> impl IntoView {
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::Ghost on_click=move |_| edit.discard()>{t!("Discard")}</Button>
            <span class="grow"></span>
            <Button kind=Kind::Primary busy=edit.form.busy key_hint=t!("Ctrl Enter") on_click=move |_| edit.save()>
                {t!("Save customer")}
            </Button>
        }
    });
    view! {
        <Dialog open=edit.open title=t!("Edit customer") foot form=edit.form>
            <Form state=edit.form on_submit=move |()| edit.save()>
                <StaleNote edit version/>
                <Fields draft=edit.draft directory/>
            </Form>
        </Dialog>
        <ConflictDialog edit words/>
    }
    .into_any()
}
