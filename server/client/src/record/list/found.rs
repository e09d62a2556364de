//! What is typed in a list's search box, read as the search of the whole company reads it: words in any order, digits of a
//! phone number however they are written, the beginning of a number or an external key.

use sea_orm::{
    ColumnTrait as _, Condition,
    sea_query::{Expr, ExprTrait as _, Query as Statement},
};
use streamflow_kernel::db::TenantDb;

use super::condition::{begins, contains};
use crate::{
    record::row::Record,
    search::{
        domain::Query,
        store::{Column, Entity},
    },
};

/// Records whose entry in the search index holds what was typed. Unlike the search itself it allows for no slips: a list shows
/// all that matches, and nothing that only nearly does.
pub fn found<E: Record>(tx: &TenantDb, typed: &str) -> Expr {
    let entries = Statement::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::OrgId.eq(tx.scope().org_id))
        .and_where(Column::Kind.eq(E::KIND.as_str()))
        .cond_where(holds(tx, &Query::parse(typed)))
        .take();
    Expr::col(E::ID.as_column_ref()).in_subquery(entries)
}

fn holds(tx: &TenantDb, query: &Query) -> Condition {
    let backend = tx.backend();
    let words = query.words().fold(Condition::all(), |all, word| all.add(contains(backend, Column::Text, word)));
    // What has no letter or digit is in no entry; a condition without a part would hold for each.
    let words = if query.text.is_empty() { words.add(Column::Id.is_null()) } else { words };
    let digits = query.digits.as_ref().map(|digits| contains(backend, Column::Digits, digits));
    // Without a digit a key is an e-mail address or a word, which the words find, or the mark that all ids begin with.
    let key = query.key.contains(|c: char| c.is_ascii_digit()).then(|| {
        let later = contains(backend, Column::Keys, &format!(" {}", query.key));
        let first = begins(backend, Column::Keys, &query.key);
        Condition::any().add(first).add(later)
    });
    Condition::any().add(words).add_option(digits).add_option(key)
}
