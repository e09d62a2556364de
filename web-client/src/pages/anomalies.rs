//! Anomalies of the company.

use leptos::prelude::*;
use prost_types::Timestamp;
use web_kit::{
    anomalies::{Anomalies, anomalies},
    anomaly_calls,
    format::When,
};

use crate::api::{address, may};

#[derive(Clone, Copy, Debug)]
struct Company;

impl Anomalies for Company {
    const WHOSE: &'static str = mark!("your company");
    const LIVE: bool = true;

    anomaly_calls!(streamflow_proto::client::v1);

    fn may(right: &str) -> bool {
        may(right)
    }

    fn audit_address() -> String {
        address("audit")
    }

    fn when(at: Option<Timestamp>) -> AnyView {
        view! { <When at=Signal::derive(move || at)/> }.into_any()
    }
}

#[component]
pub fn AnomaliesPage() -> impl IntoView {
    anomalies::<Company>()
}
