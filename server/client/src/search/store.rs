//! Rows of the search index.

use sea_orm::entity::prelude::*;
use streamflow_kernel::db::{TenantEntity, VisibleEntity};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    pub subtitle: String,
    pub text: String,
    pub digits: String,
    pub keys: String,
    pub owner_id: Option<Uuid>,
    pub assignee_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub archived: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TenantEntity for Entity {
    const ORG: Column = Column::OrgId;
}

impl VisibleEntity for Entity {
    const OWNER: Column = Column::OwnerId;
    const ASSIGNEE: Column = Column::AssigneeId;
    const TEAM: Column = Column::TeamId;
}
