//! What a company and its first owner must look like.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use streamflow_kernel::error::{Error, Violations};
use streamflow_proto::client::v1 as pb;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    currency,
    record::{
        fields::{Form, mask_problem},
        input::{self, Problem, limit},
    },
    template,
    user::domain::canonical_email,
};

/// The plan of a company that tries, and how long it may.
pub const TRIAL_PLAN: &str = "trial";
pub const TRIAL: TimeDelta = TimeDelta::days(14);

/// Until when a company may try that is on this plan from a moment on; none where it pays.
pub fn trial_ends_at(plan: &str, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (plan == TRIAL_PLAN).then(|| from + TRIAL)
}

/// A company to be made.
#[derive(Clone)]
pub struct NewOrg {
    pub name: String,
    /// Name in page addresses: a-z, 0-9 and hyphens, 3 to 40 characters.
    pub tenant_id: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 4217.
    pub currency_code: String,
    /// Name of a template; none for the plain beginning.
    pub industry: Option<String>,
    /// Name of the plan; empty for the standard one.
    pub plan: String,
    pub owner: NewOwner,
}

/// The company's first owner. An address that has an account already brings that account, with its own password and name.
#[derive(Clone)]
pub struct NewOwner {
    pub email: String,
    pub display_name: String,
    /// PHC string.
    pub password_hash: String,
}

impl NewOrg {
    /// The same in clean form, or every problem at once.
    pub fn checked(self) -> Result<Self, Error> {
        let mut problems = Violations::new();
        let checked = self.read(&mut problems);
        if !streamflow_kernel::password::is_phc(&checked.owner.password_hash) {
            problems.add("owner.password_hash", "Give the password as an argon2id hash.");
        }
        problems.into_result()?;
        Ok(checked)
    }

    /// What people say of a company, in clean form; its problems are added to the others.
    pub fn read(self, problems: &mut Violations) -> Self {
        let mut take = |field: &str, read: Result<String, Problem>| {
            read.map_err(|problem| problems.add(field, problem.sentence())).unwrap_or_default()
        };
        Self {
            name: take("name", input::required("a name", &self.name, limit::NAME)),
            tenant_id: take("tenant_id", tenant_id(&self.tenant_id)),
            time_zone: take("time_zone", time_zone(&self.time_zone)),
            currency_code: take("currency_code", currency::code(&self.currency_code)),
            industry: self.industry.map(|name| take("industry", industry(&name))),
            plan: take("plan", plan(&self.plan)),
            owner: NewOwner {
                email: take("owner.email", owner_email(&self.owner.email)),
                display_name: take("owner.display_name", input::required("a name", &self.owner.display_name, limit::NAME)),
                password_hash: self.owner.password_hash,
            },
        }
    }
}

fn tenant_id(text: &str) -> Result<String, Problem> {
    let fits = (3..=40).contains(&text.len());
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits && plain && !text.starts_with('-') && !text.ends_with('-') && !text.contains("--") {
        return Ok(text.to_owned());
    }
    let likely = slug(text);
    Err(Problem::new("Use 3 to 40 of a-z, 0-9 and single hyphens between them.").suggest((likely != text).then_some(likely)))
}

fn industry(text: &str) -> Result<String, Problem> {
    if template::template(text).is_some() {
        return Ok(text.to_owned());
    }
    let known: Vec<&str> = template::templates().iter().map(|(name, _)| *name).collect();
    Err(Problem::new(format!("Choose an industry: {}.", known.join(", "))))
}

pub fn plan(text: &str) -> Result<String, Problem> {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match text.len() {
        0 => Ok("standard".to_owned()),
        1..=40 if plain => Ok(text.to_owned()),
        _ => Err(Problem::new("Name a plan with 1 to 40 of a-z, 0-9 and hyphens.")),
    }
}

fn owner_email(text: &str) -> Result<String, Problem> {
    let email = canonical_email(&input::email(text)?);
    if email.is_empty() { Err(Problem::new("Enter an e-mail address.")) } else { Ok(email) }
}

/// A zone of the IANA time zone database, by its name.
fn time_zone(text: &str) -> Result<String, Problem> {
    let zone: Result<Tz, _> = text.parse();
    zone.map(|zone| zone.name().to_owned()).map_err(|_| Problem::new("Enter a time zone like Europe/London."))
}

/// The day it is in a company's time zone. A name that was taken before names were looked up counts as UTC.
pub fn today(time_zone: &str, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&time_zone.parse().unwrap_or(Tz::UTC)).date_naive()
}

/// A tenant id made from a company's name: "Harrow & Pike" becomes "harrow-pike".
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if c == 'ß' {
            slug.push_str("ss");
        } else if !matches!(c, '\'' | '’') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    if slug.len() < 3 { format!("org-{slug}").trim_end_matches('-').to_owned() } else { slug.to_owned() }
}

/// A change of what holds for the company, with the version it began from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgPatch {
    pub version: i64,
    pub name: Option<String>,
    pub time_zone: Option<String>,
    pub currency_code: Option<String>,
}

impl OrgPatch {
    pub fn parse(org: Option<pb::Org>, mask: Option<prost_types::FieldMask>) -> Result<Self, Error> {
        let org = org.unwrap_or_default();
        let paths = mask.unwrap_or_default().paths;
        let mut form = Form::new("org");
        if org.version < 1 {
            form.add("version", "Send the version that was edited.");
        }
        if let Some(problem) = mask_problem(&paths) {
            form.add_outside("update_mask", problem);
        }
        let mut patch = Self { version: org.version, name: None, time_zone: None, currency_code: None };
        for path in paths.iter().take(10) {
            match path.as_str() {
                "name" => patch.name = form.take(path, input::required("a name", &org.name, limit::NAME)),
                "time_zone" => patch.time_zone = form.take(path, time_zone(&org.time_zone)),
                "currency_code" => patch.currency_code = form.take(path, currency::code(&org.currency_code)),
                _ => form.add_outside("update_mask", "Only name, time_zone and currency_code can be changed."),
            }
        }
        form.finish(patch)
    }
}

/// A stage of the pipeline that a new company without an industry begins with.
pub struct DefaultStage {
    pub name: &'static str,
    /// open, won or lost.
    pub kind: &'static str,
}

pub const DEFAULT_STAGES: [DefaultStage; 6] = [
    DefaultStage { name: "New", kind: "open" },
    DefaultStage { name: "Contacted", kind: "open" },
    DefaultStage { name: "Qualified", kind: "open" },
    DefaultStage { name: "Proposal", kind: "open" },
    DefaultStage { name: "Won", kind: "won" },
    DefaultStage { name: "Lost", kind: "lost" },
];

/// What was made.
#[derive(Clone, Copy, Debug)]
pub struct MadeOrg {
    pub org_id: uuid::Uuid,
    pub owner_id: uuid::Uuid,
    /// The owner's account was made with it.
    pub is_new_owner: bool,
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slug_reads_like_the_name() {
        for (name, slug_of_it) in [
            ("Harrow & Pike", "harrow-pike"),
            ("  Müller's Straßenbau GmbH ", "mullers-strassenbau-gmbh"),
            ("Å", "org-a"),
            ("株式会社", "org"),
        ] {
            assert_eq!(slug(name), slug_of_it);
        }
    }

    proptest! {
        #[test]
        fn every_name_gives_a_slug_that_may_be_used(name in "\\PC{0,60}") {
            let slug = slug(&name);
            prop_assert_eq!(tenant_id(&slug).ok(), Some(slug));
        }
    }

    #[test]
    fn tenant_ids_are_plain() {
        for bad in ["", "ab", "-abc", "abc-", "a--b", "Abc", "a b", "a_b", "ä-bc", &"x".repeat(41)] {
            assert!(tenant_id(bad).is_err(), "{bad}");
        }
        assert!(tenant_id("a1-b2").is_ok() && tenant_id(&"x".repeat(40)).is_ok());
    }

    #[test]
    fn a_day_begins_and_ends_with_the_company() {
        let noon = DateTime::parse_from_rfc3339("2026-07-01T12:00:00Z").unwrap().to_utc();
        let days =
            ["Pacific/Kiritimati", "Europe/London", "Pacific/Pago_Pago", "No/Where"].map(|zone| today(zone, noon).to_string());
        assert_eq!(days, ["2026-07-02", "2026-07-01", "2026-07-01", "2026-07-01"]);
        // Summer time moves midnight.
        let late = DateTime::parse_from_rfc3339("2026-07-01T23:30:00Z").unwrap().to_utc();
        assert_eq!(today("Europe/London", late).to_string(), "2026-07-02");
        assert_eq!(today("Etc/UTC", late).to_string(), "2026-07-01");
    }

    #[test]
    fn a_time_zone_is_one_there_is() {
        for bad in ["", "Europe/Atlantis", "europe/london", "../etc", "Europe/London\0"] {
            assert!(time_zone(bad).is_err(), "{bad}");
        }
        assert_eq!(time_zone("America/Argentina/Ushuaia").ok().as_deref(), Some("America/Argentina/Ushuaia"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let owner = NewOwner { email: "x".into(), display_name: String::new(), password_hash: "plain".into() };
        let new = NewOrg {
            name: " ".into(),
            tenant_id: "A".into(),
            time_zone: "../etc".into(),
            currency_code: "gbp".into(),
            industry: Some("bakery".into()),
            plan: "No 1".into(),
            owner,
        };
        let Err(Error::Invalid(problems)) = new.checked() else { panic!("accepted") };
        assert_eq!(problems.iter().count(), 9);
    }
}
