//! [`Together`]: looks sessions up for all requests that come at the same moment in one statement. Each is asked after its request came,
//! so nothing is older than if it had been asked alone; who comes while one statement runs, or soon after it began, is in the next.

use std::{mem, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sea_orm::{FromQueryResult, QueryResult};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};

use super::{Column, Database};
use crate::error::{Error, Result};

/// Tokens of one statement.
const MOST: usize = 100;
/// Statements begin so far apart: most of what one costs is the same for one token and for many, and who comes alone waits for nothing.
const APART: Duration = Duration::from_millis(1);
/// Longest that one may take: a server that is gone without a word would keep everybody waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// One statement's rows, and which is whose.
type Answer = Result<(Arc<Vec<QueryResult>>, Option<usize>), Arc<Error>>;

/// PostgreSQL only: a SQLite's statement costs no way.
#[derive(Clone, Debug)]
pub struct Together(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    sql: &'static str,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Somebody sends what waits here, and what comes meanwhile.
    led: bool,
    /// Begin of the last statement.
    began: Option<Instant>,
    asked: Vec<(Vec<u8>, oneshot::Sender<Answer>)>,
}

impl Together {
    /// `sql` takes the hashes of tokens as one array and gives rows that begin with the hash they were found by.
    pub fn new(database: Database, sql: &'static str) -> Self {
        Self(Arc::new(Inner { database, sql, waiting: Mutex::default() }))
    }

    /// The row of one token.
    pub async fn find<T: FromQueryResult>(&self, token_hash: Vec<u8>) -> Result<Option<T>> {
        let (answer, answered) = oneshot::channel();
        let leads = {
            let mut waiting = self.0.waiting.lock();
            waiting.asked.push((token_hash, answer));
            !mem::replace(&mut waiting.led, true)
        };
        if leads {
            let mut lead = Lead { together: self.clone(), is_over: false };
            if !lead.send().await {
                // Others wait already, and this one has its answer.
                tokio::spawn(async move { while !lead.send().await {} });
            }
        }
        let answer = answered.await.map_err(|_| Error::Unavailable("a look-up was given up".to_owned()))?;
        let (rows, at) = answer.map_err(|error| Error::Unavailable(format!("{error:?}")))?;
        Ok(at.and_then(|at| rows.get(at)).map(|row| T::from_query_result(row, "")).transpose()?)
    }

    /// Asks for what waits once it may.
    async fn send(&self) {
        let next = self.0.waiting.lock().began.map(|began| began + APART);
        if let Some(next) = next.filter(|next| *next > Instant::now()) {
            sleep_until(next).await;
        }
        let asked = {
            let mut waiting = self.0.waiting.lock();
            waiting.began = Some(Instant::now());
            let rest = waiting.asked.len().min(MOST);
            let rest = waiting.asked.split_off(rest);
            mem::replace(&mut waiting.asked, rest)
        };
        if asked.is_empty() {
            return;
        }
        let mut hashes: Vec<_> = asked.iter().map(|(hash, _)| hash.clone()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let found = timeout(PATIENCE, self.0.database.query_columns(self.0.sql, vec![Column::Bytes(hashes)])).await;
        let found = found.unwrap_or_else(|_| Err(Error::Unavailable("a look-up of sessions took too long".to_owned())));
        let found = found.and_then(|rows| Ok((keys(&rows)?, Arc::new(rows)))).map_err(Arc::new);
        for (hash, answer) in asked {
            let row = found.as_ref().map(|(keys, rows)| (Arc::clone(rows), keys.iter().position(|key| *key == hash)));
            let _ = answer.send(row.map_err(Arc::clone));
        }
    }
}

fn keys(rows: &[QueryResult]) -> Result<Vec<Vec<u8>>> {
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Whoever sends for all. Given up, those who wait are told so, and the next to come leads.
struct Lead {
    together: Together,
    is_over: bool,
}

impl Lead {
    /// Asks for what waits now. True when nobody came meanwhile.
    async fn send(&mut self) -> bool {
        self.together.send().await;
        let mut waiting = self.together.0.waiting.lock();
        self.is_over = waiting.asked.is_empty();
        waiting.led = !self.is_over;
        self.is_over
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if !self.is_over {
            let mut waiting = self.together.0.waiting.lock();
            *waiting = Waiting::default();
        }
    }
}
