//! What the local audits of all processes hold, and what came of it in the database.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, Statement};
use streamflow_kernel::db::connect::sqlite_writer;
use streamflow_tests::postgres::superuser;

/// Records by path, without what is before its last slash, and outcome.
#[derive(Debug)]
pub struct Counts(BTreeMap<(String, String), usize>);

impl Counts {
    pub fn of(&self, path: &str, outcome: &str) -> usize {
        self.0.get(&(path.to_owned(), outcome.to_owned())).copied().unwrap_or_default()
    }
}

/// Where the database of the provider system is.
pub enum Place {
    Postgres(String),
    File(PathBuf),
}

impl Place {
    pub async fn connect(&self) -> DatabaseConnection {
        match self {
            Self::Postgres(url) => superuser(url).await,
            Self::File(path) => sqlite_writer(path).await.unwrap(),
        }
    }

    /// Waits until the files are complete and the database has what they have; then compares one by one.
    pub async fn has_all_once(&self, data: &Path, is_complete: impl Fn(&Counts) -> bool) -> Counts {
        let db = self.connect().await;
        for _ in 0..100 {
            let recorded = recorded(data);
            if is_complete(&counted(&recorded)) && moved(&db, &recorded).await.len() >= recorded.len() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let recorded = recorded(data);
        assert_eq!(moved(&db, &recorded).await, recorded.keys().cloned().collect::<Vec<_>>(), "of {recorded:#?}");
        db.close().await.unwrap();
        counted(&recorded)
    }
}

fn counted(recorded: &BTreeMap<String, (String, String)>) -> Counts {
    let mut counts = BTreeMap::new();
    for (path, outcome) in recorded.values() {
        let name = path.rsplit('/').next().unwrap().to_owned();
        *counts.entry((name, outcome.clone())).or_default() += 1;
    }
    Counts(counts)
}

/// Path and outcome by id. Fails where lines were taken for altered, and where two files hold one record.
fn recorded(data: &Path) -> BTreeMap<String, (String, String)> {
    let list = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut found = BTreeMap::new();
    for file in list(&data.join("recovery")).iter().filter(|path| path.is_dir()).flat_map(|place| list(place)) {
        let name = file.file_name().unwrap().to_string_lossy();
        assert!(!name.starts_with("damaged"), "{} was put aside", file.display());
        let text = if name.ends_with(".jsonl") { std::fs::read_to_string(&file).unwrap() } else { String::new() };
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(record) = line.get("record") else { continue };
            let text = |name: &str| record[name].as_str().unwrap().to_owned();
            let before = found.insert(text("id").replace('-', ""), (text("path"), text("outcome")));
            assert!(before.is_none(), "{record} is in two files");
        }
    }
    found
}

#[derive(FromQueryResult)]
struct Moved {
    id: String,
    path: String,
}

impl Moved {
    /// Whether nothing but Recovery Mode records it. Refusals of other RPCs are recorded at other times too.
    fn is_of_recovery(&self) -> bool {
        self.path.starts_with("recovery.") || self.path.ends_with("/EnterRecovery") || self.path.ends_with("/GetRecoveryView")
    }
}

/// Ids of what Recovery Mode recorded, as often as they are in the database.
async fn moved(db: &DatabaseConnection, recorded: &BTreeMap<String, (String, String)>) -> Vec<String> {
    let (id, table) = match db.get_database_backend() {
        DbBackend::Postgres => ("replace(id::text, '-', '')", "provider.audit"),
        _ => ("lower(hex(id))", "audit"),
    };
    let sql = format!("SELECT {id} AS id, path FROM {table} ORDER BY 1");
    let rows = Moved::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).all(db).await.unwrap();
    rows.into_iter().filter(|row| recorded.contains_key(&row.id) || row.is_of_recovery()).map(|row| row.id).collect()
}
