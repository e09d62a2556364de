//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::{
    empty::EmptyState,
    layout::{PageSlots, follow_title, use_page},
    operator::{OperatorPortal, audit, door, overview, sessions, space},
    operator_portal,
};

use crate::layout::AppLayout;

operator_portal!(Dev, streamflow_proto::dev::v1, space: "dev", name: "Dev", base: "/dev", lead: "For the engineers who keep StreamFlow healthy.");

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Dev::SPACE);
    space::provide_identity::<Dev>(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Dev");
    view! {
        <Router>
            <Routes fallback=lost>
                <Route path=path!("/") view={door::entrance::<Dev>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Dev>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Dev>}/>
                <ParentRoute path=path!("/dev") view=inside>
                    <Route path=path!("") view={door::entrance::<Dev>}/>
                    <Route path=path!("overview") view={overview::overview::<Dev>}/>
                    <Route path=path!("audit") view={audit::audit::<Dev>}/>
                    <Route path=path!("sessions") view={sessions::sessions::<Dev>}/>
                    <Route path=path!("/*any") view=not_here/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn inside() -> impl IntoView {
    space::guarded(|| view! { <AppLayout><Outlet/></AppLayout> }.into_any())
}

fn not_here() -> impl IntoView {
    use_page("Not found");
    view! { <EmptyState title="There is no such page" text="The address may be old. The pages of this portal are in the navigation."/> }
}

fn lost() -> impl IntoView {
    view! {
        <main class="page-content" id="content">
            <h1 class="t-20">"There is no such page"</h1>
            <p class="soft">"This portal has no page at this address."</p>
            <p><a href="/">"Go to the start"</a></p>
        </main>
    }
}
