//! `hash-password` and `totp-secret`: what the environment credentials are made with.

use std::io::Read as _;

use anyhow::Context as _;
use streamflow_kernel::{password, totp};

pub async fn hash_password(json: bool) -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input can't be read")?;
    let password = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "no password on standard input");
    password::check_policy(password, true, &["streamflow"]).map_err(|problem| anyhow::anyhow!(problem))?;
    let hasher = password::PasswordHasher::new(password::Params::BREAK_GLASS);
    let hash = hasher.hash(password).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    if json {
        println!("{}", serde_json::json!({ "hash": hash }));
    } else {
        println!("{hash}");
    }
    Ok(())
}

pub fn totp_secret(account: &str, json: bool) -> anyhow::Result<()> {
    let secret = totp::generate_secret();
    let text = totp::to_base32(&secret);
    let uri = totp::otpauth_uri(&secret, "StreamFlow", account).context("the account name can't be used")?;
    if json {
        println!("{}", serde_json::json!({ "secret": text, "otpauth_uri": uri }));
    } else {
        println!("{text}\n{uri}");
    }
    Ok(())
}
