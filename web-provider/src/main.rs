//! The provider portal: the bridge of the company that operates StreamFlow.

mod app;
mod changes;
mod layout;
mod pages;
mod recovery;
mod setup;

fn main() {
    leptos::mount::mount_to_body(app::App);
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
