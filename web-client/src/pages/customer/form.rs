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
    let kinds = vec![Choice::new("business", "Business"), Choice::new("person", "Person")];
    view! {
        <div class="form-grid">
            <TextField name="name" label="Name" value=draft.text("name") max_length=200 autofocus=true/>
            <SelectField name="kind" label="Kind" value=draft.text("kind") choices=kinds/>
            <TextField name="phone" label="Phone" value=draft.text("phone") kind="tel" max_length=50 optional=true/>
            <TextField name="email" label="E-mail" value=draft.text("email") kind="email" max_length=254 optional=true/>
            <TextField name="website" label="Website" value=draft.text("website") kind="url" max_length=300 optional=true/>
            <TextField name="address.street" label="Street" value=draft.text("address.street") max_length=200 optional=true/>
            <TextField name="address.postal_code" label="Postcode" value=draft.text("address.postal_code") max_length=200 optional=true/>
            <TextField name="address.city" label="City" value=draft.text("address.city") max_length=200 optional=true/>
            <TextField name="address.region" label="Region" value=draft.text("address.region") max_length=200 optional=true/>
            <TextField name="address.country" label="Country" value=draft.text("address.country") max_length=200 optional=true/>
            {may("record.assign").then(|| view! {
                <PersonField directory name="owner_id" label="Owner" value=draft.text("owner_id")/>
                <PersonField directory name="assignee_id" label="Assignee" value=draft.text("assignee_id")/>
                <TeamField directory name="team_id" value=draft.text("team_id")/>
            })}
            <TextField name="external_id" label="External key" value=draft.text("external_id") max_length=100 optional=true
                help="Its key in another system; one customer only."/>
        </div>
        <CustomFields kind=CUSTOMER.kind draft/>
        <TagsField name="tags" value=draft.text("tags")/>
        <TextArea name="note" label="Note" value=draft.text("note") optional=true rows=3 max_length=4000
            help="Everyone who sees the customer can read it."/>
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
            use_toasts().say(format!("{} added as {}", customer.name, customer.number));
            navigate(&CUSTOMER.address(&customer.id), NavigateOptions::default());
        });
    });
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint="Ctrl Enter" on_click=move |_| save.run(())>
                "Add customer"
            </Button>
        }
    });
    view! {
        <Dialog open title="New customer" foot form>
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
            <Button kind=Kind::Ghost on_click=move |_| edit.discard()>"Discard"</Button>
            <span class="grow"></span>
            <Button kind=Kind::Primary busy=edit.form.busy key_hint="Ctrl Enter" on_click=move |_| edit.save()>
                "Save customer"
            </Button>
        }
    });
    view! {
        <Dialog open=edit.open title="Edit customer" foot form=edit.form>
            <Form state=edit.form on_submit=move |()| edit.save()>
                <StaleNote edit version/>
                <Fields draft=edit.draft directory/>
            </Form>
        </Dialog>
        <ConflictDialog edit words/>
    }
    .into_any()
}
