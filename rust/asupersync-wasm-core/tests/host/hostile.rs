//! Hostile numbers at the boundary: typed refusals, nothing touched, never a trap.

use crate::calls::{CALLS, call};
use crate::draw::count;
use crate::fake_port::{FakePort, driver};
use asupersync_core::limits::GENERATIONS_MAX;
use asupersync_core::{ErrorKind, Handle};
use asupersync_wasm_core::Driver;
use asupersync_wasm_core::abi::{EffectCode, GROUPS};
use proptest::prelude::*;

const NUMBERS: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -1.0,
    -0.5,
    0.0,
    0.5,
    1.0,
    4_294_967_296.0,
    9_007_199_254_740_991.0,
    9_007_199_254_740_992.0,
    1e300,
    f64::MIN_POSITIVE,
    2_147_483_648.0,
];

/// Minus the code of `ErrorKind::StaleHandle`.
const STALE: f64 = -1.0;

/// Codes of counters, from 0.
const COUNTERS: u32 = 17;

fn counts(driver: &Driver<FakePort>) -> Vec<u64> {
    (0..COUNTERS)
        .map(|which| driver.count(f64::from(which)).to_bits())
        .collect()
}

#[test]
fn every_counter_code_counts_and_no_other_number_does() {
    let (driver, _port) = driver();
    let group = GROUPS.iter().find(|group| group.name == "CounterCode");
    let codes = group.map_or(&[][..], |group| group.entries).iter();
    assert!(codes.map(|entry| entry.code).eq(0..COUNTERS));
    for which in 0..COUNTERS {
        assert!(driver.count(f64::from(which)).is_finite(), "{which}");
    }
    for which in [f64::from(COUNTERS), f64::NAN, -1.0, 0.5] {
        assert!(driver.count(which).is_nan(), "{which}");
    }
}

#[test]
fn a_hundred_thousand_forged_handles_are_refused_and_touch_nothing() {
    let (mut driver, _port) = driver();
    let root = driver.root();
    let ended = driver.region_spawn(root);
    driver.turn();
    assert!(driver.task_complete(ended, 0.0) >= 4.0);
    let live = driver.region_spawn(root);
    driver.turn();
    let before = (counts(&driver), driver.fingerprint());
    let mut state = 88_172_645_463_325_252_u64;
    let mut refused = 0_u32;
    for round in 0..150_000_usize {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Random 53 bits, or a live or ended handle with one bit turned, or a plain odd number.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "53 bits"
        )]
        let handle = match round % 4 {
            0 => (state >> 11) as f64,
            1 => ((live as u64) ^ (1 << (state % 53))) as f64,
            2 => ended,
            _ => NUMBERS[round / 4 % NUMBERS.len()],
        };
        if handle == live || handle == root {
            continue;
        }
        let a = NUMBERS[round % NUMBERS.len()];
        let b = NUMBERS[(round / 7) % NUMBERS.len()];
        let answer = call(&mut driver, round % CALLS, handle, a, b);
        assert!(
            answer < 0.0,
            "call {} took {handle} and gave {answer}",
            round % CALLS
        );
        assert!((-9.0..=-1.0).contains(&answer), "a typed refusal");
        refused += 1;
    }
    assert!(refused >= 100_000);
    assert_eq!(
        (counts(&driver), driver.fingerprint()),
        before,
        "nothing was touched"
    );
    assert!(
        driver.task_complete(live, 0.0) >= 4.0,
        "the live task is unharmed"
    );
}

/// Uses one slot until its generations have run out, which takes 2,097,152 uses: `GENERATIONS` says
/// how many, and a smaller count shows only that all of them are one slot's.
#[test]
fn a_slot_that_was_used_up_is_left_and_its_handles_stay_stale() {
    let uses = count("GENERATIONS", 20_000);
    let (mut driver, _port) = driver();
    let root = driver.root();
    let slot = |handle: f64| Handle::from_raw(handle as u64).slot();
    let mut first = 0.0;
    let mut last = 0.0;
    for nth in 0..uses {
        let task = driver.region_spawn(root);
        driver.turn();
        if nth == 0 {
            first = task;
        }
        let same_slot = slot(task) == slot(first);
        assert_eq!(same_slot, nth <= u64::from(GENERATIONS_MAX), "use {nth}");
        for old in [first, last] {
            assert!(nth == 0 || driver.task_checkpoint(old) == STALE);
        }
        assert_eq!(driver.task_at(f64::from(slot(task))), task);
        assert_eq!(driver.task_complete(task, 0.0), 4.0);
        // One takes what may name the slot, the other frees it.
        driver.turn();
        driver.turn();
        last = task;
    }
    assert_eq!(driver.task_at(f64::from(slot(first))), 0.0);
    assert_eq!(driver.check_invariants(), Ok(()));
}

#[test]
fn a_handle_of_another_runtime_is_foreign() {
    let (mut ours, _) = driver();
    let mut theirs = Driver::new(
        asupersync_wasm_core::DriverConfig {
            tag: 2.0,
            ..crate::fake_port::CONFIG
        },
        FakePort::default(),
    )
    .unwrap();
    let task = theirs.region_spawn(theirs.root());
    assert_eq!(
        ours.task_checkpoint(task),
        -f64::from(ErrorKind::ForeignHandle.code())
    );
}

#[test]
fn after_close_every_call_says_so() {
    let (mut driver, _port) = driver();
    let (root, task) = (driver.root(), driver.region_spawn(driver.root()));
    assert_eq!(driver.close(), 0.0);
    while driver.turn() > 0 {}
    for which in 0..CALLS {
        for handle in [root, task] {
            let answer = call(&mut driver, which, handle, 0.0, 0.0);
            assert_eq!(
                answer,
                -f64::from(ErrorKind::RuntimeClosed.code()),
                "call {which}"
            );
        }
    }
}

/// Turns once and answers what only the SDK can answer: orders to run a finalizer.
fn turn_and_finalize(driver: &mut Driver<FakePort>, handles: &[f64]) -> bool {
    let turned = driver.turn() > 0;
    for (code, slot, _, _) in crate::fake_port::records(driver) {
        if code == EffectCode::Finalize as u32 {
            let task = driver.task_at(f64::from(slot));
            driver.task_finalized(task, 0.0);
        }
        if code == EffectCode::RegionFinalize as u32 {
            // None answers if a random call did before the order was delivered.
            let _ = handles
                .iter()
                .find(|region| driver.region_finalizer_spawn(**region) > 0.0);
        }
    }
    turned
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_calls_leaves_a_kernel_that_closes(
        calls in prop::collection::vec(
            (0..CALLS, 0..12_usize, 0..NUMBERS.len(), 0..NUMBERS.len()),
            1..300,
        )
    ) {
        let (mut driver, port) = driver();
        let mut handles = vec![driver.root()];
        for (which, handle, a, b) in calls {
            let handle = handles[handle % handles.len()];
            let a = if a % 2 == 0 { NUMBERS[a] } else { handles[a % handles.len()] };
            let answer = call(&mut driver, which, handle, a, NUMBERS[b]);
            if answer > f64::from(u32::MAX) {
                handles.push(answer);
            }
            port.pass(1.0);
            turn_and_finalize(&mut driver, &handles);
        }
        driver.close();
        for _ in 0..100 {
            port.pass(6_000.0);
            while turn_and_finalize(&mut driver, &handles) {}
        }
        prop_assert_eq!(driver.count(0.0), 0.0, "no task is left");
        prop_assert_eq!(driver.count(1.0), 0.0, "no region is left");
        prop_assert_eq!(driver.count(3.0), 0.0, "no timer is left");
    }
}
