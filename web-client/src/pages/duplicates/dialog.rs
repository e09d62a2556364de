//! Compares the records of one group field by field, as two edits of one record are compared, and merges them.

use std::collections::BTreeMap;

use leptos::prelude::*;
use streamflow_proto::client::v1 as pb;
use tonic::Code;
use web_kit::{
    browser,
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    form::{Form, FormState},
    load::{Load, Loaded},
};

use super::wire;
use crate::parts::{conflict::dialog::Words, field::label, noun::Noun};

/// Whose value each field gets, by path; what is not here gets its usual one.
type Choices = BTreeMap<String, String>;

#[component]
pub fn MergeDialog(
    noun: &'static Noun,
    words: Words,
    /// Opens it; None closes.
    comparing: RwSignal<Option<Vec<pb::Duplicate>>>,
    #[prop(into)] done: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(comparing.with(Option::is_some)));
    // Another group is another comparison, with nothing left of the one before.
    move || comparing.get().map(|records| view! { <Compare noun words open records comparing done/> })
}

#[component]
fn Compare(
    noun: &'static Noun,
    words: Words,
    open: RwSignal<bool>,
    records: Vec<pb::Duplicate>,
    comparing: RwSignal<Option<Vec<pb::Duplicate>>>,
    done: Callback<()>,
) -> impl IntoView {
    let form = FormState::new();
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    let survivor = RwSignal::new(ids.first().cloned().unwrap_or_default());
    let choices = RwSignal::new(Choices::new());
    let preview = Load::new(move || {
        let stays = survivor.get();
        let others = ids.iter().filter(|id| **id != stays).cloned().collect();
        wire::preview(noun, stays, others)
    });
    let close = move || comparing.set(None);
    let send = move || {
        let Some(shown) = preview.get_untracked() else {
            return;
        };
        let group = wire::group(&shown.records, choices.with_untracked(|choices| chosen(&shown, choices)));
        let act = form.act();
        let call = async move {
            let answer = wire::merge(&act, noun, vec![group]).await;
            // Somebody changed one of them: show it as it is now.
            if answer.as_ref().is_err_and(|error| error.code == Code::Aborted) {
                preview.reload();
            }
            answer
        };
        form.send(call, move |merges| {
            close();
            done.run(());
            wire::say_merged(noun, merges, done);
        });
    };
    let title = Signal::derive(move || t!("Merge {records}", records = noun.counted(records.len())));
    let refused = Signal::derive(move || preview.with(|shown| shown.is_none().then(|| t!("Wait for the comparison").to_owned())));
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy disabled_because=refused on_click=move |_| send()>{title}</Button>
        }
    });
    view! {
        <Dialog open title wide=true foot form>
            <Form state=form on_submit=move |()| send()>
                <Loaded load=preview what=t!("The comparison") let:shown>
                    <div class="stack gap-4">
                        <p class="soft">{moves(&shown)}</p>
                        <Comparison shown survivor choices words/>
                    </div>
                </Loaded>
            </Form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Comparison(
    shown: pb::PreviewMergeResponse,
    survivor: RwSignal<String>,
    choices: RwSignal<Choices>,
    words: Words,
) -> impl IntoView {
    let group = browser::uid("stays");
    let heads = shown.records.iter().map(|record| {
        let (id, picked) = (record.id.clone(), record.id.clone());
        view! {
            <th scope="col">
                <label class="check">
                    <input
                        type="radio"
                        name=group.clone()
                        prop:checked=move || survivor.with(|stays| *stays == id)
                        on:change=move |_| {
                            choices.set(Choices::new());
                            survivor.set(picked.clone());
                        }
                    />
                    <span>{record.name.clone()}" "<span class="muted stays-which">{record.subtitle.clone()}</span></span>
                </label>
            </th>
        }
    });
    let heads = heads.collect_view();
    let ids: Vec<String> = shown.records.iter().map(|record| record.id.clone()).collect();
    let rows = shown.fields.into_iter().map(|field| view! { <FieldRow field ids=ids.clone() choices words/> }).collect_view();
    let tags = (!shown.tags.is_empty()).then(|| {
        let width = ids.len().to_string();
        view! {
            <tr>
                <th scope="row">{t!("Tags")}</th>
                <td colspan=width>{shown.tags.join(", ")}" "<span class="muted">{t!("all of them")}</span></td>
            </tr>
        }
    });
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Comparison")>
            <table class="conflict is-even">
                <thead>
                    <tr>
                        <th scope="col">{t!("Stays")}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}{tags}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn FieldRow(field: pb::MergeField, ids: Vec<String>, choices: RwSignal<Choices>, words: Words) -> impl IntoView {
    let name = browser::uid("merge");
    let path = StoredValue::new(field.field.clone());
    let usual = StoredValue::new(field.usual_id);
    let cells = ids
        .into_iter()
        .zip(field.values)
        .map(|(id, value)| {
            let (own, picked) = (id.clone(), id);
            let on = move || choices.with(|choices| *choices.get(&path.get_value()).unwrap_or(&usual.get_value()) == own);
            let on = Signal::derive(on);
            let said = words.run((path.get_value(), value));
            let said = if said.is_empty() { "empty".to_owned() } else { said };
            view! {
                <td class:on=on>
                    <label class="check">
                        <input
                            type="radio"
                            name=name.clone()
                            prop:checked=on
                            on:change=move |_| choices.update(|choices| {
                                choices.insert(path.get_value(), picked.clone());
                            })
                        />
                        <span class="pre-line">{said}</span>
                    </label>
                </td>
            }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{label(&field.field)}</th>
            {cells}
        </tr>
    }
    .into_any()
}

/// A choice for each field that differs: what was shown is what is saved.
fn chosen(shown: &pb::PreviewMergeResponse, choices: &Choices) -> Vec<pb::MergeChoice> {
    let choice = |field: &pb::MergeField| pb::MergeChoice {
        field: field.field.clone(),
        from_id: choices.get(&field.field).unwrap_or(&field.usual_id).clone(),
    };
    shown.fields.iter().map(choice).collect()
}

/// What goes to the record that stays.
fn moves(shown: &pb::PreviewMergeResponse) -> String {
    let counts = [
        (shown.contacts, n!(shown.contacts.into(), "{count} contact", "{count} contacts")),
        (shown.leads, n!(shown.leads.into(), "{count} lead", "{count} leads")),
        (shown.tasks, n!(shown.tasks.into(), "{count} task", "{count} tasks")),
        (shown.notes, n!(shown.notes.into(), "{count} note", "{count} notes")),
    ];
    let parts: Vec<String> = counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    let moved = if parts.is_empty() { t!("Nothing moves").to_owned() } else { t!("{parts} move", parts = parts.join(", ")) };
    t!("{moved}. The others are archived, and lead to the one that stays. Choose per field what it keeps.", moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_what_is_saved() {
        let field = |field: &str| pb::MergeField { field: field.into(), usual_id: "cus_1".into(), ..Default::default() };
        let shown = pb::PreviewMergeResponse { fields: vec![field("name"), field("email")], ..Default::default() };
        let choices = Choices::from([("email".to_owned(), "cus_2".to_owned())]);
        let sent: Vec<_> = chosen(&shown, &choices).into_iter().map(|choice| choice.from_id).collect();
        assert_eq!(sent, ["cus_1", "cus_2"]);
    }

    #[test]
    fn what_moves_is_counted() {
        let shown = pb::PreviewMergeResponse { contacts: 2, notes: 1, ..Default::default() };
        assert!(moves(&shown).starts_with("2 contacts, 1 note move. "));
        assert!(moves(&pb::PreviewMergeResponse::default()).starts_with("Nothing moves. "));
    }
}
