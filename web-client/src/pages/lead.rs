//! One lead: what happened, what is to be done, and the way to a customer.

pub mod aside;
mod convert;
pub mod form;
pub mod lanes;
pub mod look;
mod panel;
pub mod record;
mod step;
pub mod words;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use streamflow_proto::client::v1 as pb;
use web_kit::{
    api::error::ApiError,
    button::{Button, Kind},
    error_panel::ErrorNote,
    field::Choice,
    icon::glyphs,
    keys::use_shortcut,
    layout::{PageSlots, use_page},
    list::query::use_list_query,
    load::Load,
    menu::MenuItem,
    tabs::Tabs,
};

use self::{
    convert::ConvertDialog,
    form::EditLead,
    panel::Panel,
    step::Outcome,
    words::{use_stages, words},
};
use crate::{
    api::{address, may},
    parts::{
        actions::{RecordActions, archive_item},
        assign::AssignDialog,
        attachments::{Attachments, use_files},
        directory::use_directory,
        edit::{Edit, Record as _},
        history::{History, use_note_draft},
        news::follow_record,
        noun::{LEAD, People},
        place::{Place, show_panel, use_way_back},
        tasks::{RecordTasks, use_record_tasks, use_task_draft},
    },
};

/// Another address is another page, so that nothing of one lead is ever shown under another's name.
#[component]
pub fn LeadPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|map| map.get("id").unwrap_or_default()));
    move || view! { <OneLead id=id.get()/> }
}

#[component]
fn OneLead(id: String) -> impl IntoView {
    let id = Signal::stored(id);
    let lead = Load::new(move || record::get(id.get()));
    let directory = use_directory();
    let stages = use_stages();
    let words = words(directory, stages);
    let news = follow_record("lead", id, move || lead.reload());
    let tasks = use_record_tasks(id);
    let files = use_files(id);
    let (note, task) = (use_note_draft(), use_task_draft());
    let problem = RwSignal::new(None::<ApiError>);
    let saved = move |saved: pb::Lead| {
        lead.set(saved);
        news.bump();
    };
    let edit = Edit::<pb::Lead>::new(saved);
    let slots = expect_context::<PageSlots>();
    // The way back is in the toast, which nobody reaches under the sheet that the panel is on a phone.
    let done = move |one: pb::Lead| {
        saved(one);
        slots.panel_open.set(false);
    };
    let outcome = Outcome { done: Callback::new(done), problem };
    let assigning = RwSignal::new(None);
    let converting = RwSignal::new(false);
    let tab = use_list_query("").switch("tab", "timeline");
    let reload = move || {
        lead.reload();
        news.bump();
    };

    let page = use_page(t!("Lead")).with_parent(t!("Leads"), address("leads")).flush();
    Effect::new(move |_| {
        let (name, number) = lead.with(|one| one.map(|one| (one.name.clone(), one.number.clone())).unwrap_or_default());
        page.title.set(if name.is_empty() { t!("Lead").to_owned() } else { name });
        page.count.set(number);
    });
    let begin = move || {
        if let Some(lead) = lead.get_untracked().filter(|_| LEAD.may_edit()) {
            edit.begin(lead);
        }
    };
    use_shortcut("e", t!("Edit lead"), begin);
    use_way_back(&LEAD);
    let menu = Signal::derive(move || {
        let Some(one) = lead.get() else { return Vec::new() };
        let mut items = Vec::new();
        if may("record.assign") {
            let chosen = vec![(one.id.clone(), people_of(&one))];
            items.push(MenuItem::new(t!("Assign"), move || assigning.set(Some(chosen.clone()))).glyph(glyphs::USER));
        }
        items.extend(archive_item(&LEAD, &one.id, &one.name, one.archived_at.is_some(), problem, reload));
        items
    });
    let convertible = move || {
        may("lead.convert") && lead.with(|one| one.is_some_and(|one| one.customer_id.is_empty() && one.archived_at.is_none()))
    };
    page.with_actions(move || {
        let edit = LEAD.may_edit().then(|| Callback::new(move |()| begin()));
        view! {
            <Show when=move || lead.with(|one| one.is_some())><RecordActions edit primary=false menu/></Show>
            <Show when=convertible>
                <Button kind=Kind::Primary glyph=glyphs::CIRCLE_CHECK on_click=move |_| converting.set(true)>
                    <span class="not-phone">{t!("Convert")}</span>
                </Button>
            </Show>
        }
    });
    let shown = Signal::derive(move || lead.get());
    show_panel(page, lead, move || view! { <Panel lead=shown stages directory news outcome/> });

    let version = move || lead.with(|one| one.map_or(0, pb::Lead::version));
    let tabs = Signal::derive(move || {
        let mut tabs = vec![Choice::new("timeline", t!("Timeline"))];
        if may("task.read") {
            let open = tasks.with(|all| all.map_or(0, |all| all.iter().filter(|one| one.done_at.is_none()).count()));
            tabs.push(Choice::new("tasks", if open > 0 { t!("Tasks {open}", open) } else { t!("Tasks").to_owned() }));
        }
        tabs.extend(files.tab());
        tabs
    });
    view! {
        <Place load=lead what=t!("Lead")>
            <div class="record">
                {move || problem.get().map(|error| view! { <div class="list-problem"><ErrorNote error/></div> })}
                <Tabs label=t!("Lead") current=tab tabs>
                    {move || match &*tab.get() {
                        "tasks" if may("task.read") => view! { <RecordTasks kind=LEAD.kind id tasks directory draft=task/> }.into_any(),
                        "files" if may("attachment.read") => view! { <Attachments files may_edit=LEAD.may_edit()/> }.into_any(),
                        _ => view! { <History kind=LEAD.kind id one=t!(LEAD.one) words news=news.count draft=note/> }.into_any(),
                    }}
                </Tabs>
            </div>
        </Place>
        <EditLead edit directory stages words version=Signal::derive(version)/>
        <AssignDialog noun=&LEAD directory chosen=assigning done=move |()| reload() problem/>
        <ConvertDialog open=converting lead/>
    }
    .into_any()
}

pub fn people_of(lead: &pb::Lead) -> People {
    People { owner_id: lead.owner_id.clone(), assignee_id: lead.assignee_id.clone(), team_id: lead.team_id.clone() }
}
