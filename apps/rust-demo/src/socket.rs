//! Owns the socket panel: a connection that belongs to its task, and says how it was closed.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use asupersync::{Cx, Error, Message, Request, Result, Scope, WebSocket, fetch};

use crate::page;
use crate::slot::Slot;

/// How often a pause looks whether it is over.
const PAUSE_AGAIN: Duration = Duration::from_millis(20);

/// The open socket, for the buttons.
type Shared = Rc<RefCell<Option<Rc<WebSocket>>>>;

pub(crate) fn install(scope: &Scope) {
    let (slot, socket) = (Slot::default(), Shared::default());

    let (spawner, connecting, shared) = (scope.clone(), slot.clone(), Rc::clone(&socket));
    page::on("socket-connect", "click", move || {
        let shared = Rc::clone(&shared);
        connecting.spawn(&spawner, |cx| show(cx, shared));
    });

    let (spawner, shared) = (scope.clone(), Rc::clone(&socket));
    page::on("socket-send", "click", move || {
        if let Some(socket) = shared.borrow().clone() {
            let text = page::value("socket-text");
            let sent = spawner.spawn(|cx| async move { say(socket.send(&cx, text).await) });
            drop(sent);
        }
    });

    let spawner = scope.clone();
    page::on("socket-post", "click", move || {
        let posted = spawner.spawn(|cx| async move { say(post(&cx).await) });
        drop(posted);
    });

    let (spawner, shared) = (scope.clone(), socket);
    page::on("socket-close", "click", move || {
        if let Some(socket) = shared.borrow().clone() {
            let closed = spawner.spawn(|cx| async move { say(socket.close(&cx).await) });
            drop(closed);
        }
    });

    page::on("socket-leave", "click", move || {
        slot.cancel("the button was pressed");
    });
}

async fn show(cx: Cx, shared: Shared) -> Result<()> {
    let echoed = echo(&cx, &shared).await;
    say(echoed)
}

async fn echo(cx: &Cx, shared: &Shared) -> Result<()> {
    let url = page::parameter("echo").unwrap_or_default();
    page::set_text("socket-received", "");
    page::set_text("socket-status", "connecting");
    let socket = Rc::new(WebSocket::connect(cx, &url).await?);
    *shared.borrow_mut() = Some(Rc::clone(&socket));
    page::set_text("socket-status", "open");
    let ended = Rc::clone(&socket);
    // A finalizer runs after the socket has closed, whoever closed it.
    cx.defer(move |_| async move {
        if let Some(closed) = ended.closed() {
            let text = format!("closed by {:?} with {}", closed.by, closed.code);
            page::set_text("socket-status", &text);
        }
    })?;
    while let Some(message) = socket.recv(cx).await? {
        while page::is_checked("socket-pause") {
            cx.sleep(PAUSE_AGAIN).await?;
        }
        match message {
            Message::Text(text) => page::add_item("socket-received", &text),
            Message::Binary(bytes) => {
                page::add_item("socket-received", &format!("{} bytes", bytes.len()));
            }
        }
    }
    Ok(())
}

/// The same text by a request: what a page does where sockets cannot pass.
async fn post(cx: &Cx) -> Result<()> {
    let url = page::parameter("echo").unwrap_or_default();
    let request = Request::post(url.replacen("ws", "http", 1))
        .header("content-type", "text/plain")
        .body(page::value("socket-text").into_bytes());
    let answer = fetch(cx, request).await?.bytes(cx).await?;
    page::add_item("socket-received", &String::from_utf8_lossy(&answer));
    Ok(())
}

/// A failure is said to the person, and is no failure of the scope.
fn say<T>(result: Result<T, Error>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) => {
            page::set_text("socket-status", &error.to_string());
            Ok(())
        }
    }
}
