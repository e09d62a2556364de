//! Rights that a session takes on for some minutes, with password and code: what it has, the line that counts it down, and the one way
//! to do what needs a right.

mod dialog;
mod rights;

use std::{cell::Cell, future::Future, rc::Rc, sync::Arc};

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use prost_types::Timestamp;
use streamflow_reason::Reason;
use wasm_bindgen_futures::spawn_local;

pub use self::rights::sessions;
use super::OperatorPortal;
use crate::{
    api::{Api, act::Act, error::ApiError, use_api},
    browser,
    button::Button,
    countdown::Countdown,
    form::FormState,
    icon::{Icon, glyphs},
    operator::space::may,
    toast::use_toasts,
};

/// In the browser's storage while a session of it may have taken on rights.
const MARK: &str = "streamflow-elevated";

/// A right of a portal, and what it is good for: "suspend companies, and open them again".
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// As RPCs ask for it.
    pub name: &'static str,
    pub words: &'static str,
}

/// Rights that a session took on for some minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct Elevation {
    pub id: String,
    pub scopes: Vec<String>,
    pub created_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was given back.
    pub ended_at: Option<Timestamp>,
    /// Still gives its rights.
    pub live: bool,
    /// Belongs to the session that asks.
    pub current: bool,
}

impl Elevation {
    fn gives(&self, right: &str) -> bool {
        self.scopes.iter().any(|scope| scope == right)
    }

    /// Seconds since 1970.
    fn end(&self) -> i64 {
        self.expires_at.unwrap_or_default().seconds
    }
}

/// What a person gives to take rights on.
#[derive(Clone, Debug)]
pub struct Proof {
    pub scopes: Vec<String>,
    pub minutes: i32,
    pub password: String,
    pub code: String,
}

/// A portal whose people take on rights, as these parts see it.
pub trait ElevatingPortal: OperatorPortal {
    /// All that there are.
    const RIGHTS: &'static [Right];

    fn elevate(api: Api, act: Rc<Act>, proof: Proof) -> impl Future<Output = Result<Option<Elevation>, ApiError>>;
    /// The person's own, newest first.
    fn elevations(api: Api) -> impl Future<Output = Result<Vec<Elevation>, ApiError>>;
    fn give_back(api: Api, id: String) -> impl Future<Output = Result<(), ApiError>>;
}

/// Implements [`ElevatingPortal`] for `$portal` by the generated messages of `$pb`.
#[macro_export]
macro_rules! elevating_portal {
    ($portal:ident, $pb:path, rights: $rights:expr) => {
        const _: () = {
            use std::rc::Rc;

            use $crate::{
                api::{Api, act::Act, error::ApiError},
                operator::elevation::{ElevatingPortal, Elevation, Proof, Right},
            };
            use $pb::{self as pb, elevation_service_client::ElevationServiceClient as Elevations};

            fn elevation(one: pb::Elevation) -> Elevation {
                Elevation {
                    id: one.id,
                    scopes: one.scopes,
                    created_at: one.created_at,
                    expires_at: one.expires_at,
                    ended_at: one.ended_at,
                    live: one.live,
                    current: one.current,
                }
            }

            impl ElevatingPortal for $portal {
                const RIGHTS: &'static [Right] = $rights;

                async fn elevate(api: Api, act: Rc<Act>, proof: Proof) -> Result<Option<Elevation>, ApiError> {
                    let request = pb::ElevateRequest {
                        scopes: proof.scopes,
                        minutes: proof.minutes,
                        justification: String::new(),
                        password: proof.password,
                        code: proof.code,
                    };
                    let call = async |transport, request| Elevations::new(transport).elevate(request).await;
                    Ok(api.write(&act, request, call).await?.elevation.map(elevation))
                }

                async fn elevations(api: Api) -> Result<Vec<Elevation>, ApiError> {
                    let call = async |transport, request| Elevations::new(transport).list_elevations(request).await;
                    let reply = api.read(pb::ListElevationsRequest {}, call).await?;
                    Ok(reply.elevations.into_iter().map(elevation).collect())
                }

                async fn give_back(api: Api, elevation_id: String) -> Result<(), ApiError> {
                    let call = async |transport, request| Elevations::new(transport).revoke_elevation(request).await;
                    api.write(&Act::default(), pb::RevokeElevationRequest { elevation_id }, call).await.map(|_| ())
                }
            }
        };
    };
}

/// What goes on once the right is there. Not a `Callback`: it must outlive the row that made it.
type Then = Arc<dyn Fn() + Send + Sync>;

/// What the dialog was opened for.
#[derive(Clone)]
struct Asked {
    /// Empty where the person chooses.
    right: &'static str,
    then: Then,
}

/// What this session has taken on, for all pages. Get it with [`use_elevated`].
#[derive(Clone, Copy)]
pub struct Elevated {
    live: RwSignal<Vec<Elevation>>,
    asked: RwSignal<Option<Asked>>,
}

thread_local! {
    static ELEVATED: Cell<Option<Elevated>> = const { Cell::new(None) };
}

pub fn use_elevated() -> Elevated {
    ELEVATED.get().expect("a portal with rights provides them around its pages")
}

/// For all pages inside. The frame shows [`confirming`].
pub fn provide_elevated() {
    let elevated = Elevated { live: RwSignal::new(Vec::new()), asked: RwSignal::new(None) };
    ELEVATED.set(Some(elevated));
    let path = use_location().pathname;
    // What was wanted is left with its page, also while the dialog's file is still on its way.
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            elevated.asked.set(None);
        }
        now
    });
}

/// What all pages of a frame have: the dialog that asks for a right, and the line that counts down what is left of those that the session
/// has. Made to come with a file of its own: a right that is asked for before is asked for when it is there.
pub fn confirming<P: ElevatingPortal>() -> impl IntoView {
    let elevated = use_elevated();
    // Taken on in this browser or not at all: rights belong to its session. So most pages need not ask.
    if may("elevation.read") && browser::stored(MARK).is_some() {
        elevated.load::<P>();
    }
    (banner::<P>(elevated), dialog::dialog::<P>())
}

impl Elevated {
    /// Goes on at once where the session has the right, and else after password and code.
    pub fn with(self, right: &'static str, then: impl Fn() + Send + Sync + 'static) {
        if self.live.with_untracked(|live| live.iter().any(|one| one.gives(right))) {
            then();
        } else {
            self.ask(right, Arc::new(then));
        }
    }

    /// Makes a call that needs a right, with the right asked for before, and again where the server says that it is over.
    pub fn perform<T, C>(
        self,
        right: &'static str,
        busy: RwSignal<bool>,
        call: impl Fn() -> C + Send + Sync + 'static,
        done: impl Fn(Result<T, ApiError>) + Send + Sync + 'static,
    ) where
        T: 'static,
        C: Future<Output = Result<T, ApiError>> + 'static,
    {
        self.attempt(right, busy, Arc::new(call), Arc::new(done));
    }

    fn attempt<T, C, F, D>(self, right: &'static str, busy: RwSignal<bool>, call: Arc<F>, done: Arc<D>)
    where
        T: 'static,
        C: Future<Output = Result<T, ApiError>> + 'static,
        F: Fn() -> C + Send + Sync + 'static,
        D: Fn(Result<T, ApiError>) + Send + Sync + 'static,
    {
        self.with(right, move || {
            // The row that it is of may have been drawn anew while password and code were asked for.
            if busy.try_get_untracked() == Some(true) {
                return;
            }
            busy.try_set(true);
            let (call, done) = (Arc::clone(&call), Arc::clone(&done));
            spawn_local(async move {
                let answer = call().await;
                busy.try_set(false);
                match answer {
                    Err(error) if is_over(&error) => {
                        self.forget(right);
                        self.attempt(right, busy, call, done);
                    }
                    answer => done(answer),
                }
            });
        });
    }

    /// The same for the form of a dialog that was opened with the right. Where that is over meanwhile the dialog makes room, and comes
    /// back with what was typed.
    pub fn send<T: 'static>(
        self,
        right: &'static str,
        (form, open): (FormState, RwSignal<bool>),
        call: impl Future<Output = Result<T, ApiError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        let call = async move {
            match call.await {
                Err(error) if is_over(&error) => Ok(None),
                answer => answer.map(Some),
            }
        };
        form.send(call, move |answer| {
            let Some(answer) = answer else {
                self.forget(right);
                open.set(false);
                form.dirty.set(true);
                self.ask(right, Arc::new(move || open.set(true)));
                return;
            };
            done(answer);
        });
    }

    /// Lets the person choose what to take on.
    pub fn choose(self) {
        self.ask("", Arc::new(|| ()));
    }

    fn ask(self, right: &'static str, then: Then) {
        self.asked.try_set(Some(Asked { right, then }));
    }

    /// The right is over, whatever this page thought.
    fn forget(self, right: &str) {
        let left = self.live.try_with_untracked(|live| live.iter().filter(|one| !one.gives(right)).cloned().collect());
        self.set(left.unwrap_or_default());
    }

    fn set(self, live: Vec<Elevation>) {
        browser::store(MARK, (!live.is_empty()).then_some("yes"));
        self.live.try_set(live);
    }

    fn add(self, taken: Option<Elevation>) {
        let mut live = self.live.get_untracked();
        live.extend(taken);
        self.set(live);
    }

    fn load<P: ElevatingPortal>(self) {
        let api = use_api();
        spawn_local(async move {
            // Without an answer the server still asks where a right is needed.
            if let Ok(all) = P::elevations(api).await {
                self.set(all.into_iter().filter(|one| one.live && one.current).collect());
            }
        });
    }
}

fn is_over(error: &ApiError) -> bool {
    error.is(Reason::ELEVATION_REQUIRED)
}

/// Counts down what is left of the rights, the first that ends, and gives them back.
fn banner<P: ElevatingPortal>(elevated: Elevated) -> impl IntoView {
    move || Some(elevated.live.get()).filter(|live| !live.is_empty()).map(|live| line::<P>(&live, elevated))
}

fn line<P: ElevatingPortal>(live: &[Elevation], elevated: Elevated) -> impl IntoView + use<P> {
    let (api, toasts, busy) = (use_api(), use_toasts(), RwSignal::new(false));
    let (names, end) = told(live);
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let names = names.join("”, “");
    let ids = StoredValue::new(live.iter().map(|one| one.id.clone()).collect::<Vec<_>>());
    let give_back = move |_| {
        busy.set(true);
        spawn_local(async move {
            let mut answer = Ok(());
            for id in ids.get_value() {
                answer = answer.and(P::give_back(api, id).await);
            }
            busy.try_set(false);
            match answer {
                Ok(()) => toasts.say(t!("Given back")),
                Err(error) => toasts.say(error.sentence()),
            }
            elevated.load::<P>();
        });
    };
    let ended = move |()| {
        let now = browser::now();
        elevated.set(elevated.live.get_untracked().into_iter().filter(|one| one.end() > now).collect());
    };
    view! {
        <div class="banner is-warning" role="region" aria-label=t!("Confirmed rights")>
            <Icon glyph=glyphs::USER_SHIELD/>
            <span class="grow" role="status">
                {n!(count, "You have the right “{names}”.", "You have {count} rights: “{names}”.", names)}
            </span>
            <Countdown end on_end=ended/>
            <Button small=true busy on_click=give_back>{t!("Give back")}</Button>
        </div>
    }
}

/// Which rights these give, and when the first of them ends.
fn told(live: &[Elevation]) -> (Vec<String>, i64) {
    let mut names: Vec<String> = live.iter().flat_map(|one| one.scopes.clone()).collect();
    names.sort_unstable();
    names.dedup();
    (names, live.iter().map(Elevation::end).min().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_told_once_each_until_the_first_ends() {
        let one = |scopes: &[&str], seconds| Elevation {
            id: String::new(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            created_at: None,
            expires_at: Some(Timestamp { seconds, nanos: 0 }),
            ended_at: None,
            live: true,
            current: true,
        };
        let live = [one(&["support", "tenants"], 90), one(&["support"], 60)];
        assert_eq!(told(&live), (vec!["support".to_owned(), "tenants".to_owned()], 60));
        assert!(live[0].gives("tenants") && !live[1].gives("tenants"));
    }
}
