//! Demo credentials of the three portals that sign in from the environment: made up on the first run, kept beside
//! the other state, handed to the server as environment variables.

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::{demo::Account, shell};

/// Lies in the server's data folder.
const FILE: &str = "demo-operators.json";

/// Letters and digits that nobody mistakes for each other.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Portal, prefix of its environment variables, e-mail, name and role shown in the table.
const OPERATORS: [(&str, &str, &str, &str, &str); 3] = [
    ("provider", "PROVIDER", "admin@provider.example", "Provider admin", "ADMIN"),
    ("dev", "DEVELOPER", "engineer@dev.example", "Engineer", "ENGINEER"),
    ("accountant", "ACCOUNTANT", "books@accountant.example", "Bookkeeper", "BOOKKEEPER"),
];

#[derive(Default, Deserialize, Serialize)]
pub struct Operators {
    accounts: Vec<Operator>,
}

#[derive(Deserialize, Serialize)]
struct Operator {
    #[serde(flatten)]
    account: Account,
    password_hash: String,
}

/// The kept credentials, or new ones that from now on are kept.
pub fn load_or_create(data: &Path, server: &Path) -> Result<Operators> {
    if data.join(FILE).exists() {
        return load(data);
    }
    shell::say("making up demo credentials for the provider, dev and accountant portals");
    let mut operators = Operators::default();
    for (portal, _, email, name, role) in OPERATORS {
        operators.accounts.push(new_operator(server, portal, email, name, role)?);
    }
    operators.save(data)?;
    Ok(operators)
}

/// The kept credentials; none when nothing has run yet.
pub fn load(data: &Path) -> Result<Operators> {
    let file = data.join(FILE);
    if !file.exists() {
        return Ok(Operators::default());
    }
    let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))
}

impl Operators {
    /// What the server reads. A person's own credentials in the environment win over the demo's.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for operator in &self.accounts {
            let Some(prefix) = prefix(&operator.account.portal) else {
                continue;
            };
            if is_set(prefix) {
                continue;
            }
            variables.push((format!("{prefix}_EMAIL"), operator.account.email.clone()));
            variables.push((format!("{prefix}_PASSWORD_HASH"), operator.password_hash.clone()));
            variables.push((format!("{prefix}_TOTP_SECRET"), operator.account.totp_secret.clone().unwrap_or_default()));
        }
        variables
    }

    /// The accounts that are in use: a portal with credentials of its own in the environment has none here.
    pub fn accounts(&self) -> impl Iterator<Item = Account> {
        let in_use = |account: &&Account| prefix(&account.portal).is_some_and(|prefix| !is_set(prefix));
        self.accounts.iter().map(|operator| &operator.account).filter(in_use).cloned()
    }

    fn save(&self, data: &Path) -> Result<()> {
        fs::create_dir_all(data)?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(data.join(FILE))?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        Ok(())
    }
}

fn prefix(portal: &str) -> Option<&'static str> {
    OPERATORS.iter().find(|operator| operator.0 == portal).map(|operator| operator.1)
}

fn is_set(prefix: &str) -> bool {
    env::var_os(format!("{prefix}_EMAIL")).is_some()
}

fn new_operator(server: &Path, portal: &str, email: &str, name: &str, role: &str) -> Result<Operator> {
    let password = password();
    let password_hash = hash(server, &password)?;
    let account = Account {
        portal: portal.to_owned(),
        email: email.to_owned(),
        password,
        totp_secret: Some(totp_secret(server)?),
        name: name.to_owned(),
        role: role.to_owned(),
        company: String::new(),
    };
    Ok(Operator { account, password_hash })
}

fn password() -> String {
    let mut rng = rand::rng();
    let mut letters = || (0..5).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
    let groups: [String; 4] = [letters(), letters(), letters(), letters()];
    groups.join("-")
}

fn hash(server: &Path, password: &str) -> Result<String> {
    let mut child = Command::new(server)
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't start {}", server.display()))?;
    // Dropped at once, so that the program sees the end of its input.
    child.stdin.take().context("no standard input")?.write_all(password.as_bytes())?;
    let output = child.wait_with_output()?;
    let hash = String::from_utf8(output.stdout)?.trim().to_owned();
    if !output.status.success() || !hash.starts_with("$argon2id$") {
        bail!("`streamflow hash-password` printed no argon2id hash ({})", output.status);
    }
    Ok(hash)
}

fn totp_secret(server: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Printed {
        secret: String,
    }
    let text = shell::quiet(Command::new(server).args(["totp-secret", "--json"]))?;
    let printed: Printed = serde_json::from_str(&text).context("`streamflow totp-secret --json` has no secret")?;
    Ok(printed.secret)
}
