//! When a task wants attention.

use streamflow_proto::client::v1 as pb;
use web_kit::format::date;

const DAY: i64 = 86_400;

/// Sections of a list of tasks, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Late,
    Today,
    Week,
    Later,
    Undated,
    Done,
}

impl Due {
    pub const ALL: [Self; 6] = [Self::Late, Self::Today, Self::Week, Self::Later, Self::Undated, Self::Done];

    /// `today` is midnight of the company's day, in civil seconds.
    pub fn of(task: &pb::Task, today: i64) -> Self {
        match date::parse_iso(&task.due_on) {
            _ if task.done_at.is_some() => Self::Done,
            None => Self::Undated,
            Some(on) if on < today => Self::Late,
            Some(on) if on == today => Self::Today,
            Some(on) if on < today + 7 * DAY => Self::Week,
            Some(_) => Self::Later,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Late => t!("Late"),
            Self::Today => t!("Today"),
            Self::Week => t!("Next 7 days"),
            Self::Later => t!("Later"),
            Self::Undated => t!("No date"),
            Self::Done => t!("Done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_stands_in_the_section_of_its_day() {
        let today = date::parse_iso("2026-11-20").expect("a date");
        let due = |due_on: &str| Due::of(&pb::Task { due_on: due_on.into(), ..pb::Task::default() }, today);
        assert_eq!(due("2026-11-19"), Due::Late);
        assert_eq!(due("2026-11-20"), Due::Today);
        assert_eq!(due("2026-11-26"), Due::Week);
        assert_eq!(due("2026-11-27"), Due::Later);
        assert_eq!(due(""), Due::Undated);
        let done = pb::Task { done_at: Some(prost_types::Timestamp::default()), ..pb::Task::default() };
        assert_eq!(Due::of(&done, today), Due::Done);
    }
}
