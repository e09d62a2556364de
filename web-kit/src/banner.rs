//! The line across the whole top: offline, reconnecting. One at a time, the gravest.

use leptos::prelude::*;

use crate::{
    api::use_api,
    badge::Tone,
    browser,
    format::{date, zone},
    icon::{Glyph, Icon, glyphs},
};

#[component]
pub fn Banner(#[prop(default = Tone::Info)] tone: Tone, glyph: Glyph, children: Children) -> impl IntoView {
    view! {
        <div class=format!("banner {}", tone.class()) role="status">
            <Icon glyph/>
            <span class="grow">{children()}</span>
        </div>
    }
    .into_any()
}

/// Says when the server can't be reached and how old the page is. Asks the browser too, which knows about aeroplane mode.
#[component]
pub fn OfflineBanner() -> impl IntoView {
    let api = use_api();
    let browser_online = RwSignal::new(window().navigator().on_line());
    let up = window_event_listener(leptos::ev::online, move |_| {
        browser_online.set(true);
        api.online.set(true);
    });
    let down = window_event_listener(leptos::ev::offline, move |_| browser_online.set(false));
    on_cleanup(move || {
        up.remove();
        down.remove();
    });
    move || {
        let since = api.last_answer.get_untracked();
        let since = if since == 0 { browser::now() } else { since };
        let at = date::time(zone::local(since));
        if !browser_online.get() {
            return Some(view! {
                <Banner tone=Tone::Warning glyph=glyphs::PLANE_SLASH>
                    {t!("Offline since {at}. What you see may be old; saving works again when you are back.", at)}
                </Banner>
            });
        }
        (!api.online.get()).then(|| {
            view! {
                <Banner tone=Tone::Info glyph=glyphs::WIFI>
                    {t!("Reconnecting. The last answer is from {at}; what you typed is kept.", at)}
                </Banner>
            }
        })
    }
}
