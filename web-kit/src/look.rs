//! How pages look to this person in this browser: light or dark, and how dates, times and numbers are written.

use leptos::prelude::*;

use crate::{
    browser,
    field::{Choice, SelectField},
    format::{date, number, region, zone},
    tabs::Segmented,
    theme::Theme,
};

#[component]
pub fn Look(
    /// The portal writes its times in UTC to the second, whatever the region.
    #[prop(optional)]
    exact_times: bool,
) -> impl IntoView {
    let theme = followed(Theme::current().name().to_owned(), |theme| Theme::from_name(theme).choose());
    let tag = followed(region::chosen(), region::choose);
    let themes = vec![Choice::new("system", "As the system"), Choice::new("light", "Light"), Choice::new("dark", "Dark")];
    let regions: Vec<_> = region::CHOICES.map(|(tag, name)| Choice::new(tag, name)).into();
    let sentence = if exact_times {
        "The words stay English, and times here stay in UTC; numbers are written as you choose, in this browser."
    } else {
        "The words stay English; dates, times and numbers are written as you choose, in this browser."
    };
    view! {
        <section class="card" aria-labelledby="look-head">
            <div class="card-head"><h2 id="look-head">"Light and dark"</h2></div>
            <div class="card-body row row-wrap">
                <Segmented label="Light and dark" value=theme choices=themes/>
                <span class="muted t-12">"For this browser."</span>
            </div>
        </section>
        <section class="card" aria-labelledby="region-head">
            <div class="card-head"><h2 id="region-head">"Language and region"</h2></div>
            <div class="card-body look-region">
                <SelectField name="region" label="Region" value=tag choices=regions help=sentence/>
                <p class="tnum" role="status">{move || example(exact_times)}</p>
            </div>
        </section>
    }
    .into_any()
}

/// "27 Nov 2026, 14:05 and 1,204.50", as it is written now.
fn example(exact_times: bool) -> String {
    let amount = number::decimal(1_204.5, 2);
    if exact_times { amount } else { format!("{} and {amount}", date::moment(zone::local(browser::now()))) }
}

/// A signal whose changes are applied.
fn followed(now: String, apply: fn(&str)) -> RwSignal<String> {
    let value = RwSignal::new(now);
    Effect::new(move |before: Option<String>| {
        let now = value.get();
        if before.is_some_and(|before| before != now) {
            untrack(|| apply(&now));
        }
        now
    });
    value
}
