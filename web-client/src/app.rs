//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::layout::{PageSlots, follow_title};

use crate::{api, door, pages, workspace::Workspace};

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide("client");
    api::provide_me(api);
    api::provide_changes(api);
    follow_title(expect_context::<PageSlots>(), "StreamFlow");
    view! {
        <Router>
            <Routes fallback=door::lost::NotFound>
                <Route path=path!("/") view=door::entrance::Entrance/>
                <Route path=path!("/sign-in") view=door::sign_in::SignIn/>
                <Route path=path!("/second-factor") view=door::second_factor::SecondFactor/>
                <Route path=path!("/enrol") view=door::enrol::Enrol/>
                <Route path=path!("/invitation") view=door::invitation::Invitation/>
                <Route path=path!("/reset") view=door::reset::RequestReset/>
                <Route path=path!("/reset/confirm") view=door::reset::ConfirmReset/>
                <ParentRoute path=path!("/tenant/:tenant/client") view=Workspace>
                    <Route path=path!("") view=door::entrance::Entrance/>
                    <Route path=path!("dashboard") view=pages::dashboard::DashboardPage/>
                    <Route path=path!("tasks") view=pages::tasks::TasksPage/>
                    <ParentRoute path=path!("customers") view=Outlet>
                        <Route path=path!("") view=pages::customers::CustomersPage/>
                        <Route path=path!(":id") view=pages::customer::CustomerPage/>
                    </ParentRoute>
                    <ParentRoute path=path!("contacts") view=Outlet>
                        <Route path=path!("") view=pages::contacts::ContactsPage/>
                        <Route path=path!(":id") view=pages::contact::ContactPage/>
                    </ParentRoute>
                    <ParentRoute path=path!("leads") view=Outlet>
                        <Route path=path!("") view=pages::leads::LeadsPage/>
                        <Route path=path!("board") view=pages::lead_board::LeadBoardPage/>
                        <Route path=path!(":id") view=pages::lead::LeadPage/>
                    </ParentRoute>
                    <ParentRoute path=path!("imports") view=Outlet>
                        <Route path=path!("") view=pages::imports::ImportsPage/>
                        <Route path=path!(":id") view=pages::import::ImportPage/>
                    </ParentRoute>
                    <Route path=path!("team") view=pages::team::TeamPage/>
                    <Route path=path!("audit") view=pages::audit::AuditPage/>
                    <Route path=path!("profile") view=pages::profile::ProfilePage/>
                    <Route path=path!("/*any") view=door::lost::NotHere/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Takes away what `index.html` showed until the program was here.
pub fn leave_static_shell() {
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
