//! Sessions are looked up for all requests that come at once in one statement. `session_principal` stays for servers of the version before,
//! which may run beside the new ones until the last of them has ended.

use super::m20261120_000114_create_search::owned_by_definer;
use crate::ddl::Target;

pub fn up(target: Target) -> Vec<String> {
    if !target.is_postgres() {
        return Vec::new();
    }
    let mut statements = vec![
        SESSION_PRINCIPALS.to_owned(),
        "COMMENT ON FUNCTION session_principals(bytea[]) IS \
         'Sessions of tokens with their persons, orgs, memberships, teams and switched-off modules; at most one row a token, ended and disabled ones too. Reads past row-level security.'"
            .to_owned(),
    ];
    let tables = "sessions, users, orgs, memberships, team_members, org_modules";
    statements.extend(owned_by_definer(target, "session_principals(bytea[])", tables));
    statements
}

/// Runs before an org is known, so it reads past row-level security; the caller judges expiry, revocation, disabling, trial and suspension.
/// Membership, org and teams are NULL for a session without an org. Each token is found by itself (`OFFSET 0` keeps the look-up whole),
/// whatever PostgreSQL believes about the length of the array, and by one plan: to plan costs more than to find.
const SESSION_PRINCIPALS: &str = r"CREATE FUNCTION session_principals(token_hashes bytea[])
RETURNS TABLE (
  token_hash bytea,
  session_id uuid, user_id uuid, org_id uuid, level text, created_at timestamptz, last_seen_at timestamptz,
  expires_at timestamptz, revoked_at timestamptz, device_hash bytea,
  email text, display_name text, user_disabled_at timestamptz, second_factor boolean,
  role text, read_only boolean, membership_disabled_at timestamptz, team_ids uuid[],
  org_name text, tenant_id text, time_zone text, currency_code text, modules_off text[], trial_ends_at timestamptz,
  suspended_at timestamptz, suspend_reason text, suspend_contact text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4
SET search_path = client, pg_temp
SET plan_cache_mode = force_generic_plan
AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT found.*
  FROM unnest(session_principals.token_hashes) AS asked (token_hash)
  CROSS JOIN LATERAL (
    SELECT s.token_hash, s.id, s.user_id, s.org_id, s.level, s.created_at, s.last_seen_at,
      s.expires_at, s.revoked_at, s.device_hash,
      u.email, u.display_name, u.disabled_at, u.totp_confirmed_at IS NOT NULL,
      m.role, m.read_only, m.disabled_at,
      ARRAY(SELECT t.team_id FROM team_members t WHERE t.org_id = s.org_id AND t.user_id = s.user_id ORDER BY t.team_id),
      o.name, o.tenant_id, o.time_zone, o.currency_code,
      ARRAY(SELECT f.module FROM org_modules f WHERE f.org_id = s.org_id AND NOT f.enabled ORDER BY f.module),
      o.trial_ends_at, o.suspended_at, o.suspend_reason, o.suspend_contact
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    LEFT JOIN orgs o ON o.id = s.org_id
    LEFT JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id
    WHERE s.token_hash = asked.token_hash
    OFFSET 0
  ) found;
END
$body$";
