//! Third step: what would happen, and what is wrong with which cell. Nothing is written yet.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, import_service_client::ImportServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    browser,
    button::{Button, Kind},
    error_panel::ErrorNote,
    field::Choice,
    format::number,
    icon::{Icon, glyphs},
    keys::use_shortcut,
};

use super::{
    grid::Grid,
    groups::{self, Group},
    sheet::Sheet,
};

/// What the grid shows and where the person is in it.
#[derive(Clone, Copy)]
pub struct Look {
    /// "problems" or "first".
    pub tab: RwSignal<String>,
    /// Only rows with a problem in this column.
    pub only: RwSignal<Option<i32>>,
    /// Row and column of the open cell; column −1 is the row itself.
    pub editing: RwSignal<Option<(i32, i32)>>,
}

impl Look {
    /// Opens the next cell with a problem.
    pub fn next(self, sheet: Sheet) {
        self.tab.set("problems".to_owned());
        self.only.set(None);
        let next = sheet.problem_rows.with_untracked(|rows| groups::next_problem(rows, self.editing.get_untracked()));
        self.editing.set(next);
    }
}

#[component]
pub fn CheckStep(sheet: Sheet) -> impl IntoView {
    let troubled = sheet.problem_rows.with_untracked(|rows| !rows.is_empty());
    let look = Look {
        tab: RwSignal::new(if troubled { "problems" } else { "first" }.to_owned()),
        only: RwSignal::new(None),
        editing: RwSignal::new(None),
    };
    // With nothing left to mend, what is about to be written is worth looking at.
    Effect::new(move |was: Option<bool>| {
        let is_clean = sheet.problem_rows.with(Vec::is_empty);
        if is_clean && was == Some(false) {
            look.tab.set("first".to_owned());
        }
        is_clean
    });
    use_shortcut("f8", t!("Next problem"), move || look.next(sheet));
    let rows = Memo::new(move |_| {
        if look.tab.get() == "first" {
            return sheet.sample.get();
        }
        let only = look.only.get();
        let wanted = |row: &pb::ImportRow| only.is_none_or(|column| row.problems.iter().any(|one| one.column == column));
        sheet.problem_rows.with(|rows| rows.iter().filter(|row| wanted(row)).cloned().collect())
    });
    view! {
        <div class="import-step">
            <div class="imp">
                <aside class="imp-side" aria-label=t!("Problems") tabindex="0"><Problems sheet look/></aside>
                <div class="imp-main">
                    <div class="imp-bar">
                        <RowTabs sheet look/>
                        <span class="push t-12 muted row gap-1 not-phone">
                            <kbd class="kbd">"F8"</kbd>{t!("next problem")}<kbd class="kbd">{t!("Enter")}</kbd>{t!("accept")}
                            <kbd class="kbd">{t!("Del")}</kbd>{t!("empty the cell")}
                        </span>
                    </div>
                    {move || sheet.refused.get().map(|error| view! { <ErrorNote error/> })}
                    <Grid sheet look rows/>
                </div>
            </div>
            <Foot sheet/>
        </div>
    }
    .into_any()
}

#[component]
fn RowTabs(sheet: Sheet, look: Look) -> impl IntoView {
    let tabs = [
        (Choice::new("problems", t!("With problems")), Signal::derive(move || problem_count(sheet))),
        (Choice::new("first", t!("First rows")), Signal::derive(move || sheet.sample.with(Vec::len) as i32)),
    ];
    let buttons = tabs
        .into_iter()
        .map(|(choice, count)| {
            let value = StoredValue::new(choice.value);
            let on = move || value.with_value(|value| look.tab.with(|tab| tab == value));
            view! {
                <button
                    type="button"
                    aria-pressed=move || if on() { "true" } else { "false" }
                    on:click=move |_| {
                        look.editing.set(None);
                        look.tab.set(value.get_value());
                    }
                >
                    {choice.label}
                    <span class="count">{move || number::count(count.get().into())}</span>
                </button>
            }
        })
        .collect_view();
    view! { <div class="segmented" role="group" aria-label=t!("Rows shown")>{buttons}</div> }
}

fn problem_count(sheet: Sheet) -> i32 {
    sheet.import.with(|import| import.as_ref().map_or(0, |import| import.problem_count))
}

#[component]
fn Problems(sheet: Sheet, look: Look) -> impl IntoView {
    let groups = Memo::new(move |_| {
        sheet.problem_rows.with(|rows| {
            let columns = sheet.import.with(|import| import.as_ref().map(|import| import.columns.clone()));
            groups::groups(sheet.noun().subject, rows, &columns.unwrap_or_default())
        })
    });
    let likely = Memo::new(move |_| sheet.problem_rows.with(|rows| groups::likely_fixes(rows).len()));
    let apply = move |_| {
        look.editing.set(None);
        let fixes = sheet.problem_rows.with_untracked(|rows| groups::likely_fixes(rows));
        for fix in fixes {
            sheet.fix(fix.row, fix.column, fix.value);
        }
    };
    let shown = move || sheet.problem_rows.with(|rows| rows.iter().filter(|row| !row.dropped).count());
    let cells = move || groups.with(|all| all.iter().map(|group| group.count).sum::<usize>());
    let more = move || {
        let all = problem_count(sheet);
        (i32::try_from(shown()).is_ok_and(|shown| all > shown)).then(|| {
            t!(
                "The first {shown} of {all} rows are shown; as these are settled, more follow.",
                shown = shown(),
                all = number::count(all.into())
            )
        })
    };
    view! {
        <div class="row row-between imp-side-head">
            <h2 class="section-label">{t!("Problems")}</h2>
            <span class="count">
                {move || match cells() {
                    0 => t!("none").to_owned(),
                    cells => t!("{cells} in {shown}", cells = n!(cells as i64, "{count} cell", "{count} cells"), shown = n!(shown() as i64, "{count} row", "{count} rows")),
                }}
            </span>
        </div>
        <ul class="stack gap-1">
            <For each=move || groups.get() key=|group| (group.column, group.count, group.fixable, group.message.clone()) let:group>
                <li><Issue group look/></li>
            </For>
        </ul>
        {move || more().map(|text| view! { <p class="imp-more muted t-12">{text}</p> })}
        <hr class="rule imp-rule"/>
        <div class="stack gap-3 imp-side-foot">
            <Show when=move || likely.get() != 0>
                <Button block=true glyph=glyphs::WAND_MAGIC_SPARKLES on_click=apply>
                    {move || n!(likely.get() as i64, "Apply {count} likely fix", "Apply {count} likely fixes")}
                </Button>
            </Show>
            <div class="note">
                <Icon glyph=glyphs::ROTATE_LEFT/>
                <span>{move || t!("The whole import can be undone, added and updated {many} alike, except what people changed since.", many = t!(sheet.noun().many))}</span>
            </div>
        </div>
    }
}

#[component]
fn Issue(group: Group, look: Look) -> impl IntoView {
    let column = group.column;
    let on = move || look.only.get() == Some(column) && look.tab.get() == "problems";
    let press = move |_| {
        look.editing.set(None);
        let only = if on() { None } else { Some(column) };
        look.tab.set("problems".to_owned());
        look.only.set(only);
        browser::reveal_soon(".cell-bad.is-wanted");
    };
    let hint = match group.fixable {
        0 => t!("Fix by hand").to_owned(),
        many => n!(many as i64, "{count} has a likely fix", "{count} have a likely fix"),
    };
    view! {
        <button type="button" class="issue" aria-pressed=move || if on() { "true" } else { "false" } on:click=press>
            <span class="issue-icon"><Icon glyph=glyphs::TRIANGLE_EXCLAMATION/></span>
            <span class="grow">
                <span class="medium issue-line">{group.title}</span>
                <span class="t-12 soft issue-line">{group.message}</span>
                <span class="t-12 muted issue-line">{hint}</span>
            </span>
            <span class="tnum">{number::count(group.count as i64)}</span>
        </button>
    }
    .into_any()
}

#[component]
fn Foot(sheet: Sheet) -> impl IntoView {
    let busy = RwSignal::new(false);
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let ready = move || sheet.outlook.get().map(super::sheet::Outlook::ready);
    let refused = Signal::derive(move || match ready() {
        _ if sheet.is_working() => Some(t!("Your corrections are being checked").to_owned()),
        None => Some(t!("The rows are being looked at").to_owned()),
        Some(0) => Some(t!("No row can be imported as it is").to_owned()),
        Some(_) => None,
    });
    let run = move |_| {
        let request = pb::RunImportRequest { import_id: sheet.id(), skip_problem_rows: untrack(|| problem_count(sheet)) > 0 };
        let act = act.get_value();
        busy.set(true);
        spawn_local(async move {
            let call = async |transport, request| ImportServiceClient::new(transport).run_import(request).await;
            let answer = use_api().write(&act, request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(reply) => {
                    sheet.refused.set(None);
                    sheet.take(reply.import);
                }
                Err(error) => sheet.refused.set(Some(error)),
            }
        });
    };
    let words = move || {
        let outlook = sheet.outlook.get()?;
        let count = |count: i32, what: &str| (count > 0).then(|| t!("{rows} {what}", rows = number::count(count.into()), what));
        let parts = [
            count(outlook.create, t!("to add")),
            count(outlook.update, t!("to update")),
            count(outlook.unchanged, t!("already the same")),
            count(problem_count(sheet), t!("with problems")),
        ];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    };
    let label = move || match (ready(), problem_count(sheet)) {
        (None, _) => t!("Import").to_owned(),
        (Some(ready), 0) => n!(ready.into(), "Import {count} row", "Import {count} rows"),
        (Some(ready), left) => {
            let left = number::count(left.into());
            n!(ready.into(), "Import {count} row, leave out {left}", "Import {count} rows, leave out {left}", left)
        }
    };
    view! {
        <div class="dialog-foot import-foot">
            <Icon glyph=glyphs::SHIELD_HALVED/>
            <span class="medium">{t!("Nothing is written yet.")}</span>
            <span class="soft not-phone" role="status">{words}</span>
            <span class="grow"></span>
            <Button on_click=move |_| sheet.remapping.set(true)>{t!("Back")}</Button>
            <Button kind=Kind::Primary busy disabled_because=refused on_click=run>{label}</Button>
        </div>
    }
    .into_any()
}
