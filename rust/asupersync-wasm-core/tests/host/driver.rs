//! The driver's turn: one wake, one timer, slices that end.

use crate::fake_port::{Armed, driver, records};
use asupersync_wasm_core::abi::EffectCode;

const START: u32 = EffectCode::Start as u32;
const RESUME: u32 = EffectCode::Resume as u32;

#[test]
fn many_commands_arm_one_microtask() {
    let (mut driver, port) = driver();
    let root = driver.root();
    for _ in 0..100 {
        assert!(driver.region_spawn(root) > 0.0);
    }
    assert_eq!(port.taken(), [Armed::Microtask]);
    assert_eq!(driver.turn(), 100);
    assert!(records(&driver).iter().all(|record| record.0 == START));
    assert_eq!(port.taken(), [], "the pump turns again by itself");
}

#[test]
fn commands_during_a_delivery_arm_nothing_and_a_pause_arms_what_is_needed() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    assert_eq!(driver.turn(), 1);
    port.taken();
    assert_eq!(driver.task_checkpoint(task), 0.0);
    assert_eq!(port.taken(), []);
    driver.pause();
    assert_eq!(port.taken(), [Armed::Microtask]);
    assert_eq!(driver.turn(), 1);
    assert_eq!(records(&driver)[0].0, RESUME);
    driver.pause();
    assert_eq!(port.taken(), [], "nothing is left to do");
}

#[test]
fn one_timer_is_armed_for_the_nearest_deadline_and_idle_when_none_is_left() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    driver.turn();
    port.taken();
    driver.task_sleep(task, 30.0, 1.0);
    driver.task_sleep(task, 10.0, 2.0);
    driver.task_sleep(task, 20.0, 3.0);
    assert_eq!(driver.turn(), 0);
    assert_eq!(port.taken(), [Armed::Timer(10.0)]);

    port.fire(10.0);
    assert_eq!(driver.turn(), 1);
    assert_eq!(records(&driver)[0].2, 2, "the nearest token fires");
    assert_eq!(driver.turn(), 0);
    assert_eq!(port.taken(), [Armed::Timer(10.0)]);

    driver.task_complete(task, 0.0);
    driver.turn();
    driver.turn();
    assert!(
        port.taken().contains(&Armed::TimerIdle),
        "a completed task leaves no timer that anybody waits for"
    );
}

#[test]
fn an_idle_timer_is_held_again_for_a_later_deadline_and_replaced_for_an_earlier_one() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    driver.turn();
    driver.task_sleep(task, 10.0, 1.0);
    driver.turn();
    driver.task_complete(task, 0.0);
    while driver.turn() > 0 {}
    port.taken();
    let next = driver.region_spawn(driver.root());
    driver.turn();
    driver.task_sleep(next, 20.0, 1.0);
    assert_eq!(driver.turn(), 0);
    assert_eq!(port.taken(), [Armed::Microtask, Armed::TimerHeld]);
    driver.task_sleep(next, 5.0, 2.0);
    assert_eq!(driver.turn(), 0);
    assert_eq!(port.taken(), [Armed::Microtask, Armed::Timer(5.0)]);
}

#[test]
fn a_timer_that_fires_early_is_armed_again_for_the_rest() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    driver.turn();
    driver.task_sleep(task, 10.0, 1.0);
    assert_eq!(driver.turn(), 0);
    port.taken();
    port.fire(9.5);
    assert_eq!(driver.turn(), 0, "never early");
    assert_eq!(port.taken(), [Armed::Timer(0.5)]);
    port.fire(0.5);
    assert_eq!(driver.turn(), 1);
}

#[test]
fn a_body_that_checkpoints_for_ever_is_interrupted_by_a_macrotask_every_slice() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    let (mut microtasks, mut macrotasks) = (0, 0);
    // Each round is one microtask of an async body: the kernel is idle in between.
    for _ in 0..1_000 {
        port.pass(0.1);
        if driver.turn() > 0 {
            driver.pause();
            driver.task_checkpoint(task);
        }
        for armed in port.taken() {
            match armed {
                Armed::Microtask => microtasks += 1,
                Armed::Macrotask => macrotasks += 1,
                Armed::Timer(_) | Armed::TimerIdle | Armed::TimerHeld => {}
            }
        }
    }
    // 100 ms in slices of 5 ms.
    assert!((15..=25).contains(&macrotasks), "{macrotasks} macrotasks");
    assert!(microtasks > 900);
}

#[test]
fn a_body_that_sleeps_for_no_time_for_ever_is_interrupted_every_slice_too() {
    let (mut driver, port) = driver();
    let task = driver.region_spawn(driver.root());
    let (mut resumed, mut macrotasks) = (0, 0);
    // The pump turns as long as there are records; a generator sleeps again while they are delivered.
    for _ in 0..1_000 {
        port.pass(0.1);
        if driver.turn() > 0 {
            resumed += 1;
            driver.task_sleep(task, 0.0, 1.0);
        }
        let armed = port.taken();
        macrotasks += armed.iter().filter(|a| **a == Armed::Macrotask).count();
    }
    assert!((15..=25).contains(&macrotasks), "{macrotasks} macrotasks");
    assert!(resumed > 900);
}

#[test]
fn a_pause_longer_than_a_slice_begins_a_new_one() {
    let (mut driver, port) = driver();
    let root = driver.root();
    for _ in 0..10 {
        port.pass(1_000.0);
        driver.region_spawn(root);
        assert_eq!(driver.turn(), 1, "served at once");
        assert_eq!(driver.turn(), 0);
    }
    assert!(!port.taken().contains(&Armed::Macrotask));
}

#[test]
fn bodies_that_take_longer_than_a_slice_leave_the_page_its_turn_after_each_batch() {
    let (mut driver, port) = driver();
    let root = driver.root();
    // More than a tick dispatches, so that the kernel is runnable after every batch.
    for _ in 0..1_000 {
        assert!(driver.region_spawn(root) > 0.0);
    }
    assert!(driver.turn() > 0);
    for delivered in 1..=3 {
        port.taken();
        port.pass(20.0);
        assert_eq!(driver.turn(), 0, "batch {delivered} has used up its slice");
        assert_eq!(port.taken(), [Armed::Macrotask]);
        assert!(driver.turn() > 0, "the macrotask has come");
    }
}
