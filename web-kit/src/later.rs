//! Pages, and parts that all of them have, that come with their own file when they are first shown, so that the first load stays small.

use futures::future::LocalBoxFuture;
use leptos::{prelude::*, wasm_split::SplitLoaderError};
use tonic::Code;
use wasm_bindgen_futures::spawn_local;

use crate::{
    api::error::ApiError,
    browser,
    error_panel::ErrorPanel,
    skeleton::{Delayed, SkeletonLines},
};

/// Before a file of a part is asked for again; twice as long each time.
const FIRST_WAIT_MS: u32 = 1_000;
const LONGEST_WAIT_MS: u32 = 30_000;

/// Makes a page, in the component tree where it is called.
pub type Make = fn() -> AnyView;

/// Asks for a page's file.
pub type Fetch = fn() -> LocalBoxFuture<'static, Result<Make, SplitLoaderError>>;

/// `later!(Customers, customers, pages::customers::CustomersPage)` is a component `Customers` that shows that page. With
/// the cargo feature `split` its code is in a file of that name; pages of the same name share one. With `quietly` at the end it is a part
/// that nobody misses until its file is here, and that shows nothing before.
#[macro_export]
macro_rules! later {
    ($component:ident, $file:ident, $page:path) => {
        $crate::later!(@show $component, $file, $page);
    };
    ($component:ident, $file:ident, $page:path, quietly) => {
        $crate::later!(@show_quietly $component, $file, $page);
    };
    (@$show:ident $component:ident, $file:ident, $page:path) => {
        #[expect(non_snake_case, reason = "a component is named like a type")]
        fn $component() -> ::leptos::prelude::AnyView {
            #[cfg(feature = "split")]
            {
                #[::leptos::wasm_split::wasm_split($file, wasm_split_path = ::leptos::wasm_split, fallible)]
                fn $component() -> Result<$crate::later::Make, ::leptos::wasm_split::SplitLoaderError> {
                    Ok(|| ::leptos::prelude::IntoAny::into_any($page()))
                }
                $crate::later::$show(|| Box::pin($component()))
            }
            #[cfg(not(feature = "split"))]
            ::leptos::prelude::IntoAny::into_any($page())
        }
    };
}

/// Shows a page as soon as its file is here; a file that can't be had can be asked for again.
pub fn show(fetch: Fetch) -> AnyView {
    let page = RwSignal::new(None::<Result<Make, ApiError>>);
    let ask = move || {
        page.set(None);
        spawn_local(async move {
            let answer = fetch().await;
            page.try_set(Some(answer.map_err(|_| ApiError::new(Code::Unavailable, t!("The page’s file did not come.")))));
        });
    };
    ask();
    (move || match page.get() {
        Some(Ok(make)) => make(),
        Some(Err(error)) => view! { <ErrorPanel what=t!("This page") error on_retry=move |()| ask()/> }.into_any(),
        None => view! { <Delayed><SkeletonLines/></Delayed> }.into_any(),
    })
    .into_any()
}

/// Shows a part as soon as its file is here, and nothing before. A file that can't be had is asked for again as long as the page is there:
/// nobody could press a button for it.
pub fn show_quietly(fetch: Fetch) -> AnyView {
    let part = RwSignal::new(None::<Make>);
    spawn_local(async move {
        let mut wait_ms = FIRST_WAIT_MS;
        loop {
            if let Ok(make) = fetch().await {
                part.try_set(Some(make));
                return;
            }
            browser::sleep_ms(wait_ms).await;
            wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
            if part.is_disposed() {
                return;
            }
        }
    });
    (move || part.get().map(|make| make())).into_any()
}
