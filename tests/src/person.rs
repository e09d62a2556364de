//! People of the tests: sessions, second factors, and calls in their name.

use std::time::Duration;

use chrono::TimeDelta;
use streamflow_kernel::{clock::Clock as _, totp};
use streamflow_proto::client::v1::{
    self as pb, account_service_client::AccountServiceClient, invitation_service_client::InvitationServiceClient,
    session_service_client::SessionServiceClient,
};
use tonic::{Request, metadata::AsciiMetadataValue, transport::Channel};

use crate::world::World;

/// Good enough for every role, with or without a second factor.
pub const PASSWORD: &str = "correct-horse-Battery-9-staple";

/// Somebody with a full session.
#[derive(Clone, Debug)]
pub struct Person {
    pub channel: Channel,
    pub token: String,
    pub user_id: String,
    pub org_id: String,
    pub email: String,
    pub role: String,
    pub secret: Option<Vec<u8>>,
}

/// A request as a native client of the client portal sends it.
pub fn request<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-streamflow-portal", AsciiMetadataValue::from_static("client"));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    request
}

impl Person {
    /// A request in this person's name.
    pub fn ask<T>(&self, message: T) -> Request<T> {
        request(message, Some(&self.token))
    }

    /// The same with an idempotency key.
    pub fn once<T>(&self, key: &str, message: T) -> Request<T> {
        let mut request = self.ask(message);
        request.metadata_mut().insert("idempotency-key", key.parse().expect("a key"));
        request
    }

    /// Signs in, enrolling an authenticator where the role must have one.
    pub async fn sign_in(world: &World, email: &str, password: &str) -> Self {
        let mut sessions = SessionServiceClient::new(world.channel.clone());
        let sign_in = pb::SignInRequest { email: email.into(), password: password.into(), return_token: true };
        let reply = sessions.sign_in(request(sign_in, None)).await.expect("a sign-in").into_inner();
        let mut person = Self {
            channel: world.channel.clone(),
            token: reply.token.clone(),
            user_id: String::new(),
            org_id: String::new(),
            email: email.to_owned(),
            role: String::new(),
            secret: None,
        };
        if reply.second_factor() == pb::SecondFactorState::EnrolmentNeeded {
            person.enrol(world, password).await;
        }
        let me = sessions.me(person.ask(pb::MeRequest {})).await.expect("me").into_inner();
        let user = me.user.expect("an identity");
        Self { user_id: user.id, org_id: user.org_id, role: user.roles.concat(), ..person }
    }

    async fn enrol(&mut self, world: &World, password: &str) {
        let mut accounts = AccountServiceClient::new(world.channel.clone());
        let enrol = pb::EnrolSecondFactorRequest { current_password: password.into(), ..Default::default() };
        let enrol = accounts.enrol_second_factor(self.ask(enrol)).await.expect("an enrolment");
        let secret = totp::from_base32(&enrol.into_inner().secret).expect("base32");
        let code = totp::code_at(&secret, world.clock.now()).expect("a code");
        let confirm = pb::ConfirmSecondFactorRequest { code, return_token: true };
        let confirmed = accounts.confirm_second_factor(self.ask(confirm)).await.expect("a confirmation").into_inner();
        self.token = confirmed.token;
        self.secret = Some(secret);
        // The step is used up; the next code is the next step's.
        world.pass(TimeDelta::seconds(31));
    }

    /// The current code of this person's authenticator.
    pub fn code(&self, world: &World) -> String {
        totp::code_at(self.secret.as_deref().expect("an authenticator"), world.clock.now()).expect("a code")
    }

    /// Invites somebody in a role and signs them in.
    pub async fn hire(&self, world: &World, role: pb::Role, team_id: &str) -> Self {
        let email =
            format!("{}-{}@example.com", role.as_str_name().to_lowercase().replace('_', "-"), uuid::Uuid::now_v7().simple());
        let mut invitations = InvitationServiceClient::new(world.channel.clone());
        let invite = pb::CreateInvitationRequest { email: email.clone(), role: role.into(), team_id: team_id.to_owned() };
        invitations.create_invitation(self.ask(invite)).await.expect("an invitation");
        let token = link_token(world, &email).await;
        let accept = pb::AcceptInvitationRequest {
            token,
            display_name: format!("Test {}", role.as_str_name()),
            password: PASSWORD.into(),
        };
        invitations.accept_invitation(request(accept, None)).await.expect("an accepted invitation");
        Self::sign_in(world, &email, PASSWORD).await
    }
}

/// The link token in the newest mail to somebody.
pub async fn link_token(world: &World, email: &str) -> String {
    for _ in 0..3_000 {
        let found = world.mails().into_iter().rev().find(|mail| mail.contains(email) && mail.contains("token="));
        if let Some(rest) = found.as_deref().and_then(|mail| mail.split("token=").nth(1)) {
            return rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail for {email}");
}
