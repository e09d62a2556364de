//! The person's companies, and the way from one to the other.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, session_service_client::SessionServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    badge::Avatar,
    guard::LeaveGuard,
    icon::{Icon, Mark, glyphs},
    menu::{Menu, MenuItem},
    toast::use_toasts,
};

use crate::api::{may, role_name, session, switch_org};

/// The companies of the person, as soon as they are known. Nothing is said when they can't be asked: the present company stays.
pub fn use_orgs() -> RwSignal<Vec<pb::PersonOrg>> {
    let orgs = RwSignal::new(Vec::new());
    // Somebody of the support is in no company.
    if !may("session.switch") {
        return orgs;
    }
    let api = use_api();
    spawn_local(async move {
        let call = async |transport, request| SessionServiceClient::new(transport).list_orgs(request).await;
        if let Ok(found) = api.read(pb::ListOrgsRequest {}, call).await {
            orgs.try_set(found.orgs);
        }
    });
    orgs
}

/// Goes to the company of a name in page addresses, unless something unsaved is worth staying for.
pub fn use_switch() -> Callback<String> {
    let (api, toasts) = (use_api(), use_toasts());
    let guard = expect_context::<LeaveGuard>();
    let act = StoredValue::new_local(Rc::new(Act::default()));
    Callback::new(move |tenant_id: String| {
        guard.before(move || {
            let act = act.get_value();
            let tenant_id = tenant_id.clone();
            spawn_local(async move {
                if let Err(error) = switch_org(api, &act, tenant_id).await {
                    toasts.say(t!("Not switched: {reason}", reason = error.sentence()));
                }
            });
        });
    })
}

/// The company at the head of the sidebar; a menu where the person has more than one.
#[component]
pub fn OrgSwitch() -> impl IntoView {
    let session = session();
    let company = move || session.me().unwrap_or_default().org_name;
    let orgs = use_orgs();
    let many = Memo::new(move |_| orgs.with(|orgs| orgs.len() > 1));
    let go = use_switch();
    let items = Signal::derive(move || others(&orgs.get(), go));
    // Begins with what is to be seen, so that people who speak to the page can say it.
    let label = Signal::derive(move || t!("{company} StreamFlow Client, switch company", company = company()));
    let face = ViewFn::from(move || {
        view! {
            <Mark/>
            <Named company=Signal::derive(company)/>
            <span class="muted t-11"><Icon glyph=glyphs::CHEVRON_DOWN/></span>
        }
    });
    move || {
        if many.get() {
            let face = face.clone();
            view! { <div class="org-menu"><Menu label icon_only=true class="org-switch" face items/></div> }.into_any()
        } else {
            view! {
                <div class="org-switch is-still" title=company>
                    <Mark/>
                    <Named company=Signal::derive(company)/>
                </div>
            }
            .into_any()
        }
    }
}

#[component]
fn Named(company: Signal<String>) -> impl IntoView {
    view! {
        <span class="grow org-name">
            <span class="semibold truncate">{move || company.get()}</span>
            // Names are read without the line break that is seen.
            " "
            <span class="t-11 muted">"StreamFlow Client"</span>
        </span>
    }
}

/// The other companies, where there is no room for a menu.
#[component]
pub fn OtherOrgs() -> impl IntoView {
    let orgs = use_orgs();
    let go = use_switch();
    move || {
        let others: Vec<pb::PersonOrg> = orgs.get().into_iter().filter(|org| !org.current).collect();
        (!others.is_empty()).then(|| {
            let rows = others.into_iter().map(|org| {
                let label = words(&org);
                let tenant_id = org.tenant_id;
                view! {
                    <button type="button" class="btn btn-ghost" on:click=move |_| go.run(tenant_id.clone())>
                        <Avatar name=org.name/>
                        <span class="grow truncate">{label}</span>
                    </button>
                }
            });
            view! {
                <p class="t-11 muted">{t!("Switch company")}</p>
                {rows.collect_view()}
            }
        })
    }
}

fn others(orgs: &[pb::PersonOrg], go: Callback<String>) -> Vec<MenuItem> {
    let others = orgs.iter().filter(|org| !org.current);
    let item = |org: &pb::PersonOrg| {
        let tenant_id = org.tenant_id.clone();
        MenuItem::new(words(org), move || go.run(tenant_id.clone())).glyph(glyphs::BUILDING)
    };
    others.map(item).collect()
}

/// "Other Ltd · Manager", and what keeps people out.
fn words(org: &pb::PersonOrg) -> String {
    let suspended = if org.suspended { t!(" · suspended") } else { "" };
    format!("{} · {}{suspended}", org.name, role_name(org.role()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_named_with_the_role_there() {
        let org =
            pb::PersonOrg { name: "Other Ltd".into(), role: pb::Role::Manager.into(), suspended: true, ..Default::default() };
        assert_eq!(words(&org), "Other Ltd · Manager · suspended");
    }
}
