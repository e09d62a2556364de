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

use crate::{
    changes::provide_changes,
    layout::AppLayout,
    pages,
    recovery::{self, provide_mode},
    setup,
};

operator_portal!(Provider, streamflow_proto::provider::v1, rpcs: streamflow_proto::provider::RPCS, space: "provider", name: "Provider", base: "/provider", lead: mark!("For the people who operate StreamFlow."), home: mark!("System"), manner: Plain);
elevating_portal!(Provider, streamflow_proto::provider::v1, rights: &[support::RIGHT, TENANTS]);
support_portal!(Provider, streamflow_proto::provider::v1);

/// What closing and opening companies needs.
pub const TENANTS: Right = Right { name: "tenants", words: mark!("suspend companies, and open them again") };

// Signing in is in the program itself; what comes after it is a file of its own.
later!(Overview, pages, pages::overview::overview);
later!(Tenants, pages, pages::tenants::tenants);
later!(Tenant, pages, pages::tenant::tenant);
later!(Provisioning, pages, pages::provisioning::provisioning);
later!(System, pages, overview::overview::<Provider>);
later!(Anomalies, pages, anomalies::anomalies::<Provider>);
later!(Audit, pages, audit::audit::<Provider>);
later!(Sessions, pages, elevation::sessions::<Provider>);
later!(SignIns, pages, sign_ins::sign_ins::<Provider>);
later!(Support, pages, support::page::<Provider>);
later!(Federation, pages, pages::federation::federation);
later!(Admins, pages, pages::admins::admins);
later!(Settings, pages, pages::settings::settings);
// What few people ever see: a link that works once, and the portal without its database.
later!(SetUp, doors, setup::SetUp);
later!(Recovery, doors, recovery::RecoverySpace);

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Provider::SPACE);
    let session = space::provide_identity::<Provider>(api);
    provide_changes(api);
    let mode = provide_mode(session);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Provider");
    view! {
        <Router>
            {move || if mode.is_on() { Recovery() } else { usual().into_any() }}
        </Router>
    }
}

/// The portal while its database is there.
fn usual() -> impl IntoView {
    view! {
            <Routes fallback={door::lost::<Provider>}>
                <Route path=path!("/") view={door::entrance::<Provider>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Provider>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Provider>}/>
                <Route path=path!("/set-up") view=SetUp/>
                <ParentRoute path=path!("/provider") view=inside>
                    <Route path=path!("") view={door::entrance::<Provider>}/>
                    <Route path=path!("overview") view=Overview/>
                    <ParentRoute path=path!("tenants") view=Outlet>
                        <Route path=path!("") view=Tenants/>
                        <Route path=path!(":tenant") view=Tenant/>
                    </ParentRoute>
                    <Route path=path!("provisioning") view=Provisioning/>
                    <Route path=path!("system") view=System/>
                    <Route path=path!("support") view=Support/>
                    <Route path=path!("federation") view=Federation/>
                    <Route path=path!("anomalies") view=Anomalies/>
                    <Route path=path!("audit") view=Audit/>
                    <Route path=path!("sessions") view=Sessions/>
                    <Route path=path!("sign-ins") view=SignIns/>
                    <Route path=path!("admins") view=Admins/>
                    <Route path=path!("settings") view=Settings/>
                    <Route path=path!("/*any") view={door::not_here}/>
                </ParentRoute>
            </Routes>
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
        let mut asked: Vec<&str> = access::PROVIDER.iter().map(|rpc| rpc.elevation).filter(|right| !right.is_empty()).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut offered: Vec<&str> = Provider::RIGHTS.iter().map(|right| right.name).collect();
        offered.sort_unstable();
        assert_eq!(offered, asked);
    }
}
