//! The way to GitHub and back. What comes back is believed in the browser that began it, for ten minutes, and once: the answer of
//! somebody else's way must not sign anybody in (RFC 9700, section 4.7).

use streamflow_kernel::{
    ctx::{Ctx, SystemWriteDb},
    error::Result,
    session::{Token, hash_token, write_cookie},
};
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use super::{
    domain::{Answer, COOKIE, challenge, not_begun_here, redirect_uri, verifier},
    site::{Account, Github},
    store::{self, Attempt},
};

/// Seconds.
const COOKIE_LIFE: i64 = 600;

/// Two purposes never share a state, which says to the page what was begun; the row says it to the server.
const SIGN_IN: &str = "sign-in.";
const CONNECT: &str = "connect.";

/// A way that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub authorize_url: String,
    browser: Token,
}

impl Begun {
    /// Leaves in the browser what it must come back with. Only the portal's own page ever needs it, so that it can be as strict as the
    /// session's cookie: coming back from GitHub is a page, and what asks the server is that page.
    pub fn set_cookie(&self, metadata: &mut MetadataMap) -> Result<()> {
        write_cookie(metadata, COOKIE, self.browser.reveal(), COOKIE_LIFE)
    }
}

/// Begins one: of nobody, who signs in, or of the person who connects an account.
pub async fn begin(db: &SystemWriteDb, ctx: &Ctx, github: &Github, user_id: Option<Uuid>) -> Result<Begun> {
    let browser = ctx.new_token();
    let state = format!("{}{}", if user_id.is_some() { CONNECT } else { SIGN_IN }, ctx.new_token().reveal());
    let attempt = Attempt { state_hash: hash_token(&state), browser_hash: browser.hash(), user_id, now: ctx.now() };
    store::insert_attempt(db, attempt).await?;
    let challenge = challenge(&verifier(browser.reveal()));
    let authorize_url = github.authorize_url(&redirect_uri(ctx.public_url()), &state, &challenge);
    Ok(Begun { authorize_url, browser })
}

/// Ends one: whose account it is that GitHub sent the browser back with. Must not be called inside a write transaction: what it uses up
/// stays used up, whatever GitHub says.
pub async fn finish(
    ctx: &Ctx,
    github: &Github,
    browser: Option<String>,
    answer: &Answer,
    user_id: Option<Uuid>,
) -> Result<Account> {
    let browser = browser.ok_or_else(not_begun_here)?;
    let attempt = Attempt { state_hash: hash_token(&answer.state), browser_hash: hash_token(&browser), user_id, now: ctx.now() };
    let db = ctx.system_apart().await?;
    let is_good = store::use_attempt(&db, attempt).await?;
    db.commit().await?;
    if !is_good {
        return Err(not_begun_here());
    }
    github.account(&redirect_uri(ctx.public_url()), &answer.code, &verifier(&browser)).await
}
