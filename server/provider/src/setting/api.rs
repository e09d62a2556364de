//! `streamflow.provider.v1.SettingService`.

use serde_json::json;
use streamflow_kernel::{
    clock::timestamp,
    ctx::Ctx,
    db::NO_ORG,
    error::{Error, Result},
};
use streamflow_proto::provider::v1::{self as pb, setting_service_server::SettingService};
use tonic::{Request, Response, Status};

use super::{
    domain::{self, DEFINITIONS, Definition, Kind, Value},
    mirror::{Mirror, differs},
    store::{self, InForce},
};
use crate::admin::domain::changed_meanwhile;

#[derive(Debug)]
pub struct Api {
    /// What this server would go by in Recovery Mode.
    pub mirror: Option<Mirror>,
}

#[tonic::async_trait]
impl SettingService for Api {
    async fn list_settings(
        &self,
        request: Request<pb::ListSettingsRequest>,
    ) -> Result<Response<pb::ListSettingsResponse>, Status> {
        let (ctx, _) = Ctx::enter(request)?;
        let rows = store::settings(&ctx.system_read().await?).await?;
        let mut settings = Vec::with_capacity(DEFINITIONS.len());
        for definition in DEFINITIONS {
            let in_force = store::open(ctx.keys(), definition, store::of(&rows, definition)).await?;
            settings.push(self.setting(definition, in_force));
        }
        let mirror_written_at = self.mirror.as_ref().and_then(|mirror| timestamp(mirror.written_at));
        Ok(Response::new(pb::ListSettingsResponse { settings, mirror_written_at }))
    }

    async fn update_setting(
        &self,
        request: Request<pb::UpdateSettingRequest>,
    ) -> Result<Response<pb::UpdateSettingResponse>, Status> {
        let (ctx, req) = Ctx::enter(request)?;
        let definition = domain::definition(&req.key)?;
        let value = definition.parse(req.value)?;
        keeps_caller_in(&ctx, definition, &value)?;
        let row = store::setting(&ctx.system_read().await?, definition).await?;
        let before = store::open(ctx.keys(), definition, row).await?;
        if before.version != req.version {
            return Err(changed_meanwhile().into());
        }
        let (now, by) = (ctx.now(), ctx.principal()?.display_name.clone());
        let after = InForce { value, version: req.version + 1, updated_at: Some(now), updated_by: by };
        let key = ctx.keys().current(NO_ORG).await?;
        let tx = ctx.system().await?;
        if !store::update_setting(&tx, &key, definition, &after, now).await? {
            return Err(changed_meanwhile().into());
        }
        ctx.note_change(definition.key, json!(before.value), json!(after.value));
        Ok(tx.commit(pb::UpdateSettingResponse { setting: Some(self.setting(definition, after)) }).await?)
    }
}

impl Api {
    fn setting(&self, definition: &Definition, in_force: InForce) -> pb::Setting {
        let (kind, unit, max) = match definition.kind {
            Kind::Flag { .. } => (pb::SettingKind::Flag, "", 0),
            Kind::Amount { unit, max } => (pb::SettingKind::Amount, unit, max),
            Kind::Networks => (pb::SettingKind::Networks, "", 0),
        };
        pb::Setting {
            mirror_differs: differs(self.mirror.as_ref(), definition, &in_force.value),
            key: definition.key.to_owned(),
            group: definition.group.to_owned(),
            title: definition.title.to_owned(),
            description: definition.description.to_owned(),
            kind: kind.into(),
            value: Some(in_force.value.into_pb()),
            unit: unit.to_owned(),
            max,
            version: in_force.version,
            updated_at: in_force.updated_at.and_then(timestamp),
            updated_by: in_force.updated_by,
        }
    }
}

/// Whoever changes the networks must still be let in by them.
fn keeps_caller_in(ctx: &Ctx, definition: &Definition, value: &Value) -> Result<()> {
    let ip = ctx.request().ip;
    if definition.key == domain::SIGN_IN_NETWORKS.key && !value.admits(ip) {
        let text = format!("Your own address {} is not among these. You could not sign in any more.", ip.to_canonical());
        return Err(Error::invalid("value", text));
    }
    Ok(())
}
