//! The laws of the kernel's values, for random ones: strengthening of reasons, the meet of
//! budgets, the worst of outcomes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

use std::sync::Arc;

use asupersync_core::{
    Budget, CancelKind, CancelReason, Handle, Kernel, KernelConfig, Outcome, Time,
};
use proptest::prelude::*;

/// A reason of the kernel's own making, as a mould: outside the kernel none can be built.
fn mould() -> CancelReason {
    let mut kernel = Kernel::new(&KernelConfig::default());
    let task = kernel.region_spawn(kernel.root()).unwrap();
    kernel.task_cancel(task, CancelKind::User, "").unwrap();
    (*kernel.task_reason(task).unwrap().unwrap()).clone()
}

prop_compose! {
    /// Few times, messages and origins, so that ties of every depth are common.
    fn reasons()(
        kind in 0_u32..13,
        at in 0_u64..3,
        message in prop::option::of("[ab]{1,2}"),
        origin in 0_u64..3,
        id in 1_u32..100,
    ) -> Arc<CancelReason> {
        let mut reason = mould();
        reason.id = id;
        reason.kind = CancelKind::from_code(kind).unwrap();
        reason.at = Time::from_nanos(at);
        reason.message = message.map(Into::into);
        reason.origin = Handle::from_raw(origin);
        Arc::new(reason)
    }
}

prop_compose! {
    fn budgets()(
        deadline in any::<u64>(),
        polls in any::<u32>(),
        cost in any::<u64>(),
        priority in 0_u8..8,
    ) -> Budget {
        Budget { deadline: Time::from_nanos(deadline), polls, cost, priority }
    }
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    (0_u32..4).prop_map(|code| Outcome::from_code(code).unwrap())
}

fn strengthen(a: &Arc<CancelReason>, b: &Arc<CancelReason>) -> Arc<CancelReason> {
    CancelReason::strengthen(Arc::clone(a), Arc::clone(b))
}

/// Neither is stronger: they say the same, and differ at most in their number.
fn same(a: &CancelReason, b: &CancelReason) -> bool {
    !a.is_stronger_than(b) && !b.is_stronger_than(a)
}

proptest! {
    #[test]
    fn strengthening_with_itself_changes_nothing(a in reasons()) {
        prop_assert!(Arc::ptr_eq(&strengthen(&a, &a), &a));
    }

    #[test]
    fn strengthening_does_not_depend_on_the_order(a in reasons(), b in reasons()) {
        let (ab, ba) = (strengthen(&a, &b), strengthen(&b, &a));
        prop_assert!(same(&ab, &ba), "{ab:?} {ba:?}");
        prop_assert_eq!(
            (ab.kind, ab.at, &ab.message, ab.origin),
            (ba.kind, ba.at, &ba.message, ba.origin)
        );
    }

    #[test]
    fn strengthening_does_not_depend_on_the_grouping(a in reasons(), b in reasons(), c in reasons()) {
        let left = strengthen(&strengthen(&a, &b), &c);
        let right = strengthen(&a, &strengthen(&b, &c));
        prop_assert!(same(&left, &right));
    }

    #[test]
    fn strengthening_never_weakens(a in reasons(), b in reasons()) {
        let stronger = strengthen(&a, &b);
        prop_assert!(!a.is_stronger_than(&stronger) && !b.is_stronger_than(&stronger));
        prop_assert!(stronger.kind.severity() == a.kind.severity().max(b.kind.severity()));
        prop_assert!(Arc::ptr_eq(&stronger, &a) || Arc::ptr_eq(&stronger, &b), "one of the two");
    }

    #[test]
    fn strength_goes_by_severity_then_time_then_message(a in reasons(), b in reasons()) {
        let key = |r: &CancelReason| {
            (core::cmp::Reverse(r.kind.severity()), r.at, r.message.is_none(), r.message.clone())
        };
        if key(&a) != key(&b) {
            prop_assert_eq!(a.is_stronger_than(&b), key(&a) < key(&b));
        }
    }

    #[test]
    fn the_meet_of_budgets_is_a_semilattice(a in budgets(), b in budgets(), c in budgets()) {
        prop_assert_eq!(a.meet(a), a);
        prop_assert_eq!(a.meet(b), b.meet(a));
        prop_assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
        prop_assert_eq!(a.meet(Budget::DEFAULT), a);
    }

    #[test]
    fn the_meet_of_budgets_is_never_looser(a in budgets(), b in budgets()) {
        let met = a.meet(b);
        prop_assert!(met.deadline <= a.deadline && met.deadline <= b.deadline);
        prop_assert!(met.polls <= a.polls && met.polls <= b.polls);
        prop_assert!(met.cost <= a.cost && met.cost <= b.cost);
        prop_assert!(met.priority >= a.priority && met.priority >= b.priority);
    }

    #[test]
    fn the_worst_of_outcomes_is_a_semilattice(a in outcomes(), b in outcomes(), c in outcomes()) {
        prop_assert_eq!(a.max(a), a);
        prop_assert_eq!(a.max(b), b.max(a));
        prop_assert_eq!(a.max(b).max(c), a.max(b.max(c)));
        prop_assert_eq!(a.max(Outcome::Ok), a);
        prop_assert_eq!(a.max(Outcome::Panicked), Outcome::Panicked);
        prop_assert_eq!(a.is_failure(), a == Outcome::Err || a == Outcome::Panicked);
    }
}

#[test]
fn codes_of_outcomes_and_kinds_give_them_back() {
    for code in 0..4 {
        assert_eq!(u32::from(Outcome::from_code(code).unwrap().code()), code);
    }
    assert_eq!(Outcome::from_code(4), None);
    for kind in CancelKind::ALL {
        assert_eq!(CancelKind::from_code(u32::from(kind.code())), Some(kind));
        assert!(kind.severity() <= 5);
    }
}
