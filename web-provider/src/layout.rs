//! The portal's own frame: a dark bar with tabs over a wide canvas.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};
use web_kit::{
    banner::OfflineBanner,
    browser,
    icon::{Mark, glyphs},
    later,
    layout::{Content, LayoutRegions, PageHead, PageSlots, RightPanel, SkipLink},
    live::Live,
    operator::{
        Identity, elevation,
        frame::{Place, account, ways},
    },
    palette::PaletteButton,
    session::use_session,
    theme::ThemeToggle,
};

use crate::app::Provider;

const SESSIONS: Place = Place { href: "/provider/sessions", label: mark!("Sessions"), glyph: glyphs::FINGERPRINT, keys: "g s" };
const PLACES: [Place; 12] = [
    Place { href: "/provider/overview", label: mark!("Overview"), glyph: glyphs::GAUGE, keys: "g o" },
    Place { href: "/provider/tenants", label: mark!("Tenants"), glyph: glyphs::BUILDING, keys: "g n" },
    Place { href: "/provider/provisioning", label: mark!("Provisioning"), glyph: glyphs::TRUCK, keys: "g r" },
    Place { href: "/provider/support", label: mark!("Support"), glyph: glyphs::LIFE_RING, keys: "g u" },
    Place { href: "/provider/federation", label: mark!("Federation"), glyph: glyphs::TOWER_BROADCAST, keys: "g f" },
    Place { href: "/provider/anomalies", label: mark!("Anomalies"), glyph: glyphs::TRIANGLE_EXCLAMATION, keys: "g m" },
    Place { href: "/provider/sign-ins", label: mark!("Sign-ins"), glyph: glyphs::LOCK, keys: "g i" },
    Place { href: "/provider/audit", label: mark!("Audit"), glyph: glyphs::SHIELD_HALVED, keys: "g a" },
    Place { href: "/provider/admins", label: mark!("Admins"), glyph: glyphs::USER_SHIELD, keys: "g p" },
    Place { href: "/provider/settings", label: mark!("Settings"), glyph: glyphs::SLIDERS, keys: "g t" },
    Place { href: "/provider/system", label: mark!("System"), glyph: glyphs::HEART_PULSE, keys: "g y" },
    SESSIONS,
];

later!(Confirming, pages, elevation::confirming::<Provider>, quietly);

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    elevation::provide_elevated();
    let (live, me) = (expect_context::<Live>(), use_session::<Identity>().me_untracked().unwrap_or_default());
    live.start(&me.id, String::new());
    on_cleanup(move || live.stop());
    let path = use_location().pathname;
    // On phones the tabs scroll, and the one that is open may be out of sight.
    Effect::new(move |_| {
        path.track();
        browser::reveal_soon(".topnav [aria-current]");
    });
    // Own sessions are in the account's menu, for which there is always room.
    let others = PLACES.iter().filter(|place| place.href != SESSIONS.href);
    let tabs = others.map(|place| view! { <A href=place.href>{t!(place.label)}</A> }).collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/>{Confirming()}</div>
            <header class="app-header">
                <Mark/>
                <span class="semibold">"StreamFlow"</span>
                <span class="portal-tag">"Provider"</span>
                <nav class="topnav" aria-label=t!("Pages")>{tabs}</nav>
                <span class="push"></span>
                <PaletteButton class="bar-btn find" label=t!("Jump to")/>
                <ThemeToggle/>
                {account::<Provider>()}
            </header>
            <Content>
                <PageHead/>
                {children()}
            </Content>
            <RightPanel/>
        </div>
        {ways::<Provider>(&PLACES)}
        <LayoutRegions/>
    }
}
