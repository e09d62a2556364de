//! A company may ask a second factor of everybody. The look-up of a session tells of it: still one round trip.

use super::m20261120_000114_create_search::owned_by_definer;
use crate::ddl::Class::Internal;
use crate::ddl::{Column, Target};

const REQUIRED: Column =
    Column::bool("second_factor_required", Internal, "Nobody gets in without a second factor; owners and managers never do.");

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.add("orgs", &REQUIRED);
    if !target.is_postgres() {
        return statements;
    }
    // Servers of the version before name the columns they read, so that one more is none of their business.
    statements.push("DROP FUNCTION session_principals(bytea[])".to_owned());
    statements.push(SESSION_PRINCIPALS.to_owned());
    statements.push(
        "COMMENT ON FUNCTION session_principals(bytea[]) IS \
         'Sessions of tokens with their persons, orgs, memberships, teams and switched-off modules; at most one row a token, ended and disabled ones too. Reads past row-level security.'"
            .to_owned(),
    );
    let tables = "sessions, users, orgs, memberships, team_members, org_modules";
    statements.extend(owned_by_definer(target, "session_principals(bytea[])", tables));
    statements
}

/// As before it, with `second_factor_required`; the caller judges what follows from it.
const SESSION_PRINCIPALS: &str = r"CREATE FUNCTION session_principals(token_hashes bytea[])
RETURNS TABLE (
  token_hash bytea,
  session_id uuid, user_id uuid, org_id uuid, level text, created_at timestamptz, last_seen_at timestamptz,
  expires_at timestamptz, revoked_at timestamptz, device_hash bytea,
  email text, display_name text, user_disabled_at timestamptz, second_factor boolean,
  role text, read_only boolean, membership_disabled_at timestamptz, team_ids uuid[],
  org_name text, tenant_id text, time_zone text, currency_code text, modules_off text[], trial_ends_at timestamptz,
  suspended_at timestamptz, suspend_reason text, suspend_contact text, second_factor_required boolean
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
      o.trial_ends_at, o.suspended_at, o.suspend_reason, o.suspend_contact, o.second_factor_required
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    LEFT JOIN orgs o ON o.id = s.org_id
    LEFT JOIN memberships m ON m.org_id = s.org_id AND m.user_id = s.user_id
    WHERE s.token_hash = asked.token_hash
    OFFSET 0
  ) found;
END
$body$";
