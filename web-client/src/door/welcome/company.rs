//! What the company is called and does, and what it begins with.

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    Industry, RegistrationState, SetUpCompanyRequest, sign_up_service_client::SignUpServiceClient,
};
use tonic::Code;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    browser,
    button::{Button, Kind},
    field::TextField,
    form::{Form, FormState},
    format,
};

use super::{
    Beginner,
    industries::{Industries, StartsWith},
};
use crate::{
    api::session,
    door::{sign_in::sign_in, way::go_on},
    parts::currencies::CurrencyField,
};

/// How often it is asked whether the company is there; each answer waits for seconds by itself.
const TRIES: usize = 6;

/// What is typed and chosen.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    address: RwSignal<String>,
    industry: RwSignal<String>,
    time_zone: RwSignal<String>,
    currency: RwSignal<String>,
}

impl Draft {
    fn new(industries: &[Industry]) -> Self {
        let text = |value: &str| RwSignal::new(value.to_owned());
        let first = industries.first().map_or("", |first| &first.name);
        let own_zone = browser::time_zone().unwrap_or_else(|| "Europe/London".to_owned());
        Self { name: text(""), address: text(""), industry: text(first), time_zone: text(&own_zone), currency: text("GBP") }
    }

    fn request(self, set_up_token: String) -> SetUpCompanyRequest {
        let typed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        SetUpCompanyRequest {
            set_up_token,
            name: typed(self.name),
            tenant_id: typed(self.address),
            industry: typed(self.industry),
            time_zone: typed(self.time_zone),
            currency_code: typed(self.currency),
        }
    }
}

#[component]
pub fn Company(beginner: Beginner) -> impl IntoView {
    let api = use_api();
    let session = session();
    let go_on = go_on();
    let form = FormState::new();
    let Beginner { facts, password } = beginner;
    let draft = Draft::new(&facts.industries);
    suggest(draft.name, draft.address);
    let ends = format::full_day(facts.trial_ends_at.as_ref());
    let (token, email, industries) = (facts.set_up_token, facts.email, facts.industries);
    let offered = industries.clone();
    let send = move |()| {
        let (request, email, password) = (draft.request(token.clone()), email.clone(), password.clone());
        let attempt = async move {
            set_up(api, request).await?;
            sign_in(api, email, password).await
        };
        form.send(attempt, move |()| {
            session.refresh();
            go_on.run(());
        });
    };
    let create = move || match draft.name.get().trim() {
        "" => t!("Create your company").to_owned(),
        name => t!("Create {name}", name),
    };
    view! {
        <div class="stack gap-6">
            <div>
                <h1 class="t-24">{t!("Set up your company")}</h1>
                <p class="soft">
                    {t!("Nothing exists until you press the button at the end. One company is created, with you as its owner.")}
                </p>
            </div>
            <Form state=form on_submit=send guard=false class="stack gap-6">
                <Names draft/>
                <Industries industries=offered chosen=draft.industry/>
                <div class="form-grid">
                    <TextField name="time_zone" label=t!("Time zone") value=draft.time_zone max_length=64 help=t!("As in Europe/London.")/>
                    <CurrencyField field="currency_code" value=draft.currency/>
                </div>
                <div class="row gap-4 row-wrap">
                    <Button kind=Kind::Primary submit=true large=true busy=form.busy>{create}</Button>
                    <span class="muted">{t!("Free for 14 days, until {ends}. No card needed.", ends)}</span>
                </div>
            </Form>
        </div>
        <StartsWith industries chosen=draft.industry/>
    }
}

#[component]
fn Names(draft: Draft) -> impl IntoView {
    view! {
        <div class="form-grid">
            <TextField
                name="name"
                label=t!("Company name")
                value=draft.name
                autocomplete="organization"
                large=true
                max_length=200
                autofocus=true
            />
            <TextField
                name="tenant_id"
                label=t!("Workspace address")
                value=draft.address
                help=t!("Part of every page’s address. It can’t be changed later.")
                large=true
                max_length=40
            />
        </div>
    }
}

/// Makes the company, or waits until the one that was asked for is there: asking again changes nothing.
async fn set_up(api: Api, request: SetUpCompanyRequest) -> Result<(), ApiError> {
    for _ in 0..TRIES {
        let call = async |transport, request| SignUpServiceClient::new(transport).set_up_company(request).await;
        if api.open(request.clone(), call).await?.state() == RegistrationState::Ready {
            return Ok(());
        }
    }
    Err(ApiError::new(Code::Unavailable, t!("Your company is still being made. Press the button again in a moment.")))
}

/// The address follows the name until somebody types another.
fn suggest(name: RwSignal<String>, address: RwSignal<String>) {
    let last = StoredValue::new(String::new());
    Effect::new(move |_| {
        let next = address_of(&browser::decomposed(&name.get()));
        if address.with_untracked(|address| *address == last.get_value()) {
            address.set(next.clone());
        }
        last.set_value(next);
    });
}

/// "Harrow & Pike" becomes "harrow-pike". Accents are characters of their own here, and go.
fn address_of(decomposed: &str) -> String {
    let mut address = String::new();
    for c in decomposed.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}' | '\'' | '’')).flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            address.push(c);
        } else if c == 'ß' {
            address.push_str("ss");
        } else if !address.is_empty() && !address.ends_with('-') {
            address.push('-');
        }
    }
    address.truncate(40);
    let address = address.trim_end_matches('-');
    if address.is_empty() || address.len() > 2 { address.to_owned() } else { format!("org-{address}") }
}

#[cfg(test)]
mod tests {
    use super::address_of;

    #[test]
    fn an_address_reads_like_the_name() {
        for (name, address) in [
            ("Harrow & Pike Heating Ltd", "harrow-pike-heating-ltd"),
            ("Mu\u{308}ller’s Straße", "mullers-strasse"),
            ("  ", ""),
            ("A1", "org-a1"),
            (&"x".repeat(50), &"x".repeat(40)),
        ] {
            assert_eq!(address_of(name), address);
        }
    }
}
