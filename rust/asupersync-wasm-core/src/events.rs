//! Owns the trace as text: JSON lines, a head and one line an event.

use core::fmt::Write;

use asupersync_core::exec::Report;
use asupersync_core::{Event, HASH_VERSION, HandleKind};

use crate::abi::GROUPS;

/// The head, with the run's hashes and totals, then `events` in their order, by the names that
/// JavaScript knows them by. Times are nanoseconds; hashes are hexadecimal, since they do not fit
/// a number of JavaScript. O(events).
#[must_use]
pub fn json_lines(report: &Report, events: &[Event]) -> String {
    let mut text = format!(
        "{{\"version\":1,\"hashVersion\":{HASH_VERSION},\"fingerprint\":\"{:016x}\",\
         \"certificate\":\"{:016x}\",\"events\":{},\"eventsDropped\":{}}}\n",
        report.fingerprint,
        report.certificate,
        report.counters.events,
        report.counters.events_dropped,
    );
    for event in events {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{{\"seq\":{},\"atNs\":{},\"kind\":\"{}\",\"subject\":\"{}:{}.{}\",\"detail\":{}}}",
            event.seq,
            event.at.as_nanos(),
            kind(event),
            subject(event),
            event.subject.slot(),
            event.subject.generation(),
            event.detail,
        );
    }
    text
}

fn kind(event: &Event) -> &'static str {
    let group = GROUPS.iter().find(|group| group.name == "EventCode");
    let entries = group.map_or(&[][..], |group| group.entries);
    let entry = entries.iter().find(|entry| entry.code == event.kind as u32);
    entry.map_or("unknown", |entry| entry.name)
}

fn subject(event: &Event) -> &'static str {
    match event.subject.kind() {
        Some(HandleKind::Region) => "region",
        Some(HandleKind::Task) => "task",
        Some(HandleKind::HostOp) => "hostOp",
        Some(HandleKind::Obligation) => "obligation",
        Some(HandleKind::Semaphore) => "semaphore",
        None => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use asupersync_core::KernelConfig;
    use asupersync_core::exec::{Error, Lab};

    use super::json_lines;

    #[test]
    fn a_run_without_a_ring_is_its_head() {
        let run = Lab::with(KernelConfig::default()).run(|cx| async move {
            cx.yield_now().await?;
            Ok::<_, Error>(())
        });
        let text = json_lines(&run.report, &[]);
        assert_eq!(text.lines().count(), 1);
        assert!(text.starts_with("{\"version\":1,"), "{text}");
        assert!(text.contains(&format!("{:016x}", run.report.fingerprint)));
    }
}
