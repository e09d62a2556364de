//! `SearchService`.

use streamflow_proto::client::v1::{self as pb, search_service_client::SearchServiceClient};
use streamflow_tests::{answer::fields, on_both, person::Person};
use tonic::Status;

use super::{contact, customer, lead};

const LEAD: i32 = pb::RecordKind::Lead as i32;

async fn search(person: &Person, query: &str, kinds: &[i32], limit: i32) -> Result<Vec<pb::SearchHit>, Status> {
    let request = pb::SearchRequest { query: query.into(), kinds: kinds.to_vec(), limit };
    let mut service = SearchServiceClient::new(person.channel.clone());
    Ok(service.search(person.ask(request)).await?.into_inner().hits)
}

/// Titles of the hits, pinned ones with a star.
async fn titles(person: &Person, query: &str) -> Vec<String> {
    let hits = search(person, query, &[], 0).await.unwrap();
    hits.into_iter().map(|hit| format!("{}{}", if hit.pinned { "*" } else { "" }, hit.title)).collect()
}

fn shop(name: &str, phone: &str, email: &str) -> pb::Customer {
    pb::Customer { phone: phone.into(), email: email.into(), ..customer::named(name) }
}

on_both! {
    async fn a_customer_is_found_however_it_is_written(world) {
        let owner = world.company("Harrow & Pike").await;
        let sold = pb::Customer { external_id: "Old 77".into(), ..shop("Berglunds snabbköp", "0921-12 34 65", "info@berglund.example") };
        let sold = customer::create(&owner, sold).await.unwrap();
        customer::create(&owner, shop("Bergen Books", "+47 55 12 34 56", "post@bergen.example")).await.unwrap();
        customer::create(&owner, shop("Around the Horn", "(171) 555-7788", "horn@example.com")).await.unwrap();
        for typed in ["berglund", "BERGLUNDS", "snabbköp", "snabbkop", "berglnd", "berlgund", "bergluns snabkop", "0921 123465", "921-12 34", "info@berg"] {
            assert_eq!(titles(&owner, typed).await.first().map(String::as_str), Some("Berglunds snabbköp"), "{typed}");
        }
        for key in [&sold.id, &sold.number, &sold.number.to_lowercase().replace('-', ""), "old 77", "Info@Berglund.Example"] {
            assert_eq!(titles(&owner, key).await.first().map(String::as_str), Some("*Berglunds snabbköp"), "{key}");
        }
        for short in ["b", "be"] {
            assert_eq!(titles(&owner, short).await, ["Bergen Books", "Berglunds snabbköp"], "{short}");
        }
        assert_eq!(titles(&owner, "+44 171 5557788").await, ["Around the Horn"]);
        for nothing in ["xylophone", "0700 900 900", "%", "' OR 1=1 --", "\"", "*"] {
            assert!(titles(&owner, nothing).await.is_empty(), "{nothing}");
        }
    }

    async fn a_list_is_searched_as_everything_is(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let stranger = world.company("Elsewhere").await;
        let roof = pb::Customer { external_id: "Old 77".into(), ..shop("Düne Roofing", "0113 496 0142", "info@roof.example") };
        let roof = customer::create(&owner, roof).await.unwrap();
        let ana = contact::create(&owner, &roof.id, "Ana Silva").await.unwrap();
        customer::create(&owner, shop("50% off_all", "0921-12 34 65", "shop@off.example")).await.unwrap();
        customer::create(&stranger, shop("Düne Roofing too", "0113 496 0142", "info@roof.example")).await.unwrap();
        let number = roof.number.to_lowercase().replace('-', "");
        for typed in ["roof", "DUNE ROOF", "roofing dune", "01134960142", "+44 113 496 0142", "(0113) 496", "4960142", &roof.number, &number, &roof.number[2..], "old 77", "info@roof", &roof.id] {
            let filter = format!("search : \"{typed}\"");
            assert_eq!(customer::list(&owner, &filter, "").await.unwrap(), ["Düne Roofing"], "{typed}");
            assert!(customer::list(&staff, &filter, "").await.unwrap().is_empty(), "{typed}");
        }
        for nothing in ["xylophone", "0700 900 900", "%", "_", "—", "' OR 1=1 --", "roof xylophone"] {
            assert!(customer::list(&owner, &format!("search : \"{nothing}\""), "").await.unwrap().is_empty(), "{nothing}");
        }
        for typed in ["\"dune ana\"", "roof"] {
            let found = contact::list(&owner, &format!("search : {typed}"), "").await.unwrap();
            assert_eq!(found, [format!("{} at Düne Roofing", ana.name)], "{typed}");
        }
        let wanted = pb::Lead { company: "Quay & Sons".into(), contact_name: "Bo Ek".into(), phone: "+46 921 77".into(), ..lead::named("New gutters") };
        let wanted = lead::create(&owner, wanted).await.unwrap();
        for typed in ["gutters", "quay sons", "bo ek", "0921 77", &wanted.number] {
            let filter = format!("search : \"{typed}\" AND archived = false");
            assert_eq!(lead::list(&owner, &filter, "").await.unwrap(), ["New gutters"], "{typed}");
        }
        assert_eq!(fields(&customer::list(&owner, "search = roof", "").await.unwrap_err()), ["filter"]);
    }

    async fn what_changed_is_found_by_its_new_words_only(world) {
        let owner = world.company("Harrow & Pike").await;
        let harbour = customer::create(&owner, customer::named("Harbour")).await.unwrap();
        let ana = contact::create(&owner, &harbour.id, "Ana Silva").await.unwrap();
        customer::update(&owner, pb::Customer { name: "Quayside".into(), ..customer::get(&owner, &harbour.id).await.unwrap() }, &["name"]).await.unwrap();
        assert!(titles(&owner, "harbour").await.is_empty());
        assert_eq!(titles(&owner, "quayside").await, ["Quayside", "Ana Silva"]);
        let hits = search(&owner, "silva", &[pb::RecordKind::Contact as i32], 0).await.unwrap();
        assert_eq!((hits[0].id.as_str(), hits[0].subtitle.as_str(), hits[0].matched.as_str()), (ana.id.as_str(), "Quayside", ""));
        assert_eq!(hits.len(), 1);
    }

    async fn everybody_finds_what_they_may_see(world) {
        let owner = world.company("Harrow & Pike").await;
        let staff = owner.hire(&world, pb::Role::Staff, "").await;
        let accountant = owner.hire(&world, pb::Role::Accountant, "").await;
        let stranger = world.company("Elsewhere").await;
        customer::create(&staff, customer::named("Roof Mine")).await.unwrap();
        customer::create(&owner, customer::named("Roof Other")).await.unwrap();
        lead::create(&staff, lead::named("Roof Lead")).await.unwrap();
        customer::create(&stranger, customer::named("Roof Elsewhere")).await.unwrap();
        let sorted = async |person: &Person| {
            let mut found = titles(person, "roof").await;
            found.sort();
            found
        };
        assert_eq!(sorted(&owner).await, ["Roof Lead", "Roof Mine", "Roof Other"]);
        assert_eq!(sorted(&staff).await, ["Roof Lead", "Roof Mine"]);
        assert_eq!(sorted(&accountant).await, ["Roof Mine", "Roof Other"]);
        assert_eq!(sorted(&stranger).await, ["Roof Elsewhere"]);
        assert!(search(&accountant, "roof", &[LEAD], 0).await.unwrap().is_empty());
        assert_eq!(search(&owner, "roof", &[LEAD], 0).await.unwrap().len(), 1);
        assert_eq!(search(&owner, "roof", &[], 2).await.unwrap().len(), 2);
    }

    async fn a_search_that_makes_no_sense_says_so(world) {
        let owner = world.company("Harrow & Pike").await;
        let refused = search(&owner, " ", &[0, 9, LEAD], -1).await.unwrap_err();
        assert_eq!(fields(&refused), ["query", "kinds[0]", "kinds[1]", "limit"]);
        assert_eq!(fields(&search(&owner, &"x".repeat(201), &[], 0).await.unwrap_err()), ["query"]);
        assert!(search(&owner, &"é".repeat(200), &[], 1_000).await.unwrap().is_empty());
    }

    async fn a_kind_is_searched_once_however_often_it_is_named(world) {
        let owner = world.company("Harrow & Pike").await;
        customer::create(&owner, customer::named("Rare")).await.unwrap();
        let customer = pb::RecordKind::Customer as i32;
        for query in ["ra", "rare"] {
            assert_eq!(search(&owner, query, &[customer; 3], 0).await.unwrap().len(), 1, "{query}");
        }
        for kinds in [&[customer; 4][..], &[customer; 1_000], &[LEAD, customer, LEAD, customer]] {
            assert_eq!(fields(&search(&owner, "ra", kinds, 0).await.unwrap_err()), ["kinds"]);
        }
    }

    async fn characters_nobody_sees_are_not_looked_for(world) {
        let owner = world.company("Harrow & Pike").await;
        customer::create(&owner, customer::named("Harbour Inn")).await.unwrap();
        for typed in ["har\0bour", "\0harbour", "ha\u{1b}rbour\0", "harbour\tinn\u{7f}", "h\0a"] {
            assert_eq!(titles(&owner, typed).await, ["Harbour Inn"], "{typed:?}");
        }
        for nothing in ["\0", "\0\0\0\0", "\u{1}\u{2}"] {
            assert!(titles(&owner, nothing).await.is_empty(), "{nothing:?}");
        }
    }
}
