//! Files on their way, one after the other. What fails stays in the list, and can be sent again.

use std::{collections::HashMap, time::Duration};

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, attachment_service_client::AttachmentServiceClient};
use tonic::Code;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    browser, file,
    format::number,
    toast::use_toasts,
};
use web_sys::File;

use super::kinds;

/// Attempts at a beginning that has to wait for its minute.
const PATIENCE: u32 = 5;

/// How far a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Waiting,
    /// More files than a minute takes.
    Paused,
    Reading,
    /// Bytes on their way.
    Sending(i64),
    Checking,
    Failed {
        text: String,
        again: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    number: u32,
    record_id: String,
    pub name: String,
    pub size: i64,
    pub state: State,
}

/// Copy it freely.
#[derive(Clone, Copy)]
pub struct Queue {
    all: RwSignal<Vec<Outgoing>>,
    files: StoredValue<HashMap<u32, File>, LocalStorage>,
    last: StoredValue<u32>,
    is_sending: StoredValue<bool>,
    arrived: Callback<()>,
}

/// Why a file was not taken, and whether another attempt may succeed.
#[derive(Debug)]
struct Failure {
    text: String,
    again: bool,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let again = error.is_retryable() || error.outcome_is_unknown() || error.violation("sha256").is_some();
        Self { text: error.sentence(), again }
    }
}

fn again(text: &str) -> Failure {
    Failure { text: text.to_owned(), again: true }
}

fn never(text: &str) -> Failure {
    Failure { text: text.to_owned(), again: false }
}

impl Queue {
    /// `arrived` is called after each file.
    pub fn new(arrived: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            all: RwSignal::new(Vec::new()),
            files: StoredValue::new_local(HashMap::new()),
            last: StoredValue::new(0),
            is_sending: StoredValue::new(false),
            arrived: Callback::new(move |()| arrived()),
        }
    }

    /// Those for one record: a dialog that shows another one meanwhile goes on with these all the same.
    pub fn numbers(self, record_id: &str) -> Vec<u32> {
        self.all.with(|all| all.iter().filter(|one| one.record_id == record_id).map(|one| one.number).collect())
    }

    /// Something is on its way; what failed is not.
    pub fn is_busy(self) -> bool {
        self.all.with(|all| all.iter().any(|one| !matches!(one.state, State::Failed { .. })))
    }

    pub fn one(self, number: u32) -> Option<Outgoing> {
        self.all.with(|all| all.iter().find(|one| one.number == number).cloned())
    }

    pub fn take(self, record_id: &str, files: impl Iterator<Item = File>) {
        for file in files {
            let number = self.last.get_value() + 1;
            self.last.set_value(number);
            let (name, size) = (file.name(), file.size() as i64);
            self.files.update_value(|files| drop(files.insert(number, file)));
            let one = Outgoing { number, record_id: record_id.to_owned(), name, size, state: State::Waiting };
            self.all.update(|all| all.push(one));
        }
        self.go();
    }

    pub fn retry(self, number: u32) {
        self.note(number, State::Waiting);
        self.go();
    }

    pub fn forget(self, number: u32) {
        self.files.try_update_value(|files| files.remove(&number));
        self.all.try_update(|all| all.retain(|one| one.number != number));
    }

    fn note(self, number: u32, state: State) {
        self.all.try_update(|all| {
            if let Some(one) = all.iter_mut().find(|one| one.number == number) {
                one.state = state;
            }
        });
    }

    fn go(self) {
        if self.is_sending.try_get_value() != Some(false) {
            return;
        }
        let next = self.all.try_with_untracked(|all| all.iter().find(|one| one.state == State::Waiting).cloned());
        let Some(next) = next.flatten() else { return };
        self.is_sending.set_value(true);
        spawn_local(async move {
            let number = next.number;
            match self.send(next).await {
                Ok(name) => {
                    self.forget(number);
                    use_toasts().announce(t!("{name} added", name));
                    self.arrived.try_run(());
                }
                Err(Failure { text, again }) => self.note(number, State::Failed { text, again }),
            }
            self.is_sending.try_set_value(false);
            self.go();
        });
    }

    async fn send(self, one: Outgoing) -> Result<String, Failure> {
        let Outgoing { number, record_id, name, size, .. } = one;
        let file = self.files.try_with_value(|files| files.get(&number).cloned()).flatten();
        let file = file.ok_or_else(|| never(t!("The file is not there any more. Choose it again.")))?;
        let media_type = kinds::media_type(&name)
            .ok_or_else(|| never(t!("Files of this type can’t be added. Put it into a ZIP file if it is needed here.")))?;
        self.note(number, State::Reading);
        let sha256 = file::sha256(&file).await.ok_or_else(|| again(t!("The file could not be read.")))?;
        let request = pb::StartUploadRequest { record_id, file_name: name, size, media_type: media_type.to_owned(), sha256 };
        let begun = self.begin(number, request).await?;
        self.note(number, State::Sending(0));
        let sent = file::put(&begun.upload_path, &file, move |sent| self.note(number, State::Sending(sent as i64))).await;
        match sent {
            Some(204) => {}
            None => return Err(again(t!("The connection broke off. The file stays here until you send it again."))),
            Some(400 | 413) => return Err(again(t!("The file changed while it was sent."))),
            Some(_) => return Err(again(t!("The server did not take the file."))),
        }
        self.note(number, State::Checking);
        let request = pb::CompleteUploadRequest { attachment_id: begun.attachment_id };
        let call = async |transport, request| AttachmentServiceClient::new(transport).complete_upload(request).await;
        let reply = use_api().write(&Act::default(), request, call).await?;
        Ok(reply.attachment.unwrap_or_default().name)
    }

    /// A minute takes a few files only: the others wait for theirs.
    async fn begin(self, number: u32, request: pb::StartUploadRequest) -> Result<pb::StartUploadResponse, Failure> {
        for _ in 0..PATIENCE {
            let call = async |transport, request| AttachmentServiceClient::new(transport).start_upload(request).await;
            match use_api().write(&Act::default(), request.clone(), call).await {
                Err(error) if error.code == Code::ResourceExhausted => {
                    self.note(number, State::Paused);
                    let wait = error.retry_after.unwrap_or(Duration::from_secs(10)).as_millis();
                    browser::sleep_ms(u32::try_from(wait).unwrap_or(u32::MAX)).await;
                }
                answer => return Ok(answer?),
            }
        }
        Err(again(t!("Too many files were added of late. Try again in a minute.")))
    }
}

/// What is said of a file that is on its way.
pub fn words(state: &State, size: i64) -> String {
    match state {
        State::Waiting => t!("Waiting").to_owned(),
        State::Paused => t!("Waiting for the next minute").to_owned(),
        State::Reading => t!("Being read").to_owned(),
        State::Sending(sent) => t!("{sent} of {size}", sent = number::bytes((*sent).min(size)), size = number::bytes(size)),
        State::Checking => t!("Being checked").to_owned(),
        State::Failed { text, .. } => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_how_far_it_is() {
        assert_eq!(words(&State::Sending(1_500), 3_000), "1.5 kB of 3.0 kB");
        // Browsers count what surrounds the file, too.
        assert_eq!(words(&State::Sending(3_100), 3_000), "3.0 kB of 3.0 kB");
        assert_eq!(words(&State::Failed { text: "The file is empty.".into(), again: false }, 0), "The file is empty.");
    }

    #[test]
    fn only_what_may_succeed_is_offered_again() {
        assert!(Failure::from(ApiError::new(Code::Unavailable, "")).again);
        assert!(Failure::from(ApiError::invalid("sha256", "Damaged.")).again);
        assert!(!Failure::from(ApiError::invalid("size", "The file is larger than 25 MB.")).again);
    }
}
