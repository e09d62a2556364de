//! Routes, and what all pages share.

use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, ParentRoute, Route, Router, Routes},
    path,
};
use web_kit::{
    later,
    layout::{PageSlots, follow_title},
};

use crate::{api, door, pages, workspace::Workspace};

// What most visits need is in the program: signing in and the frame. All else comes when it is shown.
later!(Dashboard, dashboard, pages::dashboard::DashboardPage);
later!(Tasks, tasks, pages::tasks::TasksPage);
later!(Customers, customers, pages::customers::CustomersPage);
later!(Customer, customer, pages::customer::CustomerPage);
later!(Contacts, contacts, pages::contacts::ContactsPage);
later!(Contact, contact, pages::contact::ContactPage);
later!(Leads, leads, pages::leads::LeadsPage);
later!(LeadBoard, lead_board, pages::lead_board::LeadBoardPage);
later!(Lead, lead, pages::lead::LeadPage);
later!(Imports, imports, pages::imports::ImportsPage);
later!(Import, import, pages::import::ImportPage);
later!(Team, team, pages::team::TeamPage);
later!(Audit, audit, pages::audit::AuditPage);
later!(Profile, profile, pages::profile::ProfilePage);
later!(Enrol, enrol, door::enrol::Enrol);
later!(Invitation, invitation, door::invitation::Invitation);
later!(RequestReset, reset, door::reset::RequestReset);
later!(ConfirmReset, reset, door::reset::ConfirmReset);

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
                <Route path=path!("/enrol") view=Enrol/>
                <Route path=path!("/invitation") view=Invitation/>
                <Route path=path!("/reset") view=RequestReset/>
                <Route path=path!("/reset/confirm") view=ConfirmReset/>
                <ParentRoute path=path!("/tenant/:tenant/client") view=Workspace>
                    <Route path=path!("") view=door::entrance::Entrance/>
                    <Route path=path!("dashboard") view=Dashboard/>
                    <Route path=path!("tasks") view=Tasks/>
                    <ParentRoute path=path!("customers") view=Outlet>
                        <Route path=path!("") view=Customers/>
                        <Route path=path!(":id") view=Customer/>
                    </ParentRoute>
                    <ParentRoute path=path!("contacts") view=Outlet>
                        <Route path=path!("") view=Contacts/>
                        <Route path=path!(":id") view=Contact/>
                    </ParentRoute>
                    <ParentRoute path=path!("leads") view=Outlet>
                        <Route path=path!("") view=Leads/>
                        <Route path=path!("board") view=LeadBoard/>
                        <Route path=path!(":id") view=Lead/>
                    </ParentRoute>
                    <ParentRoute path=path!("imports") view=Outlet>
                        <Route path=path!("") view=Imports/>
                        <Route path=path!(":id") view=Import/>
                    </ParentRoute>
                    <Route path=path!("team") view=Team/>
                    <Route path=path!("audit") view=Audit/>
                    <Route path=path!("profile") view=Profile/>
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
