//! Owns the real port: the monotonic clock, the wake and the timer of a page, a worker or Node.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::MessageChannel;

use crate::wakes::Port;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = globalThis)]
    type Realm;
    #[derive(Debug)]
    type Clock;
    /// The clock as it is now: a static would keep the first one for all kernels to come, and tests
    /// put their own in its place.
    #[wasm_bindgen(static_method_of = Realm, js_class = "globalThis", getter)]
    fn performance() -> Clock;
    #[wasm_bindgen(method)]
    fn now(this: &Clock) -> f64;
    /// A promise, for its jobs: in Node `queueMicrotask` costs ten times as much, since it keeps
    /// an asynchronous context a call.
    #[wasm_bindgen(js_name = Promise)]
    #[derive(Debug)]
    type Microtasks;
    #[wasm_bindgen(static_method_of = Microtasks, js_class = "Promise")]
    fn resolve(value: &JsValue) -> Microtasks;
    #[wasm_bindgen(method)]
    fn then(this: &Microtasks, callback: &Function);
    /// What Node's `setTimeout` gives; in a browser it is a number.
    #[derive(Debug)]
    type NodeTimer;
    #[wasm_bindgen(method, js_name = "ref")]
    fn hold(this: &NodeTimer);
    #[wasm_bindgen(method)]
    fn unref(this: &NodeTimer);
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_name = setImmediate)]
    fn set_immediate(callback: &Function);
    #[wasm_bindgen(thread_local_v2, js_namespace = globalThis, js_name = setImmediate)]
    static SET_IMMEDIATE: JsValue;
}

/// `setTimeout` fires at once for longer delays; a longer sleep is chained.
pub(crate) const TIMEOUT_MS_MAX: f64 = 2_147_483_647.0;

/// How a macrotask is had. Both run after paint and input had their chance; a timer would be
/// clamped to 4 ms, and in Node a message port starves timers.
#[derive(Debug)]
enum Macrotask {
    Immediate,
    Channel(MessageChannel),
}

/// The port of the realm that the wasm runs in.
#[derive(Debug)]
pub struct WebPort {
    pump: Function,
    /// Held, since in a page the global is a getter, which takes longer than the reading.
    clock: Clock,
    microtasks: Microtasks,
    macrotask: Option<Macrotask>,
    timer: Option<JsValue>,
    timer_fired: bool,
    /// The pump, given `true`: made once, used by every timer. A function of JavaScript's own, which
    /// may be called when this instance of the wasm is no more.
    on_timer: Function,
}

impl WebPort {
    /// A port that calls `pump`, with `true` when it is the timer's time.
    pub(crate) fn new(pump: Function) -> Self {
        Self {
            on_timer: pump
                .bind1(&JsValue::UNDEFINED, &JsValue::TRUE)
                .unchecked_into(),
            pump,
            clock: Realm::performance(),
            microtasks: Microtasks::resolve(&JsValue::UNDEFINED),
            macrotask: None,
            timer: None,
            timer_fired: false,
        }
    }

    fn choose_macrotask(pump: &Function) -> Macrotask {
        if SET_IMMEDIATE.with(JsValue::is_function) {
            return Macrotask::Immediate;
        }
        match MessageChannel::new() {
            Ok(channel) => {
                channel.port1().set_onmessage(Some(pump));
                Macrotask::Channel(channel)
            }
            Err(_) => Macrotask::Immediate,
        }
    }

    /// Notes that the pump was called with `true`.
    pub(crate) const fn note_timer(&mut self) {
        self.timer_fired = true;
    }

    fn disarm_timer(&mut self) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(&timer);
        }
    }

    /// Lets go of what would keep the realm alive.
    pub(crate) fn release(&mut self) {
        self.disarm_timer();
        if let Some(Macrotask::Channel(channel)) = self.macrotask.take() {
            channel.port1().set_onmessage(None);
            channel.port1().close();
        }
    }
}

impl Port for WebPort {
    fn now_ms(&self) -> f64 {
        self.clock.now()
    }

    fn arm_microtask(&mut self) {
        self.microtasks.then(&self.pump);
    }

    fn arm_macrotask(&mut self) {
        let pump = &self.pump;
        match self
            .macrotask
            .get_or_insert_with(|| Self::choose_macrotask(pump))
        {
            Macrotask::Immediate => set_immediate(pump),
            Macrotask::Channel(channel) => {
                if channel.port2().post_message(&JsValue::NULL).is_err() {
                    self.microtasks.then(pump);
                }
            }
        }
    }

    fn arm_timer(&mut self, ms: f64) {
        self.disarm_timer();
        self.timer = Some(set_timeout(&self.on_timer, ms.ceil().min(TIMEOUT_MS_MAX)));
    }

    fn idle_timer(&mut self) {
        if let Some(timer) = self.timer.as_ref().filter(|timer| timer.is_object()) {
            timer.unchecked_ref::<NodeTimer>().unref();
        }
    }

    fn hold_timer(&mut self) {
        if let Some(timer) = self.timer.as_ref().filter(|timer| timer.is_object()) {
            timer.unchecked_ref::<NodeTimer>().hold();
        }
    }

    fn take_timer_fired(&mut self) -> bool {
        std::mem::take(&mut self.timer_fired)
    }
}
