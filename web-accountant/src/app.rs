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

operator_portal!(Accountant, streamflow_proto::accountant::v1, space: "accountant", name: "Accountant", base: "/accounting", lead: "For the bookkeepers of the operator.", home: "Overview", manner: Formal);

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Accountant::SPACE);
    space::provide_identity::<Accountant>(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Accountant");
    view! {
        <Router>
            <Routes fallback={door::lost::<Accountant>}>
                <Route path=path!("/") view={door::entrance::<Accountant>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Accountant>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Accountant>}/>
                <ParentRoute path=path!("/accounting") view=inside>
                    <Route path=path!("") view={door::entrance::<Accountant>}/>
                    <Route path=path!("overview") view={overview::overview::<Accountant>}/>
                    <Route path=path!("audit") view={audit::audit::<Accountant>}/>
                    <Route path=path!("sessions") view={sessions::sessions::<Accountant>}/>
                    <Route path=path!("/*any") view={door::not_here}/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn inside() -> impl IntoView {
    space::guarded(|| view! { <AppLayout><Outlet/></AppLayout> }.into_any())
}
