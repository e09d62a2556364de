//! Records that may be one and the same, in groups: compared and merged one by one, or several groups at once.

mod dialog;
mod wire;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    badge::Badge,
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    error_panel::ErrorNote,
    form::FormState,
    format::number,
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
};

use self::dialog::MergeDialog;
use super::{contact, customer};
use crate::{
    api::address,
    parts::{
        conflict::dialog::Words,
        directory::use_directory,
        news::{Newer, use_newer},
        noun::{CONTACT, CUSTOMER, Noun},
    },
};

#[component]
pub fn DuplicateCustomersPage() -> impl IntoView {
    let words = customer::words(use_directory());
    view! { <Duplicates noun=&CUSTOMER words/> }
}

#[component]
pub fn DuplicateContactsPage() -> impl IntoView {
    view! { <Duplicates noun=&CONTACT words=contact::words()/> }
}

/// Groups the server merges at once.
const AT_ONCE: usize = 20;

#[component]
fn Duplicates(noun: &'static Noun, words: Words) -> impl IntoView {
    let query = use_query_map();
    let of = Memo::new(move |_| query.with(|map| map.get("of").unwrap_or_default()));
    let found = Load::new(move || wire::find(noun, of.get()));
    let chosen = RwSignal::new(BTreeSet::<String>::new());
    let comparing = RwSignal::new(None::<Vec<pb::Duplicate>>);
    let problem = RwSignal::new(None::<ApiError>);
    let form = FormState::new();
    let page = use_page(t!("Duplicates")).with_parent(t!(noun.title), address(noun.many));
    Effect::new(move |_| {
        let count = found.with(|found| found.map_or(0, |found| found.groups.len()));
        page.count.set(if count == 0 { String::new() } else { number::count(count as i64) });
    });
    let newer = use_newer(move |change| change.entity == noun.one);
    let again = move || {
        newer.set(false);
        chosen.set(BTreeSet::new());
        found.reload();
    };
    let wanted = move || {
        let groups = found.get().unwrap_or_default().groups;
        chosen.with(|chosen| groups.into_iter().filter(|group| chosen.contains(&key(group))).collect::<Vec<_>>())
    };
    let refused = Signal::derive(move || match chosen.with(BTreeSet::len) {
        0 => Some(t!("Choose groups first").to_owned()),
        count if count > AT_ONCE => Some(t!("Choose at most {at_once} groups", at_once = AT_ONCE)),
        _ => None,
    });
    let merge_chosen = move || {
        if refused.get_untracked().is_some() {
            return;
        }
        problem.set(None);
        let groups: Vec<pb::MergeGroup> = untrack(wanted).iter().map(|group| wire::group(&group.records, Vec::new())).collect();
        let act = form.act();
        let call = async move {
            let answer = wire::merge(&act, noun, groups).await;
            problem.try_set(answer.as_ref().err().cloned());
            answer
        };
        form.send(call, move |merges| {
            again();
            wire::say_merged(noun, merges, Callback::new(move |()| again()));
        });
    };
    let label = move || match chosen.with(BTreeSet::len) as i64 {
        0 => t!("Merge groups").to_owned(),
        count => n!(count, "Merge {count} group", "Merge {count} groups"),
    };
    let changed = t!("{title} changed since this was read", title = t!(noun.title));
    view! {
        <Newer there=newer text=changed on_show=move |()| again()/>
        <Loaded load=found what=t!("Duplicates") let:reply>
            {if reply.groups.is_empty() {
                view! { <NoDuplicates noun/> }.into_any()
            } else {
                let truncated = reply.truncated.then(|| view! {
                    <p class="muted">{t!("There may be more: those changed last were compared first. Merge these, and look again.")}</p>
                });
                let groups = reply.groups.into_iter()
                    .map(|group| view! { <GroupCard noun group chosen comparing/> })
                    .collect_view();
                view! {
                    <div class="duplicates stack gap-4">
                        <div class="row row-wrap">
                            <p class="soft grow">
                                {t!("Merging moves everything to the record that stays: contacts, leads, tasks, notes. It can be undone.")}
                            </p>
                            <Button glyph=glyphs::CODE_MERGE busy=form.busy disabled_because=refused on_click=move |_| merge_chosen()>
                                {label}
                            </Button>
                        </div>
                        {move || problem.get().map(|error| view! { <ErrorNote error/> })}
                        {truncated}
                        {groups}
                    </div>
                }.into_any()
            }}
        </Loaded>
        <MergeDialog noun words comparing done=move |()| again()/>
    }
    .into_any()
}

/// A group is the records in it.
fn key(group: &pb::DuplicateGroup) -> String {
    group.records.first().map(|record| record.id.clone()).unwrap_or_default()
}

fn reason(reason: pb::DuplicateReason) -> &'static str {
    match reason {
        pb::DuplicateReason::Email => t!("Same e-mail"),
        pb::DuplicateReason::Phone => t!("Same phone"),
        pb::DuplicateReason::Name => t!("Similar name"),
        pb::DuplicateReason::Unspecified => t!("Similar"),
    }
}

#[component]
fn GroupCard(
    noun: &'static Noun,
    group: pb::DuplicateGroup,
    chosen: RwSignal<BTreeSet<String>>,
    comparing: RwSignal<Option<Vec<pb::Duplicate>>>,
) -> impl IntoView {
    let key = key(&group);
    let title = group.records.first().map(|record| record.name.clone()).unwrap_or_default();
    let badges = group.reasons().map(|one| view! { <Badge text=reason(one)/> }).collect_view();
    let rows = group
        .records
        .iter()
        .map(|record| {
            let href = noun.address(&record.id);
            view! {
                <tr>
                    <td data-p="a"><a class="cell-main" href=href>{record.name.clone()}</a></td>
                    <td data-p="d" class="soft">{record.subtitle.clone()}</td>
                    <td data-p="c" class="soft">{record.email.clone()}</td>
                    <td class="soft">{record.phone.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    let records = group.records;
    let (checked, toggled) = (key.clone(), key);
    let label = t!("Choose the group of {title}", title);
    let region = t!("Records like {title}", title);
    view! {
        <section class="card">
            <header class="card-head">
                <input
                    type="checkbox"
                    class="box"
                    aria-label=label
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&checked))
                    on:change=move |_| chosen.update(|chosen| {
                        if !chosen.remove(&toggled) {
                            chosen.insert(toggled.clone());
                        }
                    })
                />
                <h2 class="grow">{title}</h2>
                <span class="row row-wrap duplicate-why">{badges}</span>
                <Button small=true glyph=glyphs::CODE_COMPARE on_click=move |_| comparing.set(Some(records.clone()))>{t!("Compare")}</Button>
            </header>
            <div class="table-wrap" tabindex="0" role="region" aria-label=region>
                <table class="table cards-on-phone">
                    <thead>
                        <tr>
                            <th scope="col">{t!("Name")}</th>
                            <th scope="col">{t!("Which")}</th>
                            <th scope="col">{t!("E-mail")}</th>
                            <th scope="col">{t!("Phone")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn NoDuplicates(noun: &'static Noun) -> impl IntoView {
    let actions = ViewFn::from(move || {
        view! { <LinkButton href=address(noun.many) kind=Kind::Primary>{t!("All {many}", many = t!(noun.many))}</LinkButton> }
    });
    let text = t!("No two {many} share an e-mail address, a phone number or a similar name.", many = t!(noun.many));
    view! { <EmptyState title=t!("No duplicates found") text actions/> }
}
