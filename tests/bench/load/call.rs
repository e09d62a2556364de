//! RPCs as bytes: what the generator spends on messages is not spent on the server's behalf. Answers are checked all the same.

use anyhow::{Context as _, Result, ensure};
use bytes::{Buf as _, Bytes};
use http::uri::PathAndQuery;
use prost::Message;
use streamflow_proto::{as_bytes::AsBytes, client::v1 as pb};
use tonic::{Request, metadata::AsciiMetadataValue, transport::Channel};

use crate::data::{self, Noun};

pub const LIST: &str = "/streamflow.client.v1.CustomerService/ListCustomers";
pub const GET: &str = "/streamflow.client.v1.CustomerService/GetCustomer";
pub const UPDATE: &str = "/streamflow.client.v1.CustomerService/UpdateCustomer";
pub const SEARCH: &str = "/streamflow.client.v1.SearchService/Search";
pub const SIGN_IN: &str = "/streamflow.client.v1.SessionService/SignIn";

/// Rows of a page, as pages ask for.
pub const PAGE: usize = 50;

/// One RPC with its message.
#[derive(Clone, Debug)]
pub struct Call {
    path: PathAndQuery,
    message: Bytes,
    authorization: Option<AsciiMetadataValue>,
}

impl Call {
    pub fn new(path: &'static str, message: &impl Message) -> Self {
        Self { path: PathAndQuery::from_static(path), message: message.encode_to_vec().into(), authorization: None }
    }

    /// In the name of a company's owner.
    pub fn of_owner(self, org: u32) -> Result<Self> {
        self.of(Noun::Owner, org)
    }

    pub fn of(self, noun: Noun, org: u32) -> Result<Self> {
        let authorization = format!("Bearer {}", data::token(noun, org).reveal()).parse()?;
        Ok(Self { authorization: Some(authorization), ..self })
    }

    pub fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.message.clone());
        request.metadata_mut().insert("x-streamflow-portal", AsciiMetadataValue::from_static("client"));
        if let Some(authorization) = &self.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }

    /// The answer's bytes; anything but OK is an error.
    pub async fn send(&self, channel: &Channel) -> Result<Bytes> {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await?;
        let answer = grpc.unary(self.request(), self.path.clone(), AsBytes).await;
        Ok(answer.with_context(|| format!("{} was refused", self.path))?.into_inner())
    }
}

/// How often a message field occurs in the outermost message.
pub fn count_field(message: &Bytes, field: u32) -> Result<usize> {
    let mut rest = message.clone();
    let mut count = 0;
    while rest.has_remaining() {
        let (tag, kind) = prost::encoding::decode_key(&mut rest)?;
        count += usize::from(tag == field);
        prost::encoding::skip_field(kind, tag, &mut rest, prost::encoding::DecodeContext::default())?;
    }
    Ok(count)
}

/// A full first page.
pub fn list() -> Call {
    Call::new(LIST, &pb::ListCustomersRequest { page_size: 0, ..Default::default() })
}

/// Checks a page: its rows, and now and then that each is of the company that asked.
pub fn check_list(answer: &Bytes, size: data::Size, org: u32, thoroughly: bool) -> Result<()> {
    let rows = count_field(answer, 1)?;
    ensure!(rows == PAGE, "a page of {rows} rows");
    if thoroughly {
        let page = pb::ListCustomersResponse::decode(answer.clone())?;
        for customer in page.customers {
            check_of(&customer.id, size, org)?;
        }
    }
    Ok(())
}

/// Fails when the customer is another company's.
pub fn check_of(id: &str, size: data::Size, org: u32) -> Result<()> {
    let uuid = id.strip_prefix("cus_").context("not a customer's id")?.parse()?;
    let (noun, number) = data::number(uuid).context("nobody made this customer")?;
    ensure!(noun == Noun::Customer && size.org_of(number) == org, "company {org} was given {id}");
    Ok(())
}

pub fn get(customer: u32) -> Call {
    Call::new(GET, &pb::GetCustomerRequest { customer_id: customer_id(customer) })
}

/// A new note on a customer.
pub fn update(customer: u32, version: i64, note: String) -> Call {
    let customer = pb::Customer { id: customer_id(customer), version, note, ..Default::default() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["note".to_owned()] });
    Call::new(UPDATE, &pb::UpdateCustomerRequest { customer: Some(customer), update_mask })
}

/// The version an update left behind.
pub fn version(answer: Bytes) -> Result<i64> {
    let reply = pb::UpdateCustomerResponse::decode(answer)?;
    Ok(reply.customer.context("no customer")?.version)
}

pub fn search(query: &str) -> Call {
    let kinds = vec![pb::RecordKind::Customer.into()];
    Call::new(SEARCH, &pb::SearchRequest { query: query.to_owned(), kinds, limit: 0 })
}

pub fn sign_in(org: u32) -> Call {
    Call::new(
        SIGN_IN,
        &pb::SignInRequest { email: data::staff_email(org), password: data::PASSWORD.to_owned(), return_token: false },
    )
}

pub fn customer_id(customer: u32) -> String {
    format!("cus_{}", data::id(Noun::Customer, customer).simple())
}
