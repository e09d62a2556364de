//! Rules of the portal's people.

use chrono::{DateTime, TimeDelta, Utc};
use streamflow_kernel::{
    clock::timestamp,
    error::{Error, Result, Violations},
    ids::{self, prefix},
    operator::Operator,
};
use streamflow_proto::{
    provider::{reason, v1 as pb},
    reason::Reason,
};
use uuid::Uuid;

/// A link to choose a password and enrol an authenticator is good that long.
pub const LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);

const EMAIL: usize = 254;
const NAME: usize = 80;

/// One person, decrypted.
#[derive(Clone, Debug)]
pub struct Admin {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    pub role: String,
    pub state: String,
    pub password_hash: String,
    pub totp_secret: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

impl Admin {
    pub fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }

    /// As the desk knows people; only active ones sign in.
    pub fn operator(self) -> Option<Operator> {
        self.is_active().then(|| {
            Operator::new(&self.email, &self.role, self.password_hash, self.totp_secret).known_as(self.id, self.display_name)
        })
    }

    pub fn into_pb(self, asks: Uuid) -> pb::Admin {
        pb::Admin {
            id: ids::format(prefix::USER, self.id),
            you: self.id == asks,
            email: self.email,
            display_name: self.display_name,
            role: role_of(&self.role).into(),
            state: pb::AdminState::from_str_name(&format!("ADMIN_STATE_{}", self.state)).unwrap_or_default().into(),
            created_at: timestamp(self.created_at),
            updated_at: timestamp(self.updated_at),
            version: self.version,
        }
    }
}

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewAdmin {
    pub email: String,
    pub display_name: String,
    pub role: &'static str,
}

impl NewAdmin {
    pub fn parse(req: &pb::CreateAdminRequest) -> Result<Self> {
        let mut violations = Violations::new();
        let email = canonical_email(&req.email);
        if !is_address(&email) {
            violations.add("email", "Enter an e-mail address such as anna@example.com.");
        }
        let (display_name, role) = (name(&req.display_name, &mut violations), role(req.role(), &mut violations));
        violations.into_result()?;
        Ok(Self { email, display_name, role })
    }
}

/// A new name and role of somebody.
#[derive(Clone, Debug)]
pub struct AdminPatch {
    pub id: Uuid,
    pub version: i64,
    pub display_name: String,
    pub role: &'static str,
}

impl AdminPatch {
    pub fn parse(req: &pb::UpdateAdminRequest) -> Result<Self> {
        let mut violations = Violations::new();
        let (display_name, role) = (name(&req.display_name, &mut violations), role(req.role(), &mut violations));
        let id = id(&req.id, req.version, &mut violations);
        violations.into_result()?;
        Ok(Self { id, version: req.version, display_name, role })
    }
}

/// Whom a request is about, and the version it saw.
pub fn target(id_text: &str, version: i64) -> Result<Uuid> {
    let mut violations = Violations::new();
    let id = id(id_text, version, &mut violations);
    violations.into_result()?;
    Ok(id)
}

pub fn canonical_email(text: &str) -> String {
    text.trim().to_lowercase()
}

pub fn changed_meanwhile() -> Error {
    Error::refused(Reason::CHANGED_MEANWHILE, "Somebody else has changed this meanwhile. Look at it again before you change it.")
}

pub fn last_admin() -> Error {
    Error::refused(reason::LAST_ADMIN, "This is the last active administrator. Make somebody else one first.")
}

fn id(text: &str, version: i64, violations: &mut Violations) -> Uuid {
    let id = ids::parse(prefix::USER, text);
    if id.is_none() {
        violations.add("id", "Name the person to change.");
    }
    if version < 1 {
        violations.add("version", "Send the version that was seen.");
    }
    id.unwrap_or_default()
}

fn name(text: &str, violations: &mut Violations) -> String {
    let name = text.trim();
    if name.is_empty() {
        violations.add("display_name", "Enter a name.");
    } else if name.chars().count() > NAME || name.chars().any(char::is_control) {
        violations.add("display_name", format!("Use at most {NAME} characters, without line breaks."));
    }
    name.to_owned()
}

fn role(role: pb::Role, violations: &mut Violations) -> &'static str {
    if role == pb::Role::Unspecified {
        violations.add("role", "Choose a role.");
    }
    role.as_str_name().trim_start_matches("ROLE_")
}

fn role_of(name: &str) -> pb::Role {
    pb::Role::from_str_name(&format!("ROLE_{name}")).unwrap_or_default()
}

fn is_address(email: &str) -> bool {
    let plain = email.len() <= EMAIL && !email.contains(|c: char| c.is_whitespace() || c.is_control());
    let parts = email.split_once('@');
    plain
        && parts
            .is_some_and(|(local, host)| !local.is_empty() && host.contains('.') && !host.contains('@') && !host.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let bad = pb::CreateAdminRequest { email: "anna".into(), display_name: " ".into(), role: 0 };
        let Err(Error::Invalid(violations)) = NewAdmin::parse(&bad) else { panic!("accepted") };
        assert_eq!(violations.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["email", "display_name", "role"]);
        let good = pb::CreateAdminRequest {
            email: " Anna@Example.com ".into(),
            display_name: "Anna".into(),
            role: pb::Role::Viewer.into(),
        };
        let new = NewAdmin::parse(&good).unwrap();
        assert_eq!((new.email.as_str(), new.role), ("anna@example.com", "VIEWER"));
    }
}
