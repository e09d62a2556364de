//! What a file is on, and who may see and change it: whoever may do that with the record.

use streamflow_kernel::{
    access::module_disabled,
    ctx::Principal,
    db::TenantDb,
    error::{Error, Result},
    feed::Audience,
    ids::{self, prefix},
};
use uuid::Uuid;

use crate::{
    permission,
    portal::PORTAL,
    record::{find, kind::Kind},
    task,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Record(Kind, Uuid),
    Task(Uuid),
}

const TASK: &str = "task";
const KINDS: [Kind; 3] = [Kind::Customer, Kind::Contact, Kind::Lead];

impl Holder {
    /// What an id is of, its prefix says.
    pub fn parse(id: &str) -> Option<Self> {
        let record = KINDS.into_iter().find_map(|kind| Some(Self::Record(kind, kind.parse_id(id).ok()?)));
        record.or_else(|| ids::parse(prefix::TASK, id).map(Self::Task))
    }

    pub fn from_stored(kind: &str, id: Uuid) -> Result<Self> {
        match Kind::from_stored(kind) {
            Some(kind) => Ok(Self::Record(kind, id)),
            None if kind == TASK => Ok(Self::Task(id)),
            None => Err(Error::internal("a file is on something unknown")),
        }
    }

    /// As stored.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Record(kind, _) => kind.as_str(),
            Self::Task(_) => TASK,
        }
    }

    pub const fn id(self) -> Uuid {
        match self {
            Self::Record(_, id) | Self::Task(id) => id,
        }
    }

    /// As the wire writes it.
    pub fn format(self) -> String {
        match self {
            Self::Record(kind, id) => kind.format(id),
            Self::Task(id) => ids::format(prefix::TASK, id),
        }
    }

    /// Refuses what belongs to a feature that the company has switched off.
    pub fn check_on(self, principal: &Principal) -> Result<()> {
        match self {
            Self::Record(kind, _) => kind.check_on(&principal.org),
            Self::Task(_) if principal.org.has_module("tasks") => Ok(()),
            Self::Task(_) => Err(module_disabled()),
        }
    }

    /// The same, and people whose role does not include editing what the file is on.
    pub fn check_editable(self, principal: &Principal) -> Result<()> {
        self.check_on(principal)?;
        if permission::may(&principal.role, &format!("{}.write", self.kind())) {
            return Ok(());
        }
        Err(PORTAL.role_refused())
    }

    /// Who hears of its files. Fails as for a missing one when the person does not see it.
    pub async fn audience(self, tx: &TenantDb) -> Result<Audience> {
        match self {
            Self::Record(kind, id) => Ok(find::people_of(tx, kind, id).await?.audience()),
            Self::Task(id) => Ok(Audience::people(None, task::store::seen(tx, id).await?.assignee_id, None)),
        }
    }
}
