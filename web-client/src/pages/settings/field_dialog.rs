//! Makes a field, or changes one.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, CustomFieldType, custom_field_service_client::CustomFieldServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Checkbox, Choice, SelectField, TextArea, TextField},
    form::{Form, FormState},
    toast::use_toasts,
};

use super::fields::type_name;
use crate::parts::custom;

const TYPES: [CustomFieldType; 6] = [
    CustomFieldType::Text,
    CustomFieldType::Lines,
    CustomFieldType::Number,
    CustomFieldType::Date,
    CustomFieldType::Choice,
    CustomFieldType::Checkbox,
];

/// What is typed into the form.
#[derive(Clone, Copy)]
struct Draft {
    label: RwSignal<String>,
    holds: RwSignal<String>,
    /// One a line.
    choices: RwSignal<String>,
    required: RwSignal<bool>,
    help: RwSignal<String>,
    unit: RwSignal<String>,
}

impl Draft {
    fn new() -> Self {
        let text = || RwSignal::new(String::new());
        Self { label: text(), holds: text(), choices: text(), required: RwSignal::new(false), help: text(), unit: text() }
    }

    fn fill(self, field: &pb::CustomField) {
        self.label.set(field.label.clone());
        self.holds.set(field.r#type().as_str_name().to_owned());
        self.choices.set(field.choices.join("\n"));
        self.required.set(field.required);
        self.help.set(field.help.clone());
        self.unit.set(field.unit.clone());
    }

    fn holds(self) -> CustomFieldType {
        self.holds.with(|name| CustomFieldType::from_str_name(name)).unwrap_or_default()
    }

    /// What does not go with the type is left out.
    fn read(self, before: pb::CustomField) -> pb::CustomField {
        let holds = untrack(|| self.holds());
        let label = self.label.get_untracked();
        let lines = self.choices.get_untracked();
        let choices = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        pb::CustomField {
            key: if before.key.is_empty() { key_of(&label) } else { before.key.clone() },
            label,
            r#type: holds.into(),
            choices: if holds == CustomFieldType::Choice { choices } else { Vec::new() },
            required: self.required.get_untracked() && holds != CustomFieldType::Checkbox,
            help: self.help.get_untracked(),
            unit: if holds == CustomFieldType::Number { self.unit.get_untracked() } else { String::new() },
            ..before
        }
    }
}

#[component]
pub fn FieldDialog(asked: RwSignal<Option<pb::CustomField>>) -> impl IntoView {
    let api = use_api();
    let open = RwSignal::new(false);
    let form = FormState::new();
    let draft = Draft::new();
    Effect::new(move |_| {
        let field = asked.get();
        if let Some(field) = &field {
            draft.fill(field);
            form.saved();
        }
        open.set(field.is_some());
    });
    let is_new = move || asked.with(|field| field.as_ref().is_none_or(|field| field.id.is_empty()));
    let send = move |()| {
        let Some(before) = asked.get_untracked() else { return };
        let creates = before.id.is_empty();
        let field = Some(draft.read(before));
        let act = form.act();
        let call = async move {
            if creates {
                let call = async |transport, request| CustomFieldServiceClient::new(transport).create_custom_field(request).await;
                return api.write(&act, pb::CreateCustomFieldRequest { field }, call).await.map(|reply| reply.field);
            }
            let call = async |transport, request| CustomFieldServiceClient::new(transport).update_custom_field(request).await;
            let answer = api.write(&act, pb::UpdateCustomFieldRequest { field }, call).await.map(|reply| reply.field);
            let current = answer.as_ref().err().and_then(|error| error.detail("streamflow.client.v1.CustomField"));
            if current.is_some() {
                // What was typed stays; the next save begins from the field as it is now.
                asked.update_untracked(|asked| *asked = current);
            }
            answer
        };
        form.send(call, move |field| {
            use_toasts().say(t!("Field {field} saved", field = field.unwrap_or_default().label));
            asked.set(None);
            custom::reload();
        });
    };
    let title = Signal::derive(move || if is_new() { t!("New field") } else { t!("Change the field") }.to_owned());
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy key_hint=t!("Ctrl Enter") on_click=move |_| send(())>{t!("Save field")}</Button>
        }
    });
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <Inputs draft fixed=Signal::derive(move || !is_new())/>
            </Form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Inputs(draft: Draft, fixed: Signal<bool>) -> impl IntoView {
    let types: Vec<_> = TYPES.into_iter().map(|holds| Choice::new(holds.as_str_name(), type_name(holds))).collect();
    view! {
        <TextField name="field.label" label=t!("Name") value=draft.label max_length=60 autofocus=true/>
        <SelectField name="field.type" label=t!("Holds") value=draft.holds choices=types disabled=fixed
            help=t!("Can’t be changed later.")/>
        {move || (draft.holds() == CustomFieldType::Choice).then(|| view! {
            <TextArea name="field.choices" label=t!("Choices") value=draft.choices rows=5
                help=t!("One a line. A choice you take away stays on records that have it.")/>
        })}
        {move || (draft.holds() == CustomFieldType::Number).then(|| view! {
            <TextField name="field.unit" label=t!("Unit") value=draft.unit max_length=12 optional=true/>
        })}
        <TextField name="field.help" label=t!("Help") value=draft.help max_length=200 optional=true help=t!("Stands below the field.")/>
        {move || (draft.holds() != CustomFieldType::Checkbox).then(|| view! {
            <Checkbox name="field.required" label=t!("New records need a value") value=draft.required/>
        })}
    }
    .into_any()
}

/// "Roof type" becomes "roof_type".
fn key_of(label: &str) -> String {
    let mut key = String::new();
    for c in label.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    key.truncate(40);
    let key = key.trim_end_matches('_');
    if key.starts_with(|c: char| c.is_ascii_lowercase()) { key.to_owned() } else { format!("f_{key}").chars().take(40).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_of_the_name() {
        for (label, key) in [("Roof type", "roof_type"), (" 2nd floor, m² ", "f_2nd_floor_m"), ("Größe", "gr_e"), ("面積", "f_")]
        {
            assert_eq!(key_of(label), key);
        }
    }
}
