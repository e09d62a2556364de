//! The lists that can have views: what each is called, who reads it, and what it can be asked.

use streamflow_kernel::{
    audit,
    ctx::Principal,
    db::TenantDb,
    error::{Error, Result},
    list::ListRequest,
};
use streamflow_proto::client::v1 as pb;

use crate::{contact, custom_field::filter, customer, lead, permission, record::kind::Kind, task::store::find};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Records(Kind),
    Tasks,
    Audit,
}

const ALL: [List; 5] =
    [List::Records(Kind::Customer), List::Records(Kind::Contact), List::Records(Kind::Lead), List::Tasks, List::Audit];

impl List {
    /// None for a list this server does not know, or for none at all.
    pub fn from_pb(kind: i32) -> Option<Self> {
        ALL.into_iter().find(|list| i32::from(list.into_pb()) == kind)
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        ALL.into_iter().find(|list| list.as_str() == text)
    }

    pub const fn into_pb(self) -> pb::ListKind {
        match self {
            Self::Records(Kind::Customer) => pb::ListKind::Customer,
            Self::Records(Kind::Contact) => pb::ListKind::Contact,
            Self::Records(Kind::Lead) => pb::ListKind::Lead,
            Self::Tasks => pb::ListKind::Task,
            Self::Audit => pb::ListKind::Audit,
        }
    }

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records(kind) => kind.as_str(),
            Self::Tasks => "task",
            Self::Audit => "audit",
        }
    }

    /// What it can be asked besides its filter.
    pub const fn switches(self) -> &'static [&'static str] {
        match self {
            Self::Tasks => &[find::EVERYONE, find::INCLUDE_DONE],
            Self::Records(_) | Self::Audit => &[],
        }
    }

    /// Lists that this person reads at all.
    pub fn readable(principal: &Principal) -> impl Iterator<Item = Self> {
        ALL.into_iter().filter(|list| list.is_readable_by(principal))
    }

    pub fn is_readable_by(self, principal: &Principal) -> bool {
        match self {
            Self::Records(kind) => kind.is_readable_by(principal),
            Self::Tasks => principal.org.has_module("tasks") && permission::may(&principal.role, "task.read"),
            Self::Audit => permission::may(&principal.role, "audit.read"),
        }
    }

    /// Reads what a view asks as the list itself would read it.
    pub async fn check(self, tx: &TenantDb, request: ListRequest<'_>, switches: &[String]) -> Result<()> {
        match self {
            Self::Records(Kind::Customer) => filter::read::<customer::store::Entity>(tx, request).await.map(drop),
            Self::Records(Kind::Contact) => filter::read::<contact::store::Entity>(tx, request).await.map(drop),
            Self::Records(Kind::Lead) => filter::read::<lead::store::Entity>(tx, request).await.map(drop),
            Self::Tasks => {
                let spec = find::Choice::of(switches).spec();
                spec.read_with(request, &find::record).map(drop).map_err(Error::from)
            }
            Self::Audit => audit::page::check(request),
        }
    }
}
