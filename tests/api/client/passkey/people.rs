//! What becomes of passkeys when their person's account does: shut out, back again, another role, a new password.

use streamflow_proto::client::v1::{account_service_client::AccountServiceClient, team_service_client::TeamServiceClient};
use streamflow_tests::person::link_token;

use super::*;
use crate::client::sign_up;

on_both! {
    async fn whoever_may_not_come_in_has_no_passkey_that_opens(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (mut passkey, _) = add(&world, &staff, "Key").await;
        let user = ids::parse(prefix::USER, &staff.user_id).unwrap();
        let disable = async |at: Option<chrono::DateTime<chrono::Utc>>| {
            let db = world.kernel.database.system().await.unwrap();
            db.execute("UPDATE users SET disabled_at = ? WHERE id = ?", vec![at.into(), user.into()]).await.unwrap();
            db.commit().await.unwrap();
        };
        disable(Some(world.now())).await;
        assert_refused(sign_in(&world, &mut passkey).await, "a disabled account");
        disable(None).await;
        assert!(sign_in(&world, &mut passkey).await.is_ok());
        let remove = pb::RemoveMemberRequest { user_id: staff.user_id.clone() };
        TeamServiceClient::new(world.channel.clone()).remove_member(owner.ask(remove)).await.unwrap();
        assert_refused(sign_in(&world, &mut passkey).await, "a person of no company");
        // Whoever comes back by the address alone may be somebody else: no old passkey opens what they begin.
        sign_up::start(&world, &staff.email).await.unwrap();
        mails_about(&world, "Confirm your address", 1).await;
        let begun = sign_up::confirm(&world, &link_token(&world, &staff.email).await, PASSWORD).await.unwrap();
        sign_up::set_up(&world, sign_up::glow(&begun.set_up_token)).await.unwrap();
        assert_refused(sign_in(&world, &mut passkey).await, "a passkey from before");
        assert_eq!(count(&world, "passkeys").await, 0);
    }

    async fn a_role_that_needs_an_authenticator_is_asked_for_one_besides(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (mut passkey, _) = add(&world, &staff, "Key").await;
        let user = ids::parse(prefix::USER, &staff.user_id).unwrap();
        let db = world.kernel.database.system().await.unwrap();
        db.execute("UPDATE memberships SET role = 'MANAGER' WHERE user_id = ?", vec![user.into()]).await.unwrap();
        db.commit().await.unwrap();
        let reply = sign_in(&world, &mut passkey).await.unwrap();
        assert_eq!(reply.second_factor(), pb::SecondFactorState::EnrolmentNeeded);
        assert!(!is_signed_in(&world, &reply.token).await);
        let enrol = pb::EnrolSecondFactorRequest { current_password: PASSWORD.into(), ..Default::default() };
        let mut accounts = AccountServiceClient::new(world.channel.clone());
        assert!(accounts.enrol_second_factor(request(enrol, Some(&reply.token))).await.is_ok());
    }

    async fn leaving_everywhere_leaves_passkeys_and_a_reset_takes_them_out(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (mut passkey, _) = add(&world, &staff, "Key").await;
        let session = sign_in(&world, &mut passkey).await.unwrap().token;
        let everywhere = request(pb::SignOutEverywhereRequest {}, Some(&session));
        SessionServiceClient::new(world.channel.clone()).sign_out_everywhere(everywhere).await.unwrap();
        assert!(!is_signed_in(&world, &session).await);
        assert!(sign_in(&world, &mut passkey).await.is_ok());
        let mut accounts = AccountServiceClient::new(world.channel.clone());
        let ask = pb::RequestPasswordResetRequest { email: staff.email.clone() };
        accounts.request_password_reset(request(ask, None)).await.unwrap();
        mails_about(&world, "Set a new password", 1).await;
        let reset = pb::ResetPasswordRequest {
            token: link_token(&world, &staff.email).await,
            new_password: "entirely other words 4711".into(),
        };
        accounts.reset_password(request(reset, None)).await.unwrap();
        // Whoever has it now may be the reason for the reset.
        assert_eq!(sign_in(&world, &mut passkey).await.unwrap_err().code(), Code::Unauthenticated);
    }
}
