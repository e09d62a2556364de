//! How columns are called out there, in English, German, French and Spanish; lower case, without accents, blanks and punctuation.

// What both customers and leads have.
const EMAIL: &str = "email emailaddress mail companyemail email1 emailadresse mailadresse courriel adressemail \
     correo correoelectronico";
const PHONE: &str = "phone phonenumber telephone telephonenumber tel telno companyphone businessphone workphone \
     phone1 telefon telefonnummer rufnummer numerodetelephone telefono numerodetelefono";
const NOTE: &str = "note notes comment comments remark remarks description notiz notizen bemerkung bemerkungen \
     kommentar remarque remarques commentaire nota notas observaciones comentarios";
const TAGS: &str = "tags tag labels label categories category schlagworte stichworte etiquettes etiquetas";

/// For each field of customers its names, the most telling first. A field further up takes a column before one further down.
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
    ("email", EMAIL),
    ("phone", PHONE),
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
    ("tags", TAGS),
    ("note", NOTE),
    ("kind", "kind customertype type art kundenart tipo"),
];

/// The same for leads.
pub const LEAD_ALIASES: &[(&str, &str)] = &[
    (
        "name",
        "subject leadsubject leadname leadtitle title topic request enquiry inquiry deal dealname opportunity \
         opportunityname lead betreff anfrage thema titel projekt anliegen sujet objet demande titre asunto \
         tema solicitud titulo proyecto",
    ),
    (
        "company",
        "company companyname organization organisation organizationname business businessname account accountname firma \
         firmenname unternehmen societe entreprise raisonsociale nomdelentreprise empresa razonsocial nombredelaempresa",
    ),
    (
        "contact_name",
        "contactname contact contactperson fullname person customername customer clientname client ansprechpartner kontakt \
         kontaktperson kunde interlocuteur nomducontact contacto personadecontacto nombredecontacto cliente",
    ),
    ("contact_first_name", "contactfirstname firstname givenname vorname prenom"),
    ("contact_last_name", "contactlastname lastname surname familyname nachname nomdefamille apellido apellidos"),
    ("email", EMAIL),
    ("phone", PHONE),
    ("stage", "stage stageid leadstage pipelinestage status leadstatus phase stufe etape statut etapa estado fase"),
    (
        "value",
        "value leadvalue dealvalue amount dealamount estimatedvalue expectedrevenue budget price wert auftragswert betrag \
         umsatz montant valeur valor importe presupuesto",
    ),
    ("currency", "currency currencycode wahrung waehrung devise monnaie moneda divisa"),
    ("source", "source leadsource origin channel campaign utmsource quelle herkunft kanal kampagne origine canal origen fuente"),
    (
        "owner",
        "owner ownerid owneremail leadowner accountowner zustandig zustaendig besitzer proprietaire responsable propietario",
    ),
    ("assignee", "assignee assigneeid assigneeemail assignedto bearbeiter zugewiesenan attribuea asignadoa"),
    ("team", "team teamid teamname gruppe equipe equipo"),
    ("tags", TAGS),
    (
        "follow_up_on",
        "followupon followup followupdate nextstep nextstepdate nextaction nextactivity nextcontact duedate wiedervorlage \
         nachfassen naechsterschritt relance daterelance prochaineetape seguimiento fechadeseguimiento proximopaso",
    ),
    ("note", NOTE),
    ("number", "number leadnumber leadno nummer leadnummer numero"),
];

/// Names that are the record's or the person's, depending on the other columns.
pub const PLAIN_NAME: [&str; 4] = ["name", "nom", "nombre", "bezeichnung"];
