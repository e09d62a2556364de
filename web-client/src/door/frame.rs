//! The frame of this portal's doors: the shared one with the streams as its picture.

use leptos::prelude::*;
use web_kit::sign_in::SignInFrame;

/// Lines of the picture: their distance and how strong they are.
const LINES: u16 = 15;
const STRENGTHS: [f32; 5] = [0.28, 0.34, 0.40, 0.46, 0.52];

#[component]
pub fn Door(
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] lead: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let lead = lead.unwrap_or_else(|| ViewFn::from(|| ()));
    let foot = ViewFn::from(|| view! { <span>"StreamFlow Client"</span> });
    view! {
        <SignInFrame portal="Client" title lead art=ViewFn::from(|| view! { <Streams/> }) foot>
            {children()}
        </SignInFrame>
    }
    .into_any()
}

#[component]
fn Streams() -> impl IntoView {
    let lines = (0..LINES)
        .map(|line| {
            let n = i32::from(line);
            let path = format!(
                "M-40 {} C 140 {}, 200 {}, 380 {} S 600 {}, 780 {}",
                260 + 16 * n,
                250 + 8 * n,
                560 - 13 * n,
                520 - 6 * n,
                240 + 22 * n,
                330 + 15 * n,
            );
            view! { <path opacity=STRENGTHS[usize::from(line % 5)] d=path></path> }
        })
        .collect_view();
    view! {
        <svg class="flow" viewBox="0 0 720 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
            <defs>
                <linearGradient id="flow" x1="0" x2="1" y1="0" y2="0">
                    <stop offset="0"></stop>
                    <stop offset=".28"></stop>
                    <stop offset=".52"></stop>
                    <stop offset=".76"></stop>
                    <stop offset="1"></stop>
                </linearGradient>
            </defs>
            <g fill="none" stroke="url(#flow)" stroke-width="1.5">{lines}</g>
        </svg>
        <div class="signin-words stack gap-3">
            <p class="t-20">{t!("Every customer, every lead, every change, in one place.")}</p>
            <p class="soft">{t!("Your company’s customers, contacts and leads, with who changed what and when.")}</p>
        </div>
    }
    .into_any()
}
