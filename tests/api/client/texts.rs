//! Texts as the world has them, and as attackers write them: each comes back as it was sent, or is refused with its field named.

use streamflow_proto::client::v1 as pb;
use streamflow_tests::{answer::fields, on_both};
use tonic::Code;

use super::{contact, customer, lead, record};

/// What every field of text takes and gives back, byte by byte.
const KEPT: [&str; 14] = [
    "Müller & Söhne · Ünïcödé",
    "株式会社サンプル",
    "مرحبا بالعالم",
    "👩‍👩‍👧‍👦 family",
    "e\u{301}t\u{e9}",
    "'; DROP TABLE customers; --",
    "Robert\"); DELETE FROM audit",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${jndi:ldap://127.0.0.1/a}",
    "{{7*7}} %00 %s %n",
    "=HYPERLINK(\"http://evil.example\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../etc/passwd",
];

/// What no line of text holds.
const REFUSED: [&str; 6] = ["a\0b", "a\u{1b}[31mb", "a\u{202e}b", "a\u{2028}b", "a\u{feff}b", "a\nb"];

on_both! {
    async fn texts_come_back_as_they_were_sent(world) {
        let owner = world.company("Harrow & Pike").await;
        for text in KEPT {
            let sent = pb::Customer { note: text.into(), tags: vec![text.replace([',', ';'], " ").chars().take(20).collect::<String>().trim().to_owned()], ..customer::named(text) };
            let made = customer::create(&owner, sent).await.unwrap();
            let read = customer::get(&owner, &made.id).await.unwrap();
            // The one written with a combining accent is kept in its composed form.
            let composed = text.replace("e\u{301}", "\u{e9}");
            assert_eq!((read.name.as_str(), read.note.as_str()), (composed.as_str(), composed.as_str()));
            let person = contact::create(&owner, &made.id, text).await.unwrap();
            assert_eq!(contact::get(&owner, &person.id).await.unwrap().name, composed);
            let matter = lead::create(&owner, lead::named(text)).await.unwrap();
            assert_eq!(lead::get(&owner, &matter.id).await.unwrap().name, composed);
            // Looking for it breaks nothing either.
            record::found(&owner, text).await;
        }
        // In a spreadsheet none of them is a formula.
        let csv = record::export(&owner, pb::RecordKind::Customer.into(), "", &["name"]).await.unwrap();
        let first = csv.lines().map(|line| line.trim_start_matches(['\u{feff}', '"'])).filter_map(|line| line.chars().next());
        assert!(first.into_iter().all(|first| !matches!(first, '=' | '@' | '+' | '-' | '\t')), "{csv}");
    }

    async fn texts_that_hide_something_are_refused_at_their_field(world) {
        let owner = world.company("Harrow & Pike").await;
        for text in REFUSED {
            let sent = pb::Customer { phone: text.into(), website: text.into(), tags: vec![text.into()], ..customer::named(text) };
            let refused = customer::create(&owner, sent).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{text:?}");
            let named = fields(&refused);
            for field in ["customer.name", "customer.phone", "customer.website", "customer.tags"] {
                assert!(named.iter().any(|name| name == field), "{text:?}: {field} is not among {named:?}");
            }
        }
        assert!(customer::list(&owner, "", "").await.unwrap().is_empty());
    }

    async fn where_one_companys_list_goes_on_shows_another_only_its_own(world) {
        let (owner, stranger) = (world.company("Harrow & Pike").await, world.company("Elsewhere").await);
        for name in ["Ash", "Birch", "Cedar"] {
            customer::create(&owner, customer::named(name)).await.unwrap();
            customer::create(&stranger, customer::named(&format!("{name} of others"))).await.unwrap();
        }
        let list = |page_token: String| pb::ListCustomersRequest { page_size: 1, page_token, order_by: "name".into(), ..Default::default() };
        let first = customer::service(&owner).list_customers(owner.ask(list(String::new()))).await.unwrap().into_inner();
        let token = first.page.unwrap().next_page_token;
        let theirs = pb::ListCustomersRequest { page_size: 10, ..list(token) };
        let theirs = customer::service(&stranger).list_customers(stranger.ask(theirs)).await.unwrap().into_inner();
        assert!(!theirs.customers.is_empty() && theirs.customers.iter().all(|customer| customer.name.ends_with("of others")));
    }
}
