//! The client system as a whole: its services behind one listener.

use std::{collections::HashSet, sync::Arc};

use chrono::TimeDelta;
use streamflow_kernel::{
    anomaly::Detect,
    jobs::Work,
    kernel::Kernel,
    server::{Assets, PortalSite},
};
use streamflow_proto::{
    access,
    client::{
        self,
        v1::{
            account_service_server::AccountServiceServer, anomaly_service_server::AnomalyServiceServer,
            assignment_rule_service_server::AssignmentRuleServiceServer, attachment_service_server::AttachmentServiceServer,
            audit_service_server::AuditServiceServer, change_service_server::ChangeServiceServer,
            client_error_service_server::ClientErrorServiceServer, contact_service_server::ContactServiceServer,
            custom_field_service_server::CustomFieldServiceServer, customer_service_server::CustomerServiceServer,
            dashboard_service_server::DashboardServiceServer, email_code_service_server::EmailCodeServiceServer,
            github_service_server::GithubServiceServer, import_service_server::ImportServiceServer,
            invitation_service_server::InvitationServiceServer, lead_service_server::LeadServiceServer,
            lead_stage_service_server::LeadStageServiceServer, merge_service_server::MergeServiceServer,
            notification_service_server::NotificationServiceServer, org_closing_service_server::OrgClosingServiceServer,
            org_data_service_server::OrgDataServiceServer, org_service_server::OrgServiceServer,
            passkey_service_server::PasskeyServiceServer, record_service_server::RecordServiceServer,
            registration_service_server::RegistrationServiceServer, saved_view_service_server::SavedViewServiceServer,
            search_service_server::SearchServiceServer, session_service_server::SessionServiceServer,
            sign_up_service_server::SignUpServiceServer, support_session_service_server::SupportSessionServiceServer,
            task_service_server::TaskServiceServer, team_service_server::TeamServiceServer,
            timeline_service_server::TimelineServiceServer, work_order_type_service_server::WorkOrderTypeServiceServer,
        },
    },
    federation::v1::{
        support_service_server::SupportServiceServer, tenant_directory_service_server::TenantDirectoryServiceServer,
        tenant_lifecycle_service_server::TenantLifecycleServiceServer, usage_service_server::UsageServiceServer,
    },
};
use tonic::service::Routes;

use crate::{
    account, anomaly, assignment_rule, attachment, audit, change, client_error, contact, custom_field, customer, dashboard,
    email_code,
    github::{self, site::Github},
    import, invitation, lead, lead_stage, mail_budget, merge, notification, org, org_closing, org_data, passkey, record,
    registration, saved_view, search,
    session::{self, principal::ClientAuthenticator},
    sign_up, support_session, task, team, tenant, timeline, usage, work_order_type,
};

pub use crate::portal::PORTAL;

/// What the listener serves.
/// `grace` is how long owners can take back that their company is deleted; `github` signs people in, where the operator wants it.
pub fn site(
    kernel: &Arc<Kernel>,
    grace: TimeDelta,
    github: Option<Github>,
    origins: HashSet<String>,
    assets: Arc<dyn Assets>,
    reflection: bool,
) -> PortalSite {
    PortalSite {
        kernel: Arc::clone(kernel),
        access: access::CLIENT,
        descriptors: client::DESCRIPTORS,
        authenticator: ClientAuthenticator::new(kernel.database.clone()),
        services: services(grace, github),
        origins,
        assets,
        reflection,
        intake: Some(Arc::new(attachment::intake::Attachments)),
    }
}

fn services(grace: TimeDelta, github: Option<Github>) -> Routes {
    Routes::default()
        .add_service(AccountServiceServer::new(account::api::Api))
        .add_service(AnomalyServiceServer::new(anomaly::api::Api))
        .add_service(AssignmentRuleServiceServer::new(assignment_rule::api::Api))
        .add_service(AttachmentServiceServer::new(attachment::api::Api))
        .add_service(AuditServiceServer::new(audit::api::Api))
        .add_service(ChangeServiceServer::new(change::api::Api))
        .add_service(ClientErrorServiceServer::new(client_error::api::Api))
        .add_service(ContactServiceServer::new(contact::api::Api))
        .add_service(CustomFieldServiceServer::new(custom_field::api::Api))
        .add_service(CustomerServiceServer::new(customer::api::Api))
        .add_service(DashboardServiceServer::new(dashboard::api::Api))
        .add_service(EmailCodeServiceServer::new(email_code::api::Api))
        .add_service(GithubServiceServer::new(github::api::Api { github }))
        .add_service(ImportServiceServer::new(import::api::Api::default()))
        .add_service(InvitationServiceServer::new(invitation::api::Api))
        .add_service(LeadServiceServer::new(lead::api::Api))
        .add_service(MergeServiceServer::new(merge::api::Api))
        .add_service(NotificationServiceServer::new(notification::api::Api))
        .add_service(LeadStageServiceServer::new(lead_stage::api::Api))
        .add_service(OrgServiceServer::new(org::api::Api))
        .add_service(OrgClosingServiceServer::new(org_closing::api::Api { grace }))
        .add_service(OrgDataServiceServer::new(org_data::api::Api))
        .add_service(PasskeyServiceServer::new(passkey::api::Api))
        .add_service(RecordServiceServer::new(record::api::Api))
        .add_service(RegistrationServiceServer::new(registration::api::Api))
        .add_service(SavedViewServiceServer::new(saved_view::api::Api))
        .add_service(SearchServiceServer::new(search::api::Api))
        .add_service(SessionServiceServer::new(session::api::Api))
        .add_service(SignUpServiceServer::new(sign_up::api::Api))
        .add_service(SupportSessionServiceServer::new(support_session::api::Api))
        .add_service(TaskServiceServer::new(task::api::Api))
        .add_service(TeamServiceServer::new(team::api::Api))
        .add_service(TimelineServiceServer::new(timeline::api::Api))
        .add_service(WorkOrderTypeServiceServer::new(work_order_type::api::Api))
}

/// What the other systems may ask of this one.
pub fn federated() -> Routes {
    Routes::default()
        .add_service(SupportServiceServer::new(support_session::federated::Api))
        .add_service(TenantDirectoryServiceServer::new(tenant::api::Api))
        .add_service(TenantLifecycleServiceServer::new(tenant::lifecycle::Api))
        .add_service(UsageServiceServer::new(usage::api::Api::default()))
}

/// Starts what runs beside the requests. Once per process and database.
pub fn start(kernel: &Arc<Kernel>) {
    import::run::start(Arc::clone(kernel));
}

/// What is done behind the answers.
pub fn works() -> Vec<Arc<dyn Work>> {
    vec![
        Arc::new(attachment::prune::Prune),
        Arc::new(email_code::PRUNE),
        Arc::new(github::PRUNE),
        Arc::new(mail_budget::PRUNE),
        Arc::new(notification::mail::Send),
        Arc::new(notification::PRUNE),
        Arc::new(org_closing::job::Close),
        Arc::new(org_closing::job::Erase),
        Arc::new(org_data::job::Export),
        Arc::new(org_data::prune::Prune),
        Arc::new(passkey::PRUNE),
        Arc::new(Detect::telling(Arc::new(anomaly::alarm::Owners))),
        Arc::new(registration::provision::Provision),
        Arc::new(registration::tell::Tell),
        Arc::new(sign_up::PRUNE),
        Arc::new(support_session::timeout::End),
        Arc::new(tenant::tell::Tell),
    ]
}
