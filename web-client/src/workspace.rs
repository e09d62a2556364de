//! The signed-in part: nobody gets past here without a full session in the company of the address.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use streamflow_proto::client::v1::SecondFactorState;
use web_kit::{
    api::error::ApiError,
    error_panel::ErrorPanel,
    format::zone,
    later,
    live::Live,
    session::{Who, sign_in_address},
    skeleton::{Delayed, SkeletonLines},
};

use crate::{
    api::{Me, session},
    door, layout,
    parts::custom,
};

later!(Frame, work, layout::AppLayout);
later!(Stranger, work, door::lost::WrongSpace);
later!(Closed, work, door::suspended::Suspended);

/// What the address and the session together mean.
#[derive(Clone, PartialEq)]
enum Place {
    Waiting,
    Inside,
    /// Another company's address.
    WrongSpace,
    /// The company is closed to its people.
    Suspended,
    /// Go there first.
    Elsewhere(&'static str),
    Failed(ApiError),
}

#[component]
pub fn Workspace() -> impl IntoView {
    let session = session();
    let params = use_params_map();
    let live = expect_context::<Live>();
    let who = session.who();
    let place = Memo::new(move |_| who.with(|who| place(who, &params.with(|map| map.get("tenant").unwrap_or_default()))));
    let fields_known = Memo::new(|_| custom::is_loaded());
    let navigate = use_navigate();
    Effect::new(move |_| match place.get() {
        Place::Elsewhere(page) => {
            live.stop();
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&sign_in_address(page), options);
        }
        Place::Inside => {
            if let Some(me) = session.me_untracked() {
                zone::set(&me.time_zone);
                live.start(&format!("{}-{}", me.tenant_id, me.user.unwrap_or_default().id), me.cursor);
                custom::load(&me.tenant_id);
            }
        }
        Place::Suspended | Place::WrongSpace => live.stop(),
        _ => {}
    });
    move || match place.get() {
        // Lists and forms are made of the company's fields too.
        Place::Inside if fields_known.get() => view! { <Frame/> }.into_any(),
        Place::WrongSpace => view! { <Stranger/> }.into_any(),
        Place::Suspended => view! { <Closed/> }.into_any(),
        Place::Failed(error) => view! {
            <main class="page-content" id="content">
                <ErrorPanel what="StreamFlow" error on_retry=move |()| session.refresh()/>
            </main>
        }
        .into_any(),
        Place::Inside | Place::Waiting | Place::Elsewhere(_) => view! {
            <main class="page-content" id="content"><Delayed><SkeletonLines/></Delayed></main>
        }
        .into_any(),
    }
}

fn place(who: &Who<Me>, tenant: &str) -> Place {
    match who {
        Who::Asking => Place::Waiting,
        Who::SignedOut => Place::Elsewhere("/sign-in"),
        Who::Failed(error) => Place::Failed(error.clone()),
        Who::SignedIn(me) => match me.second_factor() {
            SecondFactorState::CodeNeeded => Place::Elsewhere("/second-factor"),
            SecondFactorState::EnrolmentNeeded => Place::Elsewhere("/enrol"),
            _ if me.tenant_id != tenant => Place::WrongSpace,
            _ if me.suspension.is_some() => Place::Suspended,
            _ => Place::Inside,
        },
    }
}

#[cfg(test)]
mod tests {
    use streamflow_proto::client::v1::Suspension;

    use super::*;

    fn signed_in(state: SecondFactorState) -> Who<Me> {
        let mut me = Me { tenant_id: "harrow".into(), ..Me::default() };
        me.set_second_factor(state);
        Who::SignedIn(me)
    }

    #[test]
    fn only_a_full_session_of_that_company_gets_in() {
        assert!(place(&signed_in(SecondFactorState::Done), "harrow") == Place::Inside);
        assert!(place(&signed_in(SecondFactorState::Done), "pike") == Place::WrongSpace);
        assert!(place(&signed_in(SecondFactorState::CodeNeeded), "harrow") == Place::Elsewhere("/second-factor"));
        assert!(place(&signed_in(SecondFactorState::EnrolmentNeeded), "harrow") == Place::Elsewhere("/enrol"));
        let Who::SignedIn(me) = signed_in(SecondFactorState::Done) else { panic!("signed in") };
        let closed = Who::SignedIn(Me { suspension: Some(Suspension::default()), ..me });
        assert!(place(&closed, "harrow") == Place::Suspended && place(&closed, "pike") == Place::WrongSpace);
        assert!(place(&Who::SignedOut, "harrow") == Place::Elsewhere("/sign-in"));
    }
}
