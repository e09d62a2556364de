//! Search that stays quick in a company of tens of thousands: keys apart from words, and slips as regular expressions.

use super::m20261120_000114_create_search::owned_by_definer;
use crate::ddl::{Asker, Target, visible_entry};

const FUNCTION: &str = "search_ids(text, text, text, text[], text[], integer)";

pub fn up(target: Target) -> Vec<String> {
    if !target.is_postgres() {
        return Vec::new();
    }
    let mut statements = vec![
        "DROP FUNCTION search_ids(text, text, text[], integer)".to_owned(),
        SEARCH_IDS.replace("/*visible*/", &visible_entry(VARIABLES)),
        format!(
            "COMMENT ON FUNCTION {FUNCTION} IS \
             'Ids of the records of the org in app.org_id that match and that the person may see, best first. Reads past row-level security.'"
        ),
    ];
    statements.extend(owned_by_definer(target, FUNCTION, "search_entries"));
    statements
}

/// Names in the function below.
const VARIABLES: Asker = Asker { visibility: "visibility", user: "person", teams: "teams" };

/// Row-level security keeps LIKE away from the index (it is not leakproof), so this function reads past it and gives back
/// ids only; the rows are then read under the policies. It repeats org and visibility itself.
///
/// Ranks: 3 exact key, 2 digits, 1 to 1.5 text (1.5 it begins so, 1.25 a word begins so), 0.9 all words somewhere, below that
/// by likeness. `q` comes normalised: lower case, accents folded; `key` as typed, in lower case.
///
/// Slips are looked for only when there are few better hits and no exact key: `slips` holds a regular expression for each longer word,
/// of which the index finds all at once, and the first 200 rows with them are ranked by likeness, which costs most.
const SEARCH_IDS: &str = r"CREATE FUNCTION search_ids(q text, key text, digits text, slips text[], kinds text[], lim integer)
RETURNS TABLE (kind text, id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = client, extensions, pg_temp
SET plan_cache_mode = force_custom_plan
AS $body$
#variable_conflict use_column
DECLARE
  org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
  person uuid := nullif(current_setting('app.user_id', true), '')::uuid;
  visibility text := current_setting('app.visibility', true);
  teams uuid[] := string_to_array(nullif(current_setting('app.team_ids', true), ''), ',')::uuid[];
  any_kind boolean := coalesce(cardinality(kinds), 0) = 0;
  wanted text := btrim(q);
  safe text := replace(replace(replace(btrim(q), '\', '\\'), '%', '\%'), '_', '\_');
  words text[] := string_to_array(safe, ' ');
  -- Patterns: NULL matches nothing, '%' everything. Less than three characters can be looked up as the begin of a word only.
  begin_pattern text := CASE WHEN length(wanted) BETWEEN 1 AND 2 THEN safe || '%' END;
  first_pattern text := CASE WHEN length(wanted) >= 3 THEN '%' || words[1] || '%' END;
  second_pattern text := '%' || coalesce(words[2] || '%', '');
  third_pattern text := '%' || coalesce(words[3] || '%', '');
  digit_pattern text := CASE WHEN length(search_ids.digits) >= 3 THEN '%' || search_ids.digits || '%' END;
BEGIN
  IF org IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH direct AS MATERIALIZED (
    SELECT e.kind, e.id, e.archived, e.title,
      CASE
        WHEN string_to_array(e.keys, ' ') @> ARRAY[search_ids.key] THEN 3
        WHEN e.digits LIKE digit_pattern THEN 2
        WHEN e.text LIKE safe || '%' THEN 1.5
        WHEN e.text LIKE '% ' || safe || '%' THEN 1.25
        WHEN e.text LIKE '%' || safe || '%' THEN 1
        ELSE 0.9
      END::real AS rank
    FROM search_entries e
    WHERE e.org_id = org
      AND (any_kind OR e.kind = ANY (kinds))
      AND (/*visible*/)
      AND (string_to_array(e.keys, ' ') @> ARRAY[search_ids.key]
        OR e.digits LIKE digit_pattern
        OR e.text LIKE begin_pattern
        OR e.text LIKE '% ' || begin_pattern
        OR (e.text LIKE first_pattern AND e.text LIKE second_pattern AND e.text LIKE third_pattern))
    ORDER BY e.archived, rank DESC, e.title, e.id
    LIMIT lim
  ), candidate AS (
    SELECT e.kind, e.id, e.archived, e.title, e.text
    FROM search_entries e
    WHERE (SELECT count(*) FILTER (WHERE NOT archived) < least(lim, 5) AND NOT coalesce(bool_or(rank = 3), false) FROM direct)
      AND e.org_id = org
      AND (any_kind OR e.kind = ANY (kinds))
      AND (/*visible*/)
      AND e.text ~ slips[1]
      AND (slips[2] IS NULL OR e.text ~ slips[2])
      AND (slips[3] IS NULL OR e.text ~ slips[3])
    LIMIT 200
  ), near AS (
    SELECT c.kind, c.id, c.archived, c.title, (0.85 * word_similarity(wanted, left(c.text, 60)))::real AS rank
    FROM candidate c
    ORDER BY c.archived, rank DESC, c.title, c.id
    LIMIT lim
  ), hit AS (
    SELECT * FROM direct
    UNION ALL
    SELECT * FROM near WHERE NOT EXISTS (SELECT 1 FROM direct WHERE direct.kind = near.kind AND direct.id = near.id)
  )
  SELECT hit.kind, hit.id, hit.rank FROM hit ORDER BY hit.archived, hit.rank DESC, hit.title, hit.id LIMIT lim;
END
$body$";
