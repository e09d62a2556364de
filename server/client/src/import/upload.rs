//! Takes a file in pieces and finds out how it is written.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveModelTrait as _;
use streamflow_kernel::{
    ctx::{Ctx, WriteDb},
    db::TenantDb,
    error::{Error, Result, Violations},
    feed::Op,
};
use streamflow_proto::client::reason;
use uuid::Uuid;

use super::{
    chunks,
    domain::{Fixes, Key, MAX_BYTES, mapping, sniff::Format, subject::Subject},
    file::Source,
    plan,
    store::{self, Model, State},
    turns::Turns,
};
use crate::record::input;

/// Bytes of a piece.
const MAX_CHUNK: usize = 512 * 1024;
const MAX_NAME: usize = 255;
/// Imports of a company that may lie about half done, and how long: their files take room.
const MAX_UNFINISHED: usize = 10;
const KEPT: TimeDelta = TimeDelta::days(7);

/// A file that is to come.
#[derive(Clone, Debug)]
pub struct NewImport {
    pub file_name: String,
    pub file_size: i64,
    pub subject: Subject,
}

impl NewImport {
    pub fn parse(file_name: &str, file_size: i64, subject: Option<Subject>) -> Result<Self> {
        let mut violations = Violations::new();
        let name = input::required("the file's name", file_name, MAX_NAME)
            .map_err(|problem| violations.add("file_name", problem.sentence()));
        let most = i64::try_from(MAX_BYTES).map_err(Error::internal)?;
        if file_size < 1 {
            violations.add("file_size", "This file is empty.");
        } else if file_size > most {
            violations
                .add("file_size", format!("A file has at most {} MiB. Split it and import the parts.", MAX_BYTES / 1024 / 1024));
        }
        if subject.is_none() {
            violations.add("subject", "Say whether the file has customers or leads.");
        }
        violations.into_result()?;
        let subject = subject.ok_or_else(|| Error::internal("an import of nothing"))?;
        Ok(Self { file_name: name.unwrap_or_default(), file_size, subject })
    }
}

/// Begins an import. Abandoned ones make room: old ones, and the oldest of the same person; nobody's unfinished work goes for somebody
/// else's.
pub async fn insert_import(tx: &TenantDb, id: Uuid, new: NewImport, created_by: Uuid, now: DateTime<Utc>) -> Result<Model> {
    let (abandoned, open): (Vec<Model>, Vec<Model>) =
        store::unfinished(tx).await?.into_iter().partition(|old| old.created_at < now - KEPT);
    let too_many = (open.len() + 1).saturating_sub(MAX_UNFINISHED);
    let own: Vec<&Model> = open.iter().rev().filter(|old| old.created_by == created_by).take(too_many).collect();
    if own.len() < too_many {
        return Err(Error::refused(
            reason::TOO_MANY_IMPORTS,
            format!("{} imports of your colleagues are not finished yet. Ask them to run theirs first.", open.len()),
        ));
    }
    for old in abandoned.iter().chain(own) {
        store::delete_import(tx, old).await?;
    }
    let row = Model {
        org_id: tx.org(),
        id,
        version: 1,
        state: State::Uploading.as_str().to_owned(),
        subject: new.subject.as_str().to_owned(),
        file_name: new.file_name,
        file_size: new.file_size,
        uploaded_bytes: 0,
        delimiter: String::new(),
        encoding: String::new(),
        mapping: "[]".to_owned(),
        mode: String::new(),
        key: String::new(),
        fixes: "{}".to_owned(),
        total_rows: 0,
        done_rows: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        skipped: 0,
        contacts_created: 0,
        problem_count: 0,
        created_by,
        created_at: now,
        finished_at: None,
        failure: String::new(),
        lease_until: None,
        run_by: None,
    };
    let row = tx.insert(store::ActiveModel::from(row).reset_all()).await?;
    store::announce(tx, &row, Op::Created);
    Ok(row)
}

/// Keeps one piece. Sending a piece again is harmless, so an upload that broke off goes on where it was.
/// The caller commits.
pub async fn receive(ctx: &Ctx, turns: &Turns, id: Uuid, offset: i64, data: Vec<u8>) -> Result<(WriteDb, Model)> {
    check(offset, &data)?;
    let end = offset + i64::try_from(data.len()).map_err(Error::internal)?;
    let announced = store::import(&ctx.read().await?, id).await?.open_to(ctx.principal()?)?;
    if end < announced.file_size {
        let db = ctx.write().await?;
        let import = accept(&db, id, offset, data).await?;
        return Ok((db, import));
    }
    // The last piece is kept before the file is read: reading takes a while, and on SQLite nobody else could write meanwhile.
    let db = ctx.write_apart().await?;
    let import = accept(&db, id, offset, data).await?;
    db.commit_changes(&ctx.actor()).await?;
    if import.state() == State::Uploading {
        // The file is here; who has no turn now sends the last piece again.
        let _turn = turns.take(import.org_id).await?;
        return complete(ctx, import).await;
    }
    Ok((ctx.write().await?, import))
}

/// Puts a piece behind those that are here, or sees that it is one of them.
async fn accept(tx: &TenantDb, id: Uuid, offset: i64, data: Vec<u8>) -> Result<Model> {
    let mut import = store::locked(tx, id).await?;
    if offset < import.uploaded_bytes {
        return repeated(tx, import, offset, &data).await;
    }
    if import.state() != State::Uploading || offset > import.uploaded_bytes {
        return Err(Error::invalid("offset", format!("Send the bytes from {} on.", import.uploaded_bytes)));
    }
    let end = offset + i64::try_from(data.len()).map_err(Error::internal)?;
    if end > import.file_size {
        let text = format!("The file was announced with {} bytes; these are more.", import.file_size);
        return Err(Error::invalid("data", text));
    }
    chunks::insert_chunk(tx, id, offset, data).await?;
    import.uploaded_bytes = end;
    store::update_import(tx, import).await
}

async fn repeated(tx: &TenantDb, import: Model, offset: i64, data: &[u8]) -> Result<Model> {
    // A file that was read or refused for good may be gone.
    if matches!(import.state(), State::Uploading | State::Mapping | State::Review) {
        let kept = chunks::chunk(tx, import.id, offset).await?;
        if kept.as_deref() != Some(data) {
            return Err(Error::invalid("offset", "Other bytes were sent for this place before."));
        }
    }
    Ok(import)
}

fn check(offset: i64, data: &[u8]) -> Result<()> {
    let mut violations = Violations::new();
    if offset < 0 {
        violations.add("offset", "An offset is 0 or more.");
    }
    if data.is_empty() {
        violations.add("data", "Send at least 1 byte.");
    } else if data.len() > MAX_CHUNK {
        violations.add("data", format!("Send at most {} KiB at once.", MAX_CHUNK / 1024));
    }
    violations.into_result()
}

/// Reads the whole file: how it is written, its columns, how many rows it has. A file that can't be imported fails here, and its
/// bytes are forgotten.
async fn complete(ctx: &Ctx, import: Model) -> Result<(WriteDb, Model)> {
    let import = store::import(&ctx.read().await?, import.id).await?;
    if import.state() != State::Uploading {
        return Ok((ctx.write().await?, import));
    }
    let source = Source { org: ctx.org_reader()?, import_id: import.id };
    let read = examine(source, import.clone()).await;
    let db = ctx.write().await?;
    let current = store::locked(&db, import.id).await?;
    if current.state() != State::Uploading {
        return Ok((db, current));
    }
    let import = keep_examined(&db, read, current, ctx.now()).await?;
    Ok((db, import))
}

/// Writes what reading the file has found.
pub async fn keep_examined(tx: &TenantDb, read: Result<Model>, current: Model, now: DateTime<Utc>) -> Result<Model> {
    let row = match read {
        Ok(row) => Model { version: current.version, ..row },
        Err(Error::Invalid(violations)) => {
            let failure = violations.iter().map(|(_, text)| text.to_owned()).collect::<Vec<_>>().join(" ");
            chunks::delete_chunks(tx, current.id).await?;
            Model { state: State::Failed.as_str().to_owned(), failure, finished_at: Some(now), ..current }
        }
        Err(error) => return Err(error),
    };
    store::update_import(tx, row).await
}

/// The import with all that its file tells: format, rows, a guess of what its columns mean.
pub async fn examine(source: Source, import: Model) -> Result<Model> {
    let format = source.sniff().await?;
    read_as(source, format, import).await
}

/// The same where the format is known. What was chosen or corrected before was about other columns and cells.
pub async fn read_as(source: Source, format: Format, mut import: Model) -> Result<Model> {
    let subject = import.subject();
    let mut customs = source.customs(subject).await?;
    customs.retain(|custom| custom.archived_at.is_none());
    let (header, rows) = plan::measure(source, format).await?;
    let fields = mapping::guess_all(subject, &header, &customs);
    import.delimiter = format.delimiter_text();
    format.encoding.name().clone_into(&mut import.encoding);
    import.total_rows = rows;
    import.problem_count = 0;
    import.set_fixes(&Fixes::default())?;
    import.set_mapping(&fields)?;
    let key = mapping::likely_key(subject, &fields);
    import.set_mode(mapping::likely_mode(subject, key));
    key.map_or("", Key::field).clone_into(&mut import.key);
    import.set_state(State::Mapping);
    Ok(import)
}
