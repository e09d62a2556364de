//! The form of a lead, for a new one and for an edit.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Choice, DateField, FieldFrame, FieldTie, SelectField, TextArea, TextField},
    form::{Form, FormState},
    format::money,
    guard::guard_while,
    toast::use_toasts,
};

use super::{
    record,
    words::{SOURCES, Stages, source_name},
};
use crate::{
    api::{may, me},
    parts::{
        conflict::dialog::{ConflictDialog, Words},
        custom::CustomFields,
        directory::{Directory, PersonField, TeamField},
        edit::{Draft, Edit, StaleNote},
        noun::LEAD,
        tags::TagsField,
    },
};

#[component]
fn Fields(
    draft: Draft<pb::Lead>,
    directory: Directory,
    stages: Stages,
    /// A lead that is there moves on the board or on its page.
    with_stage: bool,
) -> impl IntoView {
    let source = draft.text("source");
    let sources = Signal::derive(move || {
        let now = source.get();
        let mut choices = vec![Choice::new("", t!("Not known"))];
        choices.extend(SOURCES.iter().map(|(value, name)| Choice::new(*value, t!(name))));
        if choices.iter().all(|choice| choice.value != now) {
            choices.push(Choice::new(now.clone(), source_name(&now)));
        }
        choices
    });
    let first = Signal::derive(move || stages.choices());
    view! {
        <TextField name="name" label=t!("What it is about") value=draft.text("name") max_length=200 autofocus=true/>
        <div class="form-grid">
            <TextField name="company" label=t!("Company") value=draft.text("company") max_length=200 optional=true
                help=t!("Left empty, the lead becomes a private person.")/>
            <TextField name="contact_name" label=t!("Contact") value=draft.text("contact_name") max_length=200 optional=true/>
            <TextField name="phone" label=t!("Phone") value=draft.text("phone") kind="tel" max_length=50 optional=true/>
            <TextField name="email" label=t!("E-mail") value=draft.text("email") kind="email" max_length=254 optional=true/>
            <ValueField text=draft.text("value")/>
            <SelectField name="source" label=t!("Source") value=source choices=sources/>
            {with_stage.then(|| view! { <SelectField name="stage_id" label=t!("Stage") value=draft.text("stage_id") choices=first/> })}
            <DateField name="follow_up_on" label=t!("Follow-up") value=draft.text("follow_up_on") optional=true/>
            {may("record.assign").then(|| view! {
                <PersonField directory name="owner_id" label=t!("Owner") value=draft.text("owner_id")/>
                <PersonField directory name="assignee_id" label=t!("Assignee") value=draft.text("assignee_id")/>
                <TeamField directory name="team_id" value=draft.text("team_id")/>
            })}
        </div>
        <CustomFields kind=LEAD.kind draft/>
        <TagsField name="tags" value=draft.text("tags")/>
        <TextArea name="note" label=t!("Note") value=draft.text("note") optional=true rows=3 max_length=4000/>
    }
    .into_any()
}

/// The amount of a text like "1250.50 GBP"; its currency stays.
#[component]
fn ValueField(text: RwSignal<String>) -> impl IntoView {
    let tie = FieldTie::new("value");
    let (touch, id, note, invalid) = (tie.clone(), tie.id.clone(), tie.note_id(), tie.invalid());
    let currency = Memo::new(move |before: Option<&String>| {
        let now = text.with(|text| text.rsplit_once(' ').map(|(_, code)| code.to_owned()));
        now.or_else(|| before.cloned()).unwrap_or_else(|| me().currency_code)
    });
    let amount = move || text.with(|text| text.rsplit_once(' ').map_or("", |(amount, _)| amount).to_owned());
    view! {
        <FieldFrame tie label=Signal::derive(move || t!("Value, {currency}", currency = money::symbol(&currency.get()).trim()))
            optional=true>
            <input
                id=id
                class="input"
                inputmode="decimal"
                autocomplete="off"
                aria-invalid=invalid
                aria-describedby=note
                prop:value=amount
                on:input:target=move |event| {
                    let typed = event.target().value();
                    let currency = currency.get_untracked();
                    text.set(if typed.trim().is_empty() { String::new() } else { format!("{typed} {currency}") });
                    touch.touched();
                }
            />
        </FieldFrame>
    }
    .into_any()
}

/// What this page finds wrong before the server is asked.
fn problem(draft: Draft<pb::Lead>) -> Option<ApiError> {
    let text = draft.text("value").get_untracked();
    let (amount, currency) = text.rsplit_once(' ')?;
    let is_amount = money::parse(amount, currency).is_some_and(|minor| minor >= 0);
    (!is_amount).then(|| ApiError::invalid("lead.value", &money::example()))
}

/// A new lead; what was typed stays while the page is open.
#[component]
pub fn NewLead(
    open: RwSignal<bool>,
    directory: Directory,
    stages: Stages,
    /// Called with the lead; without it the lead's page opens.
    #[prop(optional, into)]
    added: Option<Callback<pb::Lead>>,
) -> impl IntoView {
    let navigate = use_navigate();
    let form = FormState::new();
    // The draft outlives the closed form, so the question before leaving must too.
    guard_while(form.dirty.into());
    let draft = Draft::<pb::Lead>::default();
    let save = Callback::new(move |()| {
        if let Some(error) = problem(draft) {
            form.refuse(error);
            return;
        }
        let lead = draft.read(pb::Lead::default());
        let act = form.act();
        let navigate = navigate.clone();
        form.send(async move { record::create(&act, lead).await }, move |lead| {
            open.set(false);
            draft.fill(&pb::Lead::default());
            form.saved();
            use_toasts().say(t!("{name} added as {lead}", name = lead.name, lead = lead.number));
            match added {
                Some(added) => added.run(lead),
                None => navigate(&LEAD.address(&lead.id), NavigateOptions::default()),
            }
        });
    });
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| save.run(())>
                {t!("Add lead")}
            </Button>
        }
    });
    view! {
        <Dialog open title=t!("New lead") foot form>
            <Form state=form on_submit=save><Fields draft directory stages with_stage=true/></Form>
        </Dialog>
    }
    .into_any()
}

/// An edit, with the question when another person saved meanwhile.
#[component]
pub fn EditLead(
    edit: Edit<pb::Lead>,
    directory: Directory,
    stages: Stages,
    words: Words,
    #[prop(into)] version: Signal<i64>,
) -> impl IntoView {
    let save = move || match problem(edit.draft) {
        Some(error) => edit.form.refuse(error),
        None => edit.save(),
    };
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::Ghost on_click=move |_| edit.discard()>{t!("Discard")}</Button>
            <span class="grow"></span>
            <Button kind=Kind::Primary busy=edit.form.busy key_hint=t!("Ctrl Enter") on_click=move |_| save()>
                {t!("Save lead")}
            </Button>
        }
    });
    view! {
        <Dialog open=edit.open title=t!("Edit lead") foot form=edit.form>
            <Form state=edit.form on_submit=move |()| save()>
                <StaleNote edit version/>
                <Fields draft=edit.draft directory stages with_stage=false/>
            </Form>
        </Dialog>
        <ConflictDialog edit words/>
    }
    .into_any()
}
