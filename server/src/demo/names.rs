//! Names for the demo. Telephone numbers are from the ranges Ofcom keeps free for drama, mail addresses from the reserved domain
//! example.com (RFC 2606); the companies and people are made up.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

const PLACES: [&str; 40] = [
    "Aire Valley",
    "Arncliffe",
    "Ashdown",
    "Beckett",
    "Bracken Hall",
    "Bramhope",
    "Calder",
    "Chapel Lane",
    "Cotterill",
    "Eastgate",
    "Fenwick",
    "Gledhow",
    "Harcourt",
    "Hawthorn",
    "Headrow",
    "Hollin Park",
    "Ilkley Road",
    "Kirkgate",
    "Larchfield",
    "Mabgate",
    "Meanwood",
    "Moorland",
    "Nidd",
    "Northfold",
    "Oakwood",
    "Otley Bridge",
    "Park Row",
    "Quarry Hill",
    "Roundhay",
    "Rowan",
    "Scarcroft",
    "Stonegate",
    "Swillington",
    "Thackley",
    "Thorpe",
    "Wellhouse",
    "Westgate",
    "Wharfe",
    "Whitcombe",
    "York Place",
];

const TRADES: [&str; 26] = [
    "Dental Practice",
    "Lettings",
    "Care Home",
    "Joinery",
    "Brewing Co.",
    "Storage",
    "Bowls Club",
    "Vets",
    "Primary School",
    "Print Works",
    "Student Living",
    "Nursery",
    "Engineering",
    "Pharmacy",
    "Bakery",
    "Garage",
    "Solicitors",
    "Fitness",
    "Coffee House",
    "Court Residents",
    "Florists",
    "Surgery",
    "Hotel",
    "Packaging",
    "Community Centre",
    "Optometrists",
];

const FIRST: [&str; 48] = [
    "Aisha", "Alan", "Alice", "Amir", "Ben", "Carla", "Chris", "Daniel", "Denise", "Eleanor", "Emeka", "Fiona", "Gareth", "Hana",
    "Harriet", "Iain", "Ines", "Jack", "Joanna", "Judith", "Karim", "Keiko", "Laura", "Leon", "Margaret", "Mei", "Miriam",
    "Nadia", "Naomi", "Oliver", "Omar", "Paul", "Petra", "Rachel", "Ravi", "Ron", "Rosa", "Ruth", "Samuel", "Sara", "Sean",
    "Sofia", "Tariq", "Tess", "Victor", "Will", "Yusuf", "Zofia",
];

const LAST: [&str; 48] = [
    "Adeyemi",
    "Ahmed",
    "Armitage",
    "Barnes",
    "Benali",
    "Bexley",
    "Brook",
    "Carter",
    "Chen",
    "Cotterill",
    "Dalby",
    "Drew",
    "Evans",
    "Farrow",
    "Fernandes",
    "Firth",
    "Gill",
    "Greenwood",
    "Hanley",
    "Hargreaves",
    "Hirst",
    "Illingworth",
    "Iqbal",
    "Karim",
    "Kaur",
    "Kowalska",
    "Lister",
    "Marsden",
    "Mistry",
    "Naylor",
    "Novak",
    "Okafor",
    "Pearson",
    "Pryce",
    "Quinn",
    "Rhodes",
    "Shah",
    "Stolz",
    "Sutcliffe",
    "Tanaka",
    "Trench",
    "Varley",
    "Walker",
    "Whitaker",
    "Whitcombe",
    "Wilson",
    "Yates",
    "Żak",
];

const AREAS: [(&str, &str); 16] = [
    ("Leeds", "LS1"),
    ("Leeds", "LS2"),
    ("Leeds", "LS6"),
    ("Leeds", "LS8"),
    ("Leeds", "LS17"),
    ("Bradford", "BD7"),
    ("Shipley", "BD18"),
    ("Keighley", "BD21"),
    ("Wakefield", "WF1"),
    ("Otley", "LS21"),
    ("Ilkley", "LS29"),
    ("Pudsey", "LS28"),
    ("Horsforth", "LS18"),
    ("Wetherby", "LS22"),
    ("Harrogate", "HG1"),
    ("Guiseley", "LS20"),
];

const STREETS: [&str; 14] = [
    "Station Road",
    "Church Lane",
    "Mill Street",
    "Wellington Street",
    "Queen's Road",
    "Park Avenue",
    "The Green",
    "Albion Place",
    "Bridge End",
    "High Street",
    "Victoria Terrace",
    "Cardigan Road",
    "Canal Wharf",
    "Harrogate Road",
];

const TITLES: [&str; 10] = [
    "Owner",
    "Facilities manager",
    "Office manager",
    "Practice manager",
    "Director",
    "Site manager",
    "Bursar",
    "Caretaker",
    "Accounts",
    "Operations lead",
];

pub const TAGS: [&str; 8] =
    ["Landlord", "Care plan", "Commercial", "Key holder", "Out of hours", "Annual service", "Gas safe", "VIP"];

const JOBS: [&str; 18] = [
    "Boiler replacement",
    "Annual service contract",
    "Underfloor heating",
    "Emergency call-out cover",
    "Heat pump survey",
    "Bathroom refit",
    "Commercial kitchen extraction",
    "Landlord safety certificates",
    "Radiator upgrade",
    "Water softener",
    "Pressurised cylinder",
    "Drainage inspection",
    "Plant room refurbishment",
    "Smart heating controls",
    "Leak investigation",
    "Legionella risk assessment",
    "Gas pipework renewal",
    "Ventilation for new build",
];

pub const SOURCES: [&str; 5] = ["web", "phone", "referral", "trade show", "repeat"];

pub const NOTES: [&str; 12] = [
    "Called back, wants the quote split in two phases.",
    "Prefers visits before 10 in the morning.",
    "Key is with the neighbour at number 14.",
    "Asked for references of similar buildings.",
    "Boiler is from 2009, parts are getting hard to find.",
    "Budget is approved for the next quarter.",
    "Left a message with reception.",
    "Access through the yard; van height limit 2.1 m.",
    "Invoice goes to head office, not to the site.",
    "Very happy with the last visit.",
    "Wants to compare with two other offers.",
    "Survey booked, photos will follow.",
];

/// The same number for the same seed, well spread.
pub fn spread(seed: usize, salt: usize) -> usize {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (salt as u64 + 7).wrapping_mul(0xD1B5_4A32_D192_ED03);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33).unwrap_or_default()
}

pub fn pick<T: Copy>(items: &[T], seed: usize, salt: usize) -> T {
    items[spread(seed, salt) % items.len()]
}

/// What Harrow & Pike note in their own fields of a customer.
pub fn customer_fields(n: usize, private: bool, today: NaiveDate) -> HashMap<String, String> {
    let homes = ["House", "House", "Flat"];
    let firms = ["Shop", "Office", "Industrial"];
    let mut fields = HashMap::from([("property_type".to_owned(), pick(if private { &homes } else { &firms }, n, 41).to_owned())]);
    if spread(n, 42).is_multiple_of(3) {
        let days = i64::try_from(spread(n, 43) % 300).unwrap_or_default();
        fields.insert("maintenance_contract".to_owned(), "true".to_owned());
        fields.insert("service_due_on".to_owned(), (today + TimeDelta::days(days)).to_string());
    }
    if spread(n, 44).is_multiple_of(5) {
        let notes =
            ["Key at the neighbour's.", "Gate code 4417.", "Dog in the yard; ring first.", "Parking behind the building."];
        fields.insert("access_notes".to_owned(), pick(&notes, n, 45).to_owned());
    }
    fields
}

/// And of a lead.
pub fn lead_fields(n: usize) -> HashMap<String, String> {
    let jobs = ["Repair", "Installation", "Service", "Inspection"];
    let mut fields = HashMap::from([("job_type".to_owned(), pick(&jobs, n, 46).to_owned())]);
    if spread(n, 47).is_multiple_of(7) {
        fields.insert("urgent".to_owned(), "true".to_owned());
    }
    fields
}

/// Days from today to a follow-up or the end of a task: a few are late, a few are today's, most come in the next two weeks.
pub fn days_ahead(n: usize, salt: usize) -> i64 {
    let days = i64::try_from(spread(n, salt + 100) % 14).unwrap_or_default();
    match spread(n, salt) % 20 {
        0 | 1 => -1 - days % 6,
        2 => 0,
        _ => 1 + days,
    }
}

/// Every place meets every trade before a name comes twice.
pub fn company(n: usize) -> String {
    format!("{} {}", PLACES[n % PLACES.len()], TRADES[(n / PLACES.len() + n * 7) % TRADES.len()])
}

pub fn person(n: usize) -> String {
    format!("{} {}", pick(&FIRST, n, 1), pick(&LAST, n, 2))
}

pub fn landline(n: usize) -> String {
    format!("0113 496 0{:03}", n % 1000)
}

pub fn mobile(n: usize) -> String {
    format!("07700 900{:03}", n % 1000)
}

pub fn email(name: &str) -> String {
    let local: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '.' }).collect();
    format!("{}@example.com", local.trim_matches('.').replace("..", "."))
}

pub fn address(n: usize) -> (String, String, String) {
    let (city, district) = pick(&AREAS, n, 3);
    let street = format!("{} {}", 1 + spread(n, 4) % 180, pick(&STREETS, n, 5));
    (street, format!("{district} {}AB", 1 + spread(n, 6) % 9), city.to_owned())
}

pub fn title(n: usize) -> &'static str {
    pick(&TITLES, n, 7)
}

pub fn job(n: usize) -> &'static str {
    pick(&JOBS, n, 8)
}
