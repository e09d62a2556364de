//! How a person looks at a list, and its form in the address, so that a link or a reload shows the same.

/// Text, filters, order, columns and saved view of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    /// What was typed in the search field.
    pub text: String,
    /// Field and value, in the order they were added.
    pub filters: Vec<(String, String)>,
    /// AIP-132: "updated_at desc". Empty for the list's own order.
    pub order_by: String,
    /// Ids of the columns shown; empty for the usual ones.
    pub columns: Vec<String>,
    /// Id of the saved view this began from.
    pub view: String,
}

const FILTER: &str = "f.";

impl ListState {
    pub fn filter(&self, field: &str) -> Option<&str> {
        self.filters.iter().find(|(known, _)| known == field).map(|(_, value)| &**value)
    }

    /// Sets one filter; an empty value removes it.
    pub fn set_filter(&mut self, field: &str, value: &str) {
        self.filters.retain(|(known, _)| known != field);
        if !value.is_empty() {
            self.filters.push((field.to_owned(), value.to_owned()));
        }
    }

    /// The part that says which rows there are and in which order.
    pub(super) fn asked(&self) -> Self {
        Self { columns: Vec::new(), view: String::new(), ..self.clone() }
    }

    /// Something narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty() || !self.filters.is_empty()
    }

    /// Field and direction of the order, where none is chosen of `usual`; `true` is descending.
    pub fn order_or<'a>(&'a self, usual: &'a str) -> Option<(&'a str, bool)> {
        let order_by = if self.order_by.is_empty() { usual } else { &self.order_by };
        let (field, direction) = order_by.split_once(' ').unwrap_or((order_by, ""));
        (!field.is_empty()).then_some((field, direction == "desc"))
    }

    /// Ascending first, then descending.
    pub fn toggle_order(&mut self, field: &str, usual: &str) {
        self.order_by = match self.order_or(usual) {
            Some((known, false)) if known == field => format!("{field} desc"),
            _ => field.to_owned(),
        };
    }

    /// "?q=…&f.owner_id=…&sort=…", or empty.
    pub fn to_query(&self) -> String {
        let mut parts = Vec::new();
        let mut push = |key: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{}={}", encode(key), encode(value)));
            }
        };
        push("view", &self.view);
        push("q", &self.text);
        for (field, value) in &self.filters {
            push(&format!("{FILTER}{field}"), value);
        }
        push("sort", &self.order_by);
        push("cols", &self.columns.join(","));
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    pub fn from_query(query: &str) -> Self {
        let mut state = Self::default();
        for (key, value) in pairs(query) {
            match &*key {
                "q" => state.text = value,
                "sort" => state.order_by = value,
                "view" => state.view = value,
                "cols" => state.columns = value.split(',').map(str::to_owned).collect(),
                _ => {
                    if let Some(field) = key.strip_prefix(FILTER) {
                        state.set_filter(field, &value);
                    }
                }
            }
        }
        state
    }
}

/// Keys and values of a query string, decoded.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(key), decode(value))
    })
}

/// One value of a query string.
pub fn query_value(query: &str, key: &str) -> Option<String> {
    pairs(query).find(|(known, _)| known == key).map(|(_, value)| value)
}

/// RFC 3986 percent-encoding of all but unreserved characters, the comma and the colon.
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~,:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_address() {
        let mut state = ListState {
            text: "müller & 100% +1".into(),
            order_by: "updated_at desc".into(),
            columns: vec!["name".into(), "city".into()],
            ..ListState::default()
        };
        state.set_filter("owner_id", "usr_1");
        state.set_filter("created_at", "2026-11-01..");
        assert_eq!(ListState::from_query(&state.to_query()), state);
        assert_eq!(ListState::default().to_query(), "");
    }

    #[test]
    fn setting_a_filter_again_replaces_it_and_empty_removes_it() {
        let mut state = ListState::default();
        state.set_filter("city", "Leeds");
        state.set_filter("city", "York");
        assert_eq!(state.filter("city"), Some("York"));
        state.set_filter("city", "");
        assert!(!state.is_narrowed());
    }

    #[test]
    fn other_columns_ask_for_no_other_rows() {
        let state = ListState { text: "bakery".into(), order_by: "name".into(), ..ListState::default() };
        let shown = ListState { columns: vec!["city".into()], view: "mine".into(), ..state.clone() };
        assert_eq!(shown.asked(), state);
    }

    #[test]
    fn a_second_press_on_a_head_turns_the_order_round() {
        let mut state = ListState::default();
        assert_eq!(state.order_or("updated_at desc"), Some(("updated_at", true)));
        state.toggle_order("name", "updated_at desc");
        assert_eq!(state.order_or("updated_at desc"), Some(("name", false)));
        state.toggle_order("name", "updated_at desc");
        assert_eq!(state.order_or("updated_at desc"), Some(("name", true)));
        state.toggle_order("city", "updated_at desc");
        assert_eq!(state.order_by, "city");
    }

    #[test]
    fn a_broken_address_is_read_as_far_as_it_goes() {
        assert_eq!(ListState::from_query("?q=%zz%4&f.&x").text, "%zz%4");
        assert_eq!(query_value("?next=%2Fspace%2Fa", "next").as_deref(), Some("/space/a"));
    }
}
