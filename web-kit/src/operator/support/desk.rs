//! What the rows and dialogs of support sessions share, and the card that shows those of one company.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{RIGHT, SupportLine, SupportPortal, ask, opening, row};
use crate::{
    api::{error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    error_panel::ErrorNote,
    icon::glyphs,
    load::{Load, Loaded, look_again},
    operator::{elevation::use_elevated, space::may},
};

/// How often the page looks for a company's answer.
const LOOK_EVERY: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
pub(super) struct Desk {
    /// The company; empty for all.
    pub tenant_id: StoredValue<String>,
    pub load: Load<Vec<SupportLine>>,
    pub problem: RwSignal<Option<ApiError>>,
    pub asking: RwSignal<bool>,
    /// The one being opened, while `busy`.
    opening: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Desk {
    pub fn new<P: SupportPortal>(tenant_id: String) -> Self {
        let tenant_id = StoredValue::new(tenant_id);
        let desk = Self {
            tenant_id,
            load: Load::new(move || P::support_sessions(use_api(), tenant_id.get_value())),
            problem: RwSignal::new(None),
            asking: RwSignal::new(false),
            opening: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        desk.follow::<P>();
        desk
    }

    fn want_to_ask(self) {
        use_elevated().with(RIGHT.name, move || self.asking.set(true));
    }

    pub fn is_opening(self, id: &str) -> bool {
        self.busy.get() && self.opening.with(|opening| opening.as_deref() == Some(id))
    }

    /// Leaves for the other portal by the link that works once. Who comes back without having used it is given it again.
    pub fn open<P: SupportPortal>(self, id: String) {
        let call = move || {
            self.problem.set(None);
            self.opening.set(Some(id.clone()));
            P::take_opening(use_api(), opening::act(&id), id.clone())
        };
        use_elevated().perform(RIGHT.name, self.busy, call, move |answer| match answer {
            Ok(url) => browser::leave_for(&url),
            Err(error) => {
                if self.problem.try_set(Some(error)).is_none() {
                    self.load.reload();
                }
            }
        });
    }

    /// An answer of the company is not told to open pages: they look for it while they wait for one.
    fn follow<P: SupportPortal>(self) {
        let api = use_api();
        look_again(LOOK_EVERY, move || {
            let known = self.load.get_untracked();
            if !known.as_ref().is_some_and(|all| all.iter().any(SupportLine::goes_on)) {
                return;
            }
            let tenant_id = self.tenant_id.get_value();
            spawn_local(async move {
                let Ok(found) = P::support_sessions(api, tenant_id).await else { return };
                // Rows that are drawn anew lose the focus, and an answer that came meanwhile may be newer than this one.
                let is_here = self.tenant_id.try_get_value().is_some();
                if is_here && self.load.get_untracked() == known && known.as_ref() != Some(&found) {
                    self.load.set(found);
                }
            });
        });
    }
}

/// Those of one company, and the way to ask it.
pub fn card<P: SupportPortal>(tenant_id: String) -> AnyView {
    let desk = Desk::new::<P>(tenant_id);
    let nobody = t!("Nobody has asked to look at this company.");
    view! {
        <section class="card">
            <div class="card-head"><h2>{t!("Support sessions")}</h2><span class="push"></span>{button(desk, true)}</div>
            {list::<P>(desk, nobody)}
        </section>
        {ask::dialog::<P>(desk)}
    }
    .into_any()
}

/// Asks a company, for those who may: in the head of a card, or as what its page is for.
pub(super) fn button(desk: Desk, small: bool) -> impl IntoView {
    let ask = move |_| desk.want_to_ask();
    let kind = if small { Kind::Quiet } else { Kind::Primary };
    may("support_session.request").then(|| {
        view! { <Button small kind glyph=glyphs::LIFE_RING on_click=ask>{t!("Request support session")}</Button> }
    })
}

pub(super) fn list<P: SupportPortal>(desk: Desk, nobody: &'static str) -> impl IntoView {
    let Desk { load, problem, .. } = desk;
    view! {
        {move || problem.get().map(|error| view! { <div class="card-body"><ErrorNote error/></div> })}
        <Loaded load what=t!("Support sessions") let:sessions>
            {if sessions.is_empty() {
                view! { <div class="card-body muted">{nobody}</div> }.into_any()
            } else {
                let rows = sessions.into_iter().map(|one| row::row::<P>(one, desk)).collect_view();
                view! { <ul class="list support-list">{rows}</ul> }.into_any()
            }}
        </Loaded>
    }
}
