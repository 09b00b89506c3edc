//! The bridge to Tokio, with real Tokio and real sockets on loopback.
//!
//! No test sleeps to be right: what must have happened is awaited, and times are only lower bounds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use core::time::Duration;
use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use asupersync_core::exec::{Cx, Error, Outcome, branch};
use asupersync_core::{CancelKind, KernelConfig};
use asupersync_native::{
    NativeConfig, NativeRun, NativeRuntime, in_tokio, spawn_blocking, spawn_tokio,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

const HOUR: Duration = Duration::from_secs(3_600);

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Runs `body` inside each kind of Tokio runtime, and as a Tokio task of its own; the outcomes
/// agree, and nothing is left of the runs.
fn check<T, F, Fut>(body: F) -> Outcome<T>
where
    T: PartialEq + core::fmt::Debug + Send + 'static,
    F: Fn(Cx) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T, Error>> + Send + 'static,
{
    let drive = || NativeRuntime::new().drive(body.clone());
    let first = clean(current_thread().block_on(drive()));
    let tokio = multi_thread();
    let others = [
        LocalSet::new().block_on(&current_thread(), drive()),
        tokio.block_on(drive()),
        tokio.block_on(tokio.spawn(drive())).unwrap(),
    ];
    for other in others {
        assert_eq!(clean(other), first);
    }
    first
}

fn clean<T>(run: NativeRun<T>) -> Outcome<T> {
    assert!(run.report.live.is_none(), "leaked: {:?}", run.report.live);
    assert_eq!(run.abandoned_jobs, []);
    run.outcome
}

/// A listener on loopback and its address.
async fn listen() -> io::Result<(TcpListener, std::net::SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Says when it is dropped.
struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn an_echo_server_and_its_clients_run_on_loopback() {
    let outcome = check(|cx| async move {
        let (listener, address) = cx.wait(listen()).await?.unwrap();
        let server = cx.spawn(move |cx| async move {
            loop {
                let (mut socket, _) = cx.wait(listener.accept()).await?.unwrap();
                cx.spawn(move |cx| async move {
                    let (mut reader, mut writer) = socket.split();
                    cx.wait(tokio::io::copy(&mut reader, &mut writer))
                        .await?
                        .unwrap();
                    Ok::<_, Error>(())
                })?;
            }
            #[expect(unreachable_code, reason = "says what the body returns")]
            Ok::<_, Error>(())
        })?;
        let echoes = cx
            .all((0..10_u8).map(|n| {
                branch(move |cx: Cx| async move {
                    cx.wait(async move {
                        let mut socket = TcpStream::connect(address).await?;
                        socket.write_all(&[n, n + 1]).await?;
                        socket.shutdown().await?;
                        let mut echo = Vec::new();
                        socket.read_to_end(&mut echo).await?;
                        io::Result::Ok(echo)
                    })
                    .await
                    .map(io::Result::unwrap)
                })
            }))
            .await?;
        server.cancel("all have been served");
        let ended = server.join().await?;
        Ok((echoes, ended.cancel_reason().is_some()))
    });
    let echoes = (0..10_u8).map(|n| vec![n, n + 1]).collect();
    assert_eq!(outcome, Outcome::Ok((echoes, true)));
}

#[test]
fn cancellation_drops_the_socket_and_the_peer_sees_its_end() {
    let outcome = check(|cx| async move {
        let (listener, address) = cx.wait(listen()).await?.unwrap();
        let holder = cx.spawn(move |cx| async move {
            let mut socket = cx.wait(TcpStream::connect(address)).await?.unwrap();
            let read = cx.wait(async { socket.read_u8().await }).await?;
            Ok::<_, Error>(read.is_ok())
        })?;
        let (mut peer, _) = cx.wait(listener.accept()).await?.unwrap();
        holder.cancel("nobody reads");
        let ended = holder.join().await?;
        let read = cx.wait(async { peer.read(&mut [0]).await }).await?;
        Ok((ended.cancel_reason().is_some(), read.unwrap()))
    });
    assert_eq!(outcome, Outcome::Ok((true, 0)));
}

#[test]
fn a_cancelled_tokio_task_has_dropped_its_socket_when_its_task_ends() {
    let outcome = check(|cx| async move {
        let (listener, address) = cx.wait(listen()).await?.unwrap();
        let is_dropped = Arc::new(AtomicBool::new(false));
        let on_drop = OnDrop(Arc::clone(&is_dropped));
        let holder = cx.spawn(move |cx| async move {
            spawn_tokio(&cx, &Handle::current(), async move {
                let _on_drop = on_drop;
                TcpStream::connect(address).await?.read_u8().await
            })
            .await
        })?;
        let (mut peer, _) = cx.wait(listener.accept()).await?.unwrap();
        holder.cancel("nobody reads");
        let ended = holder.join().await?;
        let was_dropped = is_dropped.load(Ordering::Acquire);
        let read = cx.wait(async { peer.read(&mut [0]).await }).await?;
        let kind = ended.cancel_reason().map(|reason| reason.kind);
        Ok((kind, was_dropped, read.unwrap()))
    });
    assert_eq!(outcome, Outcome::Ok((Some(CancelKind::User), true, 0)));
}

#[test]
fn a_dropped_wait_aborts_the_tokio_task() {
    let outcome = check(|cx| async move {
        let (sender, receiver) = oneshot::channel::<()>();
        let raced = cx
            .timeout(Duration::from_millis(1), move |cx| async move {
                spawn_tokio(&cx, &Handle::current(), async move {
                    pending::<()>().await;
                    drop(sender);
                })
                .await
            })
            .await;
        Ok((raced, cx.wait(receiver).await?.is_err()))
    });
    assert_eq!(outcome, Outcome::Ok((Err(Error::TimedOut), true)));
}

#[test]
fn a_tokio_task_gives_its_value_or_its_panic() {
    let outcome = check(|cx| async move {
        let tokio = Handle::current();
        let value = spawn_tokio(&cx, &tokio, async {
            tokio::task::yield_now().await;
            7
        });
        let panicked = spawn_tokio(&cx, &tokio, async { panic!("boom") });
        Ok((value.await, panicked.await))
    });
    let panicked: Result<(), _> = Err(Error::Panicked("boom".into()));
    assert_eq!(outcome, Outcome::Ok((Ok(7), panicked)));
}

#[test]
fn a_tokio_runtime_that_shuts_down_abandons_its_tasks() {
    let outcome = check(|cx| async move {
        let other = current_thread();
        let handle = other.handle().clone();
        let both = cx.all([
            branch(move |cx| async move { spawn_tokio(&cx, &handle, pending::<()>()).await }),
            branch(|cx| async move {
                cx.checkpoint().await?;
                other.shutdown_background();
                cx.wait(pending()).await
            }),
        ]);
        Ok(both.await)
    });
    assert_eq!(outcome, Outcome::Ok(Err(Error::Abandoned)));
}

#[test]
fn a_shutdown_from_outside_drains_and_runs_finalizers() {
    let tokio = multi_thread();
    let (stop, stopped) = oneshot::channel::<()>();
    let finalized = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&finalized);
    let shutdown = async move { drop(stopped.await) };
    let drive = NativeRuntime::new().drive_until(shutdown, move |cx| async move {
        for _ in 0..3 {
            let counted = Arc::clone(&counted);
            cx.spawn(move |cx| async move {
                cx.defer(move |cx| async move {
                    // A finalizer may take its time, by both clocks.
                    cx.sleep(Duration::from_millis(1)).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    counted.fetch_add(1, Ordering::SeqCst);
                })?;
                cx.sleep(HOUR).await
            })?;
        }
        cx.checkpoint().await?;
        stop.send(()).unwrap();
        cx.wait(pending::<()>()).await
    });
    let outcome = clean(tokio.block_on(tokio.spawn(drive)).unwrap());
    let cause = outcome.cancel_reason().unwrap().cause.clone();
    assert_eq!(cause.unwrap().kind, CancelKind::Shutdown);
    assert_eq!(finalized.load(Ordering::SeqCst), 3);
}

#[test]
fn tokios_other_tasks_run_while_bodies_are_busy() {
    let outcome = check(|cx| async move {
        let is_told = Arc::new(AtomicBool::new(false));
        let telling = Arc::clone(&is_told);
        let other = tokio::spawn(async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            telling.store(true, Ordering::Release);
        });
        while !is_told.load(Ordering::Acquire) {
            cx.checkpoint().await?;
        }
        Ok(cx.wait(other).await?.is_ok())
    });
    assert_eq!(outcome, Outcome::Ok(true));
}

#[test]
fn a_thread_wakes_the_runtime_inside_tokio() {
    let outcome = check(|cx| async move {
        let (sender, receiver) = oneshot::channel();
        let thread = thread::spawn(move || sender.send(7).unwrap());
        let received = cx.wait(receiver).await?.unwrap();
        thread.join().unwrap();
        let blocked = spawn_blocking(&cx, || 8).await?;
        Ok((received, blocked))
    });
    assert_eq!(outcome, Outcome::Ok((7, 8)));
}

#[test]
fn both_clocks_pass_and_are_one_where_tokios_is_paused() {
    let outcome = check(|cx| async move {
        let (ours, theirs) = (cx.now(), tokio::time::Instant::now());
        cx.sleep(Duration::from_millis(2)).await?;
        cx.wait(tokio::time::sleep(Duration::from_millis(2)))
            .await?;
        let ours = cx.now().as_nanos() - ours.as_nanos();
        Ok((
            ours >= 4_000_000,
            theirs.elapsed() >= Duration::from_millis(4),
        ))
    });
    assert_eq!(outcome, Outcome::Ok((true, true)));

    let mut builder = Builder::new_current_thread();
    let paused = builder.enable_all().start_paused(true).build().unwrap();
    let run = paused.block_on(NativeRuntime::new().drive(|cx| async move {
        cx.sleep(HOUR).await?;
        cx.wait(tokio::time::sleep(HOUR)).await?;
        Ok(cx.now().as_nanos() / 1_000_000_000)
    }));
    assert_eq!(clean(run), Outcome::Ok(7_200));
}

#[test]
fn a_body_on_its_own_thread_waits_for_tokio_by_a_handle() {
    let tokio = multi_thread();
    let handle = tokio.handle().clone();
    let run: NativeRun<_> = NativeRuntime::new().run_reported(move |cx| async move {
        let slept = in_tokio(&cx, &handle, async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Handle::try_current().is_ok()
        });
        let has_context = slept.await?;
        let is_dropped = Arc::new(AtomicBool::new(false));
        let on_drop = OnDrop(Arc::clone(&is_dropped));
        let handle_of_child = handle.clone();
        let child = cx.spawn(move |cx| async move {
            in_tokio(&cx, &handle_of_child, async move {
                let _on_drop = on_drop;
                tokio::time::sleep(HOUR).await;
            })
            .await
        })?;
        cx.checkpoint().await?;
        child.cancel("");
        let ended = child.join().await?;
        let value = spawn_tokio(&cx, &handle, async { 7 }).await?;
        let was_dropped = is_dropped.load(Ordering::Acquire);
        Ok((
            has_context,
            ended.cancel_reason().is_some(),
            was_dropped,
            value,
        ))
    });
    assert_eq!(clean(run), Outcome::Ok((true, true, true, 7)));
}

#[test]
fn a_driver_that_is_dropped_drops_what_it_holds_and_blocks_nobody() {
    let tokio = multi_thread();
    let is_dropped = Arc::new(AtomicBool::new(false));
    let on_drop = OnDrop(Arc::clone(&is_dropped));
    let (begun, has_begun) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let driving = tokio.spawn(NativeRuntime::new().drive(move |cx| async move {
        let _on_drop = on_drop;
        spawn_blocking(&cx, move || {
            begun.send(()).unwrap();
            released.recv().unwrap();
        })
        .await
    }));
    tokio.block_on(has_begun).unwrap();
    driving.abort();
    let aborted = tokio.block_on(driving);
    assert!(aborted.is_err_and(|error| error.is_cancelled()));
    assert!(is_dropped.load(Ordering::Acquire));
    release.send(()).unwrap();
}

#[test]
fn a_blocking_job_past_the_drain_time_is_named_and_left_behind() {
    let runtime = NativeRuntime::with(NativeConfig {
        kernel: KernelConfig {
            drain_time_ns: 1_000_000,
            ..KernelConfig::default()
        },
        ..NativeConfig::default()
    });
    let (begun, has_begun) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let drive = runtime.drive_until(async move { has_begun.await.unwrap() }, |cx| async move {
        let work = move || {
            begun.send(()).unwrap();
            released.recv().unwrap();
        };
        spawn_blocking(&cx, work).await
    });
    let run = multi_thread().block_on(drive);
    let places: Vec<_> = run
        .abandoned_jobs
        .iter()
        .map(|job| job.spawned_at)
        .collect();
    assert_eq!(places.len(), 1);
    assert_eq!(places[0].file(), file!());
    assert!(run.outcome.cancel_reason().is_some());
    release.send(()).unwrap();
}

#[test]
fn a_run_inside_tokio_is_replayed_in_virtual_time() {
    async fn body(cx: Cx) -> Result<u64, Error> {
        let branches = (0..8_u64).map(|n| {
            branch(move |cx: Cx| async move {
                cx.sleep(Duration::from_millis(n % 3)).await?;
                spawn_blocking(&cx, move || n * n).await
            })
        });
        Ok(cx.all(branches).await?.into_iter().sum())
    }
    let runtime = NativeRuntime::with(NativeConfig {
        recorded_inputs_max: 10_000,
        ..NativeConfig::default()
    });
    let run: NativeRun<_> = multi_thread().block_on(runtime.drive(body));
    let replayed = run.recording.as_ref().unwrap().replay(body).unwrap();
    assert_eq!(replayed.outcome, Outcome::Ok(140));
    assert_eq!(replayed.report, run.report);
    assert_eq!(clean(run), Outcome::Ok(140));
}
