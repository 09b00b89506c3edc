//! Owns the calls that a scenario can make, by the names that they have in the ABI.

use asupersync_wasm_core::Driver;

use crate::port::VirtualPort;

/// Makes one call. `message` is what a cancellation says; every other argument is a number.
pub(crate) fn call(
    driver: &mut Driver<VirtualPort>,
    name: &str,
    arguments: &[f64],
    message: &str,
) -> f64 {
    let argument = |index: usize| {
        let given = arguments.get(index).copied();
        given.unwrap_or_else(|| panic!("{name} needs more than {index} arguments"))
    };
    let a = || argument(0);
    let b = || argument(1);
    let c = || argument(2);
    match name {
        "region_open" => driver.region_open(a(), b()),
        "region_open_in" => driver.region_open_in(a(), b(), c()),
        "region_spawn" => driver.region_spawn(a()),
        "region_close" => driver.region_close(a()),
        "region_cancel" => driver.region_cancel(a(), b(), message),
        "region_timeout" => driver.region_timeout(a(), b()),
        "region_join" => driver.region_join(a(), b(), c()),
        "region_defer" => driver.region_defer(a()),
        "region_finalizer_spawn" => driver.region_finalizer_spawn(a()),
        "region_limits" => driver.region_limits(a(), b(), c(), argument(3)),
        "task_budget" => driver.task_budget(a(), b(), c(), argument(3), argument(4)),
        "task_charge" => driver.task_charge(a(), b()),
        "task_mask" => driver.task_mask(a()),
        "task_unmask" => driver.task_unmask(a()),
        "task_cancel" => driver.task_cancel(a(), b(), message),
        "task_checkpoint" => driver.task_checkpoint(a()),
        "task_sleep" => driver.task_sleep(a(), b(), c()),
        "task_join" => driver.task_join(a(), b(), c()),
        "task_defer" => driver.task_defer(a()),
        "task_finalized" => driver.task_finalized(a(), b()),
        "task_complete" => driver.task_complete(a(), b()),
        "obligation_reserve" => driver.obligation_reserve(a(), b()),
        "obligation_commit" => driver.obligation_commit(a()),
        "obligation_abort" => driver.obligation_abort(a()),
        "obligation_transfer" => driver.obligation_transfer(a(), b()),
        "semaphore_open" => driver.semaphore_open(a(), b(), c()),
        "semaphore_acquire" => driver.semaphore_acquire(a(), b(), c(), argument(3), argument(4)),
        "channel_items" => driver.channel_items(a()),
        "semaphore_add" => driver.semaphore_add(a(), b()),
        "semaphore_close" => driver.semaphore_close(a()),
        "semaphore_drop" => driver.semaphore_drop(a()),
        "semaphore_count" => driver.semaphore_count(a(), b()),
        "host_open" => driver.host_open(a(), b(), c()),
        "host_wait" => driver.host_wait(a(), b()),
        "host_notify" => driver.host_notify(a(), b()),
        "host_complete" => driver.host_complete(a(), b()),
        "state" => driver.state(a()),
        "count" => driver.count(a()),
        "random" => driver.random(),
        "now" => driver.now_ms(),
        "task_at" => driver.task_at(a()),
        "close" => driver.close(),
        _ => panic!("`{name}` is no call"),
    }
}
