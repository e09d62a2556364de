//! Who is signed in: one answer of the portal's own `Me`, kept for all pages.

use std::{future::Future, rc::Rc};

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::{error::ApiError, use_api},
    browser,
    icon::{Icon, glyphs},
    list::state::{encode, query_value},
};

/// Where the question "who is it?" stands. `M` is the portal's `MeResponse`.
#[derive(Clone, Debug, PartialEq)]
pub enum Who<M> {
    Asking,
    SignedIn(M),
    SignedOut,
    /// The server did not say.
    Failed(ApiError),
}

type Ask<M> = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<M, ApiError>>>;

/// The portal's session store. Provided by [`provide_session`].
pub struct Session<M: Send + Sync + 'static> {
    who: RwSignal<Who<M>>,
    ask: StoredValue<Ask<M>, LocalStorage>,
}

impl<M: Send + Sync> Clone for Session<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Send + Sync> Copy for Session<M> {}

/// Asks once now; again on [`Session::refresh`], and when a call is refused because the company is closed or asks for more. A call refused as signed out
/// ends the session for all pages.
pub fn provide_session<M, F, Fut>(ask: F) -> Session<M>
where
    M: Clone + PartialEq + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<M, ApiError>> + 'static,
{
    let ask: Ask<M> = Rc::new(move || Box::pin(ask()));
    let session = Session { who: RwSignal::new(Who::Asking), ask: StoredValue::new_local(ask) };
    provide_context(session);
    session.refresh();
    let api = use_api();
    let (signed_out, closed) = (api.signed_out, api.closed);
    Effect::new(move |_| {
        if session.who.with(|who| matches!(who, Who::SignedIn(_))) {
            api.expired.set(None);
        }
    });
    Effect::new(move |_| {
        if signed_out.get() > 0 {
            session.who.set(Who::SignedOut);
        }
    });
    Effect::new(move |_| {
        if closed.get() > 0 {
            session.refresh();
        }
    });
    session
}

pub fn use_session<M: Send + Sync + 'static>() -> Session<M> {
    expect_context::<Session<M>>()
}

impl<M: Clone + Send + Sync> Session<M> {
    pub fn who(self) -> Signal<Who<M>> {
        self.who.into()
    }

    /// What `Me` said, while signed in.
    pub fn me(self) -> Option<M> {
        self.who.with(|who| if let Who::SignedIn(me) = who { Some(me.clone()) } else { None })
    }

    pub fn me_untracked(self) -> Option<M> {
        untrack(|| self.me())
    }

    pub fn set(self, me: M) {
        self.who.set(Who::SignedIn(me));
    }

    pub fn forget(self) {
        self.who.set(Who::SignedOut);
    }

    /// Asks the server again; the present answer stays meanwhile.
    pub fn refresh(self) {
        let ask = self.ask.get_value();
        spawn_local(async move {
            let who = match ask().await {
                Ok(me) => Who::SignedIn(me),
                Err(error) if error.is_signed_out() => Who::SignedOut,
                Err(error) => Who::Failed(error),
            };
            // A failed refresh does not sign anyone out.
            let keeps = matches!(who, Who::Failed(_)) && self.who.with_untracked(|known| matches!(known, Who::SignedIn(_)));
            if !keeps {
                self.who.set(who);
            }
        });
    }
}

/// Why somebody has to sign in again whose session has ended by itself, as the server put it.
pub fn expiry_note() -> impl IntoView {
    let expired = use_api().expired;
    move || Some(view! { <div class="note" role="status"><Icon glyph=glyphs::CLOCK/><span>{expired.get()?}</span></div> })
}

/// "/sign-in?next=…": the sign-in page that leads back here.
pub fn sign_in_address(page: &str) -> String {
    let here = browser::here();
    if here == "/" || here.starts_with(page) { page.to_owned() } else { format!("{page}?next={}", encode(&here)) }
}

/// Where to go after signing in: the return address of this page, if it is one of this origin.
pub fn return_address() -> Option<String> {
    query_value(&window().location().search().ok()?, "next").filter(|address| is_own(address))
}

/// A path on this origin: "//host" and "/\host" would leave it, and so would either with a tab or a line's end in between, which
/// browsers drop.
fn is_own(address: &str) -> bool {
    let leaves = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | ':');
    address.starts_with('/') && !address.starts_with("//") && !address.contains(leaves)
}

#[cfg(test)]
mod tests {
    #[test]
    fn return_addresses_never_leave_the_origin() {
        assert!(super::is_own("/space/a/x?q=1"));
        for foreign in [
            "//evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "/\0/evil.example",
            "/ /evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!super::is_own(foreign), "{foreign}");
        }
    }
}
