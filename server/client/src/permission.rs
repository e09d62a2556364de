//! What a role may do, as the RPCs themselves declare it.

use streamflow_proto::access;

/// True when some RPC with this permission, e.g. "lead.read", is open to the role.
pub fn may(role: &str, permission: &str) -> bool {
    access::CLIENT.iter().any(|access| access.permission == permission && access.roles.contains(&role))
}

/// True when some RPC with this permission works in support sessions.
pub fn is_open_to_support(permission: &str) -> bool {
    access::CLIENT.iter().any(|access| access.permission == permission && access.support)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_an_rpc_allows_it() {
        assert!(may("ACCOUNTANT", "customer.read") && !may("ACCOUNTANT", "lead.read"));
        assert!(may("MANAGER", "import.run") && !may("STAFF", "import.run"));
        assert!(!may("", "customer.read") && !may("OWNER", "nothing.read"));
    }
}
