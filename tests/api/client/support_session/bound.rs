//! A support session is bound to the right and the sign-in it was opened under: it ends with them, and says so.

use streamflow_kernel::jobs::Runner;
use streamflow_proto::client::v1::audit_service_client::AuditServiceClient;
use streamflow_tests::federation::serve;
use tokio::sync::watch;
use tonic::{Streaming, service::Routes};

use super::*;
use crate::provider::admin;

impl Support {
    async fn jobs(&self) -> Runner {
        self.pair.provider.kernel.run_jobs(streamflow_provider::system::works()).await.unwrap()
    }

    /// Both clocks go on.
    fn pass(&self, world: &World, time: TimeDelta) {
        world.pass(time);
        self.pair.provider.clock.set(world.now());
    }

    /// The same person once more, in a session of its own, with the right. Returns the elevation's id.
    async fn sign_in_anew(&mut self, world: &World) -> String {
        self.pass(world, TimeDelta::seconds(31));
        self.token = self.pair.provider.session("full").await;
        self.elevate_for(60).await
    }

    /// Waits until the system counts a row of this moment.
    async fn finds(&self, sql: &str) {
        let provider = &self.pair.provider;
        for _ in 0..400 {
            let db = provider.kernel.database.system_read().await.unwrap();
            let found: Vec<Found> = db.query(sql, vec![provider.clock.now().into()]).await.unwrap();
            drop(db);
            if found[0].found > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not found: {sql}");
    }

    /// Waits until it is noted that the session was just used.
    async fn is_seen(&self) {
        self.finds("SELECT COUNT(*) AS found FROM sessions WHERE last_seen_at >= ?").await;
    }

    /// Waits until sessions that were left alone were looked for since now.
    async fn looked_for_idle(&self) {
        self.finds("SELECT COUNT(*) AS found FROM jobs WHERE kind = 'support_idle' AND state = 'done' AND finished_at >= ?")
            .await;
    }

    /// A request that is accepted, and its link taken: the secret.
    async fn link(&self, world: &World, owner: &Person) -> String {
        let asked = self.request(&tenant_id(world, owner).await, WHY, 30).await.unwrap();
        decide(world, owner, &asked.id, true).await.unwrap();
        self.opening(&asked.id).await.unwrap()
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Found {
    found: i64,
}

async fn page(world: &World, token: &str) -> Streaming<pb::WatchResponse> {
    let watch = request(pb::WatchRequest::default(), Some(token));
    let mut stream = ChangeServiceClient::new(world.channel.clone()).watch(watch).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}

/// Waits until somebody has ended the session.
async fn ends(world: &World, token: &str) {
    for _ in 0..400 {
        match me(world, token).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(over) => return assert_eq!(reason(&over), "SESSION_ENDED"),
        }
    }
    panic!("the session goes on");
}

/// Why sessions were ended by no person, in the company's audit, oldest first.
async fn whys(world: &World, owner: &Person) -> Vec<String> {
    let list = pb::ListAuditRequest { page_size: 200, filter: "category = impersonation".into(), ..Default::default() };
    let kept = AuditServiceClient::new(world.channel.clone()).list_audit(owner.ask(list)).await.unwrap().into_inner().records;
    let why = |record: pb::AuditRecord| {
        let payload: serde_json::Value = serde_json::from_str(&record.payload).unwrap();
        payload["why"].as_str().map(str::to_owned)
    };
    kept.into_iter().rev().filter_map(why).collect()
}

async fn ended_by(world: &World, owner: &Person, id: &str) -> String {
    list(world, owner).await.support_sessions.into_iter().find(|one| one.id == id).unwrap().ended_by
}

on_both! {
    async fn it_lasts_no_longer_than_the_right_it_was_opened_under(world) {
        let owner = world.company("Harrow & Pike").await;
        let support = Support::start(&world).await;
        support.elevate_for(5).await;
        let began = world.now();
        let (id, token) = support.look(&world, &owner, 30).await;
        let until = me(&world, &token).await.unwrap().support.unwrap().expires_at.unwrap();
        assert_eq!(until.seconds, (began + TimeDelta::minutes(5)).timestamp());
        world.pass(TimeDelta::minutes(4));
        me(&world, &token).await.unwrap();
        let secret = {
            support.pair.provider.clock.set(world.now());
            support.link(&world, &owner).await
        };
        world.pass(TimeDelta::seconds(61));
        assert_eq!(reason(&me(&world, &token).await.unwrap_err()), "SESSION_EXPIRED");
        assert_eq!(reason(&open(&world, &secret).await.unwrap_err()), "LINK_USED", "the link has no minute more either");
        assert_eq!(ended_by(&world, &owner, &id).await, "RIGHT_ENDED");
        let _jobs = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        for _ in 0..400 {
            if whys(&world, &owner).await == ["right_ended"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", whys(&world, &owner).await);
    }

    async fn it_ends_with_the_right_and_with_the_sign_in(world) {
        let (owner, neighbour) = (world.company("Harrow & Pike").await, world.company("Neighbour").await);
        let mut support = Support::elevated(&world).await;
        let _jobs = support.jobs().await;
        // The same person's from another sign-in goes on whatever happens to the others.
        let (_, bystander) = support.look(&world, &neighbour, 30).await;
        let ways = [("right", "RIGHT_ENDED"), ("here", "SIGNED_OUT"), ("elsewhere", "SIGNED_OUT")];
        for (way, why) in ways {
            let elevation_id = support.sign_in_anew(&world).await;
            let (id, token) = support.look(&world, &owner, 30).await;
            let (stream, secret) = (page(&world, &token).await, support.link(&world, &owner).await);
            match way {
                "right" => {
                    let ask = outside::RevokeElevationRequest { elevation_id };
                    let _: outside::RevokeElevationResponse = support.ask("ElevationService/RevokeElevation", &ask).await.unwrap();
                }
                "here" => {
                    let _: outside::SignOutResponse = support.ask("SessionService/SignOut", &outside::SignOutRequest {}).await.unwrap();
                }
                _ => {
                    let all: outside::ListSessionsResponse =
                        support.ask("SessionService/ListSessions", &outside::ListSessionsRequest::default()).await.unwrap();
                    let session_id = all.sessions.into_iter().find(|one| one.current).unwrap().id;
                    support.token = support.pair.provider.session("full").await;
                    let ask = outside::RevokeSessionRequest { session_id };
                    let _: outside::RevokeSessionResponse = support.ask("SessionService/RevokeSession", &ask).await.unwrap();
                }
            }
            ends(&world, &token).await;
            world::ends(stream).await;
            assert_eq!(ended_by(&world, &owner, &id).await, why, "{way}");
            assert_eq!(reason(&open(&world, &secret).await.unwrap_err()), "LINK_USED", "{way}");
            me(&world, &bystander).await.unwrap();
        }
        let expected = ["right_ended", "right_ended", "signed_out", "signed_out", "signed_out", "signed_out"];
        assert_eq!(whys(&world, &owner).await, expected);
        assert!(whys(&world, &neighbour).await.is_empty());

        support.sign_in_anew(&world).await;
        let (_, token) = support.look(&world, &owner, 30).await;
        let _: outside::SignOutEverywhereResponse =
            support.ask("SessionService/SignOutEverywhere", &outside::SignOutEverywhereRequest {}).await.unwrap();
        ends(&world, &token).await;
        ends(&world, &bystander).await;
    }

    async fn it_ends_when_the_sign_in_is_left_alone(world) {
        let owner = world.company("Harrow & Pike").await;
        let support = Support::start(&world).await;
        support.elevate_for(60).await;
        let _jobs = support.jobs().await;
        let (id, token) = support.look(&world, &owner, 30).await;
        let stream = page(&world, &token).await;
        support.pass(&world, TimeDelta::minutes(10));
        // Somebody is there.
        let _: outside::MeResponse = support.ask("SessionService/Me", &outside::MeRequest {}).await.unwrap();
        support.is_seen().await;
        support.pass(&world, TimeDelta::minutes(10));
        support.looked_for_idle().await;
        me(&world, &token).await.unwrap();
        support.pass(&world, TimeDelta::minutes(6));
        ends(&world, &token).await;
        world::ends(stream).await;
        assert_eq!(ended_by(&world, &owner, &id).await, "RIGHT_ENDED");
        assert_eq!(whys(&world, &owner).await, ["right_ended"]);
        let over: Result<outside::MeResponse, _> = support.ask("SessionService/Me", &outside::MeRequest {}).await;
        assert_eq!(reason(&over.unwrap_err()), "SESSION_EXPIRED");
    }

    async fn it_ends_with_what_its_person_may_do(world) {
        let owner = world.company("Harrow & Pike").await;
        let mut support = Support::elevated(&world).await;
        let _jobs = support.jobs().await;
        let (_, bystander) = support.look(&world, &owner, 30).await;
        let first = admin::Person::first(&support.pair.provider).await;
        for way in ["disabled", "no administrator any more"] {
            let email = format!("{}@example.com", way.split(' ').next().unwrap());
            let nia = first.hire(&support.pair.provider, &email, outside::Role::Admin).await;
            (support.token, support.password, support.seed) = (nia.token, nia.password, nia.seed);
            let now = support.pair.provider.clock.now();
            world.pass(now - world.now());
            support.pass(&world, TimeDelta::seconds(31));
            support.elevate().await;
            let (id, token) = support.look(&world, &owner, 30).await;
            let asked = support.request(&tenant_id(&world, &owner).await, WHY, 30).await.unwrap();
            let desk = &support.pair.provider;
            let known = admin::list(desk, &first.token).await.into_iter().find(|known| known.email == email).unwrap();
            let (id_there, version) = (known.id.clone(), known.version);
            if way == "disabled" {
                let disable = outside::DisableAdminRequest { id: id_there, version };
                admin::admins(desk).disable_admin(desk.request(disable, Some(&first.token))).await.unwrap();
            } else {
                let admin = outside::UpdateAdminRequest {
                    id: id_there, version, display_name: known.display_name, role: outside::Role::Viewer.into(),
                };
                admin::admins(desk).update_admin(desk.request(admin, Some(&first.token))).await.unwrap();
            }
            ends(&world, &token).await;
            assert_eq!(ended_by(&world, &owner, &id).await, "SHUT_OUT", "{way}");
            assert_eq!(ended_by(&world, &owner, &asked.id).await, "SHUT_OUT", "what waits for an answer too");
            me(&world, &bystander).await.unwrap();
        }
    }

    async fn it_ends_with_a_failure_of_the_asking_system(world) {
        let owner = world.company("Harrow & Pike").await;
        let support = Support::elevated(&world).await;
        let _jobs = support.jobs().await;
        let (id, token) = support.look(&world, &owner, 30).await;
        let recovery = support.pair.provider.recovery.clone().unwrap();
        recovery.enter("somebody pulled a plug").await;
        let _watching = recovery.watch();
        ends(&world, &token).await;
        assert_eq!((ended_by(&world, &owner, &id).await.as_str(), whys(&world, &owner).await), ("RECOVERED", vec!["recovered".to_owned()]));
    }

    async fn a_right_that_ends_while_the_systems_are_apart_ends_it_when_they_are_not(world) {
        let owner = world.company("Harrow & Pike").await;
        let support = Support::start(&world).await;
        let elevation_id = support.elevate_for(60).await;
        let (_, token) = support.look(&world, &owner, 30).await;
        let (_stop, stopping) = watch::channel(false);
        // Somebody answers there, who knows nothing of support sessions.
        let desk = streamflow_tests::operator::Desk::start(streamflow_migrations::System::Dev).await;
        let nobody = serve(&desk.kernel, Routes::default(), &support.pair.keys, Shape::Memory, &stopping).await;
        support.pair.provider.kernel.federation.connect("client", nobody);
        let _jobs = support.jobs().await;
        let ask = outside::RevokeElevationRequest { elevation_id };
        let _: outside::RevokeElevationResponse = support.ask("ElevationService/RevokeElevation", &ask).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        me(&world, &token).await.unwrap();

        support.pair.provider.kernel.federation.connect("client", support.pair.to_client.clone());
        support.pass(&world, TimeDelta::seconds(40));
        ends(&world, &token).await;
    }
}
