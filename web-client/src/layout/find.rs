//! Ctrl-K in this portal: all pages, and records by half a name, phone digits, an e-mail or an id.

use leptos::prelude::*;
use streamflow_proto::client::v1::{RecordKind, SearchHit, SearchRequest, search_service_client::SearchServiceClient};
use web_kit::{
    api::use_api,
    icon::glyphs,
    palette::{Command, CommandPalette, PaletteSearch},
};

use super::{nav, person::has_account};
use crate::api::{address, may};

/// Hits shown; more typing narrows.
const HITS: i32 = 12;

#[component]
pub fn Find() -> impl IntoView {
    let api = use_api();
    let pages: Vec<Command> = nav::entries()
        .into_iter()
        .map(|entry| Command::go(t!(entry.label), entry.glyph, address(entry.page)))
        .chain(has_account().then(|| Command::go(t!("Profile"), glyphs::USER, address("profile"))))
        .collect();
    let commands = Signal::derive(move || pages.clone());
    let search = PaletteSearch::new(move |query| async move {
        if !may("search.read") {
            return Ok(Vec::new());
        }
        let request = SearchRequest { query: query.chars().take(200).collect(), kinds: Vec::new(), limit: HITS };
        let reply =
            api.read(request, async |transport, request| SearchServiceClient::new(transport).search(request).await).await?;
        Ok(reply.hits.into_iter().filter_map(command).collect())
    });
    view! { <CommandPalette commands search/> }
}

fn command(hit: SearchHit) -> Option<Command> {
    let (page, glyph, group) = match hit.kind() {
        RecordKind::Customer => ("customers", glyphs::ADDRESS_BOOK, t!("Customers")),
        RecordKind::Contact => ("contacts", glyphs::USER, t!("Contacts")),
        RecordKind::Lead => ("leads", glyphs::FILTER, t!("Leads")),
        RecordKind::Unspecified => return None,
    };
    let hint = [hit.subtitle, hit.matched].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Some(Command::go(hit.title, glyph, address(&format!("{page}/{}", hit.id))).hint(hint).group(group))
}
