//! Second step: which column fills which field, and what happens when a customer exists.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, ImportMode, RecordKind};
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind, LinkButton},
    field::{Choice, SelectField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use super::{
    fields,
    format_fields::{Format, FormatFields, format_of},
    sheet::Sheet,
    subject::{self, Noun},
};

/// What is chosen on this page.
#[derive(Clone, Copy)]
struct Chosen {
    noun: Noun,
    mapping: RwSignal<Vec<String>>,
    mode: RwSignal<ImportMode>,
    key: RwSignal<String>,
    refused: RwSignal<Option<ApiError>>,
}

impl Chosen {
    /// What can find a record in the chosen mode.
    fn keys(self) -> &'static [&'static str] {
        fields::keys(self.noun.subject, self.mode.get_untracked() == ImportMode::Update)
    }

    /// What the server has, which is a guess at first.
    fn begin_with(self, import: &pb::Import) {
        self.mapping.set(import.columns.iter().map(|column| column.field.clone()).collect());
        self.mode.set(usual_mode(import.mode()));
        self.key.set(import.key.clone());
        self.refused.set(None);
    }
}

#[component]
pub fn MapStep(sheet: Sheet) -> impl IntoView {
    let import = sheet.import.get_untracked().unwrap_or_default();
    let form = FormState::new();
    let noun = subject::of(&import);
    let chosen = Chosen {
        noun,
        mapping: RwSignal::new(Vec::new()),
        mode: RwSignal::new(ImportMode::Upsert),
        key: RwSignal::new(String::new()),
        refused: RwSignal::new(None),
    };
    chosen.begin_with(&import);
    let id = import.id.clone();
    let rows = Memo::new(move |_| sheet.import.with(|import| import.as_ref().map_or(0, |import| import.total_rows)));
    let refused = Signal::derive(move || (rows.get() == 0).then(|| t!("The file has no rows").to_owned()));
    let format = Memo::new(move |_| sheet.import.with(|import| format_of(import.as_ref())));
    let columns = move || {
        format.track();
        let columns = sheet.import.with_untracked(|import| import.as_ref().map(|import| import.columns.clone()));
        view! { <Columns columns=columns.unwrap_or_default() chosen/> }
    };
    Effect::new(move |was: Option<Format>| {
        let now = format.get();
        if was.is_some_and(|was| was != now) {
            chosen.begin_with(&sheet.import.get_untracked().unwrap_or_default());
        }
        now
    });
    let send = move |()| {
        let request = pb::PreviewImportRequest {
            import_id: id.clone(),
            mapping: chosen.mapping.get_untracked(),
            mode: chosen.mode.get_untracked().into(),
            key: chosen.key.get_untracked(),
        };
        let act = form.act();
        let call = async move {
            let answer = sheet.preview(&act, request).await;
            let _ = chosen.refused.try_set(answer.as_ref().err().cloned());
            answer.map_err(elsewhere)
        };
        form.send(call, move |()| sheet.remapping.set(false));
    };
    view! {
        <Form state=form on_submit=send class="import-step" guard=false>
            <div class="import-scroll">
                <div class="import-map">
                    <Show when=move || rows.get() == 0>
                        <div class="note is-warning">
                            <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                            <span class="grow">{t!("This file has names of columns but no rows under them.")}</span>
                            <LinkButton href=noun.begin() small=true>{t!("Choose another file")}</LinkButton>
                        </div>
                    </Show>
                    <p class="soft">
                        {move || n!(
                            rows.get().into(),
                            "{count} row. How the file is written and what each column fills was guessed; change what is wrong.",
                            "{count} rows. How the file is written and what each column fills was guessed; change what is wrong."
                        )}
                    </p>
                    <FormatFields sheet/>
                    {columns}
                    <Existing chosen/>
                </div>
            </div>
            <div class="dialog-foot import-foot">
                <Icon glyph=glyphs::SHIELD_HALVED/>
                <span class="medium">{t!("Nothing is written yet.")}</span>
                <span class="grow"></span>
                <Button kind=Kind::Primary submit=true busy=form.busy disabled_because=refused>
                    {t!("Check the rows")}
                </Button>
            </div>
        </Form>
    }
    .into_any()
}

fn usual_mode(mode: ImportMode) -> ImportMode {
    if mode == ImportMode::Unspecified { ImportMode::Upsert } else { mode }
}

/// What the table shows beside its columns is not repeated above the form.
fn elsewhere(mut error: ApiError) -> ApiError {
    let at_columns = error.violations.iter().any(|found| found.field.starts_with("mapping["));
    error.violations.retain(|found| !found.field.starts_with("mapping["));
    if at_columns && error.violations.is_empty() {
        return ApiError::invalid("mapping", t!("Some columns can’t be used like this; each says why."));
    }
    error
}

#[component]
fn Columns(columns: Vec<pb::ImportColumn>, chosen: Chosen) -> impl IntoView {
    let headers = StoredValue::new(columns.iter().map(|column| column.header.clone()).collect::<Vec<_>>());
    let rows = columns.into_iter().enumerate().map(|(at, column)| view! { <ColumnRow at column chosen headers/> }).collect_view();
    view! {
        <div class="table-wrap card" tabindex="0" role="region" aria-label=t!("Columns of the file")>
            <table class="table table-plain import-columns">
                <thead>
                    <tr>
                        <th scope="col">{t!("Column in the file")}</th>
                        <th scope="col" class="not-phone">{t!("What is in it")}</th>
                        <th scope="col">{t!("Fills")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn ColumnRow(at: usize, column: pb::ImportColumn, chosen: Chosen, headers: StoredValue<Vec<String>>) -> impl IntoView {
    let field = move || chosen.mapping.with(|mapping| mapping.get(at).cloned().unwrap_or_default());
    let problem = move || chosen.refused.with(|error| error.as_ref()?.violation(&format!("mapping[{at}]")).map(str::to_owned));
    let choose = move |to: String| {
        let mut left_out = None;
        chosen.mapping.update(|mapping| left_out = fields::assign(mapping, at, &to));
        chosen.key.update(|key| *key = chosen.mapping.with_untracked(|mapping| fields::usable_key(chosen.keys(), mapping, key)));
        chosen.refused.set(None);
        if let Some(before) = left_out.and_then(|before| headers.with_value(|all| all.get(before).cloned())) {
            use_toasts().say(t!("“{before}” is left out now", before));
        }
    };
    let header = if column.header.trim().is_empty() { t!("Column {at}", at = at + 1) } else { column.header };
    let samples = column.samples.join(", ");
    view! {
        <tr class:has-bad=move || problem().is_some()>
            <th scope="row">
                <span class="medium">{header.clone()}</span>
                <span class="only-phone import-samples muted t-12">{samples.clone()}</span>
            </th>
            <td class="not-phone import-samples soft">{samples}</td>
            <td>
                <select
                    class="select"
                    class:is-left-out=move || field().is_empty()
                    aria-label=t!("What “{header}” fills", header)
                    aria-invalid=move || problem().map(|_| "true")
                    on:change:target=move |event| choose(event.target().value())
                >
                    <option value="" selected=move || field().is_empty()>{t!("Leave out")}</option>
                    <optgroup label=t!(chosen.noun.title)>{options(false, chosen, at)}</optgroup>
                    {(chosen.noun.kind == RecordKind::Customer)
                        .then(|| view! { <optgroup label=t!("Contact")>{options(true, chosen, at)}</optgroup> })}
                </select>
                {move || problem().map(|text| view! { <span class="field-error"><Icon glyph=glyphs::CIRCLE_EXCLAMATION/>{text}</span> })}
            </td>
        </tr>
    }
    .into_any()
}

fn options(of_contact: bool, chosen: Chosen, at: usize) -> impl IntoView {
    fields::choices(chosen.noun, of_contact)
        .map(|Choice { value, label }| {
            let own = value.clone();
            let selected = move || chosen.mapping.with(|mapping| mapping.get(at).is_some_and(|field| *field == own));
            view! { <option value=value selected=selected>{label}</option> }
        })
        .collect_view()
}

/// What to do with records that are there already, and how they are found.
#[component]
fn Existing(chosen: Chosen) -> impl IntoView {
    let Noun { subject, one, .. } = chosen.noun;
    let one = t!(one);
    let modes = [
        (ImportMode::Upsert, t!("Add and update"), t!("A row that finds a {one} updates it; all others are added.", one)),
        (ImportMode::Create, t!("Only add"), t!("A row that finds a {one} is a problem you decide about.", one)),
        (ImportMode::Update, t!("Only update"), t!("A row that finds no {one} is a problem you decide about.", one)),
    ];
    let choose = move |mode| {
        chosen.mode.set(mode);
        // With "nothing" chosen every row is added, whatever else could be.
        let kept = chosen.key.with_untracked(String::is_empty) && mode == ImportMode::Create;
        if !kept {
            chosen
                .key
                .update(|key| *key = chosen.mapping.with_untracked(|mapping| fields::usable_key(chosen.keys(), mapping, key)));
        }
    };
    let cards = modes
        .into_iter()
        .map(|(mode, title, text)| {
            let on = move || chosen.mode.get() == mode;
            view! {
                <label class="option" class:is-checked=on>
                    <span class="check">
                        <input type="radio" name="mode" prop:checked=on on:change=move |_| choose(mode)/>
                    </span>
                    <span>
                        <span class="medium">{title}</span>
                        <span class="t-12 soft import-mode-text">{text}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    let keys = Signal::derive(move || {
        let none = (chosen.mode.get() == ImportMode::Create).then(|| Choice::new("", t!("Nothing, add every row")));
        let filled = chosen.mapping.with(|mapping| {
            let keys = fields::keys(subject, chosen.mode.get() == ImportMode::Update);
            keys.iter()
                .filter(|key| mapping.iter().any(|field| field == *key))
                .map(|key| Choice::new(*key, fields::label(subject, key)))
                .collect::<Vec<_>>()
        });
        none.into_iter().chain(filled).collect::<Vec<_>>()
    });
    view! {
        <fieldset class="stack gap-3">
            <legend class="t-14 import-legend">{t!("When a {one} exists already", one)}</legend>
            <div class="import-modes">{cards}</div>
            <div class="import-key">
                <SelectField
                    name="key"
                    label=t!("A row finds its {one} by", one)
                    value=chosen.key
                    choices=keys
                    help=t!("Empty cells leave what is there as it is.")
                />
            </div>
        </fieldset>
    }
    .into_any()
}
