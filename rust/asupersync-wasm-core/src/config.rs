//! Owns how a driver is set up: the numbers that come from JavaScript, in the order of the ABI.

use asupersync_core::{ErrorKind, KernelConfig, KernelError, Result};

use crate::decode::{self, LEFT_OUT};

/// Numbers in a configuration.
pub const CONFIG_NUMBERS: usize = 10;

/// How a driver is set up, as the numbers that came from JavaScript. [`LEFT_OUT`] stands for
/// the kernel's default where it is said so.
#[derive(Clone, Copy, Debug)]
pub struct DriverConfig {
    /// Seed, a whole number below 2^53.
    pub seed: f64,
    /// Runtime tag, a whole number; larger ones wrap.
    pub tag: f64,
    /// Milliseconds that a cancelled body has to drain.
    pub drain_ms: f64,
    /// Milliseconds of one slice.
    pub slice_ms: f64,
    /// Events that the trace ring holds.
    pub trace_capacity: f64,
    /// Code of how equals are ordered, or left out.
    pub ties: f64,
    /// Code of what becomes of a leaked obligation, or left out.
    pub leak_policy: f64,
    /// Dispatches of the cancel lane in a row while other work is runnable, or left out.
    pub cancel_streak: f64,
    /// Dispatches in one tick, or left out.
    pub polls_per_tick: f64,
    /// Generations of a slot before it is retired, or left out.
    pub generations_max: f64,
}

impl DriverConfig {
    /// Seed 0, tag 1, the drain time of the kernel, slices of 5 ms, no trace, and nothing else
    /// asked for.
    pub const DEFAULT: Self = Self {
        seed: 0.0,
        tag: 1.0,
        drain_ms: 5_000.0,
        slice_ms: 5.0,
        trace_capacity: 0.0,
        ties: LEFT_OUT,
        leak_policy: LEFT_OUT,
        cancel_streak: LEFT_OUT,
        polls_per_tick: LEFT_OUT,
        generations_max: LEFT_OUT,
    };

    /// The configuration that `numbers` spell, in the order of the group `ConfigField` of
    /// [`abi::GROUPS`](crate::abi::GROUPS). They are checked when a driver is made.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidNumber`] unless there are [`CONFIG_NUMBERS`].
    pub fn from_numbers(numbers: &[f64]) -> Result<Self> {
        let &[
            seed,
            tag,
            drain_ms,
            slice_ms,
            trace_capacity,
            ties,
            leak_policy,
            cancel_streak,
            polls_per_tick,
            generations_max,
        ] = numbers
        else {
            return Err(KernelError {
                kind: ErrorKind::InvalidNumber,
                expected: "ten numbers of a configuration",
                received: numbers.len() as u64,
            });
        };
        Ok(Self {
            seed,
            tag,
            drain_ms,
            slice_ms,
            trace_capacity,
            ties,
            leak_policy,
            cancel_streak,
            polls_per_tick,
            generations_max,
        })
    }

    /// The kernel's part of it, decoded.
    pub(crate) fn kernel(&self) -> Result<KernelConfig> {
        let default = KernelConfig::default();
        Ok(KernelConfig {
            seed: decode::seed(self.seed)?,
            tag: decode::word(self.tag, "a runtime tag")?,
            drain_time_ns: decode::millis(self.drain_ms)?,
            trace_capacity: decode::word(self.trace_capacity, "a trace capacity")?,
            ties: decode::tie_break(self.ties)?,
            leak_policy: decode::leak_policy(self.leak_policy)?,
            cancel_streak: decode::word_or(self.cancel_streak, default.cancel_streak, "a streak")?,
            polls_per_tick: decode::word_or(
                self.polls_per_tick,
                default.polls_per_tick,
                "polls in a tick",
            )?,
            // What only explains is for oracles; a browser records transitions.
            trace_level: default.trace_level,
            generations_max: decode::word_or(
                self.generations_max,
                default.generations_max,
                "generations",
            )?,
        })
    }
}

impl Default for DriverConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use asupersync_core::{ErrorKind, KernelConfig, LeakPolicy, TieBreak};

    use super::{CONFIG_NUMBERS, DriverConfig};
    use crate::abi::GROUPS;
    use crate::decode::LEFT_OUT;

    /// Numbers of a sane configuration, with `number` at the place of the field `name`.
    fn with(name: &str, number: f64) -> [f64; CONFIG_NUMBERS] {
        let group = GROUPS.iter().find(|group| group.name == "ConfigField");
        let entries = group.expect("the table has it").entries;
        assert_eq!(entries.len(), CONFIG_NUMBERS);
        let entry = entries.iter().find(|entry| entry.name == name);
        let mut numbers = [7.0, 3.0, 50.0, 5.0, 16.0, -1.0, -1.0, -1.0, -1.0, -1.0];
        numbers[entry.expect("a field").code as usize] = number;
        numbers
    }

    fn decoded(name: &str, number: f64) -> Result<KernelConfig, ErrorKind> {
        let config = DriverConfig::from_numbers(&with(name, number));
        config
            .and_then(|config| config.kernel())
            .map_err(|error| error.kind)
    }

    #[test]
    fn each_number_stands_where_the_table_says() {
        let config = decoded("seed", 9.0).expect("sane");
        assert_eq!((config.seed, config.tag), (9, 3));
        assert_eq!(
            (config.drain_time_ns, config.trace_capacity),
            (50_000_000, 16)
        );
        let policy = decoded("leakPolicy", 2.0).map(|config| config.leak_policy);
        assert_eq!(policy, Ok(LeakPolicy::Abort));
        let ties = decoded("ties", 1.0).map(|config| config.ties);
        assert_eq!(ties, Ok(TieBreak::Seeded));
        let streak = decoded("cancelStreak", 5.0).map(|config| config.cancel_streak);
        assert_eq!(streak, Ok(5));
        let polls = decoded("pollsPerTick", 6.0).map(|config| config.polls_per_tick);
        assert_eq!(polls, Ok(6));
        let generations = decoded("generationsMax", 8.0).map(|config| config.generations_max);
        assert_eq!(generations, Ok(8));
    }

    #[test]
    fn what_is_left_out_is_the_kernels_default() {
        let (config, default) = (decoded("seed", 7.0), KernelConfig::default());
        let config = config.expect("sane");
        assert_eq!(config.ties, default.ties);
        assert_eq!(config.leak_policy, default.leak_policy);
        assert_eq!(config.cancel_streak, default.cancel_streak);
        assert_eq!(config.polls_per_tick, default.polls_per_tick);
        assert_eq!(config.generations_max, default.generations_max);
    }

    #[test]
    fn hostile_numbers_make_no_configuration() {
        let refused = Err(ErrorKind::InvalidNumber);
        let fields = [
            "seed",
            "drainMs",
            "traceCapacity",
            "ties",
            "leakPolicy",
            "cancelStreak",
            "pollsPerTick",
            "generationsMax",
        ];
        for number in [f64::NAN, f64::INFINITY, -2.0, 1e300] {
            for name in fields {
                let kind = decoded(name, number).map(|_| ());
                assert_eq!(kind, refused, "{name} {number}");
            }
        }
        assert_eq!(decoded("seed", LEFT_OUT).map(|_| ()), refused);
        assert_eq!(decoded("ties", 2.0).map(|_| ()), refused);
        assert_eq!(decoded("leakPolicy", 3.0).map(|_| ()), refused);
        for count in [0, CONFIG_NUMBERS - 1, CONFIG_NUMBERS + 1] {
            let numbers = vec![1.0; count];
            let kind = DriverConfig::from_numbers(&numbers).map_err(|error| error.kind);
            assert_eq!(kind.map(|_| ()), refused, "{count} numbers");
        }
    }
}
