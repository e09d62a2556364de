//! The demo sign-ins: those the server writes when it seeds (`demo.json` of its data folder) and those of the operators,
//! which this tool makes up on the first run.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret};

/// Where `cargo xtask run` keeps its state unless it is told another place.
pub const DATA: &str = "data";

const FILE: &str = "demo.json";

/// How long a code is good for.
const STEP_SECONDS: u64 = 30;

#[derive(Default, Deserialize)]
pub struct Demo {
    /// Set when the server has finished seeding.
    #[serde(default)]
    pub seeded: bool,
    #[serde(default)]
    pub accounts: Vec<Account>,
}

#[derive(Clone, Deserialize, Serialize)]
pub struct Account {
    pub portal: String,
    pub email: String,
    pub password: String,
    /// Base32; absent for people without a second factor.
    #[serde(default)]
    pub totp_secret: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub role: String,
    #[serde(default)]
    pub company: String,
}

/// What the server has seeded so far; nothing before it has begun.
pub fn load(data: &Path) -> Result<Demo> {
    let file = data.join(FILE);
    if !file.exists() {
        return Ok(Demo::default());
    }
    let text = fs::read_to_string(&file).with_context(|| format!("can't read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", file.display()))
}

impl Account {
    /// The code to type now; `None` for people without a second factor.
    pub fn code(&self) -> Result<Option<String>> {
        let Some(secret) = &self.totp_secret else {
            return Ok(None);
        };
        let secret = Secret::try_from_base32(secret).map_err(|_| anyhow!("{}: bad secret", self.email))?;
        let totp = Builder::new().with_secret(secret).build().map_err(|e| anyhow!("{}: {e}", self.email))?;
        Ok(Some(totp.generate(now()?).to_string()))
    }
}

/// Seconds until the codes change.
pub fn seconds_left() -> Result<u64> {
    Ok(STEP_SECONDS - now()? % STEP_SECONDS)
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
