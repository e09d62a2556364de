//! Rows that come page by page from the server.

use std::{collections::BTreeMap, future::Future, rc::Rc, sync::Arc};

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::{error::ApiError, use_api},
    skeleton::steady,
};

/// One answer of a list call.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Empty on the last page.
    pub next_page_token: String,
    /// Rows that match, and whether there are more than that.
    pub total: Option<(i64, bool)>,
}

type Fetch<T> = Rc<dyn Fn(String) -> LocalBoxFuture<'static, Result<Page<T>, ApiError>>>;

#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    /// The rows answer an earlier question than the one that is asked.
    outdated: bool,
    /// What failed last is the first page, not one further down.
    failed_first: bool,
    /// There are rows of more than the first page.
    read_on: bool,
}

/// All rows read so far. Copy it freely.
pub struct Rows<T: Send + Sync + 'static> {
    loaded: RwSignal<Vec<Arc<T>>>,
    /// Token of the next page; None before the first answer.
    next: RwSignal<Option<String>>,
    pub total: RwSignal<Option<(i64, bool)>>,
    pub loading: RwSignal<bool>,
    pub error: RwSignal<Option<ApiError>>,
    /// Rows another person changed, and who; until they are opened.
    pub touched: RwSignal<BTreeMap<String, String>>,
    key: StoredValue<fn(&T) -> String>,
    fetch: StoredValue<Fetch<T>, LocalStorage>,
    round: RwSignal<u32>,
    asked: StoredValue<u32>,
    marks: StoredValue<Marks>,
    /// Grows when another question is asked, so that the list begins at its top again.
    pub(crate) renewed: RwSignal<u32>,
}

impl<T: Send + Sync> Clone for Rows<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Rows<T> {}

impl<T: Send + Sync> Rows<T> {
    /// `key` is the row's id. `fetch` asks for the page of a token (empty for the first); signals it reads before its
    /// first `await` are followed, and a change of them begins anew.
    pub fn new<F, Fut>(key: fn(&T) -> String, fetch: F) -> Self
    where
        F: Fn(String) -> Fut + 'static,
        Fut: Future<Output = Result<Page<T>, ApiError>> + 'static,
    {
        let fetch: Fetch<T> = Rc::new(move |token| Box::pin(fetch(token)));
        let this = Self {
            loaded: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            loading: RwSignal::new(true),
            error: RwSignal::new(None),
            touched: RwSignal::new(BTreeMap::new()),
            key: StoredValue::new(key),
            fetch: StoredValue::new_local(fetch),
            round: RwSignal::new(0),
            asked: StoredValue::new(0),
            marks: StoredValue::new(Marks::default()),
            renewed: RwSignal::new(0),
        };
        Effect::new(move |before: Option<u32>| {
            let round = this.round.get();
            if before == Some(round) {
                this.marks.update_value(|marks| marks.outdated = true);
                this.renewed.update(|count| *count += 1);
            }
            this.ask(String::new());
            round
        });
        this.ask_again_on_return();
        this
    }

    /// What the network kept away is asked for once the server answers again.
    fn ask_again_on_return(self) {
        let online = use_api().online;
        Effect::new(move |was: Option<bool>| {
            let now = online.get();
            let kept_away = self.error.with_untracked(|error| error.as_ref().is_some_and(ApiError::is_network));
            if was == Some(false) && now && kept_away {
                self.retry();
            }
            now
        });
    }

    fn ask(self, token: String) {
        let number = self.asked.get_value() + 1;
        self.asked.set_value(number);
        self.loading.set(true);
        let first = token.is_empty();
        let shows_skeleton = self.next.with_untracked(Option::is_none);
        let answer = self.fetch.get_value()(token);
        spawn_local(async move {
            let answer = if shows_skeleton { steady(answer).await } else { answer.await };
            // A page that is gone, or a question that is no longer asked.
            if self.asked.try_get_value() == Some(number) {
                self.settle(answer, first);
            }
        });
    }

    fn settle(self, answer: Result<Page<T>, ApiError>, first: bool) {
        match answer {
            Ok(page) => {
                if first {
                    self.marks.update_value(|marks| marks.outdated = false);
                }
                self.marks.update_value(|marks| marks.read_on = !first);
                let new: Vec<_> = page.rows.into_iter().map(Arc::new).collect();
                self.loaded.update(|rows| if first { *rows = new } else { rows.extend(new) });
                self.next.set(Some(page.next_page_token));
                if first || page.total.is_some() {
                    self.total.set(page.total);
                }
                self.error.set(None);
            }
            Err(error) => {
                self.marks.update_value(|marks| marks.failed_first = first);
                if self.marks.get_value().outdated {
                    self.forget();
                }
                self.error.set(Some(error));
            }
        }
        self.loading.set(false);
    }

    /// Rows of another question would pass for an answer to this one.
    fn forget(self) {
        self.loaded.set(Vec::new());
        self.next.set(None);
        self.total.set(None);
    }

    /// Asks for the page after the last one, if there is one and none is on its way.
    pub fn more(self) {
        let next = self.next.get_untracked().filter(|token| !token.is_empty());
        if let Some(token) = next
            && !self.loading.get_untracked()
            && self.error.with_untracked(Option::is_none)
        {
            untrack(|| self.ask(token));
        }
    }

    /// Reads the first page again; the old rows stay until it is there.
    pub fn reload(self) {
        self.round.update(|round| *round += 1);
    }

    /// Reads the first page again because time has passed. Whoever has read on keeps the rows, which a first page would replace.
    pub fn look(self) {
        if !self.marks.get_value().read_on && !self.loading.get_untracked() {
            self.reload();
        }
    }

    /// Tries the page that failed again.
    pub fn retry(self) {
        self.error.set(None);
        if self.marks.get_value().failed_first {
            self.reload();
        } else {
            self.more();
        }
    }

    /// The rows shown could not be read again; otherwise an error is about the rows after them.
    pub(crate) fn failed_first(self) -> bool {
        self.marks.get_value().failed_first
    }

    pub fn get(self) -> Vec<Arc<T>> {
        self.loaded.get()
    }

    pub fn with<R>(self, read: impl FnOnce(&[Arc<T>]) -> R) -> R {
        self.loaded.with(|rows| read(rows))
    }

    pub fn with_untracked<R>(self, read: impl FnOnce(&[Arc<T>]) -> R) -> R {
        self.loaded.with_untracked(|rows| read(rows))
    }

    pub(crate) fn track(self) {
        self.loaded.track();
    }

    pub fn count(self) -> usize {
        self.loaded.with(Vec::len)
    }

    /// The first answer has come.
    pub fn is_ready(self) -> bool {
        self.next.with(Option::is_some)
    }

    pub fn has_more(self) -> bool {
        self.next.with(|next| next.as_ref().is_some_and(|token| !token.is_empty()))
    }

    /// Empty when the list is gone, which an undo that outlives its page may ask.
    pub fn key_of(self, row: &T) -> String {
        self.key.try_get_value().map(|key| key(row)).unwrap_or_default()
    }

    pub fn has(self, key: &str) -> bool {
        self.loaded.with_untracked(|rows| rows.iter().any(|row| self.key_of(row) == key))
    }

    /// Puts a row in place of the one with its key.
    pub fn replace(self, row: T) {
        let key = self.key_of(&row);
        self.loaded.update(|rows| {
            if let Some(place) = rows.iter_mut().find(|known| self.key_of(known) == key) {
                *place = Arc::new(row);
            }
        });
    }

    pub fn insert_first(self, row: T) {
        self.loaded.update(|rows| rows.insert(0, Arc::new(row)));
        self.total.update(|total| {
            if let Some((count, _)) = total {
                *count += 1;
            }
        });
    }

    /// Takes a row out; gives it back with its place, for undo.
    pub fn remove(self, key: &str) -> Option<(usize, Arc<T>)> {
        let mut taken = None;
        self.loaded.update(|rows| {
            taken = rows.iter().position(|row| self.key_of(row) == key).map(|at| (at, rows.remove(at)));
        });
        taken
    }

    pub fn put_back(self, at: usize, row: Arc<T>) {
        self.loaded.update(|rows| rows.insert(at.min(rows.len()), row));
    }

    /// Marks a row as changed by another person; it glows once and names who.
    pub fn touch(self, key: &str, who: &str) {
        self.touched.update(|touched| {
            touched.insert(key.to_owned(), who.to_owned());
        });
    }
}
