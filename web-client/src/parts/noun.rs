//! What customers, contacts and leads have in common: their words, and what is done to many of them at once.

use std::cell::Cell;

use streamflow_proto::client::v1::{self as pb, RecordKind, record_service_client::RecordServiceClient};
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    browser, csv,
    format::number,
    toast::use_toasts,
};

use super::download;
use crate::api::{address, may};

/// One kind of record in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Noun {
    pub kind: RecordKind,
    /// Also its name in the change feed and in permissions.
    pub one: &'static str,
    /// Also its page.
    pub many: &'static str,
    pub title: &'static str,
}

pub const CUSTOMER: Noun =
    Noun { kind: RecordKind::Customer, one: mark!("customer"), many: mark!("customers"), title: mark!("Customers") };
pub const CONTACT: Noun =
    Noun { kind: RecordKind::Contact, one: mark!("contact"), many: mark!("contacts"), title: mark!("Contacts") };
pub const LEAD: Noun = Noun { kind: RecordKind::Lead, one: mark!("lead"), many: mark!("leads"), title: mark!("Leads") };

impl Noun {
    /// Address of one record.
    pub fn address(&self, id: &str) -> String {
        address(&format!("{}/{id}", self.many))
    }

    /// "1 customer", "1,204 customers".
    pub fn counted(&self, count: usize) -> String {
        let count = count as i64;
        match self.kind {
            RecordKind::Contact => n!(count, "{count} contact", "{count} contacts"),
            RecordKind::Lead => n!(count, "{count} lead", "{count} leads"),
            RecordKind::Customer | RecordKind::Unspecified => n!(count, "{count} customer", "{count} customers"),
        }
    }

    pub fn may_edit(&self) -> bool {
        may(&format!("{}.write", self.one))
    }

    /// People who do the work change customers and contacts but don't add them.
    pub fn may_add(&self) -> bool {
        let adds = self.kind == RecordKind::Lead || crate::api::me().role() != pb::Role::Employee;
        self.may_edit() && adds
    }
}

/// Records whose people were the same before a bulk assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct People {
    pub owner_id: String,
    pub assignee_id: String,
    pub team_id: String,
}

/// What a bulk act did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub changed: usize,
    pub missing: usize,
}

impl Done {
    fn add(&mut self, changed: i32, missing: &[String]) {
        self.changed += usize::try_from(changed).unwrap_or_default();
        self.missing += missing.len();
    }

    /// "3 customers archived", and how many were not there.
    pub fn sentence(&self, noun: &Noun, verb: &str) -> String {
        let told = t!("{records} {done}", records = noun.counted(self.changed), done = verb);
        if self.missing == 0 {
            told
        } else {
            t!("{told}, {missing} not found", told, missing = number::count(self.missing as i64))
        }
    }
}

/// Records the server takes at once; more go in several requests.
const AT_ONCE: usize = 1_000;

pub async fn archive(kind: RecordKind, ids: Vec<String>) -> Result<Done, ApiError> {
    let mut done = Done::default();
    for ids in ids.chunks(AT_ONCE) {
        let request = pb::ArchiveRecordsRequest { kind: kind.into(), ids: ids.to_vec() };
        let call = async |transport, request| RecordServiceClient::new(transport).archive_records(request).await;
        let reply = use_api().write(&Act::default(), request, call).await?;
        done.add(reply.changed, &reply.not_found_ids);
    }
    Ok(done)
}

pub async fn restore(kind: RecordKind, ids: Vec<String>) -> Result<Done, ApiError> {
    let mut done = Done::default();
    for ids in ids.chunks(AT_ONCE) {
        let request = pb::RestoreRecordsRequest { kind: kind.into(), ids: ids.to_vec() };
        let call = async |transport, request| RecordServiceClient::new(transport).restore_records(request).await;
        let reply = use_api().write(&Act::default(), request, call).await?;
        done.add(reply.changed, &reply.not_found_ids);
    }
    Ok(done)
}

/// Sets what is given; "none" clears, None leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    pub owner_id: Option<String>,
    pub assignee_id: Option<String>,
    pub team_id: Option<String>,
}

impl Assignment {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What brings records back to the people they had, as far as this assignment changed them.
    pub fn back_to(&self, before: &People) -> Self {
        let back =
            |set: &Option<String>, id: &str| set.as_ref().map(|_| if id.is_empty() { "none".to_owned() } else { id.to_owned() });
        Self {
            owner_id: back(&self.owner_id, &before.owner_id),
            assignee_id: back(&self.assignee_id, &before.assignee_id),
            team_id: back(&self.team_id, &before.team_id),
        }
    }
}

pub async fn assign(act: &Act, kind: RecordKind, ids: Vec<String>, to: Assignment) -> Result<Done, ApiError> {
    let mut done = Done::default();
    for ids in ids.chunks(AT_ONCE) {
        let request = pb::AssignRecordsRequest {
            kind: kind.into(),
            ids: ids.to_vec(),
            owner_id: to.owner_id.clone(),
            assignee_id: to.assignee_id.clone(),
            team_id: to.team_id.clone(),
        };
        let call = async |transport, request| RecordServiceClient::new(transport).assign_records(request).await;
        let reply = use_api().write(act, request, call).await?;
        done.add(reply.changed, &reply.not_found_ids);
    }
    Ok(done)
}

/// How often a long export says how far it is.
const TELL_EVERY_SECONDS: i64 = 5;

/// Streams the list as CSV and offers it as a file. Gives its size in bytes.
pub async fn export(noun: &Noun, request: pb::ExportRecordsRequest) -> Result<i64, ApiError> {
    let opened = RecordServiceClient::new(use_api().transport()).export_records(request).await;
    let name = format!("{}.csv", noun.many);
    let (size, told_at) = (Cell::new(0), Cell::new(browser::now()));
    let so_far = |bytes| {
        size.set(bytes);
        if browser::now() - told_at.get() >= TELL_EVERY_SECONDS {
            told_at.set(browser::now());
            use_toasts().say(t!("Preparing {name}, {bytes} so far", name, bytes = number::bytes(bytes)));
        }
    };
    download::save(opened, |piece: pb::ExportRecordsResponse| piece.data, (&name, csv::MEDIA_TYPE), so_far).await?;
    Ok(size.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_act_says_what_it_did() {
        let mut done = Done::default();
        done.add(3, &[]);
        assert_eq!(done.sentence(&CUSTOMER, "archived"), "3 customers archived");
        done.add(1, &["cus_1".into()]);
        assert_eq!(done.sentence(&LEAD, "assigned"), "4 leads assigned, 1 not found");
    }

    #[test]
    fn undoing_an_assignment_touches_only_what_it_set() {
        let set = Assignment { owner_id: Some("usr_2".into()), team_id: Some("none".into()), assignee_id: None };
        let before = People { team_id: "team_1".into(), ..People::default() };
        let back = set.back_to(&before);
        assert_eq!(back.owner_id.as_deref(), Some("none"));
        assert_eq!(back.team_id.as_deref(), Some("team_1"));
        assert_eq!(back.assignee_id, None);
        assert!(Assignment::default().is_empty());
    }
}
