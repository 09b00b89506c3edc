//! Owns what stands in the place of the fingerprint in a kernel without the feature `trace`: nothing
//! is hashed, and no record keeps a past. Its interface is that of `fingerprint.rs`.

use crate::certificate::Certificate;

/// No past.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Causal(());

impl Causal {
    pub(crate) fn last(self) -> u64 {
        0
    }
}

/// The certificate alone.
#[derive(Debug)]
pub(crate) struct Hashes {
    pub(crate) certificate: Certificate,
}

impl Hashes {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            certificate: Certificate::new(seed),
        }
    }

    pub(crate) fn write(&mut self, _label: u64, _resource: &mut Causal) {}

    pub(crate) fn write_reading(&mut self, _: u64, _: &mut Causal, _: &mut Causal) {}

    pub(crate) fn write_reading_both(&mut self, _: u64, _: &mut Causal, _: [&mut Causal; 2]) {}

    pub(crate) fn write_both(&mut self, _: u64, _: &mut Causal, _: &mut Causal) {}

    pub(crate) fn delivered(&mut self, _code: u32, _cause: u64, _resource: &mut Causal) {}

    pub(crate) fn born(&mut self, _label: u64, _parent: &mut Causal) -> Causal {
        Causal::default()
    }

    pub(crate) fn born_of_both(&mut self, _: u64, _: &mut Causal, _: &mut Causal) -> Causal {
        Causal::default()
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        0
    }
}
