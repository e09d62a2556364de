//! What wrong passwords and codes of an operators' portal are counted for, and until when nobody may try.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Desk, Operator, account_key};
use crate::{ctx::Ctx, error::Result, lockout::factor_key, rate_limit};

/// Most that are shown.
const MOST: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Wherever it is tried from.
    Account,
    AccountAtAddress,
    /// One that its person has signed in from before.
    Device,
    SecondFactor,
}

#[derive(Clone, Debug)]
pub struct Lockout {
    pub subject: Subject,
    /// Id and name; none where nobody has the account that was tried.
    pub person: Option<(Uuid, String)>,
    /// Empty where it is counted for all addresses together.
    pub address: String,
    pub failures: i64,
    pub last_failure_at: DateTime<Utc>,
    /// In the past where trying is free again.
    pub locked_until: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Row {
    key: String,
    failures: i64,
    last_failure: i64,
    locked_until: i64,
}

#[derive(FromQueryResult)]
struct Device {
    device_hash: Vec<u8>,
    user_id: Uuid,
}

/// What was guessed at within the last day, the newest first, and whether there is more.
pub async fn lockouts(ctx: &Ctx, desk: &Desk) -> Result<(Vec<Lockout>, bool)> {
    let db = ctx.system_read().await?;
    let sql = format!(
        "SELECT key, CAST(failures AS bigint) AS failures, last_failure, locked_until FROM lockouts WHERE last_failure > ? \
         ORDER BY last_failure DESC, key LIMIT {}",
        MOST + 1
    );
    let since = (ctx.now() - TimeDelta::seconds(rate_limit::MEMORY)).timestamp();
    let mut rows: Vec<Row> = db.query(&sql, vec![since.into()]).await?;
    let devices: Vec<Device> = db.query("SELECT device_hash, user_id FROM known_devices", vec![]).await?;
    drop(db);
    let capped = rows.len() > MOST;
    rows.truncate(MOST);
    let known = Known::new(desk.people.everybody().await?, &devices);
    Ok((rows.into_iter().filter_map(|row| known.lockout(row)).collect(), capped))
}

/// The portal's people by what guesses are counted for.
struct Known(HashMap<String, (Uuid, String)>);

impl Known {
    fn new(people: Vec<Operator>, devices: &[Device]) -> Self {
        let mut known = HashMap::new();
        for person in people {
            let who = (person.user_id, person.display_name);
            known.insert(account_key(&person.email), who.clone());
            known.insert(factor_key(person.user_id, None), who.clone());
            for device in devices.iter().filter(|device| device.user_id == person.user_id) {
                known.insert(format!("device:{}", HEXLOWER.encode(&device.device_hash)), who.clone());
                known.insert(factor_key(person.user_id, Some(&device.device_hash)), who.clone());
            }
        }
        Self(known)
    }

    /// None for what is counted for something else.
    fn lockout(&self, row: Row) -> Option<Lockout> {
        let (key, address) = row.key.split_once('@').unwrap_or((&row.key, ""));
        let subject = match (key.split_once(':')?.0, address) {
            ("operator", "") => Subject::Account,
            ("operator", _) => Subject::AccountAtAddress,
            ("device" | "factor-device", _) => Subject::Device,
            ("factor", _) => Subject::SecondFactor,
            _ => return None,
        };
        Some(Lockout {
            subject,
            person: self.0.get(key).cloned(),
            address: address.to_owned(),
            failures: row.failures,
            last_failure_at: DateTime::from_timestamp(row.last_failure, 0)?,
            locked_until: DateTime::from_timestamp(row.locked_until, 0)?,
        })
    }
}

/// Implements `LockoutService` of `$pb` for `$api`, which holds the portal's desk.
#[macro_export]
macro_rules! lockout_service {
    ($api:ident, $pb:path) => {
        use $pb as pb_lockout;

        #[tonic::async_trait]
        impl pb_lockout::lockout_service_server::LockoutService for $api {
            async fn list_lockouts(
                &self,
                request: tonic::Request<pb_lockout::ListLockoutsRequest>,
            ) -> Result<tonic::Response<pb_lockout::ListLockoutsResponse>, tonic::Status> {
                use $crate::operator::lockouts::{self, Lockout, Subject};

                let (ctx, _) = $crate::ctx::Ctx::enter(request)?;
                let (found, capped) = lockouts::lockouts(&ctx, &self.desk).await?;
                let into_pb = |one: Lockout| {
                    let subject = match one.subject {
                        Subject::Account => pb_lockout::LockoutSubject::Account,
                        Subject::AccountAtAddress => pb_lockout::LockoutSubject::AccountAtAddress,
                        Subject::Device => pb_lockout::LockoutSubject::Device,
                        Subject::SecondFactor => pb_lockout::LockoutSubject::SecondFactor,
                    };
                    let (person, name) = one.person.unzip();
                    pb_lockout::Lockout {
                        subject: subject.into(),
                        person_id: $crate::ids::format_option($crate::ids::prefix::USER, person),
                        person_name: name.unwrap_or_default(),
                        address: one.address,
                        failures: one.failures,
                        last_failure_at: $crate::clock::timestamp(one.last_failure_at),
                        locked_until: $crate::clock::timestamp(one.locked_until),
                    }
                };
                let lockouts = found.into_iter().map(into_pb).collect();
                let at = $crate::clock::timestamp(ctx.now());
                Ok(tonic::Response::new(pb_lockout::ListLockoutsResponse { lockouts, capped, at }))
            }
        }
    };
}
