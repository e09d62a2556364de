//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::{
    layout::{PageSlots, follow_title},
    operator::{OperatorPortal, audit, door, overview, sessions, space},
    operator_portal,
};

use crate::layout::AppLayout;

operator_portal!(Provider, streamflow_proto::provider::v1, space: "provider", name: "Provider", base: "/provider", lead: "For the people who operate StreamFlow.", home: "Overview", manner: Plain);

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Provider::SPACE);
    space::provide_identity::<Provider>(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Provider");
    view! {
        <Router>
            <Routes fallback={door::lost::<Provider>}>
                <Route path=path!("/") view={door::entrance::<Provider>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Provider>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Provider>}/>
                <ParentRoute path=path!("/provider") view=inside>
                    <Route path=path!("") view={door::entrance::<Provider>}/>
                    <Route path=path!("overview") view={overview::overview::<Provider>}/>
                    <Route path=path!("audit") view={audit::audit::<Provider>}/>
                    <Route path=path!("sessions") view={sessions::sessions::<Provider>}/>
                    <Route path=path!("/*any") view={door::not_here}/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn inside() -> impl IntoView {
    space::guarded(|| view! { <AppLayout><Outlet/></AppLayout> }.into_any())
}
