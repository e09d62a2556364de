//! The line about a trial: the days that are left, for those who decide; why nothing can be changed, for everybody.

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use web_kit::{badge::Tone, banner::Banner, browser, format, icon::glyphs};

use crate::api::{Me, session};

const DAY: i64 = 86_400;

#[component]
pub fn TrialBanner() -> impl IntoView {
    let session = session();
    let told = Memo::new(move |_| {
        let me = session.me()?;
        let ends = format::full_day(me.trial_ends_at.as_ref());
        words(&me, browser::now(), &ends)
    });
    move || {
        told.get().map(|(ended, text)| {
            let (tone, glyph) = if ended { (Tone::Warning, glyphs::LOCK) } else { (Tone::Info, glyphs::CLOCK) };
            view! { <Banner tone glyph>{text}</Banner> }
        })
    }
}

/// Whether it has ended, and what this person is told of it. `ends` is its last day.
fn words(me: &Me, now: i64, ends: &str) -> Option<(bool, String)> {
    let end = me.trial_ends_at?.seconds;
    if me.trial_ended {
        let whom =
            if me.role() == pb::Role::Owner { t!("whoever runs StreamFlow for you") } else { t!("an owner of your company") };
        let text =
            t!("Your company’s trial has ended, so nothing can be changed. All that is there can still be read and exported.");
        return Some((true, t!("{text} To go on, ask {whom}.", text, whom)));
    }
    if !matches!(me.role(), pb::Role::Owner | pb::Role::Manager) {
        return None;
    }
    let left = match end - now {
        left if left < DAY => t!("less than a day").to_owned(),
        left => n!((left + DAY - 1).div_euclid(DAY), "{count} day", "{count} days"),
    };
    Some((false, t!("Trial: {left} left, until {ends}.", left, ends)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(role: pb::Role, ended: bool, left: i64) -> Option<(bool, String)> {
        let ends = prost_types::Timestamp { seconds: 100 * DAY, nanos: 0 };
        let me = Me { role: role.into(), trial_ended: ended, trial_ends_at: Some(ends), ..Me::default() };
        words(&me, 100 * DAY - left, "4 December 2026")
    }

    #[test]
    fn those_who_decide_see_the_days_and_everybody_the_end() {
        let days = |left| told(pb::Role::Owner, false, left).map(|(_, text)| text).unwrap();
        assert_eq!(days(13 * DAY + 5), "Trial: 14 days left, until 4 December 2026.");
        assert_eq!(days(DAY), "Trial: 1 day left, until 4 December 2026.");
        assert_eq!(days(5), "Trial: less than a day left, until 4 December 2026.");
        assert_eq!(told(pb::Role::Staff, false, DAY), None);
        let (ended, text) = told(pb::Role::Staff, true, -5).unwrap();
        assert!(ended && text.ends_with("ask an owner of your company."));
        assert!(told(pb::Role::Owner, true, -5).unwrap().1.ends_with("ask whoever runs StreamFlow for you."));
        assert_eq!(words(&Me::default(), 0, ""), None);
    }
}
