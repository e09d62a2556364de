//! A company of each other industry, small, so that its fields and stages can be looked at: a clinic and a builder of homes.

use std::collections::HashMap;

use chrono::{Duration, NaiveDate, TimeDelta};
use streamflow_proto::{
    client::v1::{self as pb, customer_service_client::CustomerServiceClient, lead_service_client::LeadServiceClient},
    common::v1::Money,
};

use super::{
    Account,
    caller::{Person, Stage},
    names::{self, pick, spread},
};
use crate::{config::Config, serve::Shared};

const DAYS: i64 = 10;
const CUSTOMERS: usize = 48;
const LEADS: usize = 30;

/// What one of them is, and what is in its own fields of the n-th record.
struct Company {
    name: &'static str,
    tenant_id: &'static str,
    industry: &'static str,
    owner: (&'static str, &'static str),
    jobs: &'static [&'static str],
    customer: fn(usize, NaiveDate) -> Vec<(&'static str, String)>,
    lead: fn(usize, NaiveDate) -> Vec<(&'static str, String)>,
}

const COMPANIES: [Company; 2] = [
    Company {
        name: "Lumen Skin Clinic",
        tenant_id: "lumen-clinic",
        industry: "med-spa",
        owner: ("Amara Bell", "amara.bell@example.com"),
        jobs: &[
            "Laser hair removal",
            "Skin consultation",
            "Peel, course of six",
            "Wrinkle treatment",
            "Microneedling",
            "Day package",
        ],
        customer: patient,
        lead: enquiry,
    },
    Company {
        name: "Alder Homes",
        tenant_id: "alder-homes",
        industry: "property-developer",
        owner: ("Owen Alder", "owen.alder@example.com"),
        jobs: &["Two-bedroom flat", "Three-bedroom house", "Show home viewing", "Penthouse", "Ground floor flat", "Corner plot"],
        customer: buyer,
        lead: interest,
    },
];

#[cfg(test)]
pub fn industries() -> impl Iterator<Item = &'static str> {
    COMPANIES.iter().map(|company| company.industry)
}

pub async fn make(config: &Config, shared: &Shared) -> anyhow::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for company in &COMPANIES {
        accounts.push(company.make(config, shared).await?);
    }
    Ok(accounts)
}

impl Company {
    async fn make(&self, config: &Config, shared: &Shared) -> anyhow::Result<Account> {
        let now = shared.clock.now();
        let stage = Stage::open(config, shared, now - Duration::days(DAYS) - Duration::hours(2)).await?;
        let mut owner = stage.found((self.name, self.tenant_id, self.industry), self.owner, "GBP").await?;
        let ask = stage.request(&owner, pb::ListLeadStagesRequest {});
        let stages = LeadServiceClient::new(stage.channel.clone()).list_lead_stages(ask).await?.into_inner().stages;
        let (mut customers, mut leads) = (0, 0);
        for day in 1..=DAYS {
            stage.clock.set(now - Duration::days(DAYS - day) - Duration::hours(2));
            stage.sign_in(&mut owner).await?;
            let due = |total: usize| total * usize::try_from(day).unwrap_or_default() / usize::try_from(DAYS).unwrap_or(1);
            for n in customers..due(CUSTOMERS) {
                self.add_customer(&stage, &owner, n, now.date_naive()).await?;
            }
            for n in leads..due(LEADS) {
                self.add_lead(&stage, &owner, &stages, n, now.date_naive()).await?;
            }
            (customers, leads) = (due(CUSTOMERS), due(LEADS));
        }
        Ok(owner.account)
    }

    async fn add_customer(&self, stage: &Stage, owner: &Person, n: usize, today: NaiveDate) -> anyhow::Result<()> {
        stage.pass(TimeDelta::minutes(1));
        // Other people than those of the first company.
        let name = names::person(n * 17 + 900);
        let (street, postal_code, city) = names::address(n + 900);
        let address = pb::Address { street, postal_code, city, country: "United Kingdom".into(), ..Default::default() };
        let customer = pb::Customer {
            email: names::email(&name),
            phone: names::mobile(n * 3 + 1),
            kind: pb::CustomerKind::Person.into(),
            owner_id: owner.user_id.clone(),
            address: Some(address),
            custom: named((self.customer)(n, today)),
            name,
            ..Default::default()
        };
        let request = stage.request(owner, pb::CreateCustomerRequest { customer: Some(customer) });
        CustomerServiceClient::new(stage.channel.clone()).create_customer(request).await?;
        Ok(())
    }

    async fn add_lead(
        &self,
        stage: &Stage,
        owner: &Person,
        stages: &[pb::LeadStage],
        n: usize,
        today: NaiveDate,
    ) -> anyhow::Result<()> {
        stage.pass(TimeDelta::minutes(1));
        let contact_name = names::person(n * 19 + 1300);
        let minor_units = i64::try_from((20 + spread(n, 61) % 90) * 1000)?;
        let lead = pb::Lead {
            name: pick(self.jobs, n, 62).to_owned(),
            email: names::email(&contact_name),
            phone: names::mobile(n * 5 + 2),
            contact_name,
            stage_id: stages[spread(n, 63) % stages.len()].id.clone(),
            value: Some(Money { currency_code: "GBP".into(), minor_units }),
            source: pick(&names::SOURCES, n, 64).to_owned(),
            follow_up_on: (today + Duration::days(1 + i64::try_from(n % 14)?)).to_string(),
            owner_id: owner.user_id.clone(),
            custom: named((self.lead)(n, today)),
            ..Default::default()
        };
        let request = stage.request(owner, pb::CreateLeadRequest { lead: Some(lead) });
        LeadServiceClient::new(stage.channel.clone()).create_lead(request).await?;
        Ok(())
    }
}

fn named(fields: Vec<(&'static str, String)>) -> HashMap<String, String> {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A day at most so many before or after `today`.
fn day(today: NaiveDate, from: i64, to: i64, n: usize, salt: usize) -> String {
    let range = usize::try_from(to - from).unwrap_or(1).max(1);
    (today + Duration::days(from + i64::try_from(spread(n, salt) % range).unwrap_or_default())).to_string()
}

fn patient(n: usize, today: NaiveDate) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("born_on", day(today, -24_000, -7_000, n, 71)),
        ("preferred_practitioner", pick(&["Dr Amara Bell", "Nurse Kit Rowe", "Dr Lena Voss"], n, 72).to_owned()),
        ("membership", pick(&["None", "None", "Monthly", "Yearly"], n, 73).to_owned()),
        ("last_visit_on", day(today, -200, -1, n, 74)),
    ];
    if !spread(n, 75).is_multiple_of(4) {
        fields.push(("photo_consent", "true".to_owned()));
    }
    fields
}

fn enquiry(n: usize, _: NaiveDate) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("treatment", pick(&["Skin", "Laser", "Injectables", "Body", "Wellness"], n, 76).to_owned()),
        ("best_time", pick(&["Mornings", "After five", "Lunch hour", "Any time"], n, 77).to_owned()),
    ];
    if spread(n, 78).is_multiple_of(2) {
        fields.push(("first_visit", "true".to_owned()));
    }
    fields
}

fn buyer(n: usize, today: NaiveDate) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("development", pick(&["Millrace", "Orchard Row", "The Tannery"], n, 81).to_owned()),
        ("unit", format!("Plot {}", 1 + n)),
        ("floor_area", format!("{}.5", 58 + spread(n, 82) % 90)),
        ("completion_on", day(today, -300, 300, n, 83)),
    ];
    if spread(n, 84).is_multiple_of(3) {
        fields.push(("handed_over", "true".to_owned()));
    }
    fields
}

fn interest(n: usize, today: NaiveDate) -> Vec<(&'static str, String)> {
    vec![
        ("development", pick(&["Millrace", "Orchard Row", "The Tannery"], n, 85).to_owned()),
        ("bedrooms", (1 + spread(n, 86) % 4).to_string()),
        ("financing", pick(&["Cash", "Mortgage agreed", "Mortgage needed", "Part exchange"], n, 87).to_owned()),
        ("move_in_by", day(today, 60, 400, n, 88)),
    ]
}
