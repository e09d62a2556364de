//! A client of the demo's own server: people with sessions, on a clock that the demo moves.

#![expect(clippy::disallowed_methods, reason = "demo passwords are made here")]

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use streamflow_client::{
    org::provision::{self, NewOrg, NewOwner},
    org_closing::domain::GRACE,
};
use streamflow_kernel::{
    clock::{Clock, FixedClock},
    kernel::Kernel,
    mail::{MailConfig, Mailer},
    server::{assets::NoAssets, connection, listeners::Listeners, proxies::TrustedProxies},
    totp,
};
use streamflow_migrations::System;
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, invitation_service_client::InvitationServiceClient,
    session_service_client::SessionServiceClient,
};
use tokio::{net::TcpListener, sync::watch};
use tonic::{Request, metadata::AsciiMetadataValue, transport::Channel};

use super::Account;
use crate::{config::Config, serve::Shared};

/// The demo's own client system on a port of its own: requests only. What runs beside them is the server's, whose clock goes on.
/// Stops when dropped.
pub struct Stage {
    pub channel: Channel,
    pub clock: Arc<FixedClock>,
    kernel: Arc<Kernel>,
    outbox: PathBuf,
    url: String,
    _stop: watch::Sender<bool>,
}

/// One person at work.
#[derive(Clone)]
pub struct Person {
    pub account: Account,
    pub user_id: String,
    secret: Option<Vec<u8>>,
    token: String,
    /// What they sit at.
    agent: &'static str,
}

/// Browsers that people of the demo use, so that their sessions look like real ones.
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
];

/// The same person always has the same one.
fn agent(email: &str) -> &'static str {
    AGENTS[email.bytes().map(usize::from).sum::<usize>() % AGENTS.len()]
}

impl Stage {
    /// Begins at `start`; mail goes to a folder whatever the configuration says: nobody outside is to get any.
    pub async fn open(config: &Config, shared: &Shared, start: DateTime<Utc>) -> anyhow::Result<Self> {
        let clock = Arc::new(FixedClock::at(start));
        // Of its own and empty: a link is found by its address, and an earlier demo's people had the same ones.
        let outbox = config.data.join("demo-outbox");
        if outbox.exists() {
            std::fs::remove_dir_all(&outbox)?;
        }
        let mailer = Mailer::new(MailConfig::Outbox { dir: outbox.clone() }, Arc::clone(&clock) as Arc<dyn Clock>)?;
        let stage = Shared {
            listeners: Listeners::default(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            mailer: Arc::new(mailer),
            passwords: shared.passwords.clone(),
            master_keys: Arc::clone(&shared.master_keys),
        };
        let kernel = stage.kernel(config, System::Client).await?;
        let site = streamflow_client::system::site(&kernel, GRACE, None, HashSet::new(), Arc::new(NoAssets), false);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let app = site.into_router().map_err(failed)?;
        tokio::spawn(connection::serve(listener, app, TrustedProxies::default(), stopping));
        let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
        Ok(Self { channel, clock, kernel, outbox, url: config.public_url(System::Client), _stop: stop })
    }

    pub fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// A request in a person's name.
    #[expect(clippy::unused_self, reason = "reads as the stage's")]
    pub fn request<T>(&self, person: &Person, message: T) -> Request<T> {
        with_headers(message, person.agent, Some(&person.token))
    }

    /// Makes a company, told by name, tenant id and industry, and signs its owner in, second factor and all.
    pub async fn found(&self, org: (&str, &str, &str), owner: (&str, &str), currency: &str) -> anyhow::Result<Person> {
        let (org, tenant_id, industry) = org;
        let password = password();
        let hash = self.kernel.passwords.hash(&password).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let new = NewOrg {
            name: org.to_owned(),
            tenant_id: tenant_id.to_owned(),
            time_zone: "Europe/London".to_owned(),
            currency_code: currency.to_owned(),
            industry: Some(industry.to_owned()),
            plan: String::new(),
            owner: NewOwner { email: owner.1.to_owned(), display_name: owner.0.to_owned(), password_hash: hash },
        };
        provision::create_org(&self.kernel, new).await.map_err(failed)?;
        self.person(org, owner.0, "OWNER", owner.1, password).await
    }

    /// Invites somebody, follows the link in the mail and signs them in.
    pub async fn hire(&self, by: &Person, name: &str, email: &str, role: pb::Role, team_id: &str) -> anyhow::Result<Person> {
        self.pass(TimeDelta::minutes(3));
        let invite = pb::CreateInvitationRequest { email: email.to_owned(), role: role.into(), team_id: team_id.to_owned() };
        let mut invitations = InvitationServiceClient::new(self.channel.clone());
        invitations.create_invitation(self.request(by, invite)).await?;
        let token = self.link_token(email).await?;
        let password = password();
        let accept = pb::AcceptInvitationRequest { token, display_name: name.to_owned(), password: password.clone() };
        invitations.accept_invitation(with_headers(accept, agent(email), None)).await?;
        self.person(&by.account.company, name, role.as_str_name().trim_start_matches("ROLE_"), email, password).await
    }

    /// A new session, as each working day begins.
    pub async fn sign_in(&self, person: &mut Person) -> anyhow::Result<()> {
        self.pass(TimeDelta::minutes(2));
        let mut sessions = SessionServiceClient::new(self.channel.clone());
        let (email, password) = (person.account.email.clone(), person.account.password.clone());
        let sign_in = pb::SignInRequest { email, password, return_token: true };
        let reply = sessions.sign_in(with_headers(sign_in, person.agent, None)).await?.into_inner();
        person.token.clone_from(&reply.token);
        if reply.second_factor() == pb::SecondFactorState::CodeNeeded {
            let secret = person.secret.as_deref().context("a second factor nobody enrolled")?;
            let code = totp::code_at(secret, self.clock.now()).context("a code")?;
            let verify = pb::VerifySecondFactorRequest { code, return_token: true };
            person.token = sessions.verify_second_factor(self.request(person, verify)).await?.into_inner().token;
        }
        Ok(())
    }

    async fn person(&self, company: &str, name: &str, role: &str, email: &str, password: String) -> anyhow::Result<Person> {
        let account = Account {
            portal: "client".to_owned(),
            url: self.url.clone(),
            company: company.to_owned(),
            name: name.to_owned(),
            role: role.to_owned(),
            email: email.to_owned(),
            password,
            totp_secret: None,
        };
        let agent = agent(email);
        let mut person = Person { account, user_id: String::new(), secret: None, token: String::new(), agent };
        self.sign_in(&mut person).await?;
        let mut sessions = SessionServiceClient::new(self.channel.clone());
        let me = sessions.me(self.request(&person, pb::MeRequest {})).await?.into_inner();
        if me.second_factor() == pb::SecondFactorState::EnrolmentNeeded {
            self.enrol(&mut person).await?;
        }
        person.user_id = me.user.map(|user| user.id).unwrap_or_default();
        Ok(person)
    }

    async fn enrol(&self, person: &mut Person) -> anyhow::Result<()> {
        let mut accounts = AccountServiceClient::new(self.channel.clone());
        let current_password = person.account.password.clone();
        let enrol = self.request(person, pb::EnrolSecondFactorRequest { current_password, ..Default::default() });
        let secret = accounts.enrol_second_factor(enrol).await?.into_inner().secret;
        let raw = totp::from_base32(&secret).context("a secret in base32")?;
        let code = totp::code_at(&raw, self.clock.now()).context("a code")?;
        let confirm = pb::ConfirmSecondFactorRequest { code, return_token: true };
        person.token = accounts.confirm_second_factor(self.request(person, confirm)).await?.into_inner().token;
        person.account.totp_secret = Some(secret);
        person.secret = Some(raw);
        Ok(())
    }

    /// The token in the newest mail to this person; the outbox delivers in the background.
    async fn link_token(&self, email: &str) -> anyhow::Result<String> {
        for _ in 0..200 {
            if let Some(token) = find_token(&self.outbox, email)? {
                return Ok(token);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        anyhow::bail!("no invitation for {email} arrived in {}", self.outbox.display())
    }
}

fn find_token(outbox: &std::path::Path, email: &str) -> anyhow::Result<Option<String>> {
    if !outbox.exists() {
        return Ok(None);
    }
    for entry in std::fs::read_dir(outbox)? {
        let Ok(text) = std::fs::read_to_string(entry?.path()) else { continue };
        if text.contains(email) {
            let token = text
                .split("token=")
                .nth(1)
                .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect());
            return Ok(token);
        }
    }
    Ok(None)
}

fn with_headers<T>(message: T, agent: &'static str, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("user-agent", AsciiMetadataValue::from_static(agent));
    request.metadata_mut().insert("x-streamflow-portal", AsciiMetadataValue::from_static("client"));
    if let Some(value) = token.and_then(|token| format!("Bearer {token}").parse().ok()) {
        request.metadata_mut().insert("authorization", value);
    }
    request
}

/// Four groups of letters and digits: 95 bits, easy to copy.
fn password() -> String {
    let mut rng = rand::rng();
    let mut group = || (0..4).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect::<String>();
    [group(), group(), group(), group()].join("-")
}

fn failed(error: streamflow_kernel::error::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
