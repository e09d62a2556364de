//! Settings of this system, by group. Each change is in the audit with what it was before.

use leptos::prelude::*;
use streamflow_proto::provider::v1::{
    self as pb, SettingKind as Kind, setting_service_client::SettingServiceClient, setting_value::Value,
};
use web_kit::{
    api::{error::ApiError, use_api},
    button::{self, Button},
    dialog::{Cancel, Dialog},
    field::{Checkbox, TextArea, TextField},
    form::{Form, FormState},
    format,
    icon::{Icon, glyphs},
    layout::use_page,
    load::{Load, Loaded},
    operator::space::may,
};

/// `settings` below the portal's base.
pub fn settings() -> impl IntoView {
    let api = use_api();
    use_page(t!("Settings"))
        .canvas()
        .with_lead(t!("What holds for this portal and its tenants. Kept encrypted; each change is in the audit."));
    let asked = RwSignal::new(None::<pb::Setting>);
    let writes = may("setting.write");
    let load = Load::new(move || async move {
        let call = async |transport, request| SettingServiceClient::new(transport).list_settings(request).await;
        api.read(pb::ListSettingsRequest {}, call).await
    });
    let changed = Callback::new(move |()| load.reload());
    view! {
        <Loaded load what=t!("Settings") let:read>
            <div class="stack gap-4 settings-page">
                {behind(&read).map(|text| view! { <MirrorNote text/> })}
                {groups(read.settings).into_iter().map(|(name, list)| view! { <Group name list asked writes/> }).collect_view()}
            </div>
        </Loaded>
        <SettingDialog asked changed/>
    }
}

/// What Recovery Mode would go by instead of what is set here.
fn behind(read: &pb::ListSettingsResponse) -> Option<String> {
    let titles: Vec<_> = read.settings.iter().filter(|setting| setting.mirror_differs).map(|setting| &*setting.title).collect();
    if titles.is_empty() {
        return None;
    }
    let titles = titles.join(", ");
    let copy = match &read.mirror_written_at {
        Some(at) => t!("the copy of {at}, which has other values", at = format::moment(Some(at))),
        None => t!("the usual values, because it knows of no copy outside the database,").to_owned(),
    };
    Some(t!("In Recovery Mode this server would go by {copy} of: {titles}.", copy, titles))
}

#[component]
fn MirrorNote(text: String) -> impl IntoView {
    view! {
        <div class="note is-warning" role="status">
            <Icon glyph=glyphs::TRIANGLE_EXCLAMATION/>
            <span class="grow">
                {text} " " <code class="mono">{t!("streamflow ops mirror")}</code> {t!(" writes a new copy, which servers read when they start.")}
            </span>
        </div>
    }
}

/// In the order the server gives them.
fn groups(list: Vec<pb::Setting>) -> Vec<(String, Vec<pb::Setting>)> {
    let mut groups: Vec<(String, Vec<pb::Setting>)> = Vec::new();
    for setting in list {
        match groups.last_mut().filter(|(name, _)| *name == setting.group) {
            Some((_, group)) => group.push(setting),
            None => groups.push((setting.group.clone(), vec![setting])),
        }
    }
    groups
}

#[component]
fn Group(name: String, list: Vec<pb::Setting>, asked: RwSignal<Option<pb::Setting>>, writes: bool) -> impl IntoView {
    view! {
        <section class="card">
            <div class="card-head"><h2 translate="no">{name}</h2></div>
            <ul class="list settings">{list.into_iter().map(|setting| view! { <Line setting asked writes/> }).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Line(setting: pb::Setting, asked: RwSignal<Option<pb::Setting>>, writes: bool) -> impl IntoView {
    let since = if setting.version == 0 {
        t!("as delivered").to_owned()
    } else {
        t!(
            "changed {updated_at} by {updated_by}",
            updated_at = format::ago(setting.updated_at.as_ref()),
            updated_by = setting.updated_by
        )
    };
    let (title, text, value) = (setting.title.clone(), setting.description.clone(), words(&setting));
    let which = format!(" {title}");
    let edit = move |_| asked.set(Some(setting.clone()));
    view! {
        <li>
            <div class="grow">
                <div class="medium">{title}</div>
                <div class="t-12 muted">{text}</div>
            </div>
            <div class="setting-value">
                <div class="tnum">{value}</div>
                <div class="t-12 muted">{since}</div>
            </div>
            {writes
                .then(|| {
                    view! {
                        <Button small=true glyph=glyphs::PEN on_click=edit>
                            {t!("Change")}
                            <span class="sr-only">{which}</span>
                        </Button>
                    }
                })}
        </li>
    }
}

/// A value as people read it.
fn words(setting: &pb::Setting) -> String {
    match setting.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::Flag(true)) => t!("On").to_owned(),
        Some(Value::Flag(false)) => t!("Off").to_owned(),
        Some(Value::Amount(0)) => t!("None set").to_owned(),
        Some(Value::Amount(amount)) => format!("{} {}", format::number::count(*amount), setting.unit),
        Some(Value::Networks(list)) if list.networks.is_empty() => t!("From anywhere").to_owned(),
        Some(Value::Networks(list)) => list.networks.join(", "),
        None => String::new(),
    }
}

#[component]
fn SettingDialog(asked: RwSignal<Option<pb::Setting>>, changed: Callback<()>) -> impl IntoView {
    let api = use_api();
    let (open, form) = (RwSignal::new(false), FormState::new());
    let (text, flag) = (RwSignal::new(String::new()), RwSignal::new(false));
    Effect::new(move |_| {
        let setting = asked.get();
        if let Some(value) = setting.as_ref().and_then(|setting| setting.value.as_ref()?.value.as_ref()) {
            match value {
                Value::Flag(on) => flag.set(*on),
                Value::Amount(amount) => text.set(amount.to_string()),
                Value::Networks(list) => text.set(list.networks.join("\n")),
            }
            form.saved();
        }
        open.set(setting.is_some());
    });
    let send = move |()| {
        let Some(before) = asked.get_untracked() else { return };
        let act = form.act();
        let value = typed(before.kind(), &text.get_untracked(), flag.get_untracked());
        let call = async move {
            let value = Some(pb::SettingValue { value: Some(value?) });
            let request = pb::UpdateSettingRequest { key: before.key, value, version: before.version };
            let call = async |transport, request| SettingServiceClient::new(transport).update_setting(request).await;
            api.write(&act, request, call).await
        };
        form.send(call, move |_| {
            asked.set(None);
            changed.run(());
        });
    };
    let title = Signal::derive(move || asked.with(|setting| setting.as_ref().map(|one| one.title.clone()).unwrap_or_default()));
    let foot = ViewFn::from(move || {
        view! {
            <Cancel/>
            <Button kind=button::Kind::Primary busy=form.busy on_click=move |_| send(())>{t!("Save setting")}</Button>
        }
    });
    let field = move || {
        let setting = asked.get()?;
        Some(match setting.kind() {
            Kind::Flag => view! { <Checkbox label=setting.title value=flag/> }.into_any(),
            Kind::Networks => {
                view! { <TextArea name="value" label=t!("Networks, one a line") value=text optional=true/> }
                    .into_any()
            }
            _ => {
                view! { <TextField name="value" label=format!("{}, {}", setting.title, setting.unit) value=text inputmode="numeric"/> }
                    .into_any()
            }
        })
    };
    view! {
        <Dialog open title foot form>
            <Form state=form on_submit=send>
                <p class="soft">{move || asked.with(|setting| setting.as_ref().map(|one| one.description.clone()))}</p>
                {field}
            </Form>
        </Dialog>
    }
}

/// What was typed, as the kind of setting wants it.
fn typed(kind: Kind, text: &str, flag: bool) -> Result<Value, ApiError> {
    match kind {
        Kind::Flag => Ok(Value::Flag(flag)),
        Kind::Networks => Ok(Value::Networks(pb::NetworkList { networks: text.lines().map(str::to_owned).collect() })),
        _ => text.trim().parse().map(Value::Amount).map_err(|_| ApiError::invalid("value", t!("Enter a whole number."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_that_is_behind_is_told_with_what_differs() {
        let setting = |title: &str, mirror_differs| pb::Setting { title: title.into(), mirror_differs, ..pb::Setting::default() };
        let mut read = pb::ListSettingsResponse { settings: vec![setting("Networks", false)], ..Default::default() };
        assert_eq!(behind(&read), None);
        read.settings.push(setting("Viewers", true));
        assert!(behind(&read).is_some_and(|text| text.contains("no copy") && text.ends_with("of: Viewers.")));
    }

    #[test]
    fn amounts_are_whole_numbers() {
        assert_eq!(typed(Kind::Amount, " 250 ", false), Ok(Value::Amount(250)));
        assert!(typed(Kind::Amount, "2.5", false).is_err());
        assert_eq!(typed(Kind::Flag, "", true), Ok(Value::Flag(true)));
    }
}
