//! Who gets new leads: rules in the order they are asked.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, assignment_rule_service_client::AssignmentRuleServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::Button,
    dialog::ConfirmDialog,
    empty::EmptyState,
    error_panel::ErrorNote,
    field::Switch,
    icon::glyphs,
    live::{Heard, use_live},
    load::{Load, Loaded},
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use super::{order::Reorder, rule_dialog::RuleDialog, rule_words};
use crate::{
    api::may,
    parts::directory::{Directory, use_directory},
};

/// What the rows need.
#[derive(Clone, Copy)]
struct Rulebook {
    rules: Load<Vec<pb::AssignmentRule>>,
    directory: Directory,
    /// To change; a new one has no id.
    asked: RwSignal<Option<pb::AssignmentRule>>,
    leaving: RwSignal<Option<pb::AssignmentRule>>,
    problem: RwSignal<Option<ApiError>>,
}

async fn rules() -> Result<Vec<pb::AssignmentRule>, ApiError> {
    let call = async |transport, request| AssignmentRuleServiceClient::new(transport).list_assignment_rules(request).await;
    Ok(use_api().read(pb::ListAssignmentRulesRequest {}, call).await?.rules)
}

#[component]
pub fn Rules() -> impl IntoView {
    let rules = Load::new(rules);
    let (asked, leaving) = (RwSignal::new(None), RwSignal::new(None));
    let book = Rulebook { rules, directory: use_directory(), asked, leaving, problem: RwSignal::new(None) };
    use_live(move |heard| match heard {
        // Who leaves, leaves the rules too.
        Heard::Change(change) if matches!(&*change.entity, "assignment_rule" | "member" | "team") => rules.reload(),
        Heard::Reset => rules.reload(),
        Heard::Change(_) => {}
    });
    let new = move || asked.set(Some(pb::AssignmentRule { enabled: true, ..Default::default() }));
    let writes = may("assignment_rule.write");
    view! {
        {move || book.problem.get().map(|error| view! { <ErrorNote error/> })}
        <section class="card" aria-labelledby="rules-head">
            <div class="card-head">
                <h2 id="rules-head">{t!("Lead assignment")}</h2>
                <span class="grow"></span>
                {writes.then(|| view! { <Button small=true glyph=glyphs::PLUS on_click=move |_| new()>{t!("New rule")}</Button> })}
            </div>
            <p class="card-body t-12 muted">
                {t!("The first rule that matches gives a new lead without an assignee to somebody, whether it was typed in or sent by the API. Without a match it stays nobody’s.")}
            </p>
            <Loaded load=rules what=t!("Rules") let:all>
                {if all.is_empty() {
                    view! { <EmptyState title=t!("No rules yet") text=t!("A rule can ask for a source, a name, a value or a field, and hands leads to people by turns.")/> }
                        .into_any()
                } else {
                    let order: Vec<String> = all.iter().map(|rule| rule.id.clone()).collect();
                    let rows = all
                        .into_iter()
                        .map(|rule| {
                            let order = order.clone();
                            view! { <Row rule order book/> }
                        })
                        .collect_view();
                    view! { <ul class="list">{rows}</ul> }.into_any()
                }}
            </Loaded>
        </section>
        <RuleDialog asked rules directory=book.directory/>
        {move || leaving.get().map(|rule| view! { <DeleteRule rule book/> })}
    }
}

#[component]
fn Row(rule: pb::AssignmentRule, order: Vec<String>, book: Rulebook) -> impl IntoView {
    let (id, name) = (rule.id.clone(), rule.name.clone());
    let moved = name.clone();
    let menu = t!("Change {name}", name);
    let kept = StoredValue::new(rule);
    let about = move || kept.with_value(|rule| rule_words::about(rule, book.directory));
    let items = Signal::derive(move || {
        vec![
            MenuItem::new(t!("Change"), move || book.asked.set(Some(kept.get_value()))).glyph(glyphs::PEN),
            MenuItem::new(t!("Delete"), move || book.leaving.set(Some(kept.get_value()))).glyph(glyphs::XMARK).danger(),
        ]
    });
    let on = RwSignal::new(kept.with_value(|rule| rule.enabled));
    let head = if may("assignment_rule.write") {
        view! { <Switch label=name value=on on_change=move |enabled| switch(kept.get_value(), enabled, on, book)/> }.into_any()
    } else {
        let state = if on.get_untracked() { "" } else { t!(" (off)") };
        view! { <div class="medium truncate">{name}{state}</div> }.into_any()
    };
    view! {
        <li>
            <div class="grow">
                {head}
                <div class="t-12 muted">{about}</div>
            </div>
            {may("assignment_rule.write").then(|| view! {
                <Reorder order id name=moved on_move=move |ids| reorder(ids, book)/>
                <div class="pop-end"><Menu label=menu glyph=glyphs::ELLIPSIS icon_only=true items/></div>
            })}
        </li>
    }
    .into_any()
}

fn reorder(rule_ids: Vec<String>, book: Rulebook) {
    spawn_local(async move {
        let request = pb::ReorderAssignmentRulesRequest { rule_ids };
        let call = async |transport, request| AssignmentRuleServiceClient::new(transport).reorder_assignment_rules(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        if book.problem.try_set(answer.err()).is_none() {
            book.rules.reload();
        }
    });
}

fn switch(rule: pb::AssignmentRule, enabled: bool, on: RwSignal<bool>, book: Rulebook) {
    spawn_local(async move {
        let name = rule.name.clone();
        let request = pb::UpdateAssignmentRuleRequest { rule: Some(pb::AssignmentRule { enabled, ..rule }) };
        let call = async |transport, request| AssignmentRuleServiceClient::new(transport).update_assignment_rule(request).await;
        let answer = use_api().write(&Act::default(), request, call).await;
        match &answer {
            Ok(_) => use_toasts().say(if enabled { t!("{name} switched on", name) } else { t!("{name} switched off", name) }),
            Err(_) => {
                on.try_set(!enabled);
            }
        }
        if book.problem.try_set(answer.err()).is_none() {
            book.rules.reload();
        }
    });
}

#[component]
fn DeleteRule(rule: pb::AssignmentRule, book: Rulebook) -> impl IntoView {
    let open = RwSignal::new(true);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        if !open.get() {
            book.leaving.set(None);
        }
    });
    let id = StoredValue::new(rule.id);
    let delete = move |()| {
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let request = pb::DeleteAssignmentRuleRequest { rule_id: id.get_value() };
            let call =
                async |transport, request| AssignmentRuleServiceClient::new(transport).delete_assignment_rule(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(_) => {
                    use_toasts().say(t!("Rule deleted"));
                    book.leaving.set(None);
                    book.rules.reload();
                }
                Err(error) => refused.set(Some(error)),
            }
        });
    };
    view! {
        <ConfirmDialog open title=t!("Delete the rule {name}?", name = rule.name) action=t!("Delete the rule") busy on_confirm=delete>
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <p>{t!("New leads go by the other rules. Leads it assigned stay with their people.")}</p>
            <p class="soft">{t!("This can’t be undone. To stop it for a while, switch it off instead.")}</p>
        </ConfirmDialog>
    }
    .into_any()
}
