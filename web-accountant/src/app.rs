//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::{
    anomalies, later,
    layout::{PageSlots, follow_title},
    operator::{OperatorPortal, audit, door, overview, sessions, sign_ins, space},
    operator_portal,
};

use crate::{layout::AppLayout, pages};

operator_portal!(Accountant, streamflow_proto::accountant::v1, rpcs: streamflow_proto::accountant::RPCS, space: "accountant", name: "Accountant", base: "/accounting", lead: mark!("For the bookkeepers of the operator."), home: mark!("Overview"), manner: Formal);

// Signing in is in the program itself; what comes after it is a file of its own.
later!(Overview, pages, overview::overview::<Accountant>);
later!(Subscriptions, pages, pages::subscriptions::subscriptions);
later!(Anomalies, pages, anomalies::anomalies::<Accountant>);
later!(Audit, pages, audit::audit::<Accountant>);
later!(Sessions, pages, sessions::sessions::<Accountant>);
later!(SignIns, pages, sign_ins::sign_ins::<Accountant>);

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
                    <Route path=path!("overview") view=Overview/>
                    <Route path=path!("subscriptions") view=Subscriptions/>
                    <Route path=path!("anomalies") view=Anomalies/>
                    <Route path=path!("audit") view=Audit/>
                    <Route path=path!("sessions") view=Sessions/>
                    <Route path=path!("sign-ins") view=SignIns/>
                    <Route path=path!("/*any") view={door::not_here}/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn inside() -> impl IntoView {
    space::guarded(|| view! { <AppLayout><Outlet/></AppLayout> }.into_any())
}
