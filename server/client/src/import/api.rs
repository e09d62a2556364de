//! `streamflow.client.v1.ImportService`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
    list::ListRequest,
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, import_service_server::ImportService},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    checked::Checked,
    domain::{Key, Mode, mapping::Mapping, sniff::Format, subject::Subject},
    file::{Setup, Source, format_of},
    kept::Kept,
    plan::{self, Plan},
    store::{self, Model, State},
    turns::Turns,
    upload,
};
use crate::custom_field;

#[derive(Debug, Default)]
pub struct Api {
    turns: Turns,
    kept: Kept,
}

/// A checked file, and when it was read as a whole.
type Read = (Checked, DateTime<Utc>);

/// Rows corrected at once that are looked at without a turn: they cost as little as other requests.
const FEW: usize = 20;

#[tonic::async_trait]
impl ImportService for Api {
    async fn create_import(
        &self,
        request: Request<pb::CreateImportRequest>,
    ) -> Result<Response<pb::CreateImportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = upload::NewImport::parse(&req.file_name, req.file_size, Subject::from_pb(req.subject))?;
        new.subject.kind().check_on(&ctx.principal()?.org)?;
        let db = ctx.write().await?;
        let import = upload::insert_import(&db, ctx.new_id(), new, ctx.principal()?.user_id, ctx.now()).await?;
        Ok(db.commit(pb::CreateImportResponse { import: Some(import.into_pb(Vec::new())) }).await?)
    }

    async fn upload_import_chunk(
        &self,
        request: Request<pb::UploadImportChunkRequest>,
    ) -> Result<Response<pb::UploadImportChunkResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = import_id(&req.import_id)?;
        let (db, import) = upload::receive(&ctx, &self.turns, id, req.offset, req.data).await?;
        let reply = pb::UploadImportChunkResponse { import: Some(import.clone().into_pb(Vec::new())) };
        let response = db.commit(reply).await?;
        // The import is on record as failed; the sender learns why, too.
        if import.state() == State::Failed {
            return Err(Error::invalid("file", import.failure).into());
        }
        Ok(response)
    }

    async fn set_import_format(
        &self,
        request: Request<pb::SetImportFormatRequest>,
    ) -> Result<Response<pb::SetImportFormatResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let import = read(&ctx, &req.import_id).await?;
        expect(&import, &[State::Mapping, State::Review])?;
        let format = format_of(&import)?.corrected(&req.encoding, &req.delimiter)?;
        let import = self.read_as(&ctx, import, format).await?;
        let head = plan::head(source(&ctx, &import)?, format, &import.mapping()).await?;
        let db = ctx.write().await?;
        let import = save(&db, import).await?;
        Ok(db.commit(pb::SetImportFormatResponse { import: Some(import.into_pb(head.columns)) }).await?)
    }

    async fn preview_import(
        &self,
        request: Request<pb::PreviewImportRequest>,
    ) -> Result<Response<pb::PreviewImportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut import = read(&ctx, &req.import_id).await?;
        expect(&import, &[State::Mapping, State::Review])?;
        let mut customs = source(&ctx, &import)?.customs(import.subject()).await?;
        customs.retain(|custom| custom.archived_at.is_none());
        let setup = chosen(&import, &req, customs)?;
        let (checked, read_at) = self.read_whole(&ctx, &import, &setup).await?;
        let plan = &checked.plan;
        import.set_state(State::Review);
        import.set_mapping(setup.mapping.fields())?;
        import.set_mode(setup.mode);
        setup.key.map_or("", Key::field).clone_into(&mut import.key);
        import.problem_count = plan.problem_count;
        let db = ctx.write().await?;
        let import = save(&db, import).await?;
        let reply = pb::PreviewImportResponse {
            import: Some(import.clone().into_pb(plan.columns.clone())),
            sample: plan.sample.clone(),
            problem_rows: plan.problem_rows(),
            will_create: plan.will_create,
            will_update: plan.will_update,
            unchanged: plan.unchanged,
        };
        let response = db.commit(reply).await?;
        self.kept.put(&import, &ctx.scope()?, &setup, (checked, read_at));
        Ok(response)
    }

    async fn fix_import_cells(
        &self,
        request: Request<pb::FixImportCellsRequest>,
    ) -> Result<Response<pb::FixImportCellsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let mut import = read(&ctx, &req.import_id).await?;
        expect(&import, &[State::Review])?;
        let mut setup = Setup::load(&source(&ctx, &import)?, &import).await?;
        let rows = u32::try_from(import.total_rows).map_err(Error::internal)?;
        setup.fixes.change(&req, setup.mapping.fields().len(), rows)?;
        let (checked, read_at) = self.correct(&ctx, &import, &setup, &corrected(&req)).await?;
        let plan = &checked.plan;
        import.set_fixes(&setup.fixes)?;
        import.problem_count = plan.problem_count;
        let db = ctx.write().await?;
        let import = save(&db, import).await?;
        let reply = pb::FixImportCellsResponse {
            import: Some(import.clone().into_pb(plan.columns.clone())),
            problem_rows: plan.problem_rows(),
            sample: plan.sample.clone(),
            will_create: plan.will_create,
            will_update: plan.will_update,
            unchanged: plan.unchanged,
        };
        let response = db.commit(reply).await?;
        self.kept.put(&import, &ctx.scope()?, &setup, (checked, read_at));
        Ok(response)
    }

    async fn run_import(&self, request: Request<pb::RunImportRequest>) -> Result<Response<pb::RunImportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let db = ctx.write().await?;
        let mut import = open(&ctx, store::locked(&db, import_id(&req.import_id)?).await?)?;
        let resumes = import.state() == State::Failed && import.done_rows < import.total_rows;
        if !resumes {
            expect(&import, &[State::Review])?;
            check_problems(&import, req.skip_problem_rows)?;
        }
        begin(&mut import, State::Running, ctx.principal()?.user_id);
        let import = store::update_import(&db, import).await?;
        Ok(db.commit(pb::RunImportResponse { import: Some(import.into_pb(Vec::new())) }).await?)
    }

    async fn undo_import(&self, request: Request<pb::UndoImportRequest>) -> Result<Response<pb::UndoImportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let db = ctx.write().await?;
        let mut import = open(&ctx, store::locked(&db, import_id(&req.import_id)?).await?)?;
        expect(&import, &[State::Done, State::Failed])?;
        if import.done_rows == 0 {
            return Err(
                Error::refused(reason::IMPORT_STATE, "This import has written nothing, so there is nothing to undo.").into()
            );
        }
        begin(&mut import, State::Undoing, ctx.principal()?.user_id);
        // From here on it counts the records that were kept because people worked with them since.
        import.skipped = 0;
        let import = store::update_import(&db, import).await?;
        Ok(db.commit(pb::UndoImportResponse { import: Some(import.into_pb(Vec::new())) }).await?)
    }

    async fn list_imports(&self, request: Request<pb::ListImportsRequest>) -> Result<Response<pb::ListImportsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let asked = ListRequest { page_size: req.page_size, page_token: &req.page_token, ..ListRequest::default() };
        let list = store::LIST.read(asked).map_err(Error::from)?;
        let (imports, page) = store::imports(&ctx.read().await?, ctx.principal()?, &list).await?;
        let imports = imports.into_iter().map(|import| import.into_pb(Vec::new())).collect();
        Ok(Response::new(pb::ListImportsResponse { imports, page: Some(page) }))
    }

    async fn get_import(&self, request: Request<pb::GetImportRequest>) -> Result<Response<pb::GetImportResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let import = read(&ctx, &req.import_id).await?;
        let plan = match import.state() {
            State::Mapping => plan::head(source(&ctx, &import)?, format_of(&import)?, &import.mapping()).await?,
            State::Review => {
                // Reads the whole file, as a preview does.
                ctx.take("bulk").await?;
                let setup = Setup::load(&source(&ctx, &import)?, &import).await?;
                let read = self.read_whole(&ctx, &import, &setup).await?;
                let plan = read.0.plan.clone();
                self.kept.put(&import, &ctx.scope()?, &setup, read);
                plan
            }
            _ => Plan::default(),
        };
        Ok(Response::new(pb::GetImportResponse {
            problem_rows: plan.problem_rows(),
            import: Some(import.into_pb(plan.columns)),
            sample: plan.sample,
            will_create: plan.will_create,
            will_update: plan.will_update,
            unchanged: plan.unchanged,
        }))
    }
}

impl Api {
    /// Reads the whole file in another format, when it is this company's turn.
    async fn read_as(&self, ctx: &Ctx, import: Model, format: Format) -> Result<Model> {
        let _turn = self.turns.take(import.org_id).await?;
        upload::read_as(source(ctx, &import)?, format, import).await
    }

    /// Reads the whole file, when it is this company's turn.
    async fn read_whole(&self, ctx: &Ctx, import: &Model, setup: &Setup) -> Result<Read> {
        let _turn = self.turns.take(import.org_id).await?;
        let read_at = ctx.now();
        Ok((plan::plan(source(ctx, import)?, &ctx.scope()?, setup).await?, read_at))
    }

    /// Looks at the `touched` rows again, whose corrections `setup` has; at the whole file where no check of it is at hand.
    async fn correct(&self, ctx: &Ctx, import: &Model, setup: &Setup, touched: &BTreeSet<u32>) -> Result<Read> {
        let scope = ctx.scope()?;
        let Some((mut checked, read_at)) = self.kept.take(import, &scope, setup, ctx.now()) else {
            return self.read_whole(ctx, import, setup).await;
        };
        let _turn = if touched.len() > FEW { Some(self.turns.take(import.org_id).await?) } else { None };
        checked.correct(&source(ctx, import)?, &scope, setup, touched).await?;
        Ok((checked, read_at))
    }
}

/// Rows that a request corrects, drops or takes back. They are known to be in the file.
fn corrected(req: &pb::FixImportCellsRequest) -> BTreeSet<u32> {
    let rows = req.fixes.iter().map(|fix| &fix.row).chain(&req.drop_rows).chain(&req.keep_rows);
    rows.filter_map(|row| u32::try_from(*row).ok()).collect()
}

fn import_id(text: &str) -> Result<Uuid> {
    ids::parse(prefix::IMPORT, text).ok_or(Error::not_found("import"))
}

async fn read(ctx: &Ctx, id: &str) -> Result<Model> {
    let id = import_id(id)?;
    let db = ctx.read().await?;
    open(ctx, store::import(&db, id).await?)
}

/// The import, if this person may work with it and the company has the feature its rows belong to.
fn open(ctx: &Ctx, import: Model) -> Result<Model> {
    let import = import.open_to(ctx.principal()?)?;
    import.subject().kind().check_on(&ctx.principal()?.org)?;
    Ok(import)
}

fn source(ctx: &Ctx, import: &Model) -> Result<Source> {
    Ok(Source { org: ctx.org_reader()?, import_id: import.id })
}

/// Refuses what an import in this state can't do.
fn expect(import: &Model, states: &[State]) -> Result<()> {
    if states.contains(&import.state()) {
        return Ok(());
    }
    let text = match import.state() {
        State::Uploading => "The file is not here yet as a whole.",
        State::Mapping => "Choose what the columns mean first.",
        State::Review => "This import was not run yet.",
        State::Running => "This import is running.",
        State::Undoing => "This import is being undone.",
        State::Done => "This import is done.",
        State::Failed => "This import has failed.",
        State::Undone => "This import was undone.",
    };
    Err(Error::refused(reason::IMPORT_STATE, text))
}

/// The mapping, mode and key a request asks for; what it leaves open stays as it was.
fn chosen(import: &Model, req: &pb::PreviewImportRequest, customs: Vec<custom_field::store::Model>) -> Result<Setup> {
    let mode = match req.mode() {
        pb::ImportMode::Unspecified if req.mode == 0 && import.state() == State::Review => import.mode(),
        mode => Mode::parse(mode)?,
    };
    let subject = import.subject();
    let key = subject.key(&req.key)?;
    let kept = import.mapping();
    let fields = if req.mapping.is_empty() { &kept } else { &req.mapping };
    let mapping = Mapping::parse(subject, fields, kept.len(), (mode, key), &customs)?;
    Ok(Setup { subject, format: format_of(import)?, mode, key, mapping, fixes: import.fixes(), customs })
}

/// Keeps what was planned, unless somebody else changed the import meanwhile.
async fn save(db: &streamflow_kernel::db::TenantDb, import: Model) -> Result<Model> {
    let current = store::locked(db, import.id).await?;
    if current.version != import.version {
        return Err(Error::refused(reason::IMPORT_CHANGED, "Somebody else changed this import meanwhile. Look at it again."));
    }
    store::update_import(db, import).await
}

fn check_problems(import: &Model, skip: bool) -> Result<()> {
    if skip || import.problem_count == 0 {
        return Ok(());
    }
    let rows = if import.problem_count == 1 { "1 row has".to_owned() } else { format!("{} rows have", import.problem_count) };
    Err(Error::refused(reason::PROBLEM_ROWS, format!("{rows} problems. Fix or drop them, or import without them.")))
}

/// Hands the import to the background runner, which works for whoever asked.
fn begin(import: &mut Model, state: State, run_by: Uuid) {
    import.set_state(state);
    import.run_by = Some(run_by);
    import.failure.clear();
    import.finished_at = None;
    import.lease_until = None;
}
