//! Owns the response of a request: its head, and the reads of its body.

use asupersync_core::exec::{Cx, Result};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::ReadableStreamDefaultReader;

use super::exchange::Exchange;
use super::failed;

/// The head of a response, with a body that may be read once.
///
/// It belongs to the task that asked: dropped unread, and at the end of that task's body, its
/// connection is freed. A read after that fails.
#[derive(Debug)]
pub struct Response {
    inner: web_sys::Response,
    exchange: Exchange,
    /// Of a body that is read piece by piece.
    reader: Option<ReadableStreamDefaultReader>,
}

impl Response {
    pub(super) const fn new(inner: web_sys::Response, exchange: Exchange) -> Self {
        Self {
            inner,
            exchange,
            reader: None,
        }
    }

    /// The status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status()
    }

    /// Whether the status is from 200 to 299.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.inner.ok()
    }

    /// The address that answered, after redirects.
    #[must_use]
    pub fn url(&self) -> String {
        self.inner.url()
    }

    /// The value of a header, whatever the case of its name; several are joined by commas.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.inner.headers().get(name).ok().flatten()
    }

    /// All headers that the page may see, by name.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let pairs = Array::from(&self.inner.headers());
        let pair = |pair: JsValue| {
            let pair: Array = pair.unchecked_into();
            (pair.get(0).as_string(), pair.get(1).as_string())
        };
        let texts = pairs.iter().map(pair);
        texts.filter_map(|(name, value)| name.zip(value)).collect()
    }

    /// Reads the body to its end, as UTF-8; what is not UTF-8 is replaced. O(length).
    ///
    /// Cancel-safe: dropped, the request is aborted.
    ///
    /// # Errors
    /// [`Error::Failed`](asupersync_core::exec::Error::Failed) if the connection broke;
    /// [`Error::Cancelled`](asupersync_core::exec::Error::Cancelled).
    pub async fn text(self, cx: &Cx) -> Result<String> {
        self.exchange.read(self.inner.text())?;
        let text = self.exchange.settled(cx).await?;
        self.exchange.complete();
        Ok(text.as_string().unwrap_or_default())
    }

    /// Reads the body to its end. O(length).
    ///
    /// Cancel-safe: dropped, the request is aborted.
    ///
    /// # Errors
    /// As [`Response::text`].
    pub async fn bytes(self, cx: &Cx) -> Result<Vec<u8>> {
        self.exchange.read(self.inner.array_buffer())?;
        let buffer = self.exchange.settled(cx).await?;
        self.exchange.complete();
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    /// Reads the next piece of the body, as the network gave it: `None` at its end. After a first
    /// piece [`Response::text`] and [`Response::bytes`] fail, since the body is being read.
    ///
    /// Cancel-safe: a piece that comes when this was dropped is lost; drop the response with it.
    ///
    /// # Errors
    /// As [`Response::text`].
    pub async fn chunk(&mut self, cx: &Cx) -> Result<Option<Vec<u8>>> {
        let reader = match &self.reader {
            Some(reader) => reader,
            None => match self.inner.body() {
                Some(body) => self.reader.insert(body.get_reader().unchecked_into()),
                None => return Ok(None),
            },
        };
        self.exchange.read(Ok(reader.read()))?;
        let read = self.exchange.settled(cx).await?;
        let part = |name: &str| Reflect::get(&read, &JsValue::from_str(name));
        let is_done = part("done").map_err(|thrown| failed(&thrown))?;
        if is_done.is_truthy() {
            self.exchange.complete();
            return Ok(None);
        }
        let value = part("value").map_err(|thrown| failed(&thrown))?;
        Ok(Some(Uint8Array::new(&value).to_vec()))
    }
}
