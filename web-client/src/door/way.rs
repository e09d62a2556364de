//! Which page comes next, from what the session still needs.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use streamflow_proto::client::v1::SecondFactorState;
use web_kit::{
    list::state::encode,
    session::{Who, return_address},
};

use crate::api::{Me, session, workspace_address};

thread_local! {
    // In no address: those are kept in histories and logs.
    static EMAIL: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what was typed at the sign-in for the page that sends a new password.
pub fn carry(email: &str) {
    EMAIL.replace(email.trim().to_owned());
}

/// What [`carry`] kept, once.
pub fn carried() -> String {
    EMAIL.take()
}

/// Goes on by itself as soon as the session is not what the page `own` is for.
pub fn follow_session(own: &'static str) {
    let who = session().who();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let next = who.with(|who| next_page(who, return_address()));
        if let Some(next) = next
            && next.split('?').next() != Some(own)
        {
            navigate(&next, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// Leaves a page that does not follow the session by itself; "/" knows the way on.
pub fn go_on() -> Callback<()> {
    let navigate = use_navigate();
    Callback::new(move |()| navigate("/", NavigateOptions { replace: true, ..NavigateOptions::default() }))
}

/// None while it is not known.
fn next_page(who: &Who<Me>, back: Option<String>) -> Option<String> {
    let keeping = |page: &str| match &back {
        Some(back) => format!("{page}?next={}", encode(back)),
        None => page.to_owned(),
    };
    match who {
        Who::Asking | Who::Failed(_) => None,
        Who::SignedOut => Some(keeping("/sign-in")),
        Who::SignedIn(me) => Some(match me.second_factor() {
            SecondFactorState::CodeNeeded => keeping("/second-factor"),
            SecondFactorState::EnrolmentNeeded => keeping("/enrol"),
            _ => back.unwrap_or_else(|| workspace_address(&me.tenant_id, "dashboard")),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_in(state: SecondFactorState) -> Who<Me> {
        let mut me = Me { tenant_id: "harrow".into(), ..Me::default() };
        me.set_second_factor(state);
        Who::SignedIn(me)
    }

    #[test]
    fn the_return_address_survives_every_step() {
        let back = || Some("/tenant/harrow/client/leads?q=a".to_owned());
        let kept = "/second-factor?next=%2Ftenant%2Fharrow%2Fclient%2Fleads%3Fq%3Da";
        assert_eq!(next_page(&signed_in(SecondFactorState::CodeNeeded), back()).as_deref(), Some(kept));
        assert_eq!(next_page(&signed_in(SecondFactorState::Done), back()), back());
        assert_eq!(next_page(&signed_in(SecondFactorState::Done), None).as_deref(), Some("/tenant/harrow/client/dashboard"));
        assert_eq!(next_page(&Who::SignedOut, None).as_deref(), Some("/sign-in"));
        assert_eq!(next_page(&Who::Asking, back()), None);
    }
}
