//! What may be asked for, and what tells one request from another.

use prost::Message as _;
use sea_orm::FromQueryResult;
use streamflow_kernel::{
    crypto::{self, FieldRef},
    db::NO_ORG,
    error::{Error, Result, Violations},
    kernel::KeyRing,
    session::hash_token,
};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::{
    org::domain::{NewOrg, NewOwner, slug},
    sign_up::domain::SignUp,
};

const MAX_EXTERNAL_ID: usize = 100;

/// What lets a request in, and is used up with it.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Hash of a sign-up token.
    Token(Vec<u8>),
    /// Name of the key that signed it.
    Key(String),
    /// Somebody who has proved an address.
    SignUp(SignUp),
}

/// A request that was read.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub admission: Admission,
    pub external_customer_id: String,
    /// The name in page addresses, where one was wished for.
    pub wish: Option<String>,
    /// What the name in page addresses is made from otherwise.
    pub slug: String,
    /// The request in clean form, without its token.
    pub request: pb::RegisterTenantRequest,
}

impl Wanted {
    /// Every problem at once. `signer` is the name of the key that signed the request.
    pub fn parse(req: pb::RegisterTenantRequest, signer: Option<String>) -> Result<Self> {
        let mut problems = Violations::new();
        match (&signer, req.sign_up_token.is_empty()) {
            (None, true) => problems.add("sign_up_token", "Give a sign-up token, or sign the request."),
            (Some(_), false) => problems.add("sign_up_token", "Leave it out of a signed request."),
            _ => {}
        }
        if !is_external_id(&req.external_customer_id) {
            problems.add("external_customer_id", "Give 1 to 100 of letters, digits and . _ -");
        }
        let admission = signer.map_or_else(|| Admission::Token(hash_token(&req.sign_up_token)), Admission::Key);
        let wanted = Self::read(req, admission, &mut problems);
        problems.into_result()?;
        Ok(wanted)
    }

    /// What is asked of the company itself; its problems are added to the others.
    pub fn read(req: pb::RegisterTenantRequest, admission: Admission, problems: &mut Violations) -> Self {
        let wish = (!req.tenant_id.is_empty()).then(|| req.tenant_id.clone());
        let slug = slug(&req.name);
        let new = asked_for(&req, wish.clone().unwrap_or_else(|| slug.clone())).read(problems);
        let request = pb::RegisterTenantRequest {
            sign_up_token: String::new(),
            external_customer_id: req.external_customer_id.clone(),
            name: new.name,
            tenant_id: req.tenant_id,
            plan: new.plan,
            industry: new.industry.unwrap_or_default(),
            time_zone: new.time_zone,
            currency_code: new.currency_code,
            owner: Some(pb::RegistrationOwner { email: new.owner.email, display_name: new.owner.display_name }),
        };
        Self { admission, external_customer_id: req.external_customer_id, wish, slug, request }
    }
}

/// No colon and no @: numbers of our own have one, addresses have the other.
fn is_external_id(text: &str) -> bool {
    (1..=MAX_EXTERNAL_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// The company of a request, under a name in page addresses. Its owner has no password yet.
pub fn asked_for(req: &pb::RegisterTenantRequest, tenant_id: String) -> NewOrg {
    let owner = req.owner.clone().unwrap_or_default();
    NewOrg {
        name: req.name.clone(),
        tenant_id,
        time_zone: req.time_zone.clone(),
        currency_code: req.currency_code.clone(),
        industry: (!req.industry.is_empty()).then(|| req.industry.clone()),
        plan: req.plan.clone(),
        owner: NewOwner { email: owner.email, display_name: owner.display_name, password_hash: String::new() },
    }
}

/// Fails when a second request is not the first one again. In which fields is for whoever sent the first one alone: it tells what
/// the first one says.
pub fn check_same(first: &pb::RegisterTenantRequest, again: &pb::RegisterTenantRequest, is_own: bool) -> Result<()> {
    let owner = |req: &pb::RegisterTenantRequest| req.owner.clone().unwrap_or_default();
    let (before, now) = (owner(first), owner(again));
    let mut differs = Violations::new();
    for (field, before, now) in [
        ("name", &first.name, &again.name),
        ("tenant_id", &first.tenant_id, &again.tenant_id),
        ("plan", &first.plan, &again.plan),
        ("industry", &first.industry, &again.industry),
        ("time_zone", &first.time_zone, &again.time_zone),
        ("currency_code", &first.currency_code, &again.currency_code),
        ("owner.email", &before.email, &now.email),
        ("owner.display_name", &before.display_name, &now.display_name),
    ] {
        if before != now {
            differs.add(field, "This was registered with another value.");
        }
    }
    if differs.is_empty() {
        return Ok(());
    }
    if !is_own {
        differs = Violations::new();
        differs.add("external_customer_id", "This number belongs to another registration.");
    }
    Err(Error::Exists { text: "This number is registered already, with other content. Nothing was changed.", differs })
}

/// How far a registration has come; each step is done after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Accepted,
    Made,
    Welcomed,
    Told,
}

/// What may be asked of a list of them, by whether one needs somebody.
pub const STATES: [&str; 3] = ["UNDER_WAY", "FAILING", "DONE"];

impl Step {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Made => "made",
            Self::Welcomed => "welcomed",
            Self::Told => "told",
        }
    }
}

/// A row of `registrations`.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Registration {
    pub id: Uuid,
    pub external_customer_id: String,
    pub tenant_id: String,
    /// Ciphertext.
    request: Vec<u8>,
    step: String,
    pub org_id: Option<Uuid>,
    pub is_new_owner: bool,
    /// Name of the key it was signed with; empty where a token or a person asked.
    pub signed_by: String,
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub made_at: Option<chrono::DateTime<chrono::Utc>>,
    pub welcomed_at: Option<chrono::DateTime<chrono::Utc>>,
    pub told_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Times the next step failed.
    pub attempts: i32,
    /// Why, in plain words.
    pub last_error: String,
}

impl Registration {
    pub fn step(&self) -> Step {
        [Step::Told, Step::Welcomed, Step::Made].into_iter().find(|step| step.as_str() == self.step).unwrap_or(Step::Accepted)
    }

    /// Whether whoever asks has asked for it before, by the same key.
    pub fn was_signed_by(&self, admission: &Admission) -> bool {
        matches!(admission, Admission::Key(name) if *name == self.signed_by)
    }

    /// Nothing is left that its owner would notice.
    pub fn is_ready(&self) -> bool {
        self.step() >= Step::Welcomed
    }

    /// One of [`STATES`].
    pub fn state(&self) -> &'static str {
        match (self.step(), self.attempts) {
            (Step::Told, _) => STATES[2],
            (_, 0) => STATES[0],
            _ => STATES[1],
        }
    }

    /// When its last step was done.
    pub fn step_at(&self) -> chrono::DateTime<chrono::Utc> {
        self.told_at.or(self.welcomed_at).or(self.made_at).unwrap_or(self.created_at)
    }

    /// What was asked for.
    pub async fn request(&self, keys: &KeyRing) -> Result<pb::RegisterTenantRequest> {
        let key = keys.of(NO_ORG, &self.request).await?;
        let message = crypto::decrypt(&key, request_of(self.id), &self.request).map_err(Error::internal)?;
        pb::RegisterTenantRequest::decode(message.as_slice()).map_err(Error::internal)
    }
}

/// A request as the row keeps it.
pub async fn sealed(keys: &KeyRing, id: Uuid, request: &pb::RegisterTenantRequest) -> Result<Vec<u8>> {
    let key = keys.current(NO_ORG).await?;
    Ok(crypto::encrypt(&key, request_of(id), &request.encode_to_vec()))
}

const fn request_of(id: Uuid) -> FieldRef<'static> {
    FieldRef { org: NO_ORG, table: "registrations", column: "request", row: id }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> pb::RegisterTenantRequest {
        pb::RegisterTenantRequest {
            sign_up_token: "t".into(),
            external_customer_id: "K-1".into(),
            name: " Glow  Spa ".into(),
            time_zone: "Europe/London".into(),
            currency_code: "GBP".into(),
            owner: Some(pb::RegistrationOwner { email: "Ada@Example.com".into(), display_name: "Ada".into() }),
            ..Default::default()
        }
    }

    #[test]
    fn spelling_makes_no_other_request() {
        let first = Wanted::parse(request(), None).unwrap();
        let mut again = request();
        again.plan = "standard".into();
        again.owner.as_mut().unwrap().email = " ada@example.com".into();
        let again = Wanted::parse(again, None).unwrap();
        assert_eq!(first.request, again.request);
        assert!(first.request.sign_up_token.is_empty() && first.slug == "glow-spa");
        let mut other = again.request.clone();
        other.currency_code = "EUR".into();
        other.owner.as_mut().unwrap().display_name = "Bob".into();
        let Err(Error::Exists { differs, .. }) = check_same(&first.request, &other, true) else { panic!("the same") };
        assert_eq!(differs.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["currency_code", "owner.display_name"]);
    }

    #[test]
    fn numbers_of_others_are_plain() {
        for bad in ["", "a b", "ada@example.com", "sign-up:1", "ä", &"x".repeat(101)] {
            assert!(!is_external_id(bad), "{bad}");
        }
        assert!(is_external_id("K-1_a.B") && is_external_id(&"x".repeat(100)));
    }
}
