//! Letters that nobody may get an answer to: replayed, changed on the way, signed wrongly or by nobody.

use std::{convert::Infallible, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use prost::Message as _;
use streamflow_kernel::federation::{Keys, guard, sign};
use streamflow_proto::federation::v1 as pb;
use streamflow_tests::{
    federation::{Draft, Letter, Pair, SHAPES, Shape, nonce, serve},
    on_both, sql,
    world::World,
};
use tokio::sync::watch;
use tonic::body::Body;

const HANDSHAKE: &str = "/streamflow.federation.v1.PeerService/Handshake";
const LIST: &str = "/streamflow.federation.v1.TenantDirectoryService/ListTenants";
const USAGE: &str = "/streamflow.federation.v1.UsageService/GetAnalytics";

fn letter(world: &World, pair: &Pair, from: &str, path: &str, nonce: &str) -> Letter {
    let message = pb::ListTenantsRequest { page_size: 3, ..Default::default() };
    let message = if path == LIST { message.encode_to_vec() } else { Vec::new() };
    Draft { from, to: "client", path, at: world.now().timestamp(), nonce, message }.sign(&pair.keys)
}

fn fresh(world: &World, pair: &Pair) -> Letter {
    letter(world, pair, "provider", LIST, &nonce())
}

/// What the provider system would send if it took the key of another pair for its own.
fn by_key_of(world: &World, pair: &Pair, from: &str, to: &str) -> Letter {
    by_key(world, &pair.keys, (from, to, 0), &nonce())
}

/// What the provider system would send under any key: of this pair, in this place.
fn by_key(world: &World, keys: &Keys, (from, to, place): (&str, &str, usize), nonce: &str) -> Letter {
    let (key, at) = (&keys.of(from, to)[place], world.now().timestamp());
    let sound = Draft { from: "provider", to: "client", path: LIST, at, nonce, message: Vec::new() }.sign(keys);
    let call = sign::Call {
        method: "POST",
        path: LIST,
        audience: "client",
        caller: "provider",
        key_id: &key.id,
        at,
        nonce,
        idempotency_key: "",
        body: &sound.body,
    };
    let signature = call.sign(key.secret());
    sound.with(guard::KEY, &key.id).with(guard::SIGNATURE, signature)
}

/// How many audit records there are of a kind.
async fn audited(world: &World, column: &str, value: &str, outcome: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS n FROM audit WHERE {column} = ? AND outcome = ?");
    sql::row(&world.kernel.database, &sql, vec![value.into(), outcome.into()]).await.try_get("", "n").unwrap()
}

/// How many calls were refused for their signature, and for nothing else.
async fn refused(world: &World) -> i64 {
    let refusals = world.kernel.federation.ledger().refusals().await.unwrap();
    assert!(refusals.iter().all(|one| (&*one.name, &*one.reason) == ("provider", "SIGNATURE")), "{refusals:?}");
    refusals.iter().map(|one| one.refused).sum()
}

async fn used_nonces(world: &World) -> i64 {
    let row = sql::row(&world.kernel.database, "SELECT COUNT(*) AS n FROM federation_nonces", vec![]).await;
    row.try_get("", "n").unwrap()
}

on_both! {
    async fn a_call_is_good_once(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let sound = fresh(&world, &pair);
            assert_eq!(sound.post(&pair.to_client).await, "OK");
            assert_eq!(sound.post(&pair.to_client).await, "REPLAY");
            // Another server on the same database, which is also what a restarted one is.
            let twin = world.twin().await;
            let (_stop, stopping) = watch::channel(false);
            let to_twin = serve(&twin.kernel, streamflow_client::system::federated(), &pair.keys, shape, &stopping).await;
            assert_eq!(sound.post(&to_twin).await, "REPLAY");
            // In another system's name, under its key, this signature is not the call's own.
            let other = &pair.keys.of("dev", "client")[0].id;
            assert_eq!(sound.clone().with(guard::CALLER, "dev").with(guard::KEY, other).post(&pair.to_client).await, "SIGNATURE");
            world.pass(TimeDelta::hours(1));
            assert_eq!(sound.post(&pair.to_client).await, "SKEW");
            world.pass(TimeDelta::hours(-1));
            assert_eq!(sound.post(&pair.to_client).await, "REPLAY");
        }
    }

    async fn a_nonce_is_good_once_whichever_key_signs(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let mut keys = pair.keys.clone();
            keys.rotate(Some("provider>client"), world.now());
            world.kernel.federation.use_keys(&keys);
            let both = |nonce: &str| [1, 0].map(|place| by_key(&world, &keys, ("provider", "client", place), nonce));
            let used = nonce();
            let [older, newer] = both(&used);
            assert_ne!(older.header(guard::KEY), newer.header(guard::KEY));
            assert_eq!(older.post(&pair.to_client).await, "OK");
            assert_eq!(newer.post(&pair.to_client).await, "REPLAY", "{shape:?}");
            assert_eq!(both(&nonce())[1].post(&pair.to_client).await, "OK", "the newer key is good");
            let (one, to) = (both(&nonce()), &pair.to_client);
            let answers = futures::future::join_all((0..100).map(|n| one[n % 2].post(to))).await;
            let count = |wanted: &str| answers.iter().filter(|answer| *answer == wanted).count();
            assert_eq!((count("OK"), count("REPLAY")), (1, 99), "{answers:?}");
            // Another system's are its own.
            assert_eq!(letter(&world, &pair, "dev", HANDSHAKE, &used).post(&pair.to_client).await, "OK");
        }
        // Programs choose the ids of their requests, and two of them may choose the same.
        let ledger = world.kernel.federation.ledger();
        let mut news = Vec::new();
        for program in ["shop", "crm", "shop"] {
            news.push(ledger.use_nonce("registration", program, "msg_1", world.now()).await.unwrap());
        }
        assert_eq!(news, [true, true, false]);
    }

    async fn of_a_hundred_at_once_one_runs(world) {
        for (runs, shape) in (1..).zip(SHAPES) {
            let pair = Pair::start(&world, shape).await;
            let sound = fresh(&world, &pair);
            let answers = futures::future::join_all((0..100).map(|_| sound.post(&pair.to_client))).await;
            let count = |wanted: &str| answers.iter().filter(|answer| *answer == wanted).count();
            assert_eq!((count("OK"), count("REPLAY")), (1, 99), "{answers:?}");
            assert_eq!(audited(&world, "path", LIST, "OK").await, runs);
        }
    }

    async fn time_is_kept_to_the_second(world) {
        let pair = Pair::start(&world, Shape::Memory).await;
        for (seconds, answer) in [(-121, "SKEW"), (-120, "OK"), (-119, "OK"), (119, "OK"), (120, "OK"), (121, "SKEW")] {
            let (at, nonce) = (world.now().timestamp() + seconds, nonce());
            let draft = Draft { from: "provider", to: "client", path: LIST, at, nonce: &nonce, message: Vec::new() };
            assert_eq!(draft.sign(&pair.keys).post(&pair.to_client).await, answer, "{seconds} s");
        }
        for at in [i64::MAX, i64::MIN, 0, -1] {
            let nonce = nonce();
            let draft = Draft { from: "provider", to: "client", path: LIST, at, nonce: &nonce, message: Vec::new() };
            assert_eq!(draft.sign(&pair.keys).post(&pair.to_client).await, "SKEW", "{at}");
        }
    }

    async fn what_was_changed_on_the_way_is_refused(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let sound = || fresh(&world, &pair);
            let mut swapped = sound();
            swapped.body[6] = 4;
            let mut longer = sound();
            longer.body.push(0);
            let empty = Letter { body: Vec::new(), ..sound() };
            let elsewhere = Letter { path: USAGE.to_owned(), ..sound() };
            let query = Letter { path: format!("{LIST}?a=b"), ..sound() };
            let escaped = Letter { path: LIST.replace("ListTenants", "List%54enants"), ..sound() };
            let slash = Letter { path: format!("{LIST}/"), ..sound() };
            // Who can check calls one way has the key to make them, but not the other way round.
            let backwards = by_key_of(&world, &pair, "client", "provider");
            let borrowed = by_key_of(&world, &pair, "dev", "client");
            let signature = sound().header(guard::SIGNATURE).to_owned();
            let at = (world.now().timestamp() + 1).to_string();
            for (letter, answer) in [
                (swapped, "SIGNATURE"),
                (longer, "SIGNATURE"),
                (empty, "SIGNATURE"),
                (elsewhere, "SIGNATURE"),
                (query, "SIGNATURE"),
                (escaped, "SIGNATURE"),
                (slash, "SIGNATURE"),
                (backwards, "UNKNOWN_KEY"),
                (borrowed, "UNKNOWN_KEY"),
                (sound().with(guard::TIMESTAMP, at), "SIGNATURE"),
                (sound().with(guard::NONCE, nonce()), "SIGNATURE"),
                (sound().with(guard::SIGNATURE, signature), "SIGNATURE"),
                (sound().with(guard::IDEMPOTENCY_KEY, "somebody-elses"), "SIGNATURE"),
                (sound().with(guard::CALLER, "dev"), "UNKNOWN_KEY"),
                (sound().with(guard::CALLER, "client"), "UNKNOWN_CALLER"),
                (sound().with(guard::CALLER, "Provider"), "UNKNOWN_CALLER"),
                (sound().with(guard::CALLER, "provider>client"), "UNKNOWN_CALLER"),
                (sound().with(guard::KEY, "k1"), "UNKNOWN_KEY"),
                (sound().with(guard::AUDIENCE, "dev"), "AUDIENCE"),
                (sound().with(guard::AUDIENCE, "Client"), "AUDIENCE"),
                (sound().without(guard::AUDIENCE), "AUDIENCE"),
                (sound().and(guard::AUDIENCE, "client"), "AUDIENCE"),
                (Letter { method: "PUT", ..sound() }, "405"),
                (sound().with("content-type", "application/grpc-web+proto"), "415"),
                (sound().with("content-type", "text/plain"), "415"),
                (sound().with("cookie", "a=b"), "403"),
                (sound().with("origin", "http://localhost:7001"), "403"),
            ] {
                assert_eq!(letter.post(&pair.to_client).await, answer, "{shape:?}: {letter:?}");
            }
        }
    }

    async fn of_a_stranger_no_body_is_read(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            for (letter, answer) in [
                (fresh(&world, &pair).without(guard::SIGNATURE), "UNSIGNED"),
                (fresh(&world, &pair).with(guard::CALLER, "somebody"), "UNKNOWN_CALLER"),
                (fresh(&world, &pair).with(guard::KEY, "k1"), "UNKNOWN_KEY"),
            ] {
                // One that never comes.
                let body = Body::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>()));
                let answered = tokio::time::timeout(Duration::from_secs(5), letter.post_body(&pair.to_client, body)).await;
                assert_eq!(answered.expect("an answer at once"), answer);
            }
        }
    }

    async fn a_signature_has_one_form_and_comes_once(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let sound = || fresh(&world, &pair);
            let signature = sound().header(guard::SIGNATURE).to_owned();
            let bare = signature.trim_start_matches("v1=").to_owned();
            for (letter, answer) in [
                (sound().without(guard::SIGNATURE), "UNSIGNED"),
                (sound().with(guard::SIGNATURE, ""), "VERSION"),
                (sound().with(guard::SIGNATURE, bare.clone()), "VERSION"),
                (sound().with(guard::SIGNATURE, format!("v0={bare}")), "VERSION"),
                (sound().with(guard::SIGNATURE, format!("v2={bare}")), "VERSION"),
                (sound().with(guard::SIGNATURE, "v1="), "SIGNATURE"),
                (sound().with(guard::SIGNATURE, &signature[..signature.len() - 2]), "SIGNATURE"),
                (sound().with(guard::SIGNATURE, format!("{signature}=")), "SIGNATURE"),
                (sound().with(guard::SIGNATURE, format!("{signature},").repeat(20)), "SIGNATURE"),
                (sound().and(guard::SIGNATURE, signature.clone()), "MALFORMED"),
                (sound().and(guard::NONCE, nonce()), "MALFORMED"),
                (sound().and(guard::TIMESTAMP, "1"), "MALFORMED"),
                (sound().and(guard::CALLER, "provider"), "MALFORMED"),
                (sound().and(guard::KEY, "k1"), "MALFORMED"),
                (sound().without(guard::NONCE), "MALFORMED"),
                (sound().with(guard::NONCE, "c2hvcnQ"), "MALFORMED"),
                (sound().with(guard::NONCE, "a".repeat(200)), "MALFORMED"),
                (sound().with(guard::NONCE, "not base64, not at all"), "MALFORMED"),
                (sound().with(guard::TIMESTAMP, "soon"), "MALFORMED"),
                (sound().with(guard::TIMESTAMP, format!("+{}", world.now().timestamp())), "MALFORMED"),
                (sound().with(guard::TIMESTAMP, format!("0{}", world.now().timestamp())), "MALFORMED"),
            ] {
                assert_eq!(letter.post(&pair.to_client).await, answer, "{shape:?}: {letter:?}");
            }
            assert_eq!(sound().post(&pair.to_client).await, "OK");
            // A thousand are more than the headers of a request may hold: where it comes by a connection nothing of it is read.
            let joined = sound().with(guard::SIGNATURE, format!("{signature},").repeat(1_000));
            let apart = (0..1_000).fold(sound(), |letter, _| letter.and(guard::SIGNATURE, signature.clone()));
            for (letter, in_memory) in [(joined, "SIGNATURE"), (apart, "MALFORMED")] {
                let answer = letter.post(&pair.to_client).await;
                let is_refused = if shape == Shape::Memory { answer == in_memory } else { ["431", "CLOSED"].contains(&answer.as_str()) };
                assert!(is_refused, "{shape:?}: {answer}");
            }
            // Others are served as before, by another connection where that one was ended.
            let mut served = sound().post(&pair.to_client).await;
            for _ in 0..100 {
                if served == "OK" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                served = sound().post(&pair.to_client).await;
            }
            assert_eq!(served, "OK", "{shape:?}");
        }
    }

    /// That a comparison takes the same time is the kernel's own test. Nothing else tells either how near a signature comes.
    async fn however_a_signature_is_wrong_its_refusal_is_the_same(world) {
        for shape in SHAPES {
            let pair = Pair::start(&world, shape).await;
            let right = fresh(&world, &pair);
            let mac = URL_SAFE_NO_PAD.decode(right.header(guard::SIGNATURE).trim_start_matches("v1=")).unwrap();
            let wrong_at = |byte: usize| mac.iter().enumerate().map(|(at, one)| if at == byte { !one } else { *one }).collect();
            let others = vec![!mac[0]; 32];
            let wrong = [wrong_at(0), wrong_at(15), wrong_at(31), vec![0; 32], others, mac[..31].to_vec(), mac[..1].to_vec(), vec![]];
            let (used, told) = (used_nonces(&world).await, refused(&world).await);
            let mut refusals = Vec::new();
            for mac in &wrong {
                let letter = right.clone().with(guard::SIGNATURE, format!("v1={}", URL_SAFE_NO_PAD.encode(mac)));
                refusals.push(letter.refusal(&pair.to_client).await);
                assert_eq!(used_nonces(&world).await, used, "{shape:?}: {letter:?}");
                // So that each is written down by itself.
                world.pass(TimeDelta::seconds(2));
                pair.provider.clock.set(world.now());
            }
            assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{shape:?}: {refusals:#?}");
            assert!(refusals[0].contains_key("grpc-status-details-bin"), "{refusals:?}");
            assert_eq!(refused(&world).await - told, wrong.len() as i64);
            assert_eq!(right.post(&pair.to_client).await, "OK", "the right one, which nobody has used up");
        }
    }

    async fn what_a_caller_claims_to_be_counts_for_nothing(world) {
        let pair = Pair::start(&world, Shape::Tcp).await;
        // Known and refused, whatever it adds.
        let usage = || letter(&world, &pair, "accountant", USAGE, &nonce());
        assert_eq!(usage().post(&pair.to_client).await, "ROLE");
        for (name, value) in [("x-streamflow-role", "PROVIDER"), ("role", "PROVIDER"), ("x-streamflow-portal", "provider")] {
            assert_eq!(usage().with(name, value).post(&pair.to_client).await, "ROLE", "{name}");
        }
        assert_eq!(usage().with("authorization", "Bearer x").post(&pair.to_client).await, "403");
        assert_eq!(letter(&world, &pair, "accountant", HANDSHAKE, &nonce()).post(&pair.to_client).await, "OK");
        // What another system serves is not here.
        let elsewhere = "/streamflow.federation.v1.TenantEventService/ReportTenantEvents";
        assert_eq!(letter(&world, &pair, "provider", elsewhere, &nonce()).post(&pair.to_client).await, "Unimplemented");
        // Nor are the portal's own RPCs.
        let portal = "/streamflow.client.v1.SessionService/SignIn";
        assert_eq!(letter(&world, &pair, "provider", portal, &nonce()).post(&pair.to_client).await, "Unimplemented");
    }

    async fn refusals_are_audited_once_a_minute_and_counted(world) {
        let pair = Pair::start(&world, Shape::Memory).await;
        for _ in 0..5 {
            assert_eq!(fresh(&world, &pair).with(guard::NONCE, nonce()).post(&pair.to_client).await, "SIGNATURE");
        }
        assert_eq!(audited(&world, "category", "federation", "UNAUTHENTICATED").await, 1);
        let heard = world.kernel.federation.ledger().heard().await.unwrap();
        assert_eq!((heard[0].name.as_str(), heard[0].refused, heard[0].last_refusal.as_str()), ("provider", 5, "SIGNATURE"));
        assert_eq!(fresh(&world, &pair).with(guard::KEY, "k1").post(&pair.to_client).await, "UNKNOWN_KEY");
        let ledger = world.kernel.federation.ledger();
        assert_eq!(ledger.heard().await.unwrap()[0].refused, 6);
        let refusals = ledger.refusals().await.unwrap();
        let told: Vec<_> = refusals.iter().map(|one| (one.name.as_str(), one.reason.as_str(), one.refused)).collect();
        assert_eq!(told, [("provider", "SIGNATURE", 5), ("provider", "UNKNOWN_KEY", 1)]);
    }
}
