//! The line over every page of a company that is going to be deleted: when, and for owners the way back.

use std::rc::Rc;

use leptos::prelude::*;
use streamflow_proto::client::v1::{self as pb, org_closing_service_client::OrgClosingServiceClient};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::Button,
    format,
    icon::{Icon, glyphs},
    live::{Heard, use_live},
    load::Load,
    toast::use_toasts,
};

use crate::api::me;

/// Whether the company is going to be deleted, as the banner and the settings show it.
#[derive(Clone, Copy)]
pub struct Closing(Load<Option<pb::Closing>>);

impl Closing {
    pub fn get(self) -> Option<pb::Closing> {
        self.0.get().flatten()
    }

    pub fn reload(self) {
        self.0.reload();
    }
}

/// Read when the portal opens, and when its company changes.
pub fn provide_closing() {
    let closing = Closing(Load::new(read));
    use_live(move |heard| match heard {
        Heard::Change(change) if change.entity == "org" => closing.reload(),
        Heard::Reset => closing.reload(),
        Heard::Change(_) => {}
    });
    provide_context(closing);
}

async fn read() -> Result<Option<pb::Closing>, ApiError> {
    let call = async |transport, request| OrgClosingServiceClient::new(transport).get_closing(request).await;
    Ok(use_api().read(pb::GetClosingRequest {}, call).await?.closing)
}

/// Owners decide about it, after the end of a trial too; not those who may only read.
pub fn may_close() -> bool {
    me().permissions.iter().any(|known| known == "org_closing.write")
}

/// The day on which it happens, with the year.
pub fn due_day(closing: &pb::Closing) -> String {
    format::full_day(closing.due_at.as_ref())
}

#[component]
pub fn ClosingBanner() -> impl IntoView {
    let closing = expect_context::<Closing>();
    move || {
        closing.get().map(|one| {
            view! {
                <div class="banner is-warning">
                    <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                    <span class="grow" role="status">
                        {t!("This company will be deleted on {one}, with everything in it.", one = due_day(&one))}
                    </span>
                    {may_close().then(|| view! { <Keep closing/> })}
                </div>
            }
        })
    }
}

/// Takes it back.
#[component]
pub fn Keep(closing: Closing) -> impl IntoView {
    let (api, toasts, busy) = (use_api(), use_toasts(), RwSignal::new(false));
    let act = StoredValue::new_local(Rc::new(Act::default()));
    let keep = move |_| {
        busy.set(true);
        let act = act.get_value();
        spawn_local(async move {
            let call = async |transport, request| OrgClosingServiceClient::new(transport).cancel_closing(request).await;
            let answer = api.write(&act, pb::CancelClosingRequest {}, call).await;
            busy.try_set(false);
            match answer {
                Ok(_) => toasts.say(t!("Cancelled: the company stays")),
                Err(error) => toasts.say(t!("Not cancelled: {reason}", reason = error.sentence())),
            }
            closing.reload();
        });
    };
    view! { <Button small=true busy on_click=keep>{t!("Cancel deletion")}</Button> }
}
