//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::{
    anomalies, elevating_portal, later,
    layout::{PageSlots, follow_title},
    operator::{
        OperatorPortal, audit, door,
        elevation::{self, Right},
        overview, sign_ins, space, support,
    },
    operator_portal, support_portal,
};

use crate::layout::AppLayout;

operator_portal!(Dev, streamflow_proto::dev::v1, rpcs: streamflow_proto::dev::RPCS, space: "dev", name: "Dev", base: "/dev", lead: mark!("For the engineers who keep StreamFlow healthy."), home: mark!("Overview"), manner: Exact);
elevating_portal!(Dev, streamflow_proto::dev::v1, rights: &[support::RIGHT, JOBS]);
support_portal!(Dev, streamflow_proto::dev::v1);

/// What changing running work needs.
pub const JOBS: Right = Right { name: "jobs", words: mark!("run background tasks, and retry or discard what was given up") };

// Signing in is in the program itself; what comes after it is a file of its own.
later!(Overview, pages, overview::overview::<Dev>);
later!(Anomalies, pages, anomalies::anomalies::<Dev>);
later!(Audit, pages, audit::audit::<Dev>);
later!(Errors, errors, crate::pages::errors::ErrorsPage);
later!(Health, health, crate::pages::health::HealthPage);
later!(Jobs, jobs, crate::pages::job::JobsPage);
later!(Metrics, metrics, crate::pages::metrics::MetricsPage);
later!(Support, pages, support::page::<Dev>);
later!(Sessions, pages, elevation::sessions::<Dev>);
later!(SignIns, pages, sign_ins::sign_ins::<Dev>);

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Dev::SPACE);
    space::provide_identity::<Dev>(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Dev");
    view! {
        <Router>
            <Routes fallback={door::lost::<Dev>}>
                <Route path=path!("/") view={door::entrance::<Dev>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Dev>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Dev>}/>
                <ParentRoute path=path!("/dev") view=inside>
                    <Route path=path!("") view={door::entrance::<Dev>}/>
                    <Route path=path!("overview") view=Overview/>
                    <Route path=path!("anomalies") view=Anomalies/>
                    <Route path=path!("audit") view=Audit/>
                    <Route path=path!("errors") view=Errors/>
                    <Route path=path!("health") view=Health/>
                    <Route path=path!("jobs") view=Jobs/>
                    <Route path=path!("metrics") view=Metrics/>
                    <Route path=path!("support") view=Support/>
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

#[cfg(test)]
mod tests {
    use streamflow_proto::access;
    use web_kit::operator::elevation::ElevatingPortal;

    use super::*;

    #[test]
    fn each_right_that_the_portal_has_can_be_chosen() {
        let mut asked: Vec<&str> = access::DEV.iter().map(|rpc| rpc.elevation).filter(|right| !right.is_empty()).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut offered: Vec<&str> = Dev::RIGHTS.iter().map(|right| right.name).collect();
        offered.sort_unstable();
        assert_eq!(offered, asked);
    }
}
