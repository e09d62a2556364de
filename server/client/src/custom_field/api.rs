//! `streamflow.client.v1.CustomFieldService`.

use streamflow_kernel::{
    ctx::Ctx,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::client::{
    reason,
    v1::{self as pb, custom_field_service_server::CustomFieldService},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    domain::{self, FieldEdit, NewField},
    store::{self, Model},
};
use crate::{record::kind::Kind, template::read::MOST_FIELDS};

/// Fields a kind of record ever has, those put away among them.
const EVER: usize = 200;

#[derive(Debug)]
pub struct Api;

#[tonic::async_trait]
impl CustomFieldService for Api {
    async fn list_custom_fields(
        &self,
        request: Request<pb::ListCustomFieldsRequest>,
    ) -> Result<Response<pb::ListCustomFieldsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let fields = store::fields(&ctx.read().await?, Kind::from_pb(req.kind)).await?;
        Ok(Response::new(pb::ListCustomFieldsResponse { fields: fields.into_iter().map(Model::into_pb).collect() }))
    }

    async fn create_custom_field(
        &self,
        request: Request<pb::CreateCustomFieldRequest>,
    ) -> Result<Response<pb::CreateCustomFieldResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let new = NewField::parse(req.field)?;
        let tx = ctx.write().await?;
        let siblings = store::locked(&tx, new.kind).await?;
        check_room(&siblings)?;
        if siblings.iter().any(|field| field.key == new.key) {
            return Err(Error::invalid("field.key", "A field has or had this key already.").into());
        }
        check_label(&siblings, None, &new.look.label)?;
        let last = siblings.iter().map(|field| field.position).max().unwrap_or_default();
        let field = store::insert_field(&tx, ctx.new_id(), new, last + 1, ctx.now()).await?;
        Ok(tx.commit(pb::CreateCustomFieldResponse { field: Some(field.into_pb()) }).await?)
    }

    async fn update_custom_field(
        &self,
        request: Request<pb::UpdateCustomFieldRequest>,
    ) -> Result<Response<pb::UpdateCustomFieldResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let edit = FieldEdit::parse(req.field)?;
        let tx = ctx.write().await?;
        let before = store::field(&tx, edit.id).await?;
        if before.version != edit.version {
            return Err(Error::conflict(&before.into_pb()).into());
        }
        edit.look.check(before.holds())?;
        check_label(&store::locked(&tx, kind_of(&before)?).await?, Some(before.id), &edit.look.label)?;
        let field = store::update_field(&tx, before, edit.look).await?;
        Ok(tx.commit(pb::UpdateCustomFieldResponse { field: Some(field.into_pb()) }).await?)
    }

    async fn reorder_custom_fields(
        &self,
        request: Request<pb::ReorderCustomFieldsRequest>,
    ) -> Result<Response<pb::ReorderCustomFieldsResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let kind = domain::kind(req.kind).ok_or_else(|| Error::invalid("kind", "Choose customers or leads."))?;
        let tx = ctx.write().await?;
        let live: Vec<Model> = store::locked(&tx, kind).await?.into_iter().filter(|field| field.archived_at.is_none()).collect();
        let wanted = order(&req.field_ids, &live)?;
        let mut fields = Vec::with_capacity(wanted.len());
        for (position, field) in (1_i32..).zip(wanted) {
            fields.push(store::place_field(&tx, field, position).await?.into_pb());
        }
        Ok(tx.commit(pb::ReorderCustomFieldsResponse { fields }).await?)
    }

    async fn archive_custom_field(
        &self,
        request: Request<pb::ArchiveCustomFieldRequest>,
    ) -> Result<Response<pb::ArchiveCustomFieldResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let id = ids::parse(prefix::FIELD, &req.field_id).ok_or(Error::not_found("field"))?;
        let tx = ctx.write().await?;
        let before = store::field(&tx, id).await?;
        if before.archived_at.is_some() && !req.archived {
            let siblings = store::locked(&tx, kind_of(&before)?).await?;
            check_room(&siblings)?;
            check_label(&siblings, Some(id), &before.label)?;
        }
        let field = store::archive_field(&tx, before, req.archived.then(|| ctx.now())).await?;
        Ok(tx.commit(pb::ArchiveCustomFieldResponse { field: Some(field.into_pb()) }).await?)
    }
}

fn kind_of(field: &Model) -> Result<Kind> {
    Kind::from_stored(&field.record_kind).ok_or_else(|| Error::internal("a field of no known record"))
}

fn check_room(siblings: &[Model]) -> Result<()> {
    let live = siblings.iter().filter(|field| field.archived_at.is_none()).count();
    if siblings.len() >= EVER {
        let text =
            format!("{EVER} fields were made here, and each keeps its values. Restore one that was archived, and rename it.");
        return Err(Error::refused(reason::TOO_MANY_FIELDS_EVER, text));
    }
    if live < MOST_FIELDS {
        return Ok(());
    }
    Err(Error::refused(reason::TOO_MANY_FIELDS, format!("There can be {MOST_FIELDS} fields at once. Archive one first.")))
}

/// Two fields of one name can't be told apart in forms and files.
fn check_label(siblings: &[Model], own: Option<Uuid>, label: &str) -> Result<()> {
    let wanted = label.to_lowercase();
    let is_same = |field: &&Model| Some(field.id) != own && field.archived_at.is_none() && field.label.to_lowercase() == wanted;
    match siblings.iter().find(is_same) {
        Some(_) => Err(Error::invalid("field.label", "Another field has this name.")),
        None => Ok(()),
    }
}

/// The fields as named, then those not named.
fn order(ids: &[String], live: &[Model]) -> Result<Vec<Model>> {
    let mut wanted: Vec<Model> = Vec::with_capacity(live.len());
    for text in ids.iter().take(live.len() + 1) {
        let found = ids::parse(prefix::FIELD, text).and_then(|id| live.iter().find(|field| field.id == id));
        match found {
            Some(field) if !wanted.contains(field) => wanted.push(field.clone()),
            _ => return Err(Error::invalid("field_ids", "Name each field of this kind once.")),
        }
    }
    let rest: Vec<Model> = live.iter().filter(|field| !wanted.contains(field)).cloned().collect();
    wanted.extend(rest);
    Ok(wanted)
}
