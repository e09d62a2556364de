//! A list as CSV, in pieces: the ids first, in one statement and so in one state of the list, then the rows a few hundred at a time.

mod columns;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use sea_orm::{ColumnTrait as _, FromQueryResult, QuerySelect as _};
use streamflow_kernel::{
    csv,
    ctx::Ctx,
    db::TenantDb,
    error::{Error, Result},
    list::{List, ListRequest},
};
use streamflow_proto::{
    client::{reason, v1 as pb},
    reason::Reason,
};
use tonic::Status;
use uuid::Uuid;

use self::columns::{Columns, Exported, Names};
use super::{
    kind::Kind,
    list::{Sort, matching},
    row,
};
use crate::{
    contact,
    custom_field::filter,
    customer, lead,
    session::principal::{Standing, standing},
};

/// Rows of a piece.
const PIECE: usize = 500;
/// As long as other streams last.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

type Pieces = BoxStream<'static, Result<pb::ExportRecordsResponse, Status>>;

/// Everything the request's list names and this person sees, however long it takes to read.
pub async fn stream(ctx: Ctx, kind: Kind, req: pb::ExportRecordsRequest) -> Result<Pieces> {
    match kind {
        Kind::Customer => pieces::<customer::store::Entity>(ctx, req).await,
        Kind::Contact => pieces::<contact::store::Entity>(ctx, req).await,
        Kind::Lead => pieces::<lead::store::Entity>(ctx, req).await,
    }
}

async fn pieces<E: Exported>(ctx: Ctx, req: pb::ExportRecordsRequest) -> Result<Pieces> {
    let tx = ctx.read().await?;
    let request = ListRequest { filter: &req.filter, order_by: &req.order_by, ..ListRequest::default() };
    let list = filter::read::<E>(&tx, request).await?;
    let columns: Columns<E> = columns::chosen::<E>(&tx, &req.columns).await?;
    let ids = ids::<E>(&tx, &list, &E::sort(&tx, &list).await?).await?;
    let names = Arc::new(columns::names(&tx).await?);
    let right = Right::begin(&ctx, &tx).await?;
    drop(tx);
    let head: Vec<&str> = columns.iter().map(|column| column.head.as_str()).collect();
    let mut first = csv::BOM.to_owned();
    csv::write_row(&mut first, &head);
    let parts: Vec<Vec<Uuid>> = ids.chunks(PIECE).map(<[Uuid]>::to_vec).collect();
    let rest = stream::iter(parts).then(move |ids| {
        let (ctx, columns, names) = (ctx.clone(), columns.clone(), Arc::clone(&names));
        async move { piece::<E>(&ctx, right, &columns, &names, &ids).await }
    });
    let all = stream::once(async move { Ok(first) }).chain(rest);
    Ok(all.map_ok(|text| pb::ExportRecordsResponse { data: text.into_bytes() }).map_err(Status::from).boxed())
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

async fn ids<E: Exported>(tx: &TenantDb, list: &List, sort: &Sort<E>) -> Result<Vec<Uuid>> {
    let finder = matching::<E>(tx, list)?.map(|select| sort.order(select.select_only().column_as(E::ID, "id")));
    let rows: Vec<Found> = tx.rows(finder).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What a download began with. The reader decides how long it takes, so each piece asks whether that still stands.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    standing: Standing,
    ends: DateTime<Utc>,
}

/// How far the reader's session goes now.
async fn right(ctx: &Ctx, tx: &TenantDb) -> Result<Standing> {
    let (session_id, now) = (ctx.principal()?.session_id, ctx.clock().now());
    let standing = standing(tx, session_id, now).await?;
    standing.ok_or_else(|| Error::refused(Reason::NOT_SIGNED_IN, "You were signed out during the download. Sign in first."))
}

impl Right {
    pub async fn begin(ctx: &Ctx, tx: &TenantDb) -> Result<Self> {
        Ok(Self { standing: right(ctx, tx).await?, ends: ctx.now() + LONGEST })
    }

    pub async fn check(self, ctx: &Ctx, tx: &TenantDb) -> Result<()> {
        if ctx.clock().now() > self.ends {
            let text = "This download took longer than 15 minutes and was ended. Try again; a list can be narrowed first.";
            return Err(Error::refused(reason::DOWNLOAD_TOO_LONG, text));
        }
        if right(ctx, tx).await? == self.standing {
            return Ok(());
        }
        Err(Error::refused(reason::RIGHTS_CHANGED, "Your rights changed during the download. Begin it anew."))
    }
}

/// A transaction of its own, so that a slow reader holds no connection. Rows that went out of sight meanwhile are left out.
async fn piece<E: Exported>(ctx: &Ctx, right: Right, columns: &Columns<E>, names: &Names, ids: &[Uuid]) -> Result<String, Error> {
    let tx = ctx.read().await?;
    right.check(ctx, &tx).await?;
    let finder = row::finder::<E>(&tx, tx.scope()).filter(E::ID.is_in(ids.iter().copied()));
    let mut rows: HashMap<Uuid, E::Model> = tx.records(finder).await?.into_iter().map(|row| (E::id(&row), row)).collect();
    let rows: Vec<E::Model> = ids.iter().filter_map(|id| rows.remove(id)).collect();
    let mut text = String::new();
    for record in E::wire(&tx, rows).await? {
        let cells: Vec<String> = columns.iter().map(|column| column.write::<E>(&record, names)).collect();
        csv::write_row(&mut text, &cells);
    }
    Ok(text)
}
