//! Saved views of a list: tabs with counts, saving the present state, deleting with a way back.

use std::{collections::BTreeMap, rc::Rc};

use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, saved_view_service_client::SavedViewServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, Dialog},
    field::{Checkbox, TextField},
    form::{Form, FormState},
    format::number,
    icon::glyphs,
    list::{
        bar::{ViewBar, ViewTab},
        chips::{ChipOf, from_filter, to_filter, to_switches},
        query::ListQuery,
        state::ListState,
    },
    load::Load,
    toast::use_toasts,
};

use crate::api::{may, me};

/// Views whose rows are counted; each costs a call.
const COUNTED: usize = 8;

/// Counts the rows a list has in a state: how many, and whether there are more than that.
pub type Count = Rc<dyn Fn(&ListState) -> LocalBoxFuture<'static, Result<(i64, bool), ApiError>>>;

/// People who do the work are assignees, and accountants only read: "mine" would always be empty for them.
pub fn owns_records() -> bool {
    !matches!(me().role(), pb::Role::Employee | pb::Role::Accountant)
}

/// All that the bar needs to know about its list.
#[derive(Clone, Copy)]
pub struct Views {
    kind: pb::ListKind,
    chips: &'static [ChipOf],
    query: ListQuery,
    saved: Load<Vec<pb::SavedView>>,
    built_in: StoredValue<Vec<ViewTab>>,
    /// The dialog that saves the present state is open.
    saving: RwSignal<bool>,
    /// Rows per view id.
    pub counts: RwSignal<BTreeMap<String, String>>,
}

/// `built_in` come first. `count` is asked once for each view; without it only the one that is looked at says how many it has.
pub fn use_views(
    kind: pb::ListKind,
    chips: &'static [ChipOf],
    query: ListQuery,
    built_in: Vec<ViewTab>,
    count: Option<Count>,
) -> Views {
    let api = use_api();
    let saved = Load::new(move || async move {
        // People of the support have none, and see nobody else's.
        if !may("saved_view.read") {
            return Ok(Vec::new());
        }
        let request = pb::ListSavedViewsRequest { kind: kind.into() };
        let call = async |transport, request| SavedViewServiceClient::new(transport).list_saved_views(request).await;
        Ok(api.read(request, call).await?.views)
    });
    let (saving, counts) = (RwSignal::new(false), RwSignal::new(BTreeMap::new()));
    let views = Views { kind, chips, query, saved, built_in: StoredValue::new(built_in), saving, counts };
    if let Some(count) = count {
        views.follow_counts(count);
    }
    views
}

impl Views {
    /// Counts each view that has no count yet, whenever there are others.
    fn follow_counts(self, count: Count) {
        Effect::new(move |_| {
            let unknown = |tab: &ViewTab| self.counts.with_untracked(|known| !known.contains_key(&tab.id));
            let asked: Vec<_> = self.tabs().into_iter().filter(unknown).take(COUNTED).collect();
            let count = count.clone();
            spawn_local(async move {
                for tab in asked {
                    // A view without a count is still a view.
                    if let Ok((total, capped)) = count(&tab.state).await {
                        self.counts.try_update(|counts| counts.insert(tab.id, number::total(total, capped)));
                    }
                }
            });
        });
    }

    /// Opens the dialog that saves the present state; None where this person may not.
    pub fn on_save(self) -> Option<Callback<()>> {
        may("saved_view.write").then(|| Callback::new(move |()| self.saving.set(true)))
    }

    fn tabs(self) -> Vec<ViewTab> {
        let own = me().user.unwrap_or_default().id;
        let saved = self.saved.get().unwrap_or_default();
        let saved = saved.into_iter().map(|view| ViewTab {
            state: ListState {
                order_by: view.order_by,
                columns: view.columns,
                ..from_filter(&view.filter, &view.switches, self.chips)
            },
            removable: view.owner_id == own,
            count: None,
            id: view.id,
            label: view.name,
        });
        self.built_in.get_value().into_iter().chain(saved).collect()
    }

    /// Takes over what the list itself counted, while it shows a view as it was saved.
    pub fn follow_total(self, total: RwSignal<Option<(i64, bool)>>) {
        Effect::new(move |_| {
            let Some((count, capped)) = total.get() else { return };
            let state = self.query.get_untracked();
            let tab = untrack(|| self.tabs()).into_iter().find(|tab| tab.id == state.view);
            if tab.is_some_and(|tab| tab.state.filters == state.filters && tab.state.text == state.text) {
                self.counts.update(|counts| {
                    counts.insert(state.view, number::total(count, capped));
                });
            }
        });
    }

    /// The saved view the list is in, if it is this person's own.
    fn current_own(self) -> Option<pb::SavedView> {
        let own = me().user.unwrap_or_default().id;
        let id = self.query.with(|state| state.view.clone());
        self.saved.get().unwrap_or_default().into_iter().find(|view| view.id == id && view.owner_id == own)
    }

    /// The present state under a name.
    fn present(self, name: String, shared: bool) -> pb::SavedView {
        let state = self.query.get_untracked();
        pb::SavedView {
            kind: self.kind.into(),
            name,
            filter: to_filter(&state, self.chips),
            switches: to_switches(&state, self.chips),
            order_by: state.order_by,
            columns: state.columns,
            shared,
            ..pb::SavedView::default()
        }
    }

    fn kept(self, view: pb::SavedView) {
        self.counts.update(|counts| {
            counts.remove(&view.id);
        });
        self.query.update(|state| state.view.clone_from(&view.id));
        self.saved.reload();
    }

    fn delete(self, id: &str, problem: RwSignal<Option<ApiError>>) {
        let view = self.saved.get_untracked().unwrap_or_default().into_iter().find(|view| view.id == id);
        let Some(view) = view else { return };
        spawn_local(async move {
            let request = pb::DeleteSavedViewRequest { view_id: view.id.clone() };
            let call = async |transport, request| SavedViewServiceClient::new(transport).delete_saved_view(request).await;
            match use_api().write(&Act::default(), request, call).await {
                Ok(_) => {
                    self.query.update(|state| *state = ListState::default());
                    self.saved.reload();
                    let told = t!("View {name} deleted", name = view.name);
                    use_toasts().say_with_undo(told, move || self.bring_back(view.clone(), problem));
                }
                Err(error) => {
                    problem.try_set(Some(error));
                }
            }
        });
    }

    fn bring_back(self, view: pb::SavedView, problem: RwSignal<Option<ApiError>>) {
        spawn_local(async move {
            match create(&Act::default(), view).await {
                Ok(_) => {
                    // The page may be another one by now.
                    if problem.try_get_untracked().is_some() {
                        self.saved.reload();
                    }
                }
                Err(error) => {
                    problem.try_set(Some(error));
                }
            }
        });
    }
}

async fn create(act: &Act, view: pb::SavedView) -> Result<pb::SavedView, ApiError> {
    let request = pb::CreateSavedViewRequest { view: Some(view) };
    let call = async |transport, request| SavedViewServiceClient::new(transport).create_saved_view(request).await;
    Ok(use_api().write(act, request, call).await?.view.unwrap_or_default())
}

async fn replace(act: &Act, view: pb::SavedView) -> Result<pb::SavedView, ApiError> {
    let request = pb::UpdateSavedViewRequest { view: Some(view) };
    let call = async |transport, request| SavedViewServiceClient::new(transport).update_saved_view(request).await;
    Ok(use_api().write(act, request, call).await?.view.unwrap_or_default())
}

#[component]
pub fn ViewsBar(
    views: Views,
    /// Where a failed deletion is shown.
    problem: RwSignal<Option<ApiError>>,
    /// Stands before the tabs, e.g. list or board.
    #[prop(optional)]
    lead: Option<ViewFn>,
) -> impl IntoView {
    let open = views.saving;
    let tabs = Signal::derive(move || {
        let mut tabs = views.tabs();
        views.counts.with(|counts| {
            for tab in &mut tabs {
                tab.count = counts.get(&tab.id).cloned();
            }
        });
        tabs
    });
    view! {
        <div class="views-bar">
            {lead.map(|lead| lead.run())}
            <ViewBar query=views.query views=tabs on_delete=move |id: String| views.delete(&id, problem)/>
            {views.on_save().map(|open| view! {
                <Button
                    kind=Kind::Ghost
                    small=true
                    glyph=glyphs::PLUS
                    class="not-phone"
                    on_click=move |_| open.run(())
                >
                    {t!("Save view")}
                </Button>
            })}
        </div>
        <SaveViewDialog views open/>
    }
    .into_any()
}

#[component]
fn SaveViewDialog(views: Views, open: RwSignal<bool>) -> impl IntoView {
    let form = FormState::new();
    let name = RwSignal::new(String::new());
    let shared = RwSignal::new(false);
    let own = Memo::new(move |_| views.current_own());
    Effect::new(move |_| {
        if open.get() && !form.dirty.get_untracked() {
            let view = own.get_untracked().unwrap_or_default();
            name.set(view.name);
            shared.set(view.shared);
            form.saved();
        }
    });
    let save_new = move || {
        let view = views.present(name.get_untracked(), shared.get_untracked());
        let act = form.act();
        form.send(async move { create(&act, view).await }, move |view| {
            use_toasts().say(t!("View {name} saved", name = view.name));
            open.set(false);
            views.kept(view);
        });
    };
    let save_over = move |before: pb::SavedView| {
        let view = pb::SavedView {
            id: before.id,
            version: before.version,
            ..views.present(name.get_untracked(), shared.get_untracked())
        };
        let act = form.act();
        form.send(async move { replace(&act, view).await }, move |view| {
            use_toasts().say(t!("View {name} changed", name = view.name));
            open.set(false);
            views.kept(view);
        });
    };
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            {move || own.get().map(|view| {
                view! { <Button busy=form.busy on_click=move |_| save_over(view.clone())>{t!("Change this view")}</Button> }
            })}
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| save_new()>{t!("Save as a new view")}</Button>
        }
    });
    view! {
        <Dialog open title=t!("Save view") foot form>
            <Form state=form on_submit=move |()| save_new()>
                <p class="soft">{t!("Search, filters, order and columns as they are now, under a name.")}</p>
                <TextField name="name" label=t!("Name of this view") value=name max_length=60/>
                <Checkbox name="shared" label=t!("Everyone in the company sees it") value=shared/>
            </Form>
        </Dialog>
    }
    .into_any()
}
