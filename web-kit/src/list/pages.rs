//! Lists without filters that are read as far as somebody asks: a page at first, more on a button, or all of it.

use std::{future::Future, rc::Rc};

use leptos::prelude::*;

use super::rows::Page;
use crate::{api::error::ApiError, button::Button, load::Load};

/// Reads one page after the other, at most this many; whether there are more tells the second value.
pub async fn read_pages<T, Fut>(fetch: impl Fn(String) -> Fut, most: usize) -> Result<(Vec<T>, bool), ApiError>
where
    Fut: Future<Output = Result<Page<T>, ApiError>>,
{
    let (mut rows, mut token) = (Vec::new(), String::new());
    for _ in 0..most {
        let page = fetch(token).await?;
        rows.extend(page.rows);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok((rows, false));
        }
    }
    Ok((rows, true))
}

/// Reads all pages.
pub async fn read_all<T, Fut>(fetch: impl Fn(String) -> Fut) -> Result<Vec<T>, ApiError>
where
    Fut: Future<Output = Result<Page<T>, ApiError>>,
{
    read_pages(fetch, usize::MAX).await.map(|(rows, _)| rows)
}

/// A list read as far as it was asked for; reading it again keeps that length.
pub struct Pages<T: Send + Sync + 'static> {
    pub load: Load<Vec<T>>,
    asked: RwSignal<usize>,
    more: RwSignal<bool>,
}

impl<T: Send + Sync> Clone for Pages<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Pages<T> {}

impl<T: Clone + Send + Sync> Pages<T> {
    /// `fetch` asks for the page of a token, empty for the first.
    pub fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn(String) -> Fut + 'static,
        Fut: Future<Output = Result<Page<T>, ApiError>> + 'static,
    {
        let (asked, more) = (RwSignal::new(1_usize), RwSignal::new(false));
        let fetch = Rc::new(fetch);
        let load = Load::new(move || {
            let (most, fetch) = (asked.get(), fetch.clone());
            async move {
                let (rows, rest) = read_pages(|token| fetch(token), most).await?;
                more.try_set(rest);
                Ok(rows)
            }
        });
        Self { load, asked, more }
    }
}

/// The button under such a list, while there is more of it.
#[component]
pub fn ShowMore<T: Clone + Send + Sync + 'static>(pages: Pages<T>) -> impl IntoView {
    view! {
        <Show when=move || pages.more.get()>
            <div class="show-more">
                <Button busy=pages.load.loading() on_click=move |_| pages.asked.update(|count| *count += 1)>{t!("Show more")}</Button>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::FutureExt as _;

    use super::*;

    fn page(token: &str) -> Page<u8> {
        let (rows, next) = match token {
            "" => (vec![1, 2], "b"),
            "b" => (vec![3], "c"),
            _ => (vec![4], ""),
        };
        Page { rows, next_page_token: next.to_owned(), total: None }
    }

    #[test]
    fn a_list_is_read_as_far_as_asked() {
        let read = |most| read_pages(|token: String| ready(Ok(page(&token))), most).now_or_never().expect("ready").ok();
        assert_eq!(read(1), Some((vec![1, 2], true)));
        assert_eq!(read(2), Some((vec![1, 2, 3], true)));
        assert_eq!(read(3), Some((vec![1, 2, 3, 4], false)));
        assert_eq!(read(9), Some((vec![1, 2, 3, 4], false)));
    }
}
