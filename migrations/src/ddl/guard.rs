//! Row-level security: which rows the roles of a system may reach.
//!
//! The context is five settings, set with `set_config(…, true)` inside the transaction; unset or empty means no rows.
//! Each read of one stands in a `(select …)`, so that it is evaluated once a statement and not once a row.
//!
//! | setting | value |
//! |---|---|
//! | `app.org_id` | the org |
//! | `app.user_id` | who asks |
//! | `app.visibility` | `org`, `team`, `own`, `assigned`, `none`, or `finance`: customers as `org`, leads as `none` |
//! | `app.team_ids` | teams of who asks, separated by commas |

use crate::system::System;

const ORG: &str = "(select nullif(current_setting('app.org_id', true), '')::uuid)";

/// Where a condition finds who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    pub visibility: &'static str,
    pub user: &'static str,
    /// An array of ids.
    pub teams: &'static str,
}

/// From the settings. The cast outside the select makes the teams an array to search instead of a set of rows.
const SETTINGS: Asker = Asker {
    visibility: "(select current_setting('app.visibility', true))",
    user: "(select nullif(current_setting('app.user_id', true), '')::uuid)",
    teams: "(select string_to_array(nullif(current_setting('app.team_ids', true), ''), ','))::uuid[]",
};

/// How a table is guarded.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    /// No policy: the rows belong to no org, or are looked up before one is known.
    None,
    /// The org's rows only, and of those the visible ones.
    Tenant(Visible),
    /// As `Tenant`; and the system role reaches every org's.
    TenantAndSystem(Visible),
    /// The org only adds rows, of its own: what becomes of them is the system role's affair.
    TenantAdds,
    /// No org_id of its own: rows for which the condition holds; and the system role reaches all.
    Shared(Visible),
}

/// Which of the org's rows a person sees.
#[derive(Clone, Copy, Debug)]
pub enum Visible {
    /// All of them.
    All,
    /// A customer's owner, assignee and team decide.
    Customer,
    /// As for customers, and nothing to those who see finances only.
    Lead,
    /// Search entries: as the record they stand for.
    Entry,
    /// `customer_id` is a visible customer.
    WithCustomer,
    /// `record_kind` and `record_id` are a visible record.
    WithRecord,
    /// As `WithRecord`; and tasks, which belong to people.
    WithRecordOrTask,
    /// `id` is the org of the context.
    ThisOrg,
    /// The named column is the person of the context.
    OfPerson(&'static str),
    /// None: the rows are the system's own affair.
    Nothing,
}

impl Guard {
    /// Whether the system role may reach the table at all.
    pub fn admits_system(&self) -> bool {
        !matches!(self, Self::Tenant(_))
    }

    pub fn is_tenant(&self) -> bool {
        matches!(self, Self::Tenant(_) | Self::TenantAndSystem(_) | Self::TenantAdds)
    }

    pub fn statements(&self, table: &str, system: System) -> Vec<String> {
        let (login, system_role) = (system.login_role(), system.system_role());
        let role = match self {
            Self::None => return Vec::new(),
            Self::TenantAdds => format!("FOR INSERT TO {login} WITH CHECK (true)"),
            Self::Tenant(visible) | Self::TenantAndSystem(visible) | Self::Shared(visible) => {
                format!("FOR ALL TO {login} USING ({})", visible.condition())
            }
        };
        let mut statements = vec![
            format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
            format!("CREATE POLICY {table}_role ON {table} AS PERMISSIVE {role}"),
        ];
        if self.is_tenant() {
            statements.push(format!(
                "CREATE POLICY {table}_tenant ON {table} AS RESTRICTIVE FOR ALL TO {login} \
                 USING (org_id = {ORG}) WITH CHECK (org_id = {ORG})"
            ));
        }
        if self.admits_system() {
            statements
                .push(format!("CREATE POLICY {table}_system ON {table} AS PERMISSIVE FOR ALL TO {system_role} USING (true)"));
        }
        statements
    }
}

impl Visible {
    fn condition(&self) -> String {
        let Asker { visibility, user, .. } = SETTINGS;
        match self {
            Self::All => "true".to_owned(),
            Self::Customer => visible_record(SETTINGS, "true"),
            Self::Lead => visible_record(SETTINGS, "false"),
            Self::Entry => visible_entry(SETTINGS),
            Self::WithCustomer => format!(
                "{visibility} IN ('org', 'finance') OR EXISTS (SELECT 1 FROM customers seen \
                 WHERE seen.org_id = {ORG} AND seen.id = customer_id)"
            ),
            Self::WithRecord => visible_with_record(""),
            Self::WithRecordOrTask => visible_with_record(&format!("{} ", visible_task(SETTINGS))),
            Self::ThisOrg => format!("id = {ORG}"),
            Self::OfPerson(column) => format!("{column} = {user}"),
            Self::Nothing => "false".to_owned(),
        }
    }
}

/// Whether an entry of the search index is visible.
pub fn visible_entry(asker: Asker) -> String {
    visible_record(asker, "kind IN ('customer', 'contact')")
}

/// Unassigned work (no owner, no team) is visible to those who see a team: else nobody below the owner would find it.
fn visible_record(asker: Asker, finance: &str) -> String {
    let Asker { visibility, user, teams } = asker;
    format!(
        "CASE {visibility} WHEN 'org' THEN true \
         WHEN 'finance' THEN {finance} \
         WHEN 'team' THEN team_id = ANY ({teams}) OR {user} IN (owner_id, assignee_id) \
         OR (team_id IS NULL AND owner_id IS NULL) \
         WHEN 'own' THEN {user} IN (owner_id, assignee_id) \
         WHEN 'assigned' THEN assignee_id = {user} \
         ELSE false END"
    )
}

/// The parents are read under their own policies, so this says nothing about owners and teams again.
fn visible_with_record(more: &str) -> String {
    let parents = [("customer", "customers"), ("contact", "contacts"), ("lead", "leads")]
        .map(|(kind, table)| {
            format!(
                "WHEN '{kind}' THEN EXISTS (SELECT 1 FROM {table} seen \
                 WHERE seen.org_id = {ORG} AND seen.id = record_id)"
            )
        })
        .join(" ");
    format!("{} = 'org' OR CASE record_kind {parents} {more}ELSE false END", SETTINGS.visibility)
}

/// Own tasks, and to those who see a team its people's, and what nobody has taken yet. Tasks have a `record_id` of their own, so the
/// row's stands outside.
fn visible_task(asker: Asker) -> String {
    let Asker { visibility, user, teams } = asker;
    format!(
        "WHEN 'task' THEN record_id IN (SELECT seen.id FROM tasks seen WHERE seen.org_id = {ORG} \
         AND (seen.assignee_id = {user} OR ({visibility} = 'team' AND (seen.assignee_id IS NULL OR EXISTS \
         (SELECT 1 FROM team_members m WHERE m.org_id = {ORG} AND m.user_id = seen.assignee_id AND m.team_id = ANY ({teams}))))))"
    )
}
