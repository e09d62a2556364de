//! The client portal: the workshop of a company and its people.

mod api;
mod app;
mod authenticator;
mod door;
mod layout;
mod pages;
mod parts;
mod workspace;

fn main() {
    leptos::mount::mount_to_body(app::App);
    app::leave_static_shell();
}
