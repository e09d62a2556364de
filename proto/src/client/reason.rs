//! Why the companies' portal refuses a request, besides what every portal may answer.

streamflow_reason::reasons! { self:
    /// The address has an account already: sign in with it.
    ACCOUNT_EXISTS: FailedPrecondition,
    /// The link of a sign-up has expired or was used.
    SIGN_UP_CLOSED: FailedPrecondition,
    /// The sign-up token is unknown, was used for another company or has expired.
    SIGN_UP_TOKEN: Unauthenticated,
    /// A code that was mailed is not right, or good no longer.
    WRONG_CODE: Unauthenticated,

    /// There is no authenticator to do this with, and none was begun.
    ENROLMENT_NEEDED: FailedPrecondition,
    /// Another authenticator was set up meanwhile.
    ENROLMENT_OVERTAKEN: FailedPrecondition,
    /// Another authenticator takes a sign-in with the present one first.
    AUTHENTICATOR_IN_USE: FailedPrecondition,

    /// The passkey opens no account here.
    WRONG_PASSKEY: Unauthenticated,
    /// The new passkey can't be used here.
    PASSKEY_UNUSABLE: FailedPrecondition,
    /// Adding a passkey took longer than five minutes, or was done already.
    PASSKEY_EXPIRED: FailedPrecondition,
    /// The person has as many passkeys as one can have.
    PASSKEY_LIMIT: FailedPrecondition,
    /// The passkey was added before.
    PASSKEY_KNOWN: FailedPrecondition,
    /// Passkeys need a page with a host name.
    PASSKEY_PLACE: FailedPrecondition,

    /// Signing in with GitHub is not set up.
    GITHUB_OFF: FailedPrecondition,
    /// GitHub does not answer as it should.
    GITHUB_AWAY: Unavailable,
    /// A sign-in with GitHub was not begun in this browser in the last ten minutes, or was finished already.
    GITHUB_STATE: Unauthenticated,
    /// GitHub takes the code of a sign-in for used up or too old.
    GITHUB_REFUSED: Unauthenticated,
    /// The GitHub account lets nobody in.
    GITHUB_NOT_CONNECTED: Unauthenticated,
    /// Connecting a GitHub account was not begun in this browser in the last ten minutes, or was finished already.
    GITHUB_CONNECT_STATE: FailedPrecondition,
    /// GitHub takes the code for connecting an account for used up or too old.
    GITHUB_CONNECT_REFUSED: FailedPrecondition,
    /// The person has connected a GitHub account already.
    GITHUB_CONNECTED: FailedPrecondition,
    /// Somebody else has connected this GitHub account.
    GITHUB_TAKEN: FailedPrecondition,

    /// The company needs an owner.
    LAST_OWNER: FailedPrecondition,
    /// The team is not one of the caller's.
    NOT_YOUR_TEAM: PermissionDenied,
    /// The person is nobody that the caller may change.
    NOT_YOUR_PERSON: PermissionDenied,
    /// The invitation has expired, was used or was taken back.
    INVITATION_CLOSED: FailedPrecondition,
    /// Whoever was invited belongs to the company already.
    ALREADY_MEMBER: FailedPrecondition,
    /// There are too many open invitations.
    TOO_MANY_INVITATIONS: FailedPrecondition,

    /// The company is to be deleted already.
    CLOSING: FailedPrecondition,
    /// The company is not to be deleted.
    NOT_CLOSING: FailedPrecondition,
    /// An export of the company's data is being written.
    EXPORT_RUNNING: FailedPrecondition,
    /// There are as many exports as are kept.
    TOO_MANY_EXPORTS: FailedPrecondition,
    /// The export has no file, or none any more.
    EXPORT_NOT_THERE: FailedPrecondition,
    /// The file of the export is on another server.
    EXPORT_ELSEWHERE: FailedPrecondition,

    /// No request of the support waits for an answer here.
    DECIDED: FailedPrecondition,
    /// Only a support session can be ended like this.
    NO_SUPPORT_SESSION: FailedPrecondition,

    /// The lead is a customer already.
    ALREADY_CONVERTED: FailedPrecondition,
    /// Leads stand in the stage.
    STAGE_IN_USE: FailedPrecondition,
    /// A pipeline needs a stage for leads to begin in.
    LAST_OPEN_STAGE: FailedPrecondition,
    /// Another stage has this name.
    STAGE_NAME_TAKEN: FailedPrecondition,
    /// The pipeline has as many stages as one can have.
    TOO_MANY_STAGES: FailedPrecondition,
    /// The company has as many assignment rules as one can have.
    TOO_MANY_RULES: FailedPrecondition,
    /// The company has as many work-order types as one can have.
    TOO_MANY_WORK_ORDER_TYPES: FailedPrecondition,
    /// The company has as many fields of its own as one can have at once.
    TOO_MANY_FIELDS: FailedPrecondition,
    /// The company has made as many fields, archived ones included, as one can ever make.
    TOO_MANY_FIELDS_EVER: FailedPrecondition,
    /// The view is somebody else's.
    NOT_YOURS: PermissionDenied,

    /// The record has as many files as one can have.
    TOO_MANY_FILES: FailedPrecondition,
    /// The person has begun too many uploads and not finished them.
    TOO_MANY_UPLOADS: FailedPrecondition,
    /// The company's files take all the room that a company has.
    STORAGE_QUOTA: FailedPrecondition,
    /// The file has not arrived.
    NOT_UPLOADED: FailedPrecondition,
    /// The file is on another server.
    FILE_ELSEWHERE: FailedPrecondition,
    /// The file was not deleted.
    NOT_DELETED: FailedPrecondition,

    /// A download took too long.
    DOWNLOAD_TOO_LONG: FailedPrecondition,
    /// The person's rights changed during the download.
    RIGHTS_CHANGED: PermissionDenied,

    /// The import is in no state for this.
    IMPORT_STATE: FailedPrecondition,
    /// Somebody else changed the import meanwhile.
    IMPORT_CHANGED: FailedPrecondition,
    /// An import of the command line broke off; the text says where. No RPC answers it.
    IMPORT_FAILED: FailedPrecondition,
    /// Rows have problems that were neither mended nor left out.
    PROBLEM_ROWS: FailedPrecondition,
    /// Colleagues have too many imports that are not finished.
    TOO_MANY_IMPORTS: FailedPrecondition,

    /// Only the survivor may have private details.
    MERGE_HAS_PRIVATES: FailedPrecondition,
    /// The records have leads or tasks of others that the caller does not see.
    MERGE_NEEDS_OTHERS: FailedPrecondition,
    /// The merge would move more than 5,000 rows.
    MERGE_TOO_LARGE: FailedPrecondition,
    /// The merge was taken back already.
    MERGE_UNDONE: FailedPrecondition,
    /// The survivor was merged itself since.
    MERGED_ON: FailedPrecondition,
}
