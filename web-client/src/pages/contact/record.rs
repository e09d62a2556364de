//! The fields of a contact, and how one is read and saved.

use prost_types::{FieldMask, Timestamp};
use streamflow_proto::client::v1::{self as pb, contact_service_client::ContactServiceClient};
use web_kit::api::{act::Act, error::ApiError, use_api};

use crate::parts::{edit::Record, field::FieldOf};

pub async fn get(contact_id: String) -> Result<pb::Contact, ApiError> {
    let call = async |transport, request| ContactServiceClient::new(transport).get_contact(request).await;
    Ok(use_api().read(pb::GetContactRequest { contact_id }, call).await?.contact.unwrap_or_default())
}

pub async fn create(act: &Act, contact: pb::Contact) -> Result<pb::Contact, ApiError> {
    let request = pb::CreateContactRequest { contact: Some(contact) };
    let call = async |transport, request| ContactServiceClient::new(transport).create_contact(request).await;
    Ok(use_api().write(act, request, call).await?.contact.unwrap_or_default())
}

pub async fn list(request: pb::ListContactsRequest) -> Result<pb::ListContactsResponse, ApiError> {
    let call = async |transport, request| ContactServiceClient::new(transport).list_contacts(request).await;
    use_api().read(request, call).await
}

impl Record for pb::Contact {
    const FIELDS: &'static [FieldOf<Self>] = &[
        FieldOf::new("name", |c| c.name.clone(), |c, text| text.clone_into(&mut c.name)),
        FieldOf::new("title", |c| c.title.clone(), |c, text| text.clone_into(&mut c.title)),
        FieldOf::new("email", |c| c.email.clone(), |c, text| text.clone_into(&mut c.email)),
        FieldOf::new("phone", |c| c.phone.clone(), |c, text| text.clone_into(&mut c.phone)),
        FieldOf::new("mobile", |c| c.mobile.clone(), |c, text| text.clone_into(&mut c.mobile)),
        FieldOf::new("note", |c| c.note.clone(), |c, text| text.clone_into(&mut c.note)),
        FieldOf::new("main", |c| yes_or_no(c.main).to_owned(), |c, text| c.main = text == "yes"),
    ];
    const ONE: &'static str = "contact";

    fn id(&self) -> &str {
        &self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn set_version(&mut self, version: i64) {
        self.version = version;
    }

    fn changed_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    async fn send(act: &Act, record: Self, mask: Vec<String>) -> Result<(Self, Vec<String>), ApiError> {
        let request = pb::UpdateContactRequest { contact: Some(record), update_mask: Some(FieldMask { paths: mask }) };
        let call = async |transport, request| ContactServiceClient::new(transport).update_contact(request).await;
        let reply = use_api().write(act, request, call).await?;
        Ok((reply.contact.unwrap_or_default(), reply.merged_fields))
    }

    fn stale(error: &ApiError, _: &Self, _: &Self) -> Option<(Self, Vec<String>, String)> {
        let detail: pb::ContactConflict = error.detail("streamflow.client.v1.ContactConflict")?;
        Some((detail.current?, detail.fields, detail.changed_by))
    }
}

/// As the timeline writes it.
pub fn yes_or_no(on: bool) -> &'static str {
    if on { t!("yes") } else { t!("no") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_read_and_written_alike() {
        for field in pb::Contact::FIELDS {
            let mut contact = pb::Contact::default();
            let text = if field.path == "main" { "yes" } else { "x" };
            field.set(&mut contact, text);
            assert_eq!(field.get(&contact), text, "{}", field.path);
        }
    }
}
