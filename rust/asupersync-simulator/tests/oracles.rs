//! Every oracle sees: it accepts the traces of real runs, and rejects them once its own law was
//! broken in them.

use std::sync::OnceLock;

use asupersync_core::{CancelKind, Event, EventKind, Handle, Lane, Time};
use asupersync_simulator::oracle::{Judge, Objection, determinism, oracles};
use asupersync_simulator::{Record, Schedule, Trace};

/// Judges the trace by the one oracle that has this name.
fn check(oracle: &str, trace: &Trace) -> Result<(), Objection> {
    let mut only = oracles(trace.rules);
    only.retain(|other| other.name() == oracle);
    assert_eq!(only.len(), 1, "no oracle is called {oracle}");
    let mut judge = Judge::new(only);
    for step in &trace.steps {
        for event in step {
            judge.event(event)?;
        }
        judge.rest()?;
    }
    judge.end()
}

/// Where an event stands: its step, and its place there.
type Place = (usize, usize);

fn places(trace: &Trace) -> Vec<(Place, Event)> {
    let steps = trace.steps.iter().enumerate();
    let of_step = |(step, events): (usize, &Vec<Event>)| {
        let events = events.iter().copied().enumerate();
        events
            .map(|(nth, event)| ((step, nth), event))
            .collect::<Vec<_>>()
    };
    steps.flat_map(of_step).collect()
}

fn of_kind(trace: &Trace, kind: EventKind) -> Vec<(Place, Event)> {
    let mut found = places(trace);
    found.retain(|(_, event)| event.kind == kind);
    found
}

fn remove(trace: &mut Trace, (step, nth): Place) -> Event {
    trace.steps[step].remove(nth)
}

/// Takes the event at `from` out and puts it at `to`, as places are before that.
fn shift(trace: &mut Trace, from: Place, to: Place) {
    let event = trace.steps[from.0][from.1];
    trace.steps[to.0].insert(to.1, event);
    let moved = usize::from(from.0 == to.0 && from.1 >= to.1);
    trace.steps[from.0].remove(from.1 + moved);
}

/// Runs to plant bugs in.
const SEEDS: usize = 400;

/// The trace of the run of `seed`, made once for all tests.
fn trace_of(seed: usize) -> &'static Trace {
    static TRACES: [OnceLock<Trace>; SEEDS] = [const { OnceLock::new() }; SEEDS];
    TRACES[seed].get_or_init(|| {
        let schedule = Schedule {
            seed: seed as u64,
            ..Schedule::default()
        };
        schedule.trace().expect("the kernel is sound")
    })
}

/// Alters traces of real runs by `plant`, which says whether it found a place for its bug, and
/// expects that the oracle accepts each before and rejects each after.
fn sees(oracle: &str, plant: impl Fn(&mut Trace) -> bool) {
    let mut planted = 0;
    for seed in 1..SEEDS {
        let mut trace = trace_of(seed).clone();
        assert_eq!(check(oracle, &trace), Ok(()), "seed {seed}");
        if !plant(&mut trace) {
            continue;
        }
        assert!(check(oracle, &trace).is_err(), "seed {seed} was accepted");
        planted += 1;
        if planted == 5 {
            return;
        }
    }
    assert!(planted > 0, "no run has a place for the bug");
}

#[test]
fn task_leak_sees_a_task_that_never_completes() {
    sees("task-leak", |trace| {
        let ends = of_kind(trace, EventKind::TaskCompleted);
        let found = ends.last().copied();
        found.is_some_and(|(place, _)| remove(trace, place).seq > 0)
    });
}

#[test]
fn obligation_leak_sees_an_obligation_that_is_forgotten() {
    sees("obligation-leak", |trace| {
        let ends = of_kind(trace, EventKind::ObligationAborted);
        let found = ends.first().copied();
        found.is_some_and(|(place, _)| remove(trace, place).seq > 0)
    });
}

#[test]
fn obligation_leak_sees_a_holder_that_leaks_and_goes_on() {
    sees("obligation-leak", |trace| {
        let given = of_kind(trace, EventKind::ObligationReserved);
        let Some(((step, nth), event)) = given.first().copied() else {
            return false;
        };
        let leaked = Event {
            kind: EventKind::ObligationLeaked,
            ..event
        };
        trace.steps[step].insert(nth + 1, leaked);
        true
    });
}

#[test]
fn quiescence_sees_a_region_that_closes_before_a_child() {
    sees("quiescence", |trace| {
        let opened = of_kind(trace, EventKind::RegionOpened);
        let closed = of_kind(trace, EventKind::RegionClosed);
        let close_of = |region: Handle| {
            let of = |(_, event): &&(Place, Event)| event.subject == region;
            closed.iter().find(of).map(|(place, _)| *place)
        };
        let mut pairs = opened.iter().skip(1).filter_map(|(_, event)| {
            let above = close_of(Handle::from_raw(event.argument))?;
            Some((above, close_of(event.subject)?))
        });
        let found = pairs.next_back();
        found.is_some_and(|(above, below)| {
            shift(trace, above, below);
            true
        })
    });
}

#[test]
fn quiescence_sees_what_happens_after_the_root_has_closed() {
    sees("quiescence", |trace| {
        let last = trace.steps.iter().flatten().last().copied();
        trace.steps.push(last.into_iter().collect());
        last.is_some()
    });
}

#[test]
fn loser_drain_sees_a_loser_that_goes_on() {
    sees("loser-drain", |trace| {
        let lost = u32::from(CancelKind::RaceLost.code());
        let asked = of_kind(trace, EventKind::RegionCancelRequested);
        let closed = of_kind(trace, EventKind::RegionClosed);
        let found = asked.into_iter().find(|((step, _), event)| {
            // It was the race itself that asked, and it closes in a later step.
            let is_own = event.argument == event.subject.raw() && event.detail == lost;
            let follows_a_win = trace.steps[*step]
                .iter()
                .any(|other| other.kind == EventKind::TaskCompleted && other.seq < event.seq);
            let drains = closed
                .iter()
                .any(|((later, _), close)| close.subject == event.subject && later > step);
            is_own && follows_a_win && drains
        });
        found.is_some_and(|(place, _)| remove(trace, place).seq > 0)
    });
}

#[test]
fn finalizer_order_sees_first_in_first_out() {
    sees("finalizer-order", |trace| {
        let started = of_kind(trace, EventKind::FinalizerStarted);
        let found = started.iter().find(|(_, event)| event.detail > 1);
        found.is_some_and(|((step, nth), _)| {
            trace.steps[*step][*nth].detail = 1;
            true
        })
    });
}

#[test]
fn finalizer_order_sees_one_that_never_runs() {
    sees("finalizer-order", |trace| {
        let ended = of_kind(trace, EventKind::FinalizerEnded);
        let found = ended.first().copied();
        found.is_some_and(|(place, _)| remove(trace, place).seq > 0)
    });
}

#[test]
fn region_tree_sees_a_dead_owner() {
    sees("region-tree", |trace| {
        let closed = of_kind(trace, EventKind::RegionClosed);
        let spawned = of_kind(trace, EventKind::TaskSpawned);
        let pairs = closed.iter().flat_map(|(_, close)| {
            let later = spawned.iter().filter(|(_, spawn)| spawn.seq > close.seq);
            later.map(|(place, _)| (*place, close.subject))
        });
        let found = pairs.last();
        found.is_some_and(|((step, nth), owner)| {
            trace.steps[step][nth].argument = owner.raw();
            true
        })
    });
}

#[test]
fn region_tree_sees_a_handle_that_is_issued_twice() {
    sees("region-tree", |trace| {
        let spawned = of_kind(trace, EventKind::TaskSpawned);
        let ended = of_kind(trace, EventKind::TaskCompleted);
        let pairs = ended.iter().flat_map(|(_, end)| {
            let later = spawned.iter().filter(|(_, spawn)| spawn.seq > end.seq);
            later.map(|(place, _)| (*place, end.subject))
        });
        let found = pairs.last();
        found.is_some_and(|((step, nth), task)| {
            trace.steps[step][nth].subject = task;
            true
        })
    });
}

#[test]
fn deadline_monotone_sees_a_child_that_may_outlive_its_region() {
    sees("deadline-monotone", |trace| {
        let set = of_kind(trace, EventKind::DeadlineSet);
        let spawned = of_kind(trace, EventKind::TaskSpawned);
        let found = spawned.iter().find_map(|((step, _), spawn)| {
            let region = Handle::from_raw(spawn.argument);
            let of = |subject| set.iter().find(move |(_, event)| event.subject == subject);
            let of_task = of(spawn.subject).filter(|((at, _), _)| at == step)?;
            of(region).map(|_| of_task.0)
        });
        found.is_some_and(|(step, nth)| {
            trace.steps[step][nth].argument = Time::NEVER.as_nanos() - 1;
            true
        })
    });
}

#[test]
fn deadline_monotone_sees_time_go_back() {
    sees("deadline-monotone", |trace| {
        let last = trace.steps.iter_mut().flatten().last();
        last.is_some_and(|event| {
            let is_late = event.at > Time::ZERO;
            event.at = Time::ZERO;
            is_late
        })
    });
}

#[test]
fn cancel_protocol_order_sees_a_drain_without_a_request() {
    sees("cancel-protocol-order", |trace| {
        let observed = of_kind(trace, EventKind::TaskCancelling);
        let asked = of_kind(trace, EventKind::TaskCancelRequested);
        let found = observed.first().and_then(|(_, event)| {
            let of = |(_, other): &&(Place, Event)| other.subject == event.subject;
            asked.iter().find(of)
        });
        found.is_some_and(|(place, _)| remove(trace, *place).seq > 0)
    });
}

#[test]
fn cancel_protocol_order_sees_a_clean_up_without_end() {
    sees("cancel-protocol-order", |trace| {
        let observed = of_kind(trace, EventKind::TaskCancelling);
        let found = observed.iter().find(|((step, nth), event)| {
            // The body goes on after it.
            let after = &trace.steps[*step][nth + 1..];
            after.iter().all(|other| other.subject != event.subject)
        });
        let Some(((step, nth), event)) = found.copied() else {
            return false;
        };
        let dispatch = Event {
            kind: EventKind::TaskDispatched,
            ..event
        };
        let too_many = vec![dispatch; event.detail as usize + 2];
        trace.steps[step].splice(nth + 1..nth + 1, too_many);
        true
    });
}

#[test]
fn cancel_signal_order_sees_a_descendant_that_is_asked_first() {
    sees("cancel-signal-order", |trace| {
        let inherited = u32::from(CancelKind::ParentCancelled.code());
        let above = of_kind(trace, EventKind::RegionCancelRequested);
        let below = of_kind(trace, EventKind::TaskCancelRequested);
        let found = below.iter().find_map(|((step, nth), event)| {
            let is_from = |(at, parent): &&(Place, Event)| {
                parent.subject.raw() == event.argument && at.0 == *step && at.1 < *nth
            };
            let is_inherited = event.detail == inherited && event.argument != event.subject.raw();
            let parent = above.iter().find(is_from).filter(|_| is_inherited)?;
            Some((parent.0, (*step, nth + 1)))
        });
        found.is_some_and(|(from, to)| {
            shift(trace, from, to);
            true
        })
    });
}

#[test]
fn cancel_signal_order_sees_a_descendant_that_is_left_out() {
    sees("cancel-signal-order", |trace| {
        let inherited = u32::from(CancelKind::ParentCancelled.code());
        let asked = of_kind(trace, EventKind::TaskCancelRequested);
        let ended = of_kind(trace, EventKind::TaskCompleted);
        let found = asked.iter().find(|((step, _), event)| {
            // It lives on after the step.
            let end = ended.iter().find(|(_, end)| end.subject == event.subject);
            let lives = end.is_some_and(|((at, _), _)| at > step);
            lives && event.detail == inherited && event.argument != event.subject.raw()
        });
        found.is_some_and(|(place, _)| remove(trace, *place).seq > 0)
    });
}

#[test]
fn channel_atomicity_sees_permits_that_are_lost() {
    sees("channel-atomicity", |trace| {
        let given = of_kind(trace, EventKind::PermitsGiven);
        let found = given.iter().find(|((step, nth), _)| {
            let before = nth.checked_sub(1).map(|nth| trace.steps[*step][nth]);
            before.is_some_and(|event| event.kind == EventKind::ObligationAborted)
        });
        found.is_some_and(|(place, _)| remove(trace, *place).seq > 0)
    });
}

#[test]
fn channel_atomicity_sees_a_message_that_was_never_sent() {
    sees("channel-atomicity", |trace| {
        let joined = of_kind(trace, EventKind::ChannelOpened);
        let given = of_kind(trace, EventKind::PermitsGiven);
        let found = given.iter().find_map(|(place, event)| {
            let of = |(_, channel): &&(Place, Event)| channel.subject == event.subject;
            let channel = joined.iter().find(of)?;
            Some((*place, channel.1.argument))
        });
        found.is_some_and(|((step, nth), items)| {
            trace.steps[step][nth].subject = Handle::from_raw(items);
            true
        })
    });
}

#[test]
fn channel_atomicity_sees_one_that_is_served_before_its_turn() {
    sees("channel-atomicity", |trace| {
        let asked = of_kind(trace, EventKind::PermitAsked);
        let reserved = of_kind(trace, EventKind::ObligationReserved);
        let cancelled = of_kind(trace, EventKind::TaskCancelRequested);
        let granted = |obligation: Handle| {
            let of = |(_, event): &&(Place, Event)| event.subject == obligation;
            reserved.iter().find(of).map(|(_, event)| event.seq)
        };
        let pairs = asked.iter().enumerate().flat_map(|(nth, one)| {
            let later = &asked[nth + 1..];
            later.iter().map(move |other| (one, other))
        });
        let found = pairs
            .into_iter()
            .find_map(|((one, first), (other, second))| {
                let (early, late) = (granted(first.subject)?, granted(second.subject)?);
                let in_line_together = second.seq < early && early < late;
                // A task that is asked to cancel may leave the line without a word.
                let stays = !cancelled
                    .iter()
                    .any(|(_, event)| event.subject.raw() == second.argument);
                let is_line = first.detail == second.detail && first.detail != 0;
                (in_line_together && stays && is_line).then_some((*one, *other))
            });
        found.is_some_and(|(one, (step, nth))| {
            shift(trace, one, (step, nth + 1));
            true
        })
    });
}

#[test]
fn wake_dedup_sees_a_task_that_is_queued_twice() {
    sees("wake-dedup", |trace| {
        let queued = of_kind(trace, EventKind::TaskQueued);
        let found = queued.first().copied();
        found.is_some_and(|((step, nth), event)| {
            trace.steps[step].insert(nth + 1, event);
            true
        })
    });
}

/// Two dispatches of one lane in one step, where the second task had its place before the first
/// dispatch.
fn rivals(trace: &Trace) -> Option<(Place, Place)> {
    let dispatched = of_kind(trace, EventKind::TaskDispatched);
    dispatched.windows(2).find_map(|pair| {
        let [(one, first), (other, second)] = pair else {
            return None;
        };
        let is_of_second = |event: &&Event| {
            let is_place = matches!(event.kind, EventKind::TaskQueued | EventKind::TaskUnqueued);
            is_place && event.subject == second.subject
        };
        let between = trace.steps[one.0].get(one.1..other.1)?;
        let is_fair = one.0 == other.0
            && first.detail == second.detail
            && first.detail != Lane::Timed as u32
            && first.subject != second.subject
            && !between.iter().any(|event| is_of_second(&event));
        is_fair.then_some((*one, *other))
    })
}

#[test]
fn lane_order_sees_a_task_that_passes_another() {
    sees("lane-order", |trace| {
        let found = rivals(trace);
        found.is_some_and(|((step, one), (_, other))| {
            let first = trace.steps[step][one].subject;
            trace.steps[step][one].subject = trace.steps[step][other].subject;
            trace.steps[step][other].subject = first;
            true
        })
    });
}

#[test]
fn lane_streak_sees_ready_work_that_starves() {
    sees("lane-streak", |trace| {
        let queued = of_kind(trace, EventKind::TaskQueued);
        let ready = queued.iter().find(|(_, e)| e.detail == Lane::Ready as u32);
        let (Some(((step, nth), event)), Some((_, root))) = (ready, queued.first()) else {
            return false;
        };
        let passes = Event {
            kind: EventKind::TaskDispatched,
            detail: Lane::Cancel as u32,
            // Anybody but the task that waits.
            subject: Handle::from_raw(root.subject.raw() ^ 1),
            ..*event
        };
        let too_many = vec![passes; trace.rules.cancel_streak as usize * 2 + 1];
        trace.steps[*step].splice(nth + 1..nth + 1, too_many);
        true
    });
}

#[test]
fn timer_order_sees_a_later_timer_fire_first() {
    sees("timer-order", |trace| {
        let fired = of_kind(trace, EventKind::TimerFired);
        let found = fired.windows(2).find_map(|pair| match pair {
            [(one, first), (other, second)] => {
                let is_pair = one.0 == other.0 && first.argument < second.argument;
                is_pair.then_some((*one, *other))
            }
            _ => None,
        });
        found.is_some_and(|(one, other)| {
            shift(trace, other, one);
            true
        })
    });
}

#[test]
fn timer_order_sees_a_timer_fire_early() {
    sees("timer-order", |trace| {
        let fired = of_kind(trace, EventKind::TimerFired);
        let late = fired.iter().find(|(_, event)| event.argument > 0);
        late.is_some_and(|((step, nth), _)| {
            trace.steps[*step][*nth].at = Time::ZERO;
            true
        })
    });
}

#[test]
fn determinism_sees_any_difference_between_two_runs() {
    let record = Schedule::default().run().expect("the kernel is sound");
    assert_eq!(determinism(&record, &record), Ok(()));
    let alterations: [fn(&mut Record); 4] = [
        |record| record.certificate ^= 1,
        |record| record.fingerprint ^= 1,
        |record| record.effects ^= 1,
        |record| record.events += 1,
    ];
    for alter in alterations {
        let mut other = record;
        alter(&mut other);
        assert!(determinism(&record, &other).is_err());
    }
}
