//! Owns the fingerprint: the hash of a run's equivalence class.
//!
//! # What it covers
//! Two events are dependent if they touch one resource (a task, a region, a host operation, an
//! obligation, a semaphore) and at least one writes it. Runs that differ only in the order of
//! independent events are one Mazurkiewicz trace (A. Mazurkiewicz, *Trace Theory*, 1987) and have
//! one Foata normal form.
//!
//! An event's `causal` hash is made of its label and of the causal hashes of the last events that
//! it depends on, a resource at a time: the last writer, and for a write also the sum over the
//! readers since. So it is a function of the event's past in the dependence graph alone. The
//! fingerprint is the wrapping sum of all causal hashes: a hash of the set of nodes of that graph,
//! hence equal for equal Foata normal forms, and kept up in O(1) an event.
//!
//! What is handed to a task (the end of a task or region, a host operation's answer) is part of
//! its past too. To ask a semaphore for permits, to get them and to give them back writes it; the
//! halves of a channel are two resources until it is closed. Times are left out: the same run on a
//! slower clock is the same run. So is the seed: two seeds that reach one class have one
//! fingerprint.

use crate::certificate::{Certificate, HASH_VERSION};
use crate::rng::mix;

/// The hash state of one resource.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Causal {
    /// Causal hash of the last event that wrote it.
    written: u64,
    /// Sum of the causal hashes of the events that read it since.
    read: u64,
}

impl Causal {
    /// The state of a resource born by the event with this hash.
    fn after(hash: u64) -> Self {
        Self {
            written: mix(hash),
            read: 0,
        }
    }

    /// Causal hash of the last event that wrote the resource.
    pub(crate) fn last(self) -> u64 {
        self.written
    }
}

/// Both hashes of a run.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) certificate: Certificate,
    fingerprint: u64,
}

impl Hashes {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            certificate: Certificate::new(seed),
            fingerprint: u64::from(HASH_VERSION),
        }
    }

    /// Adds an event that writes one resource.
    pub(crate) fn write(&mut self, label: u64, resource: &mut Causal) -> u64 {
        let hash = mix(label ^ resource.written.rotate_left(17) ^ resource.read.rotate_left(41));
        *resource = Causal {
            written: hash,
            read: 0,
        };
        self.fingerprint = self.fingerprint.wrapping_add(hash);
        hash
    }

    /// Adds an event that writes one resource and reads another.
    pub(crate) fn write_reading(&mut self, label: u64, resource: &mut Causal, read: &mut Causal) {
        let hash = self.write(label ^ read.written.rotate_left(29), resource);
        read.read = read.read.wrapping_add(hash);
    }

    /// Adds an event that writes one resource and reads two others.
    pub(crate) fn write_reading_both(
        &mut self,
        label: u64,
        resource: &mut Causal,
        [one, other]: [&mut Causal; 2],
    ) {
        let past = one.written.rotate_left(29) ^ other.written.rotate_left(53);
        let hash = self.write(label ^ past, resource);
        one.read = one.read.wrapping_add(hash);
        other.read = other.read.wrapping_add(hash);
    }

    /// Adds an event that writes two resources.
    pub(crate) fn write_both(&mut self, label: u64, one: &mut Causal, other: &mut Causal) -> u64 {
        let past = other.written.rotate_left(29) ^ other.read.rotate_left(53);
        let hash = self.write(label ^ past, one);
        *other = *one;
        hash
    }

    /// Adds to the past of `resource` that it was handed `code` by the event `cause`.
    pub(crate) fn delivered(&mut self, code: u32, cause: u64, resource: &mut Causal) {
        self.write(u64::from(code) ^ cause.rotate_left(29), resource);
    }

    /// Adds an event that writes two resources: the parent and what is born of it.
    pub(crate) fn born(&mut self, label: u64, parent: &mut Causal) -> Causal {
        Causal::after(self.write(label, parent))
    }

    /// Adds an event that writes three resources: two parents and what is born of them.
    pub(crate) fn born_of_both(
        &mut self,
        label: u64,
        one: &mut Causal,
        other: &mut Causal,
    ) -> Causal {
        Causal::after(self.write_both(label, one, other))
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        mix(self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::{Causal, HASH_VERSION, Hashes};

    #[test]
    fn independent_events_commute_and_dependent_ones_do_not() {
        let run = |order: [usize; 3]| {
            let mut hashes = Hashes::new(1);
            let mut resources = [Causal::default(); 2];
            for event in order {
                // Events 0 and 1 write different resources; event 2 writes the first one.
                hashes.write(event as u64 + 10, &mut resources[event % 2]);
            }
            hashes.fingerprint()
        };
        assert_eq!(run([0, 1, 2]), run([1, 0, 2]));
        assert_eq!(run([0, 1, 2]), run([0, 2, 1]));
        assert_ne!(run([0, 1, 2]), run([2, 1, 0]));
    }

    #[test]
    fn readers_commute_with_readers_and_not_with_writers() {
        let run = |order: [usize; 3]| {
            let mut hashes = Hashes::new(1);
            let mut shared = Causal::default();
            let mut own = [Causal::default(); 3];
            for event in order {
                if event == 2 {
                    hashes.write(event as u64, &mut shared);
                } else {
                    hashes.write_reading(event as u64, &mut own[event], &mut shared);
                }
            }
            hashes.fingerprint()
        };
        assert_eq!(run([0, 1, 2]), run([1, 0, 2]));
        assert_ne!(run([0, 1, 2]), run([0, 2, 1]));
    }

    /// What the two hashes are made of is part of the contract: another value here is another
    /// [`HASH_VERSION`].
    #[test]
    fn version_1_gives_these_hashes() {
        assert_eq!(HASH_VERSION, 1);
        let mut hashes = Hashes::new(7);
        let seen = |hashes: &Hashes| (hashes.certificate.hash(), hashes.fingerprint());
        let mut steps = vec![seen(&hashes)];
        let mut own = Causal::default();
        hashes.write(0x0102_0304, &mut own);
        steps.push(seen(&hashes));
        let mut child = hashes.born(6, &mut own);
        let mut other = hashes.born(6, &mut own);
        steps.push(seen(&hashes));
        hashes.write_reading(11, &mut child, &mut own);
        hashes.write_reading_both(25, &mut child, [&mut own, &mut other]);
        hashes.write_reading_both(25, &mut own, [&mut other, &mut child]);
        steps.push(seen(&hashes));
        let mut common = hashes.born_of_both(28, &mut own, &mut child);
        hashes.write_reading(12, &mut other, &mut common);
        hashes.write_both(21, &mut own, &mut common);
        steps.push(seen(&hashes));
        hashes.delivered(3, own.last(), &mut other);
        hashes.write(9, &mut own);
        steps.push(seen(&hashes));
        for step in 1..=3 {
            hashes
                .certificate
                .dispatched(0x8000_0040_0000_0000 + step, 2);
            steps.push(seen(&hashes));
        }
        let expected = [
            (0xD177_0797_7078_336C, 0x5692_161D_100B_05E5),
            (0xD177_0797_7078_336C, 0x6A5F_6C88_F844_B829),
            (0xD177_0797_7078_336C, 0x135A_D74F_AE89_FB1A),
            (0xD177_0797_7078_336C, 0xA4B4_38AE_A26D_DB0C),
            (0xD177_0797_7078_336C, 0x35EF_0639_4B9D_5941),
            (0xD177_0797_7078_336C, 0xC3F6_93A9_F45F_03FA),
            (0x7C48_4A4A_B981_CBDE, 0xC3F6_93A9_F45F_03FA),
            (0xBFF4_666A_EA1C_25CA, 0xC3F6_93A9_F45F_03FA),
            (0x909B_16DA_75F2_9536, 0xC3F6_93A9_F45F_03FA),
        ];
        assert_eq!(steps, expected);
    }
}
