//! Current / Yours / Original, field by field. Nothing is chosen for the person, and what merges by itself is listed.

use leptos::prelude::*;
use web_kit::{
    browser,
    button::{Button, Kind},
    dialog::Dialog,
    format::{self, capital},
    icon::{Icon, glyphs},
    keys::use_shortcut,
    timeline::{Diff, FieldChange},
};

use super::{Answers, Merged, Question, Side};
use crate::parts::{
    edit::{Edit, Record},
    field::label,
};

/// How a value is shown: path and text in, words out.
pub type Words = Callback<(String, String), String>;

#[component]
pub fn ConflictDialog<T: Record>(edit: Edit<T>, words: Words) -> impl IntoView {
    let open = RwSignal::new(false);
    let answers = RwSignal::new(Answers::new());
    Effect::new(move |_| {
        let asks = edit.conflict.with(Option::is_some);
        answers.set(Answers::new());
        open.set(asks);
    });
    let left = move || {
        let asked = edit.conflict.with(|conflict| conflict.as_ref().map_or(0, |one| one.questions(&T::fields()).len()));
        asked.saturating_sub(answers.with(Answers::len))
    };
    let refused = Signal::derive(move || {
        let left = left();
        (left > 0).then(|| n!(left as i64, "Choose for {count} more field first", "Choose for {count} more fields first"))
    });
    let take_all = move |side: Side| {
        edit.conflict.with_untracked(|conflict| {
            let questions = conflict.as_ref().map(|one| one.questions(&T::fields())).unwrap_or_default();
            answers.set(questions.into_iter().map(|question| (question.path, side)).collect());
        });
    };
    let save = move || {
        if refused.get_untracked().is_none() {
            answers.with_untracked(|answers| edit.save_merged(answers));
        }
    };
    let keep_editing = move || edit.keep_editing();
    let by = move || edit.conflict.with(|conflict| conflict.as_ref().map(|one| one.by.clone()).unwrap_or_default());
    let title =
        Signal::derive(move || t!("{by} saved this {one} while you were editing", by = somebody(&by()), one = t!(T::ONE)));
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::Ghost class="not-phone" on_click=move |_| take_all(Side::Current)>
                {move || t!("Take all of {by}", by = possessive(&by()))}
            </Button>
            <Button kind=Kind::Ghost class="not-phone" on_click=move |_| take_all(Side::Yours)>{t!("Take all of mine")}</Button>
            <span class="grow"></span>
            <Button on_click=move |_| keep_editing()>{t!("Keep editing")}</Button>
            <Button
                kind=Kind::Primary
                busy=edit.form.busy
                disabled_because=refused
                key_hint=t!("Ctrl Enter")
                on_click=move |_| save()
            >
                {t!("Save merged")}
            </Button>
        }
    });
    view! {
        <Dialog open title wide=true foot on_dismiss=move |()| keep_editing()>
            <div class="stack gap-4">
                <SaveKey save=move |()| save()/>
                {move || edit.conflict.get().map(|conflict| {
                    let questions = conflict.questions(&T::fields());
                    let merged = conflict.merged(&T::fields());
                    let lead = Lead {
                        when: format::ago(conflict.current.changed_at().as_ref()),
                        at: format::time(conflict.current.changed_at().as_ref()),
                        asked: questions.len(),
                    };
                    let times = [conflict.current.changed_at(), conflict.original.changed_at()]
                        .map(|at| format::time(at.as_ref()));
                    let by = conflict.by.clone();
                    view! {
                        <p class="row row-top conflict-lead">
                            <Icon glyph=glyphs::CODE_COMPARE/>
                            <span class="soft">{lead.sentence()}</span>
                        </p>
                        <Questions questions answers words by=by.clone() times/>
                        <MergedList merged words by/>
                    }
                })}
            </div>
        </Dialog>
    }
    .into_any()
}

/// Ctrl-Enter wherever the focus is, for as long as the question stands.
#[component]
fn SaveKey(#[prop(into)] save: Callback<()>) -> impl IntoView {
    use_shortcut("ctrl+enter", t!("Save merged"), move || save.run(()));
}

/// The sentence under the title.
struct Lead {
    when: String,
    at: String,
    asked: usize,
}

impl Lead {
    fn sentence(&self) -> String {
        let when = match (&*self.when, &*self.at) {
            ("", _) => String::new(),
            (when, at) => t!("{when}, at {at}. ", when = capital(when), at),
        };
        let asked = n!(
            self.asked as i64,
            "{count} field was changed by both of you. Choose per field; nothing is lost, both stay in the timeline.",
            "{count} fields were changed by both of you. Choose per field; nothing is lost, both stay in the timeline."
        );
        format!("{when}{asked}")
    }
}

#[component]
fn Questions(
    questions: Vec<Question>,
    answers: RwSignal<Answers>,
    words: Words,
    by: String,
    /// When the current and the original state were saved.
    times: [String; 2],
) -> impl IntoView {
    let [current_at, original_at] = times;
    let first = by.split_whitespace().next().unwrap_or_default().to_owned();
    let rows = questions
        .into_iter()
        .map(|question| {
            let path = question.path;
            let group = browser::uid("conflict");
            let said = move |text: String| {
                let text = words.run((path.to_owned(), text));
                if text.is_empty() { "empty".to_owned() } else { text }
            };
            let cell = |side: Side, text: String| {
                let on = move || answers.with(|answers| answers.get(path) == Some(&side));
                let group = group.clone();
                view! {
                    <td class:on=on>
                        <label class="check">
                            <input
                                type="radio"
                                name=group
                                prop:checked=on
                                on:change=move |_| answers.update(|answers| {
                                    answers.insert(path, side);
                                })
                            />
                            <span class="pre-line">{said(text)}</span>
                        </label>
                    </td>
                }
            };
            let current = cell(Side::Current, question.current);
            let yours = cell(Side::Yours, question.yours);
            view! {
                <tr>
                    <th scope="row">{label(path)}</th>
                    {current}
                    {yours}
                    <td class="muted pre-line">{said(question.original)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="conflict">
            <thead>
                <tr>
                    <th scope="col">{t!("Field")}</th>
                    <th scope="col">{t!("Current ")} <span class="muted">{format!("{first} {current_at}")}</span></th>
                    <th scope="col">{t!("Yours ")} <span class="muted">{t!("unsaved")}</span></th>
                    <th scope="col">{t!("Original ")} <span class="muted">{original_at}</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn MergedList(merged: Vec<Merged>, words: Words, by: String) -> impl IntoView {
    let count = n!(merged.len() as i64, "{count} field merges without a question", "{count} fields merge without a question");
    let theirs = possessive(&by);
    let items = merged
        .iter()
        .map(|one| {
            let shown = |text: &str| words.run((one.path.to_owned(), text.to_owned()));
            let change = FieldChange { field: label(one.path), before: shown(&one.before), after: shown(&one.after) };
            let whose = if one.whose == Side::Yours { t!("yours").to_owned() } else { theirs.clone() };
            view! { <li class="row"><Diff change/><span class="muted push">{whose}</span></li> }
        })
        .collect_view();
    (!merged.is_empty()).then(|| {
        view! {
            <details open class="merged">
                <summary class="row">
                    <span class="up"><Icon glyph=glyphs::CIRCLE_CHECK/></span>
                    <span class="medium">{count}</span>
                    <span class="muted">{t!("changed by one of you only")}</span>
                </summary>
                <ul class="stack gap-1">{items}</ul>
            </details>
        }
    })
}

fn somebody(by: &str) -> String {
    if by.is_empty() { t!("Somebody").to_owned() } else { by.to_owned() }
}

/// "Tom’s".
fn possessive(by: &str) -> String {
    match by.split_whitespace().next() {
        Some(first) if !by.contains(',') => t!("{first}’s", first),
        _ => t!("theirs").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_says_when_and_how_many() {
        let lead = Lead { when: "2 min ago".into(), at: "13:36".into(), asked: 2 };
        assert!(lead.sentence().starts_with("2 min ago, at 13:36. 2 fields were changed by both of you."));
        let lead = Lead { when: "just now".into(), at: "13:36".into(), asked: 1 };
        assert!(lead.sentence().starts_with("Just now, at 13:36. 1 field was"));
    }

    #[test]
    fn several_people_are_theirs() {
        assert_eq!(possessive("Tom Ashworth"), "Tom’s");
        assert_eq!(possessive("Tom Ashworth, Grace Okonkwo"), "theirs");
        assert_eq!(somebody(""), "Somebody");
    }
}
