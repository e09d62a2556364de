//! What a right panel is made of: names and values, links to call and write, and the mark of another person's change.

use leptos::prelude::*;
use web_kit::{
    badge::{Badge, Tag, Tone},
    format::number,
    icon::glyphs,
};

use super::news::RecordNews;

/// One line of a panel: name and value. Glows once when another person changed one of its fields.
#[component]
pub fn Fact(
    #[prop(into)] label: String,
    news: RecordNews,
    /// Fields it shows.
    #[prop(into)]
    paths: Vec<&'static str>,
    children: Children,
) -> impl IntoView {
    let fresh = move || paths.iter().any(|path| news.is_fresh(path));
    view! {
        <dt>{label}</dt>
        <dd class:is-fresh=fresh>{children()}</dd>
    }
}

/// "Tom, just now" while another person's change is fresh.
#[component]
pub fn FreshBadge(news: RecordNews) -> impl IntoView {
    move || {
        news.touched.get().map(|one| {
            let text = t!("{who}, just now", who = one.who);
            view! { <div><Badge tone=Tone::Accent glyph=glyphs::PEN text/></div> }
        })
    }
}

/// Where a press on a number leads, if it can be dialled: one that is masked can't.
pub fn dials(number: &str) -> Option<String> {
    Some(number::dialable(number)).filter(|digits| !digits.is_empty()).map(|digits| format!("tel:{digits}"))
}

/// Where a press on an address leads, if it can be written to: one that is masked can't.
pub fn writes_to(address: &str) -> Option<String> {
    address.contains('@').then(|| format!("mailto:{address}"))
}

/// A number to dial, or a quiet dash.
#[component]
pub fn Phone(#[prop(into)] number: String) -> impl IntoView {
    match dials(&number) {
        Some(href) => view! { <a href=href>{number}</a> }.into_any(),
        None => view! { <Words text=number/> }.into_any(),
    }
}

/// An address to write to, or a quiet dash.
#[component]
pub fn Email(#[prop(into)] address: String) -> impl IntoView {
    match writes_to(&address) {
        Some(href) => view! { <a href=href>{address}</a> }.into_any(),
        None => view! { <Words text=address/> }.into_any(),
    }
}

/// Text, or a quiet dash.
#[component]
pub fn Words(#[prop(into)] text: String) -> impl IntoView {
    if text.is_empty() {
        return none().into_any();
    }
    view! { <span class="pre-line">{text}</span> }.into_any()
}

#[component]
pub fn TagList(tags: Vec<String>) -> impl IntoView {
    let tags = tags.into_iter().map(|text| view! { <Tag text/> }).collect_view();
    view! { <div class="row row-wrap tag-list">{tags}</div> }
}

/// Only web addresses become links; anything else a person wrote stays text.
pub fn web_address(website: &str) -> Option<String> {
    let lower = website.to_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        return Some(website.to_owned());
    }
    let plain = !website.contains([':', ' ', '\\']) && website.contains('.');
    plain.then(|| format!("https://{website}"))
}

fn none() -> impl IntoView {
    view! { <span class="muted">{t!("None")}</span> }
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(web_address("harrow.example").as_deref(), Some("https://harrow.example"));
        assert_eq!(web_address("HTTP://a.example/x").as_deref(), Some("HTTP://a.example/x"));
        for text in ["javascript:alert(1)", "data:text/html,x", "ask Tom", "", "\\\\host.example"] {
            assert_eq!(web_address(text), None, "{text}");
        }
    }
}
