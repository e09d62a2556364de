//! Whom a record belongs to: owner, assignee and team, which decide who sees it.

use std::collections::HashSet;

use sea_orm::{FromQueryResult, Value};
use streamflow_kernel::{
    ctx::{Ctx, Principal, WriteDb},
    db::{Scope, TenantDb, Visibility},
    error::{Result, Violations},
    feed::Audience,
};
use uuid::Uuid;

use crate::permission;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub owner: Option<Uuid>,
    pub assignee: Option<Uuid>,
    pub team: Option<Uuid>,
}

/// One of the three places and who is to have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Owner(Option<Uuid>),
    Assignee(Option<Uuid>),
    Team(Option<Uuid>),
}

impl Place {
    pub const fn field(self) -> &'static str {
        match self {
            Self::Owner(_) => "owner_id",
            Self::Assignee(_) => "assignee_id",
            Self::Team(_) => "team_id",
        }
    }

    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Owner(id) | Self::Assignee(id) | Self::Team(id) => id,
        }
    }

    /// True for a field that decides who sees a record.
    pub fn is_field(field: &str) -> bool {
        matches!(field, "owner_id" | "assignee_id" | "team_id")
    }
}

impl People {
    pub const fn audience(self) -> Audience {
        Audience::people(self.owner, self.assignee, self.team)
    }

    pub fn are_seen_by(self, scope: &Scope) -> bool {
        scope.sees(self.owner, self.assignee, self.team)
    }

    /// The people of a new record: who makes it keeps seeing it. Owners see everything and take nothing by accident.
    pub fn claimed_by(self, principal: &Principal) -> Self {
        self.claimed((principal.user_id, principal.visibility), &principal.team_ids)
    }

    /// The same where somebody's sight is all that is at hand.
    pub fn claimed_in(self, scope: &Scope) -> Self {
        self.claimed((scope.user_id, scope.visibility), &scope.team_ids)
    }

    fn claimed(self, (user_id, visibility): (Uuid, Visibility), team_ids: &[Uuid]) -> Self {
        let me = Some(user_id);
        match visibility {
            Visibility::Own => Self { owner: self.owner.or(me), ..self },
            Visibility::Assigned => Self { assignee: self.assignee.or(me), ..self },
            Visibility::Team => Self { owner: self.owner.or(me), team: self.team.or(team_ids.first().copied()), ..self },
            Visibility::Org | Visibility::Finance | Visibility::Nothing => self,
        }
    }

    pub const fn places(self) -> [Place; 3] {
        [Place::Owner(self.owner), Place::Assignee(self.assignee), Place::Team(self.team)]
    }

    /// The places a request names somebody for.
    pub fn given(self) -> Vec<Place> {
        self.places().into_iter().filter(|place| place.id().is_some()).collect()
    }

    pub const fn with(self, place: Place) -> Self {
        match place {
            Place::Owner(owner) => Self { owner, ..self },
            Place::Assignee(assignee) => Self { assignee, ..self },
            Place::Team(team) => Self { team, ..self },
        }
    }
}

/// The transaction of a write. One that may take the record out of the person's own sight needs the whole company in view, because
/// the row policies judge the row after the write too; what the person may touch is then up to the finder alone.
pub async fn write(ctx: &Ctx, keeps_sight: bool) -> Result<WriteDb> {
    if keeps_sight { ctx.write().await } else { ctx.write_whole_org().await }
}

/// Refuses filling places by somebody whose role does not include it; to take work oneself is always allowed. `noun` is the request's field of the record.
pub fn check_right(principal: &Principal, noun: &str, places: &[Place]) -> Result<()> {
    if permission::may(&principal.role, "record.assign") {
        return Ok(());
    }
    let me = Some(principal.user_id);
    let mut violations = Violations::new();
    for place in places {
        if *place != Place::Assignee(me) {
            violations.add(format!("{noun}.{}", place.field()), "Your role doesn't include handing records on.");
        }
    }
    violations.into_result()
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

/// Refuses people and teams that are not of this company, or can no longer act in it.
pub async fn check_exist(tx: &TenantDb, noun: &str, places: &[Place]) -> Result<()> {
    let users: HashSet<Uuid> = places
        .iter()
        .filter_map(|place| match place {
            Place::Owner(id) | Place::Assignee(id) => *id,
            Place::Team(_) => None,
        })
        .collect();
    let teams: HashSet<Uuid> = places.iter().filter_map(|place| if let Place::Team(id) = place { *id } else { None }).collect();
    let members = "SELECT user_id AS id FROM memberships WHERE org_id = {org} AND disabled_at IS NULL AND user_id IN";
    let users = found(tx, members, users).await?;
    let teams = found(tx, "SELECT id FROM teams WHERE org_id = {org} AND id IN", teams).await?;
    let mut violations = Violations::new();
    for place in places {
        let (id, known, text) = match place {
            Place::Owner(id) | Place::Assignee(id) => (id, &users, "Choose a person from the list."),
            Place::Team(id) => (id, &teams, "Choose a team from the list."),
        };
        if id.is_some_and(|id| !known.contains(&id)) {
            let path = if noun.is_empty() { place.field().to_owned() } else { format!("{noun}.{}", place.field()) };
            violations.add(path, text);
        }
    }
    violations.into_result()
}

async fn found(tx: &TenantDb, sql: &str, wanted: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    if wanted.is_empty() {
        return Ok(wanted);
    }
    let sql = format!("{sql} ({})", vec!["?"; wanted.len()].join(", "));
    let values: Vec<Value> = wanted.into_iter().map(Value::from).collect();
    let rows: Vec<Found> = tx.query(&sql, values).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
