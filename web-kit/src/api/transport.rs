//! gRPC-web over `fetch` to the page's own origin. Adds the portal's name to every call, says which nobody asked for, and tells [`Api`] about the network.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response};
use leptos::prelude::*;
use tonic::{Status, body::Body, client::GrpcService};
use tonic_web_wasm_client::{Client, ResponseBody};

use super::Api;
use crate::{browser, presence};

/// A transport for the generated clients.
#[derive(Clone, Debug)]
pub struct Transport {
    api: Api,
    client: Client,
}

impl Transport {
    pub(super) fn new(api: Api) -> Self {
        Self { api, client: Client::new(browser::origin()) }
    }
}

impl GrpcService<Body> for Transport {
    type ResponseBody = ResponseBody;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Status>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        request.headers_mut().insert("x-streamflow-portal", HeaderValue::from_static(self.api.portal()));
        // The session is the browser's, and another tab may have taken it to another company.
        let company = self.api.company.with_value(|company| HeaderValue::from_str(company).ok());
        if let Some(company) = company.filter(|company| !company.is_empty()) {
            request.headers_mut().insert("x-streamflow-tenant", company);
        }
        if presence::is_away() {
            request.headers_mut().insert("x-streamflow-unattended", HeaderValue::from_static("1"));
        }
        let sent = GrpcService::<Body>::call(&mut self.client, request);
        let api = self.api;
        Box::pin(async move {
            match sent.await {
                Ok(response) => {
                    api.answered();
                    Ok(response)
                }
                Err(failure) => {
                    api.unreachable();
                    Err(Status::unavailable(failure.to_string()))
                }
            }
        })
    }
}
