//! The client portal: the workshop of a company and its people.

#[macro_use]
extern crate web_kit;

mod api;
mod app;
mod authenticator;
mod door;
mod layout;
mod pages;
mod parts;
mod passkey;
mod workspace;

fn main() {
    web_kit::text::catalogue::start(show);
}

fn show() {
    leptos::mount::mount_to_body(app::App);
    app::leave_static_shell();
}
