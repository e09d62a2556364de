//! The fields a company has made: known before any page is shown, followed while it is open, and used wherever a record is.

mod form;
mod list;

use std::cell::{Cell, RefCell};

use leptos::prelude::*;
use streamflow_proto::client::v1::{
    self as pb, CustomFieldType, RecordKind, custom_field_service_client::CustomFieldServiceClient,
};
use wasm_bindgen_futures::spawn_local;
use web_kit::{
    api::{Api, error::ApiError, use_api},
    format::date,
    lasting::lasting,
};

pub use self::{
    form::{CustomFacts, CustomFields},
    list::{chips, columns, filters},
};
use super::field::{FieldOf, Values};

/// How masks, filters and columns name a custom field: this and its key.
pub const PREFIX: &str = "custom.";

/// What is known of the fields. Signals outlive every page.
#[derive(Clone, Copy)]
struct Known {
    /// As the server lists them; none until the first answer.
    fields: RwSignal<Option<Vec<pb::CustomField>>>,
}

thread_local! {
    static KNOWN: Cell<Option<Known>> = const { Cell::new(None) };
    /// Whose fields they are.
    static TENANT: RefCell<String> = RefCell::default();
}

/// Makes room for the fields. Once, before any page.
pub fn provide() {
    KNOWN.set(Some(Known { fields: RwSignal::new(None) }));
}

pub async fn ask(api: Api) -> Result<Vec<pb::CustomField>, ApiError> {
    let call = async |transport, request| CustomFieldServiceClient::new(transport).list_custom_fields(request).await;
    Ok(api.read(pb::ListCustomFieldsRequest::default(), call).await?.fields)
}

/// Reads the fields of the company at this address. The pages wait for the first answer, and go on without fields when there is none.
pub fn load(tenant: &str) {
    let Some(known) = KNOWN.get() else { return };
    if TENANT.with_borrow(|last| last != tenant) {
        TENANT.set(tenant.to_owned());
        known.fields.set(None);
    }
    reload();
}

/// Reads them again, after a change.
pub fn reload() {
    let Some(known) = KNOWN.get() else { return };
    let api = use_api();
    spawn_local(async move {
        let answer = ask(api).await;
        known.fields.update(|fields| match answer {
            Ok(all) => *fields = Some(all),
            Err(_) => {
                fields.get_or_insert_default();
            }
        });
    });
}

/// Whether the first answer is here, followed.
pub fn is_loaded() -> bool {
    KNOWN.get().is_none_or(|known| known.fields.with(Option::is_some))
}

/// All fields, those put away last; followed.
pub fn all() -> Vec<pb::CustomField> {
    KNOWN.get().and_then(|known| known.fields.get()).unwrap_or_default()
}

/// Fields that forms and lists of a kind show, in order; followed.
pub fn live(kind: RecordKind) -> Vec<pb::CustomField> {
    all().into_iter().filter(|field| field.kind() == kind && field.archived_at.is_none()).collect()
}

/// "custom.roof", for as long as the page lives.
pub fn path(field: &pb::CustomField) -> &'static str {
    lasting(&format!("{PREFIX}{}", field.key))
}

/// The fields of a kind for forms, masks and conflicts.
pub fn fields_of<T>(kind: RecordKind, values: fn(&T) -> &Values, values_mut: fn(&mut T) -> &mut Values) -> Vec<FieldOf<T>> {
    untrack(|| live(kind)).iter().map(|field| FieldOf::custom(path(field), values, values_mut)).collect()
}

/// What the field behind a path is called. Customers and leads may have one of the same key; then they mean the same.
pub fn label(path: &str) -> Option<String> {
    find(path).map(|field| field.label)
}

/// A value as people read it.
pub fn shown(path: &str, text: String) -> String {
    match find(path) {
        Some(field) => words(&field, &text),
        None => text,
    }
}

fn find(path: &str) -> Option<pb::CustomField> {
    let key = path.strip_prefix(PREFIX)?;
    untrack(all).into_iter().find(|field| field.key == key)
}

/// "120.5 m²", "1 May 1998", "Yes".
fn words(field: &pb::CustomField, text: &str) -> String {
    match field.r#type() {
        _ if text.is_empty() => String::new(),
        CustomFieldType::Checkbox => t!("Yes").to_owned(),
        CustomFieldType::Date => date::parse_iso(text).map_or_else(|| text.to_owned(), date::day),
        CustomFieldType::Number if !field.unit.is_empty() => format!("{text} {}", field.unit),
        _ => text.to_owned(),
    }
}

/// "Floor area, m²".
fn label_with_unit(field: &pb::CustomField) -> String {
    if field.unit.is_empty() { field.label.clone() } else { format!("{}, {}", field.label, field.unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_people_read_them() {
        let field = |holds: CustomFieldType| pb::CustomField { r#type: holds.into(), unit: "m²".into(), ..Default::default() };
        assert_eq!(words(&field(CustomFieldType::Number), "120.5"), "120.5 m²");
        assert_eq!(words(&field(CustomFieldType::Checkbox), "true"), "Yes");
        assert_eq!(words(&field(CustomFieldType::Checkbox), ""), "");
        assert_eq!(words(&field(CustomFieldType::Date), "soon"), "soon");
    }
}
