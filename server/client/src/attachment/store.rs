//! Rows of files, and where their bytes lie.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, FromQueryResult, IntoActiveModel as _, QueryOrder as _, QuerySelect, Value, entity::prelude::*};
use streamflow_kernel::{
    clock::timestamp,
    ctx::Principal,
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    feed::Audience,
    ids::{self, prefix},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{Key, KeyKind},
    },
    upload::GOOD_FOR,
    vault::{Bounds, Place},
};
use streamflow_proto::{
    client::{reason, v1 as pb},
    common::v1::PageInfo,
};

use super::{
    content::MediaType,
    domain::{self, MOST_BEGUN, NewUpload},
    holder::Holder,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub record_kind: String,
    pub record_id: Uuid,
    pub name: String,
    pub media_type: String,
    pub bytes: i64,
    pub sha256: Vec<u8>,
    pub state: String,
    pub added_at: DateTimeUtc,
    pub added_by: Uuid,
    pub added_by_name: String,
    /// What its pieces in the vault are bound to; none before it came in.
    pub file_id: Option<Uuid>,
    /// Where it stays in the vault once it is ready, chosen when it came in; empty before.
    pub place: String,
    pub received_sha256: Option<Vec<u8>>,
    pub received_type: String,
    pub deleted_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// Not there yet.
pub const AWAITED: &str = "awaited";
/// To be seen.
pub const READY: &str = "ready";

/// Newest first and nothing else.
pub const LIST: ListSpec = ListSpec {
    name: "attachments",
    filters: &[],
    orders: &[],
    default_order: OrderField::new("added_at", KeyKind::Time).descending(),
};

/// A page of a record's files. The caller has made sure that the person sees the record.
pub async fn attachments(tx: &TenantDb, holder: Holder, list: &List) -> Result<(Vec<Model>, PageInfo)> {
    let finder = tx.find::<Entity>().filter(Column::RecordKind.eq(holder.kind())).filter(Column::RecordId.eq(holder.id()));
    let finder = finder.filter(Column::State.eq(READY)).filter(Column::DeletedAt.is_null());
    let mut rows = tx.all(finder.map(|select| list.select(select, Column::AddedAt, Column::Id))).await?;
    let next_page_token = list.next_page_token(&mut rows, |row| (Key::Time(row.added_at), row.id));
    Ok((rows, PageInfo { next_page_token, ..PageInfo::default() }))
}

/// A file, whatever became of it, and who hears of it. Fails as for a missing one when the person does not see its record.
pub async fn seen(tx: &TenantDb, id: Uuid, is_held: bool) -> Result<(Model, Holder, Audience)> {
    let finder = tx.find::<Entity>().filter(Column::Id.eq(id));
    let finder = if is_held { finder.map(QuerySelect::lock_exclusive) } else { finder };
    let row = tx.one(finder).await?.ok_or(NOT_FOUND)?;
    let holder = row.holder()?;
    let audience = holder.audience(tx).await.map_err(|error| match error {
        Error::NotFound { .. } => NOT_FOUND,
        other => other,
    })?;
    Ok((row, holder, audience))
}

pub const NOT_FOUND: Error = Error::not_found("file");

/// A file that is still awaited; held, nobody completes it before the transaction ends.
pub async fn awaited(tx: &TenantDb, id: Uuid, is_held: bool) -> Result<Option<Model>> {
    let finder = tx.find::<Entity>().filter(Column::Id.eq(id)).filter(Column::State.eq(AWAITED));
    tx.one(if is_held { finder.map(QuerySelect::lock_exclusive) } else { finder }).await
}

/// Whether a file can be downloaded still.
pub async fn is_shown(tx: &TenantDb, id: Uuid) -> Result<bool> {
    Ok(tx.one(tx.find::<Entity>().filter(Column::Id.eq(id))).await?.is_some_and(|row| row.is_shown()))
}

/// Files that can be downloaded, whatever they are on, a few at a time in the order of their ids.
pub async fn ready_after(tx: &TenantDb, after: Uuid) -> Result<Vec<Model>> {
    let finder = tx.find::<Entity>().filter(Column::State.eq(READY)).filter(Column::DeletedAt.is_null());
    let finder = finder.filter(Column::Id.gt(after));
    tx.all(finder.map(|select| select.order_by_asc(Column::Id).limit(100))).await
}

#[derive(FromQueryResult)]
struct Sum {
    sum: i64,
}

/// One number about the company's files that are there or may still come; what deleted ones take is not free before they are gone.
async fn sum(tx: &TenantDb, what: &str, of: &str, mut values: Vec<Value>, now: DateTime<Utc>) -> Result<u64> {
    let sql = format!(
        "SELECT CAST({what} AS bigint) AS sum FROM attachments \
         WHERE org_id = {{org}} AND NOT (state = '{AWAITED}' AND file_id IS NULL AND added_at <= ?) {of}"
    );
    values.insert(0, (now - GOOD_FOR - domain::LATE).into());
    let sums: Vec<Sum> = tx.query(&sql, values).await?;
    Ok(sums.first().map_or(0, |sum| u64::try_from(sum.sum).unwrap_or_default()))
}

/// Refuses one file more where there is no room for it. The transaction sees the whole company, and holds it, so that of two at once
/// each counts the other.
pub async fn check_room(tx: &TenantDb, holder: Holder, bytes: u64, bounds: Bounds, now: DateTime<Utc>) -> Result<()> {
    crate::org::store::hold(tx).await?;
    let of_record = "AND record_kind = ? AND record_id = ? AND deleted_at IS NULL";
    let on_record = sum(tx, "COUNT(*)", of_record, vec![holder.kind().into(), holder.id().into()], now).await?;
    if on_record >= u64::from(bounds.record) {
        let text = format!("There are {} files here already. Delete one of them first.", bounds.record);
        return Err(Error::refused(reason::TOO_MANY_FILES, text));
    }
    let taken = sum(tx, "COALESCE(SUM(bytes), 0)", "", Vec::new(), now).await?;
    if taken.saturating_add(bytes) > bounds.company {
        let text = format!(
            "Your company's files may take {} together, and this one doesn't fit any more. Delete what is no longer needed; \
             its place is free an hour later.",
            domain::shown(bounds.company)
        );
        return Err(Error::refused(reason::STORAGE_QUOTA, text));
    }
    Ok(())
}

/// Refuses one upload more of somebody who has begun many and not completed them: each takes the room of others meanwhile. For a
/// company that is held.
pub async fn check_begun(tx: &TenantDb, by: Uuid, now: DateTime<Utc>) -> Result<()> {
    let of_person = "AND state = 'awaited' AND added_by = ?";
    if sum(tx, "COUNT(*)", of_person, vec![by.into()], now).await? < MOST_BEGUN {
        return Ok(());
    }
    let text = format!(
        "{MOST_BEGUN} of your files were begun and not finished. Finish them, or try again in a quarter of an hour, when they are \
         given up."
    );
    Err(Error::refused(reason::TOO_MANY_UPLOADS, text))
}

pub async fn insert_upload(tx: &TenantDb, id: Uuid, by: &Principal, new: NewUpload, now: DateTime<Utc>) -> Result<Model> {
    let row = ActiveModel {
        id: Set(id),
        version: Set(1),
        record_kind: Set(new.holder.kind().to_owned()),
        record_id: Set(new.holder.id()),
        name: Set(new.name),
        media_type: Set(new.media.name.to_owned()),
        bytes: Set(i64::try_from(new.bytes).map_err(Error::internal)?),
        sha256: Set(new.sha256.to_vec()),
        state: Set(AWAITED.to_owned()),
        added_at: Set(now),
        added_by: Set(by.user_id),
        added_by_name: Set(by.display_name.clone()),
        file_id: Set(None),
        place: Set(String::new()),
        received_sha256: Set(None),
        received_type: Set(String::new()),
        deleted_at: Set(None),
        ..Default::default()
    };
    Ok(tx.insert(row).await?)
}

/// Notes what came in for a file that is awaited and held, and where that is to stay: chosen once, so that it is found there whatever
/// becomes of the row meanwhile.
pub async fn note_arrival(tx: &TenantDb, row: Model, file_id: Uuid, sha256: [u8; 32], found: &str) -> Result<Model> {
    let home = row.home(file_id)?;
    let row = ActiveModel {
        file_id: Set(Some(file_id)),
        place: Set(home),
        received_sha256: Set(Some(sha256.to_vec())),
        received_type: Set(found.to_owned()),
        ..row.into_active_model()
    };
    Ok(tx.update(row).await?)
}

/// Shows a file that is held, and lies where it stays.
pub async fn release(tx: &TenantDb, row: Model, now: DateTime<Utc>) -> Result<Model> {
    let row = ActiveModel { state: Set(READY.to_owned()), added_at: Set(now), ..row.into_active_model() };
    Ok(tx.update(row).await?)
}

/// Deletes a file that is held, or brings it back.
pub async fn set_deleted(tx: &TenantDb, row: Model, deleted_at: Option<DateTime<Utc>>) -> Result<Model> {
    let version = row.version + 1;
    let row = ActiveModel { version: Set(version), deleted_at: Set(deleted_at), ..row.into_active_model() };
    Ok(tx.update(row).await?)
}

/// Folders of companies with what came in and was not looked at yet.
pub const QUARANTINE: &str = "files/quarantine/organizations";

/// Folder of what came in for a file and was not looked at yet.
pub fn quarantine(org: Uuid, id: Uuid) -> String {
    format!("{QUARANTINE}/{}/{}", org.simple(), id.simple())
}

/// Where a file waits that came in for one that is awaited.
pub fn in_quarantine(org: Uuid, id: Uuid, file_id: Uuid) -> Place {
    Place { org, id: file_id, path: format!("{}/{}.sealed", quarantine(org, id), file_id.simple()) }
}

impl Model {
    pub fn holder(&self) -> Result<Holder> {
        Holder::from_stored(&self.record_kind, self.record_id)
    }

    pub fn is_shown(&self) -> bool {
        self.state == READY && self.deleted_at.is_none()
    }

    /// Where its bytes are; none before they came in.
    pub fn in_vault(&self) -> Option<Place> {
        let file_id = self.file_id?;
        if self.state == AWAITED {
            return Some(in_quarantine(self.org_id, self.id, file_id));
        }
        Some(Place { org: self.org_id, id: file_id, path: self.place.clone() })
    }

    /// Where what came in goes once it was looked at.
    fn home(&self, file_id: Uuid) -> Result<String> {
        let ending = self.media()?.endings[0];
        let (org, record, random) = (self.org_id.simple(), self.record_id.simple(), file_id.simple());
        let at = self.added_at.format("%Y%m%dT%H%M%SZ");
        Ok(format!("files/organizations/{org}/{}s/{record}/attachment-{at}-{random}.{ending}", self.record_kind))
    }

    fn media(&self) -> Result<MediaType> {
        MediaType::of_name(&self.media_type).ok_or_else(|| Error::internal("a file is of an unknown type"))
    }

    /// What came in is what its sender said it would come to, so that nothing else is awaited.
    pub fn is_there(&self) -> bool {
        self.received_sha256.as_ref() == Some(&self.sha256)
    }

    /// Refuses what came in when it is not what was said.
    pub fn check_content(&self) -> Result<()> {
        if !self.is_there() {
            return Err(Error::invalid("sha256", "The file was damaged on its way, or is another one. Send it again."));
        }
        if self.media()?.is_fit_by(&self.received_type) {
            return Ok(());
        }
        Err(Error::invalid(
            "media_type",
            "What is in the file is not what its name says. Save it in the right format and add it again.",
        ))
    }

    pub fn into_pb(self) -> Result<pb::Attachment> {
        Ok(pb::Attachment {
            id: ids::format(prefix::ATTACHMENT, self.id),
            version: self.version,
            record_id: self.holder()?.format(),
            name: self.name,
            media_type: self.media_type,
            size: self.bytes,
            added_at: timestamp(self.added_at),
            added_by_id: ids::format(prefix::USER, self.added_by),
            added_by_name: self.added_by_name,
        })
    }
}
