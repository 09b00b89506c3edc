//! Owns the panic hook: keeps message and place, so that JavaScript can say what broke.
//!
//! A panic aborts the instance; nothing unwinds. The hook runs before that.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

static INSTALL: Once = Once::new();

pub(crate) fn install() {
    INSTALL.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            MESSAGE.with(|message| message.replace(Some(info.to_string())));
        }));
    });
}

pub(crate) fn message() -> Option<String> {
    MESSAGE.with(|message| message.borrow().clone())
}
