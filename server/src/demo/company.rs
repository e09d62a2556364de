//! Harrow & Pike, a heating and plumbing company in Leeds: six people, 400 customers, 900 contacts, 300 leads in ninety days.

use anyhow::Context as _;
use chrono::{Duration, NaiveDate, TimeDelta};
use streamflow_kernel::clock::Clock as _;
use streamflow_proto::{
    client::v1::{
        self as pb, contact_service_client::ContactServiceClient, customer_service_client::CustomerServiceClient,
        lead_service_client::LeadServiceClient, task_service_client::TaskServiceClient, team_service_client::TeamServiceClient,
        timeline_service_client::TimelineServiceClient,
    },
    common::v1::Money,
};

use super::{
    Account,
    caller::{Person, Stage},
    names,
};
use crate::{config::Config, serve::Shared};

const DAYS: usize = 90;
const CUSTOMERS: usize = 400;
const CONTACTS: usize = 900;
const LEADS: usize = 300;
/// The last working day ends this long before now, so that "today" has room.
const UNTIL: TimeDelta = Duration::hours(3);

struct Company {
    stage: Stage,
    /// The day the demo is made for.
    today: NaiveDate,
    owner: Person,
    manager: Person,
    staff: Vec<Person>,
    employee: Person,
    teams: Vec<String>,
    stages: Vec<pb::LeadStage>,
    /// Id, and which of the staff it belongs to.
    customers: Vec<(String, usize)>,
    contacts: usize,
    leads: Vec<Lead>,
}

struct Lead {
    id: String,
    stage: usize,
    staff: usize,
}

/// Name of the company in page addresses.
pub const TENANT_ID: &str = "harrow-pike";

pub async fn make(config: &Config, shared: &Shared) -> anyhow::Result<Vec<Account>> {
    let now = shared.clock.now();
    let start = now - Duration::days(i64::try_from(DAYS)?) - UNTIL;
    let stage = Stage::open(config, shared, start).await?;
    let owner =
        stage.found(("Harrow & Pike", TENANT_ID, "field-service"), ("Helen Harrow", "helen.harrow@example.com"), "GBP").await?;
    let teams = make_teams(&stage, &owner).await?;
    let manager = stage.hire(&owner, "Tom Pike", "tom.pike@example.com", pb::Role::Manager, &teams[0]).await?;
    let grace = stage.hire(&owner, "Grace Okonkwo", "grace.okonkwo@example.com", pb::Role::Staff, &teams[0]).await?;
    let dev = stage.hire(&owner, "Arjun Patel", "arjun.patel@example.com", pb::Role::Staff, &teams[1]).await?;
    let employee = stage.hire(&owner, "Sam Ellis", "sam.ellis@example.com", pb::Role::Employee, &teams[0]).await?;
    let accountant = stage.hire(&owner, "Priya Nair", "priya.nair@example.com", pb::Role::Accountant, "").await?;
    let stages = {
        let mut leads = LeadServiceClient::new(stage.channel.clone());
        leads.list_lead_stages(stage.request(&owner, pb::ListLeadStagesRequest {})).await?.into_inner().stages
    };
    anyhow::ensure!(stages.len() >= 4, "the new company has no pipeline");
    let mut company = Company {
        stage,
        today: now.date_naive(),
        owner,
        manager,
        staff: vec![grace, dev],
        employee,
        teams,
        stages,
        customers: Vec::new(),
        contacts: 0,
        leads: Vec::new(),
    };
    for day in 0..DAYS {
        company.stage.clock.set(start + Duration::days(i64::try_from(day)?) + Duration::minutes(40));
        company.work(day).await.with_context(|| format!("on day {day}"))?;
    }
    company.stage.clock.set(now - Duration::minutes(50));
    company.finish().await?;
    let people = [&company.owner, &company.manager, &company.staff[0], &company.staff[1], &company.employee, &accountant];
    Ok(people.into_iter().map(|person| person.account.clone()).collect())
}

async fn make_teams(stage: &Stage, owner: &Person) -> anyhow::Result<Vec<String>> {
    let mut teams = Vec::new();
    for name in ["Leeds North", "Leeds South"] {
        let team = pb::Team { name: name.to_owned(), ..Default::default() };
        let request = stage.request(owner, pb::CreateTeamRequest { team: Some(team) });
        let made = TeamServiceClient::new(stage.channel.clone()).create_team(request).await?.into_inner();
        teams.push(made.team.map(|team| team.id).unwrap_or_default());
    }
    Ok(teams)
}

/// How many of `total` are due by the end of `day`: more each week, and a backlog on the first day.
fn due(total: usize, day: usize, first_day: usize) -> usize {
    let rest = total - first_day;
    first_day + rest * (day + 1) * (day + 1 + DAYS) / (DAYS * 2 * DAYS)
}

impl Company {
    async fn work(&mut self, day: usize) -> anyhow::Result<()> {
        self.sign_in().await?;
        while self.customers.len() < due(CUSTOMERS, day, 180) {
            self.add_customer().await?;
        }
        while self.contacts < due(CONTACTS, day, 400).min(self.customers.len() * 9 / 4) {
            self.add_contact().await?;
        }
        while self.leads.len() < due(LEADS, day, 24) {
            self.add_lead().await?;
        }
        self.move_leads(day).await?;
        self.write_note(day).await
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        self.stage.sign_in(&mut self.manager).await?;
        for person in &mut self.staff {
            self.stage.sign_in(person).await?;
        }
        Ok(())
    }

    async fn finish(&mut self) -> anyhow::Result<()> {
        self.sign_in().await?;
        self.stage.sign_in(&mut self.owner).await?;
        while self.contacts < CONTACTS {
            self.add_contact().await?;
        }
        self.add_tasks().await
    }

    /// Whose the n-th record is, and who helps.
    fn people(&self, n: usize) -> (usize, String) {
        let staff = names::spread(n, 21) % self.staff.len();
        let assignee = if names::spread(n, 22).is_multiple_of(6) { self.employee.user_id.clone() } else { String::new() };
        (staff, assignee)
    }

    /// Team 0 is the manager's as well; every third record of it is the manager's work.
    fn hand(&self, n: usize, staff: usize) -> &Person {
        if staff == 0 && n.is_multiple_of(3) { &self.manager } else { &self.staff[staff] }
    }

    async fn add_customer(&mut self) -> anyhow::Result<()> {
        let n = self.customers.len();
        self.stage.pass(TimeDelta::seconds(20 + i64::try_from(names::spread(n, 30) % 25)?));
        let private = names::spread(n, 9).is_multiple_of(4);
        let name = if private { names::person(n * 3 + 1) } else { names::company(n) };
        let (street, postal_code, city) = names::address(n);
        let (staff, assignee_id) = self.people(n);
        let kind = if private { pb::CustomerKind::Person } else { pb::CustomerKind::Business };
        let tags =
            if names::spread(n, 11).is_multiple_of(3) { vec![names::pick(&names::TAGS, n, 12).to_owned()] } else { Vec::new() };
        let customer = pb::Customer {
            email: if private { names::email(&name) } else { format!("office{n}@example.com") },
            phone: if private { names::mobile(n) } else { names::landline(n) },
            address: Some(pb::Address {
                street,
                postal_code,
                city,
                region: "West Yorkshire".into(),
                country: "United Kingdom".into(),
            }),
            kind: kind.into(),
            name,
            owner_id: self.staff[staff].user_id.clone(),
            assignee_id,
            team_id: self.teams[staff].clone(),
            tags,
            custom: names::customer_fields(n, private, self.today),
            ..Default::default()
        };
        let request = self.stage.request(self.hand(n, staff), pb::CreateCustomerRequest { customer: Some(customer) });
        let made = CustomerServiceClient::new(self.stage.channel.clone()).create_customer(request).await?.into_inner();
        self.customers.push((made.customer.map(|customer| customer.id).unwrap_or_default(), staff));
        Ok(())
    }

    async fn add_contact(&mut self) -> anyhow::Result<()> {
        let n = self.contacts;
        self.stage.pass(TimeDelta::seconds(7));
        let (customer_id, staff) =
            self.customers[if n < self.customers.len() { n } else { names::spread(n, 13) % self.customers.len() }].clone();
        let name = names::person(n * 5 + 2);
        let contact = pb::Contact {
            customer_id,
            title: names::title(n).to_owned(),
            email: names::email(&name),
            phone: names::landline(n * 3 + 1),
            mobile: names::mobile(n * 7 + 3),
            name,
            ..Default::default()
        };
        let request = self.stage.request(self.hand(n, staff), pb::CreateContactRequest { contact: Some(contact) });
        ContactServiceClient::new(self.stage.channel.clone()).create_contact(request).await?;
        self.contacts += 1;
        Ok(())
    }

    async fn add_lead(&mut self) -> anyhow::Result<()> {
        let n = self.leads.len();
        self.stage.pass(TimeDelta::seconds(50));
        let contact_name = names::person(n * 11 + 5);
        let made_on = self.stage.clock.now().date_naive();
        let follow_up = (self.today + Duration::days(names::days_ahead(n, 14))).max(made_on);
        let (staff, assignee_id) = self.people(n + 1000);
        let minor_units = i64::try_from((40 + names::spread(n, 15) % 860) * 1000)?;
        let lead = pb::Lead {
            name: names::job(n).to_owned(),
            company: names::company(400 + n),
            email: names::email(&contact_name),
            phone: names::mobile(n * 13 + 7),
            contact_name,
            stage_id: self.stages[0].id.clone(),
            value: Some(Money { currency_code: "GBP".into(), minor_units }),
            source: names::pick(&names::SOURCES, n, 16).to_owned(),
            follow_up_on: follow_up.to_string(),
            owner_id: self.staff[staff].user_id.clone(),
            assignee_id,
            team_id: self.teams[staff].clone(),
            custom: names::lead_fields(n),
            ..Default::default()
        };
        let request = self.stage.request(self.hand(n, staff), pb::CreateLeadRequest { lead: Some(lead) });
        let made = LeadServiceClient::new(self.stage.channel.clone()).create_lead(request).await?.into_inner();
        self.leads.push(Lead { id: made.lead.map(|lead| lead.id).unwrap_or_default(), stage: 0, staff });
        Ok(())
    }

    /// A few leads a day go one stage on; some are lost.
    async fn move_leads(&mut self, day: usize) -> anyhow::Result<()> {
        let stages: Vec<(String, pb::LeadStageKind)> = self.stages.iter().map(|stage| (stage.id.clone(), stage.kind())).collect();
        for turn in 0..5 {
            if self.leads.is_empty() {
                return Ok(());
            }
            let at = names::spread(day * 10 + turn, 17) % self.leads.len();
            let Lead { stage, staff, .. } = self.leads[at];
            let id = self.leads[at].id.clone();
            if stages.get(stage).is_none_or(|(_, kind)| *kind != pb::LeadStageKind::Open) {
                continue;
            }
            let lost = names::spread(day * 10 + turn, 18).is_multiple_of(5);
            let next = if lost { stages.iter().position(|(_, kind)| *kind == pb::LeadStageKind::Lost) } else { Some(stage + 1) };
            let Some((next, (stage_id, _))) = next.and_then(|next| stages.get(next).map(|stage| (next, stage))) else { continue };
            self.stage.pass(TimeDelta::minutes(2));
            let request = pb::MoveLeadRequest { lead_id: id, stage_id: stage_id.clone(), before_lead_id: String::new() };
            LeadServiceClient::new(self.stage.channel.clone())
                .move_lead(self.stage.request(self.hand(turn, staff), request))
                .await?;
            self.leads[at].stage = next;
        }
        Ok(())
    }

    async fn write_note(&mut self, day: usize) -> anyhow::Result<()> {
        let (customer, staff) = &self.customers[names::spread(day, 19) % self.customers.len()];
        self.stage.pass(TimeDelta::minutes(2));
        let note = pb::AddNoteRequest {
            kind: pb::RecordKind::Customer.into(),
            record_id: customer.clone(),
            text: names::pick(&names::NOTES, day, 23).to_owned(),
        };
        let request = self.stage.request(self.hand(day, *staff), note);
        TimelineServiceClient::new(self.stage.channel.clone()).add_note(request).await?;
        Ok(())
    }

    async fn add_tasks(&mut self) -> anyhow::Result<()> {
        let people = [&self.owner, &self.manager, &self.staff[0], &self.staff[1], &self.employee];
        for n in 0..40 {
            let (customer, _) = &self.customers[names::spread(n, 24) % self.customers.len()];
            let due_on = self.today + Duration::days(names::days_ahead(n, 25));
            let verbs = ["Call back about", "Send the quote for", "Book the survey for", "Check parts for"];
            let task = pb::Task {
                title: format!("{} {}", names::pick(&verbs, n, 26), names::job(n).to_lowercase()),
                due_on: due_on.to_string(),
                assignee_id: people[n % people.len()].user_id.clone(),
                record_kind: pb::RecordKind::Customer.into(),
                record_id: customer.clone(),
                ..Default::default()
            };
            self.stage.pass(TimeDelta::seconds(30));
            let request = self.stage.request(&self.owner, pb::CreateTaskRequest { task: Some(task) });
            TaskServiceClient::new(self.stage.channel.clone()).create_task(request).await?;
        }
        Ok(())
    }
}
