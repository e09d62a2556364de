//! The built web apps: from a folder in development, from inside the binary in a release.

use std::{path::Path, sync::Arc};

use streamflow_kernel::server::{Assets, assets};

/// The files of one portal.
pub fn of(portal: &'static str, folder: Option<&Path>) -> Arc<dyn Assets> {
    match folder {
        Some(folder) => Arc::new(assets::Folder(folder.join(portal))),
        None => embedded(portal),
    }
}

#[cfg(feature = "embed")]
fn embedded(portal: &'static str) -> Arc<dyn Assets> {
    use std::borrow::Cow;

    use rust_embed::RustEmbed;

    #[derive(RustEmbed)]
    #[folder = "../target/dist/web"]
    // Lints look at this code before anything is built; a release without its apps doesn't build.
    #[cfg_attr(debug_assertions, allow_missing = true)]
    struct Web;

    struct Embedded(&'static str);

    impl Assets for Embedded {
        fn file(&self, path: &str) -> Option<Cow<'static, [u8]>> {
            Web::get(&format!("{}/{path}", self.0)).map(|file| file.data)
        }
    }
    Arc::new(Embedded(portal))
}

#[cfg(not(feature = "embed"))]
fn embedded(portal: &'static str) -> Arc<dyn Assets> {
    tracing::warn!(portal, "this build has no web apps inside; pass --web-dir to serve pages");
    Arc::new(assets::NoAssets)
}
