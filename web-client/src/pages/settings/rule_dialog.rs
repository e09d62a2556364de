//! Makes a rule of lead assignment, or changes one.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, assignment_rule_service_client::AssignmentRuleServiceClient};
use web_kit::{
    api::{error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Checkbox, Choice, FieldTie, SelectField, TextField},
    form::{Form, FormState},
    format::money,
    icon::{Icon, glyphs},
    load::Load,
    toast::use_toasts,
};

use super::rule_draft::Draft;
use crate::{
    pages::lead::words::SOURCES,
    parts::{custom, directory::Directory},
};

#[component]
pub fn RuleDialog(
    asked: RwSignal<Option<pb::AssignmentRule>>,
    rules: Load<Vec<pb::AssignmentRule>>,
    directory: Directory,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let form = FormState::new();
    let draft = Draft::new();
    Effect::new(move |_| {
        let rule = asked.get();
        if let Some(rule) = &rule {
            draft.fill(rule);
            form.saved();
        }
        open.set(rule.is_some());
    });
    let send = move |()| save(asked, rules, form, draft);
    let is_new = move || asked.with(|rule| rule.as_ref().is_none_or(|rule| rule.id.is_empty()));
    let title = Signal::derive(move || if is_new() { t!("New rule") } else { t!("Change the rule") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| send(())>{t!("Save rule")}</Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <Inputs draft directory/>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn save(asked: RwSignal<Option<pb::AssignmentRule>>, rules: Load<Vec<pb::AssignmentRule>>, form: FormState, draft: Draft) {
    let Some(before) = asked.get_untracked() else { return };
    let creates = before.id.is_empty();
    let Some(rule) = draft.read(before) else {
        form.refuse(ApiError::invalid("rule.value_from", &money::example()));
        return;
    };
    let rule = Some(rule);
    let (api, act) = (use_api(), form.act());
    let call = async move {
        if creates {
            let call =
                async |transport, request| AssignmentRuleServiceClient::new(transport).create_assignment_rule(request).await;
            return api.write(&act, pb::CreateAssignmentRuleRequest { rule }, call).await.map(|reply| reply.rule);
        }
        let call = async |transport, request| AssignmentRuleServiceClient::new(transport).update_assignment_rule(request).await;
        let answer = api.write(&act, pb::UpdateAssignmentRuleRequest { rule }, call).await.map(|reply| reply.rule);
        let current = answer.as_ref().err().and_then(|error| error.detail("streamflow.client.v1.AssignmentRule"));
        if current.is_some() {
            // What was typed stays; the next save begins from the rule as it is now.
            asked.update_untracked(|asked| *asked = current);
        }
        answer
    };
    form.send(call, move |rule| {
        use_toasts().say(t!("Rule {name} saved", name = rule.unwrap_or_default().name));
        asked.set(None);
        rules.reload();
    });
}

#[component]
fn Inputs(draft: Draft, directory: Directory) -> impl IntoView {
    let sources = SOURCES.iter().map(|(value, name)| Choice::new(*value, t!(name))).collect::<Vec<_>>();
    let people = Signal::derive(move || people(draft, directory));
    let worth = move || t!("Worth at least, {currency}", currency = money::symbol(&draft.currency.get()).trim());
    view! {
        <TextField name="rule.name" label=t!("Name") value=draft.name max_length=60 autofocus=true
            help=t!("Stands in the timeline of leads it assigns.")/>
        <Boxes name="rule.sources" legend=t!("If the source is one of") items=sources chosen=draft.sources/>
        <TextField name="rule.sources" label=t!("Other sources") value=draft.other_sources optional=true
            help=t!("As leads spell them, with commas between.")/>
        <div class="form-grid">
            <TextField name="rule.name_contains" label=t!("What it is about contains") value=draft.name_contains max_length=200 optional=true/>
            <TextField name="rule.company_contains" label=t!("Company contains") value=draft.company_contains max_length=200 optional=true/>
            <TextField name="rule.value_from" label=Signal::derive(worth) value=draft.value inputmode="decimal" optional=true/>
        </div>
        <OwnFields draft/>
        <Boxes name="rule.user_ids" legend=t!("Then assign to, by turns") items=people chosen=draft.user_ids/>
        <Show when=move || directory.has_teams()>
            <SelectField name="rule.team_id" label=t!("And everyone in the team") value=draft.team_id optional=true
                choices=Signal::derive(move || std::iter::once(Choice::new("", t!("No team"))).chain(directory.teams()).collect::<Vec<_>>())/>
        </Show>
    }
    .into_any()
}

/// Who can work on leads, and those in the rule who can't at present: they take turns again when they can.
fn people(draft: Draft, directory: Directory) -> Vec<Choice> {
    let mut choices = directory.workers();
    let away: Vec<String> = draft.user_ids.get_untracked();
    let away = away.into_iter().filter(|id| choices.iter().all(|choice| choice.value != *id)).collect::<Vec<_>>();
    choices.extend(away.into_iter().map(|id| {
        let label = t!("{id} (not at work)", id = directory.person(&id));
        Choice::new(id, label)
    }));
    choices
}

/// Several of a list, with what the server finds wrong under it.
#[component]
fn Boxes(
    name: &'static str,
    legend: &'static str,
    #[prop(into)] items: Signal<Vec<Choice>>,
    chosen: RwSignal<Vec<String>>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let (error, note) = (tie.error, tie.note_id());
    let described = note.clone();
    let boxes = move || {
        items
            .get()
            .into_iter()
            .map(|item| {
                let on = RwSignal::new(chosen.with_untracked(|all| all.contains(&item.value)));
                let value = item.value;
                Effect::new(move |_| {
                    let on = on.get();
                    chosen.update(|all| {
                        all.retain(|one| *one != value);
                        if on {
                            all.push(value.clone());
                        }
                    });
                });
                view! { <Checkbox label=item.label value=on name/> }
            })
            .collect_view()
    };
    view! {
        <fieldset class="stack team-boxes" aria-describedby=described>
            <legend class="field-label">{legend}</legend>
            <div class="rule-boxes">{boxes}</div>
            {move || {
                error.get().map(|text| {
                    view! { <span class="field-error" id=note.clone()><Icon glyph=glyphs::CIRCLE_EXCLAMATION/>{text}</span> }
                })
            }}
        </fieldset>
    }
    .into_any()
}

/// Conditions on the company's own fields: those in use, and a list to add one.
#[component]
fn OwnFields(draft: Draft) -> impl IntoView {
    let rows = move || draft.custom.get().into_iter().map(|(key, value)| own_field(&key, value)).collect_view();
    let more = RwSignal::new(String::new());
    Effect::new(move |_| {
        let key = more.get();
        if !key.is_empty() {
            draft.custom.update(|all| all.push((key, RwSignal::new(String::new()))));
            more.set(String::new());
        }
    });
    let left = Signal::derive(move || {
        let used: Vec<String> = draft.custom.with(|all| all.iter().map(|(key, _)| key.clone()).collect());
        let fields = custom::live(pb::RecordKind::Lead).into_iter().filter(|field| !used.contains(&field.key));
        let choices = fields.map(|field| Choice::new(field.key, field.label));
        std::iter::once(Choice::new("", t!("Choose a field"))).chain(choices).collect::<Vec<_>>()
    });
    view! {
        {rows}
        <Show when=move || left.with(|left| left.len() > 1)>
            <SelectField name="rule.custom" label=t!("Also ask for a field of your own") value=more choices=left optional=true/>
        </Show>
    }
    .into_any()
}

fn own_field(key: &str, value: RwSignal<String>) -> AnyView {
    let path = format!("{}{key}", custom::PREFIX);
    let name = web_kit::lasting::lasting(&format!("rule.{path}"));
    let label = t!("{key} is", key = custom::label(&path).unwrap_or_else(|| key.to_owned()));
    let field = untrack(|| custom::live(pb::RecordKind::Lead)).into_iter().find(|field| field.key == key);
    let offered: Vec<(String, String)> = match field.as_ref().map(pb::CustomField::r#type) {
        Some(pb::CustomFieldType::Checkbox) => vec![("true".to_owned(), t!("Yes").to_owned())],
        Some(pb::CustomFieldType::Choice) => {
            field.iter().flat_map(|field| &field.choices).map(|one| (one.clone(), one.clone())).collect()
        }
        _ => return view! { <TextField name label value max_length=200 optional=true/> }.into_any(),
    };
    let choices = Signal::derive(move || {
        let any = std::iter::once(Choice::new("", t!("Anything")));
        any.chain(offered.iter().map(|(value, label)| Choice::new(value, label))).collect::<Vec<_>>()
    });
    view! { <SelectField name label value choices optional=true/> }.into_any()
}
