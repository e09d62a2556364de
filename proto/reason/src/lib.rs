//! Why requests are refused: each reason with the one code it travels with. Programs go by them (`ErrorInfo.reason`, `reason` in JSON), so
//! a name never changes and never gets another meaning. `proto/reasons.txt` is the list for those who write such programs.

pub use tonic::Code;

/// A stable name, and the code of every answer that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    pub name: &'static str,
    pub code: Code,
    /// When it comes.
    pub when: &'static str,
}

/// Declares reasons, each with its words, name and code. `$of` is what they belong to: `Self` or `self`.
#[macro_export]
macro_rules! reasons {
    ($of:tt: $($(#[doc = $when:literal])+ $name:ident: $code:ident,)+) => {
        $(
            $(#[doc = $when])+
            pub const $name: $crate::Reason = $crate::Reason {
                name: stringify!($name),
                code: $crate::Code::$code,
                when: concat!($($when),+),
            };
        )+
        /// All of them.
        pub const ALL: &[$crate::Reason] = &[$($of::$name),+];
    };
}

/// What every portal may answer.
impl Reason {
    reasons! { Self:
        /// What the request names is not there, or is another company's; nothing tells the two apart.
        NOT_FOUND: NotFound,
        /// It is there already with other content; the field violations say where it differs.
        ALREADY_EXISTS: AlreadyExists,
        /// Somebody else changed it since it was read.
        CHANGED_MEANWHILE: FailedPrecondition,
        /// Too many requests or attempts; RetryInfo and the header `retry-after` say when to come again.
        THROTTLED: ResourceExhausted,
        /// The idempotency key was used for another request.
        IDEMPOTENCY_KEY: Aborted,
        /// The same request, by its idempotency key, is being done. Repeated, it has that one's answer.
        REQUEST_UNDER_WAY: Aborted,

        /// The database, or another part that the server needs, does not answer. Nothing was changed.
        UNAVAILABLE: Unavailable,
        /// The database went away while it was saving: the change may be there or not. Repeat the request with the same idempotency key.
        COMMIT_UNKNOWN: Unavailable,
        /// The disk of the database takes nothing more. Nothing was changed.
        STORAGE: Unavailable,
        /// Somebody else was changing the same at this moment. Nothing was changed.
        BUSY: Unavailable,
        /// The portal works without its database, for its emergency account alone.
        RECOVERY_MODE: Unavailable,
        /// What only works in Recovery Mode was asked outside of it.
        NOT_IN_RECOVERY: FailedPrecondition,
        /// The system that knows the companies does not answer.
        TENANTS_AWAY: Unavailable,
        /// The server's fault. Look whether the change is there before it is repeated.
        INTERNAL: Internal,

        /// Nobody is signed in.
        NOT_SIGNED_IN: Unauthenticated,
        /// The session was ended: signed out, thrown out, or begun anew elsewhere.
        SESSION_ENDED: Unauthenticated,
        /// The session's time is over, or nobody used it for too long.
        SESSION_EXPIRED: Unauthenticated,
        /// The password was right; the second factor is missing.
        SECOND_FACTOR_NEEDED: Unauthenticated,
        /// E-mail address and password, and the code where one is asked for with them, don't match.
        WRONG_CREDENTIALS: Unauthenticated,
        /// The portal can't be signed in to from this network address.
        ADDRESS_NOT_ALLOWED: PermissionDenied,

        /// The role does not allow it.
        ROLE: PermissionDenied,
        /// The account may look, and change nothing.
        READ_ONLY: PermissionDenied,
        /// A support session may not do or see this.
        SUPPORT_SESSION: PermissionDenied,
        /// It takes a right that is held for a time and isn't held now.
        ELEVATION_REQUIRED: FailedPrecondition,
        /// The page is of another company than the session is now.
        OTHER_COMPANY: FailedPrecondition,
        /// The company is suspended.
        ORG_SUSPENDED: FailedPrecondition,
        /// The company's trial is over: its people may look, and change nothing.
        TRIAL_ENDED: FailedPrecondition,
        /// The company does not use this part.
        MODULE_DISABLED: FailedPrecondition,

        /// A link was used already, or its time is up.
        LINK_USED: FailedPrecondition,
        /// A request to look at a company was not accepted, or its link was given out before.
        NO_OPENING: FailedPrecondition,
        /// An export of the audit took too long.
        EXPORT_TOO_LONG: FailedPrecondition,
        /// The job is in no state to be tried again, or the same work waits already.
        NOT_RETRYABLE: FailedPrecondition,
        /// Only jobs that were given up can be discarded.
        NOT_DEAD: FailedPrecondition,
        /// It is running right now.
        RUNNING: FailedPrecondition,

        /// A call between systems has no signature.
        UNSIGNED: Unauthenticated,
        /// The signature's headers are doubled or have a wrong form.
        MALFORMED: Unauthenticated,
        /// The signature has a form that is not known.
        VERSION: Unauthenticated,
        /// The call is meant for another system.
        AUDIENCE: Unauthenticated,
        /// There is no key for calls of that system.
        UNKNOWN_CALLER: Unauthenticated,
        /// The key of the signature is not, or no longer, in use.
        UNKNOWN_KEY: Unauthenticated,
        /// The signature does not fit what was sent.
        SIGNATURE: Unauthenticated,
        /// It was signed more than 120 seconds before or after the server's time.
        SKEW: Unauthenticated,
        /// It was received before.
        REPLAY: Unauthenticated,

        /// Another system's certificate has expired.
        CERTIFICATE_EXPIRED: Unavailable,
        /// Another system's certificate is not valid yet.
        CERTIFICATE_NOT_YET_VALID: Unavailable,
        /// Another system's certificate is of no authority that is trusted.
        CERTIFICATE_ISSUER: Unavailable,
        /// Another system's certificate is for another name.
        CERTIFICATE_NAME: Unavailable,
        /// Another system's certificate can't be used for another cause.
        CERTIFICATE: Unavailable,
        /// No TLS connection comes about with another system.
        TLS: Unavailable,
    }
}
