//! Reads the directory of companies again and again, so that those become known of which nobody reports anything, and what changed of
//! the others. A process begins with all of them, and does so once an hour; in between it asks for what changed since the time before.
//! Where they fit on a page it always reads all: a company may have come with a past of its own, by a clock that stood elsewhere.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use streamflow_kernel::{
    clock::timestamp,
    db::NO_ORG,
    feed::Actor,
    jobs::{Job, JobError, Retry, Work},
    kernel::Kernel,
};
use streamflow_proto::federation::v1::{self as pb, tenant_directory_service_client::TenantDirectoryServiceClient};

use super::{domain, store};

const SERVICE: &str = "streamflow.federation.v1.TenantDirectoryService";
const PAGE: i32 = 200;
/// What a transaction wrote shows when it ends: changes may be that much older than they look.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);
const WHOLE_EVERY: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Default)]
pub struct Pull {
    read: Mutex<Option<Read>>,
}

/// What this process has read.
#[derive(Clone, Copy, Debug)]
struct Read {
    /// By the other system's clock.
    as_of: DateTime<Utc>,
    /// When all was read, by ours.
    whole_at: DateTime<Utc>,
    /// How many there were then.
    companies: usize,
}

#[tonic::async_trait]
impl Work for Pull {
    fn kind(&self) -> &'static str {
        "tenant_pull"
    }

    fn every(&self) -> Option<TimeDelta> {
        Some(TimeDelta::seconds(15))
    }

    fn at_start(&self) -> bool {
        true
    }

    /// Never given up, and soon enough that companies are seen within seconds of the other system's return.
    fn retry(&self) -> Retry {
        Retry::FOREVER.pauses(TimeDelta::seconds(1), TimeDelta::seconds(3))
    }

    async fn run(&self, kernel: &Arc<Kernel>, _: &Job) -> Result<String, JobError> {
        let now = kernel.clock.now();
        let is_enough = |read: &Read| now - read.whole_at < WHOLE_EVERY && read.companies >= PAGE as usize;
        let known = self.read.lock().filter(is_enough);
        let since = known.map(|read| read.as_of - OVERLAP);
        let (as_of, companies) = read(kernel, since).await?;
        let whole = Read { as_of, whole_at: now, companies };
        *self.read.lock() = Some(known.map_or(whole, |known| Read { as_of, ..known }));
        Ok(format!("{companies} companies read"))
    }
}

/// Reads all pages; each is kept as it comes. Returns the other system's time at the first.
async fn read(kernel: &Arc<Kernel>, since: Option<DateTime<Utc>>) -> Result<(DateTime<Utc>, usize), JobError> {
    let mut directory = TenantDirectoryServiceClient::new(kernel.federation.serving(SERVICE)?);
    let (mut page_token, mut first, mut companies) = (String::new(), None, 0);
    loop {
        let ask = pb::ListTenantsRequest {
            page_size: PAGE,
            page_token,
            changed_since: since.and_then(timestamp),
            ..pb::ListTenantsRequest::default()
        };
        let page = directory.list_tenants(ask).await;
        let page = page.map_err(|status| JobError::Retry(format!("the directory of companies: {}", status.message())))?;
        let page = page.into_inner();
        let as_of = page.as_of.and_then(domain::moment);
        let as_of = as_of.ok_or_else(|| JobError::Retry("the directory of companies told no time".to_owned()))?;
        companies += page.tenants.len();
        keep(kernel, page.tenants, as_of).await?;
        let begun = *first.get_or_insert(as_of);
        if page.next_page_token.is_empty() {
            return Ok((begun, companies));
        }
        page_token = page.next_page_token;
    }
}

async fn keep(kernel: &Kernel, tenants: Vec<pb::Tenant>, as_of: DateTime<Utc>) -> Result<(), JobError> {
    if tenants.is_empty() {
        return Ok(());
    }
    let (db, now) = (kernel.database.system().await?, kernel.clock.now());
    let mut changes = Vec::new();
    for tenant in tenants {
        let name = tenant.tenant_id.clone();
        match domain::facts(tenant) {
            Ok(facts) => {
                let kept = store::keep_newest(&db, &facts, kernel.ids.uuid(), as_of, now).await?;
                changes.extend(kept.is_news.then(|| kept.change()));
            }
            // One that can't be read keeps nobody from seeing the others.
            Err(error) => tracing::warn!(?error, tenant_id = name, "a company of the directory can't be taken"),
        }
    }
    db.append_changes(NO_ORG, &Actor { id: None, name: String::new(), at: now }, &changes).await?;
    db.commit().await?;
    Ok(())
}
