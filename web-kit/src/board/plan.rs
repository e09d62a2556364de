//! Where a card may go, as plain numbers.

/// Lane and place in it, from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub lane: usize,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
    Left,
    Right,
}

/// The place one step on. A held card may also go behind the last one of a lane.
pub(super) fn step(sizes: &[usize], from: Place, toward: Step, holding: bool) -> Place {
    let last_lane = sizes.len().saturating_sub(1);
    let mut to = from;
    match toward {
        Step::Up => to.at = from.at.saturating_sub(1),
        Step::Down => to.at += 1,
        Step::Left => to.lane = from.lane.saturating_sub(1),
        Step::Right => to.lane = (from.lane + 1).min(last_lane),
    }
    let size = sizes.get(to.lane).copied().unwrap_or_default();
    to.at = to.at.min(if holding { size } else { size.saturating_sub(1) });
    to
}

/// Neighbours of a card at its new place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub from_lane: usize,
    pub after: Option<String>,
    pub before: Option<String>,
}

/// None when the card is unknown or would stay where it is.
pub(super) fn placed(lanes: &[Vec<String>], card: &str, to: Place) -> Option<Placed> {
    let (from_lane, from_at) =
        lanes.iter().enumerate().find_map(|(lane, cards)| cards.iter().position(|one| one == card).map(|at| (lane, at)))?;
    if from_lane == to.lane && (to.at == from_at || to.at == from_at + 1) {
        return None;
    }
    let target = lanes.get(to.lane)?;
    let other = |one: &&String| *one != card;
    let (head, tail) = target.split_at(to.at.min(target.len()));
    Some(Placed { from_lane, after: head.iter().rev().find(other).cloned(), before: tail.iter().find(other).cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> Vec<Vec<String>> {
        [&["a", "b", "c"][..], &["d"], &[]].map(|lane| lane.iter().map(|&card| card.into()).collect()).to_vec()
    }

    fn at(lane: usize, at: usize) -> Place {
        Place { lane, at }
    }

    #[test]
    fn a_card_knows_its_new_neighbours() {
        let put = |card, to| placed(&lanes(), card, to).map(|placed| (placed.after, placed.before));
        assert_eq!(put("a", at(1, 0)), Some((None, Some("d".into()))));
        assert_eq!(put("a", at(1, 1)), Some((Some("d".into()), None)));
        assert_eq!(put("a", at(0, 3)), Some((Some("c".into()), None)));
        assert_eq!(put("a", at(0, 2)), Some((Some("b".into()), Some("c".into()))));
        assert_eq!(put("d", at(2, 0)), Some((None, None)));
    }

    #[test]
    fn staying_is_no_move() {
        assert_eq!(placed(&lanes(), "b", at(0, 1)), None);
        assert_eq!(placed(&lanes(), "b", at(0, 2)), None);
        assert_eq!(placed(&lanes(), "x", at(0, 2)), None);
    }

    #[test]
    fn steps_stay_on_the_board() {
        let sizes = [3, 1, 0];
        assert_eq!(step(&sizes, at(0, 2), Step::Down, false), at(0, 2));
        assert_eq!(step(&sizes, at(0, 2), Step::Down, true), at(0, 3));
        assert_eq!(step(&sizes, at(0, 2), Step::Right, false), at(1, 0));
        assert_eq!(step(&sizes, at(1, 0), Step::Right, true), at(2, 0));
        assert_eq!(step(&[], at(0, 0), Step::Right, false), at(0, 0));
    }
}
