//! What a customer may hold, and how requests are read into it.

use streamflow_kernel::error::Error;
use streamflow_kernel::ids::{self, prefix};
use streamflow_proto::client::v1 as pb;
use uuid::Uuid;

use crate::record::fields::{Edit, Form, Patch, fields, shown_tags, shown_team, shown_text, shown_user};
use crate::record::input::{self, Problem, limit};

/// Whether the customer is a company or a private person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Business,
    Person,
}

impl Kind {
    /// As stored and as filters name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Person => "person",
        }
    }

    /// The kind a stored text means; anything unknown is a business.
    pub fn from_stored(text: &str) -> Self {
        if text == "person" { Self::Person } else { Self::Business }
    }

    pub const fn into_pb(self) -> pb::CustomerKind {
        match self {
            Self::Business => pb::CustomerKind::Business,
            Self::Person => pb::CustomerKind::Person,
        }
    }
}

fields! {
    /// What people write on a customer. Number, source and times are the server's.
    NewCustomer {
        name: String, Name, "name", shown_text;
        kind: Kind, Kind, "kind", |kind: &Kind| kind.as_str().to_owned();
        email: String, Email, "email", shown_text;
        phone: String, Phone, "phone", shown_text;
        website: String, Website, "website", shown_text;
        street: String, Street, "address.street", shown_text;
        postal_code: String, PostalCode, "address.postal_code", shown_text;
        city: String, City, "address.city", shown_text;
        region: String, Region, "address.region", shown_text;
        country: String, Country, "address.country", shown_text;
        owner_id: Option<Uuid>, Owner, "owner_id", shown_user;
        assignee_id: Option<Uuid>, Assignee, "assignee_id", shown_user;
        team_id: Option<Uuid>, Team, "team_id", shown_team;
        tags: Vec<String>, Tags, "tags", shown_tags;
        external_id: String, ExternalId, "external_id", shown_text;
        note: String, Note, "note", shown_text;
    } with custom
}

impl NewCustomer {
    /// Reads a create request, its custom fields excepted; a kind left open is a business.
    pub fn parse(customer: Option<pb::Customer>) -> Result<Self, Error> {
        let mut customer = customer.unwrap_or_default();
        if customer.kind() == pb::CustomerKind::Unspecified && customer.kind == 0 {
            customer.set_kind(pb::CustomerKind::Business);
        }
        let mut form = Form::new("customer");
        let mut new = Self::default();
        for path in PATHS {
            if let Some(change) = form.take(path, read(path, &customer)) {
                new.set(change);
            }
        }
        form.finish(new)
    }
}

/// An edit of a customer, restricted to the fields its mask names.
pub struct CustomerPatch;

impl CustomerPatch {
    /// Reads an update request, its custom fields excepted. A mask may name "address" for all of its parts.
    pub fn parse(customer: Option<pb::Customer>, mask: Option<prost_types::FieldMask>) -> Result<Patch<Change>, Error> {
        let customer = customer.unwrap_or_default();
        let edit = Edit {
            noun: "customer",
            prefix: prefix::CUSTOMER,
            id: &customer.id,
            version: customer.version,
            mask: &mask.unwrap_or_default().paths,
            paths: PATHS,
            with_custom: true,
        };
        edit.parse(|path| read(path, &customer))
    }
}

/// Reads one writable field of the message, also for rows of an import.
pub fn read(path: &str, customer: &pb::Customer) -> Result<Change, Problem> {
    let address = |part: fn(&pb::Address) -> &String| {
        input::line(customer.address.as_ref().map_or("", |address| part(address)), limit::ADDRESS)
    };
    match path {
        "name" => input::required("a name", &customer.name, limit::NAME).map(Change::Name),
        "kind" => kind(customer.kind).map(Change::Kind),
        "email" => input::email(&customer.email).map(Change::Email),
        "phone" => input::phone(&customer.phone).map(Change::Phone),
        "website" => input::website(&customer.website).map(Change::Website),
        "address.street" => address(|a| &a.street).map(Change::Street),
        "address.postal_code" => address(|a| &a.postal_code).map(Change::PostalCode),
        "address.city" => address(|a| &a.city).map(Change::City),
        "address.region" => address(|a| &a.region).map(Change::Region),
        "address.country" => address(|a| &a.country).map(Change::Country),
        "owner_id" => input::choice("a person", prefix::USER, &customer.owner_id).map(Change::Owner),
        "assignee_id" => input::choice("a person", prefix::USER, &customer.assignee_id).map(Change::Assignee),
        "team_id" => input::choice("a team", prefix::TEAM, &customer.team_id).map(Change::Team),
        "tags" => input::tags(&customer.tags).map(Change::Tags),
        "external_id" => input::line(&customer.external_id, limit::EXTERNAL_ID).map(Change::ExternalId),
        "note" => input::lines(&customer.note, limit::NOTE).map(Change::Note),
        _ => Err(Problem::new("This field can't be changed.")),
    }
}

fn kind(kind: i32) -> Result<Kind, Problem> {
    match pb::CustomerKind::try_from(kind) {
        Ok(pb::CustomerKind::Business) => Ok(Kind::Business),
        Ok(pb::CustomerKind::Person) => Ok(Kind::Person),
        _ => Err(Problem::new("Choose business or person.")),
    }
}

/// What is kept encrypted about a customer, in the clear. It is written as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerPrivate {
    pub customer_id: Uuid,
    /// 0 when nothing was kept before.
    pub version: i64,
    pub tax_id: String,
    pub bank_details: String,
    pub private_note: String,
}

impl CustomerPrivate {
    pub fn parse(private: Option<pb::CustomerPrivate>) -> Result<Self, Error> {
        let private = private.unwrap_or_default();
        let mut form = Form::new("private");
        let customer_id = ids::parse(prefix::CUSTOMER, &private.customer_id);
        if customer_id.is_none() {
            form.add("customer_id", "Name the customer.");
        }
        if private.version < 0 {
            form.add("version", "Send the version that was edited.");
        }
        let read = Self {
            customer_id: customer_id.unwrap_or_default(),
            version: private.version,
            tax_id: form.take("tax_id", input::line(&private.tax_id, 100)).unwrap_or_default(),
            bank_details: form.take("bank_details", input::lines(&private.bank_details, 500)).unwrap_or_default(),
            private_note: form.take("private_note", input::lines(&private.private_note, limit::NOTE)).unwrap_or_default(),
        };
        form.finish(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::merge::{Change as _, Fields as _};

    fn fields_of(error: Error) -> Vec<String> {
        let Error::Invalid(violations) = error else { panic!("{error:?}") };
        violations.iter().map(|(field, _)| field.to_owned()).collect()
    }

    fn mask(paths: &[&str]) -> prost_types::FieldMask {
        prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }

    fn edited() -> pb::Customer {
        let id = ids::format(prefix::CUSTOMER, Uuid::from_u128(7));
        let address = Some(pb::Address { city: " Leeds ".to_owned(), ..Default::default() });
        pb::Customer { id, version: 3, name: "Harbour".to_owned(), address, ..Default::default() }
    }

    #[test]
    fn a_new_customer_needs_only_a_name() {
        let new = NewCustomer::parse(Some(pb::Customer { name: " Harbour ".to_owned(), ..Default::default() }));
        let new = new.unwrap();
        assert_eq!((new.name.as_str(), new.kind), ("Harbour", Kind::Business));
        assert_eq!(fields_of(NewCustomer::parse(None).unwrap_err()), ["customer.name"]);
    }

    #[test]
    fn every_problem_of_a_request_is_told_at_once() {
        let wrong = pb::Customer {
            kind: 9,
            email: "ana@gmail,com".to_owned(),
            phone: "call".to_owned(),
            owner_id: "nobody".to_owned(),
            tags: vec![String::new()],
            note: "x".repeat(4_001),
            ..Default::default()
        };
        let fields = fields_of(NewCustomer::parse(Some(wrong)).unwrap_err());
        assert_eq!(
            fields,
            [
                "customer.name",
                "customer.kind",
                "customer.email",
                "customer.phone",
                "customer.owner_id",
                "customer.tags",
                "customer.note"
            ]
        );
    }

    #[test]
    fn a_patch_holds_what_its_mask_names_and_nothing_else() {
        let patch = CustomerPatch::parse(Some(edited()), Some(mask(&["address.city", "address.city"]))).unwrap();
        assert_eq!(patch.changes, [Change::City("Leeds".to_owned())]);
        let patch = CustomerPatch::parse(Some(edited()), Some(mask(&["address", "address.city", "name"]))).unwrap();
        let paths: Vec<_> = patch.changes.iter().map(Change::field).collect();
        let address = ["address.street", "address.postal_code", "address.city", "address.region", "address.country"];
        assert_eq!((&paths[..5], paths[5]), (&address[..], "name"));
    }

    #[test]
    fn a_mask_names_writable_fields_only() {
        for path in ["number", "addr", "", "address.", "name.x", "customer.name"] {
            assert_eq!(
                fields_of(CustomerPatch::parse(Some(edited()), Some(mask(&[path]))).unwrap_err()),
                ["update_mask"],
                "{path}"
            );
        }
        let nothing = CustomerPatch::parse(None, None).unwrap_err();
        assert_eq!(fields_of(nothing), ["customer.id", "customer.version", "update_mask"]);
    }

    #[test]
    fn each_path_is_read_kept_and_named_alike() {
        let mut customer = edited();
        customer.kind = 1;
        for path in PATHS {
            let change = read(path, &customer).unwrap();
            assert_eq!(change.field(), *path);
            let mut new = NewCustomer::default();
            new.set(change.clone());
            assert_eq!(new.current(&change), change);
        }
    }
}
