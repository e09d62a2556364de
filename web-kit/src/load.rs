//! Reading from the server into a page: the last value stays while a newer one is on its way.

use std::{cell::Cell, future::Future, time::Duration};

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::error::ApiError,
    browser,
    error_panel::ErrorPanel,
    presence,
    skeleton::{Delayed, SkeletonLines, steady},
};

type Fetch<T> = Box<dyn Fn() -> LocalBoxFuture<'static, Result<T, ApiError>>>;

/// A value that is read when the page opens, again when a signal its closure reads changes, and on [`Load::reload`].
pub struct Load<T: Send + Sync + 'static> {
    value: RwSignal<Option<T>>,
    error: RwSignal<Option<ApiError>>,
    loading: RwSignal<bool>,
    round: RwSignal<u32>,
}

impl<T: Send + Sync> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Load<T> {}

impl<T: Clone + Send + Sync> Load<T> {
    /// `fetch` makes the call. Signals read before its first `await` are followed.
    pub fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<T, ApiError>> + 'static,
    {
        Self::new_boxed(Box::new(move || Box::pin(fetch())))
    }

    fn new_boxed(fetch: Fetch<T>) -> Self {
        let this = Self {
            value: RwSignal::new(None),
            error: RwSignal::new(None),
            loading: RwSignal::new(true),
            round: RwSignal::new(0),
        };
        let asked = StoredValue::new(0_u32);
        Effect::new(move |_| {
            this.round.track();
            let number = asked.get_value() + 1;
            asked.set_value(number);
            this.loading.set(true);
            let shows_skeleton = this.value.with_untracked(Option::is_none);
            let answer = fetch();
            spawn_local(async move {
                let answer = if shows_skeleton { steady(answer).await } else { answer.await };
                // Answers of a page that is gone, or of a question that is no longer asked, are dropped.
                if asked.try_get_value() == Some(number) {
                    this.settle(answer);
                }
            });
        });
        this
    }

    fn settle(self, answer: Result<T, ApiError>) {
        match answer {
            Ok(value) => {
                self.error.set(None);
                self.value.set(Some(value));
            }
            Err(error) => self.error.set(Some(error)),
        }
        self.loading.set(false);
    }

    /// The newest value there is, followed.
    pub fn get(self) -> Option<T> {
        self.value.get()
    }

    pub fn get_untracked(self) -> Option<T> {
        self.value.get_untracked()
    }

    pub fn with<R>(self, read: impl FnOnce(Option<&T>) -> R) -> R {
        self.value.with(|value| read(value.as_ref()))
    }

    pub fn error(self) -> Signal<Option<ApiError>> {
        self.error.into()
    }

    pub fn loading(self) -> Signal<bool> {
        self.loading.into()
    }

    pub fn reload(self) {
        self.round.update(|round| *round += 1);
    }

    /// Puts a value that is newer than the server's last answer, e.g. the reply to a change.
    pub fn set(self, value: T) {
        self.value.set(Some(value));
    }

    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.value.update(|value| {
            if let Some(value) = value {
                change(value);
            }
        });
    }
}

/// Seconds between two looks of a page that nobody touches: the server keeps each in its audit.
const AWAY_EVERY: i64 = 60;

/// Runs `look` again and again while the page is in sight, as long as the calling component lives; seldom while nobody is there.
pub fn look_again(every: Duration, look: impl Fn() + 'static) {
    let last = Cell::new(browser::now());
    let looking = move || {
        let now = browser::now();
        if browser::is_visible() && (!presence::is_away() || now - last.get() >= AWAY_EVERY) {
            last.set(now);
            look();
        }
    };
    let timer = set_interval_with_handle(looking, every);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
}

/// Shows a [`Load`]: a skeleton at first, then what `children` make of the value, or what went wrong with a way out.
/// A failed refresh keeps the old value on the page.
#[component]
pub fn Loaded<T, F, V>(
    load: Load<T>,
    /// Thing that is shown, for the sentence when it can't be: "Customers".
    #[prop(into)]
    what: String,
    /// Takes the place of the standard skeleton.
    #[prop(optional)]
    skeleton: Option<ViewFn>,
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let error = load.error();
    move || match (load.get(), error.get()) {
        (Some(value), _) => children(value).into_any(),
        (None, Some(error)) => {
            let what = what.clone();
            view! { <ErrorPanel what error on_retry=Callback::new(move |()| load.reload())/> }.into_any()
        }
        (None, None) => {
            let skeleton = skeleton.clone();
            view! {
                <Delayed>
                    {match &skeleton {
                        Some(skeleton) => skeleton.run(),
                        None => view! { <SkeletonLines/> }.into_any(),
                    }}
                </Delayed>
            }
            .into_any()
        }
    }
}
