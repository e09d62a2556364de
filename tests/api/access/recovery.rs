//! The same for Recovery Mode, which ends the sessions of before and lets one account in: what is declared for it works, and
//! everything else waits for the database.

use std::fmt::Write as _;

use streamflow_proto::access::{self, Access};
use streamflow_tests::{operator::Desk, raw};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::provider::recovery::enter;

const CALLERS: [&str; 3] = ["anonymous", "full", "emergency"];

fn verdict(access: &Access, answer: Result<Vec<u8>, Status>) -> &'static str {
    let Err(status) = answer else { return "yes" };
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str()).unwrap_or_default();
    match status.code() {
        Code::Unavailable if reason == "RECOVERY_MODE" => "away",
        Code::Unauthenticated if access.path.ends_with("/EnterRecovery") => "yes",
        Code::Unauthenticated => "-",
        Code::PermissionDenied => "no",
        code => {
            let broken = matches!(code, Code::Internal | Code::Unknown | Code::Unavailable | Code::Unimplemented);
            assert!(!broken, "{} answers {status:?}", access.path);
            "yes"
        }
    }
}

/// Every RPC of the provider's portal while its database is away.
pub async fn matrix(desk: &Desk) -> String {
    let before = desk.session("full").await;
    desk.recovery.as_ref().expect("a Recovery Mode").enter("a drill").await;
    let mut matrix = format!("\n{:<62} {}\n", "provider in Recovery Mode", CALLERS.join(" "));
    for access in access::PROVIDER {
        let emergency = enter(desk).await.expect("the emergency account");
        write!(matrix, "{:<62}", access.path).expect("a text");
        for (caller, token) in CALLERS.iter().zip([None, Some(&before), Some(&emergency)]) {
            let request = raw::request(desk.space, token.map(String::as_str), Vec::new());
            let verdict = verdict(access, raw::ask(&desk.channel, request, access.path).await);
            assert_eq!(verdict == "away", !access.recovery, "{} answers {caller} with {verdict}", access.path);
            write!(matrix, " {verdict:>width$}", width = caller.len()).expect("a text");
        }
        matrix.push('\n');
    }
    matrix
}
