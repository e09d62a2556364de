//! How pages look to this person in this browser: light or dark, in which language, and how dates, times and numbers are written.

use leptos::prelude::*;

use crate::{
    browser,
    field::{Choice, SelectField},
    format::{date, number, region, zone},
    tabs::Segmented,
    text::catalogue,
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
    let themes =
        vec![Choice::new("system", t!("As the system")), Choice::new("light", t!("Light")), Choice::new("dark", t!("Dark"))];
    let regions: Vec<_> = region::CHOICES.map(|(tag, name)| Choice::new(tag, t!(name))).into();
    let sentence = if !catalogue::choices().is_empty() {
        t!("Dates, times and numbers are written as you choose, in this browser.")
    } else if exact_times {
        t!("The words stay English, and times here stay in UTC; numbers are written as you choose, in this browser.")
    } else {
        t!("The words stay English; dates, times and numbers are written as you choose, in this browser.")
    };
    view! {
        <section class="card" aria-labelledby="look-head">
            <div class="card-head"><h2 id="look-head">{t!("Light and dark")}</h2></div>
            <div class="card-body row row-wrap">
                <Segmented label=t!("Light and dark") value=theme choices=themes/>
                <span class="muted t-12">{t!("For this browser.")}</span>
            </div>
        </section>
        <section class="card" aria-labelledby="region-head">
            <div class="card-head"><h2 id="region-head">{t!("Language and region")}</h2></div>
            <div class="card-body look-region">
                {languages()}
                <SelectField name="region" label=t!("Region") value=tag choices=regions help=sentence/>
                <p><span class="muted">{t!("For example ")}</span><span class="tnum" role="status">{move || example(exact_times)}</span></p>
            </div>
        </section>
    }
    .into_any()
}

/// The choice of a language, where there is one besides English.
fn languages() -> Option<impl IntoView> {
    let others = catalogue::choices();
    if others.is_empty() {
        return None;
    }
    let chosen = followed(catalogue::chosen().unwrap_or_default().code, catalogue::choose);
    let mut choices = vec![Choice::new("", "English")];
    choices.extend(others.into_iter().map(|language| Choice::new(language.code, language.name)));
    let help = t!("The page is loaded anew in it.");
    Some(view! { <SelectField name="language" label=t!("Language") value=chosen choices help/> })
}

/// "27 Nov 2026, 14:05 and 1,204.50", as it is written now.
fn example(exact_times: bool) -> String {
    let amount = number::decimal(1_204.5, 2);
    if exact_times { amount } else { t!("{moment} and {amount}", moment = date::moment(zone::local(browser::now())), amount) }
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
