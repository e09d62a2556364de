//! `streamflow.client.v1.SearchService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Result, Violations},
};
use streamflow_proto::client::v1::{self as pb, search_service_server::SearchService};
use tonic::{Request, Response, Status};

use super::{
    domain::{QUERY, Query},
    find::{self, Hit},
};
use crate::record::kind::Kind;

/// Hits when the request names no number.
const USUAL: i32 = 20;
const MOST: i32 = 50;
const ALL: [Kind; 3] = [Kind::Customer, Kind::Contact, Kind::Lead];

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl SearchService for Api {
    async fn search(&self, request: Request<pb::SearchRequest>) -> Result<Response<pb::SearchResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let wanted = Wanted::parse(&req)?;
        let principal = ctx.principal()?;
        let kinds: Vec<Kind> = wanted.kinds.into_iter().filter(|kind| kind.is_readable_by(principal)).collect();
        let db = ctx.read().await?;
        let hits = match principal.support {
            Some(_) => find::by_title(&db, &req.query, &kinds, wanted.limit).await?,
            None => find::find(&db, &wanted.query, &kinds, wanted.limit).await?,
        };
        Ok(Response::new(pb::SearchResponse { hits: hits.into_iter().map(into_pb).collect() }))
    }
}

struct Wanted {
    query: Query,
    kinds: Vec<Kind>,
    limit: usize,
}

impl Wanted {
    fn parse(req: &pb::SearchRequest) -> Result<Self> {
        let mut violations = Violations::new();
        if req.query.trim().is_empty() {
            violations.add("query", "Enter what to look for.");
        }
        if req.query.chars().count() > QUERY {
            violations.add("query", format!("Use at most {QUERY} characters."));
        }
        let kinds = kinds(&req.kinds, &mut violations);
        if req.limit < 0 {
            violations.add("limit", "Ask for at least 1 hit.");
        }
        violations.into_result()?;
        let limit = if req.limit == 0 { USUAL } else { req.limit.min(MOST) };
        Ok(Self { query: Query::parse(&req.query), kinds, limit: usize::try_from(limit).unwrap_or_default() })
    }
}

/// Each once: a short query is looked for kind by kind.
fn kinds(numbers: &[i32], violations: &mut Violations) -> Vec<Kind> {
    if numbers.len() > ALL.len() {
        violations.add("kinds", format!("Name at most {} kinds of record.", ALL.len()));
        return Vec::new();
    }
    let mut kinds = Vec::new();
    for (at, number) in numbers.iter().enumerate() {
        match Kind::from_pb(*number) {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => violations.add(format!("kinds[{at}]"), "Choose customers, contacts or leads."),
        }
    }
    if kinds.is_empty() { ALL.to_vec() } else { kinds }
}

fn into_pb(hit: Hit) -> pb::SearchHit {
    pb::SearchHit {
        kind: hit.kind.into_pb().into(),
        id: hit.kind.format(hit.id),
        title: hit.title,
        subtitle: hit.subtitle,
        matched: hit.matched,
        pinned: hit.pinned,
    }
}
