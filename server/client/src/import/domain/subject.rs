//! What the rows of a file are: customers with their contacts, or leads.

use streamflow_kernel::error::{Error, Result};
use streamflow_proto::client::v1 as pb;

use super::Key;
use crate::record::kind::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Customers,
    Leads,
}

const SUBJECTS: [(Subject, &str, pb::ImportSubject); 2] =
    [(Subject::Customers, "customers", pb::ImportSubject::Customers), (Subject::Leads, "leads", pb::ImportSubject::Leads)];

impl Subject {
    /// None for what this server does not know, or for none at all.
    pub fn from_pb(subject: i32) -> Option<Self> {
        SUBJECTS.into_iter().find(|(.., known)| i32::from(*known) == subject).map(|(subject, ..)| subject)
    }

    pub fn from_stored(text: &str) -> Option<Self> {
        SUBJECTS.into_iter().find(|(_, known, _)| *known == text).map(|(subject, ..)| subject)
    }

    pub const fn into_pb(self) -> pb::ImportSubject {
        match self {
            Self::Customers => pb::ImportSubject::Customers,
            Self::Leads => pb::ImportSubject::Leads,
        }
    }

    /// As stored, and as sentences name them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Leads => "leads",
        }
    }

    /// One of them.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Customers => Kind::Customer,
            Self::Leads => Kind::Lead,
        }
    }

    /// Fields that find an existing record, the most telling first.
    pub const fn keys(self) -> &'static [Key] {
        match self {
            Self::Customers => &[Key::ExternalId, Key::Email, Key::Name],
            Self::Leads => &[Key::Number, Key::Email],
        }
    }

    /// The key a request names; empty for none.
    pub fn key(self, text: &str) -> Result<Option<Key>> {
        if text.is_empty() {
            return Ok(None);
        }
        let known = self.keys().iter().find(|key| key.field() == text).copied();
        known.map(Some).ok_or_else(|| {
            let text = match self {
                Self::Customers => "Choose external_id, name or email.",
                Self::Leads => "Choose email or number.",
            };
            Error::invalid("key", text)
        })
    }
}
