//! Pages of another space: each portal answers for its own pages alone.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{Method, StatusCode};

use super::headers;
use crate::access::outside::{self, Outsider, Witness};

struct Border {
    witness: Witness,
    others: Vec<&'static str>,
}

/// The site without the pages of other spaces, whose paths begin with one of `others`: they are not found and audited. Served
/// like any other address, the app alone would say that it does not know them, and nobody would hear of who tries.
pub fn refuse(site: Router, witness: Witness, others: Vec<&'static str>) -> Router {
    let border = Arc::new(Border { witness, others });
    site.layer(middleware::from_fn_with_state(border, guard)).layer(middleware::map_response(headers::secure))
}

async fn guard(State(border): State<Arc<Border>>, request: Request, next: Next) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    if !(is_page && is_below(request.uri().path(), &border.others)) {
        return next.run(request).await;
    }
    let space = border.witness.space();
    metrics::counter!("foreign_pages_total", "space" => space).increment(1);
    let outsider = Outsider::of(&request);
    let refusal =
        outside::refuse(&border.witness, "page", outsider, StatusCode::NOT_FOUND, "This portal has no such page.").await;
    // The app says it in its own words, and knows the way back.
    let mut page = next.run(request).await;
    if page.status() != StatusCode::OK {
        return refusal;
    }
    *page.status_mut() = StatusCode::NOT_FOUND;
    page
}

fn is_below(path: &str, roots: &[&str]) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    roots.iter().any(|root| first.eq_ignore_ascii_case(root))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn only_the_whole_first_part_of_a_path_counts() {
        for path in ["/there", "/there/", "/there/overview", "//there/x", "/There/x"] {
            assert!(is_below(path, &["there", "yonder"]), "{path}");
        }
        for path in ["/", "/therefore", "/here/there", "/assets/there.js"] {
            assert!(!is_below(path, &["there", "yonder"]), "{path}");
        }
    }
}
