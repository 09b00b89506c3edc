//! Owns the tape between an executor and its host: it lets inputs through, writes them down, or
//! plays them.

use super::inbox::Message;
use super::recording::{Input, Recording, ReplayError};
use crate::kernel::KernelConfig;
use crate::time::Time;

/// What is done with what comes from outside.
#[derive(Default)]
pub(crate) enum Tape {
    /// Let through.
    #[default]
    Off,
    /// Let through and written down.
    Recording(Recorder),
    /// Replaced by what was written down.
    Playing(Player),
}

pub(crate) struct Recorder {
    config: KernelConfig,
    inputs: Vec<Input>,
    inputs_max: usize,
    is_cut: bool,
}

pub(crate) struct Player {
    inputs: Vec<Input>,
    next: usize,
    last_now: Time,
    /// What came earlier than it had.
    held: Vec<Message>,
    diverged: Option<ReplayError>,
}

impl Tape {
    /// A tape that writes down at most `inputs_max` inputs of a kernel set up by `config`.
    pub(crate) fn record(config: &KernelConfig, inputs_max: usize) -> Self {
        Self::Recording(Recorder {
            config: config.clone(),
            inputs: Vec::new(),
            inputs_max,
            is_cut: false,
        })
    }

    pub(crate) const fn play(inputs: Vec<Input>) -> Self {
        Self::Playing(Player {
            inputs,
            next: 0,
            last_now: Time::ZERO,
            held: Vec::new(),
            diverged: None,
        })
    }

    /// The time that counts, when the host says `now`.
    pub(crate) fn now(&mut self, now: Time) -> Time {
        match self {
            Self::Off => now,
            Self::Recording(recorder) => {
                recorder.push(Input::Now(now));
                now
            }
            Self::Playing(player) => player.now(now),
        }
    }

    /// A turn begins, and `messages` have come: those that count.
    pub(crate) fn turn(&mut self, messages: Vec<Message>) -> Vec<Message> {
        match self {
            Self::Off => messages,
            Self::Recording(recorder) => {
                recorder.push(Input::Turn);
                for message in &messages {
                    recorder.push(input_of(message));
                }
                messages
            }
            Self::Playing(player) => player.turn(messages),
        }
    }

    pub(crate) fn shutdown(&mut self) {
        match self {
            Self::Off => {}
            Self::Recording(recorder) => recorder.push(Input::Shutdown),
            Self::Playing(player) => player.expect(Input::Shutdown),
        }
    }

    /// What was written down, of a run that has come to these hashes.
    pub(crate) fn recording(&self, fingerprint: u64, certificate: u64) -> Option<Recording> {
        match self {
            Self::Recording(recorder) => Some(Recording {
                config: recorder.config.clone(),
                inputs: recorder.inputs.clone(),
                is_cut: recorder.is_cut,
                fingerprint,
                certificate,
            }),
            Self::Off | Self::Playing(_) => None,
        }
    }

    /// What is to be played next.
    pub(crate) fn peek(&self) -> Result<Option<Input>, ReplayError> {
        match self {
            Self::Playing(player) => match player.diverged {
                Some(error) => Err(error),
                None => Ok(player.inputs.get(player.next).copied()),
            },
            Self::Off | Self::Recording(_) => Ok(None),
        }
    }
}

impl Recorder {
    fn push(&mut self, input: Input) {
        if self.inputs.len() < self.inputs_max {
            self.inputs.push(input);
        } else {
            self.is_cut = true;
        }
    }
}

impl Player {
    fn now(&mut self, now: Time) -> Time {
        if let Some(Input::Now(at)) = self.inputs.get(self.next) {
            self.last_now = *at;
            self.next += 1;
        } else {
            self.diverge(Input::Now(now));
        }
        self.last_now
    }

    fn turn(&mut self, messages: Vec<Message>) -> Vec<Message> {
        self.held.extend(messages);
        self.expect(Input::Turn);
        let mut due = Vec::new();
        while let Some(recorded @ (Input::Wake(_) | Input::Complete(..))) =
            self.inputs.get(self.next).copied()
        {
            let is_it = |message: &Message| match (recorded, message) {
                (Input::Wake(task), Message::Wake(waker)) => waker.task == task,
                // Whether there was a value is as it was.
                (Input::Complete(op, _), Message::Complete(same, _)) => *same == op,
                _ => false,
            };
            let Some(index) = self.held.iter().position(is_it) else {
                self.diverge(Input::Turn);
                break;
            };
            due.push(match (recorded, self.held.remove(index)) {
                (Input::Complete(op, code), _) => Message::Complete(op, code),
                (_, message) => message,
            });
            self.next += 1;
        }
        due
    }

    fn expect(&mut self, met: Input) {
        if self.inputs.get(self.next) == Some(&met) {
            self.next += 1;
        } else {
            self.diverge(met);
        }
    }

    /// The first divergence is the one that says something.
    fn diverge(&mut self, met: Input) {
        self.diverged.get_or_insert(ReplayError::Diverged {
            index: self.next,
            recorded: self.inputs.get(self.next).copied(),
            met,
        });
    }
}

fn input_of(message: &Message) -> Input {
    match message {
        Message::Wake(waker) => Input::Wake(waker.task),
        Message::Complete(op, code) => Input::Complete(*op, *code),
    }
}
