//! The portal's people as its desk knows them.
#![expect(clippy::disallowed_methods, reason = "work behind the answers, which names its company or has none")]

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use streamflow_kernel::{
    crypto::BlindIndex,
    db::{Database, NO_ORG},
    error::Result,
    kernel::{Kernel, KeyRing},
    operator::{Operator, People},
};
use uuid::Uuid;

use super::{domain::Admin, store};
use crate::setting::{
    domain::{Definition, SIGN_IN_NETWORKS, VIEWERS_SIGN_IN, Value},
    store as settings,
};

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Admins {
    database: Database,
    keys: KeyRing,
    pub index: Arc<BlindIndex>,
}

impl Admins {
    /// Where there is nobody yet, the environment's person becomes the first administrator. That happens once: from then on those
    /// credentials are good in Recovery Mode only, unless the person keeps them.
    pub async fn open(kernel: &Kernel, first: Option<&Operator>) -> Result<Self> {
        let now = kernel.clock.now();
        let key = kernel.keys.current(NO_ORG).await?;
        let tx = kernel.database.system().await?;
        let sealed = store::sealed_index(&tx, &key, now).await?;
        tx.commit().await?;
        let index = store::open_index(&kernel.keys, &sealed).await?;
        let tx = kernel.database.system().await?;
        if let Some(first) = first
            && store::admins(&tx).await?.is_empty()
        {
            let admin = Admin {
                id: first.user_id,
                email: first.email.clone(),
                display_name: "First administrator".to_owned(),
                role: "ADMIN".to_owned(),
                state: "ACTIVE".to_owned(),
                password_hash: first.password_hash().to_owned(),
                totp_secret: first.totp_secret().to_vec(),
                created_at: now,
                updated_at: now,
                version: 1,
            };
            if store::insert_admin(&tx, &key, &index, &admin, None).await? {
                tracing::info!(target: "streamflow", "the environment's person is the first administrator of the provider portal");
            }
        }
        tx.commit().await?;
        Ok(Self { database: kernel.database.clone(), keys: kernel.keys.clone(), index: Arc::new(index) })
    }

    async fn active(&self, sealed: Option<store::Sealed>) -> Result<Option<Operator>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let operator = sealed.open(&self.keys).await?.operator();
        if operator.as_ref().is_some_and(|operator| operator.role == "VIEWER") && !self.setting(VIEWERS_SIGN_IN).await?.is_on() {
            return Ok(None);
        }
        Ok(operator)
    }

    async fn setting(&self, definition: &'static Definition) -> Result<Value> {
        let row = settings::setting(&self.database.system_read().await?, definition).await?;
        Ok(settings::open(&self.keys, definition, row).await?.value)
    }
}

#[async_trait]
impl People for Admins {
    async fn by_email(&self, email: &str) -> Result<Option<Operator>> {
        let sealed = store::by_email(&self.database.system_read().await?, &self.index, email).await?;
        self.active(sealed).await
    }

    async fn by_id(&self, user_id: Uuid) -> Result<Option<Operator>> {
        let sealed = store::admin(&self.database.system_read().await?, user_id).await?;
        self.active(sealed).await
    }

    async fn everybody(&self) -> Result<Vec<Operator>> {
        let sealed = store::admins(&self.database.system_read().await?).await?;
        let mut everybody = Vec::with_capacity(sealed.len());
        for one in sealed {
            everybody.extend(one.open(&self.keys).await?.operator());
        }
        Ok(everybody)
    }

    async fn admits(&self, ip: IpAddr) -> Result<bool> {
        Ok(self.setting(SIGN_IN_NETWORKS).await?.admits(ip))
    }
}
