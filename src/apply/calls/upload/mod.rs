//! Fills a disk with what is in a local file, by an image transfer.
//!
//! A run that was killed leaves a transfer behind, or none: the next takes it up and sends all
//! anew, since nobody knows what has come to rest. Within a run the data go on where they stopped.

mod door;
mod piece;
mod transfer;

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::apply::Setback;
use crate::apply::task::{Found, Sent, Task};
use crate::engine::{Engine, printable};
use crate::resources::ImageFile;
use crate::state::Outcome;

use door::{Door, Trouble};
use piece::{Piece, Source};
use transfer::{Opened, Transfer};

/// How often in a row a piece is sent in vain.
const TRIES: u32 = 20;

/// How often it is told how far it is.
const TELL_AGAIN: Duration = Duration::from_millis(500);

/// After so many bytes the host is told to put them to rest.
const STRIDE: u64 = 1 << 30;

/// Uploads the file. What becomes of a disk that was not filled is the transfer's business: it waits
/// for the next run, or takes the disk along.
pub(super) async fn upload<E: Engine>(engine: &E, task: &Task, file: &ImageFile) -> Found {
    match fill(engine, task, file).await {
        Ok(()) => Found::new(task.entry.clone().map(Outcome::Kept), Ok(())),
        Err(setback) => Found::doubtful(setback),
    }
}

async fn fill<E: Engine>(engine: &E, task: &Task, file: &ImageFile) -> Result<(), Setback> {
    let source = Source::open(file).await?;
    let transfer = Transfer::begin(engine, task, file).await?;
    let Opened { urls, .. } = transfer.opened(engine, task).await?;
    let door = Door::find(engine, &urls).await;
    let start = Instant::now();
    let way = Filling {
        engine,
        task,
        transfer: &transfer,
        source,
        door,
        sent: 0,
        resting: 0,
        start,
        told: start,
    };
    way.all(file.length).await?;
    transfer.finish(engine, task).await
}

/// The way of the data.
struct Filling<'a, E> {
    engine: &'a E,
    task: &'a Task,
    transfer: &'a Transfer,
    source: Source,
    /// The address that takes them, or why none does.
    door: Result<Door, Trouble>,
    sent: u64,
    /// Up to where they are at rest.
    resting: u64,
    start: Instant,
    told: Instant,
}

impl<E: Engine> Filling<'_, E> {
    async fn all(mut self, length: u64) -> Result<(), Setback> {
        let mut in_vain = 0;
        while self.resting < length {
            match self.one(length).await? {
                Ok(()) => in_vain = 0,
                Err(trouble) if trouble.is_final() || in_vain >= TRIES => {
                    return Err(Setback::NotSent { sent: self.sent, trouble: trouble.to_string() });
                }
                Err(trouble) => {
                    in_vain += 1;
                    sleep(self.task.pace.pause(in_vain)).await;
                    self.again(&trouble).await?;
                }
            }
            self.tell(length);
        }
        self.source.check_unchanged()
    }

    /// Sends one piece, or has those before put to rest.
    async fn one(&mut self, length: u64) -> Result<Result<(), Trouble>, Setback> {
        let door = match &self.door {
            Ok(door) => door,
            Err(trouble) => return Ok(Err(trouble.clone())),
        };
        if self.sent == length || self.sent - self.resting >= STRIDE {
            let rested = door.rest(self.engine).await;
            return Ok(rested.map(|()| self.resting = self.sent));
        }
        let piece = self.source.piece(self.sent, door.can_zero).await?;
        let sent = door.put(self.engine, self.sent, &piece).await;
        Ok(sent.map(|()| self.sent += piece.length()))
    }

    /// Opens the door again. Behind another ticket only that is sure to be there which was at rest.
    async fn again(&mut self, trouble: &Trouble) -> Result<(), Setback> {
        if trouble.is_closed() {
            self.transfer.extend(self.engine).await;
        }
        let Opened { urls, was_paused } = self.transfer.opened(self.engine, self.task).await?;
        if was_paused {
            self.sent = self.resting;
        }
        self.door = Door::find(self.engine, &urls).await;
        Ok(())
    }

    fn tell(&mut self, of: u64) {
        if self.told.elapsed() < TELL_AGAIN && self.resting < of {
            return;
        }
        self.told = Instant::now();
        let (step, bytes, since) = (self.task.step.id, self.sent, self.start.elapsed());
        // Nobody listens once the run is being dropped.
        self.task.sent.send(Sent { step, bytes, of, since }).ok();
    }
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Data(bytes) => bytes.len() as u64,
            Self::Zeros(length) => *length,
        }
    }
}

/// The words of the other side, on one line.
fn words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    printable(text.trim().lines().next().unwrap_or_default()).into_owned()
}
