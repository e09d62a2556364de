//! The portal's own frame: an icon rail, hairline panels, a status line.

use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_location};
use web_kit::{
    banner::OfflineBanner,
    browser,
    icon::{Icon, Mark, glyphs},
    later,
    layout::{Content, Crumbs, HeaderActions, LayoutRegions, PageSlots, RightPanel, SkipLink},
    operator::{
        elevation,
        frame::{Place, account, ways},
    },
    palette::PaletteButton,
    theme::ThemeToggle,
};

use crate::{app::Dev, status::StatusLine};

const PLACES: [Place; 10] = [
    Place { href: "/dev/overview", label: mark!("overview"), glyph: glyphs::GAUGE, keys: "g o" },
    Place { href: "/dev/health", label: mark!("health"), glyph: glyphs::HEART_PULSE, keys: "g h" },
    Place { href: "/dev/metrics", label: mark!("metrics"), glyph: glyphs::CHART_LINE, keys: "g t" },
    Place { href: "/dev/jobs", label: mark!("jobs"), glyph: glyphs::LAYER_GROUP, keys: "g j" },
    Place { href: "/dev/errors", label: mark!("errors"), glyph: glyphs::FILE_CIRCLE_EXCLAMATION, keys: "g e" },
    Place { href: "/dev/anomalies", label: mark!("anomalies"), glyph: glyphs::TRIANGLE_EXCLAMATION, keys: "g m" },
    Place { href: "/dev/support", label: mark!("support"), glyph: glyphs::LIFE_RING, keys: "g u" },
    Place { href: "/dev/sign-ins", label: mark!("sign-ins"), glyph: glyphs::LOCK, keys: "g i" },
    Place { href: "/dev/audit", label: mark!("audit"), glyph: glyphs::SHIELD_HALVED, keys: "g a" },
    Place { href: "/dev/sessions", label: mark!("sessions"), glyph: glyphs::FINGERPRINT, keys: "g s" },
];

later!(Confirming, rights, elevation::confirming::<Dev>, quietly);

#[component]
pub fn AppLayout(children: Children) -> impl IntoView {
    let slots = expect_context::<PageSlots>();
    elevation::provide_elevated();
    let path = use_location().pathname;
    // On phones the rail scrolls, and the page that is open may be out of sight.
    Effect::new(move |_| {
        path.track();
        browser::reveal_soon(".railnav [aria-current]");
    });
    let rail = PLACES
        .map(|place| view! { <A href=place.href><Icon glyph=place.glyph/><span>{t!(place.label)}</span></A> })
        .collect_view();
    view! {
        <SkipLink/>
        <div class="app" class:has-panel=move || slots.panel.with(Option::is_some)>
            <div class="app-banner"><OfflineBanner/>{Confirming()}</div>
            <div class="app-sidebar">
                <Mark/>
                <nav class="railnav" aria-label=t!("Pages")>{rail}</nav>
            </div>
            <header class="app-header">
                <span class="path not-phone">
                    <span>"streamflow"</span>
                    <span>"/"</span>
                    <span>"dev"</span>
                    <span>"/"</span>
                </span>
                <Crumbs/>
                <HeaderActions/>
                <PaletteButton class="bar-find" label=t!("find")/>
                <ThemeToggle/>
                {account::<Dev>()}
            </header>
            <Content>{children()}</Content>
            <RightPanel/>
            <StatusLine/>
        </div>
        {ways::<Dev>(&PLACES)}
        <LayoutRegions/>
    }
}
