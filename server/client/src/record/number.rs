//! The short numbers people say aloud: "C-10482", "L-2041".

use sea_orm::FromQueryResult;
use streamflow_kernel::{
    db::TenantDb,
    error::{Error, Result},
};

use super::kind::Kind;

/// Where numbers begin, so that the first customer does not look like the first.
const fn first(kind: Kind) -> i64 {
    match kind {
        Kind::Customer => 10_001,
        Kind::Lead => 2_001,
        Kind::Contact => 1,
    }
}

#[derive(FromQueryResult)]
struct Last {
    value: i64,
}

/// Takes the next number of the company. Two at once get two: the counter's row is held until the commit.
pub async fn next(tx: &TenantDb, kind: Kind) -> Result<i64> {
    let sql = "INSERT INTO counters (org_id, name, value) VALUES ({org}, ?, ?) \
               ON CONFLICT (org_id, name) DO UPDATE SET value = counters.value + 1 RETURNING value";
    let rows: Vec<Last> = tx.query(sql, vec![kind.as_str().into(), first(kind).into()]).await?;
    rows.first().map(|row| row.value).ok_or_else(|| Error::internal("a counter gave no number"))
}

/// The number that people wrote, with its letter or without.
pub fn read(kind: Kind, text: &str) -> Option<i64> {
    let text = text.trim().to_uppercase();
    let letter = shown(kind, 0);
    let digits = text.strip_prefix(letter.trim_end_matches('0')).unwrap_or(&text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number > 0)
}

/// The number as people write it.
pub fn shown(kind: Kind, number: i64) -> String {
    let letter = if kind == Kind::Lead { 'L' } else { 'C' };
    format!("{letter}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (text, number) in
            [("L-2041", Some(2041)), (" l-7 ", Some(7)), ("2041", Some(2041)), ("C-1", None), ("L--1", None), ("0", None)]
        {
            assert_eq!(read(Kind::Lead, text), number, "{text}");
        }
        assert_eq!(read(Kind::Lead, &shown(Kind::Lead, 100)), Some(100));
    }
}
