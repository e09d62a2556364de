//! The frame of sign-in pages, and the field for six digits. The words are each portal's own.

use leptos::{html, prelude::*};

use crate::{
    api::error::ApiError,
    field::FieldTie,
    form::FormState,
    icon::{Icon, Mark, glyphs},
    layout::SkipLink,
    toast::ToastRegion,
};

/// Two halves: the form, and the portal's picture. Only the form on phones.
#[component]
pub fn SignInFrame(
    /// Name of the portal beside the mark.
    #[prop(into)]
    portal: String,
    #[prop(into)] title: Signal<String>,
    /// One sentence under the title.
    #[prop(optional, into)]
    lead: Option<ViewFn>,
    /// The other half.
    #[prop(optional, into)]
    art: Option<ViewFn>,
    /// Line at the foot.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let page = portal.clone();
    let is_alone = art.is_none();
    Effect::new(move |_| document().set_title(&t!("{title} · StreamFlow {page}", title = title.get(), page)));
    view! {
        <SkipLink/>
        <div class="signin" class:is-alone=is_alone>
            <div class="signin-form">
                <header class="row gap-3">
                    <Mark/>
                    <span class="wordmark t-14">"StreamFlow"</span>
                    <span class="signin-portal muted">{portal}</span>
                </header>
                <main class="page-content" id="content" tabindex="-1">
                    <div class="signin-box">
                        <div>
                            <h1 class="t-24">{title}</h1>
                            {lead.map(|lead| view! { <p class="soft signin-lead">{move || lead.run()}</p> })}
                        </div>
                        {children()}
                    </div>
                </main>
                <footer class="row row-wrap gap-4 t-12 muted">{foot.map(|foot| foot.run())}</footer>
            </div>
            {art.map(|art| view! { <aside class="signin-art" aria-label=t!("About")>{art.run()}</aside> })}
        </div>
        <ToastRegion/>
    }
    .into_any()
}

const DIGITS: usize = 6;

/// Six digits of an authenticator: drawn as six boxes, but one field, so that pasting and screen readers work as usual.
#[component]
pub fn CodeField(
    #[prop(default = "code")] name: &'static str,
    value: RwSignal<String>,
    #[prop(default = t!("Six-digit code"))] label: &'static str,
    /// Takes the focus; not where other fields come first.
    #[prop(default = true)]
    focus: bool,
    /// All digits are there.
    #[prop(optional, into)]
    on_complete: Option<Callback<()>>,
) -> impl IntoView {
    let tie = FieldTie::new(name);
    let touch = tie.clone();
    let (id, note, invalid, error) = (tie.id.clone(), tie.note_id(), tie.invalid(), tie.error);
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = node.get().filter(|_| focus) {
            let _ = input.focus();
        }
    });
    let boxes = (0..DIGITS)
        .map(|at| {
            let digit = move || value.with(|text| text.chars().nth(at).map(String::from));
            let next = move || value.with(|text| text.len().min(DIGITS - 1) == at);
            view! { <span class="input" class:is-next=next>{digit}</span> }
        })
        .collect_view();
    view! {
        <div class="field" class:is-invalid=move || error.get().is_some()>
            <label class="field-label" for=id.clone()>{label}</label>
            <div class="otp-place">
                <input
                    node_ref=node
                    id=id
                    class="otp-input"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    aria-invalid=invalid
                    aria-describedby=note.clone()
                    prop:value=value
                    on:input:target=move |event| {
                        let digits = only_digits(&event.target().value());
                        event.target().set_value(&digits);
                        let full = digits.len() == DIGITS && value.with_untracked(|known| *known != digits);
                        value.set(digits);
                        touch.touched();
                        if let (true, Some(complete)) = (full, on_complete) {
                            complete.run(());
                        }
                    }
                />
                <div class="otp" aria-hidden="true">{boxes}</div>
            </div>
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! {
                            <span class="field-error" id=note.clone()>
                                <Icon glyph=glyphs::CIRCLE_EXCLAMATION/>
                                {error}
                            </span>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}

/// Says so where digits are missing: sent like this, they would cost one of the attempts there are.
pub fn is_whole(form: FormState, code: &str) -> bool {
    let whole = code.len() == DIGITS;
    if !whole {
        form.refuse(ApiError::invalid("code", t!("Type all six digits.")));
    }
    whole
}

/// People paste "123 456".
fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_may_be_pasted_with_spaces() {
        assert_eq!(super::only_digits(" 123 456 7"), "123456");
    }
}
