//! Owns the list of calls that take a handle, for tests that make every one of them.

use crate::fake_port::FakePort;
use asupersync_wasm_core::Driver;
use asupersync_wasm_core::semaphores::ASKED;

/// How many there are.
pub(crate) const CALLS: usize = 37;

/// The call that answers with a time in ms.
pub(crate) const TIMEOUT: usize = 5;

/// Call `which` on `handle`, with `a` and `b` where more numbers are due.
pub(crate) fn call(
    driver: &mut Driver<FakePort>,
    which: usize,
    handle: f64,
    a: f64,
    b: f64,
) -> f64 {
    match which {
        0 => driver.region_open(handle, a),
        1 => driver.region_open_in(handle, a, b),
        2 => driver.region_spawn(handle),
        3 => driver.region_close(handle),
        4 => driver.region_cancel(handle, a, ""),
        TIMEOUT => driver.region_timeout(handle, a),
        6 => driver.region_join(handle, a, b),
        7 => driver.region_defer(handle),
        8 => driver.region_finalizer_spawn(handle),
        9 => driver.task_budget(handle, a, b, a, b),
        10 => driver.task_cancel(handle, a, ""),
        11 => driver.task_checkpoint(handle),
        12 => driver.task_sleep(handle, a, b),
        13 => driver.task_join(handle, a, b),
        14 => driver.task_defer(handle),
        15 => driver.task_finalized(handle, a),
        16 => driver.task_complete(handle, a),
        17 => driver.host_open(handle, a, b),
        18 => driver.host_wait(handle, a),
        19 => driver.host_notify(handle, a),
        20 => driver.host_complete(handle, a),
        21 => driver.region_limits(handle, a, b, a),
        22 => driver.task_charge(handle, a),
        23 => driver.task_mask(handle),
        24 => driver.task_unmask(handle),
        25 => driver.obligation_reserve(handle, a),
        26 => driver.obligation_commit(handle),
        27 => driver.obligation_abort(handle),
        28 => driver.obligation_transfer(handle, a),
        29 => driver.state(handle),
        30 => driver.semaphore_open(handle, a, b),
        31 => driver.semaphore_acquire(handle, a, 1.0, 1.0, b),
        32 => driver.channel_items(handle),
        33 => driver.semaphore_add(handle, a),
        34 => driver.semaphore_close(handle),
        35 => driver.semaphore_drop(handle),
        _ => driver.semaphore_count(handle, a),
    }
}

/// Whether `answer` is one that a call may give: a whole number of at least 0 that a handle or
/// status can be, or [`ASKED`] + a handle, or minus the code of an error.
pub(crate) fn is_answer(answer: f64) -> bool {
    let is_plain = (-11.0..9_007_199_254_740_992.0).contains(&answer);
    answer.trunc() == answer && (is_plain || is_asked(answer))
}

/// Whether `answer` is [`ASKED`] + a handle, which no other answer can be.
pub(crate) fn is_asked(answer: f64) -> bool {
    (ASKED..-f64::from(u32::MAX)).contains(&answer)
}
