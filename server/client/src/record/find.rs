//! A record of any kind by its id, as this person sees it.

use streamflow_kernel::{db::TenantDb, error::Result};
use uuid::Uuid;

use super::{
    kind::Kind,
    people::People,
    row::{self, Owned as _},
};
use crate::{contact, customer, lead};

/// Whose a record is; a contact has its customer's people. Fails as for a missing one when the person does not see it.
pub async fn people_of(tx: &TenantDb, kind: Kind, id: Uuid) -> Result<People> {
    let scope = tx.scope();
    match kind {
        Kind::Customer => Ok(row::seen::<customer::store::Entity>(tx, scope, id).await?.people()),
        Kind::Contact => {
            let contact = row::seen::<contact::store::Entity>(tx, scope, id).await?;
            Ok(row::seen::<customer::store::Entity>(tx, scope, contact.customer_id).await?.people())
        }
        Kind::Lead => {
            let lead = row::seen::<lead::store::Entity>(tx, scope, id).await?;
            Ok(lead::store::Entity::people(&lead))
        }
    }
}
