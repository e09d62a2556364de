//! Name, time zone and currency.

use leptos::prelude::*;
use prost_types::FieldMask;
use streamflow_proto::client::v1::{self as pb, org_service_client::OrgServiceClient};
use web_kit::{
    api::use_api,
    button::{Button, Kind},
    field::TextField,
    form::{Form, FormState},
    format::capital,
    load::Load,
    toast::use_toasts,
};

use crate::parts::currencies::CurrencyField;

#[component]
pub fn Company(one: pb::Org, org: Load<pb::Org>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let (name, zone, currency) =
        (RwSignal::new(one.name.clone()), RwSignal::new(one.time_zone.clone()), RwSignal::new(one.currency_code.clone()));
    let (tenant_id, plan, industry) = (one.tenant_id.clone(), one.plan.clone(), one.industry.replace('-', " "));
    let save = move |()| {
        let changed = pb::Org {
            name: name.get_untracked(),
            time_zone: zone.get_untracked(),
            currency_code: currency.get_untracked(),
            ..one.clone()
        };
        // What stays is not sent: it may be from before there were rules for it.
        let differs = [
            ("name", true),
            ("time_zone", changed.time_zone != one.time_zone),
            ("currency_code", changed.currency_code != one.currency_code),
        ];
        let paths = differs.into_iter().filter(|&(_, differs)| differs).map(|(path, _)| path.to_owned()).collect();
        let request = pb::UpdateOrgRequest { org: Some(changed), update_mask: Some(FieldMask { paths }) };
        let act = form.act();
        let call = async move {
            let call = async |transport, request| OrgServiceClient::new(transport).update_org(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |reply| {
            use_toasts().say(t!("Company saved"));
            org.set(reply.org.unwrap_or_default());
        });
    };
    view! {
        <section class="card" aria-labelledby="company-head">
            <div class="card-head"><h2 id="company-head">{t!("Company")}</h2></div>
            <div class="card-body stack gap-4">
                <Form state=form on_submit=save>
                    <TextField name="org.name" label=t!("Name") value=name max_length=200/>
                    <div class="form-grid">
                        <TextField name="org.time_zone" label=t!("Time zone") value=zone max_length=64 help=t!("As in Europe/London.")/>
                        <CurrencyField
                            field="org.currency_code"
                            value=currency
                            help=t!("By name or by its three letters, as in GBP. Amounts that are there keep theirs.")
                        />
                    </div>
                    <div class="row"><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Save company")}</Button></div>
                </Form>
                <dl class="kv">
                    <dt>{t!("Name in addresses")}</dt>
                    <dd class="mono">{tenant_id}</dd>
                    <dt>{t!("Plan")}</dt>
                    <dd>{capital(&plan)}</dd>
                    {(!industry.is_empty()).then(|| view! { <dt>{t!("Industry")}</dt><dd>{capital(&industry)}</dd> })}
                </dl>
            </div>
        </section>
    }
    .into_any()
}
