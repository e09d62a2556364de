//! A won lead becomes a customer, once.

use streamflow_kernel::{
    ctx::Principal,
    db::TenantDb,
    error::{Error, Result},
    ids::{self, prefix},
};
use streamflow_proto::client::reason;

use super::{
    stage,
    store::{Model, write},
};
use crate::{
    contact::{self, domain::Contact},
    custom_field::read::carried_over,
    customer::{self, domain::NewCustomer},
    record::{
        kind::Kind,
        people::People,
        writer::{Origin, Writer},
    },
};

/// Makes a customer of a lead that is held by the transaction, and a contact where the lead names a person at a company.
pub async fn convert(
    tx: &TenantDb,
    writer: &Writer,
    principal: &Principal,
    lead: Model,
) -> Result<(Model, customer::store::Model)> {
    if lead.customer_id.is_some() {
        return Err(Error::refused(reason::ALREADY_CONVERTED, "This lead is a customer already."));
    }
    let writer = Writer { origin: Origin::Lead, ..writer.clone() };
    let values = lead.values();
    let custom = carried_over(tx, Kind::Customer, &values.custom).await?;
    let new = claimed(NewCustomer { custom, ..values.to_customer() }, principal);
    let customer = customer::store::write::insert_customer(tx, &writer, new).await?;
    if !lead.company.is_empty() && !lead.contact_name.is_empty() {
        let contact = Contact {
            name: lead.contact_name.clone(),
            email: lead.email.clone(),
            phone: lead.phone.clone(),
            main: true,
            ..Contact::default()
        };
        contact::store::write::insert_contact(tx, &writer, customer.clone(), contact).await?;
    }
    let won = stage::won(tx).await?.map(|stage| stage.id);
    let shown = ids::format(prefix::CUSTOMER, customer.id);
    let lead = write::mark_converted(tx, &writer, lead, (customer.id, shown), won).await?;
    Ok((lead, customer))
}

/// The lead's people; nobody's lead becomes the customer of whoever converts it, as if they had made it.
fn claimed(new: NewCustomer, principal: &Principal) -> NewCustomer {
    let people = People { owner: new.owner_id, assignee: new.assignee_id, team: new.team_id };
    if people != People::default() {
        return new;
    }
    let people = people.claimed_by(principal);
    NewCustomer { owner_id: people.owner, assignee_id: people.assignee, team_id: people.team, ..new }
}
