//! The search index: one entry per record, found by pieces of text, digits or exact keys.

use crate::ddl::Class::{Internal, Personal};
use crate::ddl::{Asker, Column, Dialect, Guard, Link, Table, Target, Visible, visible_entry};

const SEARCH_ENTRIES: Table = Table {
    name: "search_entries",
    purpose: "What search looks in, one row per record; visible to those who see the record.",
    columns: &[
        Column::sequence("entry", Internal, "Row number the full-text table refers to.").only(Dialect::Sqlite),
        Column::uuid("org_id", Internal, "Org."),
        Column::word("kind", Internal, "customer, contact or lead."),
        Column::uuid("id", Internal, "Record."),
        Column::text("title", Personal, "Name shown for a hit."),
        Column::text("subtitle", Personal, "What tells it apart: number, city, customer."),
        Column::text("text", Personal, "Words to find it by: lower case, accents folded, separated by spaces."),
        Column::text("digits", Personal, "Phone numbers as digits, separated by spaces."),
        Column::text("keys", Personal, "Ids, numbers, external ids and e-mail addresses, lower case, separated by spaces."),
        Column::uuid("owner_id", Internal, "As on the record it stands for.").null(),
        Column::uuid("assignee_id", Internal, "As on the record it stands for.").null(),
        Column::uuid("team_id", Internal, "As on the record it stands for.").null(),
        Column::bool("archived", Internal, "The record is put away; listed last."),
    ],
    primary_key: "org_id, kind, id",
    links: &[
        Link::in_org("owner_id", "memberships", "user_id").clears(),
        Link::in_org("assignee_id", "memberships", "user_id").clears(),
        Link::in_org("team_id", "teams", "id").clears(),
    ],
    indexes: &[
        ("search_entries_by_owner", "org_id, owner_id"),
        ("search_entries_by_assignee", "org_id, assignee_id"),
        ("search_entries_by_team", "org_id, team_id"),
    ],
    guard: Guard::Tenant(Visible::Entry),
    ..Table::EMPTY
};

pub fn up(target: Target) -> Vec<String> {
    let mut statements = target.create(&[SEARCH_ENTRIES]);
    match target.dialect {
        Dialect::Sqlite => statements.extend(FULL_TEXT.map(str::to_owned)),
        Dialect::Postgres => {
            statements.push(TRIGRAMS.to_owned());
            statements.push(SEARCH_IDS.replace("/*visible*/", &visible_entry(VARIABLES)));
            statements.push(
                "COMMENT ON FUNCTION search_ids(text, text, text[], integer) IS \
                 'Ids of the records of the org in app.org_id that match and that the person may see, best first. Reads past row-level security.'"
                    .to_owned(),
            );
            statements.extend(owned_by_definer(target, "search_ids(text, text, text[], integer)", "search_entries"));
        }
    }
    statements
}

/// Hands a function to the role that reads past row-level security, and lets only the login role call it.
pub fn owned_by_definer(target: Target, function: &str, tables: &str) -> Vec<String> {
    let schema = target.system.schema();
    let Some(definer) = target.system.definer_role() else {
        return Vec::new();
    };
    vec![
        format!("REVOKE ALL ON FUNCTION {function} FROM PUBLIC"),
        format!("GRANT EXECUTE ON FUNCTION {function} TO {}", target.system.login_role()),
        format!("GRANT SELECT ON {tables} TO {definer}"),
        // A new owner must be able to create in the schema at the moment of the hand-over, and never again.
        format!("GRANT CREATE ON SCHEMA {schema} TO {definer}"),
        format!("ALTER FUNCTION {function} OWNER TO {definer}"),
        format!("REVOKE CREATE ON SCHEMA {schema} FROM {definer}"),
    ]
}

/// The full-text table holds no copy of the texts; triggers keep it in step. `INSERT OR REPLACE` would bypass them: use
/// `ON CONFLICT … DO UPDATE`.
const FULL_TEXT: [&str; 4] = [
    "CREATE VIRTUAL TABLE search_fts USING fts5(text, digits, keys, content='search_entries', content_rowid='entry', tokenize='trigram')",
    "CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN
  INSERT INTO search_fts (rowid, text, digits, keys) VALUES (NEW.entry, NEW.text, NEW.digits, NEW.keys);
END",
    "CREATE TRIGGER search_entries_removed AFTER DELETE ON search_entries BEGIN
  INSERT INTO search_fts (search_fts, rowid, text, digits, keys) VALUES ('delete', OLD.entry, OLD.text, OLD.digits, OLD.keys);
END",
    "CREATE TRIGGER search_entries_changed AFTER UPDATE OF text, digits, keys ON search_entries BEGIN
  INSERT INTO search_fts (search_fts, rowid, text, digits, keys) VALUES ('delete', OLD.entry, OLD.text, OLD.digits, OLD.keys);
  INSERT INTO search_fts (rowid, text, digits, keys) VALUES (NEW.entry, NEW.text, NEW.digits, NEW.keys);
END",
];

/// One index for every way to match, led by the org so that other orgs' rows with common trigrams cost nothing.
const TRIGRAMS: &str = "CREATE INDEX search_entries_trigrams ON search_entries USING gin (
  org_id extensions.uuid_ops,
  string_to_array(keys, ' '),
  digits extensions.gin_trgm_ops,
  text extensions.gin_trgm_ops
) WITH (gin_pending_list_limit = 512)";

/// Names in the function below.
const VARIABLES: Asker = Asker { visibility: "visibility", user: "person", teams: "teams" };

/// Row-level security keeps LIKE away from the index (it is not leakproof), so this function reads past it and gives back
/// ids only; the rows are then read under the policies. It repeats org and visibility itself.
///
/// Ranks: 3 exact key, 2 digits, 1 to 1.5 text (1.5 it begins so, 1.25 a word begins so), 0.9 all words somewhere, below that
/// by likeness. Likeness costs most and is looked for only when there are few better hits. `q` comes normalised: lower case, accents folded.
const SEARCH_IDS: &str = r"CREATE FUNCTION search_ids(q text, digits text, kinds text[], lim integer)
RETURNS TABLE (kind text, id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = client, extensions, pg_temp
SET plan_cache_mode = force_custom_plan
SET pg_trgm.word_similarity_threshold = 0.45
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
  alike text := CASE WHEN length(wanted) >= 4 THEN wanted END;
BEGIN
  IF org IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH direct AS MATERIALIZED (
    SELECT e.kind, e.id, e.archived, e.title,
      CASE
        WHEN string_to_array(e.keys, ' ') @> ARRAY[wanted] THEN 3
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
      AND (string_to_array(e.keys, ' ') @> ARRAY[wanted]
        OR e.digits LIKE digit_pattern
        OR e.text LIKE begin_pattern
        OR e.text LIKE '% ' || begin_pattern
        OR (e.text LIKE first_pattern AND e.text LIKE second_pattern AND e.text LIKE third_pattern))
    ORDER BY e.archived, rank DESC, e.title, e.id
    LIMIT lim
  ), near AS (
    SELECT e.kind, e.id, e.archived, e.title, (0.85 * word_similarity(alike, e.text))::real AS rank
    FROM search_entries e
    WHERE (SELECT count(*) FILTER (WHERE NOT archived) < least(lim, 5) FROM direct)
      AND e.org_id = org
      AND (any_kind OR e.kind = ANY (kinds))
      AND (/*visible*/)
      AND alike <% e.text
    ORDER BY e.archived, rank DESC, e.title, e.id
    LIMIT lim
  ), hit AS (
    SELECT * FROM direct
    UNION ALL
    SELECT * FROM near WHERE NOT EXISTS (SELECT 1 FROM direct WHERE direct.kind = near.kind AND direct.id = near.id)
  )
  SELECT hit.kind, hit.id, hit.rank FROM hit ORDER BY hit.archived, hit.rank DESC, hit.title, hit.id LIMIT lim;
END
$body$";
