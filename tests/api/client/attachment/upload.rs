//! What is sent, and what it turns out to be.

use chrono::TimeDelta;

use super::*;

async fn begun(person: &Person, record_id: &str) -> pb::StartUploadResponse {
    start(person, wanted(record_id, "a.png", "image/png", PNG)).await.unwrap()
}

on_both! {
    async fn an_address_is_good_for_one_file_of_one_company_and_six_minutes(world) {
        let (owner, other) = (world.company("Harrow").await, world.company("Other").await);
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let theirs = customer::create(&other, customer::named("Theirs")).await.unwrap().id;
        let (ours, foreign) = (begun(&owner, &mine).await, begun(&other, &theirs).await);
        let id = |begun: &pb::StartUploadResponse| begun.attachment_id[4..].to_owned();
        let changed = [
            ours.upload_path.replace(&id(&ours), &id(&foreign)),
            ours.upload_path.replace(&owner.org_id[4..], &other.org_id[4..]),
            foreign.upload_path.replace(&id(&foreign), &id(&ours)),
            ours.upload_path.replace(&format!("bytes={}", PNG.len()), &format!("bytes={}", PNG.len() + 1)),
            ours.upload_path.replace("expires=1", "expires=2"),
            ours.upload_path.split("&mark").next().unwrap().to_owned(),
            format!("{}00", ours.upload_path),
            "/uploads/".to_owned(),
        ];
        for path in changed {
            assert_ne!(path, ours.upload_path);
            assert_eq!(put(&world, &path, Put { chunked: true, ..PLAIN }, PNG).await, 403, "{path}");
        }
        let foreign_page = Put { headers: &[("origin", "http://evil.example")], ..PLAIN };
        assert_eq!(put(&world, &ours.upload_path, foreign_page, PNG).await, 403);
        let sibling = Put { headers: &[("sec-fetch-site", "same-site")], ..PLAIN };
        assert_eq!(put(&world, &ours.upload_path, sibling, PNG).await, 403);
        assert_eq!(put(&world, &ours.upload_path, Put { method: "POST", ..PLAIN }, PNG).await, 405);
        assert!(stored(&world).is_empty());

        let own_page = Put { headers: &[("origin", streamflow_tests::world::ORIGIN), ("sec-fetch-site", "same-origin")], ..PLAIN };
        assert_eq!(put(&world, &ours.upload_path, own_page, PNG).await, 204);
        // An answer may get lost on its way: the same file has it again, and nothing more is taken in for it.
        let replay: Vec<u8> = PNG.iter().map(|byte| byte ^ 1).collect();
        for (sender, body, status) in [
            (PLAIN, PNG, 204),
            (Put { chunked: true, ..PLAIN }, PNG, 204),
            (PLAIN, &replay[..], 409),
            (Put { chunked: true, ..PLAIN }, &[PNG, b"x"].concat()[..], 413),
            (Put { chunked: true, ..PLAIN }, &PNG[1..], 400),
        ] {
            assert_eq!(put(&world, &ours.upload_path, sender, body).await, status);
        }
        assert_eq!(restore(&owner, &ours.attachment_id).await.unwrap_err().code(), Code::NotFound);
        assert_eq!(stored(&world).len(), 1);
        let file = complete(&owner, &ours.attachment_id).await.unwrap();
        assert_eq!(put(&world, &ours.upload_path, PLAIN, &replay).await, 409);
        assert_eq!(put(&world, &ours.upload_path, PLAIN, PNG).await, 409, "it is completed");
        assert_eq!((download(&owner, &file.id).await.unwrap().as_slice(), stored(&world).len()), (PNG, 1));

        world.pass(TimeDelta::minutes(6));
        assert_eq!(put(&world, &foreign.upload_path, PLAIN, PNG).await, 403);
        assert_eq!(reason(&complete(&other, &foreign.attachment_id).await.unwrap_err()), "NOT_UPLOADED");
    }

    async fn what_is_too_long_too_short_or_broken_off_is_not_there(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let begun = begun(&owner, &mine).await;
        let chunked = Put { chunked: true, ..PLAIN };
        let longer = [PNG, b"x"].concat();
        for (sender, body, status) in [
            (PLAIN, &longer[..], 413),
            (chunked.clone(), &longer[..], 413),
            (PLAIN, &PNG[1..], 400),
            (chunked.clone(), &PNG[1..], 400),
            (chunked.clone(), &[], 400),
        ] {
            assert_eq!(put(&world, &begun.upload_path, sender, body).await, status);
        }
        let (to, path) = (world.address, begun.upload_path.clone());
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(to).unwrap();
            write!(stream, "PUT {path} HTTP/1.1\r\nhost: {to}\r\ncontent-length: {}\r\n\r\n", PNG.len()).unwrap();
            stream.write_all(&PNG[..PNG.len() / 2]).unwrap();
        })
        .await
        .unwrap();
        for _ in 0..2_000 {
            if stored(&world).is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(stored(&world).is_empty(), "something stays of what was broken off");
        assert_eq!(reason(&complete(&owner, &begun.attachment_id).await.unwrap_err()), "NOT_UPLOADED");
        assert_eq!(put(&world, &begun.upload_path, chunked, PNG).await, 204);
        complete(&owner, &begun.attachment_id).await.unwrap();
    }

    async fn one_sender_at_a_time_has_an_address(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let one = begun(&owner, &mine).await;
        let (to, path) = (world.address, one.upload_path.clone());
        let all = futures::future::join_all((0..4).map(|_| put(&world, &path, PLAIN, PNG))).await;
        assert_eq!((all, stored(&world).len()), (vec![204; 4], 1), "the same file four times is there once");
        complete(&owner, &one.attachment_id).await.unwrap();

        // Who has sent half of it is waited for; the next one comes in behind.
        let other = begun(&owner, &mine).await;
        let path = other.upload_path.clone();
        let mut first = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(to).unwrap();
            write!(stream, "PUT {path} HTTP/1.1\r\nhost: {to}\r\ncontent-length: {}\r\n\r\n", PNG.len()).unwrap();
            stream.write_all(&PNG[..PNG.len() / 2]).unwrap();
            stream
        })
        .await
        .unwrap();
        for _ in 0..2_000 {
            if stored(&world).len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let second = put(&world, &other.upload_path, PLAIN, PNG);
        let second = tokio::time::timeout(std::time::Duration::from_millis(300), second).await;
        assert!(second.is_err(), "two send one file at once: {second:?}");
        first.write_all(&PNG[PNG.len() / 2..]).unwrap();
        let mut answer = [0; 12];
        tokio::task::spawn_blocking(move || first.read_exact(&mut answer).map(|()| answer)).await.unwrap().unwrap();
        complete(&owner, &other.attachment_id).await.unwrap();
    }

    async fn content_must_be_what_was_said(world) {
        let owner = world.company("Harrow").await;
        let mine = customer::create(&owner, customer::named("Mine")).await.unwrap().id;
        let page = b"<!DOCTYPE html><script>alert(1)</script>";
        let binary = b"plain\0text";
        for (name, media_type, bytes) in
            [("a.png", "image/png", &page[..]), ("a.txt", "text/plain", page), ("a.csv", "text/csv", binary), ("a.docx", DOCX, b"PK\x03\x04zip")]
        {
            let begun = start(&owner, wanted(&mine, name, media_type, bytes)).await.unwrap();
            assert_eq!(put(&world, &begun.upload_path, PLAIN, bytes).await, 204);
            assert_eq!(fields(&complete(&owner, &begun.attachment_id).await.unwrap_err()), ["media_type"], "{name}");
        }
        let begun = begun(&owner, &mine).await;
        let damaged: Vec<u8> = PNG.iter().enumerate().map(|(at, byte)| if at == 20 { byte ^ 1 } else { *byte }).collect();
        assert_eq!(put(&world, &begun.upload_path, PLAIN, &damaged).await, 204);
        assert_eq!(fields(&complete(&owner, &begun.attachment_id).await.unwrap_err()), ["sha256"]);
        assert!(names(&owner, &mine).await.unwrap().is_empty());
        // Sent again as it is, it is taken.
        assert_eq!(put(&world, &begun.upload_path, PLAIN, PNG).await, 204);
        complete(&owner, &begun.attachment_id).await.unwrap();
        let csv = "Größe;Ort\r\n1;Köln\r\n".as_bytes();
        let begun = start(&owner, wanted(&mine, "Maße \u{1f600}.CSV", "text/csv", csv)).await.unwrap();
        assert_eq!(put(&world, &begun.upload_path, PLAIN, csv).await, 204);
        assert_eq!(complete(&owner, &begun.attachment_id).await.unwrap().name, "Maße \u{1f600}.CSV");
    }

    async fn an_upload_is_completed_once_by_whoever_began_it(world) {
        let owner = world.company("Harrow").await;
        let manager = owner.hire(&world, pb::Role::Manager, "").await;
        let mine = customer::create(&manager, customer::named("Mine")).await.unwrap().id;
        let request = wanted(&mine, "a.png", "image/png", PNG);
        let begin = async || service(&owner).start_upload(owner.once("key-0123456789abcdef", request.clone())).await.unwrap().into_inner();
        let begun = begin().await;
        assert_eq!(begin().await, begun, "a repetition begins another one");
        assert_eq!(put(&world, &begun.upload_path, PLAIN, PNG).await, 204);
        assert_eq!(complete(&manager, &begun.attachment_id).await.unwrap_err().code(), Code::NotFound);
        let both = futures::future::join_all((0..4).map(|_| complete(&owner, &begun.attachment_id))).await;
        for file in both {
            assert_eq!(file.unwrap().id, begun.attachment_id);
        }
        let added = timeline::told(&owner, CUSTOMER, &mine).await.into_iter().filter(|event| event.starts_with("file_added")).count();
        assert_eq!((names(&owner, &mine).await.unwrap().len(), added, stored(&world).len()), (1, 1, 1));
    }
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
