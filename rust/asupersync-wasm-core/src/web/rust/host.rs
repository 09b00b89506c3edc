//! Owns the browser's host port: the clock, and a bell that anything may hold.
//!
//! A waker must be `Send`, which nothing of JavaScript is. So a bell holds the number of its
//! runtime, and this realm's table has the rest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use asupersync_core::Time;
use asupersync_core::exec::{Bell, Host};

use crate::wakes::Wakes;
use crate::web::port::WebPort;

/// What a bell or a pump reaches by the number of its runtime.
pub(super) trait Rung {
    /// Something lies in the inbox.
    fn rung(&self);
    /// The wake has come, or the timer.
    fn turn(&self, is_timer: bool);
}

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
    static OPEN: RefCell<BTreeMap<u64, Rc<dyn Rung>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The number of a runtime in this realm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Number(u64);

impl Number {
    /// One that was not given before.
    pub(super) fn next() -> Self {
        Self(NEXT.with(|next| next.replace(next.get() + 1)))
    }

    /// Keeps the runtime alive, and reachable, until it is let go of.
    pub(super) fn keep(self, runtime: Rc<dyn Rung>) {
        let before = OPEN.with_borrow_mut(|open| open.insert(self.0, runtime));
        drop(before);
    }

    pub(super) fn let_go(self) {
        let runtime = OPEN.with_borrow_mut(|open| open.remove(&self.0));
        drop(runtime);
    }

    /// The runtime, while it is open.
    pub(super) fn find(self) -> Option<Rc<dyn Rung>> {
        OPEN.with_borrow(|open| open.get(&self.0).cloned())
    }
}

impl Bell for Number {
    fn ring(&self) {
        if let Some(runtime) = self.find() {
            runtime.rung();
        }
    }
}

/// The host of a browser's executor.
pub(super) struct BrowserHost {
    pub(super) wakes: Rc<RefCell<Wakes<WebPort>>>,
    pub(super) number: Number,
}

impl Host for BrowserHost {
    fn now(&self) -> Time {
        self.wakes.borrow().now()
    }

    fn bell(&self) -> Arc<dyn Bell> {
        Arc::new(self.number)
    }
}
