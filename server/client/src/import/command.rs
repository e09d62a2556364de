//! `streamflow import customers` and `import leads`: the same import without a page, for the operator at the terminal.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use sea_orm::FromQueryResult;
use serde::Serialize;
use streamflow_kernel::{
    db::Scope,
    error::{Error, Result, Violations},
    feed::Actor,
    kernel::Kernel,
};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use super::{
    chunks,
    domain::{Key, Mode, mapping::Mapping, subject::Subject},
    file::{Setup, Source},
    job::{self, Job},
    plan::{self, Plan},
    run,
    store::{self, Model, State},
    upload::{self, NewImport},
};

/// Bytes of a stored piece.
const PIECE: usize = 512 * 1024;
/// Problems told before the rest is only counted.
const TOLD: usize = 20;

#[derive(Clone, Debug)]
pub struct Options {
    pub subject: Subject,
    /// The company, by its name in page addresses.
    pub tenant_id: String,
    pub file_name: String,
    /// create, update or upsert.
    pub mode: String,
    /// Field that finds an existing record; empty for the likeliest.
    pub key: String,
    pub skip_problem_rows: bool,
}

/// What the import came to.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub rows: i32,
    pub created: i32,
    pub updated: i32,
    pub unchanged: i32,
    pub skipped: i32,
    pub contacts_created: i32,
}

#[derive(FromQueryResult)]
struct Owner {
    org_id: Uuid,
    user_id: Uuid,
    display_name: String,
}

/// Imports a file on behalf of the company's first owner and waits until it is done. Columns are taken by their names.
pub async fn import_file(kernel: &Arc<Kernel>, file: &[u8], options: Options) -> Result<Summary> {
    let mode = mode(&options.mode)?;
    let key = options.subject.key(&options.key)?;
    let size = i64::try_from(file.len()).map_err(Error::internal)?;
    let new = NewImport::parse(&options.file_name, size, Some(options.subject))?;
    let owner = owner(kernel, &options.tenant_id).await?;
    let import = keep_file(kernel, &owner, new, file).await?;
    if import.state() == State::Failed {
        return Err(Error::invalid("file", import.failure));
    }
    let scope = Scope::whole(owner.org_id);
    let source = Source { org: kernel.database.org_reader(owner.org_id), import_id: import.id };
    let prepared = prepare(&source, import.clone(), mode, key).await;
    let planned = match prepared {
        Ok((import, setup)) => plan::plan(source, &scope, &setup).await.map(|checked| (import, checked.plan)),
        Err(error) => Err(error),
    };
    let (import, plan) = match planned {
        Ok((_, plan)) if plan.problem_count > 0 && !options.skip_problem_rows => {
            discard(kernel, &owner, &import).await?;
            return Err(problems(&plan));
        }
        Ok(planned) => planned,
        Err(error) => {
            discard(kernel, &owner, &import).await?;
            return Err(error);
        }
    };
    write(kernel, &owner, scope, import, plan.problem_count).await
}

fn mode(text: &str) -> Result<Mode> {
    match text {
        "create" => Ok(Mode::Create),
        "update" => Ok(Mode::Update),
        "upsert" => Ok(Mode::Upsert),
        _ => Err(Error::invalid("mode", "Choose create, update or upsert.")),
    }
}

async fn owner(kernel: &Kernel, tenant_id: &str) -> Result<Owner> {
    let sql = "SELECT o.id AS org_id, u.id AS user_id, u.display_name FROM orgs o \
               JOIN memberships m ON m.org_id = o.id AND m.role = 'OWNER' AND m.disabled_at IS NULL \
               JOIN users u ON u.id = m.user_id WHERE o.tenant_id = ? ORDER BY m.created_at, u.id LIMIT 1";
    let owners: Vec<Owner> = kernel.database.system_read().await?.query(sql, vec![tenant_id.into()]).await?;
    owners.into_iter().next().ok_or_else(|| Error::invalid("tenant", "There is no such company."))
}

impl Owner {
    fn actor(&self, kernel: &Kernel) -> Actor {
        Actor { id: Some(self.user_id), name: self.display_name.clone(), at: kernel.clock.now() }
    }
}

/// Keeps the file as an upload does, and reads what it is.
async fn keep_file(kernel: &Arc<Kernel>, owner: &Owner, new: NewImport, file: &[u8]) -> Result<Model> {
    let whole = || Scope::whole(owner.org_id);
    let db = kernel.database.tenant_write(whole()).await?;
    let mut import = upload::insert_import(&db, kernel.ids.uuid(), new, owner.user_id, kernel.clock.now()).await?;
    db.commit_changes(&owner.actor(kernel)).await?;
    for (at, piece) in file.chunks(PIECE).enumerate() {
        let db = kernel.database.tenant_write(whole()).await?;
        let offset = i64::try_from(at * PIECE).map_err(Error::internal)?;
        chunks::insert_chunk(&db, import.id, offset, piece.to_vec()).await?;
        db.commit_changes(&owner.actor(kernel)).await?;
    }
    import.uploaded_bytes = import.file_size;
    let source = Source { org: kernel.database.org_reader(owner.org_id), import_id: import.id };
    let examined = upload::examine(source, import.clone()).await;
    let db = kernel.database.tenant_write(whole()).await?;
    let import = upload::keep_examined(&db, examined, import, kernel.clock.now()).await?;
    db.commit_changes(&owner.actor(kernel)).await?;
    Ok(import)
}

/// The import with the columns' guessed fields, and how its rows are to be read.
async fn prepare(source: &Source, mut import: Model, mode: Mode, key: Option<Key>) -> Result<(Model, Setup)> {
    let subject = import.subject();
    let customs = source.customs(subject).await?;
    let fields = import.mapping();
    let likely = (mode != Mode::Create).then(|| import.key()).flatten();
    let key = key.or(likely);
    Mapping::parse(subject, &fields, fields.len(), (mode, key), &customs)?;
    import.set_mode(mode);
    key.map_or("", Key::field).clone_into(&mut import.key);
    let setup = Setup::of(&import, customs)?;
    Ok((import, setup))
}

async fn write(kernel: &Arc<Kernel>, owner: &Owner, scope: Scope, mut import: Model, problems: i32) -> Result<Summary> {
    let db = kernel.database.tenant_write(scope.clone()).await?;
    import.set_state(State::Running);
    import.problem_count = problems;
    // Held from the start, so that no server takes it over.
    import.lease_until = Some(kernel.clock.now() + job::LEASE);
    let import = store::update_import(&db, import).await?;
    db.commit_changes(&owner.actor(kernel)).await?;
    // Whoever runs commands on the server asks nobody's leave.
    let actor_name = owner.display_name.clone();
    let mut job = Job { kernel: Arc::clone(kernel), import, scope, actor_name, membership: None };
    if let Err(error) = run::work(&mut job).await {
        let text = job::stopped(&job.import, &error);
        job.end(State::Failed, &text).await?;
        return Err(Error::refused(reason::IMPORT_FAILED, text));
    }
    let import = job.import;
    Ok(Summary {
        rows: import.total_rows,
        created: import.created,
        updated: import.updated,
        unchanged: import.unchanged,
        skipped: import.skipped,
        contacts_created: import.contacts_created,
    })
}

/// Forgets an import of which nothing was written.
async fn discard(kernel: &Kernel, owner: &Owner, import: &Model) -> Result<()> {
    let db = kernel.database.tenant_write(Scope::whole(owner.org_id)).await?;
    store::delete_import(&db, import).await?;
    db.commit_changes(&owner.actor(kernel)).await
}

/// What is wrong with the file, row by row.
fn problems(plan: &Plan) -> Error {
    let mut violations = Violations::new();
    let header = |column: i32| {
        let column = usize::try_from(column).ok().and_then(|column| plan.columns.get(column));
        column.map_or("", |column| column.header.as_str())
    };
    let sentence = |problem: &pb::ImportProblem| match problem.suggestion.as_str() {
        "" => problem.message.clone(),
        value => format!("{} Did you mean \"{value}\"?", problem.message),
    };
    let told = plan.troubled.values().flat_map(|row| row.problems.iter().map(move |problem| (row.row, problem)));
    for (row, problem) in told.take(TOLD) {
        let column = header(problem.column);
        let place = if column.is_empty() { format!("row {row}") } else { format!("row {row}, {column}") };
        violations.add(place, sentence(problem));
    }
    let rows = if plan.problem_count == 1 { "1 row has".to_owned() } else { format!("{} rows have", plan.problem_count) };
    violations.add("file", format!("{rows} problems, and nothing was imported. Correct the file, or leave such rows out."));
    violations.into()
}
