//! The board of leads: a lane per stage, cards that move by hand or by keys, and a way back.

use futures::future::try_join_all;
use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    badge::{Avatar, Badge, Tone},
    board::{Board, Card, Lane as BoardLane, Moved},
    browser,
    empty::EmptyState,
    error_panel::ErrorNote,
    format::{self, number},
    icon::{Icon, glyphs},
    keys::use_shortcut,
    layout::use_page,
    list::{aip, chips::to_filter, filter_bar::FilterBar, query::use_list_query, state::ListState},
    live::{Heard, use_live},
    load::Load,
    skeleton::Skeleton,
    toast::use_toasts,
};

use super::lead::{
    aside::{card_address, show_chosen},
    form::NewLead,
    lanes::{Lane, refresh, shift},
    look::{self, AddLead, LookSwitch, NoLeads},
    record,
    words::{follow_up, is_open, use_stages, worth},
};
use crate::parts::{
    directory::{Directory, use_directory},
    noun::LEAD,
    place::Place,
    views::{ViewsBar, use_views},
};

/// Cards of a lane; the list holds the rest.
const CARDS: i32 = 200;
/// Leads that came this recently say so.
const NEW_SECONDS: i64 = 60 * 60;
/// Others' changes are gathered this long before the board looks again.
const GATHER_MS: u32 = 500;

#[component]
pub fn LeadBoardPage() -> impl IntoView {
    let query = use_list_query("");
    let directory = use_directory();
    let stages = use_stages();
    let adding = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let board = Load::new(move || read(query.get()));
    let views = use_views(pb::ListKind::Lead, look::chips(), query, look::built_in_views(), Some(look::count()));
    follow(board);

    let page = use_page(t!("Leads")).flush();
    page.with_actions(move || view! { <AddLead adding/> });
    Effect::new(move |_| {
        let open =
            |lanes: &Vec<Lane>| lanes.iter().filter(|lane| is_open(Some(&lane.stage))).map(|lane| lane.total.0).sum::<i64>();
        let count = board.with(|lanes| lanes.map(open));
        page.count.set(count.map(|count| t!("{number} open", number = number::count(count))).unwrap_or_default());
    });
    show_chosen(page, board, stages, directory, problem);
    if LEAD.may_add() {
        use_shortcut("c", t!("New lead"), move || adding.set(true));
    }
    let lanes = Signal::derive(move || {
        let lanes = board.get().unwrap_or_default();
        let state = query.get();
        lanes.into_iter().map(|lane| board_lane(lane, &state, directory)).collect::<Vec<_>>()
    });
    let is_empty = move || board.with(|lanes| lanes.is_some_and(|all| all.iter().all(|lane| lane.total.0 == 0)));
    let has_stages = move || board.with(|lanes| lanes.is_some_and(|all| !all.is_empty()));
    let is_bare = move || has_stages() && is_empty() && !query.with(ListState::is_narrowed);
    let cut = move || board.with(|lanes| lanes.is_some_and(|all| all.iter().any(|lane| lane.total.0 > lane.leads.len() as i64)));
    // The board shows what was read last, which another filter may not have asked for.
    let failed = move || board.error().get().filter(|_| board.with(|lanes| lanes.is_some()));
    let switch = ViewFn::from(move || view! { <LookSwitch query board=true/> });
    let (search, filters) = (t!("Subject, company, phone, number"), look::filters(directory, None));
    view! {
        <ViewsBar views problem lead=switch/>
        <FilterBar query search filters on_save_view=views.on_save()/>
        {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
        {move || failed().map(|error| {
            view! { <div class="list-problem"><ErrorNote error on_retry=move |()| board.reload()/></div> }
        })}
        <Place load=board what=t!("Leads") skeleton=ViewFn::from(|| view! { <LanesToCome/> })>
            <Show when=move || is_empty() && query.with(ListState::is_narrowed)>
                <p class="board-note muted">{t!("No lead matches.")}</p>
            </Show>
            <Show when=cut>
                <p class="board-note muted">{t!("The first {cards} of each stage are shown; the list holds all.", cards = CARDS)}</p>
            </Show>
            <Show when=move || !is_bare() fallback=move || view! { <NoLeads adding/> }>
                <Show
                    when=has_stages
                    fallback=|| view! { <EmptyState title=t!("No stages") text=t!("This company’s pipeline has no stages, so there is no board.")/> }
                >
                    <Board
                        label=t!("Lead board")
                        lanes
                        on_move=move |moved: Moved| {
                            carry_out(board, problem, moved);
                        }
                        locked=!LEAD.may_edit()
                    />
                </Show>
            </Show>
        </Place>
        <NewLead open=adding directory stages added=move |_| board.reload()/>
    }
    .into_any()
}

/// Places of lanes and cards.
#[component]
fn LanesToCome() -> impl IntoView {
    let card = || view! { <div class="kcard is-ghost"><Skeleton width=16/><Skeleton width=12/><Skeleton width=20/></div> };
    let lane = |cards| {
        view! { <div class="lane"><div class="lane-head"><Skeleton width=9/></div>{(0..cards).map(|_| card()).collect_view()}</div> }
    };
    view! {
        <div class="board" role="status">
            <span class="sr-only">{t!("Loading")}</span>
            {[3, 2, 3, 1].map(lane)}
        </div>
    }
}

/// All lanes at once, each with the same search and filters.
async fn read(state: ListState) -> Result<Vec<Lane>, ApiError> {
    let narrowed = to_filter(&state, look::chips());
    let stages = record::stages().await?;
    let lanes = stages.into_iter().map(|stage| {
        let filter = aip::and([aip::eq("stage_id", &stage.id), narrowed.clone()]);
        let order_by = "stage".to_owned();
        let request = pb::ListLeadsRequest { page_size: CARDS, order_by, filter, count_total: true, ..Default::default() };
        async move {
            let page = look::page(request).await?;
            Ok(Lane { stage, leads: page.rows, total: page.total.unwrap_or_default() })
        }
    });
    try_join_all(lanes).await
}

/// Moves the card at once, tells the server, and takes it back when that fails.
fn carry_out(board: Load<Vec<Lane>>, problem: RwSignal<Option<ApiError>>, moved: Moved) {
    let mut was = None;
    let mut named = None;
    board.update(|lanes| {
        was = shift(lanes, &moved.card, &moved.to_lane, moved.before.as_deref());
        let lane = lanes.iter().find(|lane| lane.stage.id == moved.to_lane);
        named = lane.and_then(|lane| {
            let lead = lane.leads.iter().find(|lead| lead.id == moved.card)?;
            Some((lead.name.clone(), lane.stage.name.clone()))
        });
    });
    let (Some((stage, before)), Some((name, title))) = (was, named) else {
        return;
    };
    let card = moved.card.clone();
    let toasts = use_toasts();
    spawn_local(async move {
        let answer = record::put(card.clone(), moved.to_lane.clone(), moved.before.clone().unwrap_or_default()).await;
        let here = problem.try_set(answer.as_ref().err().cloned()).is_none();
        match answer {
            Ok((lead, was_before)) => {
                if here {
                    board.update(|lanes| refresh(lanes, &lead));
                }
                let was = Was { card, stage, before, was_before };
                toasts.say_with_undo(t!("{name} moved to {title}", name, title), move || put_back(board, problem, was.clone()));
            }
            Err(_) if here => {
                board.update(|lanes| drop(shift(lanes, &card, &stage, before.as_deref())));
                board.reload();
            }
            Err(error) => toasts.say(t!("{name} was not moved: {reason}", name, reason = error.sentence())),
        }
    });
}

/// Where a card was.
#[derive(Clone)]
struct Was {
    card: String,
    stage: String,
    /// The card it stood before on this board, which a filter may have thinned out.
    before: Option<String>,
    /// The lead it stood before in the whole stage; empty for its end.
    was_before: String,
}

fn put_back(board: Load<Vec<Lane>>, problem: RwSignal<Option<ApiError>>, was: Was) {
    let Was { card, stage, before, was_before } = was;
    if problem.try_get_untracked().is_some() {
        board.update(|lanes| drop(shift(lanes, &card, &stage, before.as_deref())));
    }
    spawn_local(async move {
        let answer = record::put_back(card, stage, was_before).await;
        if let Err(error) = &answer {
            use_toasts().say(t!("Not undone: {reason}", reason = error.sentence()));
        }
        if problem.try_set(answer.err()).is_none() {
            board.reload();
        }
    });
}

/// Other people's moves and edits. The board looks again as a whole, because one move changes the order of a lane.
fn follow(board: Load<Vec<Lane>>) {
    let waiting = StoredValue::new(false);
    let look_again = move || {
        if waiting.get_value() {
            return;
        }
        waiting.set_value(true);
        spawn_local(async move {
            browser::sleep_ms(GATHER_MS).await;
            // Gone with its page.
            if waiting.try_set_value(false).is_none() {
                board.reload();
            }
        });
    };
    use_live(move |heard| match heard {
        Heard::Change(change) if matches!(&*change.entity, "lead" | "lead_stage") => look_again(),
        Heard::Reset => look_again(),
        Heard::Change(_) => {}
    });
}

fn board_lane(lane: Lane, state: &ListState, directory: Directory) -> BoardLane {
    let (count, sum) = (lane.count(), lane.sum());
    let open = is_open(Some(&lane.stage));
    let cards = lane.leads.into_iter().map(|lead| card(lead, open, state, directory)).collect();
    BoardLane { id: lane.stage.id, title: lane.stage.name, count, sum, cards }
}

fn card(lead: pb::Lead, open: bool, state: &ListState, directory: Directory) -> Card {
    let (id, name) = (lead.id.clone(), lead.name.clone());
    let href = card_address(state, &id);
    Card { id, name, href, face: ViewFn::from(move || view! { <Face lead=lead.clone() open directory/> }) }
}

#[component]
fn Face(lead: pb::Lead, open: bool, directory: Directory) -> impl IntoView {
    let who = if lead.company.is_empty() { lead.contact_name.clone() } else { lead.company.clone() };
    let next = match follow_up(&lead, open) {
        Some((text, Tone::Danger)) => view! { <span class="push down"><Icon glyph=glyphs::CLOCK/>" "{text}</span> }.into_any(),
        Some((text, _)) => view! { <span class="push muted">{text}</span> }.into_any(),
        None if !lead.customer_id.is_empty() => view! { <span class="push muted">{t!("converted")}</span> }.into_any(),
        None => view! { <span class="push"></span> }.into_any(),
    };
    let age = browser::now() - lead.created_at.map_or(0, |at| at.seconds);
    let fresh = (age < NEW_SECONDS).then(|| {
        let text = t!("Arrived {created_at}", created_at = format::ago(lead.created_at.as_ref()));
        view! { <Badge tone=Tone::Accent glyph=glyphs::BOLT text/> }
    });
    let owner = lead.owner_id.clone();
    view! {
        <span class="row"><span class="medium truncate grow">{lead.name.clone()}</span></span>
        <span class="soft truncate">{who}</span>
        <span class="row t-12">
            <span class="medium tnum">{worth(&lead)}</span>
            {next}
            {move || (!owner.is_empty()).then(|| view! { <Avatar name=directory.person(&owner) named=true/> })}
        </span>
        {fresh}
    }
    .into_any()
}
