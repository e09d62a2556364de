//! The portal's own frame: a text index, one sheet, margin notes.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};
use web_kit::{
    banner::OfflineBanner,
    browser,
    icon::{Mark, glyphs},
    layout::{Content, LayoutRegions, PageHead, PageSlots, RightPanel, SkipLink},
    operator::frame::{Place, account, ways},
    palette::PaletteButton,
    theme::ThemeToggle,
};

use crate::app::Accountant;

const PLACES: [Place; 6] = [
    Place { href: "/accounting/overview", label: mark!("Overview"), glyph: glyphs::LIST, keys: "g o" },
    Place { href: "/accounting/subscriptions", label: mark!("Subscriptions"), glyph: glyphs::FILE_INVOICE, keys: "g u" },
    Place { href: "/accounting/anomalies", label: mark!("Anomalies"), glyph: glyphs::TRIANGLE_EXCLAMATION, keys: "g m" },
    Place { href: "/accounting/sign-ins", label: mark!("Sign-ins"), glyph: glyphs::LOCK, keys: "g i" },
    Place { href: "/accounting/audit", label: mark!("Audit"), glyph: glyphs::SHIELD_HALVED, keys: "g a" },
    Place { href: "/accounting/sessions", label: mark!("Sessions"), glyph: glyphs::FINGERPRINT, keys: "g s" },
];

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    let path = use_location().pathname;
    // On phones the index scrolls, and the page that is open may be out of sight.
    Effect::new(move |_| {
        path.track();
        browser::reveal_soon(".index [aria-current]");
    });
    let index = PLACES.map(|place| view! { <A href=place.href>{t!(place.label)}</A> }).collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/></div>
            <header class="app-header">
                <Mark/>
                <span class="semibold not-phone">"StreamFlow"</span>
                <span class="acc-name">"Accountant"</span>
                <span class="push"></span>
                <PaletteButton class="bar-find" label=t!("Jump to")/>
                <ThemeToggle/>
                {account::<Accountant>()}
            </header>
            <div class="app-sidebar"><nav class="index" aria-label=t!("Pages")>{index}</nav></div>
            <Content>
                <div class="sheet">
                    <PageHead/>
                    {children()}
                </div>
            </Content>
            <RightPanel/>
        </div>
        {ways::<Accountant>(&PLACES)}
        <LayoutRegions/>
    }
}
