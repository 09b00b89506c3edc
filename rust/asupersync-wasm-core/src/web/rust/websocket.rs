//! Owns the WebSocket of a Rust body: a bounded queue of what came, and a close that ends.

use core::fmt;
use core::future::{Future, poll_fn};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use asupersync_core::HostOpKind;
use asupersync_core::exec::{Capsule, Cx, Error, Result};

use super::failed;
use super::message::{Closed, ClosedBy, Message, Overflow, SocketOptions};
use crate::web::socket::{SocketCapsule, SocketEnd, SocketEvent};

/// Close codes: a normal end, one for an application's own use, and what stands for none.
const NORMAL: u16 = 1000;
const OVERFLOW: u16 = 4008;
const NONE: u16 = 1006;

/// How long a send waits before it looks again whether there is room: a browser does not say.
const ROOM_AGAIN: Duration = Duration::from_millis(4);

/// A WebSocket of a task. It is a host operation of the task that connected it: when that task is
/// cancelled, when its body has ended and when this is dropped, the close handshake begins, and
/// the task ends after it, at the latest after [`SocketOptions::close_timeout`].
///
/// Children of that task may use it too, each with its own `cx`.
///
/// ```no_run
/// use asupersync_core::exec::{Cx, Result};
/// use asupersync_wasm_core::web::rust::{Message, WebSocket};
///
/// async fn echo(cx: Cx) -> Result<()> {
///     let socket = WebSocket::connect(&cx, "wss://example.org/echo").await?;
///     socket.send(&cx, "hello").await?;
///     while let Some(message) = socket.recv(&cx).await? {
///         assert_eq!(message, Message::Text("hello".to_owned()));
///         break;
///     }
///     let closed = socket.close(&cx).await?;
///     assert_eq!(closed.code, 1000);
///     Ok(())
/// }
/// ```
pub struct WebSocket(Rc<Connection>);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Connecting,
    Open,
    /// This side has asked for the close.
    Closing(ClosedBy),
}

struct Connection {
    options: SocketOptions,
    stage: Cell<Stage>,
    /// `None` once it is closed, and so is the capsule.
    socket: RefCell<Option<Rc<SocketCapsule>>>,
    capsule: RefCell<Option<Capsule>>,
    received: RefCell<VecDeque<Message>>,
    dropped: Cell<u64>,
    closed: RefCell<Option<Closed>>,
    wakers: RefCell<Vec<Waker>>,
}

impl WebSocket {
    /// Connects, and waits until the socket is open.
    ///
    /// Cancel-safe: dropped, the socket is given up.
    ///
    /// # Errors
    /// [`Error::Failed`] if the address is none or the socket closed before it was open;
    /// [`Error::Cancelled`]; [`Error::Refused`] outside the task of `cx` or at a limit.
    pub fn connect(cx: &Cx, url: &str) -> impl Future<Output = Result<Self>> + use<> {
        Self::connect_with(cx, url, SocketOptions::default())
    }

    /// As [`WebSocket::connect`], set up by `options`.
    ///
    /// Cancel-safe: as [`WebSocket::connect`].
    ///
    /// # Errors
    /// As [`WebSocket::connect`].
    pub fn connect_with(
        cx: &Cx,
        url: &str,
        options: SocketOptions,
    ) -> impl Future<Output = Result<Self>> + use<> {
        let (cx, url) = (cx.clone(), url.to_owned());
        async move {
            let capsule = cx.capsule(HostOpKind::Socket).await?;
            let socket = Self(Connection::open(&url, options, capsule)?);
            cx.wait(poll_fn(|context| socket.0.poll_open(context)))
                .await??;
            Ok(socket)
        }
    }

    /// The protocol that the peer chose of those offered; empty if none was.
    #[must_use]
    pub fn protocol(&self) -> String {
        let socket = self.0.socket.borrow();
        socket
            .as_ref()
            .map_or_else(String::new, |socket| socket.protocol())
    }

    /// Hands a message to the browser. While more than [`SocketOptions::sending_bytes_max`] bytes
    /// wait there, this waits first.
    ///
    /// Cancel-safe: dropped, the message was not sent.
    ///
    /// # Errors
    /// [`Error::Failed`] if the socket is closing or closed; [`Error::Cancelled`].
    pub async fn send(&self, cx: &Cx, message: impl Into<Message>) -> Result<()> {
        let message = message.into();
        loop {
            let socket = self.0.open_socket()?;
            if socket.buffered_bytes() <= self.0.options.sending_bytes_max {
                let sent = match &message {
                    Message::Text(text) => socket.send_text(text),
                    Message::Binary(bytes) => socket.send_binary(bytes),
                };
                return sent.map_err(|thrown| failed(&thrown));
            }
            cx.sleep(ROOM_AGAIN).await?;
        }
    }

    /// Waits for the next message: `None` once the socket is closed and everything that came was
    /// received; [`WebSocket::closed`] then says how. Of several that wait, one gets a message.
    ///
    /// Cancel-safe: dropped, no message is lost.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn recv(&self, cx: &Cx) -> impl Future<Output = Result<Option<Message>>> + use<> {
        let connection = Rc::clone(&self.0);
        cx.wait(poll_fn(move |context| connection.poll_received(context)))
    }

    /// How the socket was closed, once it is.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.0.closed.borrow().clone()
    }

    /// Messages that were dropped by [`Overflow::DropOldest`] or [`Overflow::DropNewest`] so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.get()
    }

    /// Begins the close handshake, and waits until the peer has answered it, at most
    /// [`SocketOptions::close_timeout`]. A socket that is closed already says so again.
    ///
    /// Cancel-safe: the handshake goes on, and the task ends after it.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub async fn close(&self, cx: &Cx) -> Result<Closed> {
        self.0.close(ClosedBy::Us, NORMAL);
        cx.wait(poll_fn(|context| self.0.poll_closed(context)))
            .await
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.0.close(ClosedBy::Us, NORMAL);
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("stage", &self.0.stage.get())
            .field("closed", &self.closed())
            .finish_non_exhaustive()
    }
}

impl Connection {
    fn open(url: &str, options: SocketOptions, capsule: Capsule) -> Result<Rc<Self>> {
        let protocols = options.protocols.clone();
        let connection = Rc::new(Self {
            options,
            stage: Cell::new(Stage::Connecting),
            socket: RefCell::new(None),
            capsule: RefCell::new(None),
            received: RefCell::default(),
            dropped: Cell::new(0),
            closed: RefCell::new(None),
            wakers: RefCell::default(),
        });
        // Held by the socket until its last event, by the capsule until the operation has ended:
        // a handshake goes on when nobody holds the socket any more.
        let told = Rc::clone(&connection);
        let socket = SocketCapsule::open(url, &protocols, move |event| told.happened(event))
            .map_err(|thrown| failed(&thrown))?;
        *connection.socket.borrow_mut() = Some(socket);
        let cancelled = Rc::clone(&connection);
        capsule.on_cancel(move || cancelled.close(ClosedBy::Us, NORMAL));
        *connection.capsule.borrow_mut() = Some(capsule);
        Ok(connection)
    }

    fn happened(&self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => {
                if self.stage.get() == Stage::Connecting {
                    self.stage.set(Stage::Open);
                }
            }
            SocketEvent::Text(text) => self.came(Message::Text(text)),
            SocketEvent::Binary(bytes) => self.came(Message::Binary(bytes)),
            SocketEvent::Closed(end) => self.ended(end),
        }
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn came(&self, message: Message) {
        let is_full = self.received.borrow().len() >= self.options.received_max.max(1);
        if is_full {
            match self.options.overflow {
                Overflow::Close => {
                    self.close(ClosedBy::Overflow, OVERFLOW);
                    return;
                }
                Overflow::DropOldest => drop(self.received.borrow_mut().pop_front()),
                Overflow::DropNewest => {
                    self.dropped.set(self.dropped.get() + 1);
                    return;
                }
            }
            self.dropped.set(self.dropped.get() + 1);
        }
        // What comes after an overflow would come after a gap.
        if self.stage.get() != Stage::Closing(ClosedBy::Overflow) {
            self.received.borrow_mut().push_back(message);
        }
    }

    fn ended(&self, end: SocketEnd) {
        let asked = match self.stage.get() {
            Stage::Closing(by) => Some(by),
            Stage::Connecting | Stage::Open => None,
        };
        let closed = match end {
            SocketEnd::Unanswered => Closed {
                by: ClosedBy::Timeout,
                code: NONE,
                reason: String::new(),
            },
            SocketEnd::Event(code, reason, was_clean) => Closed {
                by: match (asked, was_clean) {
                    (Some(ClosedBy::Overflow), _) => ClosedBy::Overflow,
                    (_, false) => ClosedBy::Lost,
                    (Some(by), true) => by,
                    (None, true) => ClosedBy::Peer,
                },
                code,
                reason,
            },
        };
        *self.closed.borrow_mut() = Some(closed);
        drop(self.socket.take());
        if let Some(capsule) = self.capsule.take() {
            capsule.complete();
        }
    }

    /// Begins the close handshake, unless it has begun or the socket is closed.
    fn close(&self, by: ClosedBy, code: u16) {
        if matches!(self.stage.get(), Stage::Closing(_)) {
            return;
        }
        let socket = self.socket.borrow().clone();
        if let Some(socket) = socket {
            self.stage.set(Stage::Closing(by));
            socket.close(code, "", self.options.close_timeout.as_secs_f64() * 1e3);
        }
    }

    fn open_socket(&self) -> Result<Rc<SocketCapsule>> {
        let socket = self.socket.borrow().clone();
        match (self.stage.get(), socket) {
            (Stage::Open, Some(socket)) => Ok(socket),
            (Stage::Open | Stage::Connecting | Stage::Closing(_), _) => Err(Error::Failed(
                "expected an open socket, got a closed one".into(),
            )),
        }
    }

    fn poll_open(&self, context: &Context<'_>) -> Poll<Result<()>> {
        if let Some(closed) = &*self.closed.borrow() {
            let message = format!(
                "the socket closed before it was open, with code {}",
                closed.code
            );
            return Poll::Ready(Err(Error::Failed(message.into())));
        }
        if self.stage.get() == Stage::Open {
            return Poll::Ready(Ok(()));
        }
        self.register(context)
    }

    fn poll_received(&self, context: &Context<'_>) -> Poll<Option<Message>> {
        let message = self.received.borrow_mut().pop_front();
        match message {
            Some(message) => Poll::Ready(Some(message)),
            None if self.closed.borrow().is_some() => Poll::Ready(None),
            None => self.register(context),
        }
    }

    fn poll_closed(&self, context: &Context<'_>) -> Poll<Closed> {
        match &*self.closed.borrow() {
            Some(closed) => Poll::Ready(closed.clone()),
            None => self.register(context),
        }
    }

    fn register<T>(&self, context: &Context<'_>) -> Poll<T> {
        let mut wakers = self.wakers.borrow_mut();
        if !wakers.iter().any(|known| known.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
