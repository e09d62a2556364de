//! The kinds of record there are, and what each is called on the wire, in rows and in the change feed.

use streamflow_kernel::access::module_disabled;
use streamflow_kernel::ctx::{OrgFacts, Principal};
use streamflow_kernel::error::{Error, Result};
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::permission;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Customer,
    Contact,
    Lead,
}

impl Kind {
    /// None for a kind this server does not know, or for none at all.
    pub fn from_pb(kind: i32) -> Option<Self> {
        match pb::RecordKind::try_from(kind).ok()? {
            pb::RecordKind::Unspecified => None,
            pb::RecordKind::Customer => Some(Self::Customer),
            pb::RecordKind::Contact => Some(Self::Contact),
            pb::RecordKind::Lead => Some(Self::Lead),
        }
    }

    /// As [`from_pb`](Self::from_pb), for requests that must name one in their field `kind`.
    pub fn required(kind: i32) -> Result<Self> {
        Self::from_pb(kind).ok_or_else(|| Error::invalid("kind", "Say which kind of record is meant."))
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Customer, Self::Contact, Self::Lead].into_iter().find(|kind| kind.as_str() == text)
    }

    pub const fn into_pb(self) -> pb::RecordKind {
        match self {
            Self::Customer => pb::RecordKind::Customer,
            Self::Contact => pb::RecordKind::Contact,
            Self::Lead => pb::RecordKind::Lead,
        }
    }

    /// The noun: as stored, in the change feed and in error texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Lead => "lead",
        }
    }

    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Customer => prefix::CUSTOMER,
            Self::Contact => prefix::CONTACT,
            Self::Lead => prefix::LEAD,
        }
    }

    pub fn format(self, id: Uuid) -> String {
        ids::format(self.prefix(), id)
    }

    /// An id that can't be one of this kind is answered like one that does not exist.
    pub fn parse_id(self, text: &str) -> Result<Uuid> {
        ids::parse(self.prefix(), text).ok_or(self.not_found())
    }

    pub const fn not_found(self) -> Error {
        Error::not_found(self.as_str())
    }

    /// The feature module it belongs to; empty for what is always on.
    const fn module(self) -> &'static str {
        match self {
            Self::Customer | Self::Contact => "",
            Self::Lead => "leads",
        }
    }

    /// Refuses records of a feature that the company has switched off. RPCs that are about any kind ask here; those of one noun
    /// declare their module.
    pub fn check_on(self, org: &OrgFacts) -> Result<()> {
        if org.has_module(self.module()) { Ok(()) } else { Err(module_disabled()) }
    }

    /// Whether a person reads this kind at all, whatever the record.
    pub fn is_readable_by(self, principal: &Principal) -> bool {
        principal.org.has_module(self.module()) && permission::may(&principal.role, &format!("{}.read", self.as_str()))
    }
}
