//! Where one is told of what: the inbox, mails, or both.

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    self as pb, NotificationKind, NotificationPreference, notification_service_client::NotificationServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, use_api},
    field::Switch,
    load::{Load, Loaded},
    toast::use_toasts,
};

#[component]
pub fn Notices() -> impl IntoView {
    let api = use_api();
    let load = Load::new(move || async move {
        let call =
            async |transport, request| NotificationServiceClient::new(transport).list_notification_preferences(request).await;
        api.read(pb::ListNotificationPreferencesRequest {}, call).await.map(|reply| reply.preferences)
    });
    view! {
        <section class="card" aria-labelledby="notices-head">
            <div class="card-head"><h2 id="notices-head">{t!("Notifications")}</h2></div>
            <Loaded load what=t!("Your choices") let:preferences>
                <ul class="list">
                    {preferences.into_iter().map(|preference| view! { <Line preference load/> }).collect_view()}
                </ul>
            </Loaded>
        </section>
    }
}

#[component]
fn Line(preference: NotificationPreference, load: Load<Vec<NotificationPreference>>) -> impl IntoView {
    let what = words(preference.kind());
    let (inbox, email) = (RwSignal::new(preference.inbox), RwSignal::new(preference.email));
    let kind = preference.kind;
    let save = Callback::new(move |_: bool| {
        let chosen =
            NotificationPreference { kind, inbox: inbox.get_untracked(), email: email.get_untracked(), inbox_only_on: false };
        set(chosen, load);
    });
    let place = if preference.inbox_only_on {
        view! { <span class="muted t-12">{t!("Always in the inbox")}</span> }.into_any()
    } else {
        view! { <Switch label=t!("Inbox") value=inbox on_change=save/> }.into_any()
    };
    view! {
        <li>
            <div class="row row-wrap grow" role="group" aria-label=what>
                <span class="grow">{what}</span>
                {place}
                <Switch label=t!("E-mail") value=email on_change=save/>
            </div>
        </li>
    }
}

/// Of a refusal the page shows what holds.
fn set(preference: NotificationPreference, load: Load<Vec<NotificationPreference>>) {
    let (api, toasts) = (use_api(), use_toasts());
    spawn_local(async move {
        let call =
            async |transport, request| NotificationServiceClient::new(transport).set_notification_preference(request).await;
        let request = pb::SetNotificationPreferenceRequest { preference: Some(preference) };
        match api.write(&Act::default(), request, call).await {
            Ok(_) => toasts.say(t!("Saved")),
            Err(error) => {
                toasts.say(error.sentence());
                load.reload();
            }
        }
    });
}

fn words(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::Invitation => t!("Somebody accepts your invitation"),
        NotificationKind::Import => t!("Your import ends"),
        NotificationKind::Assigned => t!("Somebody hands you records"),
        NotificationKind::Anomaly => t!("Something out of the ordinary"),
        NotificationKind::Support => t!("Support sessions"),
        NotificationKind::Export => t!("Your export ends"),
        NotificationKind::Unspecified => t!("Others"),
    }
}
