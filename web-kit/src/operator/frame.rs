//! What the frames of these portals share: where one can go, by link, key and palette, and who is signed in.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    Identity, OperatorPortal,
    space::{address, use_sign_out},
};
use crate::{
    badge::Avatar,
    browser,
    guard::use_go,
    icon::{Glyph, glyphs},
    keys::use_shortcut,
    layout::PageSlots,
    menu::{Menu, MenuItem},
    palette::{Command, CommandPalette},
    session::use_session,
    theme::Theme,
};

/// One page of the navigation.
#[derive(Clone, Copy)]
pub struct Place {
    pub href: &'static str,
    pub label: &'static str,
    pub glyph: Glyph,
    /// Keys that go there: "g o".
    pub keys: &'static str,
}

/// Ctrl-K and the G keys over the places of the navigation. A new page takes the focus, so that the next Tab is in it.
pub fn ways<P: OperatorPortal>(places: &'static [Place]) -> impl IntoView {
    if let Some(first) = places.first() {
        expect_context::<PageSlots>().home.set(Some((t!(first.label).to_lowercase(), first.href.to_owned())));
    }
    let go = use_go();
    for place in places {
        let go = go.clone();
        use_shortcut(place.keys, t!("Go to {page}", page = t!(place.label)), move || go(place.href.to_owned()));
    }
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            browser::focus_soon("#content");
        }
        now
    });
    let leave = use_sign_out::<P>();
    let mut commands: Vec<_> = places.iter().map(|place| Command::go(t!(place.label), place.glyph, place.href)).collect();
    commands.push(Command::run(t!("Light"), glyphs::CIRCLE_HALF_STROKE, || Theme::Light.choose()).hint(t!("theme")));
    commands.push(Command::run(t!("Dark"), glyphs::CIRCLE_HALF_STROKE, || Theme::Dark.choose()).hint(t!("theme")));
    commands.push(Command::run(t!("Sign out"), glyphs::POWER_OFF, move || leave.run(())));
    view! { <CommandPalette commands=Signal::stored(commands)/> }
}

/// Who is signed in and where; the way to own sessions, and out.
pub fn account<P: OperatorPortal>() -> impl IntoView {
    let email = StoredValue::new(use_session::<Identity>().me_untracked().unwrap_or_default().email);
    let leave = use_sign_out::<P>();
    let go = use_go();
    let sessions = move || go(address::<P>("sessions"));
    let items = vec![
        MenuItem::new(t!("Your sessions"), sessions).glyph(glyphs::FINGERPRINT),
        MenuItem::new(t!("Sign out"), move || leave.run(())).glyph(glyphs::POWER_OFF),
    ];
    let face = ViewFn::from(move || view! { <Avatar name=email.get_value() medium=true/> });
    let head = ViewFn::from(move || {
        view! {
            <div class="account-who">
                <div class="medium truncate">{email.get_value()}</div>
                <div class="t-12 muted">{t!("Signed in to {name}", name = P::NAME)}</div>
            </div>
        }
    });
    let label = t!("Account: {email}", email = email.get_value());
    view! { <Menu label icon_only=true class="account" face head items=Signal::stored(items)/> }
}
