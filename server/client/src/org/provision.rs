//! Making companies: the operator's work, on the command line and for the demo. No RPC leads here.

use std::sync::Arc;

use streamflow_kernel::{db::SystemDb, error::Result, kernel::Kernel};
use uuid::Uuid;

pub use super::domain::{MadeOrg, NewOrg, NewOwner, slug};
use super::store;
use crate::user;

/// Makes a company with its data key, its pipeline and its first owner, all or nothing.
pub async fn create_org(kernel: &Arc<Kernel>, new: NewOrg) -> Result<MadeOrg> {
    let new = new.checked()?;
    let db = kernel.database.system().await?;
    let made = insert(&db, kernel, &new).await?;
    db.commit().await?;
    Ok(made)
}

async fn insert(db: &SystemDb, kernel: &Kernel, new: &NewOrg) -> Result<MadeOrg> {
    let at = kernel.clock.now();
    let owner_id = owner_account(db, kernel, &new.owner).await?;
    let made = MadeOrg { org_id: kernel.ids.uuid(), owner_id, at };
    store::insert_org(db, new, made).await?;
    store::insert_first_owner(db, made).await?;
    store::insert_default_stages(db, kernel.ids.as_ref(), made.org_id).await?;
    kernel.keys.create(db, made.org_id, at).await?;
    Ok(made)
}

/// One person may own several companies.
async fn owner_account(db: &SystemDb, kernel: &Kernel, owner: &NewOwner) -> Result<Uuid> {
    if let Some(user) = user::store::user_by_email(db, &owner.email).await? {
        return Ok(user.id);
    }
    let id = kernel.ids.uuid();
    let new = user::store::NewUser {
        id,
        email: &owner.email,
        display_name: &owner.display_name,
        password_hash: owner.password_hash.clone(),
        now: kernel.clock.now(),
    };
    user::store::insert_user(db, new).await?;
    Ok(id)
}

/// The company behind a name in page addresses.
pub async fn org_by_tenant_id(kernel: &Kernel, tenant_id: &str) -> Result<Option<Uuid>> {
    let db = kernel.database.system_read().await?;
    store::org_by_tenant_id(&db, tenant_id).await
}
