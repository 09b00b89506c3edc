//! Owns the request of a Rust body, and how it is sent.

use core::future::Future;

use asupersync_core::HostOpKind;
use asupersync_core::exec::{Cx, Result};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use super::exchange::Exchange;
use super::failed;
use super::fetch::FetchCapsule;
use super::response::Response;

/// What is to be asked of a server.
///
/// ```
/// use asupersync_wasm_core::web::rust::Request;
///
/// let request = Request::post("/api/rows").header("content-type", "application/json").body("[1]");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<RequestBody>,
    credentials: Credentials,
}

/// What a request carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestBody {
    /// A text, sent as UTF-8.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

impl From<String> for RequestBody {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for RequestBody {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Whether cookies and the like go with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Credentials {
    /// Never.
    Omit,
    /// To the page's own origin.
    #[default]
    SameOrigin,
    /// To every origin.
    Include,
}

impl Credentials {
    const fn word(self) -> &'static str {
        match self {
            Self::Omit => "omit",
            Self::SameOrigin => "same-origin",
            Self::Include => "include",
        }
    }
}

impl Request {
    /// A request of any method, to an address as the page would resolve it.
    #[must_use]
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            credentials: Credentials::default(),
        }
    }

    /// A `GET` request.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST` request.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header; one of the same name is kept beside it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body, which a `GET` request cannot have.
    #[must_use]
    pub fn body(mut self, body: impl Into<RequestBody>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Says whether cookies and the like go with it.
    #[must_use]
    pub const fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// What `fetch` takes beside the address.
    fn init(&self) -> Result<Object, JsValue> {
        let init = Object::new();
        let set =
            |name: &str, value: &JsValue| Reflect::set(&init, &JsValue::from_str(name), value);
        set("method", &JsValue::from_str(&self.method))?;
        set("credentials", &JsValue::from_str(self.credentials.word()))?;
        let headers: Array = self
            .headers
            .iter()
            .map(|(name, value)| Array::of2(&name.into(), &value.into()))
            .collect();
        set("headers", &headers)?;
        match &self.body {
            None => {}
            Some(RequestBody::Text(text)) => drop(set("body", &JsValue::from_str(text))?),
            Some(RequestBody::Bytes(bytes)) => {
                set("body", &Uint8Array::from(bytes.as_slice()))?;
            }
        }
        Ok(init)
    }
}

/// Sends `request` and waits for the head of the response. The request is a host operation of
/// the task: it is aborted at the network when the task is cancelled, when this future is dropped,
/// and when the task's body ends while the [`Response`] is not read.
///
/// A response of any status is a response: see [`Response::is_ok`].
///
/// Cancel-safe: dropped, the request is aborted; the task ends after the browser has let go.
///
/// # Errors
/// [`Error::Failed`] with the browser's own words when there is no response: no connection, a
/// refused origin, a header or an address that is none; [`Error::Cancelled`];
/// [`Error::Refused`] outside the task of `cx` or at a limit.
///
/// [`Error::Failed`]: asupersync_core::exec::Error::Failed
/// [`Error::Cancelled`]: asupersync_core::exec::Error::Cancelled
/// [`Error::Refused`]: asupersync_core::exec::Error::Refused
///
/// ```no_run
/// use asupersync_core::exec::{Cx, Result};
/// use asupersync_wasm_core::web::rust::{Request, fetch};
///
/// async fn motto(cx: Cx) -> Result<String> {
///     let response = fetch(&cx, Request::get("/motto.txt")).await?;
///     response.text(&cx).await
/// }
/// ```
pub fn fetch(cx: &Cx, request: Request) -> impl Future<Output = Result<Response>> + use<> {
    let cx = cx.clone();
    async move {
        let init = request.init().map_err(|thrown| failed(&thrown))?;
        let capsule = cx.capsule(HostOpKind::Fetch).await?;
        let started = FetchCapsule::start(&request.url, &init);
        let (fetch, headers) = started.map_err(|thrown| failed(&thrown))?;
        let exchange = Exchange::new(fetch, capsule, headers);
        let response = exchange.settled(&cx).await?;
        Ok(Response::new(response.unchecked_into(), exchange))
    }
}
