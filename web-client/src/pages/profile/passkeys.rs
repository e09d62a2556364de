//! Passkeys: which ones there are, adding, renaming and removing them.

mod add;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, passkey_service_client::PasskeyServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    button::{Button, Kind},
    dialog::{ConfirmDialog, Dialog},
    field::TextField,
    form::{Form, FormState},
    format::{self, When},
    icon::{Icon, glyphs},
    load::{Load, Loaded},
    text::woven,
    toast::use_toasts,
};

use self::add::Adding;
use crate::passkey;

/// Characters of a name, as the server counts them.
const NAME: u32 = 60;

#[component]
pub fn Passkeys(#[prop(into)] changed: Callback<()>) -> impl IntoView {
    let api = use_api();
    let load = Load::new(move || async move {
        let call = async |transport, request| PasskeyServiceClient::new(transport).list_passkeys(request).await;
        api.read(pb::ListPasskeysRequest {}, call).await.map(|reply| reply.passkeys)
    });
    let adding = RwSignal::new(false);
    let added = move |()| {
        adding.set(false);
        load.reload();
        changed.run(());
    };
    let way = if passkey::is_supported() {
        let open = move |_| adding.set(true);
        view! { <div><Button glyph=glyphs::FINGERPRINT on_click=open>{t!("Add a passkey")}</Button></div> }.into_any()
    } else {
        view! { <p class="muted">{t!("This browser can’t add one.")}</p> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="passkeys-head">
            <div class="card-head"><h2 id="passkeys-head">{t!("Passkeys")}</h2></div>
            <div class="card-body stack gap-4">
                <p class="soft">
                    {t!("A passkey signs you in with your fingerprint, face or PIN, without password and code. Your phone, computer, security key or password manager keeps it.")}
                </p>
                {way}
            </div>
            <Loaded load what=t!("Your passkeys") let:passkeys>
                <ul class="list">{passkeys.into_iter().map(|one| view! { <Line one load/> }).collect_view()}</ul>
            </Loaded>
            <Dialog open=adding title=t!("Add a passkey")>
                <Adding added/>
            </Dialog>
        </section>
    }
}

#[component]
fn Line(one: pb::Passkey, load: Load<Vec<pb::Passkey>>) -> impl IntoView {
    let [renaming, removing] = [(); 2].map(|()| RwSignal::new(false));
    let (added, used) = (one.created_at, one.last_used_at);
    let [to_rename, to_remove] = [(); 2].map(|()| format!(" {}", one.name));
    let facts = match (used.is_some(), one.backed_up) {
        (true, true) => t!("Added {day}, last used {ago}"),
        (true, false) => t!("Added {day}, last used {ago}, on one device only"),
        (false, true) => t!("Added {day}, not used yet"),
        (false, false) => t!("Added {day}, not used yet, on one device only"),
    };
    // Names of hosts are the same in every language.
    let elsewhere = (window().location().hostname().ok().as_deref() != Some(&one.rp_id)).then(|| format!(", {}", one.rp_id));
    let name = StoredValue::new(one.name.clone());
    let id = StoredValue::new(one.id);
    view! {
        <li>
            <span class="muted"><Icon glyph=glyphs::FINGERPRINT/></span>
            <div class="grow">
                <span class="medium truncate">{one.name}</span>
                <div class="t-12 muted">
                    {woven(facts, |place| match place {
                        "ago" => view! { <When at=Signal::derive(move || used)/> }.into_any(),
                        _ => (move || format::day(added.as_ref())).into_any(),
                    })}
                    {elsewhere}
                </div>
            </div>
            <Button small=true on_click=move |_| renaming.set(true)>{t!("Rename")}<span class="sr-only">{to_rename}</span></Button>
            <Button small=true on_click=move |_| removing.set(true)>{t!("Remove")}<span class="sr-only">{to_remove}</span></Button>
            <Dialog open=renaming title=t!("Rename the passkey")>
                <Renaming id=id.get_value() name=name.get_value() open=renaming load/>
            </Dialog>
            <Removing id name open=removing load/>
        </li>
    }
    .into_any()
}

#[component]
fn Renaming(id: String, name: String, open: RwSignal<bool>, load: Load<Vec<pb::Passkey>>) -> impl IntoView {
    let api = use_api();
    let form = FormState::new();
    let name = RwSignal::new(name);
    let send = move |()| {
        let (act, request) = (form.act(), pb::RenamePasskeyRequest { passkey_id: id.clone(), name: name.get_untracked() });
        let call = async move {
            let call = async |transport, request| PasskeyServiceClient::new(transport).rename_passkey(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |_| {
            open.set(false);
            load.reload();
        });
    };
    view! {
        <Form state=form on_submit=send guard=false>
            <TextField name="name" label=t!("Name") value=name max_length=NAME autofocus=true/>
            <div><Button kind=Kind::Primary submit=true busy=form.busy>{t!("Save")}</Button></div>
        </Form>
    }
}

#[component]
fn Removing(
    id: StoredValue<String>,
    name: StoredValue<String>,
    open: RwSignal<bool>,
    load: Load<Vec<pb::Passkey>>,
) -> impl IntoView {
    let (api, toasts) = (use_api(), use_toasts());
    let busy = RwSignal::new(false);
    let remove = move |()| {
        busy.set(true);
        let request = pb::RemovePasskeyRequest { passkey_id: id.get_value() };
        spawn_local(async move {
            let call = async |transport, request| PasskeyServiceClient::new(transport).remove_passkey(request).await;
            let answer = api.write(&Act::default(), request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            open.set(false);
            toasts.say(answer.map_or_else(|error| error.sentence(), |_| t!("Passkey removed").to_owned()));
            load.reload();
        });
    };
    view! {
        <ConfirmDialog open title=t!("Remove the passkey?") action=t!("Remove the passkey") busy on_confirm=remove>
            <p>
                {move || {
                    t!("Nobody signs in with “{name}” any more. Delete it where it is kept, too: browsers go on offering it.", name = name.get_value())
                }}
            </p>
        </ConfirmDialog>
    }
}
