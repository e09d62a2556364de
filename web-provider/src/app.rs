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

operator_portal!(Provider, streamflow_proto::provider::v1, space: "provider", name: "Provider", base: "/provider", lead: "For the people who operate StreamFlow.");

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide(Provider::SPACE);
    space::provide_identity::<Provider>(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow Provider");
    view! {
        <Router>
            <Routes fallback=lost>
                <Route path=path!("/") view={door::entrance::<Provider>}/>
                <Route path=path!("/sign-in") view={door::sign_in::<Provider>}/>
                <Route path=path!("/second-factor") view={door::second_factor::<Provider>}/>
                <ParentRoute path=path!("/provider") view=inside>
                    <Route path=path!("") view={door::entrance::<Provider>}/>
                    <Route path=path!("overview") view={overview::overview::<Provider>}/>
                    <Route path=path!("audit") view={audit::audit::<Provider>}/>
                    <Route path=path!("sessions") view={sessions::sessions::<Provider>}/>
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
