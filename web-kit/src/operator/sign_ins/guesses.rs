//! What wrong passwords and codes are counted for: accounts, devices, second factors, and until when nobody may try.

use leptos::prelude::*;
use prost_types::Timestamp;

use super::LOOK_EVERY;
use crate::{
    api::use_api,
    badge::{Status, Tone},
    browser,
    empty::EmptyState,
    format::number,
    icon::glyphs,
    load::{Load, Loaded, look_again},
    operator::{LockedSubject, Lockout, Lockouts, Manner, OperatorPortal},
};

pub(super) fn guesses<P: OperatorPortal>() -> impl IntoView {
    let api = use_api();
    let load = Load::new(move || P::lockouts(api));
    look_again(LOOK_EVERY, move || load.reload());
    view! {
        <Loaded load what=t!("The wrong guesses") let:read>{table(read, P::MANNER)}</Loaded>
    }
}

fn table(read: Lockouts, manner: Manner) -> AnyView {
    if read.lockouts.is_empty() {
        return view! { <EmptyState title=t!("No wrong guesses") text=t!("Nobody tried a wrong password or code within the last day.")/> }.into_any();
    }
    let now = read.at.map_or_else(browser::now, |at| at.seconds);
    let more = read.capped.then(|| view! { <p class="card-body muted">{t!("These are the newest; there are more.")}</p> });
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Wrong guesses")>
            <table class="table cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("At what")}</th>
                        <th scope="col">{t!("Whose")}</th>
                        <th scope="col">{t!("Address")}</th>
                        <th scope="col" class="num">{t!("In a row")}</th>
                        <th scope="col">{if manner == Manner::Exact { t!("Last one, UTC") } else { t!("Last one") }}</th>
                        <th scope="col">{t!("May try")}</th>
                    </tr>
                </thead>
                <tbody>{read.lockouts.into_iter().map(|one| line(one, now, manner)).collect_view()}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

fn line(one: Lockout, now: i64, manner: Manner) -> impl IntoView {
    let (whose, class) = if one.person.is_empty() { (t!("Nobody's here").to_owned(), "muted") } else { (one.person, "") };
    let (address, kind) = if one.address.is_empty() { (t!("All together").to_owned(), "muted") } else { (one.address, "mono") };
    let free = one.locked_until.as_ref().is_none_or(|until| until.seconds <= now);
    let state = if free {
        view! { <Status tone=Tone::Neutral glyph=glyphs::LOCK_OPEN text=t!("Now")/> }
    } else {
        view! { <Status tone=Tone::Danger glyph=glyphs::LOCK text=from(one.locked_until.as_ref(), now, manner)/> }
    };
    view! {
        <tr>
            <td data-p="a"><span class="cell-main">{what(one.subject)}</span></td>
            <td data-p="c"><span class=class>{whose}</span></td>
            <td data-p="e" class=kind>{address}</td>
            <td class="num">{number::count(one.failures)}</td>
            <td data-p="d" class="soft tnum">{manner.second(one.last_failure_at.as_ref())}</td>
            <td data-p="b">{state}</td>
        </tr>
    }
}

fn what(subject: LockedSubject) -> &'static str {
    match subject {
        LockedSubject::Account | LockedSubject::AccountAtAddress => t!("Password"),
        LockedSubject::Device => t!("Password, known device"),
        LockedSubject::SecondFactor => t!("Second factor"),
    }
}

/// "From 13:48:05, in 40 s".
fn from(until: Option<&Timestamp>, now: i64, manner: Manner) -> String {
    let left = until.map_or(0, |until| until.seconds - now);
    t!("From {until}, in {left}", until = manner.second(until), left = number::duration(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_lock_is_told_with_what_is_left() {
        let until = Timestamp { seconds: 1_795_182_485, nanos: 0 };
        assert_eq!(from(Some(&until), 1_795_182_445, Manner::Exact), "From 2026-11-20 13:48:05, in 40 s");
    }
}
