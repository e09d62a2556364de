//! The right panel of a customer: who it is, the facts, the people.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, RecordKind};
use web_kit::{
    badge::{Avatar, Badge, Tone},
    button::Button,
    button::Kind,
    format::{self, initials},
    icon::glyphs,
    load::Load,
};

use super::record::kind_name;
use crate::parts::{
    custom::CustomFacts,
    directory::{Directory, Person},
    facts::{Email, Fact, FreshBadge, Phone, TagList, Words, web_address},
    news::RecordNews,
    noun::CONTACT,
};

/// People shown in the panel; the tab holds the rest.
const PEOPLE: usize = 5;

#[component]
pub fn Panel(
    customer: Load<pb::Customer>,
    contacts: Load<Vec<pb::Contact>>,
    directory: Directory,
    news: RecordNews,
    /// Opens the form for a new contact.
    adding: RwSignal<bool>,
) -> impl IntoView {
    view! {
        {move || customer.get().map(|customer| view! {
            <Head customer=customer.clone() news/>
            <Facts customer directory news/>
        })}
        <People contacts adding/>
    }
}

#[component]
fn Head(customer: pb::Customer, news: RecordNews) -> impl IntoView {
    let since = t!("Customer since {created_at}", created_at = format::day(customer.created_at.as_ref()));
    let archived = customer.archived_at.map(|at| {
        let text = t!("Archived {at}", at = format::ago(Some(&at)));
        view! { <div><Badge tone=Tone::Warning glyph=glyphs::BOX_ARCHIVE text/></div> }
    });
    let tags = (!customer.tags.is_empty()).then(|| view! { <TagList tags=customer.tags.clone()/> });
    view! {
        <div class="panel-section stack gap-3">
            <div class="row gap-3">
                <span class="avatar is-lg is-org" aria-hidden="true">{initials(&customer.name)}</span>
                <div class="grow">
                    <div class="semibold">{customer.name.clone()}</div>
                    <div class="t-12 muted">{since}</div>
                </div>
            </div>
            {archived}
            {tags}
            <FreshBadge news/>
        </div>
    }
    .into_any()
}

#[component]
fn Facts(customer: pb::Customer, directory: Directory, news: RecordNews) -> impl IntoView {
    let kind = kind_name(if customer.kind() == pb::CustomerKind::Person { "person" } else { "business" });
    let address = customer.address.clone().unwrap_or_default();
    let assignee = (!customer.assignee_id.is_empty()).then(|| {
        view! { <Fact label=t!("Assignee") news paths=["assignee_id"]><Person directory id=customer.assignee_id.clone()/></Fact> }
    });
    let team = (!customer.team_id.is_empty()).then(|| {
        let id = customer.team_id.clone();
        view! { <Fact label=t!("Team") news paths=["team_id"]>{move || directory.team(&id)}</Fact> }
    });
    let website = (!customer.website.is_empty()).then(|| {
        let text = customer.website.clone();
        let shown = match web_address(&text) {
            Some(to) => view! { <a href=to target="_blank" rel="noopener noreferrer">{text}</a> }.into_any(),
            None => text.into_any(),
        };
        view! { <Fact label=t!("Website") news paths=["website"]>{shown}</Fact> }
    });
    let key = (!customer.external_id.is_empty()).then(|| {
        view! { <Fact label=t!("External key") news paths=["external_id"]><span class="mono">{customer.external_id.clone()}</span></Fact> }
    });
    let note = (!customer.note.is_empty()).then(|| {
        view! { <Fact label=t!("Note") news paths=["note"]><Words text=customer.note.clone()/></Fact> }
    });
    view! {
        <div class="panel-section">
            <div class="row row-between"><h2 class="section-label">{t!("Details")}</h2></div>
            <dl class="kv">
                <Fact label=t!("Owner") news paths=["owner_id"]><Person directory id=customer.owner_id.clone()/></Fact>
                {assignee}
                {team}
                <Fact label=t!("Kind") news paths=["kind"]>{kind}</Fact>
                <Fact label=t!("Phone") news paths=["phone"]><Phone number=customer.phone.clone()/></Fact>
                <Fact label=t!("E-mail") news paths=["email"]><Email address=customer.email.clone()/></Fact>
                {website}
                <Fact
                    label=t!("Address")
                    news
                    paths=["address.street", "address.postal_code", "address.city", "address.region", "address.country"]
                >
                    <Words text=lines_of(&address)/>
                </Fact>
                {key}
                <Fact label=t!("Source") news paths=["source"]>{source_name(&customer.source)}</Fact>
                {note}
                <CustomFacts kind=RecordKind::Customer values=customer.custom.clone() news/>
            </dl>
        </div>
    }
    .into_any()
}

#[component]
fn People(contacts: Load<Vec<pb::Contact>>, adding: RwSignal<bool>) -> impl IntoView {
    let list = move || {
        contacts
            .get()
            .unwrap_or_default()
            .into_iter()
            .take(PEOPLE)
            .map(|contact| {
                view! {
                    <li class="row">
                        <Avatar name=contact.name.clone() medium=true/>
                        <div class="grow person-lines">
                            <a class="truncate" href=CONTACT.address(&contact.id)>{contact.name.clone()}</a>
                            <div class="t-12 muted truncate">{contact.title}</div>
                        </div>
                    </li>
                }
            })
            .collect_view()
    };
    let more = move || {
        let count = contacts.with(|all| all.map_or(0, Vec::len));
        (count > PEOPLE).then(|| view! { <p class="t-12 muted">{t!("and {people} more", people = count - PEOPLE)}</p> })
    };
    let none = move || contacts.with(|all| all.is_some_and(Vec::is_empty));
    view! {
        <div class="panel-section">
            <div class="row row-between">
                <h2 class="section-label">{t!("Contacts")}</h2>
                {CONTACT.may_add().then(|| view! {
                    <Button kind=Kind::Ghost small=true glyph=glyphs::PLUS on_click=move |_| adding.set(true)>{t!("Add")}</Button>
                })}
            </div>
            <ul class="stack">{list}</ul>
            {more}
            <Show when=none><p class="muted t-12">{t!("Nobody yet.")}</p></Show>
        </div>
    }
    .into_any()
}

/// "manual" and "import" in words; other systems by their own name.
pub fn source_name(source: &str) -> String {
    match source {
        "" | "manual" => t!("Entered by hand").to_owned(),
        "import" => t!("Import").to_owned(),
        "lead" => t!("Lead").to_owned(),
        other => other.to_owned(),
    }
}

/// An address as on an envelope.
fn lines_of(address: &pb::Address) -> String {
    let city = [&*address.city, &*address.postal_code].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    [&*address.street, &*city.join(" "), &*address.region, &*address.country]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_empty_lines() {
        let address = pb::Address {
            street: "41 Bracken Hall Road".into(),
            postal_code: "LS8 2PA".into(),
            city: "Leeds".into(),
            ..Default::default()
        };
        assert_eq!(lines_of(&address), "41 Bracken Hall Road\nLeeds LS8 2PA");
        assert_eq!(lines_of(&pb::Address::default()), "");
    }
}
