//! A whole list as a file, read page by page.

use std::future::Future;

use tonic::Code;

use super::{pages::read_all, rows::Page};
use crate::{api::error::ApiError, csv::Csv, toast::use_toasts};

/// Rows a page while all are read: the most there are.
pub const PAGE: i32 = 200;

/// Saves what `fetch` gives for one page token after the other as a file of that name, and tells of so many rows.
pub async fn save<T, Fut, const N: usize>(
    fetch: impl Fn(String) -> Fut,
    heads: [&str; N],
    cells: impl Fn(&T) -> [String; N],
    name: &str,
    told: impl FnOnce(i64) -> String,
) -> Result<(), ApiError>
where
    Fut: Future<Output = Result<Page<T>, ApiError>>,
{
    let rows = read_all(fetch).await?;
    let mut csv = Csv::new(heads);
    for row in &rows {
        csv.row(cells(row));
    }
    csv.save(name).map_err(|refused| ApiError::new(Code::FailedPrecondition, refused))?;
    use_toasts().say(told(rows.len() as i64));
    Ok(())
}
