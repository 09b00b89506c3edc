//! Owns the certificate: the hash of a run's exact schedule. Every kernel keeps it, with a trace or
//! without.

use crate::rng::mix;

/// Version of the certificate and of the fingerprint; a change in what they cover changes it.
pub const HASH_VERSION: u32 = 1;

#[derive(Debug)]
pub(crate) struct Certificate {
    hash: u64,
    steps: u64,
}

impl Certificate {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            hash: mix(seed ^ u64::from(HASH_VERSION)),
            steps: 0,
        }
    }

    /// Adds a dispatch.
    pub(crate) fn dispatched(&mut self, task: u64, lane: u8) {
        self.steps += 1;
        self.hash = mix(self.hash ^ task.rotate_left(8) ^ u64::from(lane) ^ (self.steps << 54));
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::Certificate;

    #[test]
    fn the_certificate_tells_the_task_the_lane_and_the_step() {
        let run = |dispatches: &[(u64, u8)]| {
            let mut certificate = Certificate::new(1);
            for (task, lane) in dispatches {
                certificate.dispatched(*task, *lane);
            }
            certificate.hash()
        };
        let runs = [
            run(&[]),
            run(&[(1, 0)]),
            run(&[(2, 0)]),
            run(&[(1, 1)]),
            run(&[(1, 2)]),
            run(&[(1, 0), (2, 0)]),
            run(&[(2, 0), (1, 0)]),
            run(&[(1, 0), (1, 0)]),
        ];
        let distinct: std::collections::BTreeSet<_> = runs.iter().collect();
        assert_eq!(distinct.len(), runs.len());
        assert_eq!(run(&[(1, 0), (2, 0)]), run(&[(1, 0), (2, 0)]));
    }
}
