//! Owns chance for the tests that draw: a seeded stream, hostile numbers, counts by environment.

/// SplitMix64: the stream of a seed.
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

/// Numbers that no caller means.
pub(crate) const HOSTILE: [f64; 18] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    -1.0,
    -0.5,
    -0.0,
    0.5,
    1.5,
    255.5,
    2_147_483_648.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_007_199_254_740_991.0,
    9_007_199_254_740_992.0,
    18_446_744_073_709_551_616.0,
    1e300,
    f64::MIN_POSITIVE,
    8.64e15,
];

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        ((u64::from(end) * (self.next() >> 32)) >> 32) as u32
    }

    /// Whether something with the chance of `times` in `of` happens.
    pub(crate) fn chance(&mut self, times: u32, of: u32) -> bool {
        self.below(of) < times
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(u32::try_from(items.len()).unwrap()) as usize]
    }

    /// A number that is hostile in its own way, or any bits at all.
    pub(crate) fn hostile(&mut self) -> f64 {
        if self.chance(1, 2) {
            self.of(&HOSTILE)
        } else {
            f64::from_bits(self.next())
        }
    }

    /// `handle` with one of its 53 bits turned.
    pub(crate) fn forged(&mut self, handle: f64) -> f64 {
        number(handle.max(0.0) as u64 ^ (1 << self.below(53)))
    }

    /// Any 53 bits.
    pub(crate) fn any_handle(&mut self) -> f64 {
        number(self.next() >> 11)
    }
}

/// A handle's bits as the number that crosses.
#[expect(clippy::cast_precision_loss, reason = "handles are below 2^53")]
pub(crate) fn number(bits: u64) -> f64 {
    bits as f64
}

/// The count that the environment variable `name` asks for, else `default`.
pub(crate) fn count(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(count) => count.replace('_', "").parse().unwrap(),
        Err(_) => default,
    }
}

/// Says at a failure which command repeats it.
pub(crate) struct Repeat(String);

impl Repeat {
    pub(crate) fn new(seed: u64, count: &str, test: &str) -> Self {
        Self(format!(
            "SEED={seed} {count} cargo test -p asupersync-wasm-core --test host {test}"
        ))
    }
}

impl Drop for Repeat {
    #[expect(clippy::print_stderr, reason = "a failure says how to repeat it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat: {}", self.0);
        }
    }
}
