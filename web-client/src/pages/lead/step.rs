//! The small acts on a lead that need no form: another stage, another follow-up day. Each has its way back.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError},
    field::Choice,
    format::{self, date},
    toast::use_toasts,
};

use super::{record, words::Stages};
use crate::parts::edit::Record as _;

/// Where the answer goes.
#[derive(Clone, Copy)]
pub struct Outcome {
    pub done: Callback<pb::Lead>,
    pub problem: RwSignal<Option<ApiError>>,
}

impl Outcome {
    /// Takes the answer if its page is still here. True when it went well.
    fn take(self, answer: Result<pb::Lead, ApiError>) -> bool {
        let here = self.problem.try_set(answer.as_ref().err().cloned()).is_none();
        match answer {
            Ok(lead) => {
                if here {
                    self.done.run(lead);
                }
                true
            }
            Err(error) => {
                if !here {
                    use_toasts().say(t!("Not done: {reason}", reason = error.sentence()));
                }
                false
            }
        }
    }
}

/// Moves a lead to the end of a stage.
pub fn to_stage(lead: &pb::Lead, stage: &pb::LeadStage, outcome: Outcome) {
    let (id, before, name) = (lead.id.clone(), lead.stage_id.clone(), lead.name.clone());
    let (to, title) = (stage.id.clone(), stage.name.clone());
    spawn_local(async move {
        let (answer, was_before) = match record::put(id.clone(), to, String::new()).await {
            Ok((lead, was_before)) => (Ok(lead), was_before),
            Err(error) => (Err(error), String::new()),
        };
        if outcome.take(answer) {
            use_toasts().say_with_undo(t!("{name} moved to {title}", name, title), move || {
                let (id, before, was_before) = (id.clone(), before.clone(), was_before.clone());
                spawn_local(async move {
                    outcome.take(record::put_back(id, before, was_before).await);
                });
            });
        }
    });
}

/// Sets or clears the day of the next step.
pub fn follow_up_on(lead: pb::Lead, day: String, outcome: Outcome) {
    spawn_local(async move {
        let before = lead.follow_up_on.clone();
        let told = match date::parse_iso(&day) {
            Some(at) => t!("Follow-up on {at}", at = date::day(at)),
            None => t!("No follow-up").to_owned(),
        };
        let answer = set_day(pb::Lead { follow_up_on: day, ..lead }).await;
        let saved = answer.as_ref().ok().cloned();
        if outcome.take(answer)
            && let Some(saved) = saved
        {
            use_toasts().say_with_undo(told, move || {
                let back = pb::Lead { follow_up_on: before.clone(), ..saved.clone() };
                spawn_local(async move {
                    outcome.take(set_day(back).await);
                });
            });
        }
    });
}

async fn set_day(lead: pb::Lead) -> Result<pb::Lead, ApiError> {
    Ok(pb::Lead::send(&Act::default(), lead, vec!["follow_up_on".to_owned()]).await?.0)
}

/// Today plus some days as "2026-11-20", in the company's zone.
pub fn in_days(days: i64) -> String {
    let today = date::parse_iso(&format::today()).unwrap_or_default();
    date::iso(today + days * 86_400)
}

/// The stage as a choice that takes effect at once.
#[component]
pub fn StageSelect(lead: pb::Lead, stages: Stages, outcome: Outcome) -> impl IntoView {
    let now = lead.stage_id.clone();
    let lead = StoredValue::new(lead);
    let options = move || {
        stages
            .choices()
            .into_iter()
            .map(|Choice { value, label }| {
                let is_now = value == now;
                view! { <option value=value selected=is_now>{label}</option> }
            })
            .collect_view()
    };
    view! {
        <select
            class="select stage-select"
            aria-label=t!("Stage")
            on:change:target=move |event| {
                if let Some(stage) = stages.find(&event.target().value()) {
                    lead.with_value(|lead| to_stage(lead, &stage, outcome));
                }
            }
        >
            {options}
        </select>
    }
    .into_any()
}
