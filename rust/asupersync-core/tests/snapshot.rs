//! Behaviour of a snapshot's rows: each says in a word where its subject stands. Which rows there
//! are, and in which order, is in `region.rs`.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod support;

use asupersync_core::{CancelKind, HostOpKind, ObligationKind, Outcome, Row};
use support::Rig;

/// The states of what is live, in the order of the snapshot.
fn states(rig: &Rig) -> Vec<&'static str> {
    rig.kernel.snapshot().iter().map(Row::state_name).collect()
}

#[test]
fn a_row_names_the_state_of_its_subject() {
    let mut rig = Rig::new();
    let a = rig.task("a", rig.root());
    assert_eq!(states(&rig), ["open", "created"]);
    assert_eq!(rig.turn(), ["start a"]);
    let op = rig.op("o", a, HostOpKind::Foreign, 0);
    rig.obligation("b", a, ObligationKind::Ack);
    assert_eq!(states(&rig), ["open", "running", "submitted", "reserved"]);
    rig.kernel.region_close(rig.root()).unwrap();
    rig.cancel(a, CancelKind::User);
    assert_eq!(
        states(&rig),
        ["closing", "cancel-requested", "draining", "reserved"]
    );
    rig.complete(a, Outcome::Cancelled);
    assert_eq!(states(&rig)[..3], ["closing", "finalizing", "draining"]);
    rig.kernel.host_complete(op, 0).unwrap();
    assert_eq!(states(&rig), [""; 0]);
}

#[test]
fn a_state_of_a_later_version_has_no_name() {
    let rig = Rig::new();
    let mut row = rig.kernel.snapshot()[0];
    row.state = u8::MAX;
    assert_eq!(row.state_name(), "unknown");
}
