//! What a company without customers and leads does first, each with the page where it is done.

use leptos::prelude::*;
use web_kit::{
    button::{Kind, LinkButton},
    icon::{Glyph, Icon, glyphs},
};

use crate::{
    api::{address, may},
    parts::noun::{CUSTOMER, LEAD},
};

/// One thing to do.
struct Step {
    /// Whether this person may.
    may: fn() -> bool,
    glyph: Glyph,
    title: &'static str,
    about: &'static str,
    page: &'static str,
    action: &'static str,
}

const STEPS: [Step; 5] = [
    Step {
        may: || may("import.run"),
        glyph: glyphs::FILE_IMPORT,
        title: mark!("Bring your customers"),
        about: mark!("From a spreadsheet or another program, as a CSV file. You see every row before anything is written."),
        page: "imports/new?what=customers",
        action: mark!("Import customers"),
    },
    Step {
        may: || CUSTOMER.may_add(),
        glyph: glyphs::ADDRESS_BOOK,
        title: mark!("Add a customer by hand"),
        about: mark!("A name is enough; the rest can follow."),
        page: "customers",
        action: mark!("Go to customers"),
    },
    Step {
        may: || LEAD.may_add(),
        glyph: glyphs::FILTER,
        title: mark!("Note a lead"),
        about: mark!("Somebody who may become a customer, and what the next step is."),
        page: "leads",
        action: mark!("Go to leads"),
    },
    Step {
        may: || may("member.invite"),
        glyph: glyphs::USER_GROUP,
        title: mark!("Invite your people"),
        about: mark!("They get a link by mail, and see what their role sees."),
        page: "team",
        action: mark!("Go to the team"),
    },
    Step {
        may: || may("org.write"),
        glyph: glyphs::GEAR,
        title: mark!("Make it fit your company"),
        about: mark!("Features, fields of your own, and the stages of your leads."),
        page: "settings",
        action: mark!("Open the settings"),
    },
];

/// The steps that one may take, the first of them as the primary one. Who only reads has nothing to begin.
#[component]
pub fn Begin() -> impl IntoView {
    let steps: Vec<_> = STEPS.into_iter().filter(|step| (step.may)()).collect();
    let is_one_of_them = !steps.is_empty();
    let rows = steps
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let kind = if at == 0 { Kind::Primary } else { Kind::Quiet };
            view! {
                <li>
                    <span class="begin-mark"><Icon glyph=step.glyph/></span>
                    <div class="grow">
                        <div class="medium">{t!(step.title)}</div>
                        <div class="t-12 muted">{t!(step.about)}</div>
                    </div>
                    <LinkButton href=address(step.page) kind small=true>{t!(step.action)}</LinkButton>
                </li>
            }
        })
        .collect_view();
    is_one_of_them.then(|| {
        view! {
            <section class="card" aria-labelledby="begin-head">
                <div class="card-head"><h2 id="begin-head">{t!("Begin here")}</h2></div>
                <ul class="list begin">{rows}</ul>
            </section>
        }
    })
}
