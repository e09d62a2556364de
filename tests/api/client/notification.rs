//! `NotificationService` of the client portal.

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_kernel::{ids, jobs::Work as _};
use streamflow_proto::client::v1::{
    self as pb, change_service_client::ChangeServiceClient, customer_service_client::CustomerServiceClient,
    notification_service_client::NotificationServiceClient, record_service_client::RecordServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::fields,
    on_both,
    person::{PASSWORD, Person},
    world::World,
};
use tonic::{Code, Status, transport::Channel};

#[derive(sea_orm::FromQueryResult)]
struct Count {
    rows: i64,
}

fn inbox(world: &World) -> NotificationServiceClient<Channel> {
    NotificationServiceClient::new(world.channel.clone())
}

async fn list(world: &World, by: &Person, unread_only: bool) -> Vec<pb::Notification> {
    let list = pb::ListNotificationsRequest { unread_only, ..Default::default() };
    inbox(world).list_notifications(by.ask(list)).await.unwrap().into_inner().notifications
}

async fn titles(world: &World, by: &Person) -> Vec<String> {
    list(world, by, false).await.into_iter().map(|one| one.title).collect()
}

async fn unread(world: &World, by: &Person) -> i32 {
    inbox(world).count_unread(by.ask(pb::CountUnreadRequest {})).await.unwrap().into_inner().unread
}

async fn customer(world: &World, by: &Person, name: &str, assignee: &str) -> pb::Customer {
    let customer = pb::Customer { name: name.into(), assignee_id: assignee.into(), ..Default::default() };
    let create = by.ask(pb::CreateCustomerRequest { customer: Some(customer) });
    CustomerServiceClient::new(world.channel.clone()).create_customer(create).await.unwrap().into_inner().customer.unwrap()
}

async fn assign(world: &World, by: &Person, ids: Vec<String>, to: &str) {
    let kind = pb::RecordKind::Customer.into();
    let assign = pb::AssignRecordsRequest { kind, ids, assignee_id: Some(to.into()), ..Default::default() };
    RecordServiceClient::new(world.channel.clone()).assign_records(by.ask(assign)).await.unwrap();
}

async fn preferences(world: &World, by: &Person) -> Vec<pb::NotificationPreference> {
    let list = by.ask(pb::ListNotificationPreferencesRequest {});
    inbox(world).list_notification_preferences(list).await.unwrap().into_inner().preferences
}

async fn prefer(
    world: &World,
    by: &Person,
    kind: pb::NotificationKind,
    inbox_on: bool,
    email: bool,
) -> Result<pb::NotificationPreference, Status> {
    let preference = pb::NotificationPreference { kind: kind.into(), inbox: inbox_on, email, ..Default::default() };
    let set = by.ask(pb::SetNotificationPreferenceRequest { preference: Some(preference) });
    Ok(inbox(world).set_notification_preference(set).await?.into_inner().preference.unwrap())
}

fn user(person: &Person) -> uuid::Uuid {
    ids::parse(ids::prefix::USER, &person.user_id).unwrap()
}

on_both! {
    async fn people_are_told_what_others_hand_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let before = titles(&world, &owner).await;
        // What one takes oneself is no news.
        customer(&world, &owner, "Mine Ltd", &owner.user_id).await;
        let given = customer(&world, &owner, "Given Ltd", &staff.user_id).await;
        assert_eq!(titles(&world, &owner).await, before);
        let told = list(&world, &staff, true).await;
        assert_eq!((told.len(), told[0].title.as_str()), (1, "Olive Owner handed you the customer Given Ltd"));
        assert_eq!((told[0].kind(), told[0].link.clone()), (pb::NotificationKind::Assigned, format!("customers/{}", given.id)));
        // Giving what somebody has already is none either.
        let edit = pb::UpdateCustomerRequest {
            customer: Some(pb::Customer { note: "Call first".into(), ..given.clone() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["note".into(), "assignee_id".into()] }),
        };
        CustomerServiceClient::new(world.channel.clone()).update_customer(owner.ask(edit)).await.unwrap();
        assert_eq!(unread(&world, &staff).await, 1);
        // Many at once are one notification.
        let mut ids = vec![given.id];
        for n in 0..3 {
            ids.push(customer(&world, &owner, &format!("Heap {n}"), "").await.id);
        }
        assign(&world, &owner, ids, &staff.user_id).await;
        assert_eq!(titles(&world, &staff).await[0], "Olive Owner handed you 3 customers");
        assert_eq!(unread(&world, &staff).await, 2);
    }

    async fn an_accepted_invitation_is_told_to_whoever_invited(world) {
        let owner = world.company("Harrow & Pike").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let told = list(&world, &owner, true).await;
        assert_eq!((told.len(), told[0].kind(), told[0].link.as_str()), (1, pb::NotificationKind::Invitation, "team"));
        assert!(told[0].title.ends_with("accepted your invitation") && told[0].body == "Joined as manager.");
        assert_eq!(unread(&world, &manager).await, 0);
    }

    async fn each_sees_and_marks_only_their_own(world) {
        let owner = world.company("Harrow & Pike").await;
        let stranger = world.company("Other Ltd").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        for n in 0..5 {
            customer(&world, &owner, &format!("Customer {n}"), &staff.user_id).await;
            world.pass(TimeDelta::seconds(1));
        }
        let own = list(&world, &staff, true).await;
        assert_eq!(own.len(), 5);
        assert!(own[0].title.ends_with("Customer 4"));
        let mark = |read| pb::MarkReadRequest { notification_id: own[0].id.clone(), read };
        for other in [&owner, &stranger] {
            assert_eq!(inbox(&world).mark_read(other.ask(mark(true))).await.unwrap_err().code(), Code::NotFound);
            assert!(list(&world, other, false).await.iter().all(|one| one.id != own[0].id));
            inbox(&world).mark_all_read(other.ask(pb::MarkAllReadRequest {})).await.unwrap();
        }
        assert_eq!(unread(&world, &staff).await, 5);
        let read = inbox(&world).mark_read(staff.ask(mark(true))).await.unwrap().into_inner().notification.unwrap();
        assert!(read.read_at.is_some() && unread(&world, &staff).await == 4);
        assert_eq!(list(&world, &staff, true).await.len(), 4);
        inbox(&world).mark_read(staff.ask(mark(false))).await.unwrap();
        assert_eq!(unread(&world, &staff).await, 5);
        let all = inbox(&world).mark_all_read(staff.ask(pb::MarkAllReadRequest {})).await.unwrap().into_inner();
        assert_eq!((all.marked, unread(&world, &staff).await, list(&world, &staff, false).await.len()), (5, 0, 5));
    }

    async fn the_inbox_comes_page_by_page_and_wrong_input_is_named(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        for n in 0..5 {
            customer(&world, &owner, &format!("Customer {n}"), &staff.user_id).await;
        }
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let list = pb::ListNotificationsRequest { page_size: 2, page_token: page_token.clone(), unread_only: false };
            let reply = inbox(&world).list_notifications(staff.ask(list)).await.unwrap().into_inner();
            seen.extend(reply.notifications.into_iter().map(|one| one.title));
            let next = reply.page.unwrap().next_page_token;
            if next.is_empty() {
                break;
            }
            page_token = next;
        }
        assert_eq!(seen.len(), 5);
        assert!(seen[0].ends_with("Customer 4") && seen[4].ends_with("Customer 0"));
        let other_list = pb::ListNotificationsRequest { page_size: 2, page_token, unread_only: true };
        assert_eq!(fields(&inbox(&world).list_notifications(staff.ask(other_list)).await.unwrap_err()), ["page_token"]);
        for notification_id in ["", "ntf_1", "usr_00000000000000000000000000000001", "ntf_00000000000000000000000000000001"] {
            let mark = pb::MarkReadRequest { notification_id: notification_id.into(), read: true };
            assert_eq!(inbox(&world).mark_read(staff.ask(mark)).await.unwrap_err().code(), Code::NotFound);
        }
    }

    async fn somebody_who_may_only_read_looks_after_their_own_inbox(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let member = pb::Member { id: staff.user_id.clone(), version: 1, read_only: true, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["read_only".into()] });
        let update = pb::UpdateMemberRequest { member: Some(member), update_mask };
        TeamServiceClient::new(world.channel.clone()).update_member(owner.ask(update)).await.unwrap();
        let staff = Person::sign_in(&world, &staff.email, PASSWORD).await;
        customer(&world, &owner, "Given Ltd", &staff.user_id).await;
        let all = inbox(&world).mark_all_read(staff.ask(pb::MarkAllReadRequest {})).await.unwrap().into_inner();
        assert_eq!(all.marked, 1);
    }

    async fn news_reaches_its_person_alive_and_nobody_else(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        world.handed_on().await;
        let watch = |by: &Person| by.ask(pb::WatchRequest::default());
        let mut theirs = ChangeServiceClient::new(world.channel.clone()).watch(watch(&staff)).await.unwrap().into_inner();
        let mut owners = ChangeServiceClient::new(world.channel.clone()).watch(watch(&owner)).await.unwrap().into_inner();
        customer(&world, &owner, "Given Ltd", &staff.user_id).await;
        let heard = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                if let Some(change) = theirs.message().await.unwrap().unwrap().change.filter(|one| one.entity == "notification") {
                    return change.id;
                }
            }
        });
        assert_eq!(heard.await.unwrap(), list(&world, &staff, true).await[0].id);
        let overheard = tokio::time::timeout(Duration::from_millis(500), async {
            loop {
                if owners.message().await.unwrap().unwrap().change.is_some_and(|one| one.entity == "notification") {
                    return;
                }
            }
        });
        assert!(overheard.await.is_err(), "the owner heard of another's inbox");
    }

    async fn each_kind_is_told_where_its_person_wants(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let told = |all: Vec<pb::NotificationPreference>| -> Vec<_> {
            all.into_iter().map(|one| (one.kind(), one.inbox, one.email, one.inbox_only_on)).collect()
        };
        let assigned = pb::NotificationKind::Assigned;
        assert_eq!(told(preferences(&world, &staff).await), [(assigned, true, false, false)]);
        assert_eq!(told(preferences(&world, &owner).await).iter().filter(|one| one.3).count(), 2, "owners can't look away from two");
        let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        let mailed = || world.mails().iter().filter(|mail| mail.contains(&staff.email) && mail.contains("handed you")).count();
        let after = async |expected: usize| {
            world.pass(TimeDelta::seconds(61));
            for _ in 0..1000 {
                if mailed() == expected {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(mailed(), expected);
        };

        assert_eq!(prefer(&world, &staff, assigned, false, true).await.unwrap().kind(), assigned);
        customer(&world, &owner, "Mailed Ltd", &staff.user_id).await;
        after(1).await;
        assert!(list(&world, &staff, false).await.is_empty());
        assert_eq!((unread(&world, &staff).await, told(preferences(&world, &staff).await)), (0, vec![(assigned, false, true, false)]));
        assert!(world.mails().iter().any(|mail| mail.contains(&staff.email) && mail.contains("/profile")), "it says where to choose");

        // Both, then the inbox alone; nothing is mailed twice.
        prefer(&world, &staff, assigned, true, true).await.unwrap();
        customer(&world, &owner, "Both Ltd", &staff.user_id).await;
        after(2).await;
        prefer(&world, &staff, assigned, true, false).await.unwrap();
        customer(&world, &owner, "Inbox Ltd", &staff.user_id).await;
        world.pass(TimeDelta::seconds(61));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!((mailed(), titles(&world, &staff).await.len()), (2, 2));

        for (by, kind, inbox, field) in [
            (&staff, pb::NotificationKind::Unspecified, true, "preference.kind"),
            (&staff, pb::NotificationKind::Anomaly, true, "preference.kind"),
            (&owner, pb::NotificationKind::Anomaly, false, "preference.inbox"),
        ] {
            assert_eq!(fields(&prefer(&world, by, kind, inbox, true).await.unwrap_err()), [field], "{kind:?}");
        }
        runner.finish().await;
    }

    async fn who_may_not_enter_any_more_is_mailed_nothing(world) {
        let (owner, other) = (world.company("Harrow & Pike").await, world.company("Other Ltd").await);
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let others = other.hire(&world, pb::Role::Staff, "").await;
        prefer(&world, &staff, pb::NotificationKind::Assigned, true, true).await.unwrap();
        customer(&world, &owner, "Mailed Ltd", &staff.user_id).await;
        // What one company's people choose is nothing to another's.
        customer(&world, &other, "Theirs Ltd", &others.user_id).await;
        let db = world.kernel.database.system().await.unwrap();
        db.execute("UPDATE memberships SET disabled_at = ? WHERE user_id = ?", vec![world.now().into(), user(&staff).into()]).await.unwrap();
        db.commit().await.unwrap();
        let waiting = async || {
            let db = world.kernel.database.system_read().await.unwrap();
            db.query::<Count>("SELECT COUNT(*) AS rows FROM notifications WHERE mail", vec![]).await.unwrap()[0].rows
        };
        assert_eq!(waiting().await, 1);
        let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        world.pass(TimeDelta::seconds(61));
        for _ in 0..1000 {
            if waiting().await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(waiting().await, 0);
        runner.finish().await;
        assert!(!world.mails().iter().any(|mail| mail.contains("handed you")));
    }

    async fn notifications_go_after_ninety_days(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        customer(&world, &owner, "Given Ltd", &staff.user_id).await;
        let left = async || {
            let db = world.kernel.database.system_read().await.unwrap();
            db.query::<Count>("SELECT COUNT(*) AS rows FROM notifications", vec![]).await.unwrap()[0].rows
        };
        assert_eq!(left().await, 2);
        world.pass(TimeDelta::days(89));
        let runner = world.kernel.run_jobs(streamflow_client::system::works()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(left().await, 2);
        world.pass(TimeDelta::days(2));
        for _ in 0..1000 {
            if left().await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left().await, 0, "{} never ran", streamflow_client::notification::PRUNE.kind());
        runner.finish().await;
    }
}
