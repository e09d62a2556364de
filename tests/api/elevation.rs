//! `ElevationService`: rights for some minutes, after password and code, for one session.

use chrono::TimeDelta;
use streamflow_kernel::operator::elevation;
use streamflow_proto::{dev::v1 as dev, provider::v1 as pb};
use streamflow_tests::{
    answer::{fields, reason},
    on_elevating_desks,
    operator::{Desk, EMAIL, PASSWORD},
};
use tonic::{Code, Status};

async fn elevate(desk: &Desk, token: &str, minutes: i32, password: &str, code: &str) -> Result<pb::Elevation, Status> {
    take_on(desk, token, &["support"], (minutes, password, code)).await
}

/// For so many minutes, with password and code.
async fn take_on(desk: &Desk, token: &str, scopes: &[&str], with: (i32, &str, &str)) -> Result<pb::Elevation, Status> {
    let (minutes, password, code) = (with.0, with.1.to_owned(), with.2.to_owned());
    let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
    let ask = pb::ElevateRequest { scopes, minutes, justification: "A ticket.".into(), password, code };
    let made: pb::ElevateResponse = desk.caller().ask("ElevationService/Elevate", Some(token), &ask).await?;
    Ok(made.elevation.unwrap())
}

async fn list(desk: &Desk, token: &str) -> pb::ListElevationsResponse {
    desk.caller().ask("ElevationService/ListElevations", Some(token), &pb::ListElevationsRequest {}).await.unwrap()
}

async fn revoke(desk: &Desk, token: &str, id: &str) -> Result<pb::RevokeElevationResponse, Status> {
    let ask = pb::RevokeElevationRequest { elevation_id: id.to_owned() };
    desk.caller().ask("ElevationService/RevokeElevation", Some(token), &ask).await
}

/// What an RPC says that needs the right. The companies' own system is away here, so nobody gets further.
async fn tried(desk: &Desk, token: &str) -> String {
    let ask = pb::TakeOpeningRequest { support_session_id: "sup_1".into() };
    let answer: Result<pb::TakeOpeningResponse, Status> =
        desk.caller().ask("SupportSessionService/TakeOpening", Some(token), &ask).await;
    reason(&answer.unwrap_err())
}

/// The portal's right besides `support`, and the other portal's.
fn rights(desk: &Desk) -> (&'static str, &'static str) {
    if desk.space == "provider" { ("tenants", "jobs") } else { ("jobs", "tenants") }
}

/// What an RPC says that needs the portal's other right.
async fn tried_own(desk: &Desk, token: &str) -> String {
    let answer = if desk.space == "provider" {
        let ask = pb::ResumeTenantRequest { tenant_id: "nobody".into() };
        desk.caller().ask::<_, pb::ResumeTenantResponse>("TenantService/ResumeTenant", Some(token), &ask).await.map(drop)
    } else {
        let ask = dev::RunScheduleRequest { name: "nothing".into() };
        desk.caller().ask::<_, dev::RunScheduleResponse>("JobService/RunSchedule", Some(token), &ask).await.map(drop)
    };
    let refused = answer.unwrap_err();
    if refused.code() == Code::NotFound { HELD.to_owned() } else { reason(&refused) }
}

async fn count(desk: &Desk, rows: &str) -> i64 {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        n: i64,
    }
    let sql = format!("SELECT COUNT(*) AS n FROM {rows}");
    let rows: Vec<Row> = desk.kernel.database.system_read().await.unwrap().query(&sql, Vec::new()).await.unwrap();
    rows[0].n
}

/// Jobs that end support sessions.
async fn queued(desk: &Desk) -> i64 {
    count(desk, "jobs WHERE kind = 'support_end'").await
}

const NEEDED: &str = "ELEVATION_REQUIRED";
/// The right is there; what it was asked for is not.
const HELD: &str = "held";

on_elevating_desks! {
    async fn rights_come_with_password_and_code_and_go_by_themselves(desk) {
        let token = desk.sign_in().await;
        assert_eq!(tried(&desk, &token).await, NEEDED);
        let nothing = pb::ElevateRequest { scopes: vec!["all".into()], minutes: 61, justification: "x".repeat(501), ..Default::default() };
        let wrong: Result<pb::ElevateResponse, Status> = desk.caller().ask("ElevationService/Elevate", Some(&token), &nothing).await;
        assert_eq!(fields(&wrong.unwrap_err()), ["scopes", "minutes", "justification"]);
        let wrong = elevate(&desk, &token, 10, "not-the-password-at-all", &desk.code()).await.unwrap_err();
        assert_eq!(fields(&wrong), ["password"]);
        desk.clock.advance(TimeDelta::seconds(31));
        assert_eq!(fields(&elevate(&desk, &token, 10, PASSWORD, "000000").await.unwrap_err()), ["code"]);
        assert_eq!(tried(&desk, &token).await, NEEDED);

        desk.clock.advance(TimeDelta::seconds(31));
        let code = desk.code();
        let made = elevate(&desk, &token, 10, PASSWORD, &code).await.unwrap();
        assert_eq!((made.scopes.as_slice(), made.live, made.current), (&["support".to_owned()][..], true, true));
        assert_ne!(tried(&desk, &token).await, NEEDED);
        let again = elevate(&desk, &token, 10, PASSWORD, &code).await.unwrap_err();
        assert_eq!(fields(&again), ["code"], "a code works once");

        // Another session of the same person has nothing of it.
        desk.clock.advance(TimeDelta::seconds(31));
        let other = desk.sign_in().await;
        assert_eq!(tried(&desk, &other).await, NEEDED);
        let mut seen = list(&desk, &other).await;
        seen.scopes.sort_by_key(|scope| scope != "support");
        assert_eq!((seen.elevations.len(), seen.elevations[0].current, seen.scopes.as_slice()), (1, false, &["support", rights(&desk).0].map(str::to_owned)[..]));

        desk.clock.advance(TimeDelta::minutes(10));
        assert_eq!(tried(&desk, &token).await, NEEDED);
        assert!(!list(&desk, &token).await.elevations[0].live);
        assert_eq!(revoke(&desk, &token, &made.id).await.unwrap_err().code(), Code::NotFound, "it has ended");
    }

    async fn each_right_is_good_for_its_own_rpcs_and_each_portal_has_its_own(desk) {
        let (own, others) = rights(&desk);
        let token = desk.sign_in().await;
        for unknown in [&[others][..], &["support", others], &["support "], &["SUPPORT"], &["support,jobs"], &[""], &[]] {
            let refused = take_on(&desk, &token, unknown, (10, PASSWORD, "")).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["scopes".to_owned()]), "{unknown:?}");
        }
        assert_eq!(tried_own(&desk, &desk.elevated(others).await).await, NEEDED, "another portal's right is none here");

        let one = take_on(&desk, &token, &[own], (10, PASSWORD, &desk.code())).await.unwrap();
        assert_eq!((tried_own(&desk, &token).await.as_str(), tried(&desk, &token).await.as_str()), (HELD, NEEDED));
        desk.clock.advance(TimeDelta::seconds(31));
        let both = take_on(&desk, &token, &["support", own, own], (5, PASSWORD, &desk.code())).await.unwrap();
        let mut named = both.scopes;
        named.sort_by_key(|scope| scope != "support");
        assert_eq!(named, ["support", own]);
        revoke(&desk, &token, &one.id).await.unwrap();
        assert_eq!(queued(&desk).await, 0, "nobody looked at a company with that one");
        assert_eq!(tried_own(&desk, &token).await, HELD, "there is another");
        desk.clock.advance(TimeDelta::minutes(5));
        assert_eq!((tried_own(&desk, &token).await.as_str(), tried(&desk, &token).await.as_str()), (NEEDED, NEEDED));

        // It goes with its session.
        take_on(&desk, &token, &[own], (60, PASSWORD, &desk.code())).await.unwrap();
        let _: pb::SignOutResponse = desk.caller().ask("SessionService/SignOut", Some(&token), &pb::SignOutRequest {}).await.unwrap();
        desk.clock.advance(TimeDelta::seconds(31));
        let other = desk.sign_in().await;
        assert!(!list(&desk, &other).await.elevations[0].live);
        assert_eq!(tried_own(&desk, &other).await, NEEDED);
    }

    async fn rights_are_given_back_and_end_with_the_session(desk) {
        let token = desk.sign_in().await;
        let first = elevate(&desk, &token, 60, PASSWORD, &desk.code()).await.unwrap();
        desk.clock.advance(TimeDelta::seconds(31));
        let second = elevate(&desk, &token, 60, PASSWORD, &desk.code()).await.unwrap();
        revoke(&desk, &token, &first.id).await.unwrap();
        assert_eq!(queued(&desk).await, 1, "what was opened under it ends");
        assert_ne!(tried(&desk, &token).await, NEEDED, "there is another");
        revoke(&desk, &token, &second.id).await.unwrap();
        assert_eq!(tried(&desk, &token).await, NEEDED);

        desk.clock.advance(TimeDelta::seconds(31));
        elevate(&desk, &token, 60, PASSWORD, &desk.code()).await.unwrap();
        desk.clock.advance(TimeDelta::seconds(31));
        let other = desk.sign_in().await;
        let _: pb::SignOutResponse = desk.caller().ask("SessionService/SignOut", Some(&token), &pb::SignOutRequest {}).await.unwrap();
        assert!(list(&desk, &other).await.elevations.iter().all(|one| !one.live));
        assert_eq!(queued(&desk).await, 3);

        let kept = pb::ListAuditRequest { page_size: 200, filter: "category = elevation".into(), ..Default::default() };
        let kept: pb::ListAuditResponse = desk.caller().ask("AuditService/ListAudit", Some(&other), &kept).await.unwrap();
        let acts: Vec<&str> = kept.records.iter().rev().map(|record| record.path.rsplit('/').next().unwrap()).collect();
        assert_eq!(acts, ["Elevate", "Elevate", "RevokeElevation", "RevokeElevation", "Elevate"]);
        assert!(kept.records.iter().all(|record| record.outcome == "OK" && !record.payload.contains("ticket")), "{kept:?}");
    }

    async fn what_is_over_for_long_is_deleted(desk) {
        let token = desk.sign_in().await;
        let code = desk.code();
        elevate(&desk, &token, 10, PASSWORD, &code).await.unwrap();
        let _runner = desk.kernel.run_jobs(vec![std::sync::Arc::new(elevation::PRUNE)]).await.unwrap();
        desk.clock.advance(TimeDelta::days(89));
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(count(&desk, "elevations").await, 1);
        desk.clock.advance(TimeDelta::days(2));
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while count(&desk, "elevations").await > 0 {
            assert!(std::time::Instant::now() < until, "it is still there");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn guesses_are_counted_with_those_of_the_sign_in(desk) {
        let token = desk.sign_in().await;
        let wrong = elevate(&desk, &token, 10, "not-the-password-at-all", "000000").await.unwrap_err();
        assert_eq!(fields(&wrong), ["password"]);
        let soon = elevate(&desk, &token, 10, PASSWORD, &desk.code()).await.unwrap_err();
        assert_eq!(soon.code(), Code::ResourceExhausted);
        assert_eq!(desk.caller().begin(EMAIL, PASSWORD).await.unwrap_err().code(), Code::ResourceExhausted, "the sign-in waits too");
        desk.clock.advance(TimeDelta::seconds(31));
        elevate(&desk, &token, 10, PASSWORD, &desk.code()).await.unwrap();

        // A wrong code makes the next one wait, wherever it is tried.
        desk.clock.advance(TimeDelta::seconds(31));
        assert_eq!(fields(&elevate(&desk, &token, 10, PASSWORD, "000000").await.unwrap_err()), ["code"]);
        assert_eq!(elevate(&desk, &token, 10, PASSWORD, &desk.code()).await.unwrap_err().code(), Code::ResourceExhausted);
    }
}
