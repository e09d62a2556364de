//! The fields of a lead, and how one is read, saved, moved and converted.

use prost_types::{FieldMask, Timestamp};
use streamflow_proto::{
    client::v1::{self as pb, RecordKind, lead_service_client::LeadServiceClient},
    common::v1::Money,
};
use web_kit::{
    api::{act::Act, error::ApiError, use_api},
    format::money,
};

use crate::parts::{
    custom,
    edit::Record,
    field::{FieldOf, join_tags, split_tags},
};

pub async fn get(lead_id: String) -> Result<pb::Lead, ApiError> {
    let call = async |transport, request| LeadServiceClient::new(transport).get_lead(request).await;
    Ok(use_api().read(pb::GetLeadRequest { lead_id }, call).await?.lead.unwrap_or_default())
}

pub async fn list(request: pb::ListLeadsRequest) -> Result<pb::ListLeadsResponse, ApiError> {
    let call = async |transport, request| LeadServiceClient::new(transport).list_leads(request).await;
    use_api().read(request, call).await
}

pub async fn stages() -> Result<Vec<pb::LeadStage>, ApiError> {
    let call = async |transport, request| LeadServiceClient::new(transport).list_lead_stages(request).await;
    Ok(use_api().read(pb::ListLeadStagesRequest {}, call).await?.stages)
}

pub async fn create(act: &Act, lead: pb::Lead) -> Result<pb::Lead, ApiError> {
    let request = pb::CreateLeadRequest { lead: Some(lead) };
    let call = async |transport, request| LeadServiceClient::new(transport).create_lead(request).await;
    Ok(use_api().write(act, request, call).await?.lead.unwrap_or_default())
}

/// Puts a lead into a stage, before another one or at the end. Gives also what it stood before until then; empty for the end.
pub async fn put(lead_id: String, stage_id: String, before_lead_id: String) -> Result<(pb::Lead, String), ApiError> {
    let request = pb::MoveLeadRequest { lead_id, stage_id, before_lead_id };
    let call = async |transport, request| LeadServiceClient::new(transport).move_lead(request).await;
    let reply = use_api().write(&Act::default(), request, call).await?;
    Ok((reply.lead.unwrap_or_default(), reply.was_before_lead_id))
}

/// Takes a move back: to where the lead was, or to the end of that stage where the one behind it has left meanwhile.
pub async fn put_back(lead_id: String, stage_id: String, was_before: String) -> Result<pb::Lead, ApiError> {
    let answer = match put(lead_id.clone(), stage_id.clone(), was_before).await {
        Err(error) if error.violation("before_lead_id").is_some() => put(lead_id, stage_id, String::new()).await,
        answer => answer,
    };
    answer.map(|(lead, _)| lead)
}

pub async fn convert(act: &Act, lead_id: String, version: i64) -> Result<pb::ConvertLeadResponse, ApiError> {
    let request = pb::ConvertLeadRequest { lead_id, version };
    let call = async |transport, request| LeadServiceClient::new(transport).convert_lead(request).await;
    use_api().write(act, request, call).await
}

/// "1250.50 GBP", as the timeline writes it; empty for none.
pub fn value_text(lead: &pb::Lead) -> String {
    let value = lead.value.clone().unwrap_or_default();
    if value.minor_units == 0 {
        return String::new();
    }
    let amount = money::typed(value.minor_units, &value.currency_code);
    format!("{amount} {}", value.currency_code)
}

fn set_value(lead: &mut pb::Lead, text: &str) {
    let (amount, currency) = text.rsplit_once(' ').unwrap_or((text, ""));
    let known = lead.value.clone().unwrap_or_default().currency_code;
    let currency_code = if currency.is_empty() { known } else { currency.to_owned() };
    let minor_units = money::parse(amount, &currency_code).unwrap_or_default();
    lead.value = Some(Money { currency_code, minor_units });
}

impl Record for pb::Lead {
    const FIELDS: &'static [FieldOf<Self>] = &[
        FieldOf::new("name", |l| l.name.clone(), |l, text| text.clone_into(&mut l.name)),
        FieldOf::new("company", |l| l.company.clone(), |l, text| text.clone_into(&mut l.company)),
        FieldOf::new("contact_name", |l| l.contact_name.clone(), |l, text| text.clone_into(&mut l.contact_name)),
        FieldOf::new("email", |l| l.email.clone(), |l, text| text.clone_into(&mut l.email)),
        FieldOf::new("phone", |l| l.phone.clone(), |l, text| text.clone_into(&mut l.phone)),
        FieldOf::new("stage_id", |l| l.stage_id.clone(), |l, text| text.clone_into(&mut l.stage_id)),
        FieldOf::new("value", value_text, set_value),
        FieldOf::new("source", |l| l.source.clone(), |l, text| text.clone_into(&mut l.source)),
        FieldOf::new("owner_id", |l| l.owner_id.clone(), |l, text| text.clone_into(&mut l.owner_id)),
        FieldOf::new("assignee_id", |l| l.assignee_id.clone(), |l, text| text.clone_into(&mut l.assignee_id)),
        FieldOf::new("team_id", |l| l.team_id.clone(), |l, text| text.clone_into(&mut l.team_id)),
        FieldOf::new("tags", |l| join_tags(&l.tags), |l, text| l.tags = split_tags(text)),
        FieldOf::new("follow_up_on", |l| l.follow_up_on.clone(), |l, text| text.clone_into(&mut l.follow_up_on)),
        FieldOf::new("note", |l| l.note.clone(), |l, text| text.clone_into(&mut l.note)),
    ];
    const ONE: &'static str = "lead";

    fn custom_fields() -> Vec<FieldOf<Self>> {
        custom::fields_of(RecordKind::Lead, |record: &Self| &record.custom, |record| &mut record.custom)
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
        let request = pb::UpdateLeadRequest { lead: Some(record), update_mask: Some(FieldMask { paths: mask }) };
        let call = async |transport, request| LeadServiceClient::new(transport).update_lead(request).await;
        let reply = use_api().write(act, request, call).await?;
        Ok((reply.lead.unwrap_or_default(), reply.merged_fields))
    }

    fn stale(error: &ApiError, _: &Self, _: &Self) -> Option<(Self, Vec<String>, String)> {
        let detail: pb::LeadConflict = error.detail("streamflow.client.v1.LeadConflict")?;
        Some((detail.current?, detail.fields, detail.changed_by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_read_and_written_alike() {
        for field in pb::Lead::FIELDS {
            let mut lead = pb::Lead::default();
            let text = if field.path == "value" { "1250.50 GBP" } else { "x" };
            field.set(&mut lead, text);
            assert_eq!(field.get(&lead), text, "{}", field.path);
        }
    }

    #[test]
    fn a_value_keeps_its_currency() {
        let mut lead = pb::Lead::default();
        set_value(&mut lead, "1,250 JPY");
        assert_eq!(lead.value.as_ref().map(|value| value.minor_units), Some(1250));
        set_value(&mut lead, "");
        assert_eq!(lead.value, Some(Money { currency_code: "JPY".into(), minor_units: 0 }));
        assert_eq!(value_text(&lead), "");
    }
}
