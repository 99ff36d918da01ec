//! The engine's side of an upload.

use tokio::time::{Instant, sleep};

use crate::apply::Setback;
use crate::apply::task::Task;
use crate::engine::{Engine, Fault, Meaning, Request, segment};
use crate::resources::ImageFile;
use crate::xml::{Element, Outline};

const COLLECTION: &str = "imagetransfers";

/// How long the engine waits for the next piece before it pauses the transfer, in seconds.
const INACTIVITY: &str = "120";

/// A transfer of the engine.
pub(super) struct Transfer {
    id: String,
}

/// A transfer that takes data.
pub(super) struct Opened {
    /// Where to, the best address first.
    pub urls: Vec<String>,
    /// Whether it was paused before, so that its ticket is another one.
    pub was_paused: bool,
}

impl Transfer {
    /// Takes up the disk's transfer that a former run left behind, or begins one.
    pub async fn begin<E: Engine>(
        engine: &E,
        task: &Task,
        file: &ImageFile,
    ) -> Result<Self, Setback> {
        let disk = task.target.id(&task.step)?;
        if let Some(left) = Self::of(engine, disk).await? {
            return Ok(left);
        }
        let body = Element::new("image_transfer")
            .with(Element::link("disk", disk))
            .with(Element::leaf("direction", "upload"))
            .with(Element::leaf("format", file.form.format()))
            .with(Element::leaf("inactivity_timeout", INACTIVITY));
        let request = Request::post(COLLECTION, body).correlated(&task.correlation_id);
        let fault = match engine.send(request).await.and_then(|reply| reply.element()) {
            Ok(made) => match made.id() {
                Some(id) => return Ok(Self { id: id.to_owned() }),
                None => return Self::of(engine, disk).await?.ok_or_else(Setback::no_transfer),
            },
            Err(fault) => fault,
        };
        match Self::of(engine, disk).await? {
            Some(made) if fault.may_have_happened() => Ok(made),
            _ => Err(fault.into()),
        }
    }

    /// The upload to the disk that is not over.
    async fn of<E: Engine>(engine: &E, disk: &str) -> Result<Option<Self>, Fault> {
        let mut kept = Outline::new();
        for name in ["image", "phase", "direction"] {
            kept.keep([name]);
        }
        let mut found = None;
        let reply = engine.send(Request::get(COLLECTION)).await?;
        reply.each(&kept, |transfer| {
            let is_of_disk = transfer.child("image").and_then(Element::id) == Some(disk);
            let is_upload = transfer.text_at("direction") != Some("download");
            let phase = transfer.text_at("phase").unwrap_or_default();
            if is_of_disk && is_upload && !is_over(phase) {
                found = transfer.id().map(|id| Self { id: id.to_owned() });
            }
        })?;
        Ok(found)
    }

    fn path(&self) -> String {
        format!("{COLLECTION}/{}", segment(&self.id))
    }

    async fn call<E: Engine>(&self, engine: &E, action: &str) -> Result<(), Fault> {
        let path = format!("{}/{action}", self.path());
        engine.send(Request::post(path, Element::new("action"))).await.map(drop)
    }

    /// The transfer as it is now; nothing if it is gone.
    async fn look<E: Engine>(&self, engine: &E) -> Result<Option<Element>, Fault> {
        match engine.send(Request::get(self.path())).await {
            Ok(reply) => reply.element().map(Some),
            Err(fault) if fault.is_missing() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Asks for more time. If that is refused, the phase says why.
    pub async fn extend<E: Engine>(&self, engine: &E) {
        self.call(engine, "extend").await.ok();
    }

    /// Waits until it takes data; one that was paused is told to go on.
    pub async fn opened<E: Engine>(&self, engine: &E, task: &Task) -> Result<Opened, Setback> {
        let start = Instant::now();
        let mut was_paused = false;
        for looks in 0.. {
            let transfer = self.look(engine).await?.ok_or_else(Setback::no_transfer)?;
            let phase = transfer.text_at("phase").unwrap_or_default();
            let urls = urls(&transfer);
            in_time(task, start, phase)?;
            match phase {
                "transferring" if !urls.is_empty() => return Ok(Opened { urls, was_paused }),
                "paused_system" | "paused_user" => {
                    was_paused = true;
                    self.resume(engine).await?;
                }
                phase if is_over(phase) => return Err(Setback::transfer(phase)),
                _ => {}
            }
            sleep(task.pace.pause(looks)).await;
        }
        unreachable!("looking ends by what is seen, or in time")
    }

    /// A second call, after the answer to the first was lost, is refused.
    async fn resume<E: Engine>(&self, engine: &E) -> Result<(), Fault> {
        match self.call(engine, "resume").await {
            Err(fault) if fault.meaning() == Some(Meaning::Conflict) => Ok(()),
            Err(fault) if fault.may_have_happened() => Ok(()),
            outcome => outcome,
        }
    }

    /// Tells the engine that all is there, and waits until it has looked at it. One that is gone was
    /// at its end; the wait for the disk says how.
    pub async fn finish<E: Engine>(&self, engine: &E, task: &Task) -> Result<(), Setback> {
        match self.call(engine, "finalize").await {
            Err(fault) if !fault.may_have_happened() && !fault.is_missing() => {
                return Err(fault.into());
            }
            _ => {}
        }
        let start = Instant::now();
        for looks in 0.. {
            let Some(transfer) = self.look(engine).await? else { return Ok(()) };
            let phase = transfer.text_at("phase").unwrap_or_default();
            in_time(task, start, phase)?;
            match phase {
                "finished_success" => return Ok(()),
                phase if is_failed(phase) => return Err(Setback::transfer(phase)),
                // The call that was lost did not arrive.
                "transferring" => self.call(engine, "finalize").await?,
                _ => {}
            }
            sleep(task.pace.pause(looks)).await;
        }
        unreachable!("looking ends by what is seen, or in time")
    }
}

impl Setback {
    fn transfer(phase: &str) -> Self {
        Self::Failing { attribute: "image transfer", state: phase.to_owned() }
    }

    fn no_transfer() -> Self {
        Self::NotMade { identity: "image transfer".to_owned() }
    }
}

/// The host's own address comes first: the proxy would only pass the data on.
fn urls(transfer: &Element) -> Vec<String> {
    let urls = ["transfer_url", "proxy_url"].into_iter().filter_map(|name| transfer.text_at(name));
    urls.filter(|url| !url.is_empty()).map(str::to_owned).collect()
}

/// Whether no more data will be taken.
fn is_over(phase: &str) -> bool {
    is_failed(phase) || phase.starts_with("finali") || phase == "finished_success"
}

fn is_failed(phase: &str) -> bool {
    phase.starts_with("cancelled")
        || matches!(phase, "finalizing_failure" | "finalizing_cleanup")
        || matches!(phase, "finished_failure" | "finished_cleanup")
}

fn in_time(task: &Task, start: Instant, phase: &str) -> Result<(), Setback> {
    let (after, last) = (start.elapsed(), Some(phase.to_owned()));
    match after < task.timeout() {
        true => Ok(()),
        false => Err(Setback::TimedOut { after, attribute: "image transfer", last }),
    }
}
