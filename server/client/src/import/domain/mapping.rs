//! Which column fills which field: the fields there are, a guess from the column names, and the check of what a person chose.

mod names;

use streamflow_kernel::error::{Error, Violations};
use streamflow_proto::client::v1 as pb;

use super::read::Row;
use super::{Key, Mode};
use crate::custom_field::{store::Model, value::PREFIX};
use crate::search::domain::normalise;

/// A field that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Path, as requests and stored mappings name it; those of the contact begin with "contact.".
    pub field: &'static str,
    pub label: &'static str,
}

/// Every field that a column can fill, in the order a list shows them.
pub const TARGETS: [Target; 21] = [
    Target { field: "name", label: "Customer name" },
    Target { field: "kind", label: "Business or person" },
    Target { field: "email", label: "E-mail" },
    Target { field: "phone", label: "Phone" },
    Target { field: "website", label: "Website" },
    Target { field: "address.street", label: "Street" },
    Target { field: "address.postal_code", label: "Postal code" },
    Target { field: "address.city", label: "City" },
    Target { field: "address.region", label: "Region" },
    Target { field: "address.country", label: "Country" },
    Target { field: "tags", label: "Tags" },
    Target { field: "external_id", label: "External key" },
    Target { field: "note", label: "Note" },
    Target { field: "contact.name", label: "Contact name" },
    Target { field: "contact.first_name", label: "Contact first name" },
    Target { field: "contact.last_name", label: "Contact last name" },
    Target { field: "contact.title", label: "Contact position" },
    Target { field: "contact.email", label: "Contact e-mail" },
    Target { field: "contact.phone", label: "Contact phone" },
    Target { field: "contact.mobile", label: "Contact mobile" },
    Target { field: "contact.note", label: "Contact note" },
];

/// Values of a column that show what it holds.
const SAMPLES: usize = 3;

/// The likely field of each column; empty to leave it out. Each field is guessed once, for the column whose name says it best.
pub fn guess(header: &[String]) -> Vec<&'static str> {
    let words: Vec<String> = header.iter().map(|name| compact(name)).collect();
    let mut fields = vec![""; header.len()];
    for (field, aliases) in names::ALIASES {
        let best = aliases
            .split_ascii_whitespace()
            .find_map(|alias| words.iter().enumerate().position(|(column, name)| fields[column].is_empty() && name == alias));
        if let Some(column) = best {
            fields[column] = field;
        }
    }
    // "Name" beside a column for the company is the person's; alone it is the customer's.
    if let Some(column) = words.iter().position(|name| names::PLAIN_NAME.contains(&name.as_str())) {
        let free = |field: &str| !fields.contains(&field);
        let field = if free("name") {
            "name"
        } else if ["contact.name", "contact.first_name"].into_iter().all(free) {
            "contact.name"
        } else {
            ""
        };
        if fields[column].is_empty() {
            fields[column] = field;
        }
    }
    fields
}

/// As [`guess`], with the company's own fields for what is left: by their name or key.
pub fn guess_all(header: &[String], customs: &[Model]) -> Vec<String> {
    let mut fields: Vec<String> = guess(header).into_iter().map(str::to_owned).collect();
    for custom in customs {
        let names = [compact(&custom.label), compact(&custom.key)];
        let is_it = |(column, name): (usize, &String)| fields[column].is_empty() && names.contains(&compact(name));
        if let Some(column) = header.iter().enumerate().position(is_it) {
            fields[column] = format!("{PREFIX}{}", custom.key);
        }
    }
    fields
}

/// The key to suggest for a mapping: what tells records apart best.
pub fn likely_key<S: AsRef<str>>(fields: &[S]) -> Key {
    let fills = |key: &Key| fields.iter().any(|field| field.as_ref() == key.field());
    let known = [Key::ExternalId, Key::Email].into_iter().find(fills);
    known.unwrap_or(Key::Name)
}

/// A mapping that can be used: known fields, each at most once, and all that the mode needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping(Vec<String>);

impl Mapping {
    /// Checks what a person chose for each column, all problems at once. `customs` are the company's own fields.
    pub fn parse(fields: &[String], columns: usize, mode: Mode, key: Option<Key>, customs: &[Model]) -> Result<Self, Error> {
        let mut violations = Violations::new();
        if fields.len() != columns {
            violations.add("mapping", format!("Choose a field for each of the {columns} columns, or none."));
        }
        if fields.len() > columns {
            // There is nothing to say of columns that the file does not have, however many are named.
            return Err(violations.into());
        }
        let mut mapping: Vec<String> = Vec::with_capacity(fields.len());
        for (column, field) in fields.iter().enumerate() {
            let at = || format!("mapping[{column}]");
            match label(field, customs) {
                None if field.is_empty() => mapping.push(String::new()),
                None => violations.add(at(), "Choose a field from the list."),
                Some(label) if mapping.contains(field) => {
                    violations.add(at(), format!("Another column fills \"{label}\" already."));
                }
                Some(_) => mapping.push(field.clone()),
            }
        }
        let mapping = Self(mapping);
        mapping.require(mode, key, customs, &mut violations);
        violations.into_result()?;
        Ok(mapping)
    }

    /// The field of each column, for keeping with the import.
    pub fn fields(&self) -> &[String] {
        &self.0
    }

    /// The column that fills a field.
    pub fn column(&self, field: &str) -> Option<usize> {
        self.0.iter().position(|mapped| *mapped == field)
    }

    /// True when a column fills any field.
    pub fn uses(&self, column: usize) -> bool {
        self.0.get(column).is_some_and(|field| !field.is_empty())
    }

    /// Columns in use with the field each fills.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.0.iter().map(String::as_str).enumerate().filter(|(_, field)| !field.is_empty())
    }

    fn require(&self, mode: Mode, key: Option<Key>, customs: &[Model], violations: &mut Violations) {
        if mode != Mode::Update && self.column("name").is_none() {
            violations.add("mapping", "Choose the column that holds the customer's name.");
        }
        for custom in customs.iter().filter(|custom| mode != Mode::Update && custom.is_needed()) {
            if self.column(&custom.path()).is_none() {
                violations
                    .add("mapping", format!("Choose the column that holds {}, which every new customer needs.", custom.label));
            }
        }
        match key {
            None if mode != Mode::Create => {
                violations.add("key", "Choose the field that finds existing customers.");
            }
            Some(key) if self.column(key.field()).is_none() => {
                violations.add("key", format!("No column fills the {}, which is to find existing customers.", key.label()));
            }
            _ => {}
        }
        let named = ["contact.name", "contact.first_name", "contact.last_name"];
        let contact = self.0.iter().any(|field| field.starts_with("contact."));
        if contact && named.iter().all(|field| self.column(field).is_none()) {
            violations
                .add("mapping", "Choose the column that holds the contact's name, or leave out the contact's other columns.");
        }
    }
}

/// The columns of a file with what they are to fill and a few of their values.
pub fn columns(header: &[String], fields: &[String], sample: &[Row]) -> Vec<pb::ImportColumn> {
    let samples = |column: usize| {
        let mut values: Vec<String> = Vec::new();
        for value in sample.iter().filter_map(|row| row.cells.get(column)) {
            let value: String = value.chars().take(80).collect();
            if values.len() < SAMPLES && !value.trim().is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    let column = |(index, name): (usize, &String)| pb::ImportColumn {
        index: i32::try_from(index).unwrap_or_default(),
        header: name.clone(),
        field: fields.get(index).cloned().unwrap_or_default(),
        samples: samples(index),
    };
    header.iter().enumerate().map(column).collect()
}

/// What a field is called, if there is one of this path.
fn label<'a>(field: &str, customs: &'a [Model]) -> Option<&'a str> {
    let fixed = TARGETS.iter().find(|target| target.field == field).map(|target| target.label);
    fixed.or_else(|| customs.iter().find(|custom| custom.path() == field).map(|custom| custom.label.as_str()))
}

/// A column name without case, accents, blanks and punctuation: "Company_Name" and "companyName" are one.
fn compact(name: &str) -> String {
    normalise(name).replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    fn guessed(names: &str) -> String {
        guess(&header(names)).join(",")
    }

    #[test]
    fn columns_are_guessed_in_several_languages_and_spellings() {
        for (names, fields) in [
            (
                "customerID,companyName,contactName,contactTitle,address,city,region,postalCode,country,phone,fax",
                "external_id,name,contact.name,contact.title,address.street,address.city,address.region,address.postal_code,address.country,phone,",
            ),
            ("Company Name,E-Mail,Tel.,ZIP,web-site", "name,email,phone,address.postal_code,website"),
            (
                "Kundennummer,Firma,Straße,PLZ,Ort,Land,Telefon,Ansprechpartner",
                "external_id,name,address.street,address.postal_code,address.city,address.country,phone,contact.name",
            ),
            (
                "Société,Adresse,Code postal,Ville,Pays,Téléphone,Courriel",
                "name,address.street,address.postal_code,address.city,address.country,phone,email",
            ),
            (
                "Empresa,Dirección,Código postal,Ciudad,País,Teléfono,Correo electrónico",
                "name,address.street,address.postal_code,address.city,address.country,phone,email",
            ),
            ("Name,Company,Email", "contact.name,name,email"),
            (
                "First Name,Last Name,Company,Mobile Phone,Job Title",
                "contact.first_name,contact.last_name,name,contact.mobile,contact.title",
            ),
            ("id,name,tags,notes", "external_id,name,tags,note"),
            ("customer,customer_name,foo", ",name,"),
            ("Name,Nombre,", "name,,"),
        ] {
            assert_eq!(guessed(names), fields, "{names}");
        }
    }

    #[test]
    fn every_guess_is_a_target() {
        for (field, aliases) in names::ALIASES {
            assert!(TARGETS.iter().any(|target| target.field == *field), "{field}");
            assert!(aliases.split(' ').all(|alias| !alias.is_empty() && compact(alias) == alias), "{aliases:?}");
        }
    }

    #[test]
    fn a_mapping_tells_every_problem_at_once() {
        let fields = header("email,fax_number,email,contact.title,");
        let Err(Error::Invalid(violations)) = Mapping::parse(&fields, 5, Mode::Upsert, Some(Key::ExternalId), &[]) else {
            panic!("accepted")
        };
        let found: Vec<_> = violations.iter().map(|(field, _)| field).collect();
        assert_eq!(found, ["mapping[1]", "mapping[2]", "mapping", "key", "mapping"]);
        assert!(Mapping::parse(&header("name"), 2, Mode::Create, None, &[]).is_err());
        assert!(Mapping::parse(&header("name,email"), 2, Mode::Update, None, &[]).is_err());
        assert!(Mapping::parse(&header("email,phone"), 2, Mode::Update, Some(Key::Email), &[]).is_ok());
    }

    #[test]
    fn the_likely_key_tells_records_apart() {
        assert_eq!(likely_key(&["name", "external_id"]), Key::ExternalId);
        assert_eq!(likely_key(&["name", "email"]), Key::Email);
        assert_eq!(likely_key(&["name"]), Key::Name);
    }

    #[test]
    fn a_column_shows_different_values() {
        let row = |cell: &str| Row { number: 1, cells: vec![cell.to_owned()], problems: Vec::new() };
        let rows = ["a", "", "a", "b", "c", "d"].map(row);
        let shown = columns(&header("name"), &header("name"), &rows);
        assert_eq!((shown[0].field.as_str(), shown[0].samples.join(",")), ("name", "a,b,c".to_owned()));
    }
}
