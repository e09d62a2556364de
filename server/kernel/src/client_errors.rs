//! Failures that pages report, in every portal: kept as rows, counted, logged. What a page sends is cut to size, never refused: a
//! report that fails helps nobody.
#![expect(clippy::disallowed_methods, reason = "the kernel itself")]

pub mod groups;
mod shape;

use crate::{access::address_key, ctx::Ctx, error::Result, rate_limit::CLIENT_ERRORS};

/// A failure as a page reports it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub message: String,
    pub page: String,
    pub correlation_id: String,
    pub build: String,
}

const MESSAGE: usize = 2_000;
const PAGE: usize = 300;
const WORD: usize = 100;

/// Keeps one report. Of one address few a minute are kept; the others are in the log and the metrics.
pub async fn log(ctx: &Ctx, report: Report) -> Result<()> {
    let report = report.cut();
    let space = ctx.kernel().portal.space;
    metrics::counter!("client_errors_total", "space" => space).increment(1);
    tracing::warn!(
        space,
        message = report.message,
        page = report.page,
        correlation_id = report.correlation_id,
        build = report.build,
        "a page failed"
    );
    if !ctx.kernel().limiter.take(CLIENT_ERRORS, &address_key(ctx.request().ip), ctx.now()).await?.granted {
        return Ok(());
    }
    let principal = ctx.principal().ok();
    let sql = "INSERT INTO client_errors (id, at, message, page, correlation_id, build, user_agent, user_id, org_id) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        ctx.new_id().into(),
        ctx.now().into(),
        report.message.into(),
        report.page.into(),
        report.correlation_id.into(),
        report.build.into(),
        ctx.request().user_agent.clone().into(),
        principal.map(|principal| principal.user_id).into(),
        principal.map(|principal| principal.org_id).into(),
    ];
    ctx.kernel().database.system_execute(sql, values).await?;
    Ok(())
}

impl Report {
    fn cut(self) -> Self {
        // A query may hold a token or what somebody searched for.
        let page = self.page.split(['?', '#']).next().unwrap_or_default();
        Self {
            message: clean(&self.message, MESSAGE),
            page: clean(page, PAGE),
            correlation_id: clean(&self.correlation_id, WORD),
            build: clean(&self.build, WORD),
        }
    }
}

/// One line in a log stays one line, and PostgreSQL takes no NUL.
fn clean(text: &str, max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_cut_and_cleaned() {
        let report = Report {
            message: format!("one\ntwo\0{}", "ö".repeat(3_000)),
            page: "/reset/confirm?token=secret".into(),
            correlation_id: "x".repeat(200),
            build: String::new(),
        };
        let cut = report.cut();
        assert!(cut.message.starts_with("one two ö") && cut.message.chars().count() == MESSAGE);
        assert_eq!((cut.page.as_str(), cut.correlation_id.len()), ("/reset/confirm", WORD));
    }
}
