//! `SupportSessionService`: somebody of the operator's support looks at a company, when an owner lets them, and only so.

mod bound;
mod masked;
mod read_only;
mod seen;
mod whole_way;

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_kernel::{clock::Clock as _, totp};
use streamflow_migrations::System;
use streamflow_proto::{
    client::v1::{
        self as pb, change_service_client::ChangeServiceClient, notification_service_client::NotificationServiceClient,
        session_service_client::SessionServiceClient, support_session_service_client::SupportSessionServiceClient,
    },
    provider::v1::{self as outside, SupportSessionState as State},
};
use streamflow_tests::{
    answer::{fields, reason},
    federation::{Pair, Shape},
    on_both,
    operator::{Desk, PASSWORD},
    person::{Person, request},
    world::{self, World},
};
use tonic::{Code, Status, transport::Channel};

const WHY: &str = "Ticket 4711: the import of May stops half way.";

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

async fn titles(world: &World, by: &Person) -> Vec<String> {
    let mut inbox = NotificationServiceClient::new(world.channel.clone());
    let list = by.ask(pb::ListNotificationsRequest::default());
    let all = inbox.list_notifications(list).await.unwrap().into_inner().notifications;
    all.into_iter().filter(|one| one.kind() == pb::NotificationKind::Support).map(|one| one.title).collect()
}

on_both! {
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
        world::ends(stream).await;
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
