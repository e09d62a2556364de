//! Who started an import's run or undo: it works with the sight and in the name of that person, who need not be the one who began it.

use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target, literal};

const RUN_BY: Column =
    Column::uuid("run_by", Internal, "Who started the run or the undo; whoever began the import when null.").null();

pub fn up(target: Target) -> Vec<String> {
    let mut statements = vec![format!("ALTER TABLE imports ADD COLUMN {}", RUN_BY.render(target.dialect))];
    if target.is_postgres() {
        let comment = literal(&RUN_BY.comment());
        statements.push(format!("COMMENT ON COLUMN imports.\"run_by\" IS {comment}"));
    }
    statements
}
