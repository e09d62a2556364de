//! What is guessed from the names of columns, and what is wrong with what people choose.

use super::*;

const CUSTOMERS: Subject = Subject::Customers;

fn header(names: &str) -> Vec<String> {
    names.split(',').map(str::to_owned).collect()
}

fn guessed(names: &str) -> String {
    guess(Subject::Customers, &header(names)).join(",")
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
    for (aliases, targets) in [(names::ALIASES, &TARGETS[..]), (names::LEAD_ALIASES, &LEAD_TARGETS[..])] {
        for (field, aliases) in aliases {
            assert!(targets.iter().any(|target| target.field == *field), "{field}");
            assert!(aliases.split(' ').all(|alias| !alias.is_empty() && compact(alias) == alias), "{aliases:?}");
        }
    }
}

#[test]
fn columns_of_leads_are_guessed_alike() {
    for (names, fields) in [
        (
            "Subject,Company,Contact Name,E-Mail,Phone,Lead Source,Stage,Amount,Currency,Next step,Owner,Assigned to,Notes",
            "name,company,contact_name,email,phone,source,stage,value,currency,follow_up_on,owner,assignee,note",
        ),
        (
            "Betreff,Firma,Ansprechpartner,Telefon,Quelle,Status,Auftragswert,Währung,Wiedervorlage,Zuständig",
            "name,company,contact_name,phone,source,stage,value,currency,follow_up_on,owner",
        ),
        ("Sujet,Société,Prénom,Nom de famille,Courriel", "name,company,contact_first_name,contact_last_name,email"),
        ("Asunto,Empresa,Correo electrónico,Origen", "name,company,email,source"),
        ("Name,Company,Email", "name,company,email"),
        ("Deal,Name,Company", "name,contact_name,company"),
        // As the list of leads is exported.
        (
            "number,name,company,contact_name,email,phone,stage_id,value,source,owner_id,assignee_id,team_id,tags,follow_up_on,note,customer_id",
            "number,name,company,contact_name,email,phone,stage,value,source,owner,assignee,team,tags,follow_up_on,note,",
        ),
    ] {
        assert_eq!(guess(Subject::Leads, &header(names)).join(","), fields, "{names}");
    }
}

#[test]
fn leads_are_new_unless_the_file_has_their_numbers() {
    let parse = |fields: &str, mode, key| {
        let fields = header(fields);
        let Err(Error::Invalid(violations)) = Mapping::parse(Subject::Leads, &fields, fields.len(), (mode, key), &[]) else {
            return Vec::new();
        };
        violations.iter().map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(likely_key(Subject::Leads, &["name"]), None);
    for (fields, mode, key) in [("name", Mode::Create, None), ("number,email", Mode::Update, Some(Key::Number))] {
        assert_eq!(likely_mode(Subject::Leads, key), mode);
        assert!(parse(fields, mode, key).is_empty());
    }
    assert_eq!(parse("number,company", Mode::Upsert, Some(Key::Number)), ["mapping", "key"]);
    assert_eq!(parse("name,number", Mode::Create, None), ["mapping[1]"]);
    assert_eq!(parse("website,name", Mode::Upsert, None), ["mapping[0]", "key"]);
}

#[test]
fn a_mapping_tells_every_problem_at_once() {
    let fields = header("email,fax_number,email,contact.title,");
    let Err(Error::Invalid(violations)) = Mapping::parse(CUSTOMERS, &fields, 5, (Mode::Upsert, Some(Key::ExternalId)), &[])
    else {
        panic!("accepted")
    };
    let found: Vec<_> = violations.iter().map(|(field, _)| field).collect();
    assert_eq!(found, ["mapping[1]", "mapping[2]", "mapping", "mapping", "key"]);
    assert!(Mapping::parse(CUSTOMERS, &header("name"), 2, (Mode::Create, None), &[]).is_err());
    assert!(Mapping::parse(CUSTOMERS, &header("name,email"), 2, (Mode::Update, None), &[]).is_err());
    assert!(Mapping::parse(CUSTOMERS, &header("email,phone"), 2, (Mode::Update, Some(Key::Email)), &[]).is_ok());
}

#[test]
fn the_likely_key_tells_records_apart() {
    assert_eq!(likely_key(CUSTOMERS, &["name", "external_id"]), Some(Key::ExternalId));
    assert_eq!(likely_key(CUSTOMERS, &["name", "email"]), Some(Key::Email));
    assert_eq!(likely_key(CUSTOMERS, &["name"]), Some(Key::Name));
}

#[test]
fn a_column_shows_different_values() {
    let row = |cell: &str| pb::ImportRow { cells: vec![cell.to_owned()], ..Default::default() };
    let rows = ["a", "", "a", "b", "c", "d"].map(row);
    let shown = columns(&header("name"), &header("name"), &rows);
    assert_eq!((shown[0].field.as_str(), shown[0].samples.join(",")), ("name", "a,b,c".to_owned()));
}
