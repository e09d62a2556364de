//! The whole way of a support session: asked for, let in, opened, left; and who is told of each step.

use streamflow_proto::client::v1::audit_service_client::AuditServiceClient;
use streamflow_tests::federation::SHAPES;

use super::*;

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
}
