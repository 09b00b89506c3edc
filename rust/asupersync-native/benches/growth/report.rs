//! What is printed: a table for people, or JSON for `bench/growth.mjs`.

use crate::law::{OPERATIONS, Point};
use crate::soak::Soak;

/// The table.
pub(crate) fn table(points: &[Point], soak: Option<&Soak>) -> String {
    let mut lines = vec![format!(
        "{:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "live tasks", "spawn", "wake", "sleep", "cancel", "close", "B started", "B asleep"
    )];
    for point in points {
        let ns = point.samples_ns.iter().map(|samples| minimum(samples));
        let bytes = [point.bytes_started, point.bytes_asleep]
            .map(|bytes| bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{bytes:.0}")));
        lines.push(format!(
            "{:>10} {} {:>9} {:>9}",
            point.live,
            ns.map(|ns| format!("{ns:>8.0}"))
                .collect::<Vec<_>>()
                .join(" "),
            bytes[0],
            bytes[1]
        ));
    }
    lines.push("minima, in nanoseconds of processor time for one task".to_owned());
    if let Some(soak) = soak {
        let mib = |bytes: u64| bytes / (1 << 20);
        let seen = || soak.samples.iter().map(|(_, bytes)| mib(*bytes));
        lines.push(format!(
            "{} tasks came and went, {} at once, in {:.1} s; resident {} to {} MiB",
            soak.tasks,
            soak.wave,
            soak.seconds,
            seen().min().unwrap_or(0),
            seen().max().unwrap_or(0)
        ));
    }
    lines.join("\n")
}

/// The JSON: numbers and plain words only, so nothing needs escaping.
pub(crate) fn json(points: &[Point], soak: Option<&Soak>) -> String {
    let points = points.iter().map(|point| {
        let samples = OPERATIONS.iter().zip(&point.samples_ns);
        let samples = samples.map(|(name, ns)| format!("\"{name}\":{}", list(ns)));
        format!(
            "{{\"live\":{},\"samplesNs\":{{{}}},\"bytesStarted\":{},\"bytesAsleep\":{}}}",
            point.live,
            samples.collect::<Vec<_>>().join(","),
            number(point.bytes_started),
            number(point.bytes_asleep)
        )
    });
    let soak = soak.map_or_else(|| "null".to_owned(), soak_json);
    format!(
        "{{\"points\":[{}],\"soak\":{soak}}}",
        points.collect::<Vec<_>>().join(",")
    )
}

fn soak_json(soak: &Soak) -> String {
    let samples = soak
        .samples
        .iter()
        .map(|(tasks, bytes)| format!("{{\"tasks\":{tasks},\"residentBytes\":{bytes}}}"));
    format!(
        "{{\"tasks\":{},\"liveAtOnce\":{},\"seconds\":{:.3},\"samples\":[{}]}}",
        soak.tasks,
        soak.wave,
        soak.seconds,
        samples.collect::<Vec<_>>().join(",")
    )
}

fn list(values: &[f64]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("{value:.1}")).collect();
    format!("[{}]", values.join(","))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| format!("{value:.1}"))
}

fn minimum(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}
