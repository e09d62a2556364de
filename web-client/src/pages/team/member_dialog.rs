//! Changes somebody's role, teams and rights, or takes them out of the company.

use leptos::prelude::*;
use prost_types::FieldMask;
use streamflow_proto::client::v1::{self as pb, team_service_client::TeamServiceClient};
use tonic::Code;
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    button::{Button, Kind},
    dialog::{Cancel, ConfirmDialog, Dialog},
    error_panel::ErrorNote,
    field::{Checkbox, FieldTie, SelectField},
    form::{Form, FormState},
    icon::{Icon, glyphs},
    toast::use_toasts,
};

use super::crew::{Crew, chosen_role, is_me, offered_roles, role_choice, role_text};

/// What the dialog holds.
#[derive(Clone, Copy)]
struct Draft {
    role: RwSignal<String>,
    team_ids: RwSignal<Vec<String>>,
    read_only: RwSignal<bool>,
    disabled: RwSignal<bool>,
}

impl Draft {
    fn new() -> Self {
        Self {
            role: RwSignal::new(String::new()),
            team_ids: RwSignal::new(Vec::new()),
            read_only: RwSignal::new(false),
            disabled: RwSignal::new(false),
        }
    }

    fn fill(self, member: &pb::Member) {
        self.role.set(role_choice(member.role()).value);
        self.team_ids.set(member.team_ids.clone());
        self.read_only.set(member.read_only);
        self.disabled.set(member.disabled);
    }

    /// The person as chosen, and the fields in which that differs.
    fn changed(self, before: &pb::Member) -> (pb::Member, Vec<String>) {
        let mut after = before.clone();
        after.set_role(chosen_role(&self.role.get_untracked()));
        after.team_ids = self.team_ids.get_untracked();
        after.read_only = self.read_only.get_untracked();
        after.disabled = self.disabled.get_untracked();
        let mask = changed_fields(before, &after);
        (after, mask)
    }
}

fn changed_fields(before: &pb::Member, after: &pb::Member) -> Vec<String> {
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    let fields = [
        ("role", before.role != after.role),
        ("team_ids", sorted(&before.team_ids) != sorted(&after.team_ids)),
        ("read_only", before.read_only != after.read_only),
        ("disabled", before.disabled != after.disabled),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field.to_owned()).collect()
}

/// The field that a refusal about the whole person belongs to: the one that took the right away.
fn blamed(mask: &[String]) -> &'static str {
    ["role", "disabled", "read_only"].into_iter().find(|field| mask.iter().any(|one| one == field)).unwrap_or("role")
}

#[component]
pub fn MemberDialog(crew: Crew, asked: RwSignal<Option<pb::Member>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let form = FormState::new();
    let draft = Draft::new();
    Effect::new(move |_| {
        let member = asked.get();
        if let Some(member) = &member {
            draft.fill(member);
            form.saved();
        }
        open.set(member.is_some());
    });
    let title =
        Signal::derive(move || asked.with(|member| member.as_ref().map(|one| one.display_name.clone())).unwrap_or_default());
    let send = move |()| save(crew, asked, form, draft);
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Save changes")}</Button>
        }
    });
    let own = move || asked.with(|member| member.as_ref().is_some_and(|one| is_me(&one.id)));
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <RoleField value=draft.role offered=offered_roles()/>
                <TeamBoxes crew draft/>
                <RightBox name="read_only" label=t!("Read-only: sees what the role sees, changes nothing") value=draft.read_only/>
                <RightBox name="disabled" label=t!("Disabled: can’t sign in, keeps the records") value=draft.disabled/>
                <Show when=own>
                    <div class="note is-warning">
                        <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
                        <span>{t!("This is you. With another role, or disabled, you are signed out at once.")}</span>
                    </div>
                </Show>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Sends what differs; closes the dialog when it is kept.
fn save(crew: Crew, asked: RwSignal<Option<pb::Member>>, form: FormState, draft: Draft) {
    let Some(before) = asked.get_untracked() else { return };
    let (member, mask) = draft.changed(&before);
    if mask.is_empty() {
        asked.set(None);
        return;
    }
    let field = blamed(&mask);
    let act = form.act();
    let request = pb::UpdateMemberRequest { member: Some(member), update_mask: Some(FieldMask { paths: mask }) };
    let call = async move {
        let call = async |transport, request| TeamServiceClient::new(transport).update_member(request).await;
        let answer = use_api().write(&act, request, call).await;
        if let Some(current) = answer.as_ref().err().and_then(stale) {
            // The next press says what was chosen on top of what the other person did.
            asked.update_untracked(|asked| *asked = Some(current));
        }
        answer.map_err(|error| error.at_field(Code::FailedPrecondition, field))
    };
    form.send(call, move |reply| {
        let name = reply.member.map(|member| member.display_name).unwrap_or_default();
        use_toasts().say(t!("{name} changed", name));
        asked.set(None);
        crew.members.reload();
    });
}

/// The person as somebody else left them.
fn stale(error: &ApiError) -> Option<pb::Member> {
    error.detail::<pb::Member>("streamflow.client.v1.Member")
}

/// A role with a sentence on what it may.
#[component]
pub fn RoleField(value: RwSignal<String>, offered: Vec<pb::Role>) -> impl IntoView {
    let choices: Vec<_> = offered.into_iter().map(role_choice).collect();
    view! {
        <div class="stack gap-1">
            <SelectField name="role" label=t!("Role") value choices=Signal::derive(move || choices.clone())/>
            <span class="field-help" aria-live="polite">{move || role_text(chosen_role(&value.get()))}</span>
        </div>
    }
}

#[component]
fn TeamBoxes(crew: Crew, draft: Draft) -> impl IntoView {
    let boxes = move || {
        crew.team_choices()
            .into_iter()
            .map(|team| {
                let on = RwSignal::new(draft.team_ids.with_untracked(|ids| ids.contains(&team.value)));
                let id = team.value.clone();
                Effect::new(move |_| {
                    let on = on.get();
                    draft.team_ids.update(|ids| {
                        ids.retain(|one| *one != id);
                        if on {
                            ids.push(id.clone());
                        }
                    });
                });
                view! { <Checkbox label=team.label value=on/> }
            })
            .collect_view()
    };
    view! {
        <fieldset class="stack team-boxes">
            <legend class="field-label">{t!("Teams")}</legend>
            {boxes}
            <Show when=move || crew.team_choices().is_empty()>
                <span class="field-help">{t!("There are no teams yet. Make one under Teams.")}</span>
            </Show>
        </fieldset>
    }
}

/// A box whose refusal stands under it.
#[component]
fn RightBox(name: &'static str, #[prop(into)] label: String, value: RwSignal<bool>) -> impl IntoView {
    let tie = FieldTie::new(name);
    let (error, invalid, touch) = (tie.error, tie.invalid(), tie.clone());
    view! {
        <div class="field" class:is-invalid=move || error.get().is_some()>
            <label class="check">
                <input
                    type="checkbox"
                    aria-invalid=invalid
                    aria-describedby=tie.note_id()
                    prop:checked=value
                    on:change:target=move |event| {
                        value.set(event.target().checked());
                        touch.touched();
                    }
                />
                <span>{label}</span>
            </label>
            {move || {
                error.get().map(|text| view! { <span class="field-error" id=tie.note_id()><Icon glyph=glyphs::CIRCLE_EXCLAMATION/>{text}</span> })
            }}
        </div>
    }
}

/// Removing ends sessions and memberships for good; only a new invitation brings somebody back, so the name is typed.
#[component]
pub fn RemoveDialog(crew: Crew, asked: RwSignal<Option<pb::Member>>) -> impl IntoView {
    move || asked.get().map(|member| view! { <Remove crew asked member/> })
}

#[component]
fn Remove(crew: Crew, asked: RwSignal<Option<pb::Member>>, member: pb::Member) -> impl IntoView {
    let open = RwSignal::new(true);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<ApiError>);
    let name = StoredValue::new(member.display_name.clone());
    let user_id = StoredValue::new(member.id);
    let remove = move |()| {
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let request = pb::RemoveMemberRequest { user_id: user_id.get_value() };
            let call = async |transport, request| TeamServiceClient::new(transport).remove_member(request).await;
            let answer = use_api().write(&Act::default(), request, call).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(_) => {
                    use_toasts().say(t!("{name} is no longer in the company", name = name.get_value()));
                    asked.set(None);
                    crew.members.reload();
                }
                Err(error) => refused.set(Some(error)),
            }
        });
    };
    view! {
        <ConfirmDialog
            open
            title=t!("Remove {display_name}?", display_name = member.display_name)
            action=t!("Remove {display_name}", display_name = member.display_name)
            type_to_confirm=member.display_name.clone()
            busy
            on_confirm=remove
            on_dismiss=move |()| asked.set(None)
        >
            {move || refused.get().map(|error| view! { <ErrorNote error/> })}
            <p>
                {t!("They are signed out at once and can’t sign in to this company again. Their records stay and are nobody’s until you assign them; their open tasks too.")}
            </p>
            <p class="soft">{t!("This can’t be undone. To keep somebody out for a while, disable them instead.")}</p>
        </ConfirmDialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_sent_and_blamed() {
        let mut before = pb::Member { team_ids: vec!["a".into(), "b".into()], ..pb::Member::default() };
        before.set_role(pb::Role::Owner);
        let mut after = before.clone();
        after.team_ids.reverse();
        assert!(changed_fields(&before, &after).is_empty());
        after.read_only = true;
        after.disabled = true;
        let mask = changed_fields(&before, &after);
        assert_eq!(mask, ["read_only", "disabled"]);
        assert_eq!(blamed(&mask), "disabled");
        after.set_role(pb::Role::Staff);
        assert_eq!(blamed(&changed_fields(&before, &after)), "role");
    }
}
