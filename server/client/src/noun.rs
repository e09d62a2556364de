//! The nouns of this portal: what its changes and its audit name. A noun that pages are to hear of has its right here.

use streamflow_kernel::{ids::prefix, kernel::Noun};

const fn noun(entity: &'static str, prefix: &'static str, permission: &'static str) -> Noun {
    Noun { entity, prefix, permission }
}

pub const NOUNS: &[Noun] = &[
    noun("customer", prefix::CUSTOMER, "customer.read"),
    noun("customer_private", prefix::CUSTOMER, "customer_private.read"),
    noun("contact", prefix::CONTACT, "contact.read"),
    noun("lead", prefix::LEAD, "lead.read"),
    noun("lead_stage", prefix::STAGE, "lead.read"),
    noun("timeline", prefix::EVENT, "timeline.read"),
    noun("member", prefix::USER, "member.read"),
    noun("team", prefix::TEAM, "team.read"),
    noun("invitation", prefix::INVITATION, "member.invite"),
    noun("task", prefix::TASK, "task.read"),
    noun("import", prefix::IMPORT, "import.run"),
    noun("notification", prefix::NOTIFICATION, "notification.read"),
    noun("org", prefix::ORG, "change.read"),
    noun("org_export", prefix::EXPORT, "org_data.export"),
    noun("custom_field", prefix::FIELD, "custom_field.read"),
    noun("assignment_rule", prefix::RULE, "assignment_rule.read"),
    noun("anomaly", prefix::ANOMALY, "anomaly.read"),
    noun("saved_view", prefix::VIEW, "saved_view.read"),
    noun("support_session", prefix::SUPPORT_SESSION, "support_session.read"),
    noun("attachment", prefix::ATTACHMENT, "attachment.read"),
    noun("session", prefix::SESSION, "session.read"),
    noun("work_order_type", prefix::ORG, "work_order_type.read"),
];
