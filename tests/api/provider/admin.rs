//! `AdminService`: added by a link, changed with an audit, never without an administrator.

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use streamflow_kernel::{clock::Clock as _, db::Backend, totp};
use streamflow_proto::provider::v1::{
    self as pb, admin_service_client::AdminServiceClient, audit_service_client::AuditServiceClient,
    overview_service_client::OverviewServiceClient, session_service_client::SessionServiceClient,
};
use streamflow_tests::{
    on_the_providers_desk,
    operator::{Desk, EMAIL, PASSWORD},
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

/// Somebody with password and authenticator.
pub struct Person {
    pub email: String,
    pub password: String,
    pub seed: Vec<u8>,
    pub token: String,
}

impl Person {
    pub async fn first(desk: &Desk) -> Self {
        Self::sign_in(desk, EMAIL, PASSWORD, desk.secret.clone()).await.unwrap()
    }

    pub async fn sign_in(desk: &Desk, email: &str, password: &str, seed: Vec<u8>) -> Result<Self, Status> {
        let mut sessions = SessionServiceClient::new(desk.channel.clone());
        let ask = pb::SignInRequest { email: email.into(), password: password.into(), return_token: true };
        let pending = sessions.sign_in(desk.request(ask, None)).await?.into_inner().token;
        // A later half minute than any code that was used.
        desk.clock.advance(TimeDelta::seconds(30));
        let code = totp::code_at(&seed, desk.clock.now()).unwrap();
        let ask = pb::VerifySecondFactorRequest { code, return_token: true };
        let token = sessions.verify_second_factor(desk.request(ask, Some(&pending))).await?.into_inner().token;
        Ok(Self { email: email.into(), password: password.into(), seed, token })
    }

    /// Adds somebody and lets them use the link.
    pub async fn hire(&self, desk: &Desk, email: &str, role: pb::Role) -> Self {
        let ask = pb::CreateAdminRequest { email: email.into(), display_name: "Nia New".into(), role: role.into() };
        let made = admins(desk).create_admin(desk.request(ask, Some(&self.token))).await.unwrap().into_inner();
        let token = made.setup_url.split_once("/set-up#token=").unwrap().1.to_owned();
        let password = "seven purple gliders 42";
        let seed = set_up(desk, &token, password).await.unwrap();
        Self::sign_in(desk, email, password, seed).await.unwrap()
    }
}

async fn set_up(desk: &Desk, token: &str, password: &str) -> Result<Vec<u8>, Status> {
    let begun = admins(desk).begin_setup(desk.request(pb::BeginSetupRequest { token: token.into() }, None)).await?.into_inner();
    let seed = totp::from_base32(&begun.secret).unwrap();
    desk.clock.advance(TimeDelta::seconds(30));
    let code = totp::code_at(&seed, desk.clock.now()).unwrap();
    let ask = pb::FinishSetupRequest { token: token.into(), password: password.into(), code };
    admins(desk).finish_setup(desk.request(ask, None)).await?;
    Ok(seed)
}

pub fn admins(desk: &Desk) -> AdminServiceClient<Channel> {
    AdminServiceClient::new(desk.channel.clone())
}

pub async fn list(desk: &Desk, token: &str) -> Vec<pb::Admin> {
    admins(desk).list_admins(desk.request(pb::ListAdminsRequest {}, Some(token))).await.unwrap().into_inner().admins
}

pub fn reason(status: &Status) -> (Code, String) {
    (status.code(), status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

/// All that lies in the database; PostgreSQL writes bytes in hexadecimal here.
async fn kept(desk: &Desk) -> Vec<u8> {
    if desk.kernel.database.backend() == Backend::Sqlite {
        let mut bytes = std::fs::read(desk.folder.path().join("system.db")).unwrap();
        bytes.extend(std::fs::read(desk.folder.path().join("system.db-wal")).unwrap_or_default());
        return bytes;
    }
    let db = desk.intruder().await;
    db.execute_unprepared("SET xmlbinary = hex").await.unwrap();
    let sql = "SELECT schema_to_xml('provider', true, false, '')::text AS kept";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    let kept: String = row.try_get("", "kept").unwrap();
    assert!(kept.contains("<admins>"), "{kept}");
    kept.into_bytes()
}

on_the_providers_desk! {
    async fn a_person_is_added_by_a_link_that_works_once(desk) {
        let first = Person::first(&desk).await;
        let bad = pb::CreateAdminRequest { email: "nobody".into(), ..Default::default() };
        let refused = admins(&desk).create_admin(desk.request(bad, Some(&first.token))).await.unwrap_err();
        assert_eq!(refused.get_error_details().bad_request().unwrap().field_violations.len(), 3);

        let ask =
            pb::CreateAdminRequest { email: "Nia@Example.com".into(), display_name: "Nia".into(), role: pb::Role::Viewer.into() };
        let made = admins(&desk).create_admin(desk.request(ask.clone(), Some(&first.token))).await.unwrap().into_inner();
        assert_eq!(made.admin.unwrap().state(), pb::AdminState::Invited);
        let twice = admins(&desk).create_admin(desk.request(ask, Some(&first.token))).await.unwrap_err();
        assert_eq!(twice.code(), Code::InvalidArgument);

        let token = made.setup_url.split_once("/set-up#token=").unwrap().1;
        let weak = set_up(&desk, token, "short").await.unwrap_err();
        assert_eq!(weak.get_error_details().bad_request().unwrap().field_violations[0].field, "password");
        desk.clock.advance(TimeDelta::seconds(60));
        let seed = set_up(&desk, token, "seven purple gliders 42").await.unwrap();
        assert_eq!(reason(&set_up(&desk, token, "seven purple gliders 42").await.unwrap_err()).1, "LINK_USED");
        let nia = Person::sign_in(&desk, "nia@example.com", "seven purple gliders 42", seed).await.unwrap();

        // A viewer sees and changes nothing.
        assert_eq!(list(&desk, &nia.token).await.len(), 2);
        let ask = pb::CreateAdminRequest { email: "x@example.com".into(), display_name: "X".into(), role: pb::Role::Admin.into() };
        assert_eq!(admins(&desk).create_admin(desk.request(ask, Some(&nia.token))).await.unwrap_err().code(), Code::PermissionDenied);
    }

    async fn links_end_after_a_day(desk) {
        let first = Person::first(&desk).await;
        let ask = pb::CreateAdminRequest { email: "n@example.com".into(), display_name: "N".into(), role: pb::Role::Admin.into() };
        let made = admins(&desk).create_admin(desk.request(ask, Some(&first.token))).await.unwrap().into_inner();
        let token = made.setup_url.split_once("token=").unwrap().1;
        desk.clock.advance(TimeDelta::hours(24));
        assert_eq!(reason(&set_up(&desk, token, "seven purple gliders 42").await.unwrap_err()).1, "LINK_USED");
    }

    async fn there_is_always_an_administrator(desk) {
        let first = Person::first(&desk).await;
        let me = list(&desk, &first.token).await.remove(0);
        assert!(me.you);
        let down = pb::UpdateAdminRequest {
            id: me.id.clone(),
            version: me.version,
            display_name: me.display_name.clone(),
            role: pb::Role::Viewer.into(),
        };
        let refused = admins(&desk).update_admin(desk.request(down.clone(), Some(&first.token))).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::FailedPrecondition, "LAST_ADMIN".into()));
        let reset = pb::ResetAdminRequest { id: me.id.clone(), version: me.version };
        let refused = admins(&desk).reset_admin(desk.request(reset, Some(&first.token))).await.unwrap_err();
        assert_eq!(reason(&refused).1, "LAST_ADMIN");
        let disable = pb::DisableAdminRequest { id: me.id.clone(), version: me.version };
        let refused = admins(&desk).disable_admin(desk.request(disable.clone(), Some(&first.token))).await.unwrap_err();
        assert_eq!(reason(&refused).1, "YOURSELF");

        let other = first.hire(&desk, "o@example.com", pb::Role::Admin).await;
        let stale = pb::DisableAdminRequest { version: me.version + 1, ..disable.clone() };
        let refused = admins(&desk).disable_admin(desk.request(stale, Some(&other.token))).await.unwrap_err();
        assert_eq!(reason(&refused).1, "CHANGED_MEANWHILE");
        admins(&desk).disable_admin(desk.request(disable, Some(&other.token))).await.unwrap();
        // At once, and for good: what the environment says is no way in while the database is there.
        let ask = desk.request(pb::GetOverviewRequest { days: 1 }, Some(&first.token));
        let refused = OverviewServiceClient::new(desk.channel.clone()).get_overview(ask).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        let refused = Person::sign_in(&desk, EMAIL, PASSWORD, desk.secret.clone()).await.err().unwrap();
        assert_eq!(reason(&refused), (Code::Unauthenticated, "WRONG_CREDENTIALS".into()));
    }

    async fn who_is_no_administrator_any_more_signs_in_anew(desk) {
        let first = Person::first(&desk).await;
        let other = first.hire(&desk, "o@example.com", pb::Role::Admin).await;
        let row = async || list(&desk, &first.token).await.into_iter().find(|admin| admin.email == other.email).unwrap();
        let set = async |role: pb::Role| {
            let pb::Admin { id, version, display_name, .. } = row().await;
            let ask = pb::UpdateAdminRequest { id, version, display_name, role: role.into() };
            admins(&desk).update_admin(desk.request(ask, Some(&first.token))).await.unwrap();
        };
        let asks = async |token: &str| admins(&desk).list_admins(desk.request(pb::ListAdminsRequest {}, Some(token))).await;
        set(pb::Role::Viewer).await;
        assert_eq!(reason(&asks(&other.token).await.unwrap_err()), (Code::Unauthenticated, "SESSION_ENDED".into()));
        let again = Person::sign_in(&desk, &other.email, &other.password, other.seed.clone()).await.unwrap();
        set(pb::Role::Admin).await;
        asks(&again.token).await.expect("who gets a right loses nothing");
    }

    async fn rows_and_audit_tell_nobody_s_name_or_secret(desk) {
        let first = Person::first(&desk).await;
        let nia = first.hire(&desk, "nia@example.com", pb::Role::Viewer).await;
        let row = list(&desk, &first.token).await.into_iter().find(|admin| admin.email == nia.email).unwrap();
        let ask =
            pb::UpdateAdminRequest { id: row.id, version: row.version, display_name: "Nia N".into(), role: pb::Role::Admin.into() };
        admins(&desk).update_admin(desk.request(ask, Some(&first.token))).await.unwrap();

        let ask = desk.request(pb::ListAuditRequest { page_size: 100, ..Default::default() }, Some(&first.token));
        let records = AuditServiceClient::new(desk.channel.clone()).list_audit(ask).await.unwrap().into_inner().records;
        let change = records.iter().find(|record| record.path.ends_with("/UpdateAdmin")).unwrap();
        assert!(change.payload.contains(r#""role":{"after":"ADMIN","before":"VIEWER"}"#), "{}", change.payload);
        assert!(records.iter().all(|record| !record.payload.contains("nia@") && !record.payload.contains("Nia N")));

        let kept = kept(&desk).await;
        for secret in [nia.email.as_bytes(), b"$argon2id$", &nia.seed] {
            let as_text: String = secret.iter().map(|byte| format!("{byte:02X}")).collect();
            let is_in = |secret: &[u8]| kept.windows(secret.len()).any(|window| window == secret);
            assert!(!is_in(secret) && !is_in(as_text.as_bytes()));
        }
        let swap = "UPDATE admins SET email = (SELECT email FROM admins WHERE role = 'ADMIN' LIMIT 1)";
        let swapped = desk.intruder().await.execute_unprepared(swap).await.unwrap();
        assert_eq!(swapped.rows_affected(), 2);
        let moved = admins(&desk).list_admins(desk.request(pb::ListAdminsRequest {}, Some(&first.token))).await;
        assert!(moved.is_err(), "a value moved to another row must not decrypt");
    }
}
