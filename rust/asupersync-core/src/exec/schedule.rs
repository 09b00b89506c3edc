//! Owns the schedule of retries: how often, and how long to pause between.

use core::time::Duration;

/// Attempts if none are asked for.
const ATTEMPTS_DEFAULT: u32 = 3;

/// Longest pause if none is asked for: longer, and a person has given up.
const PAUSE_MAX_DEFAULT: Duration = Duration::from_secs(30);

/// How the pauses of a [`Schedule`] are spread by chance, so that many callers that failed
/// together do not come back together. The chance is the runtime's seeded stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Over the upper half: a pause is never shorter than half of what it would be.
    Half,
    /// From nothing to the whole. The calls then spread best: *Exponential Backoff And Jitter*,
    /// AWS Architecture Blog, 2015.
    Full,
}

/// How [`Cx::retry`](super::Cx::retry) tries again.
///
/// ```
/// use core::time::Duration;
/// use asupersync_core::exec::{Jitter, Schedule};
///
/// let schedule = Schedule::exponential(Duration::from_millis(100))
///     .attempts(5)
///     .pause_max(Duration::from_millis(350))
///     .jitter(Jitter::None);
/// let pauses = [1, 2, 3].map(|failures| schedule.pause(failures, 0).as_millis());
/// assert_eq!(pauses, [100, 200, 350]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    attempts_max: u32,
    pause_first: Duration,
    pause_max: Duration,
    doubles: bool,
    jitter: Jitter,
}

impl Schedule {
    /// Pauses that double from `first` on, at most 30 s, with [`Jitter::Full`]; three attempts.
    #[must_use]
    pub const fn exponential(first: Duration) -> Self {
        Self {
            attempts_max: ATTEMPTS_DEFAULT,
            pause_first: first,
            pause_max: PAUSE_MAX_DEFAULT,
            doubles: true,
            jitter: Jitter::Full,
        }
    }

    /// The same pause each time, without jitter; three attempts.
    #[must_use]
    pub const fn constant(pause: Duration) -> Self {
        Self {
            attempts_max: ATTEMPTS_DEFAULT,
            pause_first: pause,
            pause_max: Duration::MAX,
            doubles: false,
            jitter: Jitter::None,
        }
    }

    /// How often it is tried at most, the first time included. Once it is always tried, so 0 is
    /// taken for 1.
    #[must_use]
    pub const fn attempts(mut self, attempts_max: u32) -> Self {
        self.attempts_max = if attempts_max == 0 { 1 } else { attempts_max };
        self
    }

    /// The longest pause.
    #[must_use]
    pub const fn pause_max(mut self, pause_max: Duration) -> Self {
        self.pause_max = pause_max;
        self
    }

    /// How the pauses are spread.
    #[must_use]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// How often it is tried at most.
    #[must_use]
    pub const fn attempts_max(&self) -> u32 {
        self.attempts_max
    }

    /// The pause after so many failures, spread by `random`, of which every value is as likely.
    /// Saturates; a pure function.
    #[must_use]
    pub fn pause(&self, failures: u32, random: u64) -> Duration {
        let doublings = if self.doubles {
            failures.saturating_sub(1)
        } else {
            0
        };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let whole = self.pause_first.saturating_mul(factor).min(self.pause_max);
        match self.jitter {
            Jitter::None => whole,
            Jitter::Half => whole.saturating_sub(part(whole / 2, random)),
            Jitter::Full => part(whole, random),
        }
    }
}

/// A part of `whole`, from nothing to all of it, in whole nanoseconds.
fn part(whole: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    let below = u128::from(nanos) + 1;
    // Below 2^64, since `random` is.
    let part = (u128::from(random) * below) >> 64;
    Duration::from_nanos(u64::try_from(part).unwrap_or(nanos))
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{Jitter, Schedule};

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn jitter_keeps_within_its_bounds() {
        let schedule = Schedule::exponential(ms(100));
        assert_eq!(schedule.pause(1, 0), ms(0));
        assert_eq!(schedule.pause(1, u64::MAX), ms(100));
        assert_eq!(schedule.pause(2, 1 << 63), ms(100));
        let schedule = schedule.jitter(Jitter::Half);
        assert_eq!(schedule.pause(1, 0), ms(100));
        assert_eq!(schedule.pause(1, u64::MAX), ms(50));
    }

    #[test]
    fn pauses_saturate() {
        let endless = Schedule::exponential(Duration::MAX).pause_max(Duration::MAX);
        let endless = endless.jitter(Jitter::None);
        for failures in [0, 1, 2, 32, 33, u32::MAX] {
            assert_eq!(endless.pause(failures, 0), Duration::MAX);
        }
        let capped = Schedule::exponential(ms(1)).jitter(Jitter::None);
        assert_eq!(capped.pause(u32::MAX, 0), Duration::from_secs(30));
        let full = endless.jitter(Jitter::Full);
        assert_eq!(full.pause(1, u64::MAX), Duration::from_nanos(u64::MAX));
        assert_eq!(Schedule::constant(ms(5)).pause(9, 1), ms(5));
    }

    #[test]
    fn no_attempts_are_one() {
        assert_eq!(Schedule::constant(ms(0)).attempts(0).attempts_max(), 1);
    }
}
