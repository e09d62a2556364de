//! Sending mail: by SMTP, or into a folder where no mail server is configured.
//!
//! Mails carry links that sign people in, so neither way logs a body or a whole address, and a plain-text
//! SMTP connection is accepted to the machine itself only.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::clock::Clock;

mod outbox;

const SMTP_TIMEOUT: Duration = Duration::from_secs(20);
/// RFC 5322 lets a line have 998 characters, and no subject of ours comes near.
const MAX_SUBJECT: usize = 300;

#[derive(Clone)]
pub enum MailConfig {
    /// `smtps://user:password@host` or `smtp://user:password@host?tls=required`; `from` as `Name <address>`.
    Smtp { url: String, from: String },
    /// Each mail becomes a file here, readable by the owner only.
    Outbox { dir: PathBuf },
}

/// A mail of plain text to one person.
#[derive(Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the mail settings can't be used: {0}")]
    Settings(String),
    /// Trying again will not help.
    #[error("the mail can't be sent as it is: {0}")]
    Invalid(&'static str),
    /// The server refused for good.
    #[error("the mail server refused the mail: {0}")]
    Refused(String),
    /// Worth another try.
    #[error("the mail could not be handed over: {0}")]
    Failed(String),
}

pub struct Mailer {
    way: Way,
    clock: Arc<dyn Clock>,
}

enum Way {
    Smtp { transport: AsyncSmtpTransport<Tokio1Executor>, from: Mailbox },
    Outbox { dir: PathBuf },
}

impl Mailer {
    /// Checks the settings without connecting: a mail server that is away must not keep this one from
    /// starting. To be made, and dropped, inside the tokio runtime: the connection pool lives on it.
    pub fn new(config: MailConfig, clock: Arc<dyn Clock>) -> Result<Self, MailError> {
        let way = match config {
            MailConfig::Smtp { url, from } => smtp(&url, &from)?,
            MailConfig::Outbox { dir } => {
                outbox::prepare(&dir)?;
                Way::Outbox { dir }
            }
        };
        Ok(Self { way, clock })
    }

    /// Returns when the mail server, or the disk, has taken the mail.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let to = recipient(&mail.to)?;
        check_subject(&mail.subject)?;
        let (subject, domain) = (mail.subject.clone(), to.email.domain().to_owned());
        match &self.way {
            Way::Smtp { transport, from } => {
                let message = self.message(from, to, mail)?;
                transport.send(message).await.map_err(|error| smtp_error(&error))?;
            }
            Way::Outbox { dir } => {
                let file = outbox::write(dir, to, mail, self.clock.now()).await?;
                // Under the program's own name: who waits for a mail looks for it here.
                tracing::info!(target: "streamflow", subject, file = %file.display(), "mail kept in the outbox");
                return Ok(());
            }
        }
        tracing::info!(subject, domain, "mail sent");
        Ok(())
    }

    /// The folder mails go to, when they do; for the start-up message and for tests.
    pub fn outbox(&self) -> Option<&Path> {
        match &self.way {
            Way::Outbox { dir } => Some(dir),
            Way::Smtp { .. } => None,
        }
    }

    fn message(&self, from: &Mailbox, to: Mailbox, mail: Mail) -> Result<Message, MailError> {
        Message::builder()
            .from(from.clone())
            .to(to)
            .subject(mail.subject)
            .date(self.clock.now().into())
            .message_id(None)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body)
            .map_err(|_| MailError::Invalid("it could not be put together"))
    }
}

fn smtp(url: &str, from: &str) -> Result<Way, MailError> {
    let settings = |reason: &str| MailError::Settings(reason.to_owned());
    let from = from.parse().map_err(|_| settings("the sender is not a mail address"))?;
    if !is_encrypted_or_local(url) {
        return Err(settings("use smtps://…, or smtp://…?tls=required; plain smtp:// is for localhost only"));
    }
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        // The cause may repeat the address, which holds the password.
        .map_err(|_| settings("the address of the mail server can't be read"))?
        .timeout(Some(SMTP_TIMEOUT))
        .build();
    Ok(Way::Smtp { transport, from })
}

fn is_encrypted_or_local(url: &str) -> bool {
    if url.starts_with("smtps://") || url.ends_with("?tls=required") || url.ends_with("&tls=required") {
        return true;
    }
    let rest = url.strip_prefix("smtp://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    host == "localhost" || host == "127.0.0.1"
}

fn smtp_error(error: &lettre::transport::smtp::Error) -> MailError {
    if error.is_permanent() { MailError::Refused(error.to_string()) } else { MailError::Failed(error.to_string()) }
}

/// A bare address without a name: names come from people and need quoting rules nobody wants to rely on.
fn recipient(address: &str) -> Result<Mailbox, MailError> {
    let address = address.parse().map_err(|_| MailError::Invalid("the recipient is not a mail address"))?;
    Ok(Mailbox::new(None, address))
}

/// A line break in a subject would begin a header of the sender's choice.
fn check_subject(subject: &str) -> Result<(), MailError> {
    let separator = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if subject.chars().any(separator) {
        return Err(MailError::Invalid("the subject has control characters"));
    }
    if subject.trim().is_empty() || subject.chars().count() > MAX_SUBJECT {
        return Err(MailError::Invalid("the subject is empty or too long"));
    }
    Ok(())
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Smtp { from, .. } => f.debug_struct("Smtp").field("from", from).finish_non_exhaustive(),
            Way::Outbox { dir } => f.debug_struct("Outbox").field("dir", dir).finish(),
        }
    }
}

impl fmt::Debug for Mail {
    /// Without the body, which holds the link.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = crate::telemetry::mask_email(&self.to);
        f.debug_struct("Mail").field("to", &to).field("subject", &self.subject).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;

    fn mail(to: &str, subject: &str) -> Mail {
        Mail { to: to.into(), subject: subject.into(), body: "Hallo\nhttps://x/secret-link\n".into() }
    }

    fn mailer(config: MailConfig) -> Result<Mailer, MailError> {
        Mailer::new(config, Arc::new(FixedClock::default()))
    }

    #[tokio::test]
    async fn a_connection_that_could_be_read_on_the_way_is_refused() {
        let smtp = |url: &str| mailer(MailConfig::Smtp { url: url.into(), from: "A <a@example.com>".into() });
        for url in [
            "smtps://user:pa%40ss@mail.example.com",
            "smtp://user:pass@mail.example.com:587?tls=required",
            "smtp://localhost:1025",
            "smtp://127.0.0.1:1025",
        ] {
            assert!(smtp(url).is_ok(), "{url}");
        }
        for url in [
            "smtp://mail.example.com",
            "smtp://user:pass@mail.example.com:587",
            "smtp://mail.example.com?tls=opportunistic",
            "smtp://localhost@mail.example.com",
            "smtp://localhost.example.com",
            "smtp://mail.example.com/localhost",
            "http://localhost",
            "",
        ] {
            let error = smtp(url).unwrap_err().to_string();
            assert!(!error.contains("pass"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_sender_must_be_an_address() {
        let config = MailConfig::Smtp { url: "smtps://mail.example.com".into(), from: "nobody".into() };
        assert!(matches!(mailer(config), Err(MailError::Settings(_))));
    }

    #[tokio::test]
    async fn a_mail_that_would_smuggle_headers_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = mailer(MailConfig::Outbox { dir: folder.path().into() }).unwrap();
        for (to, subject) in [
            ("anna@example.com\r\nBcc: eve@example.com", "Hi"),
            ("anna@example.com, eve@example.com", "Hi"),
            ("Anna <anna@example.com>", "Hi"),
            ("anna", "Hi"),
            ("", "Hi"),
            ("anna@example.com", "Hi\r\nBcc: eve@example.com"),
            ("anna@example.com", "Hi\nBcc: eve@example.com"),
            ("anna@example.com", "Hi\u{2028}there"),
            ("anna@example.com", " "),
        ] {
            let sent = mailer.send(mail(to, subject)).await;
            assert!(matches!(sent, Err(MailError::Invalid(_))), "{to:?} {subject:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn neither_link_nor_address_shows_in_logs() {
        let shown = format!("{:?}", mail("anna@example.com", "Hi"));
        assert_eq!(shown, r#"Mail { to: "a…@example.com", subject: "Hi", .. }"#);
    }

    #[tokio::test]
    async fn an_smtp_message_has_its_headers_and_its_text() {
        let mailer = mailer(MailConfig::Smtp { url: "smtps://x.example".into(), from: "SF <sf@x.example>".into() }).unwrap();
        let Way::Smtp { from, .. } = &mailer.way else { panic!("not SMTP") };
        let to = recipient("anna@example.com").unwrap();
        let message = mailer.message(from, to, mail("anna@example.com", "Grüße")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: SF <sf@x.example>\r\n",
            "To: anna@example.com\r\n",
            "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n",
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "https://x/secret-link",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
