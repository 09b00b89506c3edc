//! Owns decoding: every number from JavaScript is hostile until it has passed here.

use asupersync_core::{
    CancelKind, ErrorKind, Handle, HostOpKind, KernelError, LeakPolicy, ObligationKind, Outcome,
    Ownership, PermitFlow, Policy, Result, TieBreak,
};

use crate::semaphores::SemaphoreCount;

/// The largest integer that a JavaScript number holds exactly.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// The longest time that can be asked for, in milliseconds: what a JavaScript `Date` can span.
pub const MS_MAX: f64 = 8.64e15;

/// Ownership flag of a region that its owner's cancellation does not reach.
pub const FLAG_SHIELDED: u32 = 1;

/// Ownership flag of a region whose failure is its owner's.
pub const FLAG_LINKED: u32 = 2;

#[cold]
fn invalid(expected: &'static str, received: f64) -> KernelError {
    KernelError {
        kind: ErrorKind::InvalidNumber,
        expected,
        received: received.to_bits(),
    }
}

/// A whole number from 0 to `max`.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`] for NaN, infinities, fractions, negative and larger numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
fn whole(number: f64, max: f64, expected: &'static str) -> Result<u64> {
    if is_whole(number, max) {
        Ok(number as u64)
    } else {
        Err(invalid(expected, number))
    }
}

/// Out of line: every argument of every command is checked.
#[inline(never)]
fn is_whole(number: f64, max: f64) -> bool {
    number >= 0.0 && number <= max && number.trunc() == number
}

/// A whole number of 32 bits.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn word(number: f64, expected: &'static str) -> Result<u32> {
    let word = whole(number, f64::from(u32::MAX), expected)?;
    u32::try_from(word).map_err(|_| invalid(expected, number))
}

/// A handle; whether it names anything is checked at use.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn handle(number: f64) -> Result<Handle> {
    whole(
        number,
        SAFE_INTEGER_MAX,
        "a handle: a whole number below 2^53",
    )
    .map(Handle::from_raw)
}

/// A seed: a whole number that JavaScript holds exactly.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn seed(number: f64) -> Result<u64> {
    whole(
        number,
        SAFE_INTEGER_MAX,
        "a seed: a whole number below 2^53",
    )
}

/// A cost: a whole number that JavaScript holds exactly.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn cost(number: f64) -> Result<u64> {
    whole(
        number,
        SAFE_INTEGER_MAX,
        "a cost: a whole number below 2^53",
    )
}

/// What stands for "as it is", "none" or "the default" where a number may be left out.
pub const LEFT_OUT: f64 = -1.0;

/// A whole number of 32 bits that may be left out, for which `otherwise` then stands. Out of
/// line: nothing that is called often leaves numbers out.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
#[inline(never)]
pub fn word_or(number: f64, otherwise: u32, expected: &'static str) -> Result<u32> {
    if number == LEFT_OUT {
        Ok(otherwise)
    } else {
        word(number, expected)
    }
}

/// Milliseconds, finite and at least 0, as nanoseconds.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked; the cast saturates"
)]
pub fn millis(number: f64) -> Result<u64> {
    if (0.0..=MS_MAX).contains(&number) {
        Ok((number * 1e6) as u64)
    } else {
        Err(invalid(
            "milliseconds: a finite number of at least 0",
            number,
        ))
    }
}

fn code<T>(number: f64, expected: &'static str, from: impl Fn(u32) -> Option<T>) -> Result<T> {
    from(word(number, expected)?).ok_or_else(|| invalid(expected, number))
}

/// An outcome code.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn outcome(number: f64) -> Result<Outcome> {
    code(number, "an outcome code", Outcome::from_code)
}

/// A cancel kind code.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn cancel_kind(number: f64) -> Result<CancelKind> {
    code(number, "a cancel kind code", CancelKind::from_code)
}

/// A policy code.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn policy(number: f64) -> Result<Policy> {
    code(number, "a policy code", Policy::from_code)
}

/// A host operation kind code.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn host_op_kind(number: f64) -> Result<HostOpKind> {
    code(number, "a host operation kind code", HostOpKind::from_code)
}

/// The code of an obligation's kind.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn obligation_kind(number: f64) -> Result<ObligationKind> {
    code(number, "an obligation kind code", ObligationKind::from_code)
}

/// The code of a flow of permits.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn permit_flow(number: f64) -> Result<PermitFlow> {
    code(number, "a permit flow code", PermitFlow::from_code)
}

/// The code of what a semaphore counts.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn semaphore_count(number: f64) -> Result<SemaphoreCount> {
    code(number, "a semaphore count code", |code| match code {
        0 => Some(SemaphoreCount::Available),
        1 => Some(SemaphoreCount::Waiting),
        _ => None,
    })
}

/// The code of a leak policy, or left out.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn leak_policy(number: f64) -> Result<LeakPolicy> {
    let expected = "a leak policy code";
    let code = word_or(number, LeakPolicy::default() as u32, expected)?;
    LeakPolicy::from_code(code).ok_or_else(|| invalid(expected, number))
}

/// The code of a tie break, or left out.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn tie_break(number: f64) -> Result<TieBreak> {
    let expected = "a tie break code";
    let code = word_or(number, TieBreak::default() as u32, expected)?;
    TieBreak::from_code(code).ok_or_else(|| invalid(expected, number))
}

/// Ownership flags.
///
/// # Errors
/// [`ErrorKind::InvalidNumber`].
pub fn ownership(number: f64) -> Result<Ownership> {
    let flags = whole(
        number,
        f64::from(FLAG_SHIELDED | FLAG_LINKED),
        "ownership flags",
    )?;
    Ok(Ownership {
        shielded: flags & u64::from(FLAG_SHIELDED) != 0,
        linked: flags & u64::from(FLAG_LINKED) != 0,
    })
}

#[cfg(test)]
mod tests {
    use asupersync_core::ErrorKind;

    use super::{cost, handle, millis, obligation_kind, outcome, seed, word, word_or};

    const HOSTILE: [f64; 8] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -1.0,
        -0.5,
        0.5,
        9_007_199_254_740_992.0,
        1e300,
    ];

    #[test]
    fn hostile_numbers_are_no_handles_and_no_codes() {
        for number in HOSTILE {
            assert_eq!(
                handle(number).map_err(|e| e.kind),
                Err(ErrorKind::InvalidNumber)
            );
            assert_eq!(
                word(number, "x").map_err(|e| e.kind),
                Err(ErrorKind::InvalidNumber)
            );
            assert_eq!(
                outcome(number).map_err(|e| e.kind),
                Err(ErrorKind::InvalidNumber)
            );
        }
        assert!(outcome(4.0).is_err());
    }

    #[test]
    fn hostile_numbers_are_no_costs_no_seeds_and_no_obligations() {
        for number in HOSTILE {
            assert!(cost(number).is_err(), "{number}");
            assert!(seed(number).is_err(), "{number}");
            assert!(obligation_kind(number).is_err(), "{number}");
            let left_out = number == -1.0;
            assert_eq!(word_or(number, 9, "x").is_ok(), left_out, "{number}");
        }
        assert!(obligation_kind(6.0).is_err());
        assert_eq!(cost(9_007_199_254_740_991.0), Ok((1 << 53) - 1));
        assert_eq!(word_or(-1.0, 9, "x"), Ok(9));
        assert_eq!(word_or(4.0, 9, "x"), Ok(4));
    }

    #[test]
    fn durations_may_be_fractional_but_not_hostile() {
        assert_eq!(millis(0.5), Ok(500_000));
        assert_eq!(millis(-0.0), Ok(0));
        for number in [f64::NAN, f64::INFINITY, -1.0, 8.65e15] {
            assert!(millis(number).is_err());
        }
        assert!(millis(8.64e15).is_ok());
    }
}
