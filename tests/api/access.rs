//! The permission matrix: every RPC of every portal, called by everyone. `access.txt` is the result; a change of rights is a change
//! of that file, and an RPC that is not in it fails the test.

mod recovery;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::TimeDelta;
use streamflow_kernel::{
    clock::Clock as _,
    db::{Backend, NO_ORG, Scope},
    federation::{Keys, guard},
    feed::Actor,
    ids,
    kernel::Kernel,
};
use streamflow_migrations::System;
use streamflow_proto::{
    access::{self, Access},
    client::v1::{self as pb, team_service_client::TeamServiceClient},
    provider::v1 as provider_pb,
};
use streamflow_tests::{
    federation::{Draft, Shape, nonce, serve},
    operator::Desk,
    person::Person,
    raw,
    world::{Setup, World, open_session},
};
use tokio::sync::watch;
use tonic::{Code, service::Routes, transport::Channel};
use uuid::Uuid;

use crate::provider::admin;

/// What a caller got, as the matrix writes it.
fn verdict(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "-",
        Code::PermissionDenied => "no",
        // Let in: what the RPC makes of an empty message does not matter here.
        _ => "yes",
    }
}

struct Caller {
    name: &'static str,
    /// User, company and level of the session each call gets anew; `None` for nobody.
    session: Option<(Uuid, Uuid, &'static str)>,
    /// A token as it is, for those from elsewhere.
    token: Option<String>,
}

async fn row(kernel: &Kernel, channel: &Channel, access: &'static Access, callers: &[Caller]) -> String {
    let mut line = format!("{:<62}", access.path);
    for caller in callers {
        let token = match caller.session {
            Some((user, org, level)) => Some(open_session(kernel, user, org, level).await),
            None => caller.token.clone(),
        };
        let (code, _) = raw::call(channel, kernel.portal.space, token.as_deref(), access.path, Vec::new()).await;
        assert_ne!(code, Code::Unimplemented, "{} is declared and not served", access.path);
        // An empty message is one that anybody may send: it may be refused, it must not break anything.
        let broken = matches!(code, Code::Internal | Code::Unknown | Code::Unavailable | Code::DataLoss | Code::DeadlineExceeded);
        assert!(!broken, "{} answers {code:?} to {}", access.path, caller.name);
        // Sign-in answers a wrong password as it answers a stranger: let in, and refused inside.
        let inside = access.path.ends_with("/SignIn") && code == Code::Unauthenticated;
        let verdict = if inside { "yes" } else { verdict(code) };
        write!(line, " {verdict:>width$}", width = caller.name.len()).unwrap();
    }
    line.trim_end().to_owned() + "\n"
}

fn head(portal: &str, callers: &[Caller]) -> String {
    let names: Vec<&str> = callers.iter().map(|caller| caller.name).collect();
    format!("\n{portal:<62} {}\n", names.join(" "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_committed_matrix_is_what_the_servers_do() {
    let matrix = matrix(Backend::Sqlite).await;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(committed(), &matrix).expect("access.txt written");
    }
    let committed = std::fs::read_to_string(committed()).unwrap_or_default();
    assert_eq!(committed, matrix, "rights changed; look at the difference, then run the test with BLESS=1");
}

/// There a function of the database says who somebody is, so it is asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_committed_matrix_is_what_the_servers_do_on_postgres() {
    let committed = std::fs::read_to_string(committed()).unwrap_or_default();
    assert_eq!(committed, matrix(Backend::Postgres).await, "PostgreSQL lets in others than access.txt says");
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("api/access.txt")
}

async fn matrix(backend: Backend) -> String {
    let mut matrix = String::from(
        "# Who is let in: yes, no (known, refused), - (not signed in). Written by the access test; --bless with BLESS=1.\n",
    );
    let world = World::with(backend, Setup::default()).await;
    let desk = |system| Desk::start_on(backend, system);
    let desks = [desk(System::Provider).await, desk(System::Dev).await, desk(System::Accountant).await];
    let owner = world.company("Matrix & Co").await;
    let (_stop, stopping) = watch::channel(false);
    connect(&world, &desks, &stopping).await;
    let callers = client_callers(&world, &owner, &desks).await;
    // Sign-ins took the company's clock further, and systems whose clocks differ don't speak with each other.
    for desk in &desks {
        desk.clock.set(world.now());
    }
    matrix.push_str(&head("client", &callers));
    for access in access::CLIENT {
        matrix.push_str(&row(&world.kernel, &world.channel, access, &callers).await);
    }
    for (desk, table) in desks.iter().zip([access::PROVIDER, access::DEV, access::ACCOUNTANT]) {
        let id = desk.operator_id;
        let elsewhere = open_session(&world.kernel, user(&owner), org(&owner), "full").await;
        let mut callers = vec![
            Caller { name: "anonymous", session: None, token: None },
            Caller { name: "client's", session: None, token: Some(elsewhere) },
        ];
        for other in desks.iter().filter(|other| other.space != desk.space) {
            let token = Some(other.session("full").await);
            callers.push(Caller { name: of_portal(other.space), session: None, token });
        }
        callers.extend([
            Caller { name: "stranger", session: Some((Uuid::from_u128(7), NO_ORG, "full")), token: None },
            Caller { name: "pending", session: Some((id, NO_ORG, "pending")), token: None },
            Caller { name: "full", session: Some((id, NO_ORG, "full")), token: None },
        ]);
        if desk.space == "provider" {
            callers.extend(colleagues(desk).await);
            // They came one code after the other; the systems don't speak with each other while their clocks differ.
            let now = desk.clock.now();
            world.pass(now - world.now());
            for other in &desks {
                other.clock.set(now);
            }
        }
        matrix.push_str(&head(desk.space, &callers));
        for access in table {
            matrix.push_str(&row(&desk.kernel, &desk.channel, access, &callers).await);
        }
    }
    matrix.push_str(&recovery::matrix(&desks[0]).await);
    let mut systems = vec![(&world.kernel, streamflow_client::system::federated())];
    let others = [streamflow_provider::system::federated(), Routes::default(), Routes::default()];
    systems.extend(desks.iter().map(|desk| &desk.kernel).zip(others));
    matrix.push_str(&federation(systems).await);
    matrix
}

/// Lets systems ask each other, as some of their RPCs do.
async fn connect(world: &World, desks: &[Desk; 3], stopping: &watch::Receiver<bool>) {
    let [provider, dev, accountant] = desks;
    let keys = Keys::generate(provider.kernel.clock.now());
    let served = streamflow_provider::system::federated();
    let route = serve(&provider.kernel, served, &keys, Shape::Memory, stopping).await;
    serve(&accountant.kernel, Routes::default(), &keys, Shape::Memory, stopping).await;
    accountant.kernel.federation.connect("provider", route);
    let route = serve(&world.kernel, streamflow_client::system::federated(), &keys, Shape::Memory, stopping).await;
    serve(&dev.kernel, Routes::default(), &keys, Shape::Memory, stopping).await;
    for desk in [provider, dev] {
        desk.kernel.federation.connect("client", route.clone());
    }
}

/// Every RPC that a system serves to the others, called by each of them and by nobody.
async fn federation(systems: Vec<(&Arc<Kernel>, Routes)>) -> String {
    let names: Vec<String> = access::SYSTEMS.iter().map(|name| name.to_lowercase()).collect();
    let (_stop, stopping) = watch::channel(false);
    let mut matrix = String::new();
    for (kernel, services) in systems {
        let own = kernel.portal.space;
        let keys = Keys::generate(kernel.clock.now());
        let route = serve(kernel, services, &keys, Shape::Memory, &stopping).await;
        let callers: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != own).collect();
        write!(matrix, "\n{:<62} unsigned {}\n", format!("federation of {own}"), callers.join(" ")).unwrap();
        let name = own.to_uppercase();
        for served in access::FEDERATION.iter().filter(|served| served.servers.contains(&name.as_str())) {
            let path = served.access.path;
            write!(matrix, "{path:<62}").unwrap();
            for (caller, from) in std::iter::once(("unsigned", callers[0])).chain(callers.iter().map(|name| (*name, *name))) {
                let (at, nonce) = (kernel.clock.now().timestamp(), nonce());
                let letter = Draft { from, to: own, path, at, nonce: &nonce, message: Vec::new() }.sign(&keys);
                let letter = if caller == "unsigned" { letter.without(guard::SIGNATURE) } else { letter };
                let verdict = match letter.post(&route).await.as_str() {
                    "UNSIGNED" => "-",
                    "ROLE" => "no",
                    answer => {
                        assert!(!matches!(answer, "Unimplemented" | "INTERNAL" | "UNAVAILABLE"), "{path} answers {answer}");
                        "yes"
                    }
                };
                write!(matrix, " {verdict:>width$}", width = caller.len()).unwrap();
            }
            matrix.push('\n');
        }
    }
    matrix
}

async fn client_callers(world: &World, owner: &Person, desks: &[Desk]) -> Vec<Caller> {
    let mut callers = vec![
        Caller { name: "anonymous", session: None, token: None },
        Caller { name: "pending", session: Some((user(owner), org(owner), "pending")), token: None },
        Caller { name: "OWNER", session: Some((user(owner), org(owner), "full")), token: None },
    ];
    let roles = [
        ("MANAGER", pb::Role::Manager),
        ("STAFF", pb::Role::Staff),
        ("EMPLOYEE", pb::Role::Employee),
        ("ACCOUNTANT", pb::Role::Accountant),
    ];
    for (name, role) in roles {
        let person = owner.hire(world, role, "").await;
        callers.push(Caller { name, session: Some((user(&person), org(&person), "full")), token: None });
    }
    let lessened = [
        ("OWNER-ro", pb::Role::Owner, "read_only"),
        ("MANAGER-ro", pb::Role::Manager, "read_only"),
        ("STAFF-ro", pb::Role::Staff, "read_only"),
        ("EMPLOYEE-ro", pb::Role::Employee, "read_only"),
        ("ACCOUNTANT-ro", pb::Role::Accountant, "read_only"),
        ("disabled", pb::Role::Manager, "disabled"),
    ];
    for (name, role, field) in lessened {
        let person = owner.hire(world, role, "").await;
        let member = pb::Member { id: person.user_id.clone(), version: 1, read_only: true, disabled: true, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec![field.to_owned()] });
        let request = owner.ask(pb::UpdateMemberRequest { member: Some(member), update_mask });
        TeamServiceClient::new(world.channel.clone()).update_member(request).await.expect("a changed member");
        callers.push(Caller { name, session: Some((user(&person), org(&person), "full")), token: None });
    }
    let (user, org) = (support_session(world, org(owner)).await, org(owner));
    callers.push(Caller { name: "support", session: Some((user, org, "full")), token: None });
    for desk in desks {
        let token = Some(desk.session("full").await);
        callers.push(Caller { name: of_portal(desk.space), session: None, token });
    }
    callers
}

/// Others of the provider's own: one who only looks, and one who was disabled, with a session from before.
async fn colleagues(desk: &Desk) -> Vec<Caller> {
    let first = admin::Person::first(desk).await;
    let mut callers = Vec::new();
    for (name, role) in [("viewer", provider_pb::Role::Viewer), ("disabled", provider_pb::Role::Admin)] {
        let email = format!("{name}@example.com");
        first.hire(desk, &email, role).await;
        let known = admin::list(desk, &first.token).await.into_iter().find(|known| known.email == email).expect("somebody new");
        let id = ids::parse(ids::prefix::USER, &known.id).expect("an id");
        if name == "disabled" {
            let disable = provider_pb::DisableAdminRequest { id: known.id, version: known.version };
            admin::admins(desk).disable_admin(desk.request(disable, Some(&first.token))).await.expect("a disabled colleague");
        }
        callers.push(Caller { name, session: Some((id, NO_ORG, "full")), token: None });
    }
    callers
}

/// Somebody of the support, whom an owner has let in. Returns what stands as their user.
async fn support_session(world: &World, org: Uuid) -> Uuid {
    let (id, now) = (world.kernel.ids.uuid(), world.now());
    let sql = "INSERT INTO support_sessions (org_id, id, system, person_id, person_name, minutes, state, requested_at, expires_at) \
               VALUES ({org}, ?, 'PROVIDER', ?, 'Dana', 30, 'open', ?, ?)";
    let values = vec![id.into(), Uuid::from_u128(9).into(), now.into(), (now + TimeDelta::minutes(30)).into()];
    let tx = world.kernel.database.tenant_write(Scope::whole(org)).await.expect("a transaction");
    tx.execute(sql, values).await.expect("a support session");
    tx.commit_changes(&Actor { id: None, name: String::new(), at: now }).await.expect("a commit");
    id
}

/// Heading of those with a session of that portal.
fn of_portal(space: &str) -> &'static str {
    match space {
        "provider" => "provider's",
        "dev" => "dev's",
        _ => "accountant's",
    }
}

fn user(person: &Person) -> Uuid {
    ids::parse(ids::prefix::USER, &person.user_id).expect("a user id")
}

fn org(person: &Person) -> Uuid {
    ids::parse(ids::prefix::ORG, &person.org_id).expect("an org id")
}
