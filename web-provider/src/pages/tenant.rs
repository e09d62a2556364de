//! One company: facts beside what was reported of it, its usage on demand, and closing it to its people.

mod suspend;
mod timeline;
mod usage;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use streamflow_proto::{
    common::v1::TenantState,
    provider::v1::{self as pb, tenant_service_client::TenantServiceClient},
};
use tonic::Code;
use web_kit::{
    api::{act::Act, use_api},
    badge::Status,
    button::{Button, Kind},
    empty::EmptyState,
    format::{ago, day, moment},
    icon::{Icon, glyphs},
    layout::{PageSlots, use_page},
    live,
    load::{Load, Loaded},
    operator::{company, elevation::use_elevated, space::may, support},
    timeline::Timeline,
    toast::use_toasts,
};

use self::{suspend::SuspendDialog, timeline::entries, usage::Usage};
use super::words;
use crate::app::{Provider, TENANTS};

type Read = pb::GetTenantResponse;

/// `tenants/:tenant` below the portal's base.
pub fn tenant() -> impl IntoView {
    let api = use_api();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|map| map.get("tenant").unwrap_or_default()));
    let page = use_page(t!("Tenant")).canvas().with_parent(t!("Tenants"), "/provider/tenants");
    let load = Load::new(move || {
        let tenant_id = id.get();
        async move {
            let call = async |transport, request| TenantServiceClient::new(transport).get_tenant(request).await;
            api.read(pb::GetTenantRequest { tenant_id }, call).await
        }
    });
    let error = load.error();
    let none = Memo::new(move |_| error.with(|error| error.as_ref().is_some_and(|error| error.code == Code::NotFound)));
    let closing = RwSignal::new(None::<pb::Tenant>);
    live::follow(move |change| id.with_untracked(|id| change.id == *id), move || load.reload());
    let changed = Callback::new(move |tenant: pb::Tenant| load.update(|read| read.tenant = Some(tenant)));
    head(page, load);
    page.with_actions(move || view! { <Actions load closing changed/> });
    page.with_panel(move || {
        view! { {move || load.get().and_then(|read| read.tenant).map(|tenant| view! { <Facts tenant/> })} }
    });
    Effect::new(move |_| {
        if none.get() {
            page.panel.set(None);
        }
    });
    view! {
        <div class="tenant-page">
            <Loaded load what=t!("The tenant") let:read><Body read/></Loaded>
            {move || {
                // Of a company that there is not, nothing else could be shown either.
                let id = (!none.get()).then(|| id.get())?;
                Some(view! { <Usage id=id.clone()/>{support::card::<Provider>(id)} })
            }}
        </div>
        <SuspendDialog closing changed/>
    }
}

fn head(page: PageSlots, load: Load<Read>) {
    Effect::new(move |_| {
        let Some(tenant) = load.get().and_then(|read| read.tenant) else { return };
        page.title.set(tenant.name.clone());
        let since = day(tenant.created_at.as_ref());
        page.lead.set(t!("{industry}, since {since}", industry = words::plain(&tenant.industry, t!("No industry")), since));
    });
}

/// Close or open it, for those who may.
#[component]
fn Actions(load: Load<Read>, closing: RwSignal<Option<pb::Tenant>>, changed: Callback<pb::Tenant>) -> impl IntoView {
    let (api, toasts, busy) = (use_api(), use_toasts(), RwSignal::new(false));
    let tenant = move || load.get().and_then(|read| read.tenant).filter(|_| may("tenant.suspend"));
    let resume = move |tenant_id: String| {
        let call = move || {
            let request = pb::ResumeTenantRequest { tenant_id: tenant_id.clone() };
            let call = async |transport, request| TenantServiceClient::new(transport).resume_tenant(request).await;
            async move { api.write(&Act::default(), request, call).await }
        };
        use_elevated().perform(TENANTS.name, busy, call, move |answer| match answer {
            Ok(reply) => {
                changed.try_run(reply.tenant.unwrap_or_default());
                toasts.say(t!("Resumed: its people can work again"));
            }
            Err(error) => toasts.say(error.sentence()),
        });
    };
    move || {
        tenant().map(|tenant| {
            if tenant.state() == TenantState::Deleted {
                ().into_any()
            } else if tenant.state() == TenantState::Suspended {
                let id = tenant.tenant_id;
                view! { <Button kind=Kind::Primary busy on_click=move |_| resume(id.clone())>{t!("Resume")}</Button> }.into_any()
            } else {
                let ask = move |_| {
                    let tenant = tenant.clone();
                    use_elevated().with(TENANTS.name, move || closing.set(Some(tenant.clone())));
                };
                view! { <Button kind=Kind::DangerQuiet glyph=glyphs::PAUSE on_click=ask>{t!("Suspend")}</Button> }.into_any()
            }
        })
    }
}

#[component]
fn Body(read: Read) -> impl IntoView {
    let tenant = read.tenant.clone().unwrap_or_default();
    let closed = (tenant.state() == TenantState::Suspended).then(|| {
        view! {
            <div class="note is-warning">
                <Icon glyph=glyphs::CIRCLE_PAUSE/>
                <div class="grow stack gap-1">
                    <strong class="semibold">{t!("Suspended since {suspended_at}", suspended_at = moment(tenant.suspended_at.as_ref()))}</strong>
                    <span class="pre-line">{tenant.suspension_reason.clone()}</span>
                    <span class="t-12">{t!("Its people are told to ask {suspension_contact}.", suspension_contact = tenant.suspension_contact)}</span>
                </div>
            </div>
        }
    });
    let ends = ending(&tenant).map(|text| {
        view! {
            <div class="note is-warning">
                <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                <span class="grow">{text}</span>
            </div>
        }
    });
    let entries = entries(&read);
    let timeline = if entries.is_empty() {
        view! { <EmptyState title=t!("Nothing was reported") text=t!("What happens to the company appears here.")/> }.into_any()
    } else {
        view! { <Timeline entries=Signal::stored(entries)/> }.into_any()
    };
    view! {
        {ends}
        {closed}
        <section class="card">
            <div class="card-head"><h2>{t!("Timeline")}</h2></div>
            <div class="card-body">{timeline}</div>
        </section>
    }
}

/// What is told of a company on its way out.
fn ending(tenant: &pb::Tenant) -> Option<String> {
    if tenant.deleted_at.is_some() {
        return Some(t!(
            "Deleted on {deleted_at}. Nothing of it is left but its name in page addresses.",
            deleted_at = moment(tenant.deleted_at.as_ref())
        ));
    }
    let closes_at = tenant.closes_at.as_ref()?;
    Some(t!(
        "An owner has asked to delete it: on {closes_at} everything of it goes. Until then owners can cancel that.",
        closes_at = moment(Some(closes_at))
    ))
}

/// The right panel.
#[component]
fn Facts(tenant: pb::Tenant) -> impl IntoView {
    let (tone, glyph, state) = company::state(tenant.state().as_str_name());
    let fact = |name: &'static str, value: String, exact: bool| {
        let class = if exact { "mono" } else { "" };
        (!value.is_empty()).then(|| view! { <dt>{name}</dt><dd class=class>{value}</dd> })
    };
    view! {
        <div class="panel-section">
            <div class="row"><h2 class="section-label grow">{t!("Subscription")}</h2><Status tone glyph text=state/></div>
            <dl class="kv">
                {fact(t!("Plan"), words::plain(&tenant.plan, t!("No plan")), false)}
                {fact(t!("Trial ends"), moment(tenant.trial_ends_at.as_ref()), false)}
                {fact(t!("Since"), day(tenant.created_at.as_ref()), false)}
            </dl>
        </div>
        <div class="panel-section">
            <div class="row"><h2 class="section-label">{t!("Company")}</h2></div>
            <dl class="kv">
                {fact(t!("Industry"), words::plain(&tenant.industry, t!("None")), false)}
                {fact(t!("In addresses"), tenant.tenant_id.clone(), true)}
                {fact(t!("Number"), tenant.external_customer_id.clone(), true)}
                {fact(t!("Time zone"), tenant.time_zone.clone(), false)}
                {fact(t!("Currency"), tenant.currency_code.clone(), false)}
                {fact(t!("Last report"), ago(tenant.reported_at.as_ref()), false)}
            </dl>
        </div>
    }
    .into_any()
}
