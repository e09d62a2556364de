//! Why the provider's portal refuses a request, besides what every portal may answer.

streamflow_reason::reasons! { self:
    /// The company is suspended already, with other words.
    ALREADY_SUSPENDED: FailedPrecondition,
    /// Somebody has to stay administrator.
    LAST_ADMIN: FailedPrecondition,
    /// Nobody disables themselves.
    YOURSELF: FailedPrecondition,
}
