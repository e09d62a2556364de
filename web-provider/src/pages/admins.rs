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
    operator::space::may,
};

use self::dialogs::{AdminDialog, CloseDialog, LinkDialog};

/// What can be asked for, and what follows when it is done.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Somebody to change, or somebody new with an empty id.
    edit: RwSignal<Option<pb::Admin>>,
    close: RwSignal<Option<(Closing, pb::Admin)>>,
    /// A link to be handed over.
    link: RwSignal<Option<String>>,
    changed: Callback<()>,
}

impl Asked {
    /// Shows a link before anything else happens: who made one for themself is signed out at the next call.
    fn settle(self, link: Option<String>) {
        match link {
            Some(link) => self.link.set(Some(link)),
            None => self.changed.run(()),
        }
    }
}

/// Ways to shut somebody out.
#[derive(Clone, Copy)]
pub enum Closing {
    Disable,
    /// Password and authenticator go; a link lets the person choose both anew.
    Reset,
}

impl Closing {
    fn verb(self) -> &'static str {
        match self {
            Self::Disable => t!("Disable"),
            Self::Reset => t!("Make a new link for"),
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Disable => t!("Disable the account"),
            Self::Reset => t!("Make a new link"),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Disable => {
                t!("Their sessions end at their next request, and they can’t sign in. A new link lets them in again.")
            }
            Self::Reset => {
                t!(
                    "Password, authenticator and sessions of this person stop working at once; the link lets them choose both anew."
                )
            }
        }
    }
}

/// `admins` below the portal's base.
pub fn admins() -> impl IntoView {
    let api = use_api();
    let load = Load::new(move || async move {
        let call = async |transport, request| AdminServiceClient::new(transport).list_admins(request).await;
        api.read(pb::ListAdminsRequest {}, call).await.map(|reply| reply.admins)
    });
    let asked = Asked {
        edit: RwSignal::new(None),
        close: RwSignal::new(None),
        link: RwSignal::new(None),
        changed: Callback::new(move |()| load.reload()),
    };
    let writes = may("admin.write");
    let page = use_page(t!("Admins"))
        .canvas()
        .with_lead(t!("Who may sign in to this portal. Everybody needs a second factor."))
        .with_actions(move || {
            let new = move |_| asked.edit.set(Some(pb::Admin { role: pb::Role::Viewer.into(), ..pb::Admin::default() }));
            writes.then(|| view! { <Button kind=Kind::Primary glyph=glyphs::PLUS on_click=new>{t!("Add a person")}</Button> })
        });
    Effect::new(move |_| page.count.set(load.with(|list| list.map(|list| list.len().to_string()).unwrap_or_default())));
    view! {
        <section class="card">
            <Loaded load what=t!("Admins") let:list>
                <Table list asked writes/>
            </Loaded>
        </section>
        <AdminDialog asked/>
        <CloseDialog asked/>
        <LinkDialog asked/>
    }
}

#[component]
fn Table(list: Vec<pb::Admin>, asked: Asked, writes: bool) -> impl IntoView {
    view! {
        <div class="table-wrap" tabindex="0" role="region" aria-label=t!("Admins")>
            <table class="table table-plain cards-on-phone">
                <thead>
                    <tr>
                        <th scope="col">{t!("Name")}</th>
                        <th scope="col">{t!("E-mail")}</th>
                        <th scope="col">{t!("Role")}</th>
                        <th scope="col">{t!("State")}</th>
                        <th scope="col" class="wide-only">{t!("Changed")}</th>
                        <th scope="col" class="num"><span class="sr-only">{t!("Actions")}</span></th>
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
        State::Active => (Tone::Success, glyphs::CIRCLE_CHECK, t!("Active")),
        State::Invited => (Tone::Warning, glyphs::HOURGLASS_HALF, t!("Link not used yet")),
        State::Disabled | State::Unspecified => (Tone::Neutral, glyphs::BAN, t!("Disabled")),
    };
    let label = t!("Change {display_name}", display_name = admin.display_name);
    let (name, you) = (admin.display_name.clone(), admin.you);
    let (email, role, changed) = (admin.email.clone(), role_word(admin.role()), format::ago(admin.updated_at.as_ref()));
    let items = Signal::derive(move || items(&admin, asked));
    view! {
        <tr>
            <td data-p="a">
                <span class="row gap-2">
                    <Avatar name=name.clone()/>
                    <span class="cell-main">{name}</span>
                    {you.then(|| view! { <Badge text=t!("You")/> })}
                </span>
            </td>
            <td data-p="c" class="soft">{email}</td>
            <td data-p="e">{role}</td>
            <td data-p="d"><Status tone glyph text=word/></td>
            <td class="soft wide-only">{changed}</td>
            <td data-p="b" class="num">
                {writes.then(|| view! { <div class="pop-end"><Menu label glyph=glyphs::ELLIPSIS icon_only=true items/></div> })}
            </td>
        </tr>
    }
}

fn items(admin: &pb::Admin, asked: Asked) -> Vec<MenuItem> {
    let edit = admin.clone();
    let close = |closing| {
        let admin = admin.clone();
        move || asked.close.set(Some((closing, admin.clone())))
    };
    let mut items = vec![
        MenuItem::new(t!("Change name or role"), move || asked.edit.set(Some(edit.clone()))).glyph(glyphs::PEN),
        MenuItem::new(t!("New link"), close(Closing::Reset)).glyph(glyphs::KEY),
    ];
    if admin.state() != State::Disabled && !admin.you {
        items.push(MenuItem::new(t!("Disable"), close(Closing::Disable)).glyph(glyphs::BAN).danger());
    }
    items
}

pub fn role_word(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Admin => t!("Administrator"),
        pb::Role::Viewer => t!("Viewer"),
        pb::Role::Unspecified => "",
    }
}
