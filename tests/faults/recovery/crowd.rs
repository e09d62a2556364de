//! Whoever keeps the database busy does not get the way of the emergency account opened: no load is a loss.

use std::time::Instant;

use tokio::task::JoinSet;

use super::*;

/// More than twice as long as a loss takes to be noticed.
pub const LOOKED_FOR: Duration = Duration::from_secs(8);

/// Somebody who is nobody here tries to sign in.
pub async fn knock(channel: Channel, name: String) -> Result<(), Status> {
    let ask = pb::SignInRequest { email: format!("{name}@example.com"), password: PASSWORD.into(), return_token: true };
    SessionServiceClient::new(channel).sign_in(request(SPACE, ask, None)).await.map(drop)
}

/// As the operations port tells it, which needs no database.
pub fn is_entered(drill: &Drill) -> bool {
    let (status, metrics) = drill.server.get(0, "/metrics");
    assert_eq!(status, 200);
    metrics.lines().any(|line| line.starts_with("recovery_mode{") && line.ends_with(" 1"))
}

pub async fn watch(drill: &Drill, since: Instant) {
    while since.elapsed() < LOOKED_FOR {
        assert!(!is_entered(drill), "Recovery Mode after {:?}", since.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Nothing happened.
pub async fn is_as_before(drill: &Drill, usual: &str) {
    assert!(!drill.is_in_recovery().await);
    drill.overview(usual).await.unwrap();
    let records = drill.audit(usual).await;
    assert!(!records.iter().any(|record| record.path.contains("recovery.")), "{records:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_busy_is_no_loss() {
    let folder = tempfile::tempdir().unwrap();
    let mut drill = Drill::start(folder.path(), None).await;
    let usual = drill.sign_in().await.unwrap();
    let since = Instant::now();
    let mut crowd = JoinSet::new();
    for n in 0..48 {
        let (channel, usual) = (drill.channel.clone(), usual.clone());
        crowd.spawn(async move {
            let mut answers = 0;
            while since.elapsed() < LOOKED_FOR {
                let ask = request(SPACE, pb::GetOverviewRequest { days: 30 }, Some(&usual));
                let answer = OverviewServiceClient::new(channel.clone()).get_overview(ask).await;
                answers += u32::from(answer.is_ok());
                answers += u32::from(knock(channel.clone(), format!("stranger-{n}-{answers}")).await.is_err());
            }
            answers
        });
    }
    watch(&drill, since).await;
    let answers: u32 = crowd.join_all().await.into_iter().sum();
    println!("{answers} answers in {LOOKED_FOR:?}");
    is_as_before(&drill, &usual).await;
    drill.server.stop();
}
