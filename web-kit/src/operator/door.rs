//! Sign-in with password and code, and the way in.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use tonic::Code;

use super::{Identity, OperatorPortal, space::address};
use crate::{
    api::{error::ApiError, use_api},
    button::{Button, Kind, LinkButton},
    empty::EmptyState,
    field::{PasswordField, TextField},
    form::{Form, FormState},
    layout::use_page,
    list::state::encode,
    session::{Who, expiry_note, return_address, use_session},
    sign_in::{CodeField, SignInFrame, is_whole},
};

/// `/`: leads on.
pub fn entrance<P: OperatorPortal>() -> impl IntoView {
    follow_session::<P>("/");
}

/// `/sign-in`.
pub fn sign_in<P: OperatorPortal>() -> impl IntoView {
    follow_session::<P>("/sign-in");
    let api = use_api();
    let session = use_session::<Identity>();
    let form = FormState::new();
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = move |()| {
        let (email, password) = (email.get_untracked().trim().to_owned(), password.get_untracked());
        let wanted = [("email", &*email, t!("Enter your e-mail address.")), ("password", &*password, t!("Enter your password."))];
        if let Some(error) = ApiError::missing(&wanted) {
            form.refuse(error);
            return;
        }
        let attempt = async move {
            let answer = P::sign_in(api, email, password).await;
            answer.map_err(|error| error.at_field(Code::Unauthenticated, "password"))
        };
        form.send(attempt, move |()| session.refresh());
    };
    view! {
        <SignInFrame portal=P::NAME title=t!("Sign in") lead=ViewFn::from(|| t!(P::LEAD)) foot=ViewFn::from(foot)>
            {expiry_note()}
            <Form state=form on_submit=send guard=false>
                <TextField name="email" label=t!("E-mail") kind="email" autocomplete="username" value=email large=true autofocus=true/>
                <PasswordField name="password" label=t!("Password") autocomplete="current-password" value=password large=true/>
                <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Continue")}</Button>
            </Form>
            <p class="t-12 muted">{t!("The second step asks for a code of your authenticator.")}</p>
        </SignInFrame>
    }
}

/// `/second-factor`.
pub fn second_factor<P: OperatorPortal>() -> impl IntoView {
    follow_session::<P>("/second-factor");
    let api = use_api();
    let session = use_session::<Identity>();
    let form = FormState::new();
    let code = RwSignal::new(String::new());
    let send = Callback::new(move |()| {
        let typed = code.get_untracked().trim().to_owned();
        if !is_whole(form, &typed) {
            return;
        }
        form.send(async move { P::verify(api, typed).await }, move |()| session.refresh());
    });
    let leave = super::space::use_sign_out::<P>();
    view! {
        <SignInFrame
            portal=P::NAME
            title=t!("Enter your code")
            lead=ViewFn::from(|| t!("Open your authenticator app and type the six digits."))
            foot=ViewFn::from(foot)
        >
            <Form state=form on_submit=send guard=false>
                <CodeField value=code on_complete=send/>
                <Button kind=Kind::Primary submit=true large=true block=true busy=form.busy>{t!("Sign in")}</Button>
            </Form>
            <Button kind=Kind::Ghost on_click=move |_| leave.run(())>{t!("Start over")}</Button>
        </SignInFrame>
    }
}

fn foot() -> impl IntoView {
    view! { <span>{t!("Each attempt to sign in is kept in the audit.")}</span> }
}

/// Any address outside the portal's base.
pub fn lost<P: OperatorPortal>() -> impl IntoView {
    view! {
        <SignInFrame portal=P::NAME title=t!("There is no such page") lead=ViewFn::from(|| t!("This portal has no page at this address."))>
            <a href="/" class="btn btn-primary btn-lg btn-block">{t!("Go to the start")}</a>
        </SignInFrame>
    }
}

/// Any address below the base that is no page.
pub fn not_here() -> impl IntoView {
    let home = use_page(t!("Not found")).home;
    let actions = move || {
        home.get().map(|(name, href)| view! { <LinkButton href kind=Kind::Primary>{t!("Go to {name}", name)}</LinkButton> })
    };
    view! {
        <EmptyState
            title=t!("There is no such page")
            text=t!("The address may be old. The pages of this portal are in the navigation.")
            actions
        />
    }
}

/// Goes on as soon as the session is not what the page `own` is for.
fn follow_session<P: OperatorPortal>(own: &'static str) {
    let who = use_session::<Identity>().who();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let next = who.with(|who| next_page::<P>(who, return_address()));
        if let Some(next) = next.filter(|next| next.split('?').next() != Some(own)) {
            navigate(&next, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
}

/// None while it is not known.
fn next_page<P: OperatorPortal>(who: &Who<Identity>, back: Option<String>) -> Option<String> {
    let keeping = |page: &str| match &back {
        Some(back) => format!("{page}?next={}", encode(back)),
        None => page.to_owned(),
    };
    match who {
        Who::Asking | Who::Failed(_) => None,
        Who::SignedOut => Some(keeping("/sign-in")),
        Who::SignedIn(identity) if !identity.full => Some(keeping("/second-factor")),
        Who::SignedIn(_) => Some(back.unwrap_or_else(|| address::<P>("overview"))),
    }
}
