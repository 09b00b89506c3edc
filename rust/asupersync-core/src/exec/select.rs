//! Owns the combinators that need no task: two futures polled in one.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

/// Which of two futures was first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Either<A, B> {
    /// The first argument.
    Left(A),
    /// The second argument.
    Right(B),
}

/// Waits for the first of two futures and drops the other; of two that are ready, the left one
/// is taken. For branches that must drain, see [`Cx::race`](super::Cx::race).
///
/// Cancel-safe if both futures are.
pub async fn select<A: Future, B: Future>(left: A, right: B) -> Either<A::Output, B::Output> {
    let mut left = pin!(left);
    let mut right = pin!(right);
    poll_fn(|context| {
        if let Poll::Ready(value) = left.as_mut().poll(context) {
            return Poll::Ready(Either::Left(value));
        }
        right.as_mut().poll(context).map(Either::Right)
    })
    .await
}

/// Waits for both of two futures, which run in the calling task.
///
/// Cancel-safe if both futures are; a value that one has given is dropped with this.
pub async fn join<A: Future, B: Future>(left: A, right: B) -> (A::Output, B::Output) {
    let mut left = pin!(left);
    let mut right = pin!(right);
    let mut values = (None, None);
    poll_fn(|context| {
        if values.0.is_none()
            && let Poll::Ready(value) = left.as_mut().poll(context)
        {
            values.0 = Some(value);
        }
        if values.1.is_none()
            && let Poll::Ready(value) = right.as_mut().poll(context)
        {
            values.1 = Some(value);
        }
        match (values.0.take(), values.1.take()) {
            (Some(left), Some(right)) => Poll::Ready((left, right)),
            unfinished => {
                values = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}
