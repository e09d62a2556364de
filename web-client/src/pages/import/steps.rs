//! The five steps of an import, and where one stands.

use leptos::prelude::*;
use streamflow_proto::client::v1::ImportState;
use web_kit::icon::{Icon, glyphs};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Upload,
    Map,
    Check,
    Run,
    Done,
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Upload, Self::Map, Self::Check, Self::Run, Self::Done];

    /// `remapping` is set while a person goes back from the check to the columns. `total_rows` tells a file that could not
    /// be read from a run that broke off.
    pub fn of(state: ImportState, total_rows: i32, remapping: bool) -> Self {
        match state {
            ImportState::Failed if total_rows == 0 => Self::Upload,
            ImportState::Uploading | ImportState::Unspecified => Self::Upload,
            ImportState::Mapping => Self::Map,
            ImportState::Review if remapping => Self::Map,
            ImportState::Review => Self::Check,
            ImportState::Running => Self::Run,
            ImportState::Done | ImportState::Failed | ImportState::Undoing | ImportState::Undone => Self::Done,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Upload => t!("Upload"),
            Self::Map => t!("Map columns"),
            Self::Check => t!("Check"),
            Self::Run => t!("Run"),
            Self::Done => t!("Done"),
        }
    }
}

/// The line of steps; on phones only the present one has its name.
#[component]
pub fn Steps(#[prop(into)] now: Signal<Step>) -> impl IntoView {
    let items = move || {
        let now = now.get();
        Step::ALL
            .into_iter()
            .enumerate()
            .map(|(at, step)| {
                let done = step < now || (step == now && step == Step::Done);
                let mark = if done { view! { <Icon glyph=glyphs::CHECK/> }.into_any() } else { (at + 1).into_any() };
                view! {
                    <li class=if done { "is-done" } else { "" } aria-current=(step == now).then_some("step")>
                        <b>{mark}</b>
                        <span class="step-name">{step.title()}</span>
                        {done.then(|| view! { <span class="sr-only">{t!(", done")}</span> })}
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ol class="steps" aria-label=t!("Steps of this import")>{items}</ol> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_follows_the_state() {
        assert_eq!(Step::of(ImportState::Uploading, 0, false), Step::Upload);
        assert_eq!(Step::of(ImportState::Failed, 0, false), Step::Upload);
        assert_eq!(Step::of(ImportState::Failed, 91, false), Step::Done);
        assert_eq!(Step::of(ImportState::Review, 91, false), Step::Check);
        assert_eq!(Step::of(ImportState::Review, 91, true), Step::Map);
        assert_eq!(Step::of(ImportState::Undone, 91, true), Step::Done);
    }
}
