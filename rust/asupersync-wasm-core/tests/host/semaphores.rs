//! Semaphores across the ABI: what is there is had in the call, the rest waits in line and is told.

use asupersync_core::{ErrorKind, ObligationKind};
use asupersync_wasm_core::Driver;
use asupersync_wasm_core::abi::EffectCode;
use asupersync_wasm_core::semaphores::ASKED;

use crate::fake_port::{CONFIG, FakePort, driver, records};

const RESUME: u32 = EffectCode::Resume as u32;
const CANCEL: u32 = EffectCode::Cancel as u32;
const LEAKED: u32 = EffectCode::ObligationLeaked as u32;

const RETURNED: f64 = 0.0;
const SPENT: f64 = 1.0;
const CHANNEL: f64 = 2.0;

const AVAILABLE: f64 = 0.0;
const WAITING: f64 = 1.0;

const GRANTED: u32 = 0;
const CLOSED: u32 = 1;

/// As a token: never waits. As permits to add: one for each that waits.
const LEFT_OUT: f64 = -1.0;

fn refused(kind: ErrorKind) -> f64 {
    -f64::from(kind.code())
}

/// A driver with so many tasks, all of them running.
fn running(tasks: usize) -> (Driver<FakePort>, Vec<f64>) {
    let (mut driver, _port) = driver();
    let root = driver.root();
    let tasks = (0..tasks).map(|_| driver.region_spawn(root)).collect();
    driver.turn();
    (driver, tasks)
}

fn acquire(driver: &mut Driver<FakePort>, task: f64, semaphore: f64, token: f64) -> f64 {
    let kind = f64::from(ObligationKind::SemaphorePermit.code());
    driver.semaphore_acquire(task, semaphore, 1.0, kind, token)
}

/// The records of one turn: code, token and aux.
fn turned(driver: &mut Driver<FakePort>) -> Vec<(u32, u32, u32)> {
    driver.turn();
    let records = records(driver).into_iter();
    records
        .map(|(code, _, token, aux)| (code, token, aux))
        .collect()
}

#[test]
fn a_permit_that_is_there_is_had_in_the_call_and_the_next_one_is_told_when_it_comes_back() {
    let (mut driver, tasks) = running(2);
    let lock = driver.semaphore_open(driver.root(), 1.0, RETURNED);
    let held = acquire(&mut driver, tasks[0], lock, 5.0);
    assert_eq!(driver.state(held), 0.0, "reserved");
    let answer = acquire(&mut driver, tasks[1], lock, 6.0);
    let asked = answer - ASKED;
    assert!(answer < -f64::from(u32::MAX));
    assert_eq!(driver.state(asked), 4.0, "asked");
    assert_eq!(driver.semaphore_count(lock, AVAILABLE), 0.0);
    assert_eq!(driver.semaphore_count(lock, WAITING), 1.0);

    assert_eq!(driver.obligation_commit(held), 0.0);
    assert_eq!(turned(&mut driver), [(RESUME, 6, GRANTED)]);
    assert_eq!(driver.obligation_abort(asked), 0.0);
    assert_eq!(driver.semaphore_count(lock, AVAILABLE), 1.0);
}

#[test]
fn a_handle_in_line_is_told_from_every_error_whatever_the_tag() {
    for tag in [0.0, 1.0, 63.0, 64.0, 127.0] {
        let config = asupersync_wasm_core::DriverConfig { tag, ..CONFIG };
        let mut driver = Driver::new(config, FakePort::default()).unwrap();
        let task = driver.region_spawn(driver.root());
        driver.turn();
        let empty = driver.semaphore_open(driver.root(), 0.0, SPENT);
        let answer = acquire(&mut driver, task, empty, 1.0);
        assert!(answer < -f64::from(u32::MAX), "tag {tag}: {answer}");
        assert_eq!(driver.state(answer - ASKED), 4.0, "tag {tag}");
    }
}

#[test]
fn without_a_token_nothing_waits() {
    let (mut driver, tasks) = running(1);
    let one = driver.semaphore_open(driver.root(), 1.0, RETURNED);
    assert!(acquire(&mut driver, tasks[0], one, LEFT_OUT) > 0.0);
    let none = acquire(&mut driver, tasks[0], one, LEFT_OUT);
    assert_eq!(none, refused(ErrorKind::WouldWait));
    assert_eq!(driver.semaphore_count(one, WAITING), 0.0);
}

#[test]
fn what_is_committed_goes_from_one_half_of_a_channel_to_the_other() {
    let (mut driver, tasks) = running(1);
    let free = driver.semaphore_open(driver.root(), 2.0, CHANNEL);
    let items = driver.channel_items(free);
    assert_eq!(driver.channel_items(items), refused(ErrorKind::WrongState));
    let counts = |driver: &Driver<FakePort>| {
        [free, items].map(|half| driver.semaphore_count(half, AVAILABLE))
    };
    assert_eq!(counts(&driver), [2.0, 0.0]);
    let place = acquire(&mut driver, tasks[0], free, LEFT_OUT);
    driver.obligation_commit(place);
    assert_eq!(counts(&driver), [1.0, 1.0]);
    let item = acquire(&mut driver, tasks[0], items, LEFT_OUT);
    driver.obligation_abort(item);
    assert_eq!(counts(&driver), [1.0, 1.0], "the message stays");
    let added = driver.semaphore_add(free, 1.0);
    assert_eq!(added, refused(ErrorKind::WrongState), "its capacity stays");

    assert_eq!(driver.semaphore_close(items), 0.0);
    assert_eq!([free, items].map(|half| driver.state(half)), [1.0, 1.0]);
    let late = acquire(&mut driver, tasks[0], free, 1.0);
    assert_eq!(late, refused(ErrorKind::SemaphoreClosed));
    let item = acquire(&mut driver, tasks[0], items, 1.0);
    assert_eq!(driver.obligation_commit(item), 0.0, "what was sent is had");
    let none = acquire(&mut driver, tasks[0], items, 1.0);
    assert_eq!(none, refused(ErrorKind::SemaphoreClosed));
}

#[test]
fn one_permit_is_added_for_each_that_waits() {
    let (mut driver, tasks) = running(3);
    let line = driver.semaphore_open(driver.root(), 0.0, SPENT);
    for (task, token) in tasks.iter().zip([1.0, 2.0, 3.0]) {
        acquire(&mut driver, *task, line, token);
    }
    assert_eq!(driver.semaphore_add(line, LEFT_OUT), 0.0);
    let told = [1, 2, 3].map(|token| (RESUME, token, GRANTED));
    assert_eq!(turned(&mut driver), told);
    assert_eq!(driver.semaphore_add(line, LEFT_OUT), 0.0);
    assert_eq!(driver.semaphore_count(line, AVAILABLE), 0.0);
}

#[test]
fn who_waits_is_refused_when_it_is_dropped_or_its_region_closes() {
    let (mut driver, tasks) = running(2);
    let region = driver.region_open(driver.root(), 0.0);
    let owned = driver.semaphore_open(region, 0.0, SPENT);
    let dropped = driver.semaphore_open(driver.root(), 0.0, SPENT);
    acquire(&mut driver, tasks[0], dropped, 1.0);
    acquire(&mut driver, tasks[1], owned, 2.0);
    assert_eq!(driver.semaphore_drop(dropped), 0.0);
    assert_eq!(driver.region_close(region), 0.0);
    let told = turned(&mut driver);
    assert!(told.contains(&(RESUME, 1, CLOSED)), "{told:?}");
    assert!(told.contains(&(RESUME, 2, CLOSED)), "{told:?}");
    for gone in [owned, dropped] {
        let stale = refused(ErrorKind::StaleHandle);
        assert_eq!(acquire(&mut driver, tasks[0], gone, 3.0), stale);
        assert_eq!(driver.semaphore_count(gone, AVAILABLE), stale);
        assert_eq!(driver.semaphore_drop(gone), stale);
    }
}

#[test]
fn a_cancelled_task_gets_nothing_and_a_grant_that_it_was_not_told_of_goes_on() {
    let (mut driver, tasks) = running(2);
    let lock = driver.semaphore_open(driver.root(), 0.0, RETURNED);
    acquire(&mut driver, tasks[0], lock, 1.0);
    acquire(&mut driver, tasks[1], lock, 2.0);
    driver.semaphore_add(lock, 1.0);
    driver.task_cancel(tasks[0], 0.0, "");
    let told = turned(&mut driver);
    assert_eq!((told[0].0, told[0].1), (CANCEL, 1));
    // The permit that went back wakes the second within the same turn or the next.
    let next = [told, turned(&mut driver)].concat();
    assert!(next.contains(&(RESUME, 2, GRANTED)), "{next:?}");

    let again = acquire(&mut driver, tasks[0], lock, 3.0);
    assert!(
        again < -f64::from(u32::MAX),
        "its wait fails at the next turn"
    );
    assert_eq!(turned(&mut driver)[0].0, CANCEL);
}

#[test]
fn a_permit_that_a_task_holds_at_its_end_is_a_leak_and_one_that_it_waits_for_is_none() {
    let (mut driver, tasks) = running(2);
    let lock = driver.semaphore_open(driver.root(), 1.0, RETURNED);
    acquire(&mut driver, tasks[0], lock, 1.0);
    acquire(&mut driver, tasks[1], lock, 2.0);
    assert_eq!(driver.task_complete(tasks[1], 0.0), 4.0, "it is just gone");
    assert_eq!(driver.semaphore_count(lock, WAITING), 0.0);
    assert_eq!(driver.task_complete(tasks[0], 0.0), 0.0);
    let kind = u32::from(ObligationKind::SemaphorePermit.code());
    let told = turned(&mut driver);
    assert_eq!((told[0].0, told[0].1), (LEAKED, kind));
    assert_eq!(driver.semaphore_count(lock, AVAILABLE), 1.0);
}

#[test]
fn numbers_that_are_no_permits_flows_kinds_or_counts_are_refused() {
    let (mut driver, tasks) = running(1);
    let root = driver.root();
    let one = driver.semaphore_open(root, 1.0, RETURNED);
    let invalid = refused(ErrorKind::InvalidNumber);
    for number in [f64::NAN, -2.0, 0.5, 3.0e10] {
        assert_eq!(driver.semaphore_open(root, number, RETURNED), invalid);
        assert_eq!(driver.semaphore_open(root, 1.0, number), invalid);
        assert_eq!(driver.semaphore_add(one, number), invalid);
        assert_eq!(driver.semaphore_count(one, number), invalid);
        let kinds = driver.semaphore_acquire(tasks[0], one, 1.0, number, 1.0);
        let permits = driver.semaphore_acquire(tasks[0], one, number, 1.0, 1.0);
        let token = driver.semaphore_acquire(tasks[0], one, 1.0, 1.0, number);
        assert_eq!([kinds, permits, token], [invalid; 3], "{number}");
    }
    assert_eq!(driver.semaphore_open(root, 0.0, CHANNEL), invalid);
    assert_eq!(driver.semaphore_count(one, AVAILABLE), 1.0);
}
