//! Owners who may only read keep people of the support out, and let nobody in.

use streamflow_kernel::ids::{self, prefix};

use super::*;

async fn set(world: &World, sql: &str, values: Vec<sea_orm::Value>) {
    world.kernel.database.system_execute(sql, values).await.unwrap();
}

async fn set_read_only(world: &World, owner: &Person, is_on: bool) {
    let user = ids::parse(prefix::USER, &owner.user_id).unwrap();
    set(world, "UPDATE memberships SET read_only = ? WHERE user_id = ?", vec![is_on.into(), user.into()]).await;
}

async fn consent(world: &World, by: &Person, ask_first: bool) -> Result<(), Status> {
    sessions(world).set_support_consent(by.ask(pb::SetSupportConsentRequest { ask_first })).await.map(drop)
}

on_both! {
    async fn who_may_only_read_lets_nobody_in(world) {
        let owner = world.company("Harrow & Pike").await;
        let (tenant, support) = (tenant_id(&world, &owner).await, Support::elevated(&world).await);
        let (first, second) = (support.request(&tenant, WHY, 30).await.unwrap(), support.request(&tenant, WHY, 30).await.unwrap());
        decide(&world, &owner, &first.id, true).await.unwrap();
        set_read_only(&world, &owner, true).await;
        for refused in [decide(&world, &owner, &second.id, true).await.map(drop), consent(&world, &owner, false).await] {
            assert_eq!(reason(&refused.unwrap_err()), "READ_ONLY");
        }
        assert!(list(&world, &owner).await.ask_first);
        let rights = me(&world, &owner.token).await.unwrap().permissions;
        let has = |right: &str| rights.iter().any(|known| known == right);
        assert!(has("support_session.decide") && !has("org_closing.write"), "{rights:?}");
        assert_eq!(decide(&world, &owner, &second.id, false).await.unwrap().state(), pb::SupportSessionState::Refused);
        let end = pb::EndSupportSessionRequest { support_session_id: first.id };
        let ended = sessions(&world).end_support_session(owner.ask(end)).await.unwrap().into_inner().support_session.unwrap();
        assert_eq!(ended.state(), pb::SupportSessionState::Ended);
    }

    async fn after_a_trial_owners_go_on_to_decide(world) {
        let owner = world.company("Harrow & Pike").await;
        let (tenant, support) = (tenant_id(&world, &owner).await, Support::elevated(&world).await);
        let ended = Some(world.now() - TimeDelta::days(1));
        set(&world, "UPDATE orgs SET trial_ends_at = ? WHERE tenant_id = ?", vec![ended.into(), tenant.clone().into()]).await;
        consent(&world, &owner, true).await.unwrap();
        let asked = support.request(&tenant, WHY, 30).await.unwrap();
        decide(&world, &owner, &asked.id, true).await.unwrap();
        let told = me(&world, &owner.token).await.unwrap();
        assert!(told.trial_ended && told.permissions.iter().any(|known| known == "org_closing.write"));
    }
}
