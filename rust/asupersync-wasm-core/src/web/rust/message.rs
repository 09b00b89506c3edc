//! Owns what goes over a WebSocket, how one is set up, and how one was closed.

use core::time::Duration;

/// One message, either way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

/// What becomes of a message that comes while [`SocketOptions::received_max`] others wait to be
/// received. A browser cannot be told to read a socket more slowly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Overflow {
    /// The socket is closed with code 4008 and [`ClosedBy::Overflow`]; what waits can still be
    /// received.
    #[default]
    Close,
    /// The message that has waited longest is dropped, and counted.
    DropOldest,
    /// The message that came is dropped, and counted.
    DropNewest,
}

/// How a socket is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SocketOptions {
    /// Protocols to offer, the wanted one first; none unless told otherwise.
    pub protocols: Vec<String>,
    /// Messages that may wait to be received, at least 1; 64 unless told otherwise.
    pub received_max: usize,
    /// What becomes of one more.
    pub overflow: Overflow,
    /// Bytes handed to the browser and not on the wire yet, past which a send waits; 1 MiB unless
    /// told otherwise.
    pub sending_bytes_max: u32,
    /// How long the peer has to answer a close handshake; a second unless told otherwise. Below
    /// the kernel's drain time, a peer that does not answer is no violation.
    pub close_timeout: Duration,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            protocols: Vec::new(),
            received_max: 64,
            overflow: Overflow::default(),
            sending_bytes_max: 1 << 20,
            close_timeout: Duration::from_secs(1),
        }
    }
}

/// How a socket was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// Who or what closed it.
    pub by: ClosedBy,
    /// The close code of the peer's answer, such as 1000; 1006 when there was none.
    pub code: u16,
    /// The peer's reason; often empty.
    pub reason: String,
}

/// Who or what closed a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosedBy {
    /// This side asked, and the peer answered.
    Us,
    /// The peer asked.
    Peer,
    /// Nobody: the connection broke, or was never made.
    Lost,
    /// This side asked, and the peer did not answer in time.
    Timeout,
    /// Messages came faster than they were received.
    Overflow,
}
