//! Rows that stand in an order of the company's: the buttons that move one.

use leptos::prelude::*;
use web_kit::{
    button::IconButton,
    icon::{Glyph, glyphs},
};

/// Both buttons of a row, where it can move; a row that can't go down keeps the place, so that the buttons stand below each other. A
/// row that is not in `order` has none.
#[component]
pub fn Reorder(
    /// Ids of all that have a place, in order.
    order: Vec<String>,
    #[prop(into)] id: String,
    name: String,
    /// Hears the new order.
    #[prop(into)]
    on_move: Callback<Vec<String>>,
) -> impl IntoView {
    let (above, below) = (shifted(&order, &id, -1), shifted(&order, &id, 1));
    let is_placed = order.contains(&id);
    let gap = is_placed && below.is_none();
    let button = move |ids: Vec<String>, label: String, glyph: Glyph| {
        view! { <IconButton label glyph small=true on_click=move |_| on_move.run(ids.clone())/> }
    };
    view! {
        {above.map(|ids| button(ids, t!("Move {name} up", name), glyphs::ARROW_UP))}
        {below.map(|ids| button(ids, t!("Move {name} down", name), glyphs::ARROW_DOWN))}
        {gap.then(|| view! { <span class="list-gap"></span> })}
    }
    .into_any()
}

/// The order after one row went a place on; none where there is no such place.
fn shifted(order: &[String], id: &str, by: isize) -> Option<Vec<String>> {
    let at = order.iter().position(|known| known == id)?;
    let to = at.checked_add_signed(by).filter(|to| *to < order.len())?;
    let mut ids = order.to_vec();
    ids.swap(at, to);
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_moves_where_there_is_a_place() {
        let order: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        let after = |id, by| shifted(&order, id, by).map(|ids| ids.concat());
        assert_eq!(after("b", -1).as_deref(), Some("bac"));
        assert_eq!(after("b", 1).as_deref(), Some("acb"));
        assert_eq!((after("a", -1), after("c", 1), after("x", 1)), (None, None, None));
    }
}
