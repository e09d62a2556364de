//! What a contact may hold, and how requests are read into it.

use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::record::fields::{Edit, Form, Patch, fields, shown_flag, shown_text};
use crate::record::input::{self, Problem, limit};

fields! {
    /// What people write on a contact. The customer it belongs to never changes, so it is no field.
    Contact {
        name: String, Name, "name", shown_text;
        /// Position at the customer.
        title: String, Title, "title", shown_text;
        email: String, Email, "email", shown_text;
        phone: String, Phone, "phone", shown_text;
        mobile: String, Mobile, "mobile", shown_text;
        note: String, Note, "note", shown_text;
        /// The contact shown with the customer. Setting it takes it from the one before.
        main: bool, Main, "main", shown_flag;
    }
}

/// A contact to be added to a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct NewContact {
    pub customer_id: Uuid,
    pub contact: Contact,
}

impl NewContact {
    pub fn parse(contact: Option<pb::Contact>) -> Result<Self, Error> {
        let message = contact.unwrap_or_default();
        let mut form = Form::new("contact");
        let customer_id = ids::parse(prefix::CUSTOMER, &message.customer_id);
        if customer_id.is_none() {
            form.add("customer_id", "Choose the customer this contact belongs to.");
        }
        let mut contact = Contact::default();
        for path in PATHS {
            if let Some(change) = form.take(path, read(path, &message)) {
                contact.set(change);
            }
        }
        form.finish(Self { customer_id: customer_id.unwrap_or_default(), contact })
    }
}

/// An edit of a contact, restricted to the fields its mask names.
pub struct ContactPatch;

impl ContactPatch {
    pub fn parse(contact: Option<pb::Contact>, mask: Option<prost_types::FieldMask>) -> Result<Patch<Change>, Error> {
        let contact = contact.unwrap_or_default();
        let edit = Edit {
            noun: "contact",
            prefix: prefix::CONTACT,
            id: &contact.id,
            version: contact.version,
            mask: &mask.unwrap_or_default().paths,
            paths: PATHS,
            with_custom: false,
        };
        edit.parse(|path| read(path, &contact))
    }
}

/// Reads one writable field of the message, also for rows of an import.
pub fn read(path: &str, contact: &pb::Contact) -> Result<Change, Problem> {
    match path {
        "name" => input::required("a name", &contact.name, limit::NAME).map(Change::Name),
        "title" => input::line(&contact.title, limit::TITLE).map(Change::Title),
        "email" => input::email(&contact.email).map(Change::Email),
        "phone" => input::phone(&contact.phone).map(Change::Phone),
        "mobile" => input::phone(&contact.mobile).map(Change::Mobile),
        "note" => input::lines(&contact.note, limit::NOTE).map(Change::Note),
        "main" => Ok(Change::Main(contact.main)),
        _ => Err(Problem::new("This field can't be changed.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::merge::Change as _;

    #[test]
    fn a_contact_needs_a_name_and_a_customer() {
        let Err(Error::Invalid(violations)) = NewContact::parse(None) else { panic!("accepted") };
        let fields: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["contact.customer_id", "contact.name"]);
    }

    #[test]
    fn a_contact_stays_with_its_customer() {
        let contact = pb::Contact { id: ids::format(prefix::CONTACT, Uuid::from_u128(1)), version: 1, ..Default::default() };
        let mask = prost_types::FieldMask { paths: vec!["customer_id".to_owned()] };
        let Err(Error::Invalid(violations)) = ContactPatch::parse(Some(contact), Some(mask)) else { panic!("accepted") };
        assert_eq!(violations.iter().next().map(|(field, _)| field), Some("update_mask"));
    }

    #[test]
    fn each_path_is_read_and_named_alike() {
        let contact = pb::Contact { name: "Ana".to_owned(), ..Default::default() };
        for path in PATHS {
            assert_eq!(read(path, &contact).unwrap().field(), *path);
        }
    }
}
