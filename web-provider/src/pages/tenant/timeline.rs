//! What was reported of a company, in words.

use prost_types::Timestamp;
use streamflow_proto::provider::v1 as pb;
use wasm_bindgen::JsValue;
use web_kit::{
    badge::Tone,
    format,
    icon::glyphs,
    operator::support::how_ended,
    timeline::{FieldChange, TimelineEntry},
};

use super::words::plain;

/// Newest first. A company that nobody reported begins with its making.
pub fn entries(read: &pb::GetTenantResponse) -> Vec<TimelineEntry> {
    let mut entries: Vec<_> = read.events.iter().flat_map(of_event).collect();
    let tenant = read.tenant.clone().unwrap_or_default();
    if !read.events.iter().any(|event| event.kind == "registered") {
        entries.push(TimelineEntry {
            key: "made".to_owned(),
            at: tenant.created_at,
            glyph: glyphs::WAND_MAGIC_SPARKLES,
            tone: Tone::Neutral,
            title: t!("Created").to_owned(),
            changes: Vec::new(),
            text: String::new(),
        });
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at.as_ref().map(|at| (at.seconds, at.nanos))));
    entries
}

fn of_event(event: &pb::TenantEvent) -> Vec<TimelineEntry> {
    let (glyph, tone, title) = match &*event.kind {
        "registered" => (glyphs::WAND_MAGIC_SPARKLES, Tone::Success, t!("Registered").to_owned()),
        "suspended" => (glyphs::PAUSE, Tone::Warning, t!("Suspended").to_owned()),
        "resumed" => (glyphs::CIRCLE_CHECK, Tone::Success, t!("Resumed").to_owned()),
        "plan_changed" if plan_change(event).is_empty() => {
            (glyphs::HOURGLASS_HALF, Tone::Neutral, t!("Trial begun anew").to_owned())
        }
        "plan_changed" => (glyphs::ROTATE, Tone::Accent, t!("Plan changed").to_owned()),
        "closing" => (glyphs::TRIANGLE_EXCLAMATION, Tone::Warning, t!("Deletion asked for").to_owned()),
        "closing_cancelled" => (glyphs::CIRCLE_CHECK, Tone::Success, t!("Deletion cancelled").to_owned()),
        "deleted" => (glyphs::XMARK, Tone::Warning, t!("Deleted").to_owned()),
        "support_requested" => (glyphs::LIFE_RING, Tone::Neutral, t!("Support session requested").to_owned()),
        "support_accepted" => (glyphs::CHECK, Tone::Success, t!("Support session accepted").to_owned()),
        "support_refused" => (glyphs::XMARK, Tone::Warning, t!("Support session refused").to_owned()),
        "support_opened" => (glyphs::EYE, Tone::Warning, t!("Support session opened").to_owned()),
        "support_ended" => (glyphs::CHECK, Tone::Neutral, t!("Support session ended").to_owned()),
        other => (glyphs::CIRCLE, Tone::Neutral, plain(&other.replace('_', "-"), t!("Something happened"))),
    };
    let lines: Vec<_> = event.details.iter().filter_map(detail).collect();
    let changes = plan_change(event);
    let entry = TimelineEntry { key: event.id.clone(), at: event.at, glyph, tone, title, changes, text: lines.join("\n") };
    let handshake = (event.kind == "registered").then(|| TimelineEntry {
        key: format!("{}-heard", event.id),
        at: event.received_at,
        glyph: glyphs::LINK,
        tone: Tone::Accent,
        title: t!("Link handshake done{delay}", delay = after(event.at.as_ref(), event.received_at.as_ref())),
        changes: Vec::new(),
        text: String::new(),
    });
    std::iter::once(entry).chain(handshake).collect()
}

/// From which plan to which; nothing where it stayed, and of all other events.
fn plan_change(event: &pb::TenantEvent) -> Vec<FieldChange> {
    let value = |name: &str| event.details.iter().find(|detail| detail.name == name).map(|detail| &*detail.value);
    let plans = value("plan_before").zip(value("plan")).filter(|(before, after)| before != after);
    let named = |plan: &str| plain(plan, t!("No plan"));
    let change =
        |(before, after): (&str, &str)| FieldChange { field: t!("Plan").to_owned(), before: named(before), after: named(after) };
    plans.map(change).into_iter().collect()
}

/// ", 3 s after it": how long this system did not know.
fn after(at: Option<&Timestamp>, heard: Option<&Timestamp>) -> String {
    let (Some(at), Some(heard)) = (at, heard) else { return String::new() };
    match heard.seconds - at.seconds {
        ..=0 => t!(", at once").to_owned(),
        seconds => t!(", {seconds} after it", seconds = format::number::duration(seconds)),
    }
}

fn detail(detail: &pb::TenantEventDetail) -> Option<String> {
    if detail.value.is_empty() {
        return None;
    }
    Some(match &*detail.name {
        "reason" => detail.value.clone(),
        // An id is of no use to who reads this, and plans are told as a change.
        "support_session" | "plan_before" | "plan" => return None,
        "ended_by" => how_ended(&detail.value.to_uppercase()).to_owned(),
        "minutes" => t!("{value} minutes at most", value = detail.value),
        "trial_ends_at" => t!("Trial ends {value}", value = written(&detail.value)),
        "due_at" => t!("Due {value}", value = written(&detail.value)),
        "accepted_at" => t!("Accepted {value}", value = written(&detail.value)),
        "made_at" => t!("Company made {value}", value = written(&detail.value)),
        "welcomed_at" => t!("Mail to its owner queued {value}", value = written(&detail.value)),
        name => format!("{name}: {}", detail.value),
    })
}

/// A time of JSON as people read it; what is none stays as it is.
fn written(text: &str) -> String {
    let millis = js_sys::Date::new(&JsValue::from_str(text)).get_time();
    if millis.is_nan() {
        return text.to_owned();
    }
    format::moment(Some(&Timestamp { seconds: (millis / 1_000.0) as i64, nanos: 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_tells_how_late_it_was() {
        let at = |seconds| Timestamp { seconds, nanos: 0 };
        assert_eq!(after(Some(&at(10)), Some(&at(10))), ", at once");
        assert!(after(Some(&at(10)), Some(&at(13))).ends_with(" after it"));
        assert_eq!(after(None, Some(&at(10))), "");
    }
    #[test]
    fn a_change_of_plan_names_both_plans_and_a_trial_begun_anew_none() {
        let event = |details: &[(&str, &str)]| pb::TenantEvent {
            kind: "plan_changed".into(),
            details: details
                .iter()
                .map(|(name, value)| pb::TenantEventDetail { name: (*name).into(), value: (*value).into() })
                .collect(),
            ..pb::TenantEvent::default()
        };
        let change = |event: pb::TenantEvent| of_event(&event).remove(0);
        let told = change(event(&[("plan", "field-team"), ("plan_before", "trial")]));
        let both = FieldChange { field: "Plan".into(), before: "Trial".into(), after: "Field team".into() };
        assert_eq!((told.title.as_str(), told.changes, told.text.as_str()), ("Plan changed", vec![both], ""));
        let told = change(event(&[("plan", "trial"), ("plan_before", "trial")]));
        assert_eq!((told.title.as_str(), told.changes), ("Trial begun anew", Vec::new()));
    }
}
