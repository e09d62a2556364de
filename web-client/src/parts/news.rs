//! Other people's changes on the page that shows the record.

use std::{collections::BTreeMap, rc::Rc};

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::error::ApiError,
    browser,
    button::Button,
    format::number,
    icon::glyphs,
    list::{
        aip,
        chips::{ChipOf, to_filter},
        query::ListQuery,
        rows::Rows,
        state::ListState,
    },
    live::{Heard, LiveChange, Op, use_live},
};

use super::noun::Noun;
use crate::api::me;

/// Changes are gathered this long, so that a burst is one look at the server.
const GATHER_MS: u32 = 300;
/// How long another person's change to the record on the page is called new.
const FRESH_MS: u32 = 60_000;
/// More than this many changed rows are read as a new page instead of one by one.
const ONE_BY_ONE: usize = 10;

/// Reads one record as the list would show it, by the filter given; None when it is not in the list.
pub type Fetch<T> = Rc<dyn Fn(String) -> LocalBoxFuture<'static, Result<Option<T>, ApiError>>>;
/// Fields whose change hands a record to somebody, or brings it back.
const PLACING: [&str; 4] = ["owner_id", "assignee_id", "team_id", "archived_at"];

/// Records that belong into a list and are not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unshown {
    pub count: usize,
    /// There may be more than were counted.
    pub uncounted: bool,
}

fn is_own(change: &LiveChange) -> bool {
    me().user.is_some_and(|user| user.id == change.actor_id)
}

/// "Tom" of "Tom Ashworth"; a badge has little room.
fn first_name(name: &str) -> String {
    name.split_whitespace().next().unwrap_or(t!("Somebody")).to_owned()
}

/// Keeps a list in step: rows that are shown are read again, and what comes into the list from elsewhere is counted, because a list
/// never moves under the hand. `chips` and `query` say what the list shows, `fetch` reads by a filter.
pub fn follow_list<T: Send + Sync + 'static>(
    noun: &'static Noun,
    chips: &'static [ChipOf],
    query: ListQuery,
    rows: Rows<T>,
    fetch: Fetch<T>,
) -> RwSignal<Unshown> {
    let unshown = RwSignal::new(Unshown::default());
    let waiting = StoredValue::new(BTreeMap::<String, String>::new());
    let settle = move || {
        let fetch = fetch.clone();
        spawn_local(async move {
            browser::sleep_ms(GATHER_MS).await;
            let Some(changed) = waiting.try_update_value(std::mem::take) else {
                return;
            };
            if changed.len() > ONE_BY_ONE {
                if changed.keys().any(|id| rows.has(id)) {
                    rows.reload();
                } else {
                    unshown.update(|unshown| unshown.uncounted = true);
                }
                return;
            }
            for (id, who) in changed {
                let filter = aip::and([to_filter(&query.get_untracked(), chips), aip::eq("id", &id)]);
                let answer = fetch(filter).await;
                if waiting.try_get_value().is_none() {
                    return;
                }
                match answer {
                    Ok(Some(row)) if rows.has(&id) => {
                        rows.replace(row);
                        if !who.is_empty() {
                            rows.touch(&id, &who);
                        }
                    }
                    Ok(Some(_)) => unshown.update(|unshown| unshown.count += 1),
                    Ok(None) => drop(rows.remove(&id)),
                    // The row stays as it was until the next look at the list.
                    Err(_) => {}
                }
            }
        });
    };
    use_live(move |heard| match heard {
        // "Deleted" also tells those from whom a record was taken, and the others hear it too: looking again tells.
        Heard::Change(change) if change.entity == noun.one && (rows.has(&change.id) || may_come_in(&change, rows)) => {
            let who = if is_own(&change) { String::new() } else { first_name(&change.actor_name) };
            let was_empty = waiting.with_value(BTreeMap::is_empty);
            waiting.update_value(|waiting| {
                waiting.insert(change.id, who);
            });
            if was_empty {
                settle();
            }
        }
        Heard::Reset => rows.reload(),
        Heard::Change(_) => {}
    });
    // Another question has its answer read anew.
    Effect::new(move |before: Option<ListState>| {
        let asked = query.asked();
        if before.is_some_and(|before| before != asked) {
            unshown.set(Unshown::default());
        }
        asked
    });
    unshown
}

/// A record that is not shown may belong into the list now, one's own from another window too. In a long list that is read in part, an
/// edit is more likely to one further down.
fn may_come_in<T: Send + Sync>(change: &LiveChange, rows: Rows<T>) -> bool {
    let is_placed = change.op() == Op::Created || change.fields.iter().any(|field| PLACING.contains(&&**field));
    is_placed || !untrack(|| rows.has_more())
}

/// Says that there are records to show, and shows them when asked.
#[component]
pub fn NewRecords<T: Send + Sync + 'static>(noun: &'static Noun, rows: Rows<T>, unshown: RwSignal<Unshown>) -> impl IntoView {
    let show = move |()| {
        unshown.set(Unshown::default());
        rows.reload();
    };
    let text = Signal::derive(move || {
        let Unshown { count, uncounted } = unshown.get();
        match (count, uncounted) {
            (_, true) => t!("Many {many} have changed since this list was read", many = t!(noun.many)),
            (1, false) => t!("1 new {one} since this list was read", one = t!(noun.one)),
            (count, false) => {
                t!("{number} new {many} since this list was read", number = number::count(count as i64), many = t!(noun.many))
            }
        }
    });
    view! { <Newer there=Signal::derive(move || unshown.get() != Unshown::default()) text on_show=show/> }
}

/// Says that the page is no longer the newest there is, and shows that when asked.
#[component]
pub fn Newer(
    #[prop(into)] there: Signal<bool>,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] on_show: Callback<()>,
) -> impl IntoView {
    view! {
        <div role="status">
            <Show when=move || there.get()>
                <div class="news-bar">
                    <span>{text}</span>
                    <Button small=true glyph=glyphs::ROTATE_RIGHT on_click=move |_| on_show.run(())>{t!("Show")}</Button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// True once somebody else has changed a thing that `is_shown` knows, or what was missed can't be told.
pub fn use_newer(is_shown: impl Fn(&LiveChange) -> bool + 'static) -> RwSignal<bool> {
    let newer = RwSignal::new(false);
    use_live(move |heard| match heard {
        Heard::Change(change) if is_own(&change) || !is_shown(&change) => {}
        Heard::Change(_) | Heard::Reset => newer.set(true),
    });
    newer
}

/// What another person just changed on the record shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    pub who: String,
    pub fields: Vec<String>,
}

/// News of one record.
#[derive(Clone, Copy)]
pub struct RecordNews {
    /// Grows with everything that happened to it.
    pub count: RwSignal<u32>,
    pub touched: RwSignal<Option<Touched>>,
    round: StoredValue<u32>,
}

impl Default for RecordNews {
    /// None so far.
    fn default() -> Self {
        Self { count: RwSignal::new(0), touched: RwSignal::new(None), round: StoredValue::new(0) }
    }
}

impl RecordNews {
    /// Whether another person just changed this field.
    pub fn is_fresh(self, path: &str) -> bool {
        self.touched.with(|touched| touched.as_ref().is_some_and(|one| one.fields.iter().any(|field| field == path)))
    }

    /// "Just now" is true for a while only.
    fn fade_later(self) {
        let round = self.round.get_value() + 1;
        self.round.set_value(round);
        spawn_local(async move {
            browser::sleep_ms(FRESH_MS).await;
            if self.round.try_get_value() == Some(round) {
                self.touched.set(None);
            }
        });
    }

    pub fn bump(self) {
        self.count.update(|count| *count += 1);
    }
}

/// Follows one record; `reload` reads it again.
pub fn follow_record(entity: &'static str, id: Signal<String>, reload: impl Fn() + 'static) -> RecordNews {
    let news = RecordNews::default();
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == entity && id.with(|id| *id == change.id) => {
            let touched = (!is_own(&change)).then(|| Touched { who: first_name(&change.actor_name), fields: change.fields });
            news.touched.set(touched);
            news.fade_later();
            news.bump();
            reload();
        }
        // They stand on the timeline too, as fields without their values.
        Heard::Change(change) if change.entity == "customer_private" && id.with(|id| *id == change.id) => news.bump(),
        // The news of a note names the record it stands on.
        Heard::Change(change) if change.entity == "timeline" && id.with(|id| change.fields.contains(id)) => news.bump(),
        Heard::Reset => {
            news.bump();
            reload();
        }
        Heard::Change(_) => {}
    });
    news
}
