//! The run: what pages and background work ask for, by everybody who sees something else.

use prost::Message;
use streamflow_client::{contact, customer, lead, record::row::Record as _, task::store::find::Choice};
use streamflow_kernel::{ids, list::ListSpec};
use streamflow_proto::{
    access,
    client::v1::{self as pb, RecordKind},
};
use streamflow_tests::{person::Person, raw, world::World};
use tonic::Status;
use uuid::Uuid;

/// What was made before the tables were filled.
pub struct Facts {
    pub org: Uuid,
    pub user: Uuid,
    /// One of each role, the owner first.
    people: Vec<Person>,
    team_id: String,
    customer: pb::Customer,
    contact: pb::Contact,
    lead: pb::Lead,
}

/// The answer as it is, or why there is none.
async fn send(by: &Person, rpc: &str, message: &impl Message) -> Result<Vec<u8>, Status> {
    let request = raw::request("client", Some(&by.token), message.encode_to_vec());
    raw::ask(&by.channel, request, &format!("/streamflow.client.v1.{rpc}")).await
}

async fn ask<Res: Message + Default>(by: &Person, rpc: &str, message: &impl Message) -> Result<Res, Status> {
    Ok(Res::decode(send(by, rpc, message).await?.as_slice()).expect("an answer"))
}

/// The same, where it has to work.
async fn have<Res: Message + Default>(by: &Person, rpc: &str, message: &impl Message) -> Res {
    ask(by, rpc, message).await.unwrap_or_else(|status| panic!("{rpc}: {status:?}"))
}

async fn customer(by: &Person, name: &str) -> pb::Customer {
    let (name, city) = (name.to_owned(), "Bonn".to_owned());
    let customer = pb::Customer {
        name,
        email: "office@acme.example".into(),
        phone: "+49 228 123456".into(),
        address: Some(pb::Address { city, ..Default::default() }),
        owner_id: by.user_id.clone(),
        ..Default::default()
    };
    let made: pb::CreateCustomerResponse =
        have(by, "CustomerService/CreateCustomer", &pb::CreateCustomerRequest { customer: Some(customer) }).await;
    made.customer.expect("a customer")
}

pub async fn prepare(world: &World) -> Facts {
    let owner = world.company("Acme").await;
    let team = pb::CreateTeamRequest { team: Some(pb::Team { name: "North".into(), ..Default::default() }) };
    let team: pb::CreateTeamResponse = have(&owner, "TeamService/CreateTeam", &team).await;
    let team_id = team.team.expect("a team").id;
    let mut people = vec![owner];
    for role in [pb::Role::Manager, pb::Role::Staff, pb::Role::Employee, pb::Role::Accountant] {
        let person = people[0].hire(world, role, if role == pb::Role::Manager { &team_id } else { "" }).await;
        people.push(person);
    }
    let owner = &people[0];
    let customer = customer(owner, "Acme Roofing").await;
    let contact = pb::Contact { customer_id: customer.id.clone(), name: "Ada Lovelace".into(), ..Default::default() };
    let contact: pb::CreateContactResponse =
        have(owner, "ContactService/CreateContact", &pb::CreateContactRequest { contact: Some(contact) }).await;
    let lead = pb::Lead { name: "New roof".into(), assignee_id: people[2].user_id.clone(), ..Default::default() };
    let lead: pb::CreateLeadResponse = have(owner, "LeadService/CreateLead", &pb::CreateLeadRequest { lead: Some(lead) }).await;
    let task = pb::Task { title: "Call back".into(), due_on: "2026-12-01".into(), ..Default::default() };
    let _: pb::CreateTaskResponse = have(owner, "TaskService/CreateTask", &pb::CreateTaskRequest { task: Some(task) }).await;
    Facts {
        org: ids::parse(ids::prefix::ORG, &owner.org_id).expect("an id"),
        user: ids::parse(ids::prefix::USER, &owner.user_id).expect("an id"),
        team_id,
        customer,
        contact: contact.contact.expect("a contact"),
        lead: lead.lead.expect("a lead"),
        people,
    }
}

pub async fn everything(world: &World, facts: &Facts) {
    for person in &facts.people {
        lists(person, facts).await;
        pages(person, facts).await;
    }
    changes(&facts.people[0], facts).await;
    // Whatever else reads or writes at a word, but not what would end the session.
    for access in access::CLIENT.iter().filter(|access| !access.permission.starts_with("session.")) {
        let _ = raw::call(&world.channel, "client", Some(&facts.people[0].token), access.path, Vec::new()).await;
    }
}

/// Each order of a list, both ways.
fn ways(spec: ListSpec) -> impl Iterator<Item = String> {
    spec.orders.iter().flat_map(|order| [order.name.to_owned(), format!("{} desc", order.name)])
}

/// Two pages of each list in each order, and the first by each filter.
async fn lists(person: &Person, facts: &Facts) {
    let by = |field: &str, id: &str| format!("{field} = {id}");
    let filters = [
        String::new(),
        by("owner_id", &facts.people[0].user_id),
        by("assignee_id", &facts.people[2].user_id),
        by("team_id", &facts.team_id),
        "archived = true".to_owned(),
        "search : acme".to_owned(),
        "created_at > 2026-01-01".to_owned(),
        "updated_at > 2026-01-01".to_owned(),
        "name : roof".to_owned(),
        "city = Bonn".to_owned(),
        "email = office@acme.example".to_owned(),
        by("stage_id", &facts.lead.stage_id),
        by("customer_id", &facts.customer.id),
    ];
    let lists = [
        ("CustomerService/ListCustomers", customer::store::Entity::LIST),
        ("ContactService/ListContacts", contact::store::Entity::LIST),
        ("LeadService/ListLeads", lead::store::Entity::LIST),
    ];
    for (rpc, spec) in lists {
        for order_by in ways(spec) {
            two_pages(person, rpc, &order_by, "").await;
        }
        for filter in &filters {
            // Not every list has every field, and not everybody every list.
            let request = pb::ListCustomersRequest { filter: filter.clone(), count_total: true, ..Default::default() };
            let _ = send(person, rpc, &request).await;
        }
    }
}

/// The three lists' requests are alike on the wire.
async fn two_pages(person: &Person, rpc: &str, order_by: &str, filter: &str) {
    let first = pb::ListCustomersRequest { page_size: 1, order_by: order_by.into(), filter: filter.into(), ..Default::default() };
    let page = match rpc {
        "LeadService/ListLeads" => ask::<pb::ListLeadsResponse>(person, rpc, &first).await.map(|reply| reply.page),
        "ContactService/ListContacts" => ask::<pb::ListContactsResponse>(person, rpc, &first).await.map(|reply| reply.page),
        _ => ask::<pb::ListCustomersResponse>(person, rpc, &first).await.map(|reply| reply.page),
    };
    let Ok(Some(page)) = page else { return };
    if !page.next_page_token.is_empty() {
        let next = pb::ListCustomersRequest { page_token: page.next_page_token, ..first };
        send(person, rpc, &next).await.unwrap_or_else(|status| panic!("{rpc}: {status:?}"));
    }
}

/// What pages show besides lists of records.
async fn pages(person: &Person, facts: &Facts) {
    let records = [
        (RecordKind::Customer, &facts.customer.id),
        (RecordKind::Contact, &facts.contact.id),
        (RecordKind::Lead, &facts.lead.id),
    ];
    for (kind, id) in records {
        let kind = kind.into();
        let timeline = pb::ListTimelineRequest { kind, record_id: id.clone(), page_size: 1, ..Default::default() };
        if let Ok(reply) = ask::<pb::ListTimelineResponse>(person, "TimelineService/ListTimeline", &timeline).await {
            let page_token = reply.page.unwrap_or_default().next_page_token;
            let next = pb::ListTimelineRequest { page_token, ..timeline };
            let _ = ask::<pb::ListTimelineResponse>(person, "TimelineService/ListTimeline", &next).await;
        }
        let duplicates = pb::FindDuplicatesRequest { kind, record_id: id.clone() };
        let _ = ask::<pb::FindDuplicatesResponse>(person, "MergeService/FindDuplicates", &duplicates).await;
        let views = pb::ListSavedViewsRequest { kind };
        let _ = ask::<pb::ListSavedViewsResponse>(person, "SavedViewService/ListSavedViews", &views).await;
        let export = pb::ExportRecordsRequest { kind, columns: vec!["name".into()], ..Default::default() };
        let _ = ask::<pb::ExportRecordsResponse>(person, "RecordService/ExportRecords", &export).await;
    }
    let customer_id = facts.customer.id.clone();
    let _ = ask::<pb::GetCustomerResponse>(person, "CustomerService/GetCustomer", &pb::GetCustomerRequest { customer_id }).await;
    let contact_id = facts.contact.id.clone();
    let _ = ask::<pb::GetContactResponse>(person, "ContactService/GetContact", &pb::GetContactRequest { contact_id }).await;
    let lead_id = facts.lead.id.clone();
    let _ = ask::<pb::GetLeadResponse>(person, "LeadService/GetLead", &pb::GetLeadRequest { lead_id }).await;
    for query in ["acme", "228 123", "ada@acme.example"] {
        let search = pb::SearchRequest { query: query.into(), ..Default::default() };
        let _ = ask::<pb::SearchResponse>(person, "SearchService/Search", &search).await;
    }
    for [everyone, include_done] in [[false, false], [true, false], [false, true], [true, true]] {
        for order_by in ways((Choice { include_done, everyone }).spec()) {
            let tasks = pb::ListTasksRequest { page_size: 1, everyone, include_done, order_by, ..Default::default() };
            let Ok(reply) = ask::<pb::ListTasksResponse>(person, "TaskService/ListTasks", &tasks).await else { continue };
            let next = pb::ListTasksRequest { page_token: reply.page.unwrap_or_default().next_page_token, ..tasks };
            let _ = ask::<pb::ListTasksResponse>(person, "TaskService/ListTasks", &next).await;
        }
    }
    for unread_only in [false, true] {
        let news = pb::ListNotificationsRequest { page_size: 1, unread_only, ..Default::default() };
        let Ok(reply) = ask::<pb::ListNotificationsResponse>(person, "NotificationService/ListNotifications", &news).await else {
            continue;
        };
        let next = pb::ListNotificationsRequest { page_token: reply.page.unwrap_or_default().next_page_token, ..news };
        let _ = ask::<pb::ListNotificationsResponse>(person, "NotificationService/ListNotifications", &next).await;
    }
    for open_only in [false, true] {
        let anomalies = pb::ListAnomaliesRequest { open_only, ..Default::default() };
        let _ = ask::<pb::ListAnomaliesResponse>(person, "AnomalyService/ListAnomalies", &anomalies).await;
    }
    audit(person, facts).await;
}

async fn audit(person: &Person, facts: &Facts) {
    let actor = format!("actor_id = {}", facts.people[0].user_id);
    for filter in ["", &actor, "category = write", "outcome = OK", "outcome != OK", "at > 2026-01-01", "path : Create"] {
        for order_by in ["", "at", "at desc"] {
            let list =
                pb::ListAuditRequest { page_size: 1, filter: filter.into(), order_by: order_by.into(), ..Default::default() };
            let Ok(reply) = ask::<pb::ListAuditResponse>(person, "AuditService/ListAudit", &list).await else { continue };
            let next = pb::ListAuditRequest { page_token: reply.page.unwrap_or_default().next_page_token, ..list };
            let _ = ask::<pb::ListAuditResponse>(person, "AuditService/ListAudit", &next).await;
        }
        let export = pb::ExportAuditRequest { filter: filter.into() };
        let _ = ask::<pb::ExportAuditResponse>(person, "AuditService/ExportAudit", &export).await;
    }
}

/// What is read on the way to a write.
async fn changes(owner: &Person, facts: &Facts) {
    let stages: pb::ListLeadStagesResponse =
        have(owner, "LeadService/ListLeadStages", &pb::ListLeadStagesRequest::default()).await;
    let stage_id = stages.stages.last().expect("a stage").id.clone();
    let moved = pb::MoveLeadRequest { lead_id: facts.lead.id.clone(), stage_id, before_lead_id: String::new() };
    let moved: pb::MoveLeadResponse = have(owner, "LeadService/MoveLead", &moved).await;
    let moved = moved.lead.expect("a lead");
    let kind = RecordKind::Customer.into();
    let note = pb::AddNoteRequest { kind, record_id: facts.customer.id.clone(), text: "Rang".into() };
    let _: pb::AddNoteResponse = have(owner, "TimelineService/AddNote", &note).await;
    let edited = pb::Customer { name: "Acme Roofs".into(), ..facts.customer.clone() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["name".into(), "email".into()] });
    // Twice the version of before: the second has to look at what others changed.
    let edit = pb::UpdateCustomerRequest { customer: Some(edited), update_mask };
    let _: pb::UpdateCustomerResponse = have(owner, "CustomerService/UpdateCustomer", &edit).await;
    let _ = ask::<pb::UpdateCustomerResponse>(owner, "CustomerService/UpdateCustomer", &edit).await;
    let other = customer(owner, "Acme Roof").await;
    let ids = vec![other.id.clone()];
    let assign = pb::AssignRecordsRequest { kind, ids: ids.clone(), owner_id: Some(owner.user_id.clone()), ..Default::default() };
    let _: pb::AssignRecordsResponse = have(owner, "RecordService/AssignRecords", &assign).await;
    let archive = pb::ArchiveRecordsRequest { kind, ids: ids.clone() };
    let _: pb::ArchiveRecordsResponse = have(owner, "RecordService/ArchiveRecords", &archive).await;
    let restore = pb::RestoreRecordsRequest { kind, ids: ids.clone() };
    let _: pb::RestoreRecordsResponse = have(owner, "RecordService/RestoreRecords", &restore).await;
    let merge = pb::PreviewMergeRequest { kind, survivor_id: facts.customer.id.clone(), other_ids: ids };
    let _: pb::PreviewMergeResponse = have(owner, "MergeService/PreviewMerge", &merge).await;
    let converted = pb::ConvertLeadRequest { lead_id: moved.id, version: moved.version };
    let _: pb::ConvertLeadResponse = have(owner, "LeadService/ConvertLead", &converted).await;
}
