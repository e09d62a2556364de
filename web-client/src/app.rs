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

use crate::{api, door, pages, parts::custom, workspace};

// Signing in is in the program itself. All else comes when it is shown, in few files: what two of them share is a file
// of its own, so each more doubles their number.
later!(Dashboard, work, pages::dashboard::DashboardPage);
later!(Inbox, work, pages::inbox::InboxPage);
later!(Tasks, work, pages::tasks::TasksPage);
later!(NotHere, work, door::lost::NotHere);
later!(Customers, records, pages::customers::CustomersPage);
later!(Customer, records, pages::customer::CustomerPage);
later!(DuplicateCustomers, records, pages::duplicates::DuplicateCustomersPage);
later!(DuplicateContacts, records, pages::duplicates::DuplicateContactsPage);
later!(Contacts, records, pages::contacts::ContactsPage);
later!(Contact, records, pages::contact::ContactPage);
later!(Leads, records, pages::leads::LeadsPage);
later!(LeadBoard, records, pages::lead_board::LeadBoardPage);
later!(Lead, records, pages::lead::LeadPage);
later!(Imports, company, pages::imports::ImportsPage);
later!(Import, company, pages::import::ImportPage);
later!(Settings, company, pages::settings::SettingsPage);
later!(Team, company, pages::team::TeamPage);
later!(Audit, company, pages::audit::AuditPage);
later!(Anomalies, company, pages::anomalies::AnomaliesPage);
later!(Profile, company, pages::profile::ProfilePage);
later!(Enrol, doors, door::enrol::Enrol);
later!(Invitation, doors, door::invitation::Invitation);
later!(RequestReset, doors, door::reset::RequestReset);
later!(ConfirmReset, doors, door::reset::ConfirmReset);
later!(SignUp, doors, door::sign_up::SignUp);
later!(Welcome, doors, door::welcome::Welcome);
later!(BackFromGithub, doors, door::github::BackFromGithub);
later!(OpenSupport, doors, door::support::OpenSupport);

/// Root of everything.
#[component]
pub fn App() -> impl IntoView {
    let api = web_kit::provide("client");
    api::provide_me(api);
    api::provide_changes(api);
    custom::provide();
    follow_title(expect_context::<PageSlots>(), "StreamFlow");
    view! {
        <Router>
            <Routes fallback=door::lost::NotFound>
                <Route path=path!("/") view=door::entrance::Entrance/>
                <Route path=path!("/sign-in") view=door::sign_in::SignIn/>
                <Route path=path!("/sign-in/github") view=BackFromGithub/>
                <Route path=path!("/second-factor") view=door::second_factor::SecondFactor/>
                <Route path=path!("/enrol") view=Enrol/>
                <Route path=path!("/invitation") view=Invitation/>
                <Route path=path!("/sign-up") view=SignUp/>
                <Route path=path!("/setup/welcome") view=Welcome/>
                <Route path=path!("/support-session") view=OpenSupport/>
                <Route path=path!("/reset") view=RequestReset/>
                <Route path=path!("/reset/confirm") view=ConfirmReset/>
                <ParentRoute path=path!("/tenant/:tenant/client") view=workspace::Workspace>
                    <Route path=path!("") view=door::entrance::Entrance/>
                    <Route path=path!("dashboard") view=Dashboard/>
                    <Route path=path!("inbox") view=Inbox/>
                    <Route path=path!("tasks") view=Tasks/>
                    <ParentRoute path=path!("customers") view=Outlet>
                        <Route path=path!("") view=Customers/>
                        <Route path=path!("duplicates") view=DuplicateCustomers/>
                        <Route path=path!(":id") view=Customer/>
                    </ParentRoute>
                    <ParentRoute path=path!("contacts") view=Outlet>
                        <Route path=path!("") view=Contacts/>
                        <Route path=path!("duplicates") view=DuplicateContacts/>
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
                    <Route path=path!("settings") view=Settings/>
                    <Route path=path!("settings/:part") view=Settings/>
                    <Route path=path!("audit") view=Audit/>
                    <Route path=path!("anomalies") view=Anomalies/>
                    <Route path=path!("profile") view=Profile/>
                    <Route path=path!("/*any") view=NotHere/>
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
