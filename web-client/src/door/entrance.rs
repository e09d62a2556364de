//! "/": on to the workspace, or to signing in.

use leptos::prelude::*;
use web_kit::{
    error_panel::ErrorPanel,
    session::Who,
    skeleton::{Delayed, SkeletonLines},
};

use super::way::follow_session;
use crate::api::session;

#[component]
pub fn Entrance() -> impl IntoView {
    follow_session("/");
    let session = session();
    let who = session.who();
    move || match who.get() {
        Who::Failed(error) => view! { <ErrorPanel what="StreamFlow" error on_retry=move |()| session.refresh()/> }.into_any(),
        _ => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
    }
}
