//! Who writes records, when, and for what reason.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use streamflow_kernel::{ctx::Ctx, feed::Actor, ids::Ids};
use uuid::Uuid;

/// Why records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody at a form.
    Manual,
    Import,
    /// A lead that was converted.
    Lead,
}

impl Origin {
    /// Customer.source.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Lead => "lead",
        }
    }
}

/// What a store function needs besides the transaction. Background work makes one without a request.
#[derive(Clone)]
pub struct Writer {
    pub actor: Actor,
    pub ids: Arc<dyn Ids>,
    pub origin: Origin,
}

impl Writer {
    pub fn of(ctx: &Ctx) -> Self {
        Self { actor: ctx.actor(), ids: Arc::clone(ctx.ids()), origin: Origin::Manual }
    }

    /// One instant for all rows of the write.
    pub const fn now(&self) -> DateTime<Utc> {
        self.actor.at
    }

    pub fn new_id(&self) -> Uuid {
        self.ids.uuid()
    }
}
