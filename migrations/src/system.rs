//! Which systems there are, and what each is called in PostgreSQL.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A system with a database (or schema) of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    Client,
    Provider,
    Dev,
    Accountant,
}

impl System {
    /// In the order of their ports.
    pub const ALL: [Self; 4] = [Self::Client, Self::Provider, Self::Dev, Self::Accountant];

    /// What people, flags and portal headers call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Dev => "dev",
            Self::Accountant => "accountant",
        }
    }

    /// PostgreSQL schema, and the stem of the SQLite file name.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Dev => "dev",
            Self::Accountant => "accounting",
        }
    }

    /// Role the server logs in as: no owner, no superuser, held by row-level security.
    pub fn login_role(self) -> String {
        format!("streamflow_{}", self.schema())
    }

    /// Role that owns the schema and its tables; nobody logs in as it.
    pub fn owner_role(self) -> String {
        format!("streamflow_{}_owner", self.schema())
    }

    /// Role for work that belongs to no org. Connections for such work take it on once, with `SET ROLE`, and do nothing else.
    pub fn system_role(self) -> String {
        format!("streamflow_{}_system", self.schema())
    }

    /// Role that owns the definer functions, for the systems that have any.
    pub fn definer_role(self) -> Option<String> {
        (self == Self::Client).then(|| format!("streamflow_{}_definer", self.schema()))
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|system| system.name() == text);
        found.ok_or_else(|| format!("there is no system `{text}`; there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}
