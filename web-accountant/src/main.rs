//! The accountant portal: the book of the operator's bookkeepers.

mod app;
mod layout;
mod pages;

fn main() {
    leptos::mount::mount_to_body(app::App);
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
