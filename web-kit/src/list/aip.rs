//! Filters as the server reads them (AIP-160): clauses joined by AND, text in double quotes.

/// `field = "value"`.
pub fn eq(field: &str, value: &str) -> String {
    format!("{field} = {}", quoted(value))
}

/// `field : "value"`: has it, or contains it.
pub fn has(field: &str, value: &str) -> String {
    format!("{field} : {}", quoted(value))
}

/// `field >= "value"`.
pub fn from(field: &str, value: &str) -> String {
    format!("{field} >= {}", quoted(value))
}

/// `field <= "value"`.
pub fn until(field: &str, value: &str) -> String {
    format!("{field} <= {}", quoted(value))
}

/// Joins the clauses that are not empty.
pub fn and(clauses: impl IntoIterator<Item = String>) -> String {
    let clauses: Vec<_> = clauses.into_iter().filter(|clause| !clause.is_empty()).collect();
    clauses.join(" AND ")
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_can_not_end_their_quotes() {
        let filter = and([eq("name", r#"a" OR name = "b\"#), String::new(), from("created_at", "2026-11-01")]);
        assert_eq!(filter, r#"name = "a\" OR name = \"b\\" AND created_at >= "2026-11-01""#);
    }
}
