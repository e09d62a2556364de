//! Companies can be closed to their people, and tell others when they changed. The look-up of a session tells of it: still one round trip.

use super::m20261120_000114_create_search::owned_by_definer;
use crate::ddl::Class::{Confidential, Internal, Personal};
use crate::ddl::{Column, Target};

const COLUMNS: [Column; 4] = [
    Column::time("updated_at", Internal, "Last change of what other systems are told; NULL for none since it was made.").null(),
    Column::time("suspended_at", Internal, "Closed to its people since then; NULL while it is open.").null(),
    Column::text("suspend_reason", Confidential, "Why, in words for its people."),
    Column::text("suspend_contact", Personal, "Whom they can ask."),
];

pub fn up(target: Target) -> Vec<String> {
    let mut statements: Vec<String> = COLUMNS.iter().flat_map(|column| target.add("orgs", column)).collect();
    statements.push("CREATE INDEX orgs_by_change ON orgs (\"updated_at\")".to_owned());
    statements.push("CREATE INDEX orgs_by_age ON orgs (\"created_at\")".to_owned());
    if !target.is_postgres() {
        return statements;
    }
    statements.push("DROP FUNCTION session_principal(bytea)".to_owned());
    statements.push(SESSION_PRINCIPAL.to_owned());
    statements.push(
        "COMMENT ON FUNCTION session_principal(bytea) IS \
         'Session of a token with its person, org, membership, teams and switched-off modules; at most one row, ended and disabled ones too. Reads past row-level security.'"
            .to_owned(),
    );
    let tables = "sessions, users, orgs, memberships, team_members, org_modules";
    statements.extend(owned_by_definer(target, "session_principal(bytea)", tables));
    statements
}

/// Runs before an org is known, so it reads past row-level security; the caller judges expiry, revocation, disabling, trial and suspension.
/// Membership, org and teams are NULL for a session without an org.
const SESSION_PRINCIPAL: &str = r"CREATE FUNCTION session_principal(token_hash bytea)
RETURNS TABLE (
  session_id uuid, user_id uuid, org_id uuid, level text, created_at timestamptz, last_seen_at timestamptz,
  expires_at timestamptz, revoked_at timestamptz, device_hash bytea,
  email text, display_name text, user_disabled_at timestamptz, second_factor boolean,
  role text, read_only boolean, membership_disabled_at timestamptz, team_ids uuid[],
  org_name text, tenant_id text, time_zone text, currency_code text, modules_off text[], trial_ends_at timestamptz,
  suspended_at timestamptz, suspend_reason text, suspend_contact text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = client, pg_temp
AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT s.id, s.user_id, s.org_id, s.level, s.created_at, s.last_seen_at,
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
  WHERE s.token_hash = session_principal.token_hash;
END
$body$";
