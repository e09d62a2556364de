//! Ids of another company, in every field of every RPC that takes one. `ids.txt` says what each answers to a company's own ids and to
//! another's; an id field that the test does not know fails it.

use std::{collections::HashMap, fmt::Write as _, path::Path};

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use streamflow_kernel::{access::answer::code_name, ids::prefix};
use streamflow_proto::{
    access,
    client::{
        DESCRIPTORS,
        v1::{
            self as pb, custom_field_service_client::CustomFieldServiceClient,
            invitation_service_client::InvitationServiceClient, lead_service_client::LeadServiceClient,
            merge_service_client::MergeServiceClient, notification_service_client::NotificationServiceClient,
            saved_view_service_client::SavedViewServiceClient, session_service_client::SessionServiceClient,
            task_service_client::TaskServiceClient, team_service_client::TeamServiceClient,
        },
    },
};
use streamflow_tests::{
    on_both,
    person::Person,
    raw,
    world::{World, open_session},
};
use tonic::Code;

use super::{assignment_rule, attachment, contact, customer, import, lead, org_data, passkey};

/// In every name of the other company.
const CANARY: &str = "Zebrafink";

/// A company with one of everything, by the prefix of its id.
pub struct Company {
    pub owner: Person,
    ids: HashMap<&'static str, String>,
}

impl Company {
    pub async fn found(world: &World, word: &str) -> Self {
        let owner = world.company(word).await;
        let channel = || world.channel.clone();
        let make = pb::CreateTeamRequest { team: Some(pb::Team { name: word.into(), ..Default::default() }) };
        let team = TeamServiceClient::new(channel()).create_team(owner.ask(make)).await.unwrap().into_inner().team.unwrap();
        let staff = owner.hire(world, pb::Role::Staff, "").await;
        let customer = customer::create(&owner, customer::named(word)).await.unwrap();
        let contact = contact::create(&owner, &customer.id, word).await.unwrap();
        let lead = lead::create(&owner, pb::Lead { name: word.into(), ..Default::default() }).await.unwrap();
        let stages = LeadServiceClient::new(channel()).list_lead_stages(owner.ask(pb::ListLeadStagesRequest {})).await.unwrap();
        let task = pb::CreateTaskRequest { task: Some(pb::Task { title: word.into(), ..Default::default() }) };
        let task = TaskServiceClient::new(channel()).create_task(owner.ask(task)).await.unwrap().into_inner().task.unwrap();
        let view = pb::SavedView { name: word.into(), kind: pb::ListKind::Customer.into(), shared: true, ..Default::default() };
        let view = pb::CreateSavedViewRequest { view: Some(view) };
        let view =
            SavedViewServiceClient::new(channel()).create_saved_view(owner.ask(view)).await.unwrap().into_inner().view.unwrap();
        let email = format!("{}@example.com", word.to_lowercase());
        let invite = pb::CreateInvitationRequest { email, role: pb::Role::Staff.into(), team_id: String::new() };
        let invitation = InvitationServiceClient::new(channel()).create_invitation(owner.ask(invite)).await.unwrap().into_inner();
        let import = import::upload(&owner, format!("name\n{word}\n").as_bytes()).await.unwrap();
        let field = pb::CustomField {
            kind: pb::RecordKind::Customer.into(),
            key: "extra".into(),
            label: "Extra".into(),
            r#type: pb::CustomFieldType::Text.into(),
            ..Default::default()
        };
        let field = pb::CreateCustomFieldRequest { field: Some(field) };
        let field = CustomFieldServiceClient::new(channel()).create_custom_field(owner.ask(field)).await.unwrap().into_inner();
        let notified = pb::ListNotificationsRequest::default();
        let notified = NotificationServiceClient::new(channel()).list_notifications(owner.ask(notified)).await.unwrap();
        let merge = merged(world, &owner).await;
        let rule = assignment_rule::create(&owner, assignment_rule::rule(word, &[&owner])).await.unwrap();
        let parse = |noun: &str, id: &str| streamflow_kernel::ids::parse(noun, id).unwrap();
        open_session(&world.kernel, parse(prefix::USER, &owner.user_id), parse(prefix::ORG, &owner.org_id), "full").await;
        let sessions =
            SessionServiceClient::new(channel()).list_sessions(owner.ask(pb::ListSessionsRequest::default())).await.unwrap();
        let session = sessions.into_inner().sessions.into_iter().find(|session| !session.current).unwrap();
        let attachment = attachment::any(world, &owner, &customer.id).await;
        let ids = HashMap::from([
            (prefix::ATTACHMENT, attachment),
            (prefix::TEAM, team.id),
            (prefix::USER, staff.user_id),
            (prefix::CUSTOMER, customer.id),
            (prefix::CONTACT, contact.id),
            (prefix::LEAD, lead.id),
            (prefix::STAGE, stages.into_inner().stages.remove(0).id),
            (prefix::TASK, task.id),
            (prefix::VIEW, view.id),
            (prefix::INVITATION, invitation.invitation.unwrap().id),
            (prefix::IMPORT, import.id),
            (prefix::ORG, owner.org_id.clone()),
            (prefix::FIELD, field.field.unwrap().id),
            (prefix::NOTIFICATION, notified.into_inner().notifications.remove(0).id),
            (prefix::MERGE, merge),
            (prefix::SESSION, session.id),
            (prefix::ANOMALY, anomaly(world, &owner).await),
            (prefix::RULE, rule.id),
            (prefix::SUPPORT_SESSION, support_session(world, &owner).await),
            (prefix::EXPORT, org_data::start(&owner).await.unwrap().id),
            (prefix::PASSKEY, passkey::add(world, &owner, word).await.1.id),
        ]);
        Self { owner, ids }
    }

    /// Everything it lists, as bytes.
    async fn whole(&self, world: &World) -> Vec<Vec<u8>> {
        let lists = [
            "CustomerService/ListCustomers",
            "ContactService/ListContacts",
            "LeadService/ListLeads",
            "TaskService/ListTasks",
            "SavedViewService/ListSavedViews",
            "TeamService/ListTeams",
            "TeamService/ListMembers",
            "InvitationService/ListInvitations",
            "ImportService/ListImports",
            "AssignmentRuleService/ListAssignmentRules",
            "SessionService/ListSessions",
        ];
        let mut answers = Vec::new();
        for list in lists {
            // A saved view's list asks for a kind; field 1 of no other list is a number that matters.
            let message = if list.ends_with("SavedViews") { vec![0x08, 0x01] } else { Vec::new() };
            let path = format!("/streamflow.client.v1.{list}");
            let (code, answer) = raw::call(&world.channel, "client", Some(&self.owner.token), &path, message).await;
            assert!(code == Code::Ok && !answer.is_empty(), "{list}");
            answers.push(answer);
        }
        answers
    }
}

/// A row as the detector writes it.
async fn anomaly(world: &World, owner: &Person) -> String {
    let id = world.kernel.ids.uuid();
    let org = streamflow_kernel::ids::parse(prefix::ORG, &owner.org_id).unwrap();
    let sql = "INSERT INTO anomalies (org_id, id, rule, subject, person_name, address, events, first_at, last_at, state) \
               VALUES (?, ?, 'rate_limit', '', '', '', 1, ?, ?, 'open')";
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, vec![org.into(), id.into(), world.now().into(), world.now().into()]).await.unwrap();
    db.commit().await.unwrap();
    streamflow_kernel::ids::format(prefix::ANOMALY, id)
}

/// A request as another system leaves it.
async fn support_session(world: &World, owner: &Person) -> String {
    let (id, at) = (world.kernel.ids.uuid(), world.now());
    let org = streamflow_kernel::ids::parse(prefix::ORG, &owner.org_id).unwrap();
    let sql = "INSERT INTO support_sessions (org_id, id, system, person_id, person_name, minutes, state, requested_at, expires_at) \
               VALUES (?, ?, 'DEV', ?, 'Dana', 30, 'requested', ?, ?)";
    let until = at + chrono::TimeDelta::hours(24);
    let db = world.kernel.database.system().await.unwrap();
    db.execute(sql, vec![org.into(), id.into(), id.into(), at.into(), until.into()]).await.unwrap();
    db.commit().await.unwrap();
    streamflow_kernel::ids::format(prefix::SUPPORT_SESSION, id)
}

/// Two customers as one: the merge's id.
async fn merged(world: &World, owner: &Person) -> String {
    let mut versions = Vec::new();
    for name in ["Twice", "Twice again"] {
        let made = customer::create(owner, customer::named(name)).await.unwrap();
        versions.push(pb::MergedVersion { id: made.id, version: made.version });
    }
    let others = versions.split_off(1);
    let group = pb::MergeGroup { survivor: versions.pop(), others, choices: Vec::new() };
    let merge = pb::MergeRecordsRequest { kind: pb::RecordKind::Customer.into(), groups: vec![group] };
    let merge = MergeServiceClient::new(world.channel.clone()).merge_records(owner.ask(merge)).await.unwrap();
    merge.into_inner().merge_ids.remove(0)
}

/// The prefix of the ids that a field takes; none for other texts.
fn prefix_of(message: &str, field: &str, kind: pb::RecordKind) -> Option<&'static str> {
    let by_kind = match kind {
        pb::RecordKind::Contact => prefix::CONTACT,
        pb::RecordKind::Lead => prefix::LEAD,
        _ => prefix::CUSTOMER,
    };
    let noun = match (message, field) {
        (_, "external_id" | "external_customer_id" | "tax_id" | "correlation_id" | "tenant_id") => return None,
        (_, "customer_id") | ("Customer", "id" | "merged_into_id") => prefix::CUSTOMER,
        (_, "contact_id") | ("Contact", "id" | "merged_into_id") => prefix::CONTACT,
        (_, "lead_id" | "before_lead_id") | ("Lead", "id") => prefix::LEAD,
        (_, "stage_id" | "stage_ids") | ("LeadStage", "id") => prefix::STAGE,
        (_, "field_id" | "field_ids") | ("CustomField", "id") => prefix::FIELD,
        (_, "rule_id" | "rule_ids") | ("AssignmentRule", "id") => prefix::RULE,
        (_, "merge_id") => prefix::MERGE,
        (_, "anomaly_id") => prefix::ANOMALY,
        (_, "notification_id") | ("Notification", "id") => prefix::NOTIFICATION,
        ("Org", "id") => prefix::ORG,
        (_, "team_id" | "team_ids") | ("Team", "id") => prefix::TEAM,
        (_, "user_id" | "user_ids" | "owner_id" | "assignee_id") | ("Member", "id") => prefix::USER,
        (_, "session_id") => prefix::SESSION,
        (_, "support_session_id") => prefix::SUPPORT_SESSION,
        (_, "task_id") | ("Task", "id") => prefix::TASK,
        (_, "view_id") | ("SavedView", "id") => prefix::VIEW,
        (_, "invitation_id") => prefix::INVITATION,
        (_, "import_id") => prefix::IMPORT,
        (_, "export_id") => prefix::EXPORT,
        (_, "attachment_id") => prefix::ATTACHMENT,
        (_, "passkey_id") => prefix::PASSKEY,
        (_, "record_id" | "ids" | "survivor_id" | "other_ids" | "from_id") | ("MergedVersion", "id") => by_kind,
        _ if field == "id" || field.ends_with("_id") || field.ends_with("ids") => panic!("whose ids are {message}.{field}?"),
        _ => return None,
    };
    Some(noun)
}

fn is_ours(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    field.kind().as_message().filter(|message| !field.is_map() && message.package_name() == "streamflow.client.v1").cloned()
}

/// Every id field of a message, as a path from the request.
fn id_fields(message: &MessageDescriptor, before: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in message.fields() {
        let path = format!("{before}{}", field.name());
        if let Some(inner) = is_ours(&field) {
            found.extend(id_fields(&inner, &format!("{path}.")));
        } else if field.kind() == Kind::String && prefix_of(message.name(), field.name(), pb::RecordKind::Customer).is_some() {
            found.push(path);
        }
    }
    found
}

/// Enums that tell kinds of record apart. Of lists there are more than that; the numbers are the same.
const KINDS: [&str; 2] = ["RecordKind", "ListKind"];

/// Takes records of several kinds.
fn has_kind(message: &MessageDescriptor) -> bool {
    let is_kind = |field: &FieldDescriptor| field.kind().as_enum().is_some_and(|kind| KINDS.contains(&kind.name()));
    message.fields().any(|field| is_kind(&field) || is_ours(&field).is_some_and(|inner| has_kind(&inner)))
}

/// A request with the caller's own ids everywhere, and the other company's at one path.
struct Filling<'a> {
    own: &'a Company,
    other: &'a Company,
    at: &'a str,
    kind: pb::RecordKind,
}

impl Filling<'_> {
    fn fill(&self, descriptor: &MessageDescriptor, before: &str) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let path = format!("{before}{}", field.name());
            if let Some(value) = self.value(descriptor, &field, &path) {
                let value = if field.is_list() { Value::List(vec![value]) } else { value };
                message.set_field(&field, value);
            }
        }
        message
    }

    fn value(&self, message: &MessageDescriptor, field: &FieldDescriptor, path: &str) -> Option<Value> {
        if let Some(inner) = is_ours(field) {
            return Some(Value::Message(self.fill(&inner, &format!("{path}."))));
        }
        if let Some(noun) = prefix_of(message.name(), field.name(), self.kind).filter(|_| field.kind() == Kind::String) {
            let company = if path == self.at { self.other } else { self.own };
            // A caller's own lead before itself is nonsense; what only the server sets stays away.
            let is_extra = path != self.at && matches!(path, "before_lead_id" | "lead.customer_id" | "view.owner_id");
            return (!is_extra).then(|| Value::String(company.ids[noun].clone()));
        }
        match (field.kind(), field.name()) {
            (Kind::String, "name" | "title" | "text" | "display_name") => Some(Value::String("Plain".into())),
            (Kind::String, "email") if path == "email" => Some(Value::String("new@example.com".into())),
            (Kind::Int64, "version") => Some(Value::I64(1)),
            (Kind::Enum(kind), _) if KINDS.contains(&kind.name()) => Some(Value::EnumNumber(self.kind.into())),
            (Kind::Enum(kind), _) if kind.name() == "Role" => Some(Value::EnumNumber(pb::Role::Staff.into())),
            (Kind::Enum(kind), _) if kind.name() == "ImportSubject" => {
                Some(Value::EnumNumber(pb::ImportSubject::Customers.into()))
            }
            (Kind::Enum(kind), _) if kind.name() == "ImportMode" => Some(Value::EnumNumber(pb::ImportMode::Create.into())),
            (Kind::Message(mask), "update_mask") => Some(Value::Message(self.mask(&mask))),
            _ => None,
        }
    }

    /// Names the field the other's id is in, unless that is the record itself.
    fn mask(&self, descriptor: &MessageDescriptor) -> DynamicMessage {
        let named = self.at.rsplit('.').next().filter(|name| !name.is_empty() && *name != "id" && *name != "customer_id");
        let named = named.unwrap_or(if self.at.starts_with("member") { "read_only" } else { "name" });
        let mask = prost_types::FieldMask { paths: vec![named.to_owned()] };
        DynamicMessage::decode(descriptor.clone(), mask.encode_to_vec().as_slice()).unwrap()
    }
}

on_both! {
    async fn no_field_takes_an_id_of_another_company(world) {
        let own = Company::found(&world, "Ownfink").await;
        let other = Company::found(&world, CANARY).await;
        let before = other.whole(&world).await;
        let messages = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let mut table = String::from("# What RPCs answer to a company's own ids, and to another's at each field. Written by the test of ids with BLESS=1.\n\n");
        let mut wrong = Vec::new();
        for access in access::CLIENT.iter().filter(|access| !access.roles.is_empty()) {
            let input = messages.get_message_by_name(access.input).unwrap();
            let kinds: &[pb::RecordKind] = if has_kind(&input) {
                &[pb::RecordKind::Customer, pb::RecordKind::Contact, pb::RecordKind::Lead]
            } else {
                &[pb::RecordKind::Customer]
            };
            let fields = id_fields(&input, "");
            if fields.is_empty() {
                continue;
            }
            for kind in kinds {
                let suffix = if kinds.len() == 1 { "" } else { kind.as_str_name().trim_start_matches("RECORD_KIND_") };
                // The others first: the own ids may be used up afterwards.
                for at in fields.iter().map(String::as_str).chain([""]) {
                    let filling = Filling { own: &own, other: &other, at, kind: *kind };
                    let message = filling.fill(&input, "");
                    assert_eq!(message.descriptor().full_name(), access.input);
                    let token = Some(own.owner.token.as_str());
                    let (code, answer) = raw::call(&world.channel, "client", token, access.path, message.encode_to_vec()).await;
                    let whose = if at.is_empty() { "(own)" } else { at };
                    let name = access.path.trim_start_matches("/streamflow.client.v1.");
                    let line = format!("{name:<44} {suffix:<9} {whose:<24} {}", code_name(code));
                    let shows = answer.windows(CANARY.len()).any(|window| window.eq_ignore_ascii_case(CANARY.as_bytes()));
                    let is_refused = matches!(code, Code::NotFound | Code::InvalidArgument | Code::Aborted | Code::Ok);
                    if shows || (!at.is_empty() && !is_refused) {
                        wrong.push(format!("{line}: {}", String::from_utf8_lossy(&answer)));
                    }
                    writeln!(table, "{line}").unwrap();
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(other.whole(&world).await, before, "rows of the other company changed");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("api/client/ids.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &table).expect("ids.txt written");
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(committed, table, "answers changed; look at the difference, then run the test with BLESS=1");
    }
}
