//! Behaviour of handles: stale, foreign, forged, reused, and hostile numbers without number.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may stop where it fails, and its random numbers are small"
)]

mod support;

use asupersync_core::limits::{GENERATIONS_MAX, SLOT_BITS};
use asupersync_core::{
    Budget, CancelKind, Effect, ErrorKind, Handle, HandleKind, HostOpKind, Kernel, KernelConfig,
    KernelError, ObligationKind, Outcome, Ownership, PermitFlow, Policy, RegionLimits,
};
use support::{Rig, config, kind_of, ms};

/// Every command and every question that names `first`, with `second` where a second handle is
/// due.
fn all_answers(kernel: &mut Kernel, first: Handle, second: Handle) -> Vec<Option<KernelError>> {
    let user = CancelKind::User;
    vec![
        kernel.region_open(first, Policy::Race).err(),
        kernel
            .region_open_in(first, Policy::Race, Ownership::default())
            .err(),
        kernel.region_spawn(first).err(),
        kernel.region_spawn_with(first, Budget::DEFAULT).err(),
        kernel.region_close(first).err(),
        kernel.region_cancel(first, user, "").err(),
        kernel.region_timeout(first, ms(1)).err(),
        kernel.region_defer(first).err(),
        kernel.region_limits(first, RegionLimits::NONE).err(),
        kernel.region_finalizer_spawn(first).err(),
        kernel.region_state(first).err(),
        kernel.region_reason(first).err(),
        kernel.region_join(first, second, 1).err(),
        kernel.task_complete(first, Outcome::Ok).err(),
        kernel.task_finalized(first, Outcome::Ok).err(),
        kernel.task_cancel(first, user, "").err(),
        kernel.task_budget(first, Budget::DEFAULT).err(),
        kernel.task_charge(first, 1).err(),
        kernel.task_mask(first).err(),
        kernel.task_unmask(first).err(),
        kernel.task_defer(first).err(),
        kernel.task_checkpoint(first).err(),
        kernel.task_sleep(first, ms(1), 1).err(),
        kernel.task_join(first, second, 1).err(),
        kernel.task_state(first).err(),
        kernel.task_reason(first).err(),
        kernel.host_open(first, HostOpKind::Fetch, 1).err(),
        kernel.host_wait(first, 1).err(),
        kernel.host_notify(first, 0).err(),
        kernel.host_complete(first, 0).err(),
        kernel.host_op_state(first).err(),
        kernel.obligation_reserve(first, ObligationKind::Ack).err(),
        kernel.obligation_commit(first).err(),
        kernel.obligation_abort(first).err(),
        kernel.obligation_transfer(first, second).err(),
        kernel.obligation_state(first).err(),
        kernel.semaphore_open(first, 1, PermitFlow::Returned).err(),
        kernel.channel_open(first, 1).err(),
        kernel
            .semaphore_acquire(first, second, 1, ObligationKind::Ack, 1)
            .err(),
        kernel
            .semaphore_try_acquire(first, second, 1, ObligationKind::Ack)
            .err(),
        kernel.semaphore_add(first, 1).err(),
        kernel.semaphore_close(first).err(),
        kernel.semaphore_drop(first).err(),
        kernel.semaphore_status(first).err(),
    ]
}

/// What may not change when a command is refused.
fn picture(kernel: &Kernel) -> impl PartialEq + core::fmt::Debug + use<> {
    let now = (kernel.now(), kernel.is_runnable(), kernel.is_closed());
    (
        kernel.snapshot(),
        kernel.counters(),
        kernel.fingerprint(),
        kernel.certificate(),
        now,
    )
}

/// A kernel with something of every kind live, and something of every kind ended.
fn busy() -> (Rig, Vec<Handle>, Vec<Handle>) {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    let task = rig.started("a", region);
    let op = rig.op("op", task, HostOpKind::Fetch, 1);
    let obligation = rig.obligation("obligation", task, ObligationKind::Lease);
    let gone_region = rig.region("gone region", region, Policy::FailFast);
    rig.kernel.region_close(gone_region).unwrap();
    rig.turn();
    let gone_task = rig.started("gone task", region);
    let gone_op = rig.op("gone op", gone_task, HostOpKind::Foreign, 0);
    rig.kernel.host_complete(gone_op, 0).unwrap();
    let gone_obligation = rig.obligation("gone", gone_task, ObligationKind::Ack);
    rig.kernel.obligation_commit(gone_obligation).unwrap();
    let open = |rig: &mut Rig| rig.kernel.semaphore_open(region, 1, PermitFlow::Returned);
    let semaphore = open(&mut rig).unwrap();
    let gone_semaphore = open(&mut rig).unwrap();
    rig.kernel.semaphore_drop(gone_semaphore).unwrap();
    rig.complete(gone_task, Outcome::Ok);
    rig.effects();
    let live = vec![rig.root(), region, task, op, obligation, semaphore];
    let gone = vec![
        gone_region,
        gone_task,
        gone_op,
        gone_obligation,
        gone_semaphore,
    ];
    (rig, live, gone)
}

#[test]
fn an_ended_thing_is_stale_at_once_and_after_its_slot_was_freed() {
    let (mut rig, _, gone) = busy();
    for _ in 0..2 {
        for handle in &gone {
            let before = picture(&rig.kernel);
            let answers = all_answers(&mut rig.kernel, *handle, *handle);
            for answer in &answers {
                let kind = answer.expect("refused").kind;
                assert!(
                    matches!(kind, ErrorKind::StaleHandle | ErrorKind::ForgedHandle),
                    "{kind:?}"
                );
            }
            let stale = |answer: &Option<KernelError>| {
                answer.is_some_and(|error| error.kind == ErrorKind::StaleHandle)
            };
            let expected = match handle.kind().unwrap() {
                HandleKind::Region => 13,
                HandleKind::Task => 19,
                HandleKind::HostOp | HandleKind::Obligation | HandleKind::Semaphore => 4,
            };
            assert_eq!(
                answers.iter().filter(|answer| stale(answer)).count(),
                expected,
                "the commands of its own kind say stale, all others forged"
            );
            assert_eq!(picture(&rig.kernel), before);
        }
        rig.turn();
    }
}

#[test]
fn a_handle_of_another_runtime_is_foreign() {
    let mut rig = Rig::new();
    let mut other = Rig::with(&KernelConfig { tag: 2, ..config() });
    let mine = rig.started("a", rig.root());
    let theirs = other.started("a", other.root());
    assert_eq!(
        theirs.raw() & ((1 << 46) - 1),
        mine.raw() & ((1 << 46) - 1),
        "the same slot and generation of another runtime"
    );
    let foreign = ErrorKind::ForeignHandle;
    let kernel = &mut rig.kernel;
    assert_eq!(kind_of(kernel.task_complete(theirs, Outcome::Ok)), foreign);
    assert_eq!(kind_of(kernel.task_join(mine, theirs, 1)), foreign);
    assert_eq!(kind_of(kernel.region_spawn(other.root())), foreign);
    assert!(rig.is_live_task(mine));
}

#[test]
fn tags_wrap_at_their_maximum() {
    let kernel = Kernel::new(&KernelConfig {
        tag: 128 + 5,
        ..config()
    });
    let same = Kernel::new(&KernelConfig { tag: 5, ..config() });
    assert_eq!(kernel.root(), same.root());
}

#[test]
fn a_handle_of_another_kind_is_forged() {
    let (mut rig, live, _) = busy();
    let [_, region, task, op, obligation, semaphore] = live[..] else {
        panic!("six things")
    };
    let forged = ErrorKind::ForgedHandle;
    let kernel = &mut rig.kernel;
    let pairs = [
        (region, task),
        (task, op),
        (op, obligation),
        (obligation, semaphore),
        (semaphore, region),
    ];
    for (handle, other) in pairs {
        let before = picture(kernel);
        assert_ne!(handle.kind(), other.kind());
        let wrong = match handle.kind().unwrap() {
            HandleKind::Region => kernel.task_checkpoint(handle).err(),
            HandleKind::Task => kernel.host_complete(handle, 0).err(),
            HandleKind::HostOp => kernel.obligation_commit(handle).err(),
            HandleKind::Obligation => kernel.semaphore_close(handle).err(),
            HandleKind::Semaphore => kernel.region_close(handle).err(),
        };
        assert_eq!(wrong.map(|error| error.kind), Some(forged));
        assert_eq!(picture(kernel), before);
    }
}

#[test]
fn a_slot_that_was_never_issued_is_forged_and_a_future_generation_is_stale() {
    let mut rig = Rig::new();
    let task = rig.started("a", rig.root());
    let future = Handle::from_raw(task.raw() + (1 << 22));
    let unissued = Handle::from_raw(task.raw() + 1);
    let nowhere = Handle::from_raw(task.raw() - u64::from(task.slot()));
    let kernel = &mut rig.kernel;
    let answer = |result| kind_of::<()>(result);
    assert_eq!(answer(kernel.task_mask(future)), ErrorKind::StaleHandle);
    assert_eq!(answer(kernel.task_mask(unissued)), ErrorKind::ForgedHandle);
    assert_eq!(answer(kernel.task_mask(nowhere)), ErrorKind::ForgedHandle);
    for raw in [
        0,
        1,
        u64::MAX,
        1 << 53,
        task.raw() | 1 << 53,
        task.raw() | 1 << 63,
    ] {
        let handle = Handle::from_raw(raw);
        assert_eq!(answer(kernel.task_mask(handle)), ErrorKind::ForgedHandle);
    }
}

#[test]
fn a_hundred_thousand_forged_numbers_change_nothing() {
    let (mut rig, live, gone) = busy();
    let valid: Vec<u64> = live.iter().map(|handle| handle.raw()).collect();
    let known: Vec<u64> = live
        .iter()
        .chain(&gone)
        .map(|handle| handle.raw())
        .collect();
    let before = picture(&rig.kernel);
    let deadline = rig.kernel.next_deadline();
    let mut state = 0x5EED_u64;
    let mut next = || {
        // SplitMix64, as in the kernel.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let mut forge = || loop {
        let (shape, random) = (next() % 4, next());
        let raw = match shape {
            // Any number at all.
            0 => random,
            // Any number that a JavaScript number can carry.
            1 => random >> 11,
            // A known handle with one bit flipped.
            2 => known[(random % known.len() as u64) as usize] ^ (1 << (next() % 64)),
            // Small slot and generation, any kind and runtime.
            _ => (random % 8) | ((next() % 4) << 22) | ((next() % 1024) << 43),
        };
        if !valid.contains(&raw) {
            return Handle::from_raw(raw);
        }
    };
    let commands = all_answers(&mut rig.kernel, Handle::from_raw(0), Handle::from_raw(0)).len();
    for _ in 0..100_000_usize.div_ceil(commands) {
        let (first, second) = (forge(), forge());
        for (nth, answer) in all_answers(&mut rig.kernel, first, second)
            .iter()
            .enumerate()
        {
            let kind = answer.map(|error| error.kind);
            assert!(
                matches!(
                    kind,
                    Some(
                        ErrorKind::StaleHandle | ErrorKind::ForeignHandle | ErrorKind::ForgedHandle
                    )
                ),
                "command {nth} on {:#x}: {kind:?}",
                first.raw()
            );
        }
    }
    assert_eq!(picture(&rig.kernel), before);
    assert_eq!(rig.kernel.next_deadline(), deadline);
    rig.check();
    assert_eq!(rig.settle(), [""; 0]);
}

#[test]
fn a_slot_is_retired_when_its_generations_have_run_out_and_no_handle_comes_twice() {
    let mut rig = Rig::with(&KernelConfig {
        generations_max: 3,
        ..config()
    });
    let mut seen = Vec::new();
    let mut slots = std::collections::BTreeMap::<(HandleKind, u32), u32>::new();
    let rounds = if cfg!(miri) { 20 } else { 100 };
    for _ in 0..rounds {
        let region = rig.region("r", rig.root(), Policy::FailFast);
        let task = rig.kernel.region_spawn(region).unwrap();
        rig.turn();
        let op = rig
            .kernel
            .host_open(task, HostOpKind::Fetch, 0)
            .unwrap()
            .unwrap();
        let obligation = rig.obligation("o", task, ObligationKind::Ack);
        rig.kernel.obligation_abort(obligation).unwrap();
        let semaphore = rig.kernel.semaphore_open(region, 1, PermitFlow::Spent);
        for handle in [region, task, op, obligation, semaphore.unwrap()] {
            assert!(!seen.contains(&handle), "issued twice");
            assert!(handle.generation() <= 3);
            seen.push(handle);
            let kind = handle.kind().unwrap();
            *slots.entry((kind, handle.slot())).or_default() += 1;
        }
        rig.kernel.host_complete(op, 0).unwrap();
        rig.complete(task, Outcome::Ok);
        rig.kernel.region_close(region).unwrap();
        rig.turn();
        for old in &seen {
            let kernel = &mut rig.kernel;
            let stale = match old.kind().unwrap() {
                HandleKind::Region => kernel.region_close(*old).err(),
                HandleKind::Task => kernel.task_checkpoint(*old).err(),
                HandleKind::HostOp => kernel.host_notify(*old, 0).err(),
                HandleKind::Obligation => kernel.obligation_commit(*old).err(),
                HandleKind::Semaphore => kernel.semaphore_close(*old).err(),
            };
            assert_eq!(stale.unwrap().kind, ErrorKind::StaleHandle);
        }
    }
    assert!(slots.values().all(|uses| *uses <= 4), "generations 0 to 3");
    assert!(slots.len() >= rounds, "new slots take over");
    rig.check();
}

/// Handles that name nothing: each was issued and has ended, is the same of another runtime, is of
/// a generation that its slot is past or never had, or has one bit turned.
fn bad_handles(ended: &[Handle], random: u64) -> [Handle; 4] {
    let old = ended[(random % ended.len() as u64) as usize].raw();
    let generation = random >> 32 & u64::from(GENERATIONS_MAX);
    [
        old,
        old ^ (1 + random % 127) << 46,
        old & !(u64::from(GENERATIONS_MAX) << SLOT_BITS) | generation << SLOT_BITS,
        old ^ 1 << (random >> 16 & 63),
    ]
    .map(Handle::from_raw)
}

#[test]
fn a_hundred_thousand_bad_handles_are_refused_while_slots_are_used_up() {
    const GENERATIONS: u32 = 5;
    // Each round uses up one generation, and there are to be enough of them for all.
    let (wanted, draws) = if cfg!(miri) { (2_000, 1) } else { (100_000, 8) };
    let mut rig = Rig::with(&KernelConfig {
        generations_max: GENERATIONS,
        ..config()
    });
    let (mut ended, mut refused, mut random) = (Vec::new(), 0, 0x5EED_u64);
    while refused < wanted {
        let region = rig.region("r", rig.root(), Policy::FailFast);
        let task = rig.kernel.region_spawn(region).unwrap();
        rig.turn();
        let op = rig.op("op", task, HostOpKind::Fetch, 0);
        let obligation = rig.obligation("o", task, ObligationKind::Ack);
        let live = [rig.root(), region, task, op, obligation];
        assert!(!live.iter().any(|handle| ended.contains(handle)));
        for _ in 0..if ended.is_empty() { 0 } else { draws } {
            random = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            for bad in bad_handles(&ended, random >> 1) {
                if live.contains(&bad) {
                    continue;
                }
                let before = picture(&rig.kernel);
                let answers = all_answers(&mut rig.kernel, bad, task);
                for answer in &answers {
                    let kind = answer.map(|error| error.kind);
                    assert!(
                        matches!(
                            kind,
                            Some(
                                ErrorKind::StaleHandle
                                    | ErrorKind::ForeignHandle
                                    | ErrorKind::ForgedHandle
                            )
                        ),
                        "{:#x}: {kind:?}",
                        bad.raw()
                    );
                }
                refused += answers.len();
                assert_eq!(picture(&rig.kernel), before);
            }
        }
        rig.kernel.obligation_abort(obligation).unwrap();
        rig.kernel.host_complete(op, 0).unwrap();
        rig.complete(task, Outcome::Ok);
        rig.kernel.region_close(region).unwrap();
        rig.turn();
        ended.extend([region, task, op, obligation]);
    }
    let used_up = ended
        .iter()
        .filter(|handle| handle.generation() == GENERATIONS);
    assert!(used_up.count() >= 4, "slots of every kind were used up");
}

#[test]
fn a_slot_that_an_untaken_effect_names_is_not_issued_again() {
    let mut rig = Rig::new();
    let region = rig.region("r", rig.root(), Policy::FailFast);
    rig.kernel.region_defer(region).unwrap();
    let task = rig.started("t", rig.root());
    let op = rig.op("o", task, HostOpKind::Fetch, 0);
    assert_eq!(rig.complete(task, Outcome::Ok), None, "it drains");
    rig.turn();

    rig.kernel.region_close(region).unwrap();
    rig.kernel.host_complete(op, 0).unwrap();
    rig.kernel.tick(rig.now());
    let names_the_task =
        |effect: &Effect| matches!(effect, Effect::TaskDone { task: done, .. } if *done == task);
    assert!(rig.kernel.take_effects().iter().any(names_the_task));
    let finalizer = rig.kernel.region_finalizer_spawn(region).unwrap();
    assert_ne!(finalizer.slot(), task.slot());
    rig.check();
}

#[test]
fn handle_at_finds_what_is_live_and_nothing_else() {
    let (mut rig, live, gone) = busy();
    for _ in 0..2 {
        for handle in &live {
            let found = rig.kernel.handle_at(handle.kind().unwrap(), handle.slot());
            assert_eq!(found, Some(*handle));
        }
        for handle in &gone {
            let found = rig.kernel.handle_at(handle.kind().unwrap(), handle.slot());
            assert_eq!(found, None);
        }
        assert_eq!(rig.kernel.handle_at(HandleKind::Task, 0), None);
        assert_eq!(rig.kernel.handle_at(HandleKind::Task, u32::MAX), None);
        rig.turn();
    }
}

#[test]
fn an_error_says_what_was_expected_and_what_came() {
    let mut rig = Rig::new();
    let error = rig.kernel.task_mask(Handle::from_raw(0x2a)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected a live task handle, got 0x2a (ForgedHandle)"
    );
    assert_eq!(error.received, 0x2a);
    let codes = [
        ErrorKind::StaleHandle,
        ErrorKind::ForeignHandle,
        ErrorKind::ForgedHandle,
        ErrorKind::InvalidNumber,
        ErrorKind::LimitReached,
        ErrorKind::ScopeClosed,
        ErrorKind::WrongState,
        ErrorKind::RuntimeClosed,
        ErrorKind::Poisoned,
        ErrorKind::SemaphoreClosed,
        ErrorKind::WouldWait,
    ];
    for (code, kind) in (1_u8..).zip(codes) {
        assert_eq!(kind.code(), code);
    }
}
