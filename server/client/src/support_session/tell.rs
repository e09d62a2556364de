//! Who hears of a support session: the owners in their inboxes, open pages, and the system that hears of companies. All in the
//! transaction it happens in.

use chrono::{DateTime, Utc};
use serde_json::json;
use streamflow_kernel::{
    ctx::Ctx,
    db::SystemDb,
    error::Result,
    feed::{Actor, Audience, Change, Op},
    ids::Ids,
    jobs::Jobs,
};
use uuid::Uuid;

use super::store::Row;
use crate::{
    notification::news::{About, News, notify_in},
    tenant::tell,
    user,
};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Requested,
    /// Nobody had to be asked.
    Allowed,
    Accepted,
    Refused,
    Opened,
    Ended,
}

impl Event {
    const fn kind(self) -> &'static str {
        match self {
            Self::Requested | Self::Allowed => "support_requested",
            Self::Accepted => "support_accepted",
            Self::Refused => "support_refused",
            Self::Opened => "support_opened",
            Self::Ended => "support_ended",
        }
    }

    /// What owners are told; none for what one of them did.
    fn title(self, row: &Row) -> Option<String> {
        let name = &row.person_name;
        match self {
            Self::Requested => Some(format!("{name} of the support asks to look at your company")),
            Self::Allowed => Some(format!("{name} of the support may look at your company")),
            Self::Opened => Some(format!("{name} of the support looks at your company")),
            Self::Ended if row.ended_by == "owner" => None,
            Self::Ended if row.opened_at.is_none() => {
                Some(format!("{name} of the support asks no longer to look at your company"))
            }
            Self::Ended => Some(format!("The support session of {name} has ended")),
            Self::Accepted | Self::Refused => None,
        }
    }
}

/// What telling needs of the system.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    pub ids: &'a dyn Ids,
    pub jobs: &'a Jobs,
    pub now: DateTime<Utc>,
}

impl std::fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Teller(…)")
    }
}

impl<'a> Teller<'a> {
    pub fn of(ctx: &'a Ctx) -> Self {
        Self { ids: ctx.ids().as_ref(), jobs: ctx.jobs(), now: ctx.now() }
    }

    /// Wake the jobs after the commit.
    pub async fn tell(self, db: &SystemDb, row: &Row, event: Event) -> Result<()> {
        let mut changes = vec![changed(row)];
        if let Some(title) = event.title(row) {
            for to in user::store::owners(db, row.org_id).await? {
                let news = News {
                    id: self.ids.uuid(),
                    to,
                    about: About::Support,
                    title: title.clone(),
                    body: row.justification.clone(),
                    link: "settings/support".to_owned(),
                    at: self.now,
                };
                changes.push(notify_in(db, row.org_id, news).await?);
            }
        }
        if let Some(session_id) = row.session_id.filter(|_| event == Event::Ended) {
            changes.push(session_ended(row, session_id));
        }
        let nobody = Actor { id: None, name: String::new(), at: self.now };
        db.append_changes(row.org_id, &nobody, &changes).await?;
        let mut details = json!({ "minutes": row.minutes, "support_session": row.id.simple().to_string() });
        match event {
            Event::Requested | Event::Allowed => details["reason"] = json!(row.justification),
            Event::Ended => details["ended_by"] = json!(row.ended_by),
            Event::Accepted | Event::Refused | Event::Opened => {}
        }
        let (kind, tenant_id) = (event.kind().to_owned(), row.tenant_id.clone());
        let told = tell::Told { id: self.ids.uuid(), kind, at: self.now, tenant_id, details };
        tell::put(db, self.jobs, &told).await
    }
}

fn changed(row: &Row) -> Change {
    let audience = Audience::people(None, None, None);
    Change { entity: "support_session", id: row.id, version: 1, op: Op::Updated, fields: Vec::new(), audience }
}

/// Open pages of the session end with it.
fn session_ended(row: &Row, session_id: Uuid) -> Change {
    let audience = Audience::people(Some(row.id), None, None);
    Change { entity: "session", id: session_id, version: 1, op: Op::Deleted, fields: Vec::new(), audience }
}
