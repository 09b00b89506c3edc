//! Random tasks on shared objects. Goal: whoever waits, gives up, is cancelled, panics or times
//! out, everything ends, no permit is lost, and the run repeats. Method: each task draws what it
//! does from the runtime's seeded stream; then it is looked whether all came back.

use std::panic;

use asupersync_core::exec::sync::{
    Barrier, BroadcastReceiver, BroadcastSender, Mutex, Notify, Receiver, Semaphore, Sender,
    WatchReceiver, WatchSender, broadcast, channel, watch,
};
use asupersync_core::exec::{BoxFuture, Cx, Error, Lab, LabRun, Outcome, branch, select};
use asupersync_core::{KernelConfig, LeakPolicy, TieBreak};

use crate::support::{Result, chance, ms};

const SEEDS: u64 = if cfg!(miri) { 1 } else { 60 };
const BY_CHANCE: &str = "by chance";
const PERMITS: u32 = 3;
const CAPACITY: u32 = 2;

/// What all tasks share.
#[derive(Clone)]
struct Objects {
    sender: Sender<u64>,
    receiver: Receiver<u64>,
    semaphore: Semaphore,
    lock: Mutex<u64>,
    barrier: Barrier,
    notify: Notify,
    news: BroadcastSender<u64>,
    hears: BroadcastReceiver<u64>,
    sets: WatchSender<u64>,
    watches: WatchReceiver<u64>,
}

impl Objects {
    fn open(cx: &Cx) -> Result<Self> {
        let (sender, receiver) = channel(cx, CAPACITY)?;
        let (news, hears) = broadcast(cx, 2)?;
        let (sets, watches) = watch(cx, 0)?;
        Ok(Self {
            sender,
            receiver,
            semaphore: Semaphore::new(cx, PERMITS)?,
            lock: Mutex::new(cx, 0)?,
            barrier: Barrier::new(cx, 2)?,
            notify: Notify::new(cx)?,
            news,
            hears,
            sets,
            watches,
        })
    }

    /// One wait or change.
    async fn use_one(&mut self, cx: &Cx) -> Result<()> {
        match chance(cx, 14) {
            0 => self.sender.send(cx, cx.random()).await?,
            1 => drop(self.receiver.recv(cx).await?),
            2 => {
                let permit = self.sender.reserve(cx).await?;
                cx.sleep(pause(cx)).await?;
                permit.send(1)?;
            }
            3 => drop(self.sender.try_send(cx, 2)),
            4 => drop(self.receiver.try_recv(cx)),
            5 => {
                let held = self.semaphore.acquire(cx, 1 + chance(cx, PERMITS)).await?;
                cx.sleep(pause(cx)).await?;
                drop(held);
            }
            6 => {
                let mut guard = self.lock.lock(cx).await?;
                *guard += 1;
                cx.sleep(pause(cx)).await?;
                assert!(chance(cx, 16) > 0, "{BY_CHANCE}");
            }
            7 => drop(self.barrier.wait(cx).await?),
            8 => self.notify.notified(cx).await?,
            9 => self.notify.notify_one(),
            10 => self.notify.notify_all()?,
            11 => drop(self.hears.recv(cx).await),
            12 => drop(self.watches.changed(cx).await?),
            _ => {
                self.news.send(3)?;
                self.sets.send(4);
            }
        }
        Ok(())
    }
}

fn pause(cx: &Cx) -> core::time::Duration {
    ms(cx.random() % 4)
}

fn body(cx: Cx, mut objects: Objects, depth: u32) -> BoxFuture<Result<()>> {
    Box::pin(async move {
        for _ in 0..3 + chance(&cx, 5) {
            let patience = cx.sleep(ms(1 + cx.random() % 5));
            let below = objects.clone();
            match chance(&cx, if depth == 0 { 3 } else { 7 }) {
                // Gives up after a while, or lets go of the wait for another one.
                0 | 1 => drop(select(objects.use_one(&cx), patience).await),
                2 => {
                    let mut other = objects.clone();
                    let both = select(objects.use_one(&cx), other.use_one(&cx));
                    drop(select(both, patience).await);
                }
                3 => {
                    let limited = cx.timeout(pause(&cx), move |cx| body(cx, below, depth - 1));
                    drop(limited.await);
                }
                4 => {
                    let bodies = (0..3).map(|_| {
                        let below = below.clone();
                        branch(move |cx| body(cx, below, depth - 1))
                    });
                    drop(cx.race(bodies.collect::<Vec<_>>()).await);
                }
                5 => {
                    let child = cx.spawn(move |cx| async move {
                        drop(cx.scope(move |cx, _| body(cx, below, depth - 1)).await);
                        Ok::<_, Error>(())
                    })?;
                    cx.sleep(pause(&cx)).await?;
                    child.cancel(BY_CHANCE);
                }
                _ => {
                    let masked = cx.mask(move |cx| body(cx, below, depth - 1));
                    drop(select(masked, patience).await);
                }
            }
        }
        Ok(())
    })
}

fn run(seed: u64) -> LabRun<()> {
    let config = KernelConfig {
        seed,
        ties: TieBreak::Seeded,
        leak_policy: LeakPolicy::Panic,
        ..KernelConfig::default()
    };
    Lab::with(config).run(|cx| async move {
        let objects = Objects::open(&cx)?;
        let tasks = (0..4).map(|_| {
            let objects = objects.clone();
            branch(move |cx| body(cx, objects, 2))
        });
        drop(cx.settle(tasks.collect::<Vec<_>>()).await?);
        // Whatever they held has come back.
        let whole = objects.semaphore.try_acquire(&cx, PERMITS)?;
        drop((whole, objects.lock.try_lock(&cx)?));
        while objects.receiver.try_recv(&cx).is_ok() {}
        let free = (0..CAPACITY).map(|_| objects.sender.try_reserve(&cx));
        assert!(free.collect::<Vec<_>>().iter().all(Result::is_ok));
        Ok(())
    })
}

#[test]
fn random_tasks_leave_shared_objects_whole() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(BY_CHANCE) {
            hook(info);
        }
    }));
    let mut failure = None;
    for seed in 0..SEEDS {
        let (first, second) = (run(seed), run(seed));
        let is_whole = first.outcome == Outcome::Ok(())
            && !first.is_stalled
            && first.report.live.is_none()
            && first == second;
        if !is_whole {
            failure = Some(format!("seed {seed}: {first:?}\n{second:?}"));
            break;
        }
    }
    drop(panic::take_hook());
    assert_eq!(failure, None);
}
