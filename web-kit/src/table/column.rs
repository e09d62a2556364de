//! What a column shows, how wide it is, and where it goes on a phone.

use std::sync::Arc;

use leptos::prelude::*;

type Cell<T> = Arc<dyn Fn(&T) -> AnyView + Send + Sync>;

/// One column. Build it with [`Column::new`] and the methods that follow.
pub struct Column<T> {
    pub id: &'static str,
    pub label: String,
    pub(super) cell: Cell<T>,
    /// Field the server can order by.
    pub(super) order: Option<&'static str>,
    numeric: bool,
    muted: bool,
    /// Pixels; None shares what is left.
    pub(super) width: Option<u16>,
    pub(super) phone: Option<&'static str>,
    hidden: bool,
}

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        Self { label: self.label.clone(), cell: self.cell.clone(), ..*self }
    }
}

impl<T> PartialEq for Column<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && Arc::ptr_eq(&self.cell, &other.cell)
    }
}

impl<T> Column<T> {
    pub fn new<V: IntoView + 'static>(
        id: &'static str,
        label: impl Into<String>,
        cell: impl Fn(&T) -> V + Send + Sync + 'static,
    ) -> Self {
        Self {
            id,
            label: label.into(),
            cell: Arc::new(move |row| cell(row).into_any()),
            order: None,
            numeric: false,
            muted: false,
            width: None,
            phone: None,
            hidden: false,
        }
    }

    /// The server can order by this field.
    pub fn sorted_by(mut self, field: &'static str) -> Self {
        self.order = Some(field);
        self
    }

    /// Right-aligned, tabular figures.
    pub fn numeric(mut self) -> Self {
        self.numeric = true;
        self
    }

    /// Secondary colour.
    pub fn soft(mut self) -> Self {
        self.muted = true;
        self
    }

    pub fn width(mut self, pixels: u16) -> Self {
        self.width = Some(pixels);
        self
    }

    /// Place on a phone's card: "a" top left, "b" top right, "c" and "d" below. The first column is "a" by itself.
    pub fn on_phone(mut self, place: &'static str) -> Self {
        self.phone = Some(place);
        self
    }

    /// Shown only when chosen.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub(super) fn class(&self) -> &'static str {
        match (self.numeric, self.muted) {
            (true, false) => "num",
            (true, true) => "num soft",
            (false, true) => "soft",
            (false, false) => "",
        }
    }
}

/// Ids and names of all columns but the first, for the chooser in the filter bar.
pub fn choosable<T>(columns: &[Column<T>]) -> Vec<(String, String)> {
    columns.iter().skip(1).map(|column| (column.id.to_owned(), column.label.clone())).collect()
}

/// Ids of the columns shown when none are chosen.
pub fn usual<T>(columns: &[Column<T>]) -> Vec<String> {
    columns.iter().skip(1).filter(|column| !column.hidden).map(|column| column.id.to_owned()).collect()
}

/// The first column always, then the chosen ones, or the usual ones when none are.
pub(super) fn shown<T>(all: &[Column<T>], chosen: &[String]) -> Vec<Column<T>> {
    let wanted = |column: &Column<T>| {
        if chosen.is_empty() { !column.hidden } else { chosen.iter().any(|id| id == column.id) }
    };
    all.iter().enumerate().filter(|(at, column)| *at == 0 || wanted(column)).map(|(_, column)| column.clone()).collect()
}

/// Pixels under which the table scrolls sideways instead of squeezing.
pub(super) fn least_width<T>(columns: &[Column<T>], selectable: bool) -> u32 {
    const FLEXIBLE: u32 = 140;
    let fixed: u32 = columns.iter().map(|column| column.width.map_or(FLEXIBLE, u32::from)).sum();
    fixed + if selectable { u32::from(CHECK_WIDTH) } else { 0 }
}

pub(super) const CHECK_WIDTH: u16 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column<u8>> {
        vec![
            Column::new("name", "Name", |_| ()),
            Column::new("city", "City", |_| ()).width(100),
            Column::new("note", "Note", |_| ()).hidden(),
        ]
    }

    fn ids(columns: &[Column<u8>]) -> Vec<&str> {
        columns.iter().map(|column| column.id).collect()
    }

    #[test]
    fn the_first_column_always_shows() {
        assert_eq!(ids(&shown(&columns(), &[])), ["name", "city"]);
        assert_eq!(ids(&shown(&columns(), &["note".into()])), ["name", "note"]);
        assert_eq!(usual(&columns()), ["city"]);
        assert_eq!(least_width(&columns()[..2], true), 280);
    }
}
