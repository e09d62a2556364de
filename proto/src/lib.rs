//! The contract of StreamFlow and nothing else: messages, stubs, descriptor sets, the access that each RPC
//! declares, and the reasons of refusals.
//!
//! One cargo feature per package, so that a portal's bundle holds no other portal's names.

#[cfg(feature = "server")]
pub mod access;
pub mod as_bytes;
#[cfg(not(feature = "server"))]
pub mod small_client;

/// Why requests are refused. A crate of its own, which has no features, so that what stands on it alone is compiled once for all portals.
pub use streamflow_reason as reason;

/// Shapes that more than one package uses.
pub mod common {
    pub mod v1 {
        tonic::include_proto!("streamflow.common.v1");
    }
}

#[cfg(feature = "client")]
pub mod client {
    pub mod reason;
    pub mod v1 {
        tonic::include_proto!("streamflow.client.v1");
    }
    /// Encoded `FileDescriptorSet` with custom options.
    #[cfg(feature = "server")]
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/client.binpb"));
}

#[cfg(feature = "provider")]
pub mod provider {
    pub mod reason;
    pub mod v1 {
        tonic::include_proto!("streamflow.provider.v1");
    }
    /// Names of its RPCs, in order.
    pub const RPCS: &[&str] = include!(concat!(env!("OUT_DIR"), "/provider_rpcs.rs"));
    /// Encoded `FileDescriptorSet` with custom options.
    #[cfg(feature = "server")]
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/provider.binpb"));
}

#[cfg(feature = "dev")]
pub mod dev {
    pub mod v1 {
        tonic::include_proto!("streamflow.dev.v1");
    }
    /// Names of its RPCs, in order.
    pub const RPCS: &[&str] = include!(concat!(env!("OUT_DIR"), "/dev_rpcs.rs"));
    /// Encoded `FileDescriptorSet` with custom options.
    #[cfg(feature = "server")]
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dev.binpb"));
}

#[cfg(feature = "accountant")]
pub mod accountant {
    pub mod v1 {
        tonic::include_proto!("streamflow.accountant.v1");
    }
    /// Names of its RPCs, in order.
    pub const RPCS: &[&str] = include!(concat!(env!("OUT_DIR"), "/accountant_rpcs.rs"));
    /// Encoded `FileDescriptorSet` with custom options.
    #[cfg(feature = "server")]
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/accountant.binpb"));
}

/// What systems say to each other.
#[cfg(feature = "server")]
pub mod federation {
    pub mod v1 {
        tonic::include_proto!("streamflow.federation.v1");
    }
    /// Encoded `FileDescriptorSet` with custom options.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/federation.binpb"));
}
