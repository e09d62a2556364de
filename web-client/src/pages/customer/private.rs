//! Tax id, bank details and private note: encrypted on the server, shown only when asked for, each look on record.

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, customer_service_client::CustomerServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    button::{Button, Kind},
    dialog::Dialog,
    error_panel::ErrorNote,
    field::{TextArea, TextField},
    form::Form,
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use crate::{
    api::may,
    parts::{
        conflict::dialog::{ConflictDialog, Words},
        edit::Edit,
        facts,
        news::{Newer, use_newer},
    },
};

async fn get(customer_id: String) -> Result<pb::CustomerPrivate, ApiError> {
    let call = async |transport, request| CustomerServiceClient::new(transport).get_customer_private(request).await;
    let reply = use_api().read(pb::GetCustomerPrivateRequest { customer_id }, call).await?;
    Ok(reply.private.unwrap_or_default())
}

#[component]
pub fn Private(#[prop(into)] customer_id: Signal<String>, words: Words) -> impl IntoView {
    let shown = RwSignal::new(None::<pb::CustomerPrivate>);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<ApiError>);
    let edit = Edit::<pb::CustomerPrivate>::new(move |private| {
        use_toasts().say(t!("Private details saved"));
        shown.set(Some(private));
    });
    let reveal = move || {
        let id = customer_id.get_untracked();
        busy.set(true);
        spawn_local(async move {
            let answer = get(id).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(private) => {
                    problem.set(None);
                    shown.set(Some(private));
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    // A look is on record, so the page does not look by itself.
    let newer = use_newer(move |change| change.entity == "customer_private" && customer_id.with_untracked(|id| *id == change.id));
    let there = Signal::derive(move || newer.get() && shown.with(Option::is_some));
    let again = move |()| {
        newer.set(false);
        reveal();
    };
    view! {
        <section class="private" aria-label=t!("Private details")>
            <Newer there text=t!("These details were changed since you looked") on_show=again/>
            {move || problem.get().map(|error| view! { <ErrorNote error on_retry=move |()| reveal()/> })}
            {move || match shown.get() {
                None => view! { <Hidden busy reveal=move |()| reveal()/> }.into_any(),
                Some(private) => {
                    view! { <Details private edit hide=move |()| shown.set(None)/> }.into_any()
                }
            }}
            <EditPrivate edit words/>
        </section>
    }
    .into_any()
}

#[component]
fn Hidden(busy: RwSignal<bool>, #[prop(into)] reveal: Callback<()>) -> impl IntoView {
    view! {
        <div class="card card-body stack gap-3">
            <p class="row">
                <Icon glyph=glyphs::LOCK/>
                <span class="soft">
                    {t!("Tax id, bank details and a private note are kept encrypted. Looking at them is written to the audit log.")}
                </span>
            </p>
            <div class="row">
                <Button glyph=glyphs::EYE busy on_click=move |_| reveal.run(())>{t!("Show private details")}</Button>
            </div>
        </div>
    }
}

#[component]
fn Details(private: pb::CustomerPrivate, edit: Edit<pb::CustomerPrivate>, #[prop(into)] hide: Callback<()>) -> impl IntoView {
    let change = may("customer_private.write").then(|| {
        let private = private.clone();
        view! {
            <Button glyph=glyphs::PEN on_click=move |_| edit.begin_other(private.clone())>{t!("Edit private details")}</Button>
        }
    });
    view! {
        <div class="card card-body stack gap-3">
            <dl class="kv">
                <dt>{t!("Tax id")}</dt>
                <dd><facts::Words text=private.tax_id.clone()/></dd>
                <dt>{t!("Bank details")}</dt>
                <dd><facts::Words text=private.bank_details.clone()/></dd>
                <dt>{t!("Private note")}</dt>
                <dd><facts::Words text=private.private_note.clone()/></dd>
            </dl>
            <div class="row">
                {change}
                <Button kind=Kind::Ghost glyph=glyphs::EYE_SLASH on_click=move |_| hide.run(())>{t!("Hide")}</Button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn EditPrivate(edit: Edit<pb::CustomerPrivate>, words: Words) -> impl IntoView {
    let foot = ViewFn::from(move || {
        view! {
            <Button kind=Kind::Ghost on_click=move |_| edit.discard()>{t!("Discard")}</Button>
            <span class="grow"></span>
            <Button kind=Kind::Primary busy=edit.form.busy key_hint=t!("Ctrl Enter") on_click=move |_| edit.save()>
                {t!("Save private details")}
            </Button>
        }
    });
    let draft = edit.draft;
    view! {
        <Dialog open=edit.open title=t!("Edit private details") foot form=edit.form>
            <Form state=edit.form on_submit=move |()| edit.save()>
                <TextField name="tax_id" label=t!("Tax id") value=draft.text("tax_id") max_length=100 optional=true/>
                <TextArea name="bank_details" label=t!("Bank details") value=draft.text("bank_details") rows=3 max_length=500 optional=true/>
                <TextArea name="private_note" label=t!("Private note") value=draft.text("private_note") rows=4 max_length=4000 optional=true
                    help=t!("Read by owners, managers and accountants only.")/>
            </Form>
        </Dialog>
        <ConflictDialog edit words/>
    }
    .into_any()
}
