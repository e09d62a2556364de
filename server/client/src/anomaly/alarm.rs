//! Tells a company's owners of new anomalies: one notification each, however many there are.

use async_trait::async_trait;
use streamflow_kernel::{
    anomaly::{
        Alarm,
        rules::{Finding, Rule, Subject},
    },
    db::SystemDb,
    error::Result,
    feed::Actor,
    kernel::Kernel,
};
use uuid::Uuid;

use crate::{
    notification::news::{About, News, notify_in},
    user,
};

#[derive(Debug)]
pub struct Owners;

#[async_trait]
impl Alarm for Owners {
    async fn opened(&self, kernel: &Kernel, db: &SystemDb, org: Uuid, findings: &[&Finding]) -> Result<()> {
        let Some(first) = findings.first() else { return Ok(()) };
        let at = kernel.clock.now();
        let mut changes = Vec::new();
        for to in user::store::owners(db, org).await? {
            let news = News {
                id: kernel.ids.uuid(),
                to,
                about: About::Anomaly,
                title: title(first),
                body: more(findings.len() - 1),
                link: "anomalies".to_owned(),
                at,
            };
            changes.push(notify_in(db, org, news).await?);
        }
        let actor = Actor { id: None, name: String::new(), at };
        db.append_changes(org, &actor, &changes).await
    }
}

fn title(finding: &Finding) -> String {
    let who = match &finding.subject {
        Subject::Person(_) if !finding.name.is_empty() => finding.name.as_str(),
        Subject::Address(address) => address.as_str(),
        Subject::Person(_) | Subject::Everybody => "Somebody",
    };
    match finding.rule {
        Rule::GuessedAccount => format!("Many wrong passwords for the account of {who}"),
        Rule::PasswordSpray => format!("{who} fails to sign in with many accounts"),
        Rule::SignInWave => "Many accounts fail to sign in from many addresses".to_owned(),
        Rule::RateLimit => format!("{who} sends too many requests again and again"),
        Rule::CrossTenant => format!("{who} asks for records of other companies"),
        Rule::Refused => format!("{who} is refused again and again"),
    }
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => "One more anomaly was found at the same time.".to_owned(),
        many => format!("{many} more anomalies were found at the same time."),
    }
}
