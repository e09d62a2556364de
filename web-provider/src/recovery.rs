//! Recovery Mode in the browser: known at the start and whenever the server says that its database is out of reach; then nothing
//! else is shown.

mod door;
mod view;

use leptos::prelude::*;
use prost_types::Timestamp;
use streamflow_proto::provider::v1::{
    GetRecoveryStatusRequest, GetRecoveryViewRequest, GetRecoveryViewResponse, recovery_service_client::RecoveryServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{error::ApiError, use_api},
    badge::Tone,
    banner::Banner,
    browser,
    error_panel::ErrorPanel,
    format,
    icon::glyphs,
    operator::Identity,
    session::Session,
    skeleton::{Delayed, SkeletonLines},
};

use self::{door::Door, view::RecoveryView};

/// How often the page asks whether the database is back.
const ASK_EVERY_MS: u32 = 3_000;

/// Whether the portal is in Recovery Mode, as the server last said.
#[derive(Clone, Copy)]
pub struct Mode {
    is_on: RwSignal<bool>,
    since: RwSignal<Option<Timestamp>>,
    session: Session<Identity>,
}

/// Asks once now, again when the server says that something is out of reach, and again and again in Recovery Mode.
pub fn provide_mode(session: Session<Identity>) -> Mode {
    let mode = Mode { is_on: RwSignal::new(false), since: RwSignal::new(None), session };
    provide_context(mode);
    let away = use_api().away;
    Effect::new(move |_| {
        away.track();
        mode.ask();
    });
    Effect::new(move |_| {
        if mode.is_on.get() {
            spawn_local(async move {
                while mode.is_on.try_get_untracked() == Some(true) {
                    browser::sleep_ms(ASK_EVERY_MS).await;
                    mode.ask();
                }
            });
        }
    });
    mode
}

impl Mode {
    pub fn is_on(self) -> bool {
        self.is_on.get()
    }

    fn ask(self) {
        spawn_local(async move {
            let call = async |transport, request| RecoveryServiceClient::new(transport).get_recovery_status(request).await;
            // Without an answer it stays as it is.
            if let Ok(status) = use_api().open(GetRecoveryStatusRequest {}, call).await {
                self.since.try_set(status.since);
                if self.is_on.get_untracked() != status.in_recovery {
                    self.is_on.set(status.in_recovery);
                    // Sessions of one mode are good for nothing in the other.
                    self.session.refresh();
                }
            }
        });
    }
}

/// What somebody sees of Recovery Mode.
#[derive(Clone)]
enum Sight {
    Asking,
    Outside,
    Inside(Box<GetRecoveryViewResponse>),
    Failed(ApiError),
}

/// The whole portal in Recovery Mode.
#[component]
pub fn RecoverySpace() -> impl IntoView {
    let sight = RwSignal::new(Sight::Asking);
    let ask = Callback::new(move |()| look(sight));
    ask.run(());
    view! {
        <div class="recovery">
            <RecoveryBanner/>
            {move || match sight.get() {
                Sight::Asking => view! { <main class="page-content" id="content"><Delayed><SkeletonLines/></Delayed></main> }.into_any(),
                Sight::Outside => view! { <Door entered=ask/> }.into_any(),
                Sight::Inside(read) => view! { <RecoveryView read=*read again=ask/> }.into_any(),
                Sight::Failed(error) => {
                    view! {
                        <main class="page-content" id="content">
                            <ErrorPanel what=t!("Recovery") error on_retry=move |()| ask.run(())/>
                        </main>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

fn look(sight: RwSignal<Sight>) {
    spawn_local(async move {
        let call = async |transport, request| RecoveryServiceClient::new(transport).get_recovery_view(request).await;
        let seen = match use_api().open(GetRecoveryViewRequest {}, call).await {
            Ok(read) => Sight::Inside(Box::new(read)),
            Err(error) if error.is_signed_out() => Sight::Outside,
            Err(error) => Sight::Failed(error),
        };
        sight.try_set(seen);
    });
}

#[component]
fn RecoveryBanner() -> impl IntoView {
    let mode = expect_context::<Mode>();
    let since = move || mode.since.with(|since| format::time(since.as_ref()));
    view! {
        <Banner tone=Tone::Warning glyph=glyphs::LIFE_RING>
            <strong class="semibold">{t!("Recovery Mode. ")}</strong>
            {move || t!("The provider database is out of reach since {since}. Only the emergency account can sign in; no tenant data can be read or changed.", since = since())}
        </Banner>
    }
}
