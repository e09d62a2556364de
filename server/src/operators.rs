//! Credentials of the portals whose people live in the environment, not in a database.

use anyhow::Context as _;
use streamflow_kernel::{operator::Operator, password, totp};

/// Reads `PREFIX_EMAIL`, `PREFIX_PASSWORD_HASH` and `PREFIX_TOTP_SECRET`. Nobody can sign in when they are missing, and start-up
/// says so; a plaintext password stops the start.
#[expect(clippy::disallowed_methods, reason = "credentials have names of their own: `config check` prints the configuration")]
pub fn from_environment(prefix: &str, role: &str) -> anyhow::Result<Option<Operator>> {
    let read = |name: &str| std::env::var(format!("{prefix}_{name}")).ok().filter(|value| !value.is_empty());
    anyhow::ensure!(
        read("PASSWORD").is_none(),
        "{prefix}_PASSWORD holds a plaintext password; remove it and set {prefix}_PASSWORD_HASH (streamflow hash-password)"
    );
    let (Some(email), Some(hash)) = (read("EMAIL"), read("PASSWORD_HASH")) else {
        tracing::warn!(target: "streamflow", "{prefix}_EMAIL and {prefix}_PASSWORD_HASH are not set: nobody can sign in to this portal");
        return Ok(None);
    };
    anyhow::ensure!(
        password::is_phc(&hash),
        "{prefix}_PASSWORD_HASH is not an argon2id hash; make one with `streamflow hash-password`"
    );
    password::check_phc(&hash, password::Params::BREAK_GLASS)
        .map_err(|problem| anyhow::anyhow!("{prefix}_PASSWORD_HASH: {problem}"))?;
    let Some(seed) = read("TOTP_SECRET") else {
        tracing::warn!(target: "streamflow", "{prefix}_TOTP_SECRET is not set: sign-in to this portal stays closed (streamflow totp-secret)");
        return Ok(None);
    };
    let totp_secret =
        totp::from_base32(&seed).with_context(|| format!("{prefix}_TOTP_SECRET is not base32 of at least 128 bits"))?;
    Ok(Some(Operator::new(&email, role, hash, totp_secret)))
}
