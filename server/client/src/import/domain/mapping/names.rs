//! How columns are called out there, in English, German, French and Spanish; lower case, without accents, blanks and punctuation.

/// For each field its names, the most telling first. A field further up takes a column before one further down.
pub const ALIASES: &[(&str, &str)] = &[
    (
        "name",
        "companyname company customername customer accountname account organization organisation \
         organizationname business businessname clientname client firma firmenname unternehmen kunde \
         kundenname societe entreprise raisonsociale nomclient nomdelentreprise empresa razonsocial \
         cliente nombredelaempresa nombrecliente",
    ),
    (
        "external_id",
        "externalid externalkey customerid customernumber customerno customercode clientid accountid \
         accountnumber id key code number kundennummer kundennr kdnr nummer numeroclient codeclient \
         identifiant numerodecliente codigo codigocliente",
    ),
    (
        "contact.name",
        "contactname contact contactperson maincontact primarycontact fullname person ansprechpartner \
         kontakt kontaktperson interlocuteur nomducontact contacto personadecontacto nombredecontacto",
    ),
    ("contact.first_name", "contactfirstname firstname givenname vorname prenom"),
    ("contact.last_name", "contactlastname lastname surname familyname nachname nomdefamille apellido apellidos"),
    ("contact.title", "contacttitle jobtitle position title role funktion fonction poste cargo puesto"),
    ("contact.email", "contactemail contactemailaddress contactmail"),
    ("contact.phone", "contactphone contactphonenumber contacttelephone directphone durchwahl"),
    (
        "contact.mobile",
        "contactmobile mobile mobilephone mobilenumber cell cellphone handy mobil mobiltelefon \
         portable telephoneportable movil",
    ),
    ("contact.note", "contactnote contactnotes"),
    (
        "email",
        "email emailaddress mail companyemail email1 emailadresse mailadresse courriel adressemail \
         correo correoelectronico",
    ),
    (
        "phone",
        "phone phonenumber telephone telephonenumber tel telno companyphone businessphone workphone \
         phone1 telefon telefonnummer rufnummer numerodetelephone telefono numerodetelefono",
    ),
    (
        "website",
        "website web url homepage webaddress webpage www webseite internet siteweb siteinternet \
         sitioweb paginaweb",
    ),
    (
        "address.street",
        "street streetaddress address address1 addressline1 addressstreet businessstreet strasse \
         strassehausnummer anschrift adresse rue calle direccion domicilio",
    ),
    (
        "address.postal_code",
        "postalcode postcode zip zipcode addresspostalcode plz postleitzahl codepostal cp \
         codigopostal",
    ),
    ("address.city", "city town locality addresscity stadt ort wohnort ville commune ciudad localidad poblacion"),
    (
        "address.region",
        "region state province county stateprovince addressregion bundesland kanton departement \
         provincia estado comunidad",
    ),
    ("address.country", "country countryname nation addresscountry land staat pays pais"),
    ("tags", "tags tag labels label categories category schlagworte stichworte etiquettes etiquetas"),
    (
        "note",
        "note notes comment comments remark remarks description notiz notizen bemerkung bemerkungen \
         kommentar remarque remarques commentaire nota notas observaciones comentarios",
    ),
    ("kind", "kind customertype type art kundenart tipo"),
];

/// Names that are the customer's or the person's, depending on the other columns.
pub const PLAIN_NAME: [&str; 4] = ["name", "nom", "nombre", "bezeichnung"];
