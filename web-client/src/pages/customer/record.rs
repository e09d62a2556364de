//! The fields of a customer, and how one is read and saved.

use prost_types::{FieldMask, Timestamp};
use streamflow_proto::client::v1::{self as pb, RecordKind, customer_service_client::CustomerServiceClient};
use web_kit::api::{act::Act, error::ApiError, use_api};

use crate::parts::{
    conflict::overlapping,
    custom,
    edit::Record,
    field::{FieldOf, join_tags, split_tags},
};

pub async fn get(customer_id: String) -> Result<pb::Customer, ApiError> {
    let call = async |transport, request| CustomerServiceClient::new(transport).get_customer(request).await;
    Ok(use_api().read(pb::GetCustomerRequest { customer_id }, call).await?.customer.unwrap_or_default())
}

pub async fn create(act: &Act, customer: pb::Customer) -> Result<pb::Customer, ApiError> {
    let request = pb::CreateCustomerRequest { customer: Some(customer) };
    let call = async |transport, request| CustomerServiceClient::new(transport).create_customer(request).await;
    Ok(use_api().write(act, request, call).await?.customer.unwrap_or_default())
}

/// "business" or "person", as filters and the timeline write it.
fn kind_text(customer: &pb::Customer) -> String {
    if customer.kind() == pb::CustomerKind::Person { "person" } else { "business" }.to_owned()
}

fn set_kind(customer: &mut pb::Customer, text: &str) {
    customer.set_kind(if text == "person" { pb::CustomerKind::Person } else { pb::CustomerKind::Business });
}

pub fn kind_name(text: &str) -> &'static str {
    if text == "person" { t!("Person") } else { t!("Business") }
}

fn part(customer: &pb::Customer, part: fn(&pb::Address) -> &String) -> String {
    customer.address.as_ref().map(|address| part(address).clone()).unwrap_or_default()
}

fn part_of(customer: &mut pb::Customer) -> &mut pb::Address {
    customer.address.get_or_insert_default()
}

impl Record for pb::Customer {
    const FIELDS: &'static [FieldOf<Self>] = &[
        FieldOf::new("name", |c| c.name.clone(), |c, text| text.clone_into(&mut c.name)),
        FieldOf::new("kind", kind_text, set_kind),
        FieldOf::new("email", |c| c.email.clone(), |c, text| text.clone_into(&mut c.email)),
        FieldOf::new("phone", |c| c.phone.clone(), |c, text| text.clone_into(&mut c.phone)),
        FieldOf::new("website", |c| c.website.clone(), |c, text| text.clone_into(&mut c.website)),
        FieldOf::new("address.street", |c| part(c, |a| &a.street), |c, text| text.clone_into(&mut part_of(c).street)),
        FieldOf::new(
            "address.postal_code",
            |c| part(c, |a| &a.postal_code),
            |c, text| text.clone_into(&mut part_of(c).postal_code),
        ),
        FieldOf::new("address.city", |c| part(c, |a| &a.city), |c, text| text.clone_into(&mut part_of(c).city)),
        FieldOf::new("address.region", |c| part(c, |a| &a.region), |c, text| text.clone_into(&mut part_of(c).region)),
        FieldOf::new("address.country", |c| part(c, |a| &a.country), |c, text| text.clone_into(&mut part_of(c).country)),
        FieldOf::new("owner_id", |c| c.owner_id.clone(), |c, text| text.clone_into(&mut c.owner_id)),
        FieldOf::new("assignee_id", |c| c.assignee_id.clone(), |c, text| text.clone_into(&mut c.assignee_id)),
        FieldOf::new("team_id", |c| c.team_id.clone(), |c, text| text.clone_into(&mut c.team_id)),
        FieldOf::new("tags", |c| join_tags(&c.tags), |c, text| c.tags = split_tags(text)),
        FieldOf::new("external_id", |c| c.external_id.clone(), |c, text| text.clone_into(&mut c.external_id)),
        FieldOf::new("note", |c| c.note.clone(), |c, text| text.clone_into(&mut c.note)),
    ];
    const ONE: &'static str = "customer";

    fn custom_fields() -> Vec<FieldOf<Self>> {
        custom::fields_of(RecordKind::Customer, |record: &Self| &record.custom, |record| &mut record.custom)
    }

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
        let request = pb::UpdateCustomerRequest { customer: Some(record), update_mask: Some(FieldMask { paths: mask }) };
        let call = async |transport, request| CustomerServiceClient::new(transport).update_customer(request).await;
        let reply = use_api().write(act, request, call).await?;
        Ok((reply.customer.unwrap_or_default(), reply.merged_fields))
    }

    fn stale(error: &ApiError, _: &Self, _: &Self) -> Option<(Self, Vec<String>, String)> {
        let detail: pb::CustomerConflict = error.detail("streamflow.client.v1.CustomerConflict")?;
        Some((detail.current?, detail.fields, detail.changed_by))
    }
}

impl Record for pb::CustomerPrivate {
    const FIELDS: &'static [FieldOf<Self>] = &[
        FieldOf::new("tax_id", |p| p.tax_id.clone(), |p, text| text.clone_into(&mut p.tax_id)),
        FieldOf::new("bank_details", |p| p.bank_details.clone(), |p, text| text.clone_into(&mut p.bank_details)),
        FieldOf::new("private_note", |p| p.private_note.clone(), |p, text| text.clone_into(&mut p.private_note)),
    ];
    const ONE: &'static str = mark!("customer’s private part");

    fn id(&self) -> &str {
        &self.customer_id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn set_version(&mut self, version: i64) {
        self.version = version;
    }

    fn changed_at(&self) -> Option<Timestamp> {
        None
    }

    /// Written as a whole, so there is no mask to send.
    async fn send(act: &Act, record: Self, _: Vec<String>) -> Result<(Self, Vec<String>), ApiError> {
        let request = pb::UpdateCustomerPrivateRequest { private: Some(record) };
        let call = async |transport, request| CustomerServiceClient::new(transport).update_customer_private(request).await;
        Ok((use_api().write(act, request, call).await?.private.unwrap_or_default(), Vec::new()))
    }

    fn stale(error: &ApiError, original: &Self, yours: &Self) -> Option<(Self, Vec<String>, String)> {
        let current: Self = error.detail("streamflow.client.v1.CustomerPrivate")?;
        let paths = overlapping(Self::FIELDS, original, yours, &current);
        Some((current, paths, String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::field::changed;

    #[test]
    fn each_field_is_read_and_written_alike() {
        for field in pb::Customer::FIELDS {
            let mut customer = pb::Customer::default();
            let text = if field.path == "kind" { "person" } else { "x" };
            field.set(&mut customer, text);
            assert_eq!(field.get(&customer), text, "{}", field.path);
            assert_eq!(changed(pb::Customer::FIELDS, &pb::Customer::default(), &customer), [field.path]);
        }
    }
}
