//! One import as its page holds it. Corrections are shown at once and sent in the order they were made; each answer says what the
//! whole file would become.

use std::collections::BTreeMap;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, ImportState, import_service_client::ImportServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::api::{act::Act, error::ApiError, use_api};

use super::{format_fields::Format, subject};

pub async fn fetch(import_id: String) -> Result<pb::GetImportResponse, ApiError> {
    let call = async |transport, request| ImportServiceClient::new(transport).get_import(request).await;
    use_api().read(pb::GetImportRequest { import_id }, call).await
}

/// What would become of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    pub create: i32,
    pub update: i32,
    pub unchanged: i32,
}

impl Outlook {
    /// Rows that can be imported as they are.
    pub const fn ready(self) -> i32 {
        self.create + self.update + self.unchanged
    }
}

/// Corrections that wait to be sent.
#[derive(Clone, Default)]
struct Waiting {
    fixes: BTreeMap<(i32, i32), String>,
    /// Row, and whether it is dropped.
    rows: BTreeMap<i32, bool>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.fixes.is_empty() && self.rows.is_empty()
    }

    fn into_request(self, import_id: String) -> pb::FixImportCellsRequest {
        let fix = |((row, column), value)| pb::CellFix { row, column, value };
        let rows = |dropped: bool| self.rows.iter().filter(|(_, now)| **now == dropped).map(|(row, _)| *row).collect();
        pb::FixImportCellsRequest {
            drop_rows: rows(true),
            keep_rows: rows(false),
            fixes: self.fixes.into_iter().map(fix).collect(),
            import_id,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Sheet {
    id: StoredValue<String>,
    pub import: RwSignal<Option<pb::Import>>,
    pub sample: RwSignal<Vec<pb::ImportRow>>,
    pub problem_rows: RwSignal<Vec<pb::ImportRow>>,
    /// None until the file was looked at as a whole.
    pub outlook: RwSignal<Option<Outlook>>,
    /// The import could not be read at all.
    pub unreadable: RwSignal<Option<ApiError>>,
    /// Something was refused; what the page shows is still true.
    pub refused: RwSignal<Option<ApiError>>,
    /// A person went back from the check to the columns.
    pub remapping: RwSignal<bool>,
    /// Corrected cells whose answer is on its way.
    pub sending: RwSignal<BTreeMap<(i32, i32), String>>,
    waiting: StoredValue<Waiting>,
    working: RwSignal<bool>,
}

impl Sheet {
    pub fn open(id: String) -> Self {
        let sheet = Self {
            id: StoredValue::new(id),
            import: RwSignal::new(None),
            sample: RwSignal::new(Vec::new()),
            problem_rows: RwSignal::new(Vec::new()),
            outlook: RwSignal::new(None),
            unreadable: RwSignal::new(None),
            refused: RwSignal::new(None),
            remapping: RwSignal::new(false),
            sending: RwSignal::new(BTreeMap::new()),
            waiting: StoredValue::new(Waiting::default()),
            working: RwSignal::new(false),
        };
        sheet.reload();
        sheet
    }

    pub fn id(self) -> String {
        self.id.get_value()
    }

    pub fn state(self) -> ImportState {
        self.import.with(|import| import.as_ref().map(pb::Import::state)).unwrap_or_default()
    }

    /// What its rows are.
    pub fn noun(self) -> subject::Noun {
        self.import.with(|import| subject::of(import.as_ref().unwrap_or(&pb::Import::default())))
    }

    /// Corrections are on their way.
    pub fn is_working(self) -> bool {
        self.working.get()
    }

    /// Reads the import again.
    pub fn reload(self) {
        spawn_local(self.read());
    }

    /// The same, told when it is here.
    pub async fn read(self) {
        let Some(id) = self.id.try_get_value() else { return };
        let answer = fetch(id).await;
        if self.is_gone() {
            return;
        }
        match answer {
            Ok(reply) => {
                let outlook = Outlook { create: reply.will_create, update: reply.will_update, unchanged: reply.unchanged };
                let in_review = reply.import.as_ref().is_some_and(|import| import.state() == ImportState::Review);
                self.show(in_review.then_some(outlook), reply.sample, reply.problem_rows);
                self.take(reply.import);
                self.unreadable.set(None);
            }
            Err(error) if self.import.with_untracked(Option::is_none) => self.unreadable.set(Some(error)),
            // The next look will tell; what is shown stays.
            Err(_) => {}
        }
    }

    /// Looks at the whole file with a mapping.
    pub async fn preview(self, act: &Act, request: pb::PreviewImportRequest) -> Result<(), ApiError> {
        let call = async |transport, request| ImportServiceClient::new(transport).preview_import(request).await;
        let reply = use_api().write(act, request, call).await?;
        if self.is_gone() {
            return Ok(());
        }
        let outlook = Outlook { create: reply.will_create, update: reply.will_update, unchanged: reply.unchanged };
        self.show(Some(outlook), reply.sample, reply.problem_rows);
        self.take(reply.import);
        Ok(())
    }

    /// Has the file read anew, with this delimiter and encoding.
    pub async fn set_format(self, (delimiter, encoding): Format) -> Result<(), ApiError> {
        let request = pb::SetImportFormatRequest { import_id: self.id(), delimiter, encoding };
        let call = async |transport, request| ImportServiceClient::new(transport).set_import_format(request).await;
        let reply = use_api().write(&Act::default(), request, call).await?;
        if !self.is_gone() {
            self.outlook.set(None);
            self.take(reply.import);
        }
        Ok(())
    }

    pub fn fix(self, row: i32, column: i32, value: String) {
        self.sending.update(|sending| {
            sending.insert((row, column), value.clone());
        });
        self.waiting.update_value(|waiting| {
            waiting.fixes.insert((row, column), value);
        });
        self.work();
    }

    pub fn drop_row(self, row: i32, dropped: bool) {
        for rows in [self.problem_rows, self.sample] {
            rows.update(|rows| rows.iter_mut().filter(|one| one.row == row).for_each(|one| one.dropped = dropped));
        }
        self.waiting.update_value(|waiting| {
            waiting.rows.insert(row, dropped);
        });
        self.work();
    }

    fn show(self, outlook: Option<Outlook>, sample: Vec<pb::ImportRow>, problem_rows: Vec<pb::ImportRow>) {
        self.outlook.set(outlook);
        self.sample.set(sample);
        self.problem_rows.set(problem_rows);
    }

    /// Takes the import of an answer; one without columns keeps those that are known.
    pub fn take(self, import: Option<pb::Import>) {
        self.import.update(|known| {
            let Some(mut import) = import else { return };
            if let Some(known) = known.as_mut().filter(|_| import.columns.is_empty()) {
                import.columns = std::mem::take(&mut known.columns);
            }
            *known = Some(import);
        });
    }

    /// Sends what waits, one answer at a time: the server keeps a correction only when nothing else changed meanwhile.
    fn work(self) {
        if self.working.get_untracked() {
            return;
        }
        self.working.set(true);
        spawn_local(async move {
            while let Some(waiting) = self.waiting.try_update_value(std::mem::take) {
                if waiting.is_empty() {
                    self.working.set(false);
                    return;
                }
                self.send(waiting).await;
            }
        });
    }

    async fn send(self, waiting: Waiting) {
        let cells: Vec<_> = waiting.fixes.keys().copied().collect();
        let request = waiting.into_request(self.id());
        let call = async |transport, request| ImportServiceClient::new(transport).fix_import_cells(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        if self.is_gone() {
            return;
        }
        match answer {
            Ok(reply) => {
                self.refused.set(None);
                let outlook = Outlook { create: reply.will_create, update: reply.will_update, unchanged: reply.unchanged };
                self.show(Some(outlook), reply.sample, reply.problem_rows);
                self.take(reply.import);
            }
            Err(error) => {
                self.refused.set(Some(error));
                self.reload();
            }
        }
        self.sending.update(|sending| sending.retain(|cell, _| !cells.contains(cell)));
    }

    fn is_gone(self) -> bool {
        self.working.try_get_untracked().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_of_one_cell_or_row_become_the_last_of_them() {
        let mut waiting = Waiting::default();
        assert!(waiting.is_empty());
        waiting.fixes.insert((2, 1), "old".into());
        waiting.fixes.insert((2, 1), "new".into());
        waiting.rows.insert(3, true);
        waiting.rows.insert(4, true);
        waiting.rows.insert(4, false);
        let request = waiting.into_request("imp_1".into());
        assert_eq!(request.fixes, [pb::CellFix { row: 2, column: 1, value: "new".into() }]);
        assert_eq!((request.drop_rows, request.keep_rows), (vec![3], vec![4]));
    }
}
