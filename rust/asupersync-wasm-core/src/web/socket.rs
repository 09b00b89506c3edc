//! Owns the WebSocket capsule: one socket, its listeners, and a close handshake that ends.
//!
//! ```text
//!              open              close            the peer answered, or the time is over
//!  Connecting ─────► Open ─────────────► Closing ────────────────────────────────────────► Closed
//!      │              │ the peer closed, or the connection broke                              ▲
//!      └──────────────┴───────────────────────────────────────────────────────────────────────┘
//! ```
//! Whoever opens it gives a sink for its events. `Closed` is the last one, and comes once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use crate::web::timeout::Timeout;

/// What happened to a socket.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    /// It can send.
    Opened,
    /// A text came.
    Text(String),
    /// Bytes came.
    Binary(Vec<u8>),
    /// It is closed, and everything of it is let go.
    Closed(SocketEnd),
}

/// How a socket ended.
#[derive(Debug)]
pub(crate) enum SocketEnd {
    /// By a close event, with its code and reason, and whether the handshake was completed.
    Event(u16, String, bool),
    /// The peer did not answer the close handshake in time.
    Unanswered,
}

struct Listeners {
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

/// One socket.
pub(crate) struct SocketCapsule {
    socket: WebSocket,
    listeners: RefCell<Option<Listeners>>,
    closing: RefCell<Option<Timeout>>,
    is_closed: Cell<bool>,
    sink: Box<dyn Fn(SocketEvent)>,
}

impl SocketCapsule {
    /// Begins to connect. `sink` is called with nothing borrowed, never before this returns.
    pub(crate) fn open(
        url: &str,
        protocols: &[String],
        sink: impl Fn(SocketEvent) + 'static,
    ) -> Result<Rc<Self>, JsValue> {
        let protocols: Array = protocols.iter().map(JsValue::from).collect();
        let socket = WebSocket::new_with_str_sequence(url, &protocols)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let capsule = Rc::new(Self {
            socket,
            listeners: RefCell::new(None),
            closing: RefCell::new(None),
            is_closed: Cell::new(false),
            sink: Box::new(sink),
        });
        capsule.listen();
        Ok(capsule)
    }

    fn listen(self: &Rc<Self>) {
        let opened = Rc::clone(self);
        let open = Closure::<dyn FnMut()>::new(move || (opened.sink)(SocketEvent::Opened));
        let received = Rc::clone(self);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(text) = data.as_string() {
                (received.sink)(SocketEvent::Text(text));
            } else if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                let bytes = Uint8Array::new(buffer).to_vec();
                (received.sink)(SocketEvent::Binary(bytes));
            }
        });
        let closed = Rc::clone(self);
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            closed.end(SocketEnd::Event(
                event.code(),
                event.reason(),
                event.was_clean(),
            ));
        });
        // An error event says nothing that the close event after it does not.
        self.socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        self.socket
            .set_onmessage(Some(message.as_ref().unchecked_ref()));
        self.socket
            .set_onclose(Some(close.as_ref().unchecked_ref()));
        *self.listeners.borrow_mut() = Some(Listeners {
            _open: open,
            _message: message,
            _close: close,
        });
    }

    /// The protocol that the peer chose; empty before the socket is open.
    pub(crate) fn protocol(&self) -> String {
        self.socket.protocol()
    }

    /// Hands a text to the browser.
    pub(crate) fn send_text(&self, text: &str) -> Result<(), JsValue> {
        self.socket.send_with_str(text)
    }

    /// Hands bytes to the browser.
    pub(crate) fn send_binary(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.socket.send_with_u8_array(bytes)
    }

    /// Bytes that were handed to the browser and are not on the wire yet.
    pub(crate) fn buffered_bytes(&self) -> u32 {
        self.socket.buffered_amount()
    }

    /// Begins the close handshake, once; the socket is closed when the peer has answered, or
    /// after `timeout_ms`. A socket that was still connecting is given up.
    pub(crate) fn close(self: &Rc<Self>, code: u16, reason: &str, timeout_ms: f64) {
        if self.is_closed.get() || self.closing.borrow().is_some() {
            return;
        }
        let late = Rc::clone(self);
        let timeout = Timeout::new(timeout_ms, move || late.end(SocketEnd::Unanswered));
        *self.closing.borrow_mut() = Some(timeout);
        if self
            .socket
            .close_with_code_and_reason(code, reason)
            .is_err()
        {
            // A code or a reason that the browser refuses.
            let _ = self.socket.close();
        }
    }

    /// Lets go of the listeners, which hold this, and says the last word.
    fn end(&self, end: SocketEnd) {
        if self.is_closed.replace(true) {
            return;
        }
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let listeners = self.listeners.take();
        let closing = self.closing.take();
        (self.sink)(SocketEvent::Closed(end));
        // The one that runs now is freed by the glue once it has returned.
        drop((listeners, closing));
    }
}

impl core::fmt::Debug for SocketCapsule {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SocketCapsule")
            .field("socket", &self.socket)
            .field("is_closed", &self.is_closed.get())
            .finish_non_exhaustive()
    }
}
