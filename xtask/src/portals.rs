//! The four portals: their crates, ports and the names that belong to each alone.

pub struct Portal {
    /// Name in protos, folders and `--systems`.
    pub name: &'static str,
    /// Crate of the web app.
    pub app: &'static str,
    /// Crate of the server system.
    pub system: &'static str,
    /// Added to `--port-base`.
    pub port_offset: u16,
    /// Identifiers (between underscores and punctuation) that only this portal's sources may use.
    pub words: &'static [&'static str],
    /// Texts that only this portal's sources and bundle may hold.
    pub marks: &'static [&'static str],
}

impl Portal {
    /// Where a browser on this machine finds it: a host name of its own keeps its cookies apart.
    pub fn address(&self, port_base: u16) -> String {
        format!("http://{}.localhost:{}/", self.name, port_base + self.port_offset)
    }

    /// Whether `--systems` asks for it; an empty list asks for all.
    pub fn is_among(&self, systems: &[String]) -> bool {
        systems.is_empty() || systems.iter().any(|system| system == self.name)
    }
}

/// The accountant's word stays out of no source of the client system: ACCOUNTANT is one of its roles too, so
/// only service, route and credential names tell the two apart.
pub const PORTALS: [Portal; 4] = [
    Portal {
        name: "client",
        app: "web-client",
        system: "streamflow-client",
        port_offset: 1,
        words: &[],
        marks: &[
            "streamflow.client.",
            "streamflow/client/",
            "streamflow_client",
            "streamflow-client",
            "web-client",
            "web_client",
            "/tenant/",
            "ROLE_OWNER",
            "ROLE_MANAGER",
            "ROLE_STAFF",
            "ROLE_EMPLOYEE",
            "client.localhost",
        ],
    },
    Portal {
        name: "provider",
        app: "web-provider",
        system: "streamflow-provider",
        port_offset: 2,
        words: &["provider", "providers"],
        marks: &[
            "streamflow.provider.",
            "streamflow/provider/",
            "streamflow_provider",
            "streamflow-provider",
            "web-provider",
            "web_provider",
            "/provider/",
            "PROVIDER_EMAIL",
            "PROVIDER_PASSWORD",
            "PROVIDER_TOTP",
            "provider.localhost",
            "StreamFlow Provider",
            "StreamFlow provider",
        ],
    },
    Portal {
        name: "dev",
        app: "web-dev",
        system: "streamflow-dev",
        port_offset: 3,
        words: &["developer", "developers"],
        marks: &[
            "streamflow.dev.",
            "streamflow/dev/",
            "streamflow_dev",
            "streamflow-dev",
            "web-dev",
            "web_dev",
            "/dev/",
            "DEVELOPER_EMAIL",
            "DEVELOPER_PASSWORD",
            "DEVELOPER_TOTP",
            "dev.localhost",
            "StreamFlow Dev",
            "StreamFlow dev",
        ],
    },
    Portal {
        name: "accountant",
        app: "web-accountant",
        system: "streamflow-accountant",
        port_offset: 4,
        words: &[],
        marks: &[
            "streamflow.accountant.",
            "streamflow/accountant/",
            "streamflow_accountant",
            "streamflow-accountant",
            "web-accountant",
            "web_accountant",
            "/accounting/",
            "ACCOUNTANT_EMAIL",
            "ACCOUNTANT_PASSWORD",
            "ACCOUNTANT_TOTP",
            "accountant.localhost",
            "StreamFlow Accountant",
            "StreamFlow accountant",
        ],
    },
];
