//! Owns the wait for something that a look at an object finds: the latest value, the next message.

use core::task::{Context, Poll, ready};
use std::sync::{Mutex, PoisonError};

use super::ask::Ask;
use super::line::Line;
use super::pace::Pace;
use crate::exec::cx::Cx;
use crate::exec::error::{Error, Result};

/// Looks, and waits for a permit of the object's line before it looks again. Whoever changes the
/// object adds a permit for each that waits, and does so under the object's lock: one who has
/// looked in vain is in line before the lock is free, so that no change goes unheard.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    pace: Pace,
    is_paced: bool,
    ask: Option<Ask>,
}

impl Lookout {
    /// What `look` finds. It runs under the lock, and so must run no code of others.
    pub(super) fn poll<T, O>(
        &mut self,
        cx: &Cx,
        (object, line): (&Mutex<O>, &Line),
        context: &mut Context<'_>,
        mut look: impl FnMut(&mut O) -> Option<T>,
    ) -> Poll<Result<T>> {
        loop {
            if let Some(ask) = &mut self.ask {
                let heard = ready!(ask.poll(context));
                self.ask = None;
                match heard {
                    // Used up, so that it wakes nobody else.
                    Ok(mut held) => held.commit()?,
                    // The last sender is gone; what is left is there to be found.
                    Err(Error::Closed) => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            } else if !self.is_paced {
                line.check(cx)?;
                ready!(self.pace.poll_observing(cx, context))?;
                self.is_paced = true;
            }
            let mut object = object.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = look(&mut object) {
                self.is_paced = false;
                return Poll::Ready(Ok(found));
            }
            let (ask, held) = Ask::now(cx, line)?;
            drop(object);
            match held {
                None => self.ask = Some(ask),
                // One that somebody was given who left before he heard of it.
                Some(mut held) => held.commit()?,
            }
        }
    }
}
