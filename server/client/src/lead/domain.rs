//! What a lead may hold, and how requests are read into it.

use chrono::NaiveDate;
use streamflow_kernel::error::Error;
use streamflow_kernel::ids::prefix;
use streamflow_proto::client::v1 as pb;
use streamflow_proto::common::v1::Money;
use uuid::Uuid;

use crate::currency;
use crate::customer::domain::{Kind, NewCustomer};
use crate::record::fields::{Edit, Form, Patch, fields, shown_day, shown_stage, shown_tags, shown_team, shown_text, shown_user};
use crate::record::input::{self, Problem, limit};

/// More than any deal, and small enough that the sum of nine million leads stays within 64 bits.
pub const MAX_MINOR_UNITS: i64 = 1_000_000_000_000;

/// What a lead is worth. Amount and currency are one field: an amount without its currency means nothing, so a merge never mixes two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    pub minor_units: i64,
    /// ISO 4217, upper case; empty stands for the org's own currency.
    pub currency_code: String,
}

fields! {
    /// What people write on a lead. Number, position and conversion are the server's.
    NewLead {
        /// What it is about.
        name: String, Name, "name", shown_text;
        company: String, Company, "company", shown_text;
        contact_name: String, ContactName, "contact_name", shown_text;
        email: String, Email, "email", shown_text;
        phone: String, Phone, "phone", shown_text;
        /// None in a new lead stands for the first stage.
        stage_id: Option<Uuid>, Stage, "stage_id", shown_stage;
        value: Worth, Value, "value", shown_worth;
        source: String, Source, "source", shown_text;
        owner_id: Option<Uuid>, Owner, "owner_id", shown_user;
        assignee_id: Option<Uuid>, Assignee, "assignee_id", shown_user;
        team_id: Option<Uuid>, Team, "team_id", shown_team;
        tags: Vec<String>, Tags, "tags", shown_tags;
        follow_up_on: Option<NaiveDate>, FollowUpOn, "follow_up_on", shown_day;
        note: String, Note, "note", shown_text;
    } with custom
}

impl NewLead {
    /// Reads a create request, its custom fields excepted; the stage may be left open.
    pub fn parse(lead: Option<pb::Lead>) -> Result<Self, Error> {
        let lead = lead.unwrap_or_default();
        let mut form = Form::new("lead");
        let mut new = Self::default();
        for path in PATHS {
            if let Some(change) = form.take(path, read(path, &lead)) {
                new.set(change);
            }
        }
        form.finish(new)
    }

    /// The customer a won lead becomes, without custom fields. Without a company it is a person: the contact, or else what the lead is called.
    pub fn to_customer(&self) -> NewCustomer {
        let names = [&self.company, &self.contact_name, &self.name];
        let name = names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        let person = self.company.is_empty() && !self.contact_name.is_empty();
        NewCustomer {
            name,
            kind: if person { Kind::Person } else { Kind::Business },
            email: self.email.clone(),
            phone: self.phone.clone(),
            owner_id: self.owner_id,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            tags: self.tags.clone(),
            note: self.note.clone(),
            ..Default::default()
        }
    }
}

/// An edit of a lead, restricted to the fields its mask names.
pub struct LeadPatch;

impl LeadPatch {
    /// Reads an update request, its custom fields excepted. Unlike a new lead, an edited one can't be without a stage.
    pub fn parse(lead: Option<pb::Lead>, mask: Option<prost_types::FieldMask>) -> Result<Patch<Change>, Error> {
        let lead = lead.unwrap_or_default();
        let edit = Edit {
            noun: "lead",
            prefix: prefix::LEAD,
            id: &lead.id,
            version: lead.version,
            mask: &mask.unwrap_or_default().paths,
            paths: PATHS,
            with_custom: true,
        };
        edit.parse(|path| match read(path, &lead)? {
            Change::Stage(None) => Err(Problem::new("Choose a stage from the list.")),
            change => Ok(change),
        })
    }
}

/// Reads one writable field of the message.
pub fn read(path: &str, lead: &pb::Lead) -> Result<Change, Problem> {
    match path {
        "name" => input::required("what the lead is about", &lead.name, limit::NAME).map(Change::Name),
        "company" => input::line(&lead.company, limit::NAME).map(Change::Company),
        "contact_name" => input::line(&lead.contact_name, limit::NAME).map(Change::ContactName),
        "email" => input::email(&lead.email).map(Change::Email),
        "phone" => input::phone(&lead.phone).map(Change::Phone),
        "stage_id" => input::choice("a stage", prefix::STAGE, &lead.stage_id).map(Change::Stage),
        "value" => worth(lead.value.as_ref()).map(Change::Value),
        "source" => input::line(&lead.source, limit::SOURCE).map(Change::Source),
        "owner_id" => input::choice("a person", prefix::USER, &lead.owner_id).map(Change::Owner),
        "assignee_id" => input::choice("a person", prefix::USER, &lead.assignee_id).map(Change::Assignee),
        "team_id" => input::choice("a team", prefix::TEAM, &lead.team_id).map(Change::Team),
        "tags" => input::tags(&lead.tags).map(Change::Tags),
        "follow_up_on" => input::day(&lead.follow_up_on).map(Change::FollowUpOn),
        "note" => input::lines(&lead.note, limit::NOTE).map(Change::Note),
        _ => Err(Problem::new("This field can't be changed.")),
    }
}

/// An amount that is no negative and fits; a missing one is nothing in the org's currency.
pub fn worth(money: Option<&Money>) -> Result<Worth, Problem> {
    let Some(money) = money else {
        return Ok(Worth::default());
    };
    let code = money.currency_code.trim();
    if !code.is_empty() {
        currency::code(code)?;
    }
    if money.minor_units < 0 {
        return Err(Problem::new("A value can't be negative."));
    }
    if money.minor_units > MAX_MINOR_UNITS {
        return Err(Problem::new("This value is too large."));
    }
    Ok(Worth { minor_units: money.minor_units, currency_code: code.to_owned() })
}

/// "1250.00 GBP". Currencies without hundredths (ISO 4217) are rare; the page formats exactly, the timeline stays readable.
fn shown_worth(worth: &Worth) -> String {
    let digits = currency::digits(&worth.currency_code);
    let unit = 10_i64.pow(digits);
    let whole = worth.minor_units / unit;
    let amount = match digits {
        0 => whole.to_string(),
        digits => format!("{whole}.{:0width$}", worth.minor_units % unit, width = digits as usize),
    };
    format!("{amount} {}", worth.currency_code).trim_end().to_owned()
}

/// As the timeline shows a value, for amounts on the wire.
pub fn shown_money(money: &Money) -> String {
    shown_worth(&Worth { minor_units: money.minor_units, currency_code: money.currency_code.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::merge::Change as _;

    fn money(minor_units: i64, currency_code: &str) -> Money {
        Money { minor_units, currency_code: currency_code.to_owned() }
    }

    #[test]
    fn a_value_is_an_amount_with_a_currency() {
        assert_eq!(worth(None), Ok(Worth::default()));
        assert_eq!(worth(Some(&money(1250, "GBP"))), Ok(Worth { minor_units: 1250, currency_code: "GBP".to_owned() }));
        for wrong in [money(-1, "GBP"), money(1, "gbp"), money(1, "EURO"), money(1, "POU"), money(i64::MAX, "GBP")] {
            assert!(worth(Some(&wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_value_is_shown_in_its_currency() {
        for (minor, code, text) in
            [(125_050, "GBP", "1250.50 GBP"), (1250, "JPY", "1250 JPY"), (5, "KWD", "0.005 KWD"), (7, "", "0.07")]
        {
            assert_eq!(shown_worth(&Worth { minor_units: minor, currency_code: code.to_owned() }), text);
        }
    }

    #[test]
    fn every_problem_of_a_lead_is_told_at_once() {
        let lead = pb::Lead {
            stage_id: "first".to_owned(),
            value: Some(money(-1, "GBP")),
            follow_up_on: "tomorrow".to_owned(),
            ..Default::default()
        };
        let Err(Error::Invalid(violations)) = NewLead::parse(Some(lead)) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["lead.name", "lead.stage_id", "lead.value", "lead.follow_up_on"]);
    }

    #[test]
    fn a_lead_without_a_company_becomes_a_person() {
        let lead = NewLead { name: "Roof".to_owned(), contact_name: "Ana Silva".to_owned(), ..Default::default() };
        let customer = lead.to_customer();
        assert_eq!((customer.name.as_str(), customer.kind), ("Ana Silva", Kind::Person));
        let lead = NewLead { company: "Harbour".to_owned(), ..lead };
        assert_eq!((lead.to_customer().name.as_str(), lead.to_customer().kind), ("Harbour", Kind::Business));
    }

    #[test]
    fn each_path_is_read_and_named_alike() {
        let lead = pb::Lead { name: "Roof".to_owned(), ..Default::default() };
        for path in PATHS {
            assert_eq!(read(path, &lead).unwrap().field(), *path);
        }
    }
}
