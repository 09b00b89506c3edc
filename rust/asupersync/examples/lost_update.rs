//! A race that most schedules hide: two tellers read a balance, then write it. Seeds are tried until
//! one shows it, and that seed shows it again.
//! `cargo run -p asupersync --example lost_update`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use asupersync::{Cx, Error, Fault, FaultyRun, Lab, Result};

fn main() {
    say(lost_update());
}

/// The first seed of 500 under which an update is lost.
pub fn lost_update() -> Option<Box<FaultyRun>> {
    Lab::new(0).explore(0..500, two_deposits).err()
}

/// Whether the seed gives the same run when it is run on its own.
pub fn is_same_again(found: &FaultyRun) -> bool {
    Lab::new(found.seed).run(two_deposits).report == found.report
}

/// Whether the run lost one of the two updates, and nothing else was wrong with it.
pub fn lost_one(found: &FaultyRun) -> bool {
    matches!(&found.fault, Fault::Failed(error) if **error == *"Balance(10)")
}

/// Two tellers add 10 each, and the balance is 20, is it not?
async fn two_deposits(cx: Cx) -> Result<(), LostUpdate> {
    let balance = Arc::new(AtomicU32::new(0));
    let (one, two) = (Arc::clone(&balance), Arc::clone(&balance));
    let one = cx.spawn(|cx| teller(cx, one))?;
    let two = cx.spawn(|cx| teller(cx, two))?;
    one.result().await?;
    two.result().await?;
    match balance.load(Ordering::Relaxed) {
        20 => Ok(()),
        balance => Err(LostUpdate::Balance(balance)),
    }
}

async fn teller(cx: Cx, balance: Arc<AtomicU32>) -> Result<()> {
    // Customers come when they come.
    cx.sleep(Duration::from_millis(cx.random() % 50)).await?;
    let seen = balance.load(Ordering::Relaxed);
    // The way to the database and back: here the other one may come between.
    cx.checkpoint().await?;
    balance.store(seen + 10, Ordering::Relaxed);
    Ok(())
}

/// What can go wrong.
#[derive(Debug)]
enum LostUpdate {
    /// The balance is not what was paid in.
    Balance(#[allow(dead_code, reason = "it is printed")] u32),
    /// The runtime's own.
    Runtime(#[allow(dead_code, reason = "it is printed")] Error),
}

impl From<Error> for LostUpdate {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}

#[expect(clippy::print_stdout, reason = "an example says what it did")]
fn say(found: Option<Box<FaultyRun>>) {
    match found {
        Some(run) => println!("{run}\nthe same again: {}", is_same_again(&run)),
        None => println!("no seed lost an update"),
    }
}
