//! The choice of what the company does, and what each brings.

use leptos::prelude::*;
use streamflow_proto::client::v1::Industry;
use web_kit::icon::{Icon, glyphs};

use crate::layout::modules::title;

#[component]
pub fn Industries(industries: Vec<Industry>, chosen: RwSignal<String>) -> impl IntoView {
    let options = industries.into_iter().map(|one| view! { <Choice one chosen/> }).collect_view();
    view! {
        <fieldset class="setup-industries">
            <legend class="field-label">{t!("What does your company do?")}</legend>
            <div class="setup-options">{options}</div>
        </fieldset>
    }
}

#[component]
fn Choice(one: Industry, chosen: RwSignal<String>) -> impl IntoView {
    let (own, value) = (one.name.clone(), one.name.clone());
    let is_chosen = Memo::new(move |_| chosen.with(|name| *name == own));
    let modules = one.modules.iter().map(|name| title(name)).collect::<Vec<_>>().join(", ");
    view! {
        <label class="option" class:is-checked=is_chosen>
            <span class="check">
                <input
                    type="radio"
                    name="industry"
                    aria-label=one.title.clone()
                    prop:checked=is_chosen
                    on:change=move |_| chosen.set(value.clone())
                />
            </span>
            <span class="grow">
                <span class="semibold">{one.title}</span>
                <span class="soft setup-about">{one.description}</span>
                <span class="t-12 muted">{modules}</span>
            </span>
        </label>
    }
    .into_any()
}

/// What there is on the first day.
#[component]
pub fn StartsWith(industries: Vec<Industry>, chosen: RwSignal<String>) -> impl IntoView {
    let points = move || {
        let industry = chosen.with(|name| industries.iter().find(|one| one.name == *name).map(points).unwrap_or_default());
        let rows = industry.into_iter().map(|text| {
            view! {
                <li class="row row-top">
                    <span class="up"><Icon glyph=glyphs::CHECK/></span>
                    <span>{text}</span>
                </li>
            }
        });
        rows.collect_view()
    };
    view! {
        <aside class="stack gap-4" aria-label=t!("What you get")>
            <h2 class="section-label">{t!("You start with")}</h2>
            <ul class="stack gap-3" aria-live="polite">{points}</ul>
            <hr class="rule"/>
            <h2 class="section-label">{t!("Then")}</h2>
            <ol class="steps setup-steps">
                <li><b>"1"</b><span class="soft">{t!("Set up your second factor")}</span></li>
                <li><b>"2"</b><span class="soft">{t!("Bring your customers from a file")}</span></li>
                <li><b>"3"</b><span class="soft">{t!("Invite your people")}</span></li>
            </ol>
            <p class="t-12 muted">{t!("Features, stages and fields can be changed in Settings; the address can’t.")}</p>
        </aside>
    }
    .into_any()
}

fn points(industry: &Industry) -> Vec<String> {
    let mut points =
        vec![t!("Pipeline with {number} stages: {stages}", number = industry.stages.len(), stages = listed(&industry.stages))];
    for (what, labels) in [(t!("Customer"), &industry.customer_fields), (t!("Lead"), &industry.lead_fields)] {
        if !labels.is_empty() {
            points.push(t!("{what} fields for {labels}", what, labels = listed(labels)));
        }
    }
    points.push(t!("Roles for owner, manager, staff, employee and accountant").to_owned());
    points
}

/// "Plant, Access and Certificates", with the rest counted when there are many.
fn listed(labels: &[String]) -> String {
    const SHOWN: usize = 3;
    match labels {
        [one] => one.clone(),
        [first @ .., last] if labels.len() <= SHOWN => t!("{first} and {last}", first = first.join(", "), last),
        _ => t!("{first} and {more} more", first = labels[..SHOWN].join(", "), more = labels.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_industry_brings_is_told_in_short() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let industry = Industry {
            stages: texts(&["Enquiry", "Survey", "Won", "Lost"]),
            customer_fields: texts(&["Skin type", "Allergies", "Consent", "Doctor"]),
            lead_fields: texts(&["Treatment"]),
            ..Industry::default()
        };
        let told = points(&industry);
        assert_eq!(told[0], "Pipeline with 4 stages: Enquiry, Survey, Won and 1 more");
        assert_eq!(told[1], "Customer fields for Skin type, Allergies, Consent and 1 more");
        assert_eq!(told[2], "Lead fields for Treatment");
        assert_eq!(listed(&texts(&["A", "B"])), "A and B");
    }
}
