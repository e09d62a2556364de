//! What somebody must give to begin, and what there is to choose from.

use sea_orm::FromQueryResult;
use streamflow_kernel::error::{Error, Result, Violations};
use streamflow_proto::client::{reason, v1 as pb};
use uuid::Uuid;

use crate::{
    org::domain::TRIAL_PLAN,
    record::input::{self, Problem, limit},
    template::{self, read::Template},
    user::domain::sign_in_address,
};

/// Somebody who begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginner {
    /// In its one form, see [`canonical_email`](crate::user::domain::canonical_email).
    pub email: String,
    pub display_name: String,
}

impl Beginner {
    /// Every problem at once.
    pub fn parse(req: &pb::StartSignUpRequest) -> Result<Self> {
        let mut problems = Violations::new();
        let mut take = |field: &str, read: Result<String, Problem>| {
            read.map_err(|problem| problems.add(field, problem.sentence())).unwrap_or_default()
        };
        let email = take("email", sign_in_address(&req.email));
        let display_name = take("display_name", input::required("your name", &req.display_name, limit::NAME));
        problems.into_result()?;
        Ok(Self { email, display_name })
    }
}

/// A row of `sign_ups`.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SignUp {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    /// PHC string; empty before the link's first use, and once the account has it.
    pub password_hash: String,
}

impl SignUp {
    /// Its one company, as a program would ask for it. No program's number has a colon.
    pub fn company(&self, req: pb::SetUpCompanyRequest) -> pb::RegisterTenantRequest {
        pb::RegisterTenantRequest {
            sign_up_token: String::new(),
            external_customer_id: format!("sign-up:{}", self.id.simple()),
            name: req.name,
            tenant_id: req.tenant_id,
            plan: TRIAL_PLAN.to_owned(),
            industry: req.industry,
            time_zone: req.time_zone,
            currency_code: req.currency_code,
            owner: Some(pb::RegistrationOwner { email: self.email.clone(), display_name: self.display_name.clone() }),
        }
    }
}

/// What a caller learns of a link or secret that is not good, whatever the cause.
pub fn closed() -> Error {
    Error::refused(reason::SIGN_UP_CLOSED, "This link has expired or was used already. Sign in, or sign up again for a new one.")
}

/// What a company can begin with.
pub fn industries() -> Vec<pb::Industry> {
    template::templates().iter().map(|(name, template)| industry(name, template)).collect()
}

fn industry(name: &str, template: &Template) -> pb::Industry {
    pb::Industry {
        name: name.to_owned(),
        title: template.name.clone(),
        description: template.description.clone(),
        modules: template.modules.clone(),
        stages: template.stages.iter().map(|stage| stage.name.clone()).collect(),
        customer_fields: template.fields.customer.iter().map(|field| field.label.clone()).collect(),
        lead_fields: template.fields.lead.iter().map(|field| field.label.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_at_once() {
        let Err(Error::Invalid(problems)) = Beginner::parse(&pb::StartSignUpRequest::default()) else { panic!("accepted") };
        assert_eq!(problems.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["email", "display_name"]);
        let good = pb::StartSignUpRequest { email: " Ada@Example.com ".into(), display_name: " Ada  Moreno".into() };
        assert_eq!(Beginner::parse(&good).unwrap().email, "ada@example.com");
    }
}
