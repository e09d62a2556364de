//! The provider portal: the bridge of the company that operates StreamFlow.

#[macro_use]
extern crate web_kit;

mod app;
mod changes;
mod layout;
mod pages;
mod recovery;
mod setup;

fn main() {
    web_kit::text::catalogue::start(show);
}

fn show() {
    leptos::mount::mount_to_body(app::App);
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
