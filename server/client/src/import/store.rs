//! Rows of imports, and the pieces of their files.

use sea_orm::{
    ActiveValue::Set, Iterable as _, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::ExprTrait as _,
};
use streamflow_kernel::{
    clock::timestamp,
    ctx::Principal,
    db::{TenantDb, TenantEntity},
    error::{Error, Result},
    feed::{Audience, Change, Op},
    ids::{self, prefix},
    list::{
        List, ListSpec,
        order::OrderField,
        page::{self, KeyKind},
    },
};
use streamflow_proto::{client::v1 as pb, common::v1::PageInfo};

use super::{
    chunks::delete_chunks,
    domain::{Fixes, Key, Mode, subject::Subject},
};

const BY_BEGIN: OrderField = OrderField::new("created_at", KeyKind::Time);
/// What the list of imports can be asked: nothing but its pages.
pub const LIST: ListSpec = ListSpec { name: "imports", filters: &[], orders: &[BY_BEGIN], default_order: BY_BEGIN.descending() };
/// Role that sees everything in the company.
const OWNER: &str = "OWNER";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub state: String,
    pub file_name: String,
    pub file_size: i64,
    pub uploaded_bytes: i64,
    pub delimiter: String,
    pub encoding: String,
    /// JSON array of target fields by column.
    pub mapping: String,
    pub mode: String,
    pub key: String,
    /// JSON of [`Fixes`].
    pub fixes: String,
    pub total_rows: i32,
    pub done_rows: i32,
    pub created: i32,
    pub updated: i32,
    pub unchanged: i32,
    pub skipped: i32,
    pub contacts_created: i32,
    pub problem_count: i32,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub failure: String,
    pub lease_until: Option<DateTimeUtc>,
    /// Who started the run or the undo.
    pub run_by: Option<Uuid>,
    /// customers or leads.
    pub subject: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Uploading,
    /// The file is here and can be read.
    Mapping,
    /// A mapping was tried; rows may be fixed.
    Review,
    Running,
    Done,
    Failed,
    Undoing,
    Undone,
}

const STATES: [(State, &str, pb::ImportState); 8] = [
    (State::Uploading, "uploading", pb::ImportState::Uploading),
    (State::Mapping, "mapping", pb::ImportState::Mapping),
    (State::Review, "review", pb::ImportState::Review),
    (State::Running, "running", pb::ImportState::Running),
    (State::Done, "done", pb::ImportState::Done),
    (State::Failed, "failed", pb::ImportState::Failed),
    (State::Undoing, "undoing", pb::ImportState::Undoing),
    (State::Undone, "undone", pb::ImportState::Undone),
];

impl State {
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, ..)| *state == self).map_or("", |(_, text, _)| text)
    }
}

/// An import of the company, whoever began it.
pub async fn import(tx: &TenantDb, id: Uuid) -> Result<Model> {
    let found = tx.one(tx.find::<Entity>().filter(Column::Id.eq(id))).await?;
    found.ok_or(Error::not_found("import"))
}

/// As [`import`], held until the transaction ends.
pub async fn locked(tx: &TenantDb, id: Uuid) -> Result<Model> {
    let finder = tx.find::<Entity>().filter(Column::Id.eq(id));
    let found = tx.one(finder.map(sea_orm::QuerySelect::lock_exclusive)).await?;
    found.ok_or(Error::not_found("import"))
}

/// A page of the imports this person may work with, newest first: without their corrections, which may be large.
pub async fn imports(tx: &TenantDb, reader: &Principal, list: &List) -> Result<(Vec<Model>, PageInfo)> {
    let shown = Column::iter().filter(|column| !matches!(column, Column::Fixes));
    let page = |select: Select<Entity>| {
        let select = list.select(select, Column::CreatedAt, Column::Id);
        select.select_only().columns(shown).expr_as(Expr::val("{}").cast_as("text"), "fixes")
    };
    let mut finder = tx.find::<Entity>().map(page);
    if reader.role != OWNER {
        finder = finder.filter(Column::CreatedBy.eq(reader.user_id));
    }
    let mut rows = tx.all(finder).await?;
    let next_page_token = list.next_page_token(&mut rows, |import| (page::Key::Time(import.created_at), import.id));
    Ok((rows, PageInfo { next_page_token, ..PageInfo::default() }))
}

/// Writes the import anew as its next version, and tells watchers.
pub async fn update_import(tx: &TenantDb, row: Model) -> Result<Model> {
    let version = row.version + 1;
    let row = tx.update(ActiveModel { version: Set(version), ..ActiveModel::from(row).reset_all() }).await?;
    announce(tx, &row, Op::Updated);
    Ok(row)
}

/// Imports that have written nothing yet, newest first.
pub async fn unfinished(tx: &TenantDb) -> Result<Vec<Model>> {
    let states = [State::Uploading, State::Mapping, State::Review].map(State::as_str);
    let newest = |select: Select<Entity>| select.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    tx.all(tx.find::<Entity>().filter(Column::State.is_in(states)).map(newest)).await
}

/// Deletes an import that has written nothing, with its file.
pub async fn delete_import(tx: &TenantDb, row: &Model) -> Result<()> {
    delete_chunks(tx, row.id).await?;
    tx.delete_many::<Entity>(|delete| delete.filter(Column::Id.eq(row.id))).await?;
    announce(tx, row, Op::Deleted);
    Ok(())
}

/// Tells watchers of the import who may read it.
pub fn announce(tx: &TenantDb, row: &Model, op: Op) {
    let (id, version, audience) = (row.id, row.version, Audience::people(Some(row.created_by), None, None));
    tx.record(Change { entity: "import", id, version, op, fields: Vec::new(), audience });
}

impl Model {
    /// The import, for whoever began it and for owners. To everybody else there is none: its rows tell of people whom another
    /// manager can't see, and running it would write with the sight of somebody else.
    pub fn open_to(self, person: &Principal) -> Result<Self> {
        let may = person.role == OWNER || person.user_id == self.created_by;
        if may { Ok(self) } else { Err(Error::not_found("import")) }
    }

    /// Whose sight and name the work on it has.
    pub fn worker(&self) -> Uuid {
        self.run_by.unwrap_or(self.created_by)
    }

    pub fn state(&self) -> State {
        STATES.iter().find(|(_, text, _)| *text == self.state).map_or(State::Failed, |(state, ..)| *state)
    }

    pub fn set_state(&mut self, state: State) {
        state.as_str().clone_into(&mut self.state);
    }

    pub fn mapping(&self) -> Vec<String> {
        serde_json::from_str(&self.mapping).unwrap_or_default()
    }

    pub fn set_mapping(&mut self, fields: &[String]) -> Result<()> {
        self.mapping = serde_json::to_string(fields).map_err(Error::internal)?;
        Ok(())
    }

    pub fn fixes(&self) -> Fixes {
        serde_json::from_str(&self.fixes).unwrap_or_default()
    }

    pub fn set_fixes(&mut self, fixes: &Fixes) -> Result<()> {
        self.fixes = serde_json::to_string(fixes).map_err(Error::internal)?;
        Ok(())
    }

    pub fn mode(&self) -> Mode {
        match self.mode.as_str() {
            "create" => Mode::Create,
            "update" => Mode::Update,
            _ => Mode::Upsert,
        }
    }

    pub fn set_mode(&mut self, mode: Mode) {
        let text = match mode {
            Mode::Create => "create",
            Mode::Update => "update",
            Mode::Upsert => "upsert",
        };
        text.clone_into(&mut self.mode);
    }

    pub fn key(&self) -> Option<Key> {
        self.subject().key(&self.key).ok().flatten()
    }

    pub fn subject(&self) -> Subject {
        Subject::from_stored(&self.subject).unwrap_or(Subject::Customers)
    }

    pub fn into_pb(self, columns: Vec<pb::ImportColumn>) -> pb::Import {
        let state = self.state();
        let (_, _, state) = STATES.into_iter().find(|(known, ..)| *known == state).unwrap_or(STATES[0]);
        let mode = match self.mode() {
            _ if self.mode.is_empty() => pb::ImportMode::Unspecified,
            Mode::Create => pb::ImportMode::Create,
            Mode::Update => pb::ImportMode::Update,
            Mode::Upsert => pb::ImportMode::Upsert,
        };
        let subject = self.subject().into_pb();
        pb::Import {
            id: ids::format(prefix::IMPORT, self.id),
            state: state.into(),
            file_name: self.file_name,
            file_size: self.file_size,
            uploaded_bytes: self.uploaded_bytes,
            delimiter: self.delimiter,
            encoding: self.encoding,
            columns,
            mode: mode.into(),
            key: self.key,
            total_rows: self.total_rows,
            done_rows: self.done_rows,
            created: self.created,
            updated: self.updated,
            unchanged: self.unchanged,
            skipped: self.skipped,
            problem_count: self.problem_count,
            created_at: timestamp(self.created_at),
            finished_at: self.finished_at.and_then(timestamp),
            created_by: ids::format(prefix::USER, self.created_by),
            failure: self.failure,
            contacts_created: self.contacts_created,
            subject: subject.into(),
        }
    }
}
