//! F4: from the loss of the provider system's database until Recovery Mode answers, and from its return until the portal is as usual.

use std::time::Duration;

use anyhow::Result;
use streamflow_kernel::{
    password::{Params, PasswordHasher},
    totp,
};
use streamflow_tests::{
    drill::{Database, File, wait_for_recovery},
    postgres::Cluster,
    process::Server,
};

use crate::{
    figures::milliseconds,
    options::Options,
    report::{Figure, Goal, Report},
};

const PATIENCE: Duration = Duration::from_secs(30);

pub async fn measure(options: &Options, on: &'static str, cluster: Option<&mut Cluster>, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let postgres = cluster.as_ref().map(|cluster| format!("{}/postgres", cluster.url));
    let mut server = Server::of("provider", folder.path(), postgres);
    server.program = Some(options.server.clone());
    server.set("PROVIDER_EMAIL", "breakglass@example.com");
    let hash = PasswordHasher::new(Params::BREAK_GLASS).hash("an-operators-Own-7-passphrase").await?;
    server.set("PROVIDER_PASSWORD_HASH", hash);
    server.set("PROVIDER_TOTP_SECRET", totp::to_base32(&totp::generate_secret()));
    server.migrate();
    server.start();
    let mut file = File(folder.path().join("provider.db"));
    let database: &mut dyn Database = match cluster {
        Some(cluster) => cluster,
        None => &mut file,
    };
    let channel = server.channel_at(2);
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        wait_for_recovery(&channel, false, PATIENCE).await;
        database.lose();
        entered.push(wait_for_recovery(&channel, true, PATIENCE).await);
        tokio::time::sleep(Duration::from_secs(2)).await;
        database.bring_back();
        left.push(wait_for_recovery(&channel, false, PATIENCE).await);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let figure = |what: &str, samples: &[Duration], goal| Figure {
        id: "F4",
        on,
        what: what.to_owned(),
        samples: milliseconds(samples),
        unit: "ms",
        goal,
    };
    let goal = Goal::AtMost { floor: 5_000.0, goal: 3_000.0 };
    report.add(figure("the database is gone → Recovery Mode", &entered, goal));
    let goal = Goal::AtMost { floor: 10_000.0, goal: 5_000.0 };
    report.add(figure("the database is back → the portal as usual", &left, goal));
    Ok(())
}
