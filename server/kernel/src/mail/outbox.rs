//! Mails as files, for machines without a mail server: development, tests, first steps.
//!
//! Readable text rather than MIME, because a person opens the file to follow its link.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;

use super::{Mail, MailError};
use crate::ids::random_bytes;

/// Makes the folder, for the owner only.
pub(super) fn prepare(dir: &Path) -> Result<(), MailError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| MailError::Settings(format!("the outbox folder can't be made: {error}")))
}

/// Returns the file. Its name begins with the time, so that the newest mail is the last by name.
pub(super) async fn write(dir: &Path, to: Mailbox, mail: Mail, now: DateTime<Utc>) -> Result<PathBuf, MailError> {
    let suffix = u64::from_be_bytes(random_bytes());
    let path = dir.join(format!("{}-{suffix:016x}.eml", now.format("%Y%m%dT%H%M%S%6f")));
    let text = format!(
        "To: {to}\nSubject: {}\nDate: {}\nContent-Type: text/plain; charset=utf-8\n\n{}",
        mail.subject,
        now.to_rfc2822(),
        mail.body
    );
    let file = path.clone();
    let written = tokio::task::spawn_blocking(move || write_whole(&file, &text)).await;
    written.map_err(io::Error::other).flatten().map_err(|error| MailError::Failed(error.to_string()))?;
    Ok(path)
}

/// A reader that watches the folder for `.eml` files never sees half a mail.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::super::{MailConfig, Mailer};
    use super::*;
    use crate::clock::FixedClock;

    #[tokio::test]
    async fn each_mail_becomes_a_private_readable_file_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("new/outbox");
        let clock = Arc::new(FixedClock::default());
        let mailer = Mailer::new(MailConfig::Outbox { dir: dir.clone() }, clock.clone()).unwrap();
        for subject in ["Erste", "Zweite"] {
            let mail = Mail { to: "anna@example.com".into(), subject: subject.into(), body: "Hallo Jörg\n".into() };
            mailer.send(mail).await.unwrap();
            clock.advance(TimeDelta::milliseconds(1));
        }

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        let mut files: Vec<_> = fs::read_dir(mailer.outbox().unwrap()).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let expected = "To: anna@example.com\nSubject: Erste\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\
                        Content-Type: text/plain; charset=utf-8\n\nHallo Jörg\n";
        assert_eq!(texts[0], expected);
        assert!(texts[1].contains("Subject: Zweite\n"), "{}", texts[1]);
        assert_eq!(texts.len(), 2);
        for file in &files {
            assert_eq!(mode(file), 0o600);
            assert_eq!(file.extension().unwrap(), "eml");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let config = MailConfig::Outbox { dir: file.join("outbox") };
        let error = Mailer::new(config, Arc::new(FixedClock::default())).unwrap_err();
        assert!(matches!(error, MailError::Settings(_)), "{error}");
    }
}
