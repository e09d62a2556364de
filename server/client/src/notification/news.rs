//! Tells people what happened, in the transaction it happened in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    db::{SystemDb, TenantDb},
    error::Result,
    feed::{Audience, Change, Op},
};
use uuid::Uuid;

use crate::record::{
    kind::Kind,
    people::People,
    writer::{Origin, Writer},
};

/// What a notification is about, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Invitation,
    Import,
    Assigned,
    Anomaly,
    Support,
    Export,
}

impl About {
    pub const ALL: [Self; 6] = [Self::Invitation, Self::Import, Self::Assigned, Self::Anomaly, Self::Support, Self::Export];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Import => "import",
            Self::Assigned => "assigned",
            Self::Anomaly => "anomaly",
            Self::Support => "support",
            Self::Export => "export",
        }
    }

    pub fn parse(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.as_str() == stored)
    }

    /// Whether people of a role are ever told of it.
    pub fn concerns(self, role: &str) -> bool {
        match self {
            Self::Assigned => true,
            Self::Invitation | Self::Import => matches!(role, "OWNER" | "MANAGER"),
            Self::Anomaly | Self::Support | Self::Export => role == "OWNER",
        }
    }

    /// Who keeps the company safe can't look away.
    pub const fn stays_in_inbox(self) -> bool {
        matches!(self, Self::Anomaly | Self::Support)
    }
}

/// One notification to be.
#[derive(Clone, Debug)]
pub struct News {
    pub id: Uuid,
    pub to: Uuid,
    pub about: About,
    /// One sentence.
    pub title: String,
    pub body: String,
    /// Page below the company's address.
    pub link: String,
    pub at: DateTime<Utc>,
}

impl News {
    /// The columns, and whose choices about which kind they depend on, twice.
    fn values(self) -> [Value; 11] {
        let Self { id, to, about, title, body, link, at } = self;
        let kind = about.as_str();
        let [hidden_to, hidden_kind, mail_to, mail_kind] = [to.into(), kind.into(), to.into(), kind.into()];
        let (to, kind) = (to.into(), kind.into());
        [id.into(), to, kind, title.into(), body.into(), link.into(), at.into(), hidden_to, hidden_kind, mail_to, mail_kind]
    }

    /// What its person's pages hear.
    fn change(&self) -> Change {
        change(self.id, self.to, Op::Created)
    }
}

/// What the pages of a person hear of one of their notifications.
pub fn change(id: Uuid, user_id: Uuid, op: Op) -> Change {
    let audience = Audience::people(None, Some(user_id), None);
    Change { entity: "notification", id, version: 1, op, fields: Vec::new(), audience }
}

/// Puts a notification into a person's inbox.
pub async fn notify(tx: &TenantDb, news: News) -> Result<()> {
    tx.record(news.change());
    tx.execute(&insertion("{org}"), news.values().into()).await?;
    Ok(())
}

/// The same where no company is entered. Returns what the caller tells watchers.
pub async fn notify_in(db: &SystemDb, org_id: Uuid, news: News) -> Result<Change> {
    let change = news.change();
    let [id, to, kind, title, body, link, at, hidden_to, hidden_kind, mail_to, mail_kind] = news.values();
    let org = || Value::from(org_id);
    let values = vec![org(), id, to, kind, title, body, link, at, org(), hidden_to, hidden_kind, org(), mail_to, mail_kind];
    db.execute(&insertion("?"), values).await?;
    Ok(change)
}

/// The choices of its person are those of this moment.
fn insertion(org: &str) -> String {
    let chosen = |what: &str| {
        format!(
            "EXISTS (SELECT 1 FROM notification_preferences p WHERE p.org_id = {org} AND p.user_id = ? AND p.kind = ? AND {what})"
        )
    };
    let (hidden, mail) = (chosen("NOT p.inbox"), chosen("p.email"));
    format!(
        "INSERT INTO notifications (org_id, id, user_id, kind, title, body, link, created_at, hidden, mail) \
         VALUES ({org}, ?, ?, ?, ?, ?, ?, ?, {hidden}, {mail})"
    )
}

/// A record that may have been handed on.
#[derive(Clone, Copy, Debug)]
pub struct Handed {
    pub id: Uuid,
    pub before: People,
    pub after: People,
}

impl Handed {
    /// Who has it now and did not before.
    fn receivers(self) -> impl Iterator<Item = Uuid> {
        let had = [self.before.owner, self.before.assignee];
        let has = [self.after.owner, self.after.assignee.filter(|assignee| self.after.owner != Some(*assignee))];
        has.into_iter().flatten().filter(move |person| !had.contains(&Some(*person)))
    }
}

/// Tells people about records they were handed: each of them once, however many there are. Nobody is told what they did
/// themselves, and imports tell nobody.
pub async fn handed_over(tx: &TenantDb, writer: &Writer, kind: Kind, records: &[Handed]) -> Result<()> {
    if writer.origin == Origin::Import {
        return Ok(());
    }
    let mut received: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for handed in records {
        for person in handed.receivers().filter(|person| Some(*person) != writer.actor.id) {
            received.entry(person).or_default().push(handed.id);
        }
    }
    for (to, ids) in received {
        let noun = kind.as_str();
        let (what, link) = match ids.as_slice() {
            [id] => (format!("the {noun} {}", name(tx, kind, *id).await?), format!("{noun}s/{}", kind.format(*id))),
            many => (format!("{} {noun}s", many.len()), format!("{noun}s")),
        };
        let title = format!("{} handed you {what}", writer.actor.name);
        let (id, about, body, at) = (writer.new_id(), About::Assigned, String::new(), writer.now());
        notify(tx, News { id, to, about, title, body, link, at }).await?;
    }
    Ok(())
}

async fn name(tx: &TenantDb, kind: Kind, id: Uuid) -> Result<String> {
    #[derive(FromQueryResult)]
    struct Row {
        name: String,
    }
    let table = match kind {
        Kind::Customer => "customers",
        Kind::Contact => "contacts",
        Kind::Lead => "leads",
    };
    let rows: Vec<Row> =
        tx.query(&format!("SELECT name FROM {table} WHERE org_id = {{org}} AND id = ?"), vec![id.into()]).await?;
    Ok(rows.into_iter().next().map(|row| row.name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_both_places_is_told_once_and_who_had_one_is_not() {
        let [anna, tom] = [1, 2].map(Uuid::from_u128);
        let receivers = |before, after| Handed { id: Uuid::nil(), before, after }.receivers().collect::<Vec<Uuid>>();
        let people = |owner, assignee| People { owner, assignee, team: None };
        let nobody = People::default();
        assert_eq!(receivers(nobody, people(Some(anna), Some(anna))), [anna]);
        assert_eq!(receivers(nobody, people(Some(anna), Some(tom))), [anna, tom]);
        assert!(receivers(people(Some(anna), None), people(Some(anna), Some(anna))).is_empty());
        assert!(receivers(people(Some(anna), Some(tom)), people(Some(tom), Some(anna))).is_empty());
        assert!(receivers(people(Some(anna), Some(tom)), nobody).is_empty());
    }
}
