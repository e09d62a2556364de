//! The dev portal: the instrument rack of the engineers.

#[macro_use]
extern crate web_kit;

mod app;
mod layout;
mod pages;
mod status;

fn main() {
    web_kit::text::catalogue::start(show);
}

fn show() {
    leptos::mount::mount_to_body(app::App);
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
