//! The people of this portal: who there is, added by a link that is shown once.

mod dialogs;

use leptos::prelude::*;
use streamflow_proto::provider::v1::{self as pb, AdminState as State, admin_service_client::AdminServiceClient};
use web_kit::{
    api::use_api,
    badge::{Avatar, Badge, Status, Tone},
    button::{Button, Kind},
    format,
    icon::glyphs,
    layout::use_page,
    load::{Load, Loaded},
    menu::{Menu, MenuItem},
};

use self::dialogs::{AdminDialog, DisableDialog, LinkDialog, ResetDialog};
use super::may;

/// What can be asked for.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Somebody to change, or somebody new with an empty id.
    edit: RwSignal<Option<pb::Admin>>,
    disable: RwSignal<Option<pb::Admin>>,
    reset: RwSignal<Option<pb::Admin>>,
    /// A link to be handed over.
    link: RwSignal<Option<String>>,
}

/// `admins` below the portal's base.
pub fn admins() -> impl IntoView {
    let api = use_api();
    let asked =
        Asked { edit: RwSignal::new(None), disable: RwSignal::new(None), reset: RwSignal::new(None), link: RwSignal::new(None) };
    let writes = may("admin.write");
    let page = use_page("Admins")
        .canvas()
        .with_lead("Who may sign in to this portal. Everybody needs a second factor.")
        .with_actions(move || {
            let new = move |_| asked.edit.set(Some(pb::Admin { role: pb::Role::Viewer.into(), ..pb::Admin::default() }));
            writes.then(|| view! { <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=new>"Add a person"</Button> })
        });
    let load = Load::new(move || async move {
        let call = async |transport, request| AdminServiceClient::new(transport).list_admins(request).await;
        api.read(pb::ListAdminsRequest {}, call).await.map(|reply| reply.admins)
    });
    Effect::new(move |_| page.count.set(load.with(|list| list.map(|list| list.len().to_string()).unwrap_or_default())));
    let changed = Callback::new(move |()| load.reload());
    view! {
        <section class="card">
            <Loaded load what="Admins" let:list>
                <Table list asked writes/>
            </Loaded>
        </section>
        <AdminDialog asked changed/>
        <DisableDialog asked=asked.disable changed/>
        <ResetDialog asked changed/>
        <LinkDialog link=asked.link/>
    }
}

#[component]
fn Table(list: Vec<pb::Admin>, asked: Asked, writes: bool) -> impl IntoView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label="Admins">
            <table class="table table-plain cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"E-mail"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="wide-only">"Changed"</th>
                        <th scope="col" class="num"><span class="sr-only">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{list.into_iter().map(|admin| view! { <Line admin asked writes/> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Line(admin: pb::Admin, asked: Asked, writes: bool) -> impl IntoView {
    let (tone, glyph, word) = match admin.state() {
        State::Active => (Tone::Success, glyphs::CIRCLE_CHECK, "Active"),
        State::Invited => (Tone::Warning, glyphs::HOURGLASS_HALF, "Link not used yet"),
        State::Disabled | State::Unspecified => (Tone::Neutral, glyphs::BAN, "Disabled"),
    };
    let label = format!("Change {}", admin.display_name);
    let (name, you) = (admin.display_name.clone(), admin.you);
    let (email, role, changed) = (admin.email.clone(), role_word(admin.role()), format::ago(admin.updated_at.as_ref()));
    let items = Signal::derive(move || items(&admin, asked));
    view! {
        <tr>
            <td data-p="a">
                <span class="row gap-2">
                    <Avatar name=name.clone()/>
                    <span class="cell-main">{name}</span>
                    {you.then(|| view! { <Badge text="You"/> })}
                </span>
            </td>
            <td data-p="c" class="soft">{email}</td>
            <td data-p="d">{role}</td>
            <td><Status tone glyph text=word/></td>
            <td class="soft wide-only">{changed}</td>
            <td data-p="b" class="num">
                {writes.then(|| view! { <div class="pop-end"><Menu label glyph=glyphs::ELLIPSIS icon_only=true items/></div> })}
            </td>
        </tr>
    }
}

fn items(admin: &pb::Admin, asked: Asked) -> Vec<MenuItem> {
    let (edit, reset, disable) = (admin.clone(), admin.clone(), admin.clone());
    let mut items = vec![
        MenuItem::new("Change name or role", move || asked.edit.set(Some(edit.clone()))).glyph(glyphs::PEN),
        MenuItem::new("New link", move || asked.reset.set(Some(reset.clone()))).glyph(glyphs::KEY),
    ];
    if admin.state() != State::Disabled && !admin.you {
        items.push(MenuItem::new("Disable", move || asked.disable.set(Some(disable.clone()))).glyph(glyphs::BAN).danger());
    }
    items
}

pub fn role_word(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Admin => "Administrator",
        pb::Role::Viewer => "Viewer",
        pb::Role::Unspecified => "",
    }
}
