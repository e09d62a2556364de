//! Making companies, each with what the template of its industry gives it.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::sync::Arc;

use streamflow_kernel::{
    db::SystemDb,
    error::{Error, Result},
    jobs::deed::Deed,
    kernel::Kernel,
};
use uuid::Uuid;

pub use super::domain::{MadeOrg, NewOrg, NewOwner, slug};
use super::store;
use crate::{custom_field, record::kind::Kind, template, user};

/// Makes a company with its data key, its pipeline and its first owner, all or nothing.
pub async fn create_org(kernel: &Arc<Kernel>, new: NewOrg) -> Result<MadeOrg> {
    let new = new.checked()?;
    let db = kernel.database.system().await?;
    let made = insert(&db, kernel, &new).await?;
    let payload = serde_json::json!({ "tenant_id": new.tenant_id, "plan": new.plan });
    let deed = Deed { org_id: made.org_id, path: "streamflow tenant create", category: "provisioning", outcome: "OK", payload };
    deed.audit(&db, kernel).await?;
    db.commit().await?;
    Ok(made)
}

/// Writes a company that was checked; the caller commits, so that more can become true with it.
pub async fn insert(db: &SystemDb, kernel: &Kernel, new: &NewOrg) -> Result<MadeOrg> {
    let at = kernel.clock.now();
    let (owner_id, is_new_owner) = owner_account(db, kernel, &new.owner).await?;
    let made = MadeOrg { org_id: kernel.ids.uuid(), owner_id, is_new_owner, at };
    store::insert_org(db, new, made).await?;
    store::insert_first_owner(db, made).await?;
    begin(db, kernel, made, new.industry.as_deref()).await?;
    kernel.keys.create(db, made.org_id, at).await?;
    Ok(made)
}

/// Modules, pipeline and fields of the industry; without one all modules, a plain pipeline and no fields.
async fn begin(db: &SystemDb, kernel: &Kernel, made: MadeOrg, industry: Option<&str>) -> Result<()> {
    let ids = kernel.ids.as_ref();
    let Some(template) = industry.and_then(template::template) else {
        return store::insert_default_stages(db, ids, made.org_id).await;
    };
    store::insert_stages(db, ids, made.org_id, &template.stages).await?;
    store::insert_modules(db, made, &template.modules).await?;
    for (kind, fields) in [(Kind::Customer, &template.fields.customer), (Kind::Lead, &template.fields.lead)] {
        custom_field::store::insert_of_template(db, ids, made.org_id, (kind, fields), made.at).await?;
    }
    Ok(())
}

/// One person may own several companies. Whether the account is new comes with it.
async fn owner_account(db: &SystemDb, kernel: &Kernel, owner: &NewOwner) -> Result<(Uuid, bool)> {
    let id = kernel.ids.uuid();
    let new = user::store::NewUser {
        id,
        email: &owner.email,
        display_name: &owner.display_name,
        password_hash: owner.password_hash.clone(),
        now: kernel.clock.now(),
    };
    // Tried first and looked for afterwards: two companies of one new owner may be made at once.
    if user::store::insert_user(db, new).await? {
        return Ok((id, true));
    }
    let user = user::store::user_by_email(db, &owner.email).await?;
    Ok((user.ok_or_else(|| Error::internal("an account that is there can't be found"))?.id, false))
}

/// The company behind a name in page addresses.
pub async fn org_by_tenant_id(kernel: &Kernel, tenant_id: &str) -> Result<Option<Uuid>> {
    let db = kernel.database.system_read().await?;
    store::org_by_tenant_id(&db, tenant_id).await
}
