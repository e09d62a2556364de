//! `HealthService`: every system at once, and since when one is away.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use streamflow_kernel::{
    clock::Clock as _,
    db::{Backend, NO_ORG},
    federation::{Keys, Route},
    server::listeners::Listening,
};
use streamflow_migrations::System;
use streamflow_proto::dev::v1::{self as pb, health_service_client::HealthServiceClient};
use streamflow_tests::{
    answer::reason,
    certificates::Authority,
    federation::{Shape, serve, serve_tls, switched},
    on_both,
    operator::Desk,
    world::World,
};
use tokio::sync::watch;
use tonic::service::Routes;

/// The dev system with the ways to the client's and the accountant's; there is none to the provider's.
pub struct Fleet {
    pub dev: Desk,
    pub accountant: Desk,
    keys: Keys,
    stop: watch::Sender<bool>,
}

impl Fleet {
    pub async fn start(world: &World) -> Self {
        let dev = Desk::start_on(world.backend, System::Dev).await;
        let accountant = Desk::start_on(world.backend, System::Accountant).await;
        dev.clock.set(world.now());
        accountant.clock.set(world.now());
        let keys = Keys::generate(world.now());
        let (stop, stopping) = watch::channel(false);
        let to_client = serve(&world.kernel, streamflow_client::system::federated(), &keys, Shape::Tcp, &stopping).await;
        let to_accountant = serve(&accountant.kernel, Routes::default(), &keys, Shape::Memory, &stopping).await;
        serve(&dev.kernel, Routes::default(), &keys, Shape::Memory, &stopping).await;
        dev.kernel.federation.connect("client", to_client);
        dev.kernel.federation.connect("accountant", to_accountant);
        Self { dev, accountant, keys, stop }
    }

    async fn look(&self) -> Vec<pb::SystemHealth> {
        let ask = self.dev.ask(pb::GetHealthRequest {}).await;
        HealthServiceClient::new(self.dev.channel.clone()).get_health(ask).await.unwrap().into_inner().systems
    }

    fn pass(&self, world: &World, time: TimeDelta) {
        for clock in [&world.clock, &self.dev.clock, &self.accountant.clock] {
            clock.advance(time);
        }
    }

    async fn of(&self, name: &str) -> pb::SystemHealth {
        self.look().await.into_iter().find(|system| system.name == name).expect("the system")
    }

    /// Waits until it is noted when a system answered: that happens beside the answer.
    async fn down_since(&self, name: &str, seconds: i64) {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let system = self.of(name).await;
            assert_eq!(system.state(), pb::SystemState::Down, "{system:?}");
            if system.last_answer_at.map(|at| at.seconds) == Some(seconds) {
                return;
            }
            assert!(Instant::now() < until, "{system:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

on_both! {
    async fn every_system_tells_how_it_is(world) {
        let fleet = Fleet::start(&world).await;
        let address = SocketAddr::from(([127, 0, 0, 1], 7003));
        fleet.dev.kernel.listeners.add(Listening { system: "dev", name: "portal", address, since: world.now() });
        let systems = fleet.look().await;
        let states: Vec<_> = systems.iter().map(|system| (system.name.as_str(), system.state())).collect();
        let working = pb::SystemState::Working;
        assert_eq!(
            states,
            [("dev", working), ("client", working), ("provider", pb::SystemState::Down), ("accountant", working)],
            "{systems:?}"
        );
        let kind = match world.backend {
            Backend::Postgres => "PostgreSQL ",
            Backend::Sqlite => "SQLite 3.",
        };
        for system in systems.iter().filter(|system| system.state() == working) {
            let database = system.database.clone().unwrap();
            assert!(database.kind.starts_with(kind) && database.reachable && database.latency_micros > 0, "{database:?}");
            assert!(database.migrations_applied > 20 && database.migrations_pending == 0, "{database:?}");
            assert!(database.newest_migration.starts_with('m'), "{database:?}");
            assert!(system.feed.clone().unwrap().read_ago_millis < 5_000 && system.mails.unwrap().delivering, "{system:?}");
            assert!(system.jobs.is_some() && system.started_at.is_some() && system.last_answer_at.is_some() && !system.version.is_empty());
            assert!(system.peers.len() == 3 && system.peers.iter().all(|peer| peer.keys_out[0].created_at.is_some()), "{system:?}");
        }
        let heard = systems[1].peers.iter().find(|peer| peer.name == "dev").unwrap();
        assert!(heard.last_seen_at.is_some() && heard.refused == 0, "{heard:?}");
        assert_eq!((systems[0].listeners[0].name.as_str(), systems[0].listeners[0].address.as_str()), ("portal", "127.0.0.1:7003"));
        assert!(systems[1].round_trip_micros > 0 && systems[1].place.starts_with("http://127.0.0.1"), "{:?}", systems[1]);
        assert!(systems[2].last_answer_at.is_none() && systems[2].problems[0].starts_with("No way to"), "{:?}", systems[2]);

        let sql = "INSERT INTO jobs (org_id, id, kind, key, payload, run_at, created_at, again, state) \
                   VALUES (?, ?, 'x', '', ?, ?, ?, false, 'dead')";
        let values =
            vec![NO_ORG.into(), world.kernel.ids.uuid().into(), Vec::<u8>::new().into(), world.now().into(), world.now().into()];
        let db = world.kernel.database.system().await.unwrap();
        db.execute(sql, values).await.unwrap();
        db.commit().await.unwrap();
        let client = fleet.of("client").await;
        assert_eq!((client.state(), client.problems), (pb::SystemState::Impaired, vec!["1 dead letters wait for a person".to_owned()]));
        assert_eq!(client.jobs.unwrap().dead, 1);
        let strangers = fleet.dev.request(pb::GetHealthRequest {}, None);
        let refused = HealthServiceClient::new(fleet.dev.channel.clone()).get_health(strangers).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_SIGNED_IN");
    }

    async fn the_end_of_a_certificate_is_told_in_time(world) {
        let fleet = Fleet::start(&world).await;
        let dev = fleet.of("dev").await;
        let open: Vec<_> = dev.peers.iter().filter(|peer| peer.unencrypted).map(|peer| peer.name.as_str()).collect();
        assert_eq!((open, dev.certificates.len()), (vec!["client"], 0));

        let authority = Authority::new("ours");
        let issued = authority.issue("north.internal", world.now() - TimeDelta::days(60), world.now() + TimeDelta::days(31));
        let router = switched(&world.kernel, streamflow_client::system::federated(), &fleet.keys);
        let secured = serve_tls(&world.kernel, router, &issued, &fleet.stop.subscribe()).await;
        fleet.dev.kernel.federation.connect("client", secured.route(&authority));
        assert_eq!(fleet.of("client").await.state(), pb::SystemState::Working);
        for (days, state, own, of_client) in [
            (0, pb::CertificateState::Good, "", ""),
            (2, pb::CertificateState::Ending, "of its listener ends in 29 d", "of client ends in 29 d"),
            (23, pb::CertificateState::Urgent, "of its listener ends in 6 d: renew it now", "of client ends in 6 d: renew it now"),
            (7, pb::CertificateState::Expired, "of its listener has expired", "of client has expired"),
        ] {
            fleet.pass(&world, TimeDelta::days(days));
            let systems = fleet.look().await;
            for (system, peer, told) in [(&systems[0], "client", of_client), (&systems[1], "", own)] {
                let [certificate] = &*system.certificates else { panic!("{system:?}") };
                assert_eq!((certificate.state(), certificate.peer.as_str()), (state, peer), "{days} days: {certificate:?}");
                assert_eq!(certificate.names, ["127.0.0.1", "north.internal"]);
                assert_eq!(certificate.not_after.map(|at| at.seconds), Some(secured.shown.certificate().not_after.timestamp()));
                let problems = system.problems.iter().filter(|problem| problem.starts_with("the certificate ")).cloned().collect::<Vec<_>>();
                let told: Vec<String> = (!told.is_empty()).then(|| format!("the certificate {told}")).into_iter().collect();
                assert_eq!(problems, told, "{days} days");
                assert!(told.is_empty() || system.state() == pb::SystemState::Impaired, "{system:?}");
            }
            assert!(systems[0].peers.iter().all(|peer| !peer.unencrypted), "{:?}", systems[0]);
        }
    }

    async fn a_refusal_of_our_key_is_no_answer(world) {
        let fleet = Fleet::start(&world).await;
        let answered = fleet.dev.clock.now().timestamp();
        assert_eq!(fleet.of("client").await.state(), pb::SystemState::Working);
        fleet.dev.kernel.federation.use_keys(&Keys::generate(world.now()));
        fleet.down_since("client", answered).await;
        fleet.down_since("accountant", answered).await;
        fleet.dev.clock.advance(TimeDelta::seconds(60));
        // Longer than it takes to note an answer, if it passed for one.
        for _ in 0..3 {
            for system in [fleet.of("client").await, fleet.of("accountant").await] {
                assert!(system.problems.concat().contains("refuses our calls"), "{system:?}");
                assert_eq!((system.state(), system.last_answer_at.unwrap().seconds), (pb::SystemState::Down, answered), "{system:?}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn one_that_is_away_is_down_since_its_last_answer(world) {
        let fleet = Fleet::start(&world).await;
        // Nobody looks: the greetings of the background find out.
        let runner = fleet.dev.kernel.run_jobs(streamflow_dev::system::works()).await.unwrap();
        let ledger = fleet.dev.kernel.federation.ledger();
        let until = Instant::now() + Duration::from_secs(20);
        while ledger.heard().await.unwrap().iter().filter(|heard| heard.last_answer_at.is_some()).count() < 2 {
            assert!(Instant::now() < until, "nobody was greeted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        runner.finish().await;
        let answered = fleet.dev.clock.now().timestamp();
        fleet.dev.kernel.federation.connect("client", Route::tcp("http://127.0.0.1:9").unwrap());
        fleet.accountant.kernel.database.close().await;
        fleet.dev.clock.advance(TimeDelta::seconds(60));
        fleet.accountant.clock.advance(TimeDelta::seconds(60));
        fleet.down_since("client", answered).await;
        fleet.down_since("accountant", answered).await;
        let problems = |system: pb::SystemHealth| system.problems.concat();
        assert!(problems(fleet.of("client").await).contains("can't be reached"));
        let accountant = problems(fleet.of("accountant").await);
        assert!(accountant.contains("database"), "{accountant}");
        assert_eq!(fleet.of("dev").await.state(), pb::SystemState::Working);
    }
}
