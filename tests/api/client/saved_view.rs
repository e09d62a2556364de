//! `SavedViewService`.

use streamflow_proto::client::v1::{
    self as pb, saved_view_service_client::SavedViewServiceClient, session_service_client::SessionServiceClient,
    team_service_client::TeamServiceClient,
};
use streamflow_tests::{
    answer::{conflict, fields},
    on_both,
    person::{PASSWORD, Person},
};
use tonic::{Code, Status, transport::Channel};

fn service(person: &Person) -> SavedViewServiceClient<Channel> {
    SavedViewServiceClient::new(person.channel.clone())
}

fn view(name: &str) -> pb::SavedView {
    pb::SavedView { kind: pb::ListKind::Customer.into(), name: name.into(), ..Default::default() }
}

async fn create(person: &Person, view: pb::SavedView) -> Result<pb::SavedView, Status> {
    let request = person.ask(pb::CreateSavedViewRequest { view: Some(view) });
    Ok(service(person).create_saved_view(request).await?.into_inner().view.unwrap())
}

async fn update(person: &Person, view: pb::SavedView) -> Result<pb::SavedView, Status> {
    let request = person.ask(pb::UpdateSavedViewRequest { view: Some(view) });
    Ok(service(person).update_saved_view(request).await?.into_inner().view.unwrap())
}

async fn delete(person: &Person, id: &str) -> Result<(), Status> {
    let request = person.ask(pb::DeleteSavedViewRequest { view_id: id.into() });
    service(person).delete_saved_view(request).await.map(|_| ())
}

async fn names(person: &Person, kind: pb::ListKind) -> Vec<String> {
    let request = person.ask(pb::ListSavedViewsRequest { kind: kind.into() });
    let views = service(person).list_saved_views(request).await.unwrap().into_inner().views;
    views.into_iter().map(|view| view.name).collect()
}

on_both! {
    async fn a_view_is_kept_shared_changed_and_removed(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let bonn = pb::SavedView { filter: "city = Bonn".into(), order_by: "name desc".into(), columns: vec!["name".into(), "address.city".into()], shared: true, ..view("Bonn") };
        let bonn = create(&owner, bonn).await.unwrap();
        create(&owner, view("Private")).await.unwrap();
        create(&staff, pb::SavedView { kind: pb::ListKind::Lead.into(), ..view("Leads") }).await.unwrap();
        assert_eq!(names(&owner, pb::ListKind::Customer).await, ["Bonn", "Private"]);
        assert_eq!(names(&staff, pb::ListKind::Unspecified).await, ["Bonn", "Leads"]);
        assert_eq!(update(&staff, bonn.clone()).await.unwrap_err().code(), Code::PermissionDenied);
        let hidden = update(&owner, pb::SavedView { shared: false, name: "Bonn only".into(), ..bonn.clone() }).await.unwrap();
        assert_eq!((hidden.version, hidden.columns.len()), (2, 2));
        assert_eq!(conflict::<pb::SavedView>(&update(&owner, bonn.clone()).await.unwrap_err()), hidden);
        assert_eq!(delete(&staff, &bonn.id).await.unwrap_err().code(), Code::NotFound);
        delete(&owner, &bonn.id).await.unwrap();
        assert_eq!(names(&owner, pb::ListKind::Customer).await, ["Private"]);
        let stranger = world.company("Elsewhere").await;
        assert!(names(&stranger, pb::ListKind::Unspecified).await.is_empty());
        assert_eq!(delete(&stranger, &hidden.id).await.unwrap_err().code(), Code::NotFound);
    }

    async fn who_may_only_read_keeps_own_views_and_is_told_so(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let member = pb::Member { id: staff.user_id.clone(), version: 1, read_only: true, ..Default::default() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["read_only".into()] });
        let request = owner.ask(pb::UpdateMemberRequest { member: Some(member), update_mask });
        TeamServiceClient::new(owner.channel.clone()).update_member(request).await.unwrap();
        let staff = Person::sign_in(&world, &staff.email, PASSWORD).await;
        create(&staff, view("Mine")).await.unwrap();
        let me = SessionServiceClient::new(staff.channel.clone()).me(staff.ask(pb::MeRequest {})).await.unwrap().into_inner();
        let may = |permission: &str| me.permissions.iter().any(|known| known == permission);
        assert!(me.read_only && may("saved_view.write") && may("session.revoke"));
        assert!(!may("customer.write"));
    }

    async fn tasks_and_the_audit_have_views_for_those_who_read_them(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let (task, audit) = (pb::ListKind::Task.into(), pb::ListKind::Audit.into());
        let all = pb::SavedView { kind: task, filter: r#"due_on <= "2026-12-01""#.into(), order_by: "created_at desc".into(), shared: true, ..view("All of us") };
        let all = create(&owner, pb::SavedView { switches: vec!["include_done".into(), "everyone".into()], ..all }).await.unwrap();
        assert_eq!(all.switches, ["everyone", "include_done"]);
        let refused = pb::SavedView { kind: audit, filter: "outcome != OK".into(), order_by: "at".into(), shared: true, ..view("Refused") };
        create(&owner, refused.clone()).await.unwrap();
        assert_eq!(names(&owner, pb::ListKind::Task).await, ["All of us"]);
        assert_eq!(names(&owner, pb::ListKind::Audit).await, ["Refused"]);
        let open = update(&owner, pb::SavedView { switches: vec!["everyone".into()], ..all.clone() }).await.unwrap();
        assert_eq!((open.version, open.switches), (2, vec!["everyone".to_owned()]));
        // Staff read no audit, so what it is looked at for is not theirs either.
        assert_eq!(names(&staff, pb::ListKind::Unspecified).await, ["All of us"]);
        assert!(names(&staff, pb::ListKind::Audit).await.is_empty());
        assert_eq!(fields(&create(&staff, refused.clone()).await.unwrap_err()), ["view.kind"]);
        let wrong = pb::SavedView { filter: "city = Bonn".into(), order_by: "name".into(), ..all.clone() };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["view.filter", "view.order_by"]);
        let wrong = pb::SavedView { filter: "actor_id = nobody".into(), order_by: "path".into(), ..refused.clone() };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["view.filter", "view.order_by"]);
        let wrong = pb::SavedView { switches: vec!["everyone".into()], ..refused };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["view.switches"]);
    }

    async fn a_view_that_its_list_cannot_show_is_refused(world) {
        let owner = world.company("Harrow & Pike").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let wrong = pb::SavedView { filter: "town = Bonn".into(), order_by: "town".into(), ..view("X") };
        assert_eq!(fields(&create(&owner, wrong).await.unwrap_err()), ["view.filter", "view.order_by"]);
        assert_eq!(fields(&create(&owner, pb::SavedView::default()).await.unwrap_err()), ["view.kind", "view.name"]);
        let leads = pb::SavedView { kind: pb::ListKind::Lead.into(), ..view("Leads") };
        assert_eq!(fields(&create(&accountant, leads).await.unwrap_err()), ["view.kind"]);
    }
}
