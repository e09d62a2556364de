//! The mirror of the provider portal's settings in a bucket: written by the command, sealed, and read by a server without a database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::get,
};

use streamflow_kernel::crypto::MasterKeys;
use streamflow_proto::provider::v1::{self as pb, setting_service_client::SettingServiceClient, setting_value::Value};
use streamflow_provider::setting::mirror::Mirror;
use streamflow_tests::operator::request;

use super::{Database as _, Drill, File, PASSWORD, SPACE};

#[derive(Clone, Default)]
struct Bucket {
    objects: Arc<Mutex<HashMap<String, Bytes>>>,
}

/// Whoever writes or reads has to have signed with the key that the bucket knows.
fn is_signed(headers: &HeaderMap) -> bool {
    let line = headers.get("authorization").and_then(|line| line.to_str().ok()).unwrap_or_default();
    line.starts_with("AWS4-HMAC-SHA256 Credential=the-key/") && line.contains("Signature=")
}

async fn put(
    State(bucket): State<Bucket>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    let etag = [("etag", "\"1\"")];
    if !is_signed(&headers) {
        return (StatusCode::FORBIDDEN, etag);
    }
    bucket.objects.lock().unwrap().insert(uri.path().to_owned(), body);
    (StatusCode::OK, etag)
}

async fn give(
    State(bucket): State<Bucket>,
    uri: Uri,
    headers: HeaderMap,
) -> (StatusCode, [(&'static str, &'static str); 2], Bytes) {
    let about = [("etag", "\"1\""), ("last-modified", "Fri, 27 Nov 2026 09:00:00 GMT")];
    let found = bucket.objects.lock().unwrap().get(uri.path()).cloned().filter(|_| is_signed(&headers));
    found.map_or((StatusCode::NOT_FOUND, about, Bytes::new()), |body| (StatusCode::OK, about, body))
}

/// Which of the mirrored settings one reads of in there.
fn settings_named(bytes: &[u8]) -> [bool; 2] {
    let text = String::from_utf8_lossy(bytes);
    ["sign_in.networks", "sign_in.viewers"].map(|key| text.contains(key))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mirror_goes_to_a_bucket_and_comes_back() {
    let bucket = Bucket::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/{*path}", get(give).put(put)).with_state(bucket.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let folder = tempfile::tempdir().unwrap();
    let mut drill = Drill::start(folder.path(), None).await;
    let server = &mut drill.server;
    server.set("STREAMFLOW_MIRROR_URL", "s3://mirrors/of/provider");
    let aws = [("ENDPOINT", &*endpoint), ("REGION", "eu-west-1"), ("ALLOW_HTTP", "true"), ("ACCESS_KEY_ID", "the-key")];
    for (name, value) in aws {
        server.set(&format!("AWS_{name}"), value);
    }
    server.set("AWS_SECRET_ACCESS_KEY", "a secret of the test");
    let (is_written, words) = tokio::task::block_in_place(|| server.run(&["ops", "mirror"]));
    assert!(is_written && words.contains(" settings mirrored to s3://mirrors/of/provider"), "{words}");
    let written = bucket.objects.lock().unwrap().clone();
    let sealed = written.get("/mirrors/of/provider/settings.sealed").unwrap_or_else(|| panic!("{written:?}"));
    assert_eq!(settings_named(sealed), [false, false], "the mirror is sealed");
    // Unsealed they are all there to be read.
    let masters = MasterKeys::load_or_create(&folder.path().join("master.key")).unwrap();
    let opened = Mirror::open(&masters, sealed).unwrap();
    assert_eq!(settings_named(&serde_json::to_vec(&opened).unwrap()), [true, true], "{opened:?}");

    drill.server.kill();
    let mut file = File(folder.path().join("provider.db"));
    file.lose();
    drill.server.begin();
    drill.wait_for_recovery(true, Duration::from_secs(15)).await;
    let floor = chrono::Utc::now().timestamp() / 30;
    let code = drill.fresh_code(floor).await;
    let token = drill.enter(PASSWORD, code).await.unwrap();
    let view = drill.view(&token).await.unwrap();
    assert!(view.mirror.is_some(), "{view:?}");
    file.bring_back();

    drill.server.set("AWS_ACCESS_KEY_ID", "another-key");
    let (is_written, words) = tokio::task::block_in_place(|| drill.server.run(&["ops", "mirror"]));
    assert!(!is_written && words.contains("the mirror can't be written"), "{words}");
}

impl Drill {
    /// Keys of settings that Recovery Mode would have otherwise, and whether this server read a mirror.
    async fn behind(&self, token: &str) -> (Vec<String>, bool) {
        let ask = request(SPACE, pb::ListSettingsRequest {}, Some(token));
        let list = SettingServiceClient::new(self.channel.clone()).list_settings(ask).await.unwrap().into_inner();
        let differing = list.settings.into_iter().filter(|setting| setting.mirror_differs).map(|setting| setting.key);
        (differing.collect(), list.mirror_written_at.is_some())
    }

    async fn set(&self, token: &str, key: &str, value: Value) {
        let value = Some(pb::SettingValue { value: Some(value) });
        let ask = pb::UpdateSettingRequest { key: key.to_owned(), value, version: 0 };
        SettingServiceClient::new(self.channel.clone()).update_setting(request(SPACE, ask, Some(token))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_say_where_the_mirror_is_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut drill = Drill::start(folder.path(), None).await;
    let token = drill.sign_in().await.unwrap();
    assert_eq!(drill.behind(&token).await, (vec![], false));
    drill.set(&token, "sign_in.viewers", Value::Flag(false)).await;
    assert_eq!(drill.behind(&token).await, (vec!["sign_in.viewers".to_owned()], false));
    let (is_written, words) = tokio::task::block_in_place(|| drill.server.run(&["ops", "mirror"]));
    assert!(is_written, "{words}");
    assert_eq!(drill.behind(&token).await, (vec!["sign_in.viewers".to_owned()], false), "it reads the mirror when it starts");

    tokio::task::block_in_place(|| drill.server.stop());
    tokio::task::block_in_place(|| drill.server.start());
    drill.wait_for_recovery(false, Duration::from_secs(15)).await;
    assert_eq!(drill.behind(&token).await, (vec![], true), "the session goes on");
    let here = pb::NetworkList { networks: vec!["127.0.0.0/8".to_owned()] };
    drill.set(&token, "sign_in.networks", Value::Networks(here)).await;
    assert_eq!(drill.behind(&token).await, (vec!["sign_in.networks".to_owned()], true));
}
