//! `SupportSessionService`: somebody of the operator's support looks at a company, when an owner lets them, and only so.

mod bound;
mod masked;
mod read_only;

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_kernel::{clock::Clock as _, totp};
use streamflow_migrations::System;
use streamflow_proto::{
    access::{self, Level},
    client::v1::{
        self as pb, audit_service_client::AuditServiceClient, change_service_client::ChangeServiceClient,
        contact_service_client::ContactServiceClient, customer_service_client::CustomerServiceClient,
        lead_service_client::LeadServiceClient, notification_service_client::NotificationServiceClient,
        search_service_client::SearchServiceClient, session_service_client::SessionServiceClient,
        support_session_service_client::SupportSessionServiceClient, team_service_client::TeamServiceClient,
        timeline_service_client::TimelineServiceClient,
    },
    provider::v1::{self as outside, SupportSessionState as State},
};
use streamflow_tests::{
    answer::{fields, reason},
    federation::{Pair, SHAPES, Shape},
    on_both,
    operator::{Desk, PASSWORD},
    person::{Person, request},
    raw,
    world::World,
};
use tonic::{Code, Status, transport::Channel};

const WHY: &str = "Ticket 4711: the import of May stops half way.";
const MASK: &str = "••••";

/// The other side: somebody who has taken on the right to ask.
struct Support {
    pair: Pair,
    /// Where they ask from, when it is not the pair's own portal.
    elsewhere: Option<Desk>,
    token: String,
    password: String,
    seed: Vec<u8>,
}

impl Support {
    async fn start(world: &World) -> Self {
        Self::start_in(world, Shape::Memory).await
    }

    async fn start_in(world: &World, shape: Shape) -> Self {
        let pair = Pair::start_on(world, shape, world.backend).await;
        let token = pair.provider.session("full").await;
        let seed = pair.provider.secret.clone();
        Self { pair, elsewhere: None, token, password: PASSWORD.to_owned(), seed }
    }

    /// Somebody of the dev portal.
    async fn of_dev(world: &World, shape: Shape) -> Self {
        let pair = Pair::start_on(world, shape, world.backend).await;
        let desk = Desk::start_on(world.backend, System::Dev).await;
        desk.clock.set(world.now());
        desk.kernel.federation.use_keys(&pair.keys);
        desk.kernel.federation.connect("client", pair.to_client.clone());
        let (token, seed) = (desk.session("full").await, desk.secret.clone());
        Self { pair, elsewhere: Some(desk), token, password: PASSWORD.to_owned(), seed }
    }

    fn desk(&self) -> &Desk {
        self.elsewhere.as_ref().unwrap_or(&self.pair.provider)
    }

    async fn elevated(world: &World) -> Self {
        let support = Self::start(world).await;
        support.elevate().await;
        support
    }

    async fn elevate(&self) {
        self.elevate_for(60).await;
    }

    /// Returns the elevation's id.
    async fn elevate_for(&self, minutes: i32) -> String {
        let code = totp::code_at(&self.seed, self.desk().clock.now()).unwrap();
        let (scopes, password) = (vec!["support".to_owned()], self.password.clone());
        let ask = outside::ElevateRequest { scopes, minutes, password, code, ..Default::default() };
        let made: outside::ElevateResponse = self.ask("ElevationService/Elevate", &ask).await.unwrap();
        made.elevation.unwrap().id
    }

    async fn ask<Req: prost::Message, Res: prost::Message + Default>(&self, rpc: &str, message: &Req) -> Result<Res, Status> {
        self.desk().caller().ask(rpc, Some(&self.token), message).await
    }

    async fn request(&self, tenant_id: &str, why: &str, minutes: i32) -> Result<outside::SupportSession, Status> {
        let (tenant_id, justification) = (tenant_id.to_owned(), why.to_owned());
        let ask = outside::RequestSupportSessionRequest { tenant_id, justification, minutes };
        let made: outside::RequestSupportSessionResponse = self.ask("SupportSessionService/RequestSupportSession", &ask).await?;
        Ok(made.support_session.unwrap())
    }

    /// The reason in what the company's timeline says of the request, once it has come there. The provider's portal has it, whoever asks.
    async fn told_why(&self, tenant_id: &str) -> String {
        let ask = outside::GetTenantRequest { tenant_id: tenant_id.to_owned() };
        let (provider, token) = (self.pair.provider.caller(), self.pair.provider.session("full").await);
        for _ in 0..400 {
            let read: Result<outside::GetTenantResponse, Status> =
                provider.ask("TenantService/GetTenant", Some(&token), &ask).await;
            let events = read.map(|read| read.events).unwrap_or_default();
            if let Some(event) = events.into_iter().find(|event| event.kind == "support_requested") {
                return event.details.into_iter().find(|detail| detail.name == "reason").unwrap().value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing was told of the request");
    }

    async fn list(&self) -> Vec<outside::SupportSession> {
        let ask = outside::ListSupportSessionsRequest::default();
        let found: outside::ListSupportSessionsResponse =
            self.ask("SupportSessionService/ListSupportSessions", &ask).await.unwrap();
        found.support_sessions
    }

    /// The secret of the link.
    async fn opening(&self, id: &str) -> Result<String, Status> {
        let ask = outside::TakeOpeningRequest { support_session_id: id.to_owned() };
        let made: outside::TakeOpeningResponse = self.ask("SupportSessionService/TakeOpening", &ask).await?;
        Ok(made.url.split_once("/support-session#").unwrap().1.to_owned())
    }

    async fn end(&self, id: &str) -> Result<outside::SupportSession, Status> {
        let ask = outside::EndSupportSessionRequest { support_session_id: id.to_owned() };
        let ended: outside::EndSupportSessionResponse = self.ask("SupportSessionService/EndSupportSession", &ask).await?;
        Ok(ended.support_session.unwrap())
    }

    /// All the way to an open session: its token.
    async fn look(&self, world: &World, owner: &Person, minutes: i32) -> (String, String) {
        let asked = self.request(&tenant_id(world, owner).await, WHY, minutes).await.unwrap();
        decide(world, owner, &asked.id, true).await.unwrap();
        let secret = self.opening(&asked.id).await.unwrap();
        (asked.id, open(world, &secret).await.unwrap())
    }
}

fn sessions(world: &World) -> SupportSessionServiceClient<Channel> {
    SupportSessionServiceClient::new(world.channel.clone())
}

async fn me(world: &World, token: &str) -> Result<pb::MeResponse, Status> {
    let mut sessions = SessionServiceClient::new(world.channel.clone());
    Ok(sessions.me(request(pb::MeRequest {}, Some(token))).await?.into_inner())
}

async fn tenant_id(world: &World, owner: &Person) -> String {
    me(world, &owner.token).await.unwrap().tenant_id
}

async fn decide(world: &World, by: &Person, id: &str, accept: bool) -> Result<pb::SupportSession, Status> {
    let ask = pb::DecideSupportSessionRequest { support_session_id: id.to_owned(), accept };
    Ok(sessions(world).decide_support_session(by.ask(ask)).await?.into_inner().support_session.unwrap())
}

async fn open(world: &World, secret: &str) -> Result<String, Status> {
    let ask = pb::OpenSupportSessionRequest { secret: secret.to_owned(), return_token: true };
    Ok(sessions(world).open_support_session(request(ask, None)).await?.into_inner().token)
}

async fn list(world: &World, by: &Person) -> pb::ListSupportSessionsResponse {
    sessions(world).list_support_sessions(by.ask(pb::ListSupportSessionsRequest {})).await.unwrap().into_inner()
}

async fn customer(world: &World, owner: &Person) -> pb::Customer {
    let address = Some(pb::Address {
        street: "12 Quay Street".into(),
        postal_code: "LS1 4AP".into(),
        city: "Leeds".into(),
        ..Default::default()
    });
    let customer = pb::Customer {
        name: "Harbour Ltd".into(),
        email: "anna@harbour.example".into(),
        phone: "+44 20 7946 0001".into(),
        address,
        ..Default::default()
    };
    let mut customers = CustomerServiceClient::new(world.channel.clone());
    let create = owner.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    let made = customers.create_customer(create).await.unwrap().into_inner().customer.unwrap();
    let changed = pb::Customer { email: "ben@harbour.example".into(), ..made };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["email".into()] });
    let update = owner.ask(pb::UpdateCustomerRequest { customer: Some(changed), update_mask });
    customers.update_customer(update).await.unwrap().into_inner().customer.unwrap()
}

async fn titles(world: &World, by: &Person) -> Vec<String> {
    let mut inbox = NotificationServiceClient::new(world.channel.clone());
    let list = by.ask(pb::ListNotificationsRequest::default());
    let all = inbox.list_notifications(list).await.unwrap().into_inner().notifications;
    all.into_iter().filter(|one| one.kind() == pb::NotificationKind::Support).map(|one| one.title).collect()
}

/// Who did what in the company's audit of support sessions, oldest first.
async fn acts(world: &World, by: &Person) -> Vec<(String, String, String)> {
    let list = pb::ListAuditRequest { page_size: 200, filter: "category = impersonation".into(), ..Default::default() };
    let kept = AuditServiceClient::new(world.channel.clone()).list_audit(by.ask(list)).await.unwrap().into_inner().records;
    let act = |record: pb::AuditRecord| {
        let rpc = record.path.rsplit('/').next().unwrap().to_owned();
        (record.actor_name, record.actor_role, format!("{rpc} {}", record.outcome))
    };
    kept.into_iter().rev().map(act).collect()
}

/// The whole way of one support session, from wherever somebody asks.
async fn looks_when_let(world: &World, support: Support) {
    let (owner, neighbour) = (world.company("Harrow & Pike").await, world.company("Neighbour").await);
    let manager = owner.hire(world, pb::Role::Manager, "").await;
    let tenant = tenant_id(world, &owner).await;
    assert_eq!(reason(&support.request(&tenant, WHY, 30).await.unwrap_err()), "ELEVATION_REQUIRED");
    support.elevate().await;
    assert_eq!(fields(&support.request(&tenant, "Nineteen characters", 31).await.unwrap_err()), ["justification", "minutes"]);
    assert_eq!(support.request("nobody", WHY, 30).await.unwrap_err().code(), Code::NotFound);

    let asked = support.request(&tenant, WHY, 30).await.unwrap();
    assert_eq!(
        (asked.state(), asked.own, asked.tenant_name.as_str()),
        (outside::SupportSessionState::Requested, true, "Harrow & Pike")
    );
    let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
    assert_eq!(support.told_why(&tenant).await, WHY, "so that the company's timeline there says it, too");
    runner.finish().await;
    assert_eq!(reason(&support.opening(&asked.id).await.unwrap_err()), "NO_OPENING", "nobody has accepted");
    let shown = list(world, &owner).await;
    assert!(shown.ask_first && shown.support_sessions[0].justification == WHY);
    assert_eq!(shown.support_sessions[0].state(), pb::SupportSessionState::Requested);
    let name = shown.support_sessions[0].person_name.clone();
    assert_eq!(titles(world, &owner).await, [format!("{name} of the support asks to look at your company")]);
    assert_eq!((list(world, &neighbour).await.support_sessions.len(), titles(world, &neighbour).await.len()), (0, 0));
    assert_eq!(decide(world, &neighbour, &asked.id, true).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(decide(world, &manager, &asked.id, true).await.unwrap_err().code(), Code::PermissionDenied);

    assert_eq!(decide(world, &owner, &asked.id, true).await.unwrap().state(), pb::SupportSessionState::Accepted);
    assert_eq!(reason(&decide(world, &owner, &asked.id, false).await.unwrap_err()), "DECIDED");
    assert_eq!(reason(&open(world, "guess").await.unwrap_err()), "LINK_USED");
    let secret = support.opening(&asked.id).await.unwrap();
    assert_eq!(reason(&support.opening(&asked.id).await.unwrap_err()), "NO_OPENING", "once");
    let opened = futures::future::join_all((0..4).map(|_| open(world, &secret))).await;
    let mut tokens: Vec<String> = opened.into_iter().filter_map(Result::ok).collect();
    assert_eq!(tokens.len(), 1, "a link opens one session, however many come at once");
    let token = tokens.remove(0);

    let told = me(world, &token).await.unwrap();
    assert_eq!(told.support.unwrap().display_name, name);
    assert!(told.read_only && told.user.unwrap().email.is_empty() && !told.permissions.iter().any(|one| one == "audit.read"));
    sessions(world).leave_support_session(request(pb::LeaveSupportSessionRequest {}, Some(&token))).await.unwrap();
    assert_eq!(reason(&me(world, &token).await.unwrap_err()), "SESSION_ENDED");
    let listed = support.list().await.into_iter().find(|one| one.id == asked.id).unwrap();
    assert_eq!(listed.ended_by, "PERSON");
    let left = sessions(world).leave_support_session(owner.ask(pb::LeaveSupportSessionRequest {})).await.unwrap_err();
    assert_eq!(reason(&left), "NO_SUPPORT_SESSION");

    let by = |rpc: &str| (name.clone(), "SUPPORT".to_owned(), rpc.to_owned());
    let owners = |rpc: &str| ("Olive Owner".to_owned(), "OWNER".to_owned(), rpc.to_owned());
    let expected = [
        by("RequestSupport OK"),
        owners("DecideSupportSession OK"),
        owners("DecideSupportSession FAILED_PRECONDITION"),
        by("TakeSupportOpening OK"),
        by("OpenSupportSession OK"),
        by("Me OK"),
        by("LeaveSupportSession OK"),
        owners("LeaveSupportSession FAILED_PRECONDITION"),
    ];
    let mut kept = acts(world, &owner).await;
    kept.retain(|act| !act.2.ends_with("PERMISSION_DENIED") && act.2 != "OpenSupportSession FAILED_PRECONDITION");
    assert_eq!(kept, expected);
    assert!(acts(world, &neighbour).await.iter().all(|act| act.0 != name));
    assert_eq!(titles(world, &owner).await.len(), 3, "asked, looks, has ended");
}

on_both! {
    async fn somebody_looks_when_an_owner_lets_them_and_the_company_sees_all_of_it(world) {
        for shape in SHAPES {
            looks_when_let(&world, Support::start_in(&world, shape).await).await;
        }
        looks_when_let(&world, Support::of_dev(&world, Shape::Tcp).await).await;
    }

    async fn personal_data_is_masked_and_cant_be_asked_for(world) {
        let owner = world.company("Harrow & Pike").await;
        let made = customer(&world, &owner).await;
        let contact = pb::Contact {
            customer_id: made.id.clone(), name: "Cara".into(), email: "cara@harbour.example".into(), mobile: "+44 7700 900123".into(),
            note: "Door code 4711".into(), ..Default::default()
        };
        let mut contacts = ContactServiceClient::new(world.channel.clone());
        contacts.create_contact(owner.ask(pb::CreateContactRequest { contact: Some(contact) })).await.unwrap();
        let lead = pb::Lead { name: "Roof".into(), email: "dora@harbour.example".into(), phone: "+44 20 7946 0009".into(), note: "Door code 4711".into(), ..Default::default() };
        let mut leads = LeadServiceClient::new(world.channel.clone());
        leads.create_lead(owner.ask(pb::CreateLeadRequest { lead: Some(lead) })).await.unwrap();
        let kind = pb::RecordKind::Customer.into();
        let note = pb::AddNoteRequest { kind, record_id: made.id.clone(), text: "Rang, the key is at 0113 496 0142".into() };
        TimelineServiceClient::new(world.channel.clone()).add_note(owner.ask(note)).await.unwrap();
        let (_, token) = Support::elevated(&world).await.look(&world, &owner, 30).await;

        let mut customers = CustomerServiceClient::new(world.channel.clone());
        let list = |filter: &str, order_by: &str| {
            request(pb::ListCustomersRequest { filter: filter.into(), order_by: order_by.into(), ..Default::default() }, Some(&token))
        };
        let get = request(pb::GetCustomerRequest { customer_id: made.id.clone() }, Some(&token));
        let one = customers.get_customer(get).await.unwrap().into_inner().customer.unwrap();
        let many = customers.list_customers(list("name = \"Harbour Ltd\"", "name")).await.unwrap().into_inner().customers;
        for seen in [&one, &many[0]] {
            let address = seen.address.clone().unwrap();
            assert_eq!((seen.name.as_str(), seen.email.as_str(), seen.phone.as_str()), ("Harbour Ltd", MASK, MASK));
            assert_eq!((address.street.as_str(), address.postal_code.as_str(), address.city.as_str()), (MASK, MASK, "Leeds"));
        }
        let seen = contacts.list_contacts(request(pb::ListContactsRequest::default(), Some(&token))).await.unwrap().into_inner().contacts;
        assert_eq!((seen[0].email.as_str(), seen[0].phone.as_str(), seen[0].mobile.as_str(), seen[0].note.as_str()), (MASK, "", MASK, MASK));
        let seen = leads.list_leads(request(pb::ListLeadsRequest::default(), Some(&token))).await.unwrap().into_inner().leads;
        assert_eq!((seen[0].email.as_str(), seen[0].phone.as_str(), seen[0].note.as_str()), (MASK, MASK, MASK));
        let mut teams = TeamServiceClient::new(world.channel.clone());
        let seen = teams.list_members(request(pb::ListMembersRequest::default(), Some(&token))).await.unwrap().into_inner().members;
        assert!(seen.iter().all(|member| member.email == MASK), "{seen:?}");
        let timeline = pb::ListTimelineRequest { kind: pb::RecordKind::Customer.into(), record_id: made.id.clone(), ..Default::default() };
        let mut timelines = TimelineServiceClient::new(world.channel.clone());
        let events = timelines.list_timeline(request(timeline, Some(&token))).await.unwrap().into_inner().events;
        assert!(events.iter().any(|event| event.text == MASK) && events.iter().all(|event| !event.text.contains("key")), "{events:?}");
        let edited = events.iter().flat_map(|event| &event.changes).find(|change| change.field == "email").unwrap();
        assert_eq!((edited.before.as_str(), edited.after.as_str()), (MASK, MASK));

        for filter in ["email = ben@harbour.example", "phone:7946", "search:ben", "custom.skin = x", "name:H AND email:ben"] {
            let refused = customers.list_customers(list(filter, "")).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "SUPPORT_SESSION"), "{filter}");
        }
        assert_eq!(reason(&customers.list_customers(list("", "email desc")).await.unwrap_err()), "SUPPORT_SESSION");
        let mut searches = SearchServiceClient::new(world.channel.clone());
        for (query, hits) in [("harb", 1), ("ben@harbour.example", 0), ("ben", 0), ("7946", 0), ("cara@", 0), ("Quay", 0), ("%", 0)] {
            let ask = request(pb::SearchRequest { query: query.into(), ..Default::default() }, Some(&token));
            let found = searches.search(ask).await.unwrap().into_inner().hits;
            assert_eq!(found.len(), hits, "{query}: {found:?}");
            assert!(found.iter().all(|hit| hit.matched.is_empty()));
        }
        // The owner still sees and finds all of it.
        let found = customers.list_customers(owner.ask(pb::ListCustomersRequest { filter: "email:ben".into(), ..Default::default() })).await;
        assert_eq!(found.unwrap().into_inner().customers[0].email, "ben@harbour.example");
    }

    async fn what_is_not_declared_for_support_sessions_is_closed_to_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let (_, token) = Support::elevated(&world).await.look(&world, &owner, 30).await;
        for access in access::CLIENT.iter().filter(|access| access.level != Level::Anonymous && !access.support) {
            let call = raw::request("client", Some(&token), Vec::new());
            let refused = raw::ask(&world.channel, call, access.path).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "SUPPORT_SESSION"), "{}", access.path);
        }
        let open_to_it = access::CLIENT.iter().filter(|access| access.support);
        let writes: Vec<&str> = open_to_it.filter(|access| access.mutation).map(|access| access.path).collect();
        assert_eq!(writes, ["/streamflow.client.v1.SupportSessionService/LeaveSupportSession"]);
    }

    async fn it_ends_when_an_owner_says_so_and_when_its_time_is_up(world) {
        let owner = world.company("Harrow & Pike").await;
        let support = Support::elevated(&world).await;
        let (id, token) = support.look(&world, &owner, 10).await;
        let mut changes = ChangeServiceClient::new(world.channel.clone());
        let mut stream = changes.watch(request(pb::WatchRequest::default(), Some(&token))).await.unwrap().into_inner();
        stream.message().await.unwrap().unwrap();
        let end = owner.ask(pb::EndSupportSessionRequest { support_session_id: id.clone() });
        let ended = sessions(&world).end_support_session(end).await.unwrap().into_inner().support_session.unwrap();
        assert_eq!((ended.state(), ended.ended_by.as_str()), (pb::SupportSessionState::Ended, "OWNER"));
        let over = async { while let Ok(Some(_)) = stream.message().await {} };
        tokio::time::timeout(Duration::from_secs(20), over).await.expect("the stream ends");
        assert_eq!(reason(&me(&world, &token).await.unwrap_err()), "SESSION_ENDED");

        let _jobs = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        let (id, token) = support.look(&world, &owner, 10).await;
        world.pass(TimeDelta::minutes(9));
        me(&world, &token).await.unwrap();
        world.pass(TimeDelta::minutes(1));
        let over = me(&world, &token).await.unwrap_err();
        assert!(["SESSION_EXPIRED", "SESSION_ENDED"].contains(&reason(&over).as_str()), "{over:?}");
        let last = list(&world, &owner).await.support_sessions.into_iter().find(|one| one.id == id).unwrap();
        assert_eq!((last.state(), last.ended_by.as_str()), (pb::SupportSessionState::Ended, "TIME"));
        for _ in 0..600 {
            // Of the one that an owner ended nobody needs to be told.
            if titles(&world, &owner).await.iter().filter(|title| title.contains("has ended")).count() == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody was told: {:?}", titles(&world, &owner).await);
    }

    async fn a_company_may_not_want_to_be_asked_and_others_end_what_they_began(world) {
        let owner = world.company("Harrow & Pike").await;
        let (tenant, support) = (tenant_id(&world, &owner).await, Support::elevated(&world).await);
        let asked = support.request(&tenant, WHY, 30).await.unwrap();
        assert_eq!(decide(&world, &owner, &asked.id, false).await.unwrap().state(), pb::SupportSessionState::Refused);
        assert_eq!(reason(&support.opening(&asked.id).await.unwrap_err()), "NO_OPENING");
        assert_eq!(support.end(&asked.id).await.unwrap().state(), outside::SupportSessionState::Refused, "it is over");

        let set = owner.ask(pb::SetSupportConsentRequest { ask_first: false });
        assert!(!sessions(&world).set_support_consent(set).await.unwrap().into_inner().ask_first);
        let asked = support.request(&tenant, WHY, 30).await.unwrap();
        assert_eq!(asked.state(), outside::SupportSessionState::Accepted);
        assert!(titles(&world, &owner).await[0].ends_with("may look at your company"));
        let secret = support.opening(&asked.id).await.unwrap();
        let token = open(&world, &secret).await.unwrap();
        assert_eq!(support.end(&asked.id).await.unwrap().ended_by, "PERSON");
        assert_eq!(reason(&me(&world, &token).await.unwrap_err()), "SESSION_ENDED");

        assert_eq!(support.end("sup_1").await.unwrap_err().code(), Code::NotFound);
        // A link that nobody opens in ten minutes opens nothing.
        let asked = support.request(&tenant, WHY, 30).await.unwrap();
        let secret = support.opening(&asked.id).await.unwrap();
        world.pass(TimeDelta::minutes(10));
        assert_eq!(reason(&open(&world, &secret).await.unwrap_err()), "LINK_USED");
    }

    async fn who_wants_to_be_asked_after_all_is_asked_for_what_is_not_open_yet(world) {
        let (owner, neighbour) = (world.company("Harrow & Pike").await, world.company("Neighbour").await);
        let (tenant, support) = (tenant_id(&world, &owner).await, Support::elevated(&world).await);
        let decided = support.request(&tenant, WHY, 30).await.unwrap();
        decide(&world, &owner, &decided.id, true).await.unwrap();
        for person in [&owner, &neighbour] {
            let mut sessions = sessions(&world);
            sessions.set_support_consent(person.ask(pb::SetSupportConsentRequest { ask_first: false })).await.unwrap();
        }
        let mut unasked = Vec::new();
        for _ in 0..3 {
            unasked.push(support.request(&tenant, WHY, 30).await.unwrap());
        }
        let [open_one, taken, waiting] = &unasked[..] else { panic!("{unasked:?}") };
        let elsewhere = support.request(&tenant_id(&world, &neighbour).await, WHY, 30).await.unwrap();
        let token = open(&world, &support.opening(&open_one.id).await.unwrap()).await.unwrap();
        let secret = support.opening(&taken.id).await.unwrap();
        let told = titles(&world, &owner).await.len();

        sessions(&world).set_support_consent(owner.ask(pb::SetSupportConsentRequest { ask_first: true })).await.unwrap();
        assert_eq!(titles(&world, &owner).await.len(), told + 2, "owners are asked about each");
        let state = |id: &str, shown: &[outside::SupportSession]| shown.iter().find(|one| one.id == id).unwrap().state();
        let shown = support.list().await;
        let states = [open_one, taken, waiting, &decided, &elsewhere].map(|one| state(&one.id, &shown));
        assert_eq!(states, [State::Open, State::Requested, State::Requested, State::Accepted, State::Accepted]);
        me(&world, &token).await.unwrap();
        assert_eq!(reason(&open(&world, &secret).await.unwrap_err()), "LINK_USED", "it was given out unasked");
        assert_eq!(reason(&support.opening(&waiting.id).await.unwrap_err()), "NO_OPENING");
        // Asked now, an owner can still say yes.
        decide(&world, &owner, &taken.id, true).await.unwrap();
        open(&world, &support.opening(&taken.id).await.unwrap()).await.unwrap();
        open(&world, &support.opening(&elsewhere.id).await.unwrap()).await.unwrap();
    }
}
