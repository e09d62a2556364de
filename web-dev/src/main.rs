//! The dev portal: the instrument rack of the engineers.

mod app;
mod layout;
mod pages;
mod status;

fn main() {
    leptos::mount::mount_to_body(app::App);
    if let Some(shell) = web_kit::browser::find("#shell") {
        shell.remove();
    }
}
