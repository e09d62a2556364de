//! The parts the portals share: transport, session, layout pieces and controls. Knows no portal by name; an app hands its own in.

#![expect(clippy::fn_params_excessive_bools, reason = "a component's props are named where they are given")]

// First, because the others use its macros.
#[macro_use]
pub mod text;

pub mod anomalies;
pub mod api;
pub mod audit;
pub mod authenticator;
pub mod badge;
pub mod banner;
pub mod board;
pub mod browser;
pub mod button;
pub mod chart;
pub mod countdown;
mod crash;
pub mod csv;
pub mod dialog;
pub mod empty;
pub mod error_panel;
pub mod field;
pub mod file;
pub mod form;
pub mod format;
pub mod guard;
pub mod icon;
pub mod keys;
pub mod lasting;
pub mod later;
pub mod layout;
pub mod link;
pub mod list;
pub mod live;
pub mod load;
pub mod look;
pub mod menu;
pub mod operator;
pub mod palette;
mod presence;
pub mod session;
pub mod sign_in;
pub mod skeleton;
pub mod table;
pub mod tabs;
pub mod theme;
pub mod timeline;
pub mod toast;

use leptos::prelude::*;

use self::{api::Api, guard::LeaveGuard, keys::Keys, layout::PageSlots, palette::Palette, toast::Toasts};

/// Puts into context what the parts share. Call it once, first thing in the app's root component.
pub fn provide(portal: &'static str) -> Api {
    crash::install(portal);
    let api = Api::provide(portal);
    format::region::start();
    presence::watch();
    Toasts::provide();
    provide_context(Palette::default());
    provide_context(PageSlots::default());
    let keys = Keys::default();
    provide_context(keys);
    keys.listen();
    let guard = LeaveGuard::default();
    provide_context(guard);
    guard.listen();
    api
}
