//! The right panel of a lead: stage, worth, who it is, and the next step.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind};
use web_kit::{
    badge::{Badge, Status, Tone},
    button::{Button, Kind, LinkButton},
    format::{self, date, money},
    icon::glyphs,
};

use super::{
    step::{Outcome, StageSelect, follow_up_on, in_days},
    words::{Stages, follow_up, is_open, source_name},
};
use crate::parts::{
    custom::CustomFacts,
    directory::{Directory, Person},
    facts::{self, Email, Fact, FreshBadge, Phone, TagList, dials, writes_to},
    news::RecordNews,
    noun::{CUSTOMER, LEAD},
};

#[component]
pub fn Panel(
    #[prop(into)] lead: Signal<Option<pb::Lead>>,
    stages: Stages,
    directory: Directory,
    news: RecordNews,
    outcome: Outcome,
) -> impl IntoView {
    move || {
        lead.get().map(|lead| {
            view! {
                <Head lead=lead.clone() news/>
                <Facts lead=lead.clone() stages directory news outcome/>
                <Next lead stages outcome/>
            }
        })
    }
}

#[component]
fn Head(lead: pb::Lead, news: RecordNews) -> impl IntoView {
    let converted = (!lead.customer_id.is_empty()).then(|| {
        view! {
            <p class="row">
                <Status tone=Tone::Success glyph=glyphs::CIRCLE_CHECK text=t!("Converted")/>
                <a href=CUSTOMER.address(&lead.customer_id)>{t!("Open the customer")}</a>
            </p>
        }
    });
    let archived = lead.archived_at.map(|at| {
        let text = t!("Archived {at}", at = format::ago(Some(&at)));
        view! { <div><Badge tone=Tone::Warning glyph=glyphs::BOX_ARCHIVE text/></div> }
    });
    let tags = (!lead.tags.is_empty()).then(|| view! { <TagList tags=lead.tags.clone()/> });
    let who = if lead.company.is_empty() { lead.contact_name.clone() } else { lead.company.clone() };
    let ways = view! {
        <div class="row">
            {dials(&lead.phone).map(|href| view! { <LinkButton href glyph=glyphs::PHONE small=true>{t!("Call")}</LinkButton> })}
            {writes_to(&lead.email).map(|href| view! { <LinkButton href glyph=glyphs::ENVELOPE small=true>{t!("Write")}</LinkButton> })}
        </div>
    };
    view! {
        <div class="panel-section stack gap-3">
            <div>
                <div class="semibold">{lead.name.clone()}</div>
                <div class="t-12 muted">{who}</div>
            </div>
            {converted}
            {archived}
            {ways}
            {tags}
            <FreshBadge news/>
        </div>
    }
    .into_any()
}

#[component]
fn Facts(lead: pb::Lead, stages: Stages, directory: Directory, news: RecordNews, outcome: Outcome) -> impl IntoView {
    let value = lead.value.clone().unwrap_or_default();
    let worth = if value.minor_units == 0 {
        view! { <span class="muted">{t!("None")}</span> }.into_any()
    } else {
        view! { <span class="tnum">{money::full(value.minor_units, &value.currency_code)}</span> }.into_any()
    };
    let may_move = LEAD.may_edit() && lead.archived_at.is_none() && lead.customer_id.is_empty();
    let stage = if may_move {
        view! { <StageSelect lead=lead.clone() stages outcome/> }.into_any()
    } else {
        let id = lead.stage_id.clone();
        (move || stages.name(&id)).into_any()
    };
    let assignee = (!lead.assignee_id.is_empty()).then(|| {
        view! { <Fact label=t!("Assignee") news paths=["assignee_id"]><Person directory id=lead.assignee_id.clone()/></Fact> }
    });
    let team = (!lead.team_id.is_empty()).then(|| {
        let id = lead.team_id.clone();
        view! { <Fact label=t!("Team") news paths=["team_id"]>{move || directory.team(&id)}</Fact> }
    });
    let note = (!lead.note.is_empty()).then(|| {
        view! { <Fact label=t!("Note") news paths=["note"]><facts::Words text=lead.note.clone()/></Fact> }
    });
    view! {
        <div class="panel-section">
            <div class="row row-between"><h2 class="section-label">{t!("Details")}</h2></div>
            <dl class="kv">
                <Fact label=t!("Stage") news paths=["stage_id"]>{stage}</Fact>
                <Fact label=t!("Value") news paths=["value"]>{worth}</Fact>
                <Fact label=t!("Company") news paths=["company"]><facts::Words text=lead.company.clone()/></Fact>
                <Fact label=t!("Contact") news paths=["contact_name"]><facts::Words text=lead.contact_name.clone()/></Fact>
                <Fact label=t!("Phone") news paths=["phone"]><Phone number=lead.phone.clone()/></Fact>
                <Fact label=t!("E-mail") news paths=["email"]><Email address=lead.email.clone()/></Fact>
                <Fact label=t!("Owner") news paths=["owner_id"]><Person directory id=lead.owner_id.clone()/></Fact>
                {assignee}
                {team}
                <Fact label=t!("Source") news paths=["source"]><facts::Words text=source_name(&lead.source)/></Fact>
                <dt>{t!("Added")}</dt>
                <dd>{format::day(lead.created_at.as_ref())}</dd>
                {note}
                <CustomFacts kind=RecordKind::Lead values=lead.custom.clone() news/>
            </dl>
        </div>
    }
    .into_any()
}

/// The next step; drawn anew when the stages come, which say whether anything is still to be done.
#[component]
fn Next(lead: pb::Lead, stages: Stages, outcome: Outcome) -> impl IntoView {
    move || {
        let is_open = is_open(stages.find(&lead.stage_id).as_ref());
        view! { <NextDay lead=lead.clone() is_open outcome/> }
    }
}

/// The day of the next step, with the usual ones at hand.
#[component]
fn NextDay(lead: pb::Lead, is_open: bool, outcome: Outcome) -> impl IntoView {
    let due = match follow_up(&lead, is_open) {
        Some((text, Tone::Danger)) => view! { <Status tone=Tone::Danger glyph=glyphs::CLOCK text/> }.into_any(),
        Some((text, _)) if text.contains(|c: char| c.is_ascii_digit()) => view! { <span>{text}</span> }.into_any(),
        // "today" and "tomorrow" do not name the day.
        Some((text, _)) => {
            let day = date::parse_iso(&lead.follow_up_on).map(date::day).unwrap_or_default();
            view! { <span>{day}" "<span class="muted">{text}</span></span> }.into_any()
        }
        None => view! { <span class="muted">{t!("None")}</span> }.into_any(),
    };
    let open = is_open && lead.customer_id.is_empty() && lead.archived_at.is_none();
    let days = (LEAD.may_edit() && open).then(|| {
        let lead = StoredValue::new(lead.clone());
        let set = move |day: String| follow_up_on(lead.get_value(), day, outcome);
        let has = lead.with_value(|lead| !lead.follow_up_on.is_empty());
        view! {
            <div class="row row-wrap gap-1">
                <Button small=true on_click=move |_| set(in_days(1))>{t!("Tomorrow")}</Button>
                <Button small=true on_click=move |_| set(in_days(3))>{t!("In 3 days")}</Button>
                <Button small=true on_click=move |_| set(in_days(7))>{t!("In a week")}</Button>
                {has.then(|| view! {
                    <Button kind=Kind::Ghost small=true on_click=move |_| set(String::new())>{t!("None")}</Button>
                })}
            </div>
        }
    });
    view! {
        <div class="panel-section stack">
            <h2 class="section-label">{t!("Follow-up")}</h2>
            <div>{due}</div>
            {days}
        </div>
    }
    .into_any()
}
