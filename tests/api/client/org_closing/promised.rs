//! What others have promised to people of a company that is deleted: mails that wait, and companies on their way.

use std::sync::Arc;

use streamflow_client::org_closing::job;
use streamflow_kernel::jobs::Work;
use streamflow_proto::client::v1::invitation_service_client::InvitationServiceClient;
use streamflow_tests::{person::link_token, sql};

use super::*;
use crate::client::{
    registration::jobs,
    sign_up::{confirm, glow, mails_to, set_up, start},
};

const CHOSEN: &str = "another-Quiet-harbour-41";

/// The secret of somebody who has chosen a password for a company of their own.
async fn begun(world: &World, person: &Person) -> String {
    start(world, &person.email).await.unwrap();
    mails_to(world, &person.email, 2).await;
    confirm(world, &link_token(world, &person.email).await, CHOSEN).await.unwrap().set_up_token
}

on_both! {
    async fn what_others_have_promised_its_people_is_kept(world) {
        let owner = world.company("Harrow & Pike").await;
        let org = org_of(&owner);
        let invited = owner.hire(&world, pb::Role::Staff, "").await;
        let (beginner, founder) = (owner.hire(&world, pb::Role::Staff, "").await, owner.hire(&world, pb::Role::Manager, "").await);
        close(&world, &owner, "Harrow & Pike").await.unwrap();
        world.pass(GRACE);
        let deleting: Vec<Arc<dyn Work>> = vec![Arc::new(job::Close), Arc::new(job::Erase)];
        let runner = world.kernel.run_jobs(deleting).await.unwrap();
        until(&world, org, "deleting").await;

        let invite = pb::CreateInvitationRequest { email: invited.email.clone(), role: pb::Role::Staff.into(), team_id: String::new() };
        let other = world.company("Neighbour").await;
        InvitationServiceClient::new(world.channel.clone()).create_invitation(other.ask(invite)).await.unwrap();
        mails_to(&world, &invited.email, 2).await;
        // Its file is there a moment before its row says so.
        let sent = "SELECT COUNT(*) AS mails FROM mail_outbox WHERE recipient = ? AND sent_at IS NULL";
        let waiting = async || {
            let row = sql::row(&world.kernel.database, sent, vec![invited.email.clone().into()]).await;
            row.try_get::<i64>("", "mails").unwrap()
        };
        while waiting().await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // One that the mail server did not take yet.
        let waits = "UPDATE mail_outbox SET sent_at = NULL, body = 'sealed', due_at = ? WHERE org_id = ? AND recipient = ?";
        let values = vec![(world.now() + GRACE).into(), org_of(&other).into(), invited.email.clone().into()];
        sql::execute(&world.kernel.database, waits, values).await.unwrap();
        let begun_by_one = begun(&world, &beginner).await;
        let made_by_other = begun(&world, &founder).await;
        set_up(&world, glow(&made_by_other)).await.unwrap();

        world.pass(SETTLE);
        world.kernel.jobs.wake();
        until(&world, org, "deleted").await;
        drop(runner);
        let sql = "SELECT COUNT(*) AS mails FROM mail_outbox WHERE recipient = ? AND sent_at IS NULL";
        let row = sql::row(&world.kernel.database, sql, vec![invited.email.clone().into()]).await;
        assert_eq!(row.try_get::<i64>("", "mails").unwrap(), 1, "the other company's invitation goes out");

        let _jobs = jobs(&world).await;
        let second = pb::SetUpCompanyRequest { name: "Second Spa".into(), ..glow(&begun_by_one) };
        set_up(&world, second).await.unwrap();
        set_up(&world, glow(&made_by_other)).await.unwrap();
        assert_eq!(Person::sign_in(&world, &beginner.email, CHOSEN).await.role, "OWNER");
        let sign_in = pb::SignInRequest { email: founder.email, password: CHOSEN.into(), return_token: true };
        let answer = SessionServiceClient::new(world.channel.clone()).sign_in(request(sign_in, None)).await.unwrap().into_inner();
        assert_eq!(answer.second_factor(), pb::SecondFactorState::CodeNeeded, "with the authenticator of before");
    }
}
